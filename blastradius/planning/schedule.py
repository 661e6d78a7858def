"""The order in which a revert set goes: dependents before dependencies, cycles in one wave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blastradius.graph.order import waves

Waves = tuple[tuple[str, ...], ...]


def schedule(commits: Sequence[str], needs: Iterable[tuple[str, str]]) -> Waves:
    """Return leaf-first waves of commit ids.

    Args:
        commits: the set, oldest first.
        needs: pairs (dependent, dependency): the first must go before or together with the second.

    Returns:
        Waves in the order in which they go; within a wave the newest commit first.
    """
    # Newest first gets the small numbers, so that ties break as `git revert` would walk.
    number = {commit: place for place, commit in enumerate(reversed(commits))}
    named = list(number)
    pairs = sorted(
        {
            (number[dependent], number[dependency])
            for dependent, dependency in needs
            if dependent in number and dependency in number and dependent != dependency
        }
    )
    found = waves(len(named), [a for a, _ in pairs], [b for _, b in pairs])
    return tuple(tuple(named[node] for node in wave) for wave in found)


def same_file_pairs(
    commits: Sequence[str], paths: Mapping[str, frozenset[str]]
) -> list[tuple[str, str]]:
    """Return (later, earlier) for successive commits of the set that touch the same path.

    Within one file the later text lies on the earlier: it goes first.

    Args:
        commits: the set, oldest first.
        paths: commit id → paths that it touched.
    """
    last: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    for commit in commits:
        for path in sorted(paths.get(commit, frozenset())):
            if path in last:
                pairs.append((commit, last[path]))
            last[path] = commit
    return pairs
