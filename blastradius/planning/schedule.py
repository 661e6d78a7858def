"""The order in which a revert set goes: dependents before dependencies, cycles in one wave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from blastradius.graph.order import waves

Waves = tuple[tuple[str, ...], ...]
Pair = tuple[str, str]


class Replayed(Struct, frozen=True):
    """What carrying out the waves one after another showed.

    Attributes:
        trees: the tree after each wave, as far as the waves could be carried out.
        pairs: (first, second): ``first`` must go before or together with ``second``, as a conflict or
            a dangling use after some wave shows; empty once the order is right.
        broken: the waves after which something dangles that the whole set does not leave dangling.
        looked: the waves after which the tree was looked at.
        empty: the commits whose revert changed nothing.
    """

    trees: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()
    broken: frozenset[int] = frozenset()
    looked: frozenset[int] = frozenset()
    empty: frozenset[str] = frozenset()


class Order(Struct, frozen=True):
    """Leaf-first waves that were carried out in trees: see `Replayed`.

    ``together`` are the waves whose commits need each other. ``fits``: the last tree is the expected.
    """

    waves: Waves
    replayed: Replayed
    together: frozenset[int]
    fits: bool


def order(
    commits: Sequence[str],
    needs: Iterable[Pair],
    replay: Callable[[Waves], Replayed],
    expected: str,
) -> Order:
    """Return an order in which no wave conflicts or leaves a break that a later one mends.

    Each conflict or break that a replay shows is one more pair of what must go before what, until a
    replay shows none; what demands each other ends up in one wave. Where the trees end otherwise than
    in ``expected``, the order of ``git revert``, newest first, is taken.

    Args:
        commits: the set, oldest first.
        needs: as `schedule`.
        replay: carries waves out in trees.
        expected: the tree without all of the set.
    """
    known = set(needs)
    strict = set(pairwise(reversed(commits)))
    while True:
        found = schedule(commits, known)
        replayed = replay(found)
        fresh = set(replayed.pairs) - known
        fits = len(replayed.trees) == len(found) and replayed.trees[-1:] in ((), (expected,))
        if not fresh and not fits and not strict <= known:
            fresh = strict
        if not fresh:
            return Order(found, replayed, _cyclic(found, known), fits)
        known |= fresh


def _cyclic(found: Waves, needs: Iterable[Pair]) -> frozenset[int]:
    wave = {commit: number for number, members in enumerate(found) for commit in members}
    return frozenset(
        wave[one]
        for one, other in needs
        if one != other and one in wave and wave[one] == wave.get(other)
    )


def schedule(commits: Sequence[str], needs: Iterable[tuple[str, str]]) -> Waves:
    """Return leaf-first waves of commit ids.

    Args:
        commits: the set, oldest first.
        needs: pairs (dependent, dependency): the first must go before or together with the second.

    Returns:
        Waves in the order in which they go; within a wave the newest commit first. Commits that need
        each other, directly or in a round, are a wave of their own.
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
    return tuple(
        tuple(named[node] for node in part) for wave in found for part in _parted(wave, pairs)
    )


def _parted(wave: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return a wave's members that stand alone, as one wave, and after them each cycle as its own."""
    inside = set(wave)
    tied: dict[int, set[int]] = {}
    for one, other in pairs:
        if one in inside and other in inside:
            both = tied.setdefault(one, {one}) | tied.setdefault(other, {other})
            tied |= dict.fromkeys(both, both)
    alone = tuple(one for one in wave if one not in tied)
    cycles = {min(both): tuple(sorted(both)) for both in tied.values()}
    return [part for part in (alone, *(cycles[one] for one in sorted(cycles))) if part]


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
