"""Commits of a range that take each other back, or make the same change twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from blastradius.changes.origins import matching_blocks
from blastradius.model.analysis import Echoed
from blastradius.model.source import FileChange

Read = Callable[[str], bytes | None]
_Lines = tuple[bytes, ...]
_Patch = frozenset[tuple[str, str, _Lines, _Lines]]


def echoes(changes: Mapping[str, Sequence[FileChange]], read: Read) -> tuple[Echoed, ...]:
    """Return which commits undo or repeat an earlier one of the range, line for line.

    What counts are the lines taken away and put in, path by path, wherever in the file they stand (the
    idea of ``git patch-id``). A commit answers to the nearest earlier one.

    Args:
        changes: commit → its changes, oldest commit first; merges left out.
        read: blob id → bytes, None when it is absent or binary.
    """
    alike: dict[frozenset[str], list[str]] = defaultdict(list)
    for commit, own in changes.items():
        if own:
            names = frozenset(path for one in own for path in (one.path, one.old_path))
            alike[names].append(commit)
    found = []
    for commits in alike.values():
        if len(commits) > 1:
            found += _among(commits, changes, read)
    place = {commit: number for number, commit in enumerate(changes)}
    return tuple(sorted(found, key=lambda one: place[one.later]))


def _among(
    commits: Sequence[str], changes: Mapping[str, Sequence[FileChange]], read: Read
) -> list[Echoed]:
    found = []
    latest: dict[_Patch, str] = {}
    for commit in commits:
        forward = _patch(changes[commit], read, inverse=False)
        backward = _patch(changes[commit], read, inverse=True)
        if forward is None or backward is None:
            continue
        if backward in latest:
            found.append(Echoed(latest[backward], commit, "reverts"))
        elif forward in latest:
            found.append(Echoed(latest[forward], commit, "repeats"))
        latest[forward] = commit
    return found


def _patch(changes: Sequence[FileChange], read: Read, *, inverse: bool) -> _Patch | None:
    found = set()
    for one in changes:
        sides = [(one.old_path, one.old), (one.path, one.new)]
        if inverse:
            sides.reverse()
        texts = []
        for path, entry in sides:
            text = read(entry.oid) if entry is not None else b""
            if text is None:
                return None
            texts.append((path if entry is not None else "", text.splitlines()))
        (old_path, old), (new_path, new) = texts
        gone, came = _difference(old, new)
        found.add((old_path, new_path, gone, came))
    return frozenset(found)


def _difference(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[_Lines, _Lines]:
    gone: list[bytes] = []
    came: list[bytes] = []
    at_old = at_new = 0
    for a, b, length in [*matching_blocks(old, new), (len(old), len(new), 0)]:
        gone += old[at_old:a]
        came += new[at_new:b]
        at_old, at_new = a + length, b + length
    return tuple(gone), tuple(came)
