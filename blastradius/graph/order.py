"""The order in which things can go: dependents before what they depend on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from blastradius.graph.csr import Adjacency, Csr
from blastradius.graph.scc import components


def waves(nodes: int, source: Sequence[int], target: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return all nodes in leaf-first waves.

    A node's wave comes after the waves of everything that depends on it, and as early as that
    allows. The members of a cycle stand in one wave. Each wave is ascending.

    Args:
        nodes: how many nodes there are.
        source: the dependent of each edge.
        target: the dependency of each edge.

    Raises:
        ValueError: a number is out of range, or the lengths differ.
    """
    csr = Adjacency.build(nodes, source, target).forward
    found = components(csr)
    wave = [0] * found.count
    # Dependents have higher numbers: from the highest down, a component's wave is final when met.
    for own, members in zip(range(found.count - 1, -1, -1), reversed(found.members()), strict=True):
        after = wave[own] + 1
        for node in members:
            for dependency in csr.neighbours(node):
                other = found.of[dependency]
                if other != own and wave[other] < after:
                    wave[other] = after
    ordered: dict[int, list[int]] = defaultdict(list)
    for node in range(nodes):
        ordered[wave[found.of[node]]].append(node)
    return tuple(tuple(ordered[number]) for number in range(len(ordered)))


def cycles(csr: Csr) -> tuple[tuple[int, ...], ...]:
    """Return the groups of nodes that depend on each other in a circle, loops to oneself included.

    Each group is ascending; groups are in the order of their first member.
    """
    return tuple(
        sorted(
            tuple(group)
            for group in components(csr).members()
            if len(group) > 1 or group[0] in csr.neighbours(group[0])
        )
    )
