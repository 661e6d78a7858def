"""Which commit of a range brought each line in: blame, computed in-process from the range's blobs.

Every version of a path that the range saw is a blob; a line map between two successive versions
carries the origin of the lines that stay and gives the new ones to the commit. Versions are keyed by
blob id, so that branches inside the range each continue from their own version, and a merge takes
each line from whichever parent has it. Lines older than the range have origin None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from blastradius.model.source import Commit, FileChange

# Above this many changed lines SequenceMatcher's quadratic worst case is not worth its precision:
# the whole block counts as replaced.
_BLOCK_LIMIT = 4_000

Lines = Sequence[bytes]
Origins = tuple[str | None, ...]


def matching_blocks(old: Lines, new: Lines) -> list[tuple[int, int, int]]:
    """Return ``(old start, new start, length)`` of the runs of equal lines, 0-based, in order.

    The common head and tail are taken first (most edits are local), a longest-match diff runs on
    what is left.
    """
    head = 0
    shorter = min(len(old), len(new))
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    blocks = [(0, 0, head)] if head else []
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if middle_old and middle_new and max(len(middle_old), len(middle_new)) <= _BLOCK_LIMIT:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        blocks += [(a + head, b + head, n) for a, b, n in matcher.get_matching_blocks() if n]
    if tail:
        blocks.append((len(old) - tail, len(new) - tail, tail))
    return blocks


def surviving_lines(old: bytes, new: bytes) -> dict[int, int]:
    """Return old line → new line (both 1-based) for the lines of ``old`` that ``new`` still has."""
    return {
        a + offset + 1: b + offset + 1
        for a, b, length in matching_blocks(old.splitlines(), new.splitlines())
        for offset in range(length)
    }


class OriginTracker:
    """Line origins at the head of a range, path by path, computed when first asked for.

    Args:
        commits: the range's commits, oldest first, parents before children.
        changes: commit id → the paths that it changed (merges: only what no parent has).
        read: blob id → bytes, or None when the blob is absent, binary or too large.
    """

    def __init__(
        self,
        commits: Iterable[Commit],
        changes: Mapping[str, Sequence[FileChange]],
        read: Callable[[str], bytes | None],
    ) -> None:
        self._read = read
        self._lines: dict[str, tuple[bytes, ...]] = {}
        self._steps: dict[str, list[tuple[str, FileChange]]] = {}
        self._versions: dict[str, dict[str, Origins]] = {}
        for commit in commits:
            for change in changes.get(commit.id, ()):
                self._steps.setdefault(change.path, []).append((commit.id, change))

    def origin(self, path: str, oid: str, line: int) -> str | None:
        """Return the commit that brought in ``line`` (1-based) of blob ``oid`` at ``path``.

        None: the line is older than the range, or the blob is no version that the range saw.
        """
        origins = self._origins(path).get(oid, ())
        return origins[line - 1] if 0 < line <= len(origins) else None

    def commits_of(self, path: str) -> tuple[str, ...]:
        """Return the commits of the range that touched ``path``, oldest first."""
        return tuple(dict.fromkeys(commit for commit, _ in self._steps.get(path, ())))

    def _origins(self, path: str) -> dict[str, Origins]:
        known = self._versions.get(path)
        if known is not None:
            return known
        versions: dict[str, Origins] = {}
        made_by: dict[str, str] = {}
        self._versions[path] = versions  # set first: a chain of renames may come back here
        for commit, change in self._steps.get(path, ()):
            if change.new is None:
                continue
            lines = self._split(change.new.oid)
            origins: list[str | None] = [commit] * len(lines)
            if change.old is not None:
                before = versions if change.old_path == path else self._origins(change.old_path)
                self._carry(change.old.oid, before, lines, origins)
            fresh = tuple(origins)
            if made_by.get(change.new.oid) == commit:
                # A merge, listed once for each parent: a line is its own only if no parent has it.
                fresh = _older(versions[change.new.oid], fresh, commit)
            versions[change.new.oid] = fresh
            made_by[change.new.oid] = commit
        return versions

    def _carry(
        self,
        old_oid: str,
        known: Mapping[str, Origins],
        lines: tuple[bytes, ...],
        origins: list[str | None],
    ) -> None:
        before = known.get(old_oid)
        for a, b, length in matching_blocks(self._split(old_oid), lines):
            kept = before[a : a + length] if before is not None else (None,) * length
            origins[b : b + length] = kept

    def _split(self, oid: str) -> tuple[bytes, ...]:
        lines = self._lines.get(oid)
        if lines is None:
            lines = tuple((self._read(oid) or b"").splitlines())
            self._lines[oid] = lines
        return lines


def _older(seen: Origins, fresh: Origins, commit: str) -> Origins:
    return tuple(a if b == commit else b for a, b in zip(seen, fresh, strict=True))
