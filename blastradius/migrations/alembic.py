"""Alembic: revisions of a folder as a history, each judged on the schema that those before it made."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from blastradius.bridges.migrations.statements import assigned
from blastradius.migrations.alembicread import of_events
from blastradius.migrations.catalog import Schema
from blastradius.migrations.lint import Way, judge
from blastradius.migrations.model import History, Migration
from blastradius.migrations.ordering import heads_of, ordered, problems_of
from blastradius.migrations.records import Do
from blastradius.migrations.sources import Sources, strings
from blastradius.migrations.steps import kind_of, operations_of, tables_of
from blastradius.migrations.trace import Event, Tracer

_PLACE = re.compile(
    r"(?:^|/)[^/]*(?:versions|alembic|migration|revision)[^/]*(?:/|$)", re.IGNORECASE
)
_TEMPLATE = "script.py.mako"


@dataclass(frozen=True, slots=True)
class Revision:
    """A file that is one revision: what it says of itself, and what its functions do."""

    id: str
    path: str
    parents: tuple[str, ...]
    line: int
    up: Way
    down: Way | None
    autocommit: bool


def histories(sources: Sources, dialect: str) -> list[History]:
    """Return one history for each folder of revisions, folders that follow one another as one."""
    folders: dict[str, list[Revision]] = defaultdict(list)
    for one in revisions(sources, dialect):
        folders[posixpath.dirname(one.path)].append(one)
    return [_history(several) for _, several in sorted(_joined(folders).items())]


def revisions(sources: Sources, dialect: str) -> Iterator[Revision]:
    """Yield the revisions of a tree, by path."""
    templated = {posixpath.dirname(one) for one in sources.paths if one.endswith(f"/{_TEMPLATE}")}
    templated |= {""} if _TEMPLATE in sources.paths else set()
    for path in sorted(sources.paths):
        folder = posixpath.dirname(path)
        near = folder in templated or posixpath.dirname(folder) in templated
        if path.endswith(".py") and (near or _PLACE.search(folder)):
            content = sources.bytes(path)
            if content is not None and b"down_revision" in content:
                found = _revision(sources, path, dialect)
                if found is not None:
                    yield found


def _revision(sources: Sources, path: str, dialect: str) -> Revision | None:
    tree = sources.tree(path)
    names = dict(assigned(tree.body)) if tree is not None else {}
    if tree is None or "revision" not in names or "down_revision" not in names:
        return None
    ids = strings(names["revision"])
    if len(ids) != 1:
        return None
    tracer = Tracer(sources, dialect, path)
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    up = way(tracer, functions.get("upgrade"), dialect) or Way((), 0, names["revision"].lineno)
    down = way(tracer, functions.get("downgrade"), dialect)
    return Revision(
        ids[0],
        path,
        strings(names["down_revision"]),
        names["revision"].lineno,
        up,
        down,
        tracer.autocommit,
    )


def way(tracer: Tracer, function: ast.FunctionDef | None, dialect: str) -> Way | None:
    """Return what a function of a revision does, None where it is not there."""
    if function is None:
        return None
    try:
        events = tracer.run(function.name)
        raises = next((one.line for one in events if one.kind == "raise"), 0)
        return Way(of_events(_before_raise(events), dialect), raises, function.lineno)
    except RecursionError:  # values within values, files that import from files, without end
        why = "it is nested too deep"
        return Way((Do("unknown", function.lineno, why=why),), 0, function.lineno)


def _before_raise(events: list[Event]) -> list[Event]:
    at = next((number for number, one in enumerate(events) if one.kind == "raise"), len(events))
    return events[:at]


def _joined(folders: dict[str, list[Revision]]) -> dict[str, list[Revision]]:
    """Put folders together where revisions of one follow those of another (``version_locations``)."""
    where: dict[str, list[str]] = defaultdict(list)
    for folder, several in folders.items():
        for one in several:
            where[one.id].append(folder)
    root = {folder: folder for folder in folders}

    def top(folder: str) -> str:
        while root[folder] != folder:
            folder = root[folder]
        return folder

    for folder, several in sorted(folders.items()):
        for one in several:
            for parent in one.parents:
                places = where.get(parent, [])
                if len(places) == 1 and places[0] != folder:
                    first, second = sorted((top(folder), top(places[0])))
                    root[second] = first
    found: dict[str, list[Revision]] = defaultdict(list)
    for folder, several in sorted(folders.items()):
        found[top(folder)] += several
    return found


def _history(several: list[Revision]) -> History:
    by_id = {one.id: one for one in sorted(several, key=lambda one: one.path, reverse=True)}
    parents = {one.id: one.parents for one in by_id.values()}
    order, cyclic = ordered(parents)
    migrations = judged([by_id[name] for name in [*order, *cyclic]])
    problems = problems_of(parents, [one.id for one in several], cyclic)
    heads = heads_of(parents)
    newest = by_id[heads[0]] if heads else several[-1]
    return History(
        "alembic",
        posixpath.dirname(newest.path),
        "",
        tuple(migrations),
        heads,
        tuple(problems),
    )


def judged(several: list[Revision]) -> list[Migration]:
    """Return revisions, which stand in order, as migrations."""
    schema = Schema()
    found = []
    for one in several:
        answer = judge(schema, one.up, one.down)
        schema = answer.after
        schema.vague = False  # what one revision hides is not held against all that follow
        steps = one.up.steps
        concurrent = one.autocommit or any(do.concurrent for do in steps)
        found.append(
            Migration(
                one.id,
                one.path,
                (one.path,),
                one.parents,
                one.line,
                operations_of(steps),
                kind_of(steps),
                tables_of(steps),
                None,
                None,
                not concurrent,
                answer.lint,
            )
        )
    return found
