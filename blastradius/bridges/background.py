"""How often a name of a field occurs in code at large, so that a small repository has a measure too.

The table beside this module counts files of public repositories in which a field group has the name;
``benchmarks/accuracy/background.py`` makes it, docs/accuracy.md says of what.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from math import log

_TABLE = "background.tsv"
# In one of this many files a name says nothing, wherever it stands.
_COMMON = 250


@cache
def _counts() -> tuple[dict[str, int], int]:
    """Return name → files that have it, and how many files were counted."""
    text = files("blastradius.bridges").joinpath(_TABLE).read_text(encoding="utf-8")
    found: dict[str, int] = {}
    for line in text.splitlines():
        name, _, count = line.partition("\t")
        found[name] = int(count)
    return found, found.pop("", 1)


def frequency(name: str) -> int:
    """Return in how many files at large a field of this name occurs; 0: too few to be counted."""
    return _counts()[0].get(name.lower(), 0)


def is_common(name: str) -> bool:
    """Tell whether the name is everywhere: it is no evidence that two things are one."""
    return frequency(name) * _COMMON > _counts()[1]


def rarity(name: str, here: int) -> float:
    """Return 0 (everywhere) to 1 (nowhere else) for a name that ``here`` files of the tree have."""
    total = _counts()[1] + here
    return max(0.0, 1 - log(1 + frequency(name) + here) / log(2 + total))
