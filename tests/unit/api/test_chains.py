"""The shortest and the surest chain, against networkx on graphs of every small shape."""

from __future__ import annotations

from math import prod
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.api.chains import Chain, chain_between
from blastradius.index.graph import Graph
from blastradius.model.analysis import WitnessStep
from blastradius.model.symbols import TIER_CAP, TIERS, Edge, Tier

_NAMES = "abcdefg"
_WORTH: dict[Tier, float] = {"certain": 1.0, "likely": 0.9, "heuristic": 0.5}
_ENDS = st.sampled_from(_NAMES)


def edge(source: str, target: str, tier: Tier = "certain", confidence: float | None = None) -> Edge:
    worth = _WORTH[tier] if confidence is None else confidence
    return Edge(source, target, "call", tier, worth, f"{source}.py", 1)


def hops(steps: tuple[WitnessStep, ...]) -> str:
    """Return a chain as the letters that it passes."""
    return "".join([*(one.source for one in steps), *(one.target for one in steps[-1:])])


edges = st.lists(st.builds(edge, _ENDS, _ENDS, st.sampled_from(TIERS)), max_size=20)


@given(edges, st.sets(_ENDS, min_size=1, max_size=2), st.sets(_ENDS, min_size=1, max_size=2))
def test_the_shortest_chain_is_as_short_as_networkx_finds(
    given_edges: list[Edge], sources: set[str], targets: set[str]
) -> None:
    targets -= sources
    oracle: nx.MultiDiGraph[str] = nx.MultiDiGraph((one.source, one.target) for one in given_edges)
    oracle.add_nodes_from([*sources, *targets])
    lengths = [
        nx.shortest_path_length(oracle, source, target)
        for source in sources
        for target in targets
        if nx.has_path(oracle, source, target)
    ]
    found = chain_between(Graph(given_edges), sources, targets)
    assert len(found.steps) == min(lengths, default=0)
    if found.steps:
        assert (found.steps[0].source in sources, found.steps[-1].target in targets) == (True, True)
        assert all(a.target == b.source for a, b in zip(found.steps, found.steps[1:], strict=False))


@given(edges, _ENDS, _ENDS)
def test_of_the_shortest_chains_it_is_the_most_reliable_and_the_surest_beats_it(
    given_edges: list[Edge], source: str, target: str
) -> None:
    if source == target:
        return
    oracle: Any = nx.MultiDiGraph()
    oracle.add_nodes_from([source, target])
    for one in given_edges:
        oracle.add_edge(one.source, one.target, edge=one)
    chains = [
        [oracle.edges[step]["edge"] for step in path]
        for path in nx.all_simple_edge_paths(oracle, source, target)
    ]
    found = chain_between(Graph(given_edges), [source], [target])
    if not chains:
        assert found == Chain()
        return
    least = min(map(len, chains))
    best = min(worth(one) for one in chains if len(one) == least)
    assert found.tier is not None
    assert TIERS.index(found.tier) == best[0]
    assert -found.confidence == pytest.approx(best[1])
    surest = min(map(worth, chains))
    assert bool(found.surest) == (surest[0] != best[0] or abs(surest[1] - best[1]) > 1e-9)


def worth(chain: list[Edge]) -> tuple[int, float]:
    rank = max(TIERS.index(one.tier) for one in chain)
    return rank, -round(min(prod(one.confidence for one in chain), TIER_CAP[TIERS[rank]]), 4)


def test_a_longer_chain_that_is_more_certain_is_told_besides() -> None:
    graph = Graph([edge("a", "d", "heuristic"), edge("a", "b"), edge("b", "c"), edge("c", "d")])
    found = chain_between(graph, "a", "d")
    assert (hops(found.steps), found.tier, found.confidence) == ("ad", "heuristic", 0.5)
    assert hops(found.surest) == "abcd"


def test_a_bound_on_edges_holds_for_both() -> None:
    graph = Graph([edge("a", "c", "heuristic"), edge("a", "b"), edge("b", "c")])
    found = chain_between(graph, "a", "c", max_depth=1)
    assert (hops(found.steps), found.surest) == ("ac", ())
    assert chain_between(Graph([edge("a", "b"), edge("b", "c")]), "a", "c", max_depth=1) == Chain()


def test_unknown_symbols_have_no_chain() -> None:
    graph = Graph([edge("a", "b")])
    assert chain_between(graph, ["x"], ["b"]) == Chain()
    assert chain_between(graph, ["a"], ["x"]) == Chain()
    assert chain_between(graph, [], []) == Chain()
