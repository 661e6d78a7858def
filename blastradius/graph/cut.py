"""The cheapest closed set of a directed graph, exactly, by a minimum cut.

A set is closed when it holds, with each of its nodes, all that the node demands. Some nodes must be in
the set, others must not, each other node has a price of being in it; a demand may be bought off at a
price of its own. The set of least total price is the source side of a minimum s-t cut: Picard,
"Maximal closure of a graph and applications to combinatorial problems", Management Science 22, 1976.
The cut is found by Dinic's algorithm ("Algorithm for solution of a problem of maximum flow in networks
with power estimation", 1970) on integer capacities, so that equal prices are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Need(NamedTuple):
    """``source`` in the set demands ``target`` in it, or else ``price`` (None: it cannot be bought)."""

    source: int
    target: int
    price: int | None = None


class Closure(NamedTuple):
    """The set, the places (in the demands given) of those that were bought off, and the total price."""

    members: frozenset[int]
    bought: tuple[int, ...]
    price: int


def cheapest_closure(
    prices: Sequence[int],
    demands: Sequence[Need],
    required: Iterable[int],
    forbidden: Iterable[int] = (),
) -> Closure | None:
    """Return the closed set of least price, the smallest of these; None when there is none.

    Args:
        prices: int[n], price of each node in the set, none negative.
        demands: any order; several between two nodes each have to be met or bought.
        required: nodes that must be in the set.
        forbidden: nodes that must not.
    """
    count = len(prices)
    source, sink = count, count + 1
    # More than everything together: a cut through such an edge costs more than any answer.
    endless = 1 + sum(prices) + sum(one.price or 0 for one in demands)
    flow = _Flow(count + 2)
    for node, price in enumerate(prices):
        if price:
            flow.edge(node, sink, price)
    for node in required:
        flow.edge(source, node, endless)
    for node in forbidden:
        flow.edge(node, sink, endless)
    for one in demands:
        flow.edge(one.source, one.target, endless if one.price is None else one.price)
    total = flow.push(source, sink, endless)
    if total >= endless:
        return None
    inside = flow.reached(source) - {source}
    bought = tuple(
        place
        for place, one in enumerate(demands)
        if one.source in inside and one.target not in inside
    )
    return Closure(frozenset(inside), bought, total)


class _Flow:
    """A flow network: edge 2k and its reverse 2k+1 stand side by side."""

    def __init__(self, nodes: int) -> None:
        self._out: list[list[int]] = [[] for _ in range(nodes)]
        self._to: list[int] = []
        self._room: list[int] = []

    def edge(self, source: int, target: int, room: int) -> None:
        self._out[source].append(len(self._to))
        self._to.append(target)
        self._room.append(room)
        self._out[target].append(len(self._to))
        self._to.append(source)
        self._room.append(0)

    def push(self, source: int, sink: int, most: int) -> int:
        """Push flow until none passes, or ``most`` has; return how much did."""
        total = 0
        while total < most:
            levels = self._levels(source)
            if levels[sink] < 0:
                break
            tried = [0] * len(self._out)
            while total < most and (pushed := self._push_path(source, sink, levels, tried)):
                total += pushed
        return total

    def _levels(self, source: int) -> list[int]:
        levels = [-1] * len(self._out)
        levels[source] = 0
        front = [source]
        for node in front:
            for edge in self._out[node]:
                target = self._to[edge]
                if self._room[edge] and levels[target] < 0:
                    levels[target] = levels[node] + 1
                    front.append(target)
        return levels

    def _push_path(self, source: int, sink: int, levels: list[int], tried: list[int]) -> int:
        """Push flow along one shortest path with room; 0 when there is none left."""
        path: list[int] = []
        node = source
        while node != sink:
            out = self._out[node]
            while tried[node] < len(out):
                edge = out[tried[node]]
                if self._room[edge] and levels[self._to[edge]] == levels[node] + 1:
                    break
                tried[node] += 1
            if tried[node] < len(out):
                path.append(out[tried[node]])
                node = self._to[path[-1]]
            elif path:
                node = self._to[path.pop() ^ 1]
                tried[node] += 1
            else:
                return 0
        pushed = min(self._room[edge] for edge in path)
        for edge in path:
            self._room[edge] -= pushed
            self._room[edge ^ 1] += pushed
        return pushed

    def reached(self, source: int) -> set[int]:
        levels = self._levels(source)
        return {node for node, level in enumerate(levels) if level >= 0}
