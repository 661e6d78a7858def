"""What the next migration is called: its number or time after the last one, and its words."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from blastradius.migrations.sqltools import Folder

_LONGEST = 60
_NUMBER = re.compile(r"\d+")
_STAMP = 14


@dataclass(frozen=True, slots=True)
class Next:
    """The next migration: its id in the version table, its words, its number as files spell it."""

    id: str
    name: str
    number: str


def slug(text: str) -> str:
    """Return words as file names have them."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return plain[:_LONGEST].rstrip("_") or "undo"


def harmless(text: str) -> str:
    """Return a name as a comment may show it: it can neither end the comment nor begin a line."""
    return re.sub(r"[^\w.,: @/-]", "?", text)


def words_for(names: Sequence[str], label: str) -> str:
    """Return words for a migration that undoes others, newest first."""
    if label:
        return slug(label)
    first = re.sub(r"^[VU]?[\d._]+[_-]*", "", names[0]) or names[0]
    more = f"_and_{len(names) - 1}_more" if len(names) > 1 else ""
    return slug(f"undo_{first}"[: _LONGEST - len(more)]) + more


def after(number: str) -> str:
    """Return the number that follows one, as wide; a time of 14 digits goes on by a second."""
    if len(number) == _STAMP:
        try:
            time = datetime.strptime(number, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return (time + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S")
        except (ValueError, OverflowError):
            pass
    return str(int(number) + 1).zfill(len(number))


def next_of(folder: Folder, ids: Sequence[str], label: str) -> Next:
    """Return what follows the last migration of a folder.

    Args:
        folder: the migrations.
        ids: of what is undone, newest first.
        label: words to use instead of theirs.
    """
    by_id = {one.id: one for one in folder.migrations}
    stems = [_stem(by_id[one].path, folder.tool) for one in ids]
    name = words_for(stems, label)
    last = folder.migrations[-1]
    if folder.tool == "sqitch":
        taken = {one.id for one in folder.migrations}
        free = next(
            one for one in (name, *(f"{name}_{n}" for n in range(2, 10_000))) if one not in taken
        )
        return Next(free, free, "")
    if folder.tool == "drizzle":
        number = f"{last.at[0] + 1:04d}"
        return Next(f"{number}_{name}", name, number)
    if folder.tool == "flyway":
        return _flyway(last.path, name)
    spelled = _NUMBER.match(_stem(last.path, folder.tool))
    number = after(spelled.group() if spelled else "0")
    if folder.tool == "prisma":
        return Next(f"{number}_{name}", name, number)
    return Next(number if folder.tool == "dbmate" else str(int(number)), name, number)


def _stem(path: str, tool: str) -> str:
    name = posixpath.basename(posixpath.dirname(path) if tool == "prisma" else path)
    return re.sub(r"(?:\.up|\.down)?\.sql$", "", name)


def _flyway(path: str, name: str) -> Next:
    version = posixpath.basename(path)[1:].partition("__")[0]
    parts = re.split(r"([._])", version)
    parts[-1] = after(parts[-1])
    spelled = "".join(parts)
    return Next(spelled.replace("_", "."), name, spelled)
