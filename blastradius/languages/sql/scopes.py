"""Which column a name means: the sources of one query, and the queries around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from blastradius.languages.sql.finding import Found, add, any_of, joined, look, of_both_sides
from blastradius.languages.sql.names import words
from blastradius.languages.sql.recorder import Alternatives, Recorder, alternatives_text, leaf
from blastradius.languages.sql.shapes import Shape, Value, digest, merge
from blastradius.languages.sql.summary import IDENTITY, TRANSFORM

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

    def find(self, parts: Sequence[str]) -> tuple[Source, Sequence[str]] | None:
        """Return the source that ``parts`` begin with, and the column (and fields) named in it."""
        for source in self.sources:
            if parts[0] in (source.alias, source.placeholder):
                return source, parts[1:]
        for length in range(len(parts) - 1, 1, -1):
            head = tuple(parts[:length])
            for source in self.sources:
                if source.parts[-length:] == head:
                    return source, parts[length:]
        return None

    def find_unaliased(self, parts: Sequence[str]) -> tuple[Source, Sequence[str]] | None:
        """Return as `find` does, by a table's own name though it was given another."""
        for source in self.sources:
            if source.parts[-1:] == tuple(parts[:1]):
                return source, parts[1:]
        return None

    def resolve(self, parts: Sequence[str], line: int, *, soft: bool) -> Value:
        """Return the value of the column that ``parts`` (qualifiers and name) mean at ``line``."""
        if len(parts) > 1:
            for scope in self.chain():
                if (found := scope.find(parts)) is not None:
                    source, names = found
                    value = self._qualified(source, names[0], line, soft=soft)
                    return self._within(value, names[1:], line)
            for scope in self.chain():
                if parts[0] not in self._columns_here() and (found := scope.find_unaliased(parts)):
                    source, names = found
                    value = self._qualified(source, names[0], line, soft=True)
                    return self._within(value, names[1:], line)
            # A field of a struct: whether the column is there can still be asked, less firmly.
            soft = True
        return self._within(self._bare(parts[0], line, soft=soft), parts[1:], line)

    def _columns_here(self) -> set[str]:
        """Return the names of columns that are written out in this query's sources."""
        return {
            name
            for source in self.sources
            for branch in source.shape.branches
            for name in branch.named
        }

    def _within(self, value: Value, names: Sequence[str], line: int) -> Value:
        """Return the field that ``names`` lead to, as far as the fields are known."""
        for name in names:
            inner = self.field(value, name, line)
            if inner is None:
                part = Value({}, digest((value.digest, *names)))
                merge(part.sources, value.sources, TRANSFORM)
                return part
            value = inner
        return value

    def field(self, value: Value, name: str, line: int) -> Value | None:
        """Return the field ``name`` of a struct, None when it is not known to have it."""
        if value.struct is None:
            return None
        self.recorder.step()
        found = look(Shape([value.struct]), name)
        if found.hidden:
            return joined(
                [leaf(self.recorder, tuple(one), line, soft=True) for one in found.hidden]
            )
        if found.values or found.weak:
            return joined(found.values or found.weak)
        return None

    def _qualified(self, source: Source, name: str, line: int, *, soft: bool) -> Value:
        self.recorder.step()
        found = look(source.shape, name)
        value = joined(found.values + found.weak if not found.hidden else found.values)
        for number, hidden in enumerate(found.hidden):
            one = leaf(self.recorder, tuple(hidden), line, soft=soft or found.soft or number > 0)
            add(value, one)
        if not value.digest and source.alias in self._columns_here():
            # A struct that is called like the source it comes from.
            held = self.look_everywhere(source.alias)
            struct = joined(held.values) if held.values else Value(digest="?")
            return self._within(struct, [name], line)
        if not value.digest and not soft:
            self.recorder.missing.setdefault((f"{source.alias}.{name}", line))
        return value

    def _bare(self, name: str, line: int, *, soft: bool) -> Value:
        if self.aliases_first and name in self.aliases:
            return self.aliases[name]
        simple = len(self.sources) == 1 and len(self.sources[0].shape.branches) == 1
        if simple and name not in self.recorder.parameters:
            # By far the most frequent case: one source, which names the column or hides it.
            found = self._alone(self.sources[0], name, line, soft=soft)
            if found is not None:
                return found
        soft = soft or name in NO_COLUMNS
        if name in self.recorder.parameters:
            return self._parameter_or_column(name, line)
        for scope in self.chain():
            value = self._in_scope(scope, name, line, soft=soft)
            if value is not None:
                return value
        return self._row_or_missing(name, line, soft=soft)

    def _in_scope(self, scope: Scope, name: str, line: int, *, soft: bool) -> Value | None:
        """Return what ``name`` means in ``scope``, this one or one around it; None for nothing."""
        here = scope.look_everywhere(name)
        aliased = scope.aliases.get(name)
        if aliased is not None and here.hidden and not here.values:
            if scope.aliases_last:
                return aliased
            if scope.aliases_beside:
                return self._alias_or_column(aliased, here.hidden, line)
        if here.hidden:
            hidden = self._hidden(scope, here, name, line, soft=soft)
            return joined([*here.values, hidden])
        if here.values:
            return joined(here.values)
        if aliased is not None:
            return aliased
        return joined(here.weak) if here.weak else None

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

    def _parameter_or_column(self, name: str, line: int) -> Value:
        """Return a column that is called like a parameter: meant only where it is known to be."""
        for scope in self.chain():
            here = scope.look_everywhere(name)
            if here.values:
                return joined(here.values)
            if here.hidden:
                columns = tuple(one for group in here.hidden for one in group)
                index = self.recorder.reference(columns, line, soft=True, seen=True)
                return Value({index: IDENTITY}, name)
        return Value({}, name)

    def _alias_or_column(
        self, aliased: Value, hidden: list[list[tuple[int, str]]], line: int
    ) -> Value:
        """Return what an earlier projection's alias means: the table's column where it has one."""
        columns = tuple(one for group in hidden for one in group)
        recorder = self.recorder
        recorder.step(len(aliased.sources))
        column = recorder.reference(columns, line, soft=True, seen=True)
        value = Value({column: IDENTITY}, aliased.digest)
        for index, rank in aliased.sources.items():
            value.sources.setdefault(recorder.unless(index, columns), rank)
        return value

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
        name = groups[0][0][1].rpartition(":")[2]
        value = Value()
        # An alias is the whole row of its table, unless a column is called the same.
        aliased = [one for scope in self.chain() for one in scope.sources if one.alias == name]
        if aliased and not fallback and not any(one.shape.branches[0].stars for one in aliased):
            row = joined([self.recorder.row(one, line) for one in aliased[0].shape.branches])
            columns = tuple(one for group in groups for one in group)
            seen = self.recorder.reference(columns, line, soft=True, seen=True)
            return Value({**row.sources, seen: IDENTITY}, row.digest, aliased[0].shape.branches[0])
        if aliased and not fallback:
            rows = [(star.relation, "") for one in aliased for star in one.shape.branches[0].stars]
            fallback = tuple(one for one in rows if one[0] >= 0)
        for number, group in enumerate(groups):
            index = self.recorder.reference(
                tuple(group), line, soft=soft or (number > 0 and not each), fallback=fallback
            )
            add(value, Value({index: IDENTITY}, alternatives_text(self.recorder, group)))
        if aliased and aliased[0].shape.branches:
            value.struct = aliased[0].shape.branches[0]
        return value

    def _row_or_missing(self, name: str, line: int, *, soft: bool) -> Value:
        for scope in self.chain():
            for source in scope.sources:
                if name in (source.alias, source.placeholder):
                    rows = [self.recorder.row(branch, line) for branch in source.shape.branches]
                    row = joined(rows)
                    return Value(row.sources, row.digest, source.shape.branches[0])
        known = any(scope.sources for scope in self.chain())
        if known and not soft and not self.recorder.procedural:
            self.recorder.missing.setdefault((name, line))
        return Value()

    def look_everywhere(self, name: str) -> Found:
        """Return what the unqualified ``name`` means among this query's own sources."""
        self.recorder.step(len(self.sources))
        everything = Found()
        hiding: dict[int, list[list[tuple[int, str]]]] = {}
        beside: list[list[tuple[int, str]]] = []
        for place, source in enumerate(self.sources):
            found = look(source.shape, name)
            everything.values += found.values
            everything.weak += found.weak
            # Rows of a function may have it as well: then a table need not.
            everything.soft = everything.soft or found.soft or bool(found.weak)
            if found.hidden:
                hiding[place] = found.hidden
                if found.values:
                    beside += found.hidden  # of another branch of the same union
        places = self.shared.get(name)
        if places:
            everything.hidden = of_both_sides(hiding, places)
            everything.each = True
        elif beside:
            everything.hidden = beside
        elif not everything.values and len(hiding) == 1:
            everything.hidden = next(iter(hiding.values()))
        elif not everything.values and hiding:
            everything.hidden = [any_of(hiding.values())]
        return everything
