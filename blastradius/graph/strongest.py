"""The most reliable path to every node that can be reached.

Paths are compared by their weakest tier, then by the product of their confidences (higher first),
then by length, then by edge numbers from the source on.

The weakest tier makes it a bottleneck problem, whose optimal paths need not have optimal prefixes:
a node after a likely edge is best served by the best path of certain AND likely edges, which may
reach the node before it over a likely edge although a certain path to that one exists. So tiers are
opened one by one; a node's answer is its best path when the first tier is open that leads to it.
Opening a tier only adds edges, hence only betters paths: the search goes on from the edges that are
new, and visits again only what they better (as in Ramalingam and Reps, 1996).

Within a tier it is Dijkstra's algorithm on -log confidence. Costs are integers (units of 2**-40),
so that sums are exact: equal confidences in another order are equal, and long paths do not
underflow. The rounding is at most 2**-41 an edge, relative to the product: paths that differ by
less count as equal.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from blastradius.graph.bounded import BoundedSearch
from blastradius.graph.csr import Csr
from blastradius.graph.labels import NO_LABEL, Labels, Steps


@dataclass(frozen=True)
class Strongest:
    """The nodes reached, sources first, then tier by tier, the most reliable first.

    Attributes:
        nodes: node numbers. rank: the weakest tier on the path, -1 for a source.
        confidence: product along the path. distance: its edges.
    """

    nodes: array[int]
    rank: array[int]
    confidence: array[float]
    distance: array[int]
    _trail: Mapping[int, tuple[Labels, int]]

    def __contains__(self, node: int) -> bool:
        return node in self._trail

    def path(self, node: int) -> tuple[int, ...]:
        """Return the edge numbers from a source to ``node``; empty for a source.

        Raises:
            KeyError: ``node`` was not reached.
        """
        labels, label = self._trail[node]
        return labels.path(label)


def strongest(
    csr: Csr,
    sources: Iterable[int],
    confidence: Sequence[float],
    rank: Sequence[int],
    *,
    max_depth: int | None = None,
) -> Strongest:
    """Return the most reliable path from ``sources`` to each node that they reach.

    Args:
        csr: the direction to follow.
        sources: node numbers; their order is of no consequence.
        confidence: 0 to 1 by the caller's edge number; an edge of confidence 0 is never taken.
        rank: tier by edge number, 0 is the best.
        max_depth: the most edges a path may have; None for no bound.

    Raises:
        ValueError: a source is not a node, or a confidence on the way is not between 0 and 1.
    """
    starts = sorted(set(sources))
    for start in starts:
        if not 0 <= start < csr.nodes:
            raise ValueError(f"node {start} is not one of {csr.nodes}")
    search: _Search | BoundedSearch
    if max_depth is None or max_depth >= csr.nodes:
        search = _Search(csr, starts, confidence, rank)
    else:
        search = BoundedSearch(csr, starts, confidence, rank, max_depth)
    result = Strongest(array("i"), array("i"), array("d"), array("i"), search.trail)
    opened: int | None = -1
    while opened is not None:
        for node in search.run(opened):
            labels, label = search.trail[node]
            result.nodes.append(node)
            result.rank.append(opened)
            result.confidence.append(labels.product[label])
            result.distance.append(labels.hops[label])
        opened = search.next_tier()
    return result


class _Search:
    """The search that goes on from tier to tier; ``trail`` keeps the first label of each node."""

    def __init__(
        self, csr: Csr, starts: Sequence[int], confidence: Sequence[float], rank: Sequence[int]
    ) -> None:
        self._csr = csr
        self._confidence = confidence
        self._rank = rank
        self._steps = Steps()
        self._labels = Labels()
        # Of each node: its best label so far, that one's key, and the least key offered.
        self._label: dict[int, int] = {}
        self._key: dict[int, int] = {}
        self._best: dict[int, int] = dict.fromkeys(starts, 0)
        # Offers by key: (node, label before, last edge).
        self._buckets = {0: [(node, NO_LABEL, NO_LABEL) for node in starts]}
        # Nodes with edges of a tier that is closed still.
        self._closed: dict[int, list[int]] = defaultdict(list)
        self._opened = -1
        self.trail: dict[int, tuple[Labels, int]] = {}

    def next_tier(self) -> int | None:
        """Return the best tier whose edges lead on to a node that has no path yet."""
        return next((tier for tier in sorted(self._closed) if self._leads_on(tier)), None)

    def run(self, opened: int) -> list[int]:
        """Go on with the edges up to tier ``opened``; return the nodes that have a path now."""
        closed, self._opened = self._opened, opened
        for tier in sorted(one for one in self._closed if one <= opened):
            for node in self._closed.pop(tier):
                self._relax(node, closed)
        new: list[int] = []
        keys = sorted(self._buckets)
        while keys:
            key = heappop(keys)
            winners = self._settled(key)
            for node in sorted(winners):
                label = self._labels.add(*winners[node], self._factor(winners[node][1]))
                self._label[node] = label
                self._key[node] = key
                if node not in self.trail:
                    self.trail[node] = (self._labels, label)
                    new.append(node)
                    self._remember_closed(node)
                for fresh in self._relax(node, -1):
                    heappush(keys, fresh)
        return new

    def _factor(self, edge: int) -> float:
        return 1.0 if edge == NO_LABEL else self._confidence[edge]

    def _settled(self, key: int) -> dict[int, tuple[int, int]]:
        """Return node → (label before, last edge) of the offers of this key that are the best."""
        winners: dict[int, tuple[int, int]] = {}
        labels = self._labels
        for node, up, via in self._buckets.pop(key):
            if self._best[node] != key:
                continue
            known = winners.get(node)
            if known is None and self._key.get(node) == key:
                label = self._label[node]
                known = labels.up[label], labels.via[label]
            if known is None or labels.precedes((up, via), known):
                winners[node] = up, via
        return winners

    def _relax(self, node: int, closed: int) -> list[int]:
        """Offer the open edges of ``node`` beyond tier ``closed``; return keys that are new."""
        indices, edges = self._csr.indices, self._csr.edge
        rank, confidence, steps = self._rank, self._confidence, self._steps
        best, buckets, opened = self._best, self._buckets, self._opened
        key, label = self._key[node], self._label[node]
        new: list[int] = []
        for slot in range(self._csr.indptr[node], self._csr.indptr[node + 1]):
            edge = edges[slot]
            if not closed < rank[edge] <= opened:
                continue
            step = steps[confidence[edge]]
            if step is None:
                continue
            target, sum_ = indices[slot], key + step
            if best.get(target, sum_) >= sum_:
                best[target] = sum_
                bucket = buckets.get(sum_)
                if bucket is None:
                    buckets[sum_] = [(target, label, edge)]
                    new.append(sum_)
                else:
                    bucket.append((target, label, edge))
        return new

    def _remember_closed(self, node: int) -> None:
        tiers = {
            self._rank[edge]
            for edge in self._csr.edges_of(node)
            if self._rank[edge] > self._opened and self._steps[self._confidence[edge]] is not None
        }
        for tier in tiers:
            self._closed[tier].append(node)

    def _leads_on(self, tier: int) -> bool:
        csr, rank = self._csr, self._rank
        return any(
            csr.indices[slot] not in self.trail and rank[csr.edge[slot]] == tier
            for node in self._closed[tier]
            for slot in range(csr.indptr[node], csr.indptr[node + 1])
            if self._steps[self._confidence[csr.edge[slot]]] is not None
        )
