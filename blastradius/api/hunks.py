"""What remains of a conflict, as a person needs it: the place, both sides, and who wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from blastradius.api.collisions import Undone
from blastradius.api.history import History
from blastradius.changes.origins import surviving_lines
from blastradius.git.scratch import Scratch
from blastradius.languages.secrets import loud_hidden, masked
from blastradius.model.analysis import ConflictHunk

_OURS, _BETWEEN, _THEIRS = re.compile(rb"<{7} "), re.compile(rb"={7}$"), re.compile(rb">{7} ")
# Longer sides are cut: a report is no place for a file.
_SHOWN = 40

Read = Callable[[str], bytes | None]


class _Sides(Struct, frozen=True):
    """One marked hunk: line (1-based) of its first ours line among all lines but theirs and markers."""

    line: int
    ours: tuple[bytes, ...]
    theirs: tuple[bytes, ...]


def hunks_of(
    result: Undone, history: History, scratch: Scratch, read: Read
) -> tuple[ConflictHunk, ...]:
    """Return the conflicting places of a merge that failed, path by path.

    Args:
        result: what undoing gave, with git's marked tree.
        history: the range.
        scratch: where the marked tree is.
        read: blob id → bytes, None when it is absent or binary.
    """
    found: list[ConflictHunk] = []
    for path in result.conflicts:
        entry = scratch.trees.lookup(result.marked, path) if result.marked else None
        text = read(entry.oid) if entry is not None else None
        sides = list(_marked(text)) if text is not None else []
        if sides:
            found += [_hunk(path, one, result, history, read) for one in sides]
        else:
            found.append(_whole(path, result, history, binary=entry is not None and text is None))
    return tuple(found)


def _marked(text: bytes) -> Iterator[_Sides]:
    """Yield what stands between git's conflict markers."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    into: list[bytes] | None = None
    line = start = 0
    for one in text.splitlines():
        if into is None and _OURS.match(one):
            into, ours, theirs, start = ours, [], [], line + 1
            into = ours
        elif into is ours and into is not None and _BETWEEN.match(one):
            into = theirs
        elif into is theirs and into is not None and _THEIRS.match(one):
            yield _Sides(start, tuple(ours), tuple(theirs))
            into = None
        elif into is not None:
            into.append(one)
            line += into is ours
        else:
            line += 1


def _hunk(path: str, sides: _Sides, result: Undone, history: History, read: Read) -> ConflictHunk:
    entry = history.head.tree.get(path)
    here = (read(entry.oid) if entry is not None else None) or b""
    line, writers = sides.line, []
    if entry is not None and sides.ours:
        lines = _places(sides.ours, here)
        line = lines[0] if lines else sides.line
        writers = [history.origins.origin(path, entry.oid, one) for one in lines]
    by = history.newest_first({one for one in writers if one is not None})
    return ConflictHunk(
        path,
        line,
        result.atom,
        "both sides changed these lines",
        _shown(sides.ours),
        _shown(sides.theirs),
        tuple(by),
    )


def _places(block: tuple[bytes, ...], text: bytes) -> list[int]:
    """Return the lines (1-based) of a text at which the lines of a block stand, as a diff has them."""
    return sorted(surviving_lines(b"\n".join(block) + b"\n", text).values())


def _whole(path: str, result: Undone, history: History, *, binary: bool) -> ConflictHunk:
    if binary:
        what = "a binary file: git cannot merge it"
    elif path not in history.head.tree:
        what = "undoing would change it, and a later commit deleted or moved it"
    else:
        what = "undoing would delete, move or retype it, and a later commit changed it"
    later, _ = history.touching((path,), result.atom)
    return ConflictHunk(path, 0, result.atom, what, (), (), tuple(later))


def _shown(lines: tuple[bytes, ...]) -> tuple[str, ...]:
    more = len(lines) - _SHOWN
    # A line may hold a secret: a digest stands for it.
    shown = tuple(
        masked(loud_hidden(one.decode("utf-8", "backslashreplace"))) for one in lines[:_SHOWN]
    )
    return (*shown, f"… {more} more lines") if more > 0 else shown
