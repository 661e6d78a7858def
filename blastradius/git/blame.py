"""Who brought a line in, as git sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from blastradius.errors import RepositoryError
from blastradius.git.scratch import Scratch
from blastradius.model.source import TreeEntry

_HEADER = re.compile(rb"([0-9a-f]{40}(?:[0-9a-f]{24})?) \d+ (\d+)(?: \d+)?\Z")
_MANY = 200
"""Above this many stretches of lines the whole file is blamed: a command line has an end."""


def blame(
    scratch: Scratch, rev: str, base: str, path: str, lines: Iterable[int]
) -> dict[int, str | None]:
    """Return line → id of the commit that brought it in, None when it is older than the range.

    Args:
        scratch: a scratch over the repository; it holds what ``staged`` and ``worktree`` stand for.
        rev: the commit at whose ``path`` to look, or ``staged`` / ``worktree``.
        base: the commit before the range; the empty tree's id when there is none before it.
        path: the path at ``rev``.
        lines: the lines asked about, 1-based; those beyond the end of the file are left out.

    Raises:
        RepositoryError: ``path`` is no file at ``rev``, or an object is missing or corrupt.
    """
    wanted = sorted({line for line in lines if line > 0})
    head = scratch.object_of(rev)
    entry = scratch.trees.lookup(scratch.trees.tree_of(head), path)
    if entry is None or not entry.mode.startswith("100"):
        raise RepositoryError(f"{path!a} is no file at {rev[:12]}")
    length = _line_count(scratch, entry)
    wanted = [line for line in wanted if line <= length]
    if not wanted:
        return {}
    args = ["blame", "--porcelain", "--root", *_stretches(wanted)]
    args += [head if base == scratch.repo.empty_tree else f"{base}..{head}", "--", path]
    found = _parse(scratch.view.git(*args))
    return {
        line: scratch.name_of(commit) if commit is not None else None
        for line, commit in ((line, found.get(line)) for line in wanted)
    }


def _line_count(scratch: Scratch, entry: TreeEntry) -> int:
    content = scratch.trees.blob(entry.oid)
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))


def _stretches(lines: list[int]) -> list[str]:
    """Return ``-L first,last`` for each run of neighbouring lines; none when they are too many."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and runs[-1][1] == line - 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    if len(runs) > _MANY:
        return []
    return [word for first, last in runs for word in ("-L", f"{first},{last}")]


def _parse(raw: bytes) -> dict[int, str | None]:
    """Read the porcelain format; a commit marked ``boundary`` is where the range begins."""
    owners: dict[int, bytes] = {}
    boundary: set[bytes] = set()
    current = b""
    for line in raw.split(b"\n"):
        if line.startswith(b"\t"):
            current = b""
        elif not current and (match := _HEADER.match(line)):
            current = match[1]
            owners[int(match[2])] = current
        elif line == b"boundary":
            boundary.add(current)
    return {
        line: None if commit in boundary else commit.decode("ascii")
        for line, commit in owners.items()
    }
