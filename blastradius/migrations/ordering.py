"""Migrations in an order in which they may run, and what is wrong with their chain."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence


def ordered(parents: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the ids with parents first, side by side by id, and those on or behind a cycle, sorted.

    Args:
        parents: id → ids that it follows; those that are no key are left aside.
    """
    waits = {one: {name for name in names if name in parents} for one, names in parents.items()}
    follows: dict[str, list[str]] = {one: [] for one in parents}
    for one, names in waits.items():
        for name in names:
            follows[name].append(one)
    ready = [one for one, names in waits.items() if not names]
    heapq.heapify(ready)
    found: list[str] = []
    while ready:
        one = heapq.heappop(ready)
        found.append(one)
        for other in follows[one]:
            waits[other].discard(one)
            if not waits[other]:
                heapq.heappush(ready, other)
    done = set(found)
    return found, sorted(one for one in parents if one not in done)


def heads_of(parents: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the ids that nothing follows, sorted."""
    followed = {name for names in parents.values() for name in names}
    return tuple(sorted(one for one in parents if one not in followed))


def problems_of(
    parents: Mapping[str, Sequence[str]], ids: Sequence[str], cyclic: Sequence[str]
) -> list[str]:
    """Return what is wrong with a chain, a sentence each.

    Args:
        parents: id → ids that it follows.
        ids: every id, as often as it is given.
        cyclic: those that `ordered` could not order.
    """
    found = [f"two migrations are called {one}" for one, n in sorted(Counter(ids).items()) if n > 1]
    if cyclic:
        found.append(
            f"these follow one another in a circle, or follow such: {', '.join(cyclic[:5])}"
        )
    absent = sorted({name for names in parents.values() for name in names if name not in parents})
    found += [f"{one} is followed, and is not there" for one in absent]
    heads = heads_of(parents)
    if len(heads) > 1:
        found.append(f"there are several heads: {', '.join(heads[:5])}")
    return found
