"""The inverse of migrations that are SQL, as the next migration of their tool."""

from __future__ import annotations

import re
from collections.abc import Sequence

from blastradius.migrations.lexing import statements
from blastradius.migrations.model import History, Rendered
from blastradius.migrations.naming import Next, next_of
from blastradius.migrations.reverse import Part, Reverse, Source, reverse
from blastradius.migrations.sources import Sources
from blastradius.migrations.sqlfiles import File, drizzle_snapshot, written
from blastradius.migrations.sqltools import Folder, SqlMigration, folders, ways
from blastradius.migrations.sqlwrite import UnwritableError, Writer

_TRANSACTION = frozenset({"BEGIN", "COMMIT", "START", "END", "ROLLBACK"})


def inverse(
    history: History, chosen: frozenset[str], sources: Sources, dialect: str, label: str
) -> Rendered:
    """Return the next migration of a history, which undoes the chosen ones."""
    folder = next(
        one for one in folders(sources, dialect) if (one.tool, one.folder, one.label) == history.key
    )
    chain = [Source(one.id, one.path, *ways(one, folder.dialect)) for one in folder.migrations]
    found = reverse(chain, chosen)
    by_id = {one.id: one for one in folder.migrations}
    up = _statements(found, by_id, folder)
    down: list[str] = []
    for part in reversed(found.parts):
        down += split(by_id[part.source.id].up, folder.dialect)
    named = next_of(folder, [part.source.id for part in found.parts], label)
    alone = any("CONCURRENTLY" in one.upper() for one in (*up, *down))
    file = written(folder, named, File(tuple(up), tuple(down), alone), sources)
    if folder.tool == "drizzle":
        file += _snapshot(folder, named, chosen, sources, found)
    return _rendered(found, named, file, up)


def _snapshot(
    folder: Folder, named: Next, chosen: frozenset[str], sources: Sources, found: Reverse
) -> list[tuple[str, bytes]]:
    """Drizzle compares its next migration with the last snapshot: that of before what is undone."""
    ids = [one.id for one in folder.migrations]
    start = next(number for number, name in enumerate(ids) if name in chosen)
    made = None
    if all(name in chosen for name in ids[start:]):
        before = ids[start - 1] if start else None
        made = drizzle_snapshot(folder, named, before, sources)
    if made is None:
        what = "the snapshot of the schema after it cannot be told: run drizzle-kit generate"
        found.gaps.append(f"{folder.migrations[start].path}:1: {what}")
    return [made] if made is not None else []


def _statements(found: Reverse, by_id: dict[str, SqlMigration], folder: Folder) -> list[str]:
    done: list[str] = []
    for part in found.parts:
        one = by_id[part.source.id]
        if part.own:
            done += split(one.down or "", folder.dialect)
        else:
            done += _generated(part, found, Writer(folder.dialect, _quotes(one.up, folder.dialect)))
    return done


def _generated(part: Part, found: Reverse, writer: Writer) -> list[str]:
    done: list[str] = []
    for do in part.steps:
        try:
            done += writer.statements(do)
        except UnwritableError as error:
            found.gaps.append(f"{part.source.path}:{do.line}: {error}")
    return done


def split(text: str, dialect: str) -> list[str]:
    """Return the statements of a SQL text, without those that only open or close a transaction."""
    found = statements(text, dialect)
    if found is None:
        return [text.strip()] if text.strip() else []
    return [
        one.sql
        for one in found
        if not (one.words[0].upper in _TRANSACTION and len(one.words) < 4)  # noqa: PLR2004 - BEGIN …
    ]


def _quotes(text: str, dialect: str) -> bool:
    """Tell whether a text quotes the names of its tables."""
    mark = "`" if dialect == "mysql" else '"'
    pattern = rf"\b(?:TABLE|ON|COLUMN|INDEX)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?{mark}"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _rendered(
    found: Reverse, named: Next, file: Sequence[tuple[str, bytes]], up: list[str]
) -> Rendered:
    path, content = file[0]
    return Rendered(
        path,
        content,
        dict(file[1:]),
        named.name,
        named.id,
        tuple(part.source.id for part in found.parts),
        tuple(up),
        tuple(found.loses),
        found.reads_as,
        not found.gaps,
        tuple(found.gaps),
        tuple(dict.fromkeys(found.cautions)),
    )
