"""The chains of edges that lead from some symbols to others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from blastradius.graph.reach import reach, strongest
from blastradius.index.graph import Graph
from blastradius.model.analysis import WitnessStep
from blastradius.model.symbols import TIER_CAP, TIERS, Edge, Tier


class Chain(Struct, frozen=True):
    """The shortest chain, what it is worth, and the most reliable one where that is another."""

    steps: tuple[WitnessStep, ...] = ()
    tier: Tier | None = None
    confidence: float = 0.0
    surest: tuple[WitnessStep, ...] = ()


def chain_between(
    graph: Graph, sources: Collection[str], targets: Collection[str], max_depth: int | None = None
) -> Chain:
    """Return how any of ``sources`` depends on any of ``targets``; no steps when none does.

    Of the shortest chains it is the most reliable: the best weakest tier, then the highest product
    of confidences, then the smallest edge numbers.

    Args:
        graph: the dependency graph.
        sources: where a chain may start.
        targets: where it may end.
        max_depth: the most edges it may have; None for no bound.
    """
    starts = _numbers(graph, sources)
    goals = set(_numbers(graph, targets))
    if not starts or not goals:
        return Chain()
    found = reach(graph.forward, starts, max_depth=max_depth)
    length = min((found.distance[found.place[one]] for one in goals if one in found), default=None)
    if length is None:
        return Chain()
    short = _best(_shortest_part(graph, starts, goals, length), sources, targets)
    sure = _best(graph, sources, targets, max_depth)
    tier, confidence = _worth(short)
    return Chain(
        _steps(short), tier, confidence, _steps(sure) if _worth(sure) != (tier, confidence) else ()
    )


def _shortest_part(
    graph: Graph, starts: Collection[int], goals: Collection[int], length: int
) -> Graph:
    """Return the edges that lie on a chain of ``length`` edges, which is the least there is."""
    ahead = reach(graph.forward, starts, max_depth=length)
    behind = reach(graph.backward, sorted(goals), max_depth=length)
    number = graph.number

    def lies_between(edge: Edge) -> bool:
        source, target = ahead.place.get(number[edge.source]), behind.place.get(number[edge.target])
        if source is None or target is None:
            return False
        return ahead.distance[source] + 1 + behind.distance[target] == length

    return Graph(edge for edge in graph.edges if lies_between(edge))


def _best(
    graph: Graph,
    sources: Collection[str],
    targets: Collection[str],
    max_depth: int | None = None,
) -> list[Edge]:
    """Return the most reliable chain; there is one."""
    starts, goals = _numbers(graph, sources), set(_numbers(graph, targets))
    confidence, rank = graph.reliability
    best = strongest(graph.forward, starts, confidence, rank, max_depth=max_depth)
    # The nodes come the most reliable first.
    goal = next((node for node in best.nodes if node in goals), None)
    return [] if goal is None else [graph.edges[edge] for edge in best.path(goal)]


def _numbers(graph: Graph, symbols: Collection[str]) -> list[int]:
    return sorted({graph.number[one] for one in symbols if one in graph.number})


def _worth(chain: Sequence[Edge]) -> tuple[Tier | None, float]:
    if not chain:
        return None, 0.0
    tier = TIERS[max(TIERS.index(edge.tier) for edge in chain)]
    product = 1.0
    for edge in chain:
        product *= edge.confidence
    return tier, round(min(product, TIER_CAP[tier]), 4)


def _steps(chain: Sequence[Edge]) -> tuple[WitnessStep, ...]:
    return tuple(
        WitnessStep(edge.source, edge.target, edge.kind, edge.path, edge.line) for edge in chain
    )
