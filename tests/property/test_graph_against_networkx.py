"""The graph core against networkx, and against all paths by brute force."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.graph import csr as csr_module
from blastradius.graph import reach as reach_module
from blastradius.graph.csr import Adjacency
from blastradius.graph.order import waves
from blastradius.graph.paths import path_to, shortest_path
from blastradius.graph.reach import reach, strongest
from blastradius.graph.scc import components, condense

if TYPE_CHECKING:
    Digraph = nx.MultiDiGraph[int]

Pairs = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn, most_nodes: int = 12, most_edges: int = 40) -> tuple[int, Pairs]:
    nodes = draw(st.integers(1, most_nodes))
    node = st.integers(0, nodes - 1)
    return nodes, draw(st.lists(st.tuples(node, node), max_size=most_edges))


def built(nodes: int, pairs: Pairs) -> Adjacency:
    return Adjacency.build(nodes, [a for a, _ in pairs], [b for _, b in pairs])


def oracle(nodes: int, pairs: Pairs) -> Digraph:
    graph: Digraph = nx.MultiDiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from(pairs)
    return graph


@given(graphs(), st.data())
def test_distances_are_those_of_networkx(graph: tuple[int, Pairs], data: st.DataObject) -> None:
    nodes, pairs = graph
    sources = data.draw(st.sets(st.integers(0, nodes - 1), min_size=1))
    depth = data.draw(st.none() | st.integers(0, 4))
    expected = nx.multi_source_dijkstra_path_length(oracle(nodes, pairs), sources, cutoff=depth)
    found = reach(built(nodes, pairs).forward, sorted(sources), max_depth=depth)
    assert dict(zip(found.order, found.distance, strict=True)) == expected
    for node, distance in zip(found.order, found.distance, strict=True):
        chain = [pairs[edge] for edge in path_to(found, node)]
        assert len(chain) == distance
        walk = [*(a for a, _ in chain), node]
        assert walk[0] in sources
        assert [b for _, b in chain] == walk[1:]


@given(graphs(most_nodes=30, most_edges=150), st.data())
def test_wide_and_narrow_levels_give_the_same(
    graph: tuple[int, Pairs], data: st.DataObject
) -> None:
    nodes, pairs = graph
    adjacency = built(nodes, pairs)
    sources = data.draw(st.lists(st.integers(0, nodes - 1), max_size=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach_module, "WIDE", 10**9)
        narrow = reach(adjacency.backward, sources)
        patch.setattr(reach_module, "WIDE", data.draw(st.integers(0, 4)))
        patch.setattr(reach_module, "NUMPY_IMPORT_PAYS", 0)
        assert reach(adjacency.backward, sources) == narrow


@given(graphs(), st.data())
def test_shortest_path_has_the_smallest_edge_numbers(
    graph: tuple[int, Pairs], data: st.DataObject
) -> None:
    nodes, pairs = graph
    start = data.draw(st.integers(0, nodes - 1))
    goal = data.draw(st.integers(0, nodes - 1))
    every = list(simple_paths(pairs, start, goal, 4))
    found = shortest_path(built(nodes, pairs).forward, start, goal)
    if every:
        assert found == min(every, key=lambda path: (len(path), path))
    else:
        assert found is None or len(found) > 4


@given(graphs())
def test_components_are_those_of_networkx_and_edges_never_lead_upward(
    graph: tuple[int, Pairs],
) -> None:
    nodes, pairs = graph
    csr = built(nodes, pairs).forward
    found = components(csr)
    expected = {frozenset(one) for one in nx.strongly_connected_components(oracle(nodes, pairs))}
    assert {frozenset(one) for one in found.members()} == expected
    assert all(found.of[a] >= found.of[b] for a, b in pairs)
    condensed = condense(csr, found)
    between = {(found.of[a], found.of[b]) for a, b in pairs if found.of[a] != found.of[b]}
    assert {
        (one, other) for one in range(found.count) for other in condensed.neighbours(one)
    } == between
    assert condensed.edges == len(between)


@given(graphs())
def test_waves_are_the_generations_of_the_condensation(graph: tuple[int, Pairs]) -> None:
    nodes, pairs = graph
    condensed = nx.condensation(oracle(nodes, pairs))
    expected = [
        sorted(node for one in generation for node in condensed.nodes[one]["members"])
        for generation in nx.topological_generations(condensed)
    ]
    found = waves(nodes, [a for a, _ in pairs], [b for _, b in pairs])
    assert [list(wave) for wave in found] == expected


@given(graphs())
def test_an_image_is_the_graph(graph: tuple[int, Pairs]) -> None:
    image = built(*graph).to_bytes()
    assert Adjacency.from_buffer(image).to_bytes() == image


@given(graphs(most_nodes=40, most_edges=200))
def test_both_builders_agree(graph: tuple[int, Pairs]) -> None:
    images = []
    for limit in (0, 10**12):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csr_module, "NUMPY_PAYS", limit)
            patch.setattr(csr_module, "NUMPY_IMPORT_PAYS", limit)
            images.append(built(*graph).to_bytes())
    assert images[0] == images[1]


def simple_paths(pairs: Pairs, start: int, goal: int, longest: int) -> Iterator[tuple[int, ...]]:
    """Yield every path without repeated nodes from start to goal, as edge numbers."""
    if start == goal:
        yield ()
        return
    trail: list[tuple[int, tuple[int, ...], frozenset[int]]] = [(start, (), frozenset([start]))]
    while trail:
        node, path, seen = trail.pop()
        if len(path) == longest:
            continue
        for edge, (a, b) in enumerate(pairs):
            if a == node and b == goal:
                yield (*path, edge)
            elif a == node and b not in seen:
                trail.append((b, (*path, edge), seen | {b}))


LEVELS = [(1.0, 0), (0.97, 0), (0.95, 1), (0.9, 1), (0.8, 2), (0.4, 2)]


@settings(max_examples=200)
@given(graphs(most_nodes=7, most_edges=13), st.data())
def test_the_strongest_path_is_the_best_of_all(
    graph: tuple[int, Pairs], data: st.DataObject
) -> None:
    nodes, pairs = graph
    levels = data.draw(st.lists(st.sampled_from(LEVELS), min_size=len(pairs), max_size=len(pairs)))
    sources = sorted(data.draw(st.sets(st.integers(0, nodes - 1), min_size=1, max_size=2)))
    depth = data.draw(st.none() | st.integers(0, 5))
    found = strongest(
        built(nodes, pairs).forward,
        sources,
        [one for one, _ in levels],
        [rank for _, rank in levels],
        max_depth=depth,
    )

    def worth(path: tuple[int, ...]) -> tuple[int, float, int, tuple[int, ...]]:
        cost = math.fsum(-math.log(levels[edge][0]) for edge in path)
        weakest = max((levels[edge][1] for edge in path), default=-1)
        return weakest, round(cost, 9), len(path), path

    for node in range(nodes):
        every = [
            path
            for start in sources
            for path in simple_paths(pairs, start, node, nodes if depth is None else depth)
        ]
        if not every:
            assert node not in found
            continue
        best = min(every, key=worth)
        assert found.path(node) == best
        place = found.nodes.index(node)
        assert found.rank[place] == worth(best)[0]
        assert found.distance[place] == len(best)
        assert found.confidence[place] == pytest.approx(math.exp(-worth(best)[1]))


@given(graphs(most_nodes=25, most_edges=80), st.data())
def test_products_are_those_of_networkx_dijkstra(
    graph: tuple[int, Pairs], data: st.DataObject
) -> None:
    nodes, pairs = graph
    confidence = data.draw(st.lists(st.floats(0.01, 1.0), min_size=len(pairs), max_size=len(pairs)))
    weighted: Digraph = nx.MultiDiGraph()
    weighted.add_nodes_from(range(nodes))
    for (a, b), one in zip(pairs, confidence, strict=True):
        weighted.add_edge(a, b, weight=-math.log(one))
    expected = nx.single_source_dijkstra_path_length(weighted, 0)
    found = strongest(built(nodes, pairs).forward, [0], confidence, [0] * len(pairs))
    assert set(found.nodes) == set(expected)
    for node, one in zip(found.nodes, found.confidence, strict=True):
        assert -math.log(one) == pytest.approx(expected[node], abs=1e-9)


@given(graphs(most_nodes=30, most_edges=150), st.data())
def test_a_bound_that_binds_nothing_changes_nothing(
    graph: tuple[int, Pairs], data: st.DataObject
) -> None:
    """The bounded search starts each tier afresh, the other goes on: one checks the other."""
    nodes, pairs = graph
    levels = data.draw(st.lists(st.sampled_from(LEVELS), min_size=len(pairs), max_size=len(pairs)))
    sources = data.draw(st.sets(st.integers(0, nodes - 1), min_size=1, max_size=3))
    free, bound = (
        strongest(
            built(nodes, pairs).backward,
            sources,
            [one for one, _ in levels],
            [rank for _, rank in levels],
            max_depth=depth,
        )
        for depth in (None, nodes - 1)
    )
    assert [free.nodes, free.rank, free.distance] == [bound.nodes, bound.rank, bound.distance]
    assert [free.path(node) for node in free.nodes] == [bound.path(node) for node in free.nodes]


def test_a_weaker_but_shorter_way_is_taken_where_the_bound_leaves_no_other() -> None:
    # 0 → 1 → 2 is certain, 0 → 2 a guess; only the guess leaves a step for 2 → 3.
    graph = built(4, [(0, 1), (1, 2), (0, 2), (2, 3)])
    found = strongest(graph.forward, [0], [1.0, 1.0, 0.5, 1.0], [0, 0, 2, 0], max_depth=2)
    assert found.path(2) == (0, 1)
    assert found.path(3) == (2, 3)
