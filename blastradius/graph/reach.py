"""What can be reached from some nodes, how far it is, and over which edge it was reached first."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from blastradius.graph.csr import Csr
from blastradius.graph.strongest import Strongest, strongest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

__all__ = ["Reached", "Strongest", "reach", "strongest"]

WIDE = 48
"""A frontier of more nodes than this is expanded at once with numpy."""
NUMPY_IMPORT_PAYS = 600_000
"""Edges walked in plain Python (about 155 ns each) after which importing numpy has paid."""


@dataclass(frozen=True)
class Reached:
    """The nodes reached, in breadth-first order.

    Attributes:
        order: node numbers, the sources first. distance: edges from the nearest source.
        via: the caller's number of the edge that reached the node first, -1 for a source.
        parent: place in ``order`` of the node that edge came from, -1 for a source.
    """

    order: array[int]
    distance: array[int]
    via: array[int]
    parent: array[int]

    @cached_property
    def place(self) -> Mapping[int, int]:
        """Node → its place in ``order``."""
        return {node: place for place, node in enumerate(self.order)}

    def __contains__(self, node: int) -> bool:
        return node in self.place


def reach(
    csr: Csr, sources: Iterable[int], *, max_depth: int | None = None, until: int | None = None
) -> Reached:
    """Search breadth-first from all ``sources`` at once.

    A node's witness is its shortest path; among those the one from the source that stands first in
    ``sources``, then of the smallest edge numbers. Wide frontiers of large graphs are expanded with
    numpy, one level at a time, the rest in plain Python; both give the same answer.

    Args:
        csr: the direction to follow.
        sources: node numbers; repetitions are dropped.
        max_depth: the greatest distance wanted; None for no bound.
        until: stop after the level in which this node was reached; None: go on to the end.

    Raises:
        ValueError: a source or ``until`` is not a node.
    """
    if until is not None and not 0 <= until < csr.nodes:
        raise ValueError(f"node {until} is not one of {csr.nodes}")
    seen = bytearray(csr.nodes)
    order = array("i")
    for source in sources:
        if not 0 <= source < csr.nodes:
            raise ValueError(f"node {source} is not one of {csr.nodes}")
        if not seen[source]:
            seen[source] = 1
            order.append(source)
    blank = array(csr.edge.format, [-1]) * len(order)
    found = Reached(order, array("i", [0]) * len(order), blank, array("i", [-1]) * len(order))
    begin = walked = 0
    while begin < len(order) and not (until is not None and seen[until]):
        if max_depth is not None and found.distance[begin] >= max_depth:
            break
        if _is_wide(len(order) - begin, walked):
            end = len(order)
            _wide_level(csr, found, seen, begin, end)
            found.distance.extend(array("i", [found.distance[begin] + 1]) * (len(order) - end))
            begin = end
        else:
            begin, walked = _narrow_levels(csr, found, seen, (begin, walked), (max_depth, until))
    return found


def _is_wide(frontier: int, walked: int) -> bool:
    return frontier > WIDE and (walked >= NUMPY_IMPORT_PAYS or "numpy" in sys.modules)


def _narrow_levels(
    csr: Csr,
    found: Reached,
    seen: bytearray,
    at: tuple[int, int],
    stop: tuple[int | None, int | None],
) -> tuple[int, int]:
    """Expand levels edge by edge, one at least, for as long as that is the way.

    ``at`` is where the frontier begins in ``order``, and how many edges were walked so far; both
    are returned anew. ``stop`` is as the caller of `reach` said: depth and node.
    """
    indptr, indices, edge = csr.indptr, csr.indices, csr.edge
    order, distance, via, parent = found.order, found.distance, found.via, found.parent
    (begin, walked), (max_depth, until) = at, stop
    depth, end = distance[begin], len(order)
    while True:
        depth += 1
        for place in range(begin, end):
            node = order[place]
            start = indptr[node]
            targets = indices[start : indptr[node + 1]].tolist()
            walked += len(targets)
            for slot, target in enumerate(targets, start):
                if not seen[target]:
                    seen[target] = 1
                    order.append(target)
                    distance.append(depth)
                    via.append(edge[slot])
                    parent.append(place)
        begin, end = end, len(order)
        if begin == end or depth == max_depth or (until is not None and seen[until]):
            return begin, walked
        if end - begin > WIDE and _is_wide(end - begin, walked):
            return begin, walked


def _wide_level(csr: Csr, found: Reached, seen: bytearray, begin: int, end: int) -> None:
    """Expand ``order[begin:end]`` at once."""
    import numpy as np  # noqa: PLC0415 - 100 ms that only large searches should pay

    indptr, indices = np.asarray(csr.indptr), np.asarray(csr.indices)
    mark = np.frombuffer(seen, dtype=np.uint8)
    # A copy: while numpy holds a view of an array, the array cannot grow.
    frontier = np.array(found.order[begin:end], dtype=np.int32)
    start = indptr[frontier].astype(np.int64)
    count = indptr[frontier + 1] - start
    ends = np.cumsum(count)
    slot = np.repeat(start - (ends - count), count) + np.arange(ends[-1])
    target = indices[slot]
    fresh = np.flatnonzero(mark[target] == 0)
    fresh = fresh[_first_of_each(target[fresh], csr.nodes)]
    mark[target[fresh]] = 1
    parent = (np.searchsorted(ends, fresh, side="right") + begin).astype(np.int32)
    found.order.frombytes(target[fresh].tobytes())
    found.via.frombytes(np.asarray(csr.edge)[slot[fresh]].tobytes())
    found.parent.frombytes(parent.tobytes())


def _first_of_each(values: npt.NDArray[np.int32], bound: int) -> npt.NDArray[np.intp]:
    """Return the places, ascending, at which a value stands for the first time.

    Args:
        values: numbers from 0 to ``bound`` - 1.
        bound: how many different values there may be.
    """
    import numpy as np  # noqa: PLC0415 - as above

    if len(values) * 16 < bound:
        return np.sort(np.unique(values, return_index=True)[1])
    places = np.arange(len(values))
    first = np.empty(bound, dtype=np.intp)
    # Of several assignments to one slot the last stays: backwards, that is the first place.
    first[values[::-1]] = places[::-1]
    return np.flatnonzero(first[values] == places)
