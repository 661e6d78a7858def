"""Which column a name means: the sources of one query, and the queries around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from blastradius.languages.sql.names import words
from blastradius.languages.sql.recorder import Alternatives, Recorder, alternatives_text, leaf
from blastradius.languages.sql.shapes import Shape, Star, Value, digest, merge
from blastradius.languages.sql.summary import IDENTITY

# Dialects in which a projection may name one that stands before it.
LATERAL_ALIASES = frozenset(
    {
        "snowflake",
        "redshift",
        "databricks",
        "spark",
        "duckdb",
        "clickhouse",
        "teradata",
    }
)
# Names without parentheses that are functions or pseudo columns.
NO_COLUMNS = words(
    "_table_suffix _partitiontime _partitiondate _file_name _change_type rowid ctid oid xmin xmax "
    "tableoid level rownum sysdate systimestamp user current_date current_time current_timestamp "
    "current_user session_user localtime localtimestamp excluded sqlstate found new old default"
)
# Units that a function may be given; elsewhere they are columns like others.
UNITS = words(
    "day days month months year years hour hours minute minutes second seconds week weeks isoweek "
    "isoyear quarter dayofweek dayofyear millisecond milliseconds microsecond microseconds "
    "nanosecond date time datetime timestamp epoch dow doy"
)


@dataclass(slots=True)
class Source:
    """One thing that a query reads from. ``parts``: the relation's name, empty for a subquery."""

    alias: str
    shape: Shape
    parts: tuple[str, ...] = ()
    placeholder: str = ""


@dataclass(slots=True)
class Found:
    """What a name means in one place.

    ``values`` are certain, ``hidden`` holds groups of columns behind stars (one of each group is
    meant), ``weak`` what a function's rows may hold. ``each``: all groups are meant for sure.
    """

    values: list[Value] = field(default_factory=list)
    hidden: list[list[tuple[int, str]]] = field(default_factory=list)
    soft: bool = False
    weak: list[Value] = field(default_factory=list)
    each: bool = False


