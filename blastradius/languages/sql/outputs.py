"""The columns that a statement puts out, stars expanded as far as the tree's columns are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from blastradius.languages.sql.known import behind_star, output_names
from blastradius.languages.sql.lookups import Tables, behind, meant_by
from blastradius.languages.sql.summary import Item, StarItem, Statement, Summary
from blastradius.model.symbols import Tier


@dataclass(frozen=True, slots=True)
class Passed:
    """A column of a relation, by id, that comes through a star as it is; empty: any of them."""

    relation: str
    column: str
    tier: Tier

    @property
    def name(self) -> str:
        """The id of what is passed."""
        return f"{self.relation}.{self.column}" if self.column else self.relation


@dataclass(frozen=True, slots=True)
class Out:
    """One column that comes out: of references (index, rank), or passed through a star."""

    name: str
    line: int
    sources: tuple[tuple[int, int], ...] = ()
    passed: tuple[Passed, ...] = ()

    @property
    def references(self) -> tuple[int, ...]:
        """The references without their ranks."""
        return tuple(index for index, _ in self.sources)


@dataclass(slots=True)
class Aligned:
    """All that comes out.

    ``uneven``: (line, columns here, columns of the first) of branches that
    cannot be joined to the first by position. ``whole``: nothing else comes out.
    """

    outs: list[Out]
    uneven: list[tuple[int, int, int]]
    whole: bool = True


def outputs(
    tables: Tables, path: str, summary: Summary, statement: Statement, target: str
) -> Aligned:
    """Return what ``statement`` writes to the relation ``target`` (an id), all branches together.

    Branches of a UNION are aligned by position where all columns of both are known, else by name.
    """
    found = Aligned([], [])
    first: list[str] | None = None
    for number, branch in enumerate(statement.branches):
        outs, whole = _branch(tables, path, summary, branch, target)
        if statement.names:
            outs = _called(tables, path, summary, branch, outs, statement.names, whole=whole)
            whole = True
        names = [out.name for out in outs]
        found.whole = found.whole and whole
        if number == 0:
            first = names if whole else None
        elif first is not None and whole and number not in statement.by_name:
            if len(first) == len(names):
                outs = [replace(out, name=name) for out, name in zip(outs, first, strict=True)]
            else:
                line = branch[0].line if branch else statement.line
                found.uneven.append((line, len(names), len(first)))
        found.outs.extend(outs)
    return found


@dataclass(frozen=True, slots=True)
class Rest:
    """Columns that come out but are not known: of ``relations`` (names), or of references."""

    line: int
    relations: tuple[str, ...]
    sources: tuple[tuple[int, int], ...] = ()


def unknown_behind(
    tables: Tables, path: str, summary: Summary, statement: Statement
) -> Iterator[Rest]:
    """Yield what the statement puts out behind stars whose columns are not all known."""
    for branch in statement.branches:
        for item in branch:
            if not isinstance(item, StarItem):
                continue
            if item.relation < 0:
                yield Rest(item.line, (), item.sources)
                continue
            meant = meant_by(tables, path, summary, item.relation)
            open_ = tuple(one for one in meant.ids if not tables.columns(one).complete)
            if open_ or not meant.ids:
                yield Rest(item.line, open_ or (summary.relations[item.relation].name,))


def declared_names(tables: Tables, target: str, statement: Statement, outs: list[Out]) -> list[str]:
    """Return what the target calls the columns that an INSERT gives by position."""
    columns = tables.columns(target)
    if not statement.positional or not columns.complete or len(outs) > len(columns.names):
        return [out.name for out in outs]
    return list(columns.names[: len(outs)])


def _branch(
    tables: Tables, path: str, summary: Summary, branch: tuple[Item, ...], target: str
) -> tuple[list[Out], bool]:
    outs: list[Out] = []
    named = output_names(branch)
    seen: set[str] = set()
    whole = True
    for item in branch:
        if not isinstance(item, StarItem):
            outs.append(Out(item.name, item.line, item.sources))
            seen.add(item.name)
            continue
        added, all_known = _behind(tables, path, summary, item)
        outs += [out for out in added if not (item.dedupe and out.name in seen)]
        seen.update(out.name for out in added)
        whole = whole and all_known
    asked = tables.demanded.get(target, set()) - named - seen
    for column in sorted(asked):
        if out := _asked(tables, path, summary, branch, column):
            outs.append(out)
    return outs, whole


def _called(
    tables: Tables,
    path: str,
    summary: Summary,
    branch: tuple[Item, ...],
    outs: list[Out],
    names: tuple[str, ...],
    *,
    whole: bool,
) -> list[Out]:
    """Return what comes out under the names that the target gives to it by position.

    Behind a star of unknown columns a name may be any of the row's.
    """
    if whole:
        return [replace(out, name=name) for out, name in zip(outs, names, strict=False)]
    row: list[Passed] = []
    known = len(branch)
    for place, item in enumerate(branch):
        if isinstance(item, StarItem):
            known = min(known, place)
            if item.relation >= 0:
                meant = meant_by(tables, path, summary, item.relation)
                ids = meant.ids or (summary.relations[item.relation].name,)
                row += [Passed(one, "", "likely") for one in ids]
    line = branch[known].line if known < len(branch) else 0
    first = [replace(out, name=name) for out, name in zip(outs[:known], names, strict=False)]
    return first + [Out(name, line, (), tuple(row)) for name in names[known:]]


def _behind(tables: Tables, path: str, summary: Summary, star: StarItem) -> tuple[list[Out], bool]:
    pairs, whole = behind_star(star, tables.registry, summary.relations, tables.known)
    if star.relation < 0:
        return [], False
    meant = meant_by(tables, path, summary, star.relation)
    outs = []
    for here, there in pairs:
        passed = [
            Passed(one, there, meant.tier)
            for one in meant.ids
            if tables.columns(one).has(there, path)
        ]
        outs.append(Out(here, star.line, (), tuple(passed)))
    return outs, whole


def _asked(
    tables: Tables, path: str, summary: Summary, branch: tuple[Item, ...], column: str
) -> Out | None:
    """Return the column that a reader asks for, from whichever star of the branch may hide it."""
    passed: list[Passed] = []
    line = 0
    stars = [one for one in branch if isinstance(one, StarItem) and one.relation >= 0]
    for star in stars:
        there = behind(star, column)
        if there is None:
            continue
        meant = meant_by(tables, path, summary, star.relation)
        possible = [one for one in meant.ids if tables.columns(one).has(there, path) is None]
        if not meant.ids:
            possible = [summary.relations[star.relation].name]
        passed += [Passed(one, there, meant.tier) for one in possible]
        line = line or star.line
    if not passed:
        return None
    if len(passed) > 1:
        passed = [replace(one, tier="heuristic") for one in passed]
    return Out(column, line, (), tuple(passed))
