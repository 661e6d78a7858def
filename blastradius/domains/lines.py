"""Which lines differ between two texts, within a bounded time."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache

# Pairs of equal lines that difflib may have to look at.
_MAX_PAIRS = 200_000


def changed_lines(old: str, new: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the 1-based numbers of the lines that went from ``old`` and that came to ``new``.

    Texts in which the same lines repeat too often for difflib are compared as bags of lines.
    """
    before, after = _split(old), _split(new)
    start = _common(before, after)
    before, after = before[start:], after[start:]
    end = _common(before[::-1], after[::-1])
    before, after = before[: len(before) - end], after[: len(after) - end]
    if not before or not after:
        removed, added = range(len(before)), range(len(after))
        return _numbered(removed, start), _numbered(added, start)
    counts = Counter(after)
    if sum(counts[line] for line in before) > _MAX_PAIRS:
        return _numbered(_absent(before, after), start), _numbered(_absent(after, before), start)
    gone: list[int] = []
    came: list[int] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag != "equal":
            gone += range(low, high)
            came += range(new_low, new_high)
    return _numbered(gone, start), _numbered(came, start)


def line_of(text: str, offset: int) -> int:
    """Return the 1-based line on which the character at ``offset`` stands."""
    return bisect_left(_breaks(text), offset) + 1


@lru_cache(maxsize=8)
def _breaks(text: str) -> tuple[int, ...]:
    return tuple(match.start() for match in re.finditer("\n", text))


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _common(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _absent(lines: list[str], others: list[str]) -> list[int]:
    """Return the indexes of the lines that ``others`` has not, or not as often."""
    left = Counter(others)
    found = []
    for index, line in enumerate(lines):
        if left[line] > 0:
            left[line] -= 1
        else:
            found.append(index)
    return found


def _numbered(indexes: range | list[int], start: int) -> tuple[int, ...]:
    return tuple(index + start + 1 for index in indexes)
