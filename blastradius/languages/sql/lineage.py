"""One text's record and a declared schema → column lineage, as ``blastradius lineage`` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from blastradius.languages.sql.choose import choose, is_call
from blastradius.languages.sql.known import UNKNOWN
from blastradius.languages.sql.lookups import Tables, from_summaries, meant_by
from blastradius.languages.sql.names import QUERY
from blastradius.languages.sql.outputs import Out, declared_names, outputs, unknown_behind
from blastradius.languages.sql.registry import target_id
from blastradius.languages.sql.summary import (
    AGGREGATE,
    IDENTITY,
    OutputItem,
    Relation,
    Statement,
    Summary,
)
from blastradius.model.lineage import (
    LineageCertainty,
    LineageEdge,
    LineageProblem,
    LineageRelation,
    Transform,
)

# Paths that no name in a text can mean.
_TEXT, _SCHEMA = "\0text", "\0schema"
_DOES_NOT_WRITE = frozenset({"drop", "alter", "function"})


def lineage(
    summary: Summary, schema: Mapping[str, Sequence[str]]
) -> tuple[tuple[LineageEdge, ...], tuple[LineageRelation, ...], tuple[LineageProblem, ...]]:
    """Return the edges, the relations and what could not be resolved.

    Args:
        summary: the record of the text.
        schema: table → its columns in order. It tells what a star holds and which of two tables
            has a column; a column that it does not list is still followed, and said.
    """
    tables = from_summaries({_TEXT: summary, _SCHEMA: _declared(schema)}, frozenset())
    walk = _Walk(summary, tables)
    for statement in summary.statements:
        if statement.target >= 0 and statement.kind not in _DOES_NOT_WRITE:
            walk.statement(statement)
    for name, line in summary.missing:
        walk.problems.setdefault(LineageProblem(line, f"no query here puts out {name}"))
    problems = sorted(walk.problems, key=lambda one: (one.line, one.what))
    return tuple(walk.edges), tuple(_relations(summary, tables)), tuple(problems)


def _declared(schema: Mapping[str, Sequence[str]]) -> Summary:
    names = {name.lower(): columns for name, columns in schema.items()}
    statements = tuple(
        Statement(
            "declare",
            number,
            0,
            0,
            branches=(tuple(OutputItem(column.lower(), 0, 0) for column in columns),),
        )
        for number, columns in enumerate(names.values())
    )
    return Summary(relations=tuple(Relation(name) for name in names), statements=statements)


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    certainty: LineageCertainty
    line: int


@dataclass
class _Walk:
    summary: Summary
    tables: Tables
    edges: dict[LineageEdge, None] = field(default_factory=dict)
    problems: dict[LineageProblem, None] = field(default_factory=dict)
    _leaves: dict[int, tuple[_Leaf, ...]] = field(default_factory=dict)

    def statement(self, statement: Statement) -> None:
        target = target_id(_TEXT, self.summary, statement.target)
        target = self.tables.registry.writers.get(target, target)
        shown = self.summary.relations[statement.target].name
        shown = shown if shown.startswith(QUERY) else target
        aligned = outputs(self.tables, _TEXT, self.summary, statement, target)
        for line, here, there in aligned.uneven:
            what = f"{here} columns in a union with {there}"
            self.problems.setdefault(LineageProblem(line, what))
        outs = aligned.outs
        names = declared_names(self.tables, target, statement, outs)
        for out, name in zip(outs, names, strict=True):
            self._column(out, f"{shown}.{name}", name)
        rest = f"{shown}.*"
        for star in (
            () if statement.names else unknown_behind(self.tables, _TEXT, self.summary, statement)
        ):
            for relation in star.relations:
                self._add(f"{relation}.*", rest, "identity", "wildcard", star.line)
            for number, rank in star.sources:
                for leaf in self.leaves(number):
                    self._add(leaf.name, rest, _transform(rank, leaf, ""), "wildcard", leaf.line)
        for kind, number in statement.rows:
            for leaf in self.leaves(number):
                edge = LineageEdge(leaf.name, rest, "row-set", kind, leaf.certainty, leaf.line)
                self.edges.setdefault(edge)

    def _column(self, out: Out, target: str, name: str) -> None:
        for number, rank in out.sources:
            for leaf in self.leaves(number):
                self._add(leaf.name, target, _transform(rank, leaf, name), leaf.certainty, out.line)
        for passed in out.passed:
            certainty: LineageCertainty = "ambiguous" if passed.tier == "heuristic" else "concrete"
            certainty = certainty if passed.column else "wildcard"
            transform: Transform = "identity" if passed.column in {name, ""} else "rename"
            source = f"{passed.relation}.{passed.column or '*'}"
            self._add(source, target, transform, certainty, out.line)

    def _add(
        self,
        source: str,
        target: str,
        transform: Transform,
        certainty: LineageCertainty,
        line: int,
    ) -> None:
        self.edges.setdefault(LineageEdge(source, target, "value", transform, certainty, line))

    def leaves(self, number: int) -> tuple[_Leaf, ...]:
        """Return what a reference means; all candidates where the schema has none of them."""
        known = self._leaves.get(number)
        if known is None:
            known = self._leaves[number] = tuple(self._found(number))
        return known

    def _found(self, number: int) -> Iterator[_Leaf]:
        reference = self.summary.references[number]
        if is_call(self.summary, reference):
            return
        chosen = choose(self.tables, _TEXT, self.summary, reference)
        if not chosen.missing:
            for one in chosen.choices:
                certainty: LineageCertainty = "ambiguous" if chosen.ambiguous else "concrete"
                if not one.column:
                    certainty = "wildcard" if reference.alternatives[0][1] else "row"
                yield _Leaf(f"{one.relation}.{one.column or '*'}", certainty, reference.line)
            return
        what = f"{chosen.missing} is not among the columns that are known"
        self.problems.setdefault(LineageProblem(reference.line, what))
        several = len(reference.alternatives) > 1
        for relation, column in reference.alternatives:
            meant = meant_by(self.tables, _TEXT, self.summary, relation)
            name = meant.ids[0] if meant.ids else self.summary.relations[relation].name
            yield _Leaf(f"{name}.{column}", "ambiguous" if several else "concrete", reference.line)


def _transform(rank: int, leaf: _Leaf, name: str) -> Transform:
    if rank == IDENTITY:
        return "identity" if leaf.name.rpartition(".")[2] in {name, "*"} else "rename"
    return "aggregate" if rank == AGGREGATE else "transform"


def _relations(summary: Summary, tables: Tables) -> Iterator[LineageRelation]:
    read: set[int] = set()
    written: dict[int, str] = {}
    for statement in summary.statements:
        read.update(relation for relation, _ in statement.reads)
        if statement.target >= 0 and statement.kind not in {"drop", "function"}:
            written.setdefault(statement.target, target_id(_TEXT, summary, statement.target))
    for number, relation in enumerate(summary.relations):
        if number not in read and number not in written:
            continue
        meant = tables.registry.meant(relation).ids
        name = written.get(number) or (meant[0] if len(meant) == 1 else "")
        known = tables.columns(name) if name else UNKNOWN
        yield LineageRelation(
            relation.name, number in read, number in written, known.names, known.complete
        )