@dataclass(slots=True)
class Scope:
    """The sources of one query.

    ``shared``: column that a USING made one of several → places of the sources that were joined by
    it. ``aliases``: names of projections so far; some clauses take them before any column
    (``aliases_first``), some before a column that may be behind a star (``aliases_last``); in some
    dialects a projection may mean either (``aliases_beside``). ``windows``: name → tree of the
    query's named windows.
    """

    recorder: Recorder
    outer: Scope | None = None
    ctes: dict[str, Shape] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    shared: dict[str, set[int]] = field(default_factory=dict)
    natural: bool = False
    windows: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, Value] = field(default_factory=dict)
    aliases_first: bool = False
    aliases_last: bool = False
    aliases_beside: bool = False

    def chain(self) -> Iterator[Scope]:
        """Yield this scope and those around it, inner first, less those that read nothing."""
        scope: Scope | None = self
        while scope is not None:
            if scope.sources:
                yield scope
            scope = scope.outer

    def find(self, parts: Sequence[str]) -> tuple[Source, str] | None:
        """Return the source that ``parts`` begin with, and the column that they name in it."""
        for source in self.sources:
            if parts[0] in (source.alias, source.placeholder):
                return source, parts[1]
        for length in range(len(parts) - 1, 1, -1):
            head = tuple(parts[:length])
            for source in self.sources:
                if source.parts[-length:] == head:
                    return source, parts[length]
        return None

    def resolve(self, parts: Sequence[str], line: int, *, soft: bool) -> Value:
        """Return the value of the column that ``parts`` (qualifiers and name) mean at ``line``."""
        if len(parts) > 1:
            for scope in self.chain():
                if (found := scope.find(parts)) is not None:
                    return self._qualified(*found, line, soft=soft)
            # A field of a struct: whether the column is there can still be asked, less firmly.
            soft = True
        return self._bare(parts[0], line, soft=soft)

    def _qualified(self, source: Source, name: str, line: int, *, soft: bool) -> Value:
        self.recorder.step()
        found = look(source.shape, name)
        value = _joined(found.values + found.weak if not found.hidden else found.values)
        for number, hidden in enumerate(found.hidden):
            one = leaf(self.recorder, tuple(hidden), line, soft=soft or found.soft or number > 0)
            _add(value, one)
        if not value.digest and not soft:
            self.recorder.missing.setdefault((f"{source.alias}.{name}", line))
        return value

    def _bare(self, name: str, line: int, *, soft: bool) -> Value:
        if self.aliases_first and name in self.aliases:
            return self.aliases[name]
        if len(self.sources) == 1 and len(self.sources[0].shape.branches) == 1:
            # By far the most frequent case: one source, which names the column or hides it.
            found = self._alone(self.sources[0], name, line, soft=soft)
            if found is not None:
                return found
        soft = soft or name in NO_COLUMNS
        for scope in self.chain():
            here = scope.look_everywhere(name)
            aliased = scope.aliases.get(name)
            if aliased is not None and here.hidden and not here.values and scope.aliases_last:
                return aliased
            if here.hidden:
                beside = [aliased] if aliased is not None and scope.aliases_beside else []
                hidden = self._hidden(scope, here, name, line, soft=soft or bool(beside))
                return _joined([*here.values, *beside, hidden])
            if here.values:
                return _joined(here.values)
            if aliased is not None:
                return aliased
            if here.weak:
                return _joined(here.weak)
        return self._row_or_missing(name, line, soft=soft)

    def _alone(self, source: Source, name: str, line: int, *, soft: bool) -> Value | None:
        """Return the column of the only source where nothing else can be meant, else None."""
        branch = source.shape.branches[0]
        column = branch.named.get(name)
        if column is not None:
            return column.value
        stars = branch.stars
        if len(stars) != 1 or stars[0].relation < 0 or name in self.aliases or name == source.alias:
            return None
        if self.outer is not None and any(True for _ in self.outer.chain()):
            return None
        origin = stars[0].origin(name)
        if origin is None or name in NO_COLUMNS:
            return None
        return leaf(self.recorder, ((stars[0].relation, origin),), line, soft=soft or stars[0].soft)

    def _hidden(self, scope: Scope, here: Found, name: str, line: int, *, soft: bool) -> Value:
        """Return what is behind the stars of ``scope``, else in the queries around it."""
        fallback: list[tuple[int, str]] = []
        for outer in scope.outer.chain() if scope.outer else ():
            further = outer.look_everywhere(name)
            # Where an outer column may be meant, the inner table need not have one.
            soft = soft or bool(further.values)
            fallback += [one for group in further.hidden for one in group]
            if further.values or further.hidden:
                break
        soft = soft or here.soft
        return self._leaves(here.hidden, tuple(fallback), line, soft=soft, each=here.each)

    def _leaves(
        self,
        groups: list[list[tuple[int, str]]],
        fallback: Alternatives,
        line: int,
        *,
        soft: bool,
        each: bool,
    ) -> Value:
        """Return the leaves behind stars: one reference for each group, of which one is meant."""
        name = groups[0][0][1]
        value = Value()
        # An alias is the whole row of its table, unless a column is called the same.
        aliased = [one for one in self.sources if one.alias == name]
        if aliased and not fallback:
            rows = [(star.relation, "") for one in aliased for star in one.shape.branches[0].stars]
            fallback = tuple(one for one in rows if one[0] >= 0)
        for number, group in enumerate(groups):
            index = self.recorder.reference(
                tuple(group), line, soft=soft or (number > 0 and not each), fallback=fallback
            )
            _add(value, Value({index: IDENTITY}, alternatives_text(self.recorder, group)))
        return value

    def _row_or_missing(self, name: str, line: int, *, soft: bool) -> Value:
        for scope in self.chain():
            for source in scope.sources:
                if name in (source.alias, source.placeholder):
                    rows = [self.recorder.row(branch, line) for branch in source.shape.branches]
                    return _joined(rows)
        known = any(scope.sources for scope in self.chain())
        if known and not soft and not self.recorder.procedural:
            self.recorder.missing.setdefault((name, line))
        return Value()

    def look_everywhere(self, name: str) -> Found:
        """Return what the unqualified ``name`` means among this query's own sources."""
        self.recorder.step(len(self.sources))
        everything = Found()
        hiding: dict[int, list[list[tuple[int, str]]]] = {}
        for place, source in enumerate(self.sources):
            found = look(source.shape, name)
            everything.values += found.values
            everything.weak += found.weak
            # Rows of a function may have it as well: then a table need not.
            everything.soft = everything.soft or found.soft or bool(found.weak)
            if found.hidden:
                hiding[place] = found.hidden
        joined = self.shared.get(name)
        if joined:
            everything.hidden = _of_both_sides(hiding, joined)
            everything.each = True
        elif not everything.values and len(hiding) == 1:
            everything.hidden = next(iter(hiding.values()))
        elif not everything.values and hiding:
            everything.hidden = [_any_of(hiding.values())]
        return everything


def _of_both_sides(
    hiding: dict[int, list[list[tuple[int, str]]]], joined: set[int]
) -> list[list[tuple[int, str]]]:
    """Return what is meant by a column of a USING: that of each table joined by it, and one other.

    The left side of a chain of joins has the column in any one of its tables.
    """
    groups = [group for place in sorted(joined) for group in hiding.get(place, ())]
    left = [hidden for place, hidden in hiding.items() if place < min(joined)]
    if len(left) == 1:
        return [*left[0], *groups]
    return [_any_of(left), *groups] if left else groups


def _any_of(several: Iterable[list[list[tuple[int, str]]]]) -> list[tuple[int, str]]:
    return [one for groups in several for group in groups for one in group]


def look(shape: Shape, name: str) -> Found:
    """Return what ``name`` means in a query's output."""
    found = Found()
    for branch in shape.branches:
        column = branch.named.get(name)
        if column is not None:
            found.values.append(column.value)
            continue
        hidden: list[tuple[int, str]] = []
        for star in branch.stars:
            _look_behind(star, name, found, hidden)
        if hidden:
            found.hidden.append(hidden)
    return found


def _look_behind(star: Star, name: str, found: Found, hidden: list[tuple[int, str]]) -> None:
    origin = star.origin(name)
    if origin is None:
        return
    if star.relation >= 0:
        hidden.append((star.relation, origin))
        found.soft = found.soft or star.soft
    else:
        value = star.value or Value()
        found.weak.append(Value(value.sources, digest((value.digest, name))))


def _joined(values: Sequence[Value]) -> Value:
    if len(values) == 1:
        return values[0]
    joined = Value()
    for value in values:
        _add(joined, value)
    return joined


def _add(value: Value, other: Value) -> None:
    merge(value.sources, other.sources, 0)
    value.digest = digest((value.digest, other.digest)) if value.digest else other.digest
