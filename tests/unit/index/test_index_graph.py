from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blastradius.index.graph import Graph
from blastradius.model.symbols import TIERS, Edge

SYMBOLS = st.sampled_from([f"python:a.py#{name}" for name in "abcdefgh"])
EDGES = st.lists(
    st.builds(
        Edge,
        SYMBOLS,
        SYMBOLS,
        st.sampled_from(["call", "import"]),
        st.sampled_from(TIERS),
        st.floats(0.1, 1.0),
        st.sampled_from(["a.py", "b.py"]),
        st.integers(1, 9),
    ),
    max_size=30,
)


@given(EDGES)
def test_dependents_and_dependencies_are_the_edges_at_a_symbol(edges: list[Edge]) -> None:
    graph = Graph(edges)
    for symbol in graph.nodes:
        assert sorted(graph.dependents(symbol), key=repr) == sorted(
            (edge for edge in edges if edge.target == symbol), key=repr
        )
        assert sorted(graph.dependencies(symbol), key=repr) == sorted(
            (edge for edge in edges if edge.source == symbol), key=repr
        )


@given(EDGES)
def test_networkx_gets_the_same_edges_with_all_that_they_say(edges: list[Edge]) -> None:
    found = Graph(edges).to_networkx()
    said = sorted(
        (source, target, *(data[name] for name in ("kind", "tier", "confidence", "path", "line")))
        for source, target, data in found.edges(data=True)
    )
    assert said == sorted(
        (one.source, one.target, one.kind, one.tier, one.confidence, one.path, one.line)
        for one in edges
    )
    assert set(found) == {name for edge in edges for name in (edge.source, edge.target)}


def test_a_symbol_without_edges_is_held_when_told() -> None:
    graph = Graph([Edge("b", "a", "call", "certain", 1.0, "x.py", 1)], isolated=["alone", "a"])
    assert graph.nodes == ("a", "alone", "b")
    assert list(graph.dependents("alone")) == []
    assert set(graph.to_networkx()) == {"a", "alone", "b"}


def test_a_symbol_that_is_not_there_has_no_edges() -> None:
    graph = Graph([])
    assert list(graph.dependents("a")) == list(graph.dependencies("a")) == []


def test_reliability_runs_beside_the_edges() -> None:
    graph = Graph(
        [
            Edge("b", "a", "call", "heuristic", 0.5, "x.py", 1),
            Edge("c", "a", "call", "certain", 1.0, "x.py", 2),
            Edge("d", "a", "call", "likely", 0.9, "x.py", 3),
        ]
    )
    assert [list(part) for part in graph.reliability] == [[0.5, 1.0, 0.9], [2, 0, 1]]
