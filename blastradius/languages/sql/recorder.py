"""What is gathered while the statements of one file are resolved: relations, references, reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from blastradius.languages.sql.shapes import Branch, Shape, Star, Value, digest, merge
from blastradius.languages.sql.summary import (
    IDENTITY,
    TRANSFORM,
    Reference,
    Relation,
    RelationKind,
    RowKind,
)

Alternatives = tuple[tuple[int, str], ...]

# Steps of one file's resolution; real files of 1 MB stay below a tenth of it.
_MOST_STEPS = 3_000_000


class TooComplexError(Exception):
    """The text asks for more work than its size warrants (columns that double with each step)."""


@dataclass
class Recorder:
    """Mutable record of one file; `begin` starts the part that belongs to a single statement.

    ``temporary`` holds the shapes of tables that live only as long as the script; ``passing``
    names those that the script creates for good and drops later on. ``structs`` and ``shapes``
    hold what was found for a node of the current statement, by its identity. ``parameters`` are
    names that a routine or a script gives to values, which may also be columns.
    ``certain`` is False while the dialect is only guessed, ``procedural`` True in scripts with
    variables: then a bare name need not be a column.
    """

    dialect: str = ""
    certain: bool = True
    procedural: bool = False
    placeholders: Mapping[str, Relation] = field(default_factory=dict)
    relations: dict[Relation, int] = field(default_factory=dict)
    references: dict[Reference, int] = field(default_factory=dict)
    temporary: dict[str, Shape] = field(default_factory=dict)
    passing: set[str] = field(default_factory=set)
    parameters: frozenset[str] = frozenset()
    missing: dict[tuple[str, int], None] = field(default_factory=dict)
    reads: dict[int, int] = field(default_factory=dict)
    rows: dict[tuple[RowKind, int], None] = field(default_factory=dict)
    touched: dict[int, None] = field(default_factory=dict)
    steps: int = 0
    structs: dict[int, Branch | None] = field(default_factory=dict)
    shapes: dict[int, Shape] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _held: list[Reference] = field(default_factory=list)

    def begin(self) -> None:
        """Start a statement."""
        self.reads, self.rows, self.touched = {}, {}, {}
        self.structs, self.shapes = {}, {}

    def step(self, count: int = 1) -> None:
        """Count work done.

        Raises:
            TooComplexError: it was too much.
        """
        self.steps += count
        if self.steps > _MOST_STEPS:
            raise TooComplexError

    def relation(self, name: str, kind: RelationKind = "table") -> int:
        """Return the index of a relation."""
        made = Relation(name, kind)
        index = self.relations.get(made)
        if index is None:
            index = self.relations[made] = len(self._names)
            self._names.append(name)
        return index

    def read(self, name: str, line: int, kind: RelationKind = "table") -> int:
        """Note that a relation is read, and return its index."""
        index = self.relation(name, kind)
        self.reads.setdefault(index, line)
        return index

    def reference(
        self,
        alternatives: Alternatives,
        line: int,
        *,
        soft: bool,
        fallback: Alternatives = (),
        seen: bool = False,
    ) -> int:
        """Note the use of a column, and return the index of the reference."""
        return self._noted(Reference(alternatives[:50], line, soft, fallback[:50], seen))

    def unless(self, index: int, others: Alternatives) -> int:
        """Return the index of the reference ``index``, meant only if none of ``others`` is seen."""
        return self._noted(msgspec.structs.replace(self._held[index], unless=others[:50]))

    def _noted(self, made: Reference) -> int:
        index = self.references.get(made)
        if index is None:
            index = self.references[made] = len(self._held)
            self._held.append(made)
        self.touched.setdefault(index)
        return index

    def row(self, branch: Branch, line: int) -> Value:
        """Return the value of a whole row: all named columns, and the relations behind stars."""
        whole = Value()
        texts: list[str] = []
        for item in branch.items:
            if item.value is not None:
                self.step(len(item.value.sources) + 1)
                merge(whole.sources, item.value.sources, TRANSFORM)
                texts.append(item.value.digest)
            elif item.relation >= 0:
                index = self.reference(((item.relation, ""),), line, soft=item.soft)
                whole.sources.setdefault(index, TRANSFORM)
                texts.append(self.name(item.relation))
        whole.digest = digest(texts)
        return whole

    def call(self, name: str, line: int) -> int:
        """Note that a function is called, and return the index of the reference to it."""
        return self.reference(((self.relation(name, "function"), ""),), line, soft=True)

    def place(self, star: Star, place: int, line: int, count: int = 0) -> Value:
        """Return the value of the column at a place (from 0) behind a star of ``count`` columns.

        Columns that the star leaves out do not count; 0: however many there are.
        """
        text = f"@{place}"
        if star.without or count:
            text += f"/{count}" + "".join(f"!{name}" for name in sorted(star.without))
        index = self.reference(((star.relation, text),), line, soft=False)
        return Value({index: IDENTITY}, f"{self.name(star.relation)}.{text}")

    def add_rows(self, kind: RowKind, value: Value) -> None:
        """Note that the leaves of ``value`` decide which rows come out."""
        for index in value.sources:
            self.rows.setdefault((kind, index))

    def name(self, relation: int) -> str:
        """Return the name of a relation by its index."""
        return self._names[relation]


def leaf(recorder: Recorder, alternatives: Alternatives, line: int, *, soft: bool) -> Value:
    """Return the value of a column read straight from one of the relations in ``alternatives``."""
    index = recorder.reference(alternatives, line, soft=soft)
    return Value({index: IDENTITY}, alternatives_text(recorder, alternatives))


def alternatives_text(recorder: Recorder, alternatives: Sequence[tuple[int, str]]) -> str:
    """Return a text that is the same for the same columns, whatever their aliases."""
    if len(alternatives) == 1:
        relation, column = alternatives[0]
        return f"{recorder.name(relation)}.{column}"
    return "|".join(f"{recorder.name(relation)}.{column}" for relation, column in alternatives)
