"""Witnesses: the edges that lead from a source to a node."""

from __future__ import annotations

from blastradius.graph.csr import Csr
from blastradius.graph.reach import Reached, reach


def path_to(reached: Reached, node: int) -> tuple[int, ...]:
    """Return the edge numbers from a source to ``node`` in walking order; empty for a source.

    Raises:
        KeyError: ``node`` was not reached.
    """
    edges: list[int] = []
    place = reached.place[node]
    while reached.parent[place] >= 0:
        edges.append(reached.via[place])
        place = reached.parent[place]
    return tuple(reversed(edges))


def shortest_path(csr: Csr, start: int, goal: int) -> tuple[int, ...] | None:
    """Return the edge numbers of the shortest path, None when there is none.

    Of several the one of the smallest edge numbers, compared from ``start`` on.

    Raises:
        ValueError: ``start`` or ``goal`` is not a node.
    """
    if not 0 <= goal < csr.nodes:
        raise ValueError(f"node {goal} is not one of {csr.nodes}")
    reached = reach(csr, (start,), until=goal)
    return path_to(reached, goal) if goal in reached else None
