"""The most reliable paths of at most so many edges.

A path that is cheaper but longer may not be prolonged as far as a dearer, shorter one. So a node
keeps every label that is cheaper or shorter than its others (label setting for the constrained
shortest path): exact, at most as many labels a node as the bound. What a tier is, and how paths are
compared, is told in `blastradius.graph.strongest`; here each tier's search starts afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from blastradius.graph.csr import Csr
from blastradius.graph.labels import HOPS, NO_LABEL, Labels, Steps


class BoundedSearch:
    """The searches, one for each tier; ``trail`` keeps the first label found to each node."""

    def __init__(
        self,
        csr: Csr,
        starts: Sequence[int],
        confidence: Sequence[float],
        rank: Sequence[int],
        bound: int,
    ) -> None:
        self._csr = csr
        self._starts = starts
        self._confidence = confidence
        self._rank = rank
        self._bound = bound
        self._steps = Steps()
        self._closed: set[int] = set()
        self.trail: dict[int, tuple[Labels, int]] = {}

    def next_tier(self) -> int | None:
        """Return the best tier that was met and is still closed.

        Also one whose edges lead to nodes with a path only: over them a node may be nearer, and what
        lies behind it within the bound.
        """
        return min(self._closed, default=None)

    def run(self, opened: int) -> list[int]:
        """Search over edges up to tier ``opened``; return the nodes that have a path now."""
        self._closed.clear()
        labels = Labels()
        queue = _Queue()
        for node in self._starts:
            queue.offer(0, node, NO_LABEL, NO_LABEL)
        new: list[int] = []
        while queue.keys:
            key = heappop(queue.keys)
            winners = queue.settle(key, labels)
            for node in sorted(winners):
                up, via = winners[node]
                label = labels.add(up, via, 1.0 if via == NO_LABEL else self._confidence[via])
                if node not in self.trail:
                    self.trail[node] = (labels, label)
                    new.append(node)
                if key & HOPS != self._bound:
                    self._relax(queue, node, label, key, opened)
        return new

    def _relax(self, queue: _Queue, node: int, label: int, key: int, opened: int) -> None:
        """Offer the open edges of ``node`` to the queue; remember the closed ones."""
        for slot in range(self._csr.indptr[node], self._csr.indptr[node + 1]):
            edge, target = self._csr.edge[slot], self._csr.indices[slot]
            step = self._steps[self._confidence[edge]]
            if step is None:
                continue
            if self._rank[edge] <= opened:
                queue.offer(key + step, target, label, edge)
            else:
                self._closed.add(self._rank[edge])


class _Queue:
    """Paths waiting to be settled, in buckets of one key."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self._buckets: dict[int, list[tuple[int, int, int]]] = {}
        self._fewest: dict[int, int] = {}

    def offer(self, key: int, node: int, up: int, via: int) -> None:
        """Add the path that prolongs label ``up`` by the edge ``via`` to ``node``."""
        hops = key & HOPS
        if self._fewest.get(node, hops + 1) <= hops:
            return
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = []
            heappush(self.keys, key)
        bucket.append((node, up, via))

    def settle(self, key: int, labels: Labels) -> dict[int, tuple[int, int]]:
        """Return node → (up, via) of the paths of this key that no settled path outdoes."""
        hops = key & HOPS
        winners: dict[int, tuple[int, int]] = {}
        for node, up, via in self._buckets.pop(key):
            if self._fewest.get(node, hops + 1) <= hops:
                continue
            known = winners.get(node)
            if known is None or labels.precedes((up, via), known):
                winners[node] = (up, via)
        self._fewest.update(dict.fromkeys(winners, hops))
        return winners
