"""What a query puts out while it is resolved: columns with their leaves, stars left closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Protocol

MOST_COLUMNS = 5_000
MOST_BRANCHES = 200


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits for a sequence of texts."""
    joined = "\x1f".join(parts)
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(slots=True)
class Value:
    """Where a value comes from: index of reference → IDENTITY, TRANSFORM or AGGREGATE.

    ``struct``: the fields that it has, or the elements of the array that it is.
    """

    sources: dict[int, int] = field(default_factory=dict)
    digest: str = ""
    struct: Branch | None = None


@dataclass(slots=True)
class Column:
    """A column that is named in the text; its lines are those of its expression."""

    name: str
    value: Value
    line: int = 0
    end: int = 0
    type: str = ""


@dataclass(slots=True)
class Star:
    """All columns of a relation; -1: columns unknown, that all come of ``value``."""

    relation: int
    line: int
    without: frozenset[str] = frozenset()
    renames: tuple[tuple[str, str], ...] = ()
    dedupe: bool = False
    soft: bool = False
    value: Value | None = None

    @property
    def is_plain(self) -> bool:
        """Whether these are the columns of a relation as they are, so that places can be told."""
        return self.relation >= 0 and not (self.without or self.renames or self.dedupe)

    def origin(self, name: str) -> str | None:
        """Return what the relation calls the column that is ``name`` here, None if left out."""
        if self.renames:
            for there, here in self.renames:
                if here == name:
                    return there
            if any(there == name for there, _ in self.renames):
                return None
        return None if name in self.without else name

    def less(self, names: Iterable[str]) -> Star:
        """Return this star without the columns that are called ``names`` here."""
        gone = {there for name in names if (there := self.origin(name)) is not None}
        return Star(
            self.relation,
            self.line,
            self.without | gone,
            tuple(one for one in self.renames if one[0] not in gone),
            self.dedupe,
            self.soft,
            self.value,
        )

    def renamed(self, renames: Sequence[tuple[str, str]]) -> Star:
        """Return this star with columns renamed, (name here before, name here after)."""
        pairs = [(there, new) for old, new in renames if (there := self.origin(old)) is not None]
        kept = [one for one in self.renames if one[0] not in {there for there, _ in pairs}]
        return Star(
            self.relation,
            self.line,
            self.without,
            (*kept, *pairs),
            self.dedupe,
            self.soft,
            self.value,
        )


@dataclass
class Branch:
    """One way that rows come about: its columns in order.

    ``by_name``: in a union they go to the columns of the first branch by name, not by position.
    """

    items: list[Column | Star]
    by_name: bool = False

    @cached_property
    def named(self) -> dict[str, Column]:
        """The columns with a name; the first of equal names wins."""
        found: dict[str, Column] = {}
        for item in self.items:
            if isinstance(item, Column):
                found.setdefault(item.name, item)
        return found

    @property
    def only_star(self) -> Star | None:
        """The star of ``SELECT * FROM t``, None for anything else."""
        star = self.items[0] if len(self.items) == 1 else None
        return star if isinstance(star, Star) and star.is_plain else None

    @cached_property
    def stars(self) -> list[Star]:
        """The stars, in order."""
        return [item for item in self.items if isinstance(item, Star)]


@dataclass
class Shape:
    """A query's output. ``rows`` is a digest of all that decides which rows come out."""

    branches: list[Branch]
    rows: str = ""

    @property
    def closed(self) -> bool:
        """Whether every column is known by name."""
        return not any(branch.stars for branch in self.branches)

    @property
    def columns(self) -> list[Column] | None:
        """All columns in order, None when a star hides some or branches are not aligned."""
        if len(self.branches) != 1 or not self.closed:
            return None
        return [item for item in self.branches[0].items if isinstance(item, Column)]

    def renamed(self, names: Sequence[str], rows: Rows, line: int) -> Shape:
        """Return this shape with its first columns called ``names``.

        Behind the star of a relation they are told by position, once its columns are known; what
        follows such a star may be any column of the row.
        """
        if not names:
            return self
        return Shape([_renamed(branch, names, rows, line) for branch in self.branches], self.rows)


class Rows(Protocol):
    """What makes values of rows (a `Recorder`)."""

    def row(self, branch: Branch, line: int) -> Value:
        """Return the value of a whole row."""
        ...

    def place(self, star: Star, place: int, line: int) -> Value:
        """Return the value of the column at a place behind a star."""
        ...


def _renamed(branch: Branch, names: Sequence[str], rows: Rows, line: int) -> Branch:
    if branch.stars:
        columns: list[Column] = []
        for item in branch.items:
            if isinstance(item, Star):
                break
            columns.append(item)
        known = [
            Column(name, one.value, one.line, one.end, one.type)
            for name, one in zip(names, columns, strict=False)
        ]
        star, rest = branch.stars[0], names[len(known) :]
        if star.is_plain and len(known) == len(branch.items) - 1:
            known += [
                Column(name, rows.place(star, at, line), line, line) for at, name in enumerate(rest)
            ]
        else:
            hidden = rows.row(branch, line)
            known += [Column(name, hidden, line, line) for name in rest]
        return Branch([*known])
    return Branch(
        [
            Column(
                names[at] if at < len(names) else one.name, one.value, one.line, one.end, one.type
            )
            for at, one in enumerate(branch.items)
            if isinstance(one, Column)
        ]
    )


def merge(into: dict[int, int], sources: dict[int, int], rank: int) -> None:
    """Add ``sources`` to ``into``; each keeps the farthest rank that it went through."""
    for reference, kind in sources.items():
        strongest = max(kind, rank)
        if into.get(reference, -1) < strongest:
            into[reference] = strongest


def combined(left: Value, right: Value) -> Value:
    """Return a value that is now the one, now the other."""
    value = Value(dict(left.sources), digest((left.digest, right.digest)))
    merge(value.sources, right.sources, 0)
    value.struct = _either(left.struct, right.struct)
    return value


def _either(left: Branch | None, right: Branch | None) -> Branch | None:
    """Return the fields of a value that is the one or the other; they are the same by position."""
    if left is None or right is None or left is right:
        return left or right
    ours = [one for one in left.items if isinstance(one, Column)]
    theirs = [one for one in right.items if isinstance(one, Column)]
    if len(ours) != len(left.items) or len(theirs) != len(ours) or len(right.items) != len(ours):
        return left
    return Branch([_both(one, two) for one, two in zip(ours, theirs, strict=True)])


def union(left: Shape, right: Shape, *, by_name: bool) -> Shape:
    """Return the shape of both queries' rows together, columns named by the left one.

    By position where both are known to the last column; else the branches stay apart and are only
    aligned once the columns behind their stars are known.
    """
    ours, theirs = left.columns, right.columns
    rows = digest(("union", left.rows, right.rows))
    if ours is None or theirs is None:
        if by_name:
            right = Shape([Branch(one.items, by_name=True) for one in right.branches])
        return Shape((left.branches + right.branches)[:MOST_BRANCHES], rows)
    if by_name:
        other = {column.name: column for column in theirs}
        pairs = [(one, other.pop(one.name, None)) for one in ours]
        pairs += [(one, None) for one in other.values()]
    else:
        padded = [*theirs, *([None] * len(ours))]
        pairs = list(zip(ours, padded, strict=False))
    return Shape([Branch([_both(one, two) for one, two in pairs])], rows)


def _both(left: Column, right: Column | None) -> Column:
    if right is None:
        return left
    value = combined(left.value, right.value)
    # The column is declared where the left side names it.
    kind = left.type if left.type == right.type else ""
    return Column(left.name, value, left.line, left.end, kind)
