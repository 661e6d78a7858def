"""Many paths that share their beginnings, stored and compared without writing them out."""

from __future__ import annotations

import math

NO_LABEL = -1
"""Stands for "no path before": what `Labels.add` starts one at a source with."""
HOPS = 2**32 - 1
"""The part of a path's key that counts its edges; the cost stands above."""
_HOP_BITS = 32
_UNIT = 2**40


class Steps(dict[float, "int | None"]):
    """Confidence of an edge → what the edge adds to a path's key; None for one that cannot be.

    A key is -log of the confidence in units of 2**-40, and below it the number of edges.
    """

    def __missing__(self, confidence: float) -> int | None:
        if not 0 <= confidence <= 1:
            raise ValueError(f"confidence {confidence} is not between 0 and 1")
        cost = round(-math.log(confidence) * _UNIT) if confidence else None
        self[confidence] = None if cost is None else (cost << _HOP_BITS) + 1
        return self[confidence]


class Labels:
    """The paths that a search settled, each as its last edge on top of a shorter path.

    ``up`` is the label of the path without its last edge. ``above`` is the same, but all sources
    count as one root. ``jump`` leads to an ancestor whose depth depends on the label's depth only,
    so that two labels of one length find where they part in a logarithmic number of steps (Myers,
    An applicative random-access stack, 1983).
    """

    def __init__(self) -> None:
        self.up: list[int] = []
        self.via: list[int] = []
        self.hops: list[int] = []
        self.product: list[float] = []
        self._above: list[int] = []
        self._jump: list[int] = []

    def add(self, up: int, via: int, confidence: float) -> int:
        """Store a path and return its label; ``up`` -1 starts one at a source."""
        hops = 0 if up == NO_LABEL else self.hops[up] + 1
        above = up if hops > 1 else NO_LABEL
        jump = above
        if above != NO_LABEL and (over := self._jump[above]) != NO_LABEL:
            beyond = self._jump[over]
            rest = self.hops[over] - (0 if beyond == NO_LABEL else self.hops[beyond])
            if hops - 1 - self.hops[over] == rest:
                jump = beyond
        self.up.append(up)
        self.via.append(via)
        self.hops.append(hops)
        self.product.append(1.0 if up == NO_LABEL else self.product[up] * confidence)
        self._above.append(above)
        self._jump.append(jump)
        return len(self.up) - 1

    def precedes(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        """Compare two paths of one length, given as (up, via), by their edge numbers."""
        a, b = one[0], other[0]
        if a == b or self.hops[a] == 0:
            return one[1] < other[1]
        while self._above[a] != self._above[b]:
            if self._jump[a] != self._jump[b]:
                a, b = self._jump[a], self._jump[b]
            else:
                a, b = self._above[a], self._above[b]
        return self.via[a] < self.via[b]

    def path(self, label: int) -> tuple[int, ...]:
        """Return the edge numbers of a path in walking order."""
        edges: list[int] = []
        while self.up[label] != NO_LABEL:
            edges.append(self.via[label])
            label = self.up[label]
        return tuple(reversed(edges))
