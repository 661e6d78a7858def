"""Edges as columns say the same as the edges themselves, before and after they were bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.index.edges import EdgeTable, count_tiers, edges_at
from blastradius.index.extract import read_texts
from blastradius.index.graph import Graph
from blastradius.index.link import LinkedTree, Tally, pack_tree, tabled, unpack_tree
from blastradius.model.symbols import TIERS, Edge, Unresolved

_NAMES = st.sampled_from(["python:a.py#f", "sql:x.y", "file:é.txt", "yaml:b.yml#k[0]"])
_EDGES = st.lists(
    st.builds(
        Edge,
        _NAMES,
        _NAMES,
        st.sampled_from(["call", "value"]),
        st.sampled_from(TIERS),
        st.sampled_from([1.0, 0.92, 0.5]),
        st.sampled_from(["a.py", "b.yml", "c.sql"]),
        st.integers(0, 2**31 - 1),
        st.text(st.characters(codec="utf-8"), max_size=4),
    ),
    max_size=30,
)


@given(_EDGES)
def test_a_table_is_the_sequence_of_its_edges(edges: list[Edge]) -> None:
    table = EdgeTable.from_bytes(EdgeTable.of(edges).to_bytes())
    assert list(table) == edges
    assert [table[place] for place in range(len(table))] == edges
    assert table[1:3] == tuple(edges[1:3])


@given(_EDGES, st.sets(st.sampled_from(["a.py", "b.yml", "absent"])))
def test_a_table_answers_as_its_edges_do(edges: list[Edge], paths: set[str]) -> None:
    table = EdgeTable.of(edges)
    assert list(edges_at(table, paths)) == [edge for edge in edges if edge.path in paths]
    assert list(edges_at(edges, paths)) == list(edges_at(table, paths))
    assert count_tiers(table) == count_tiers(edges)


@given(_EDGES)
def test_the_graph_of_a_table_is_that_of_its_edges(edges: list[Edge]) -> None:
    plain, tabular = Graph(edges), Graph(EdgeTable.of(edges))
    assert tabular.nodes == plain.nodes
    assert tabular.reliability == plain.reliability
    for symbol in plain.nodes:
        assert list(tabular.dependents(symbol)) == list(plain.dependents(symbol))
        assert list(tabular.dependencies(symbol)) == list(plain.dependencies(symbol))


def test_a_tree_comes_back_from_its_bytes() -> None:
    edges = (Edge("a", "b", "call", "certain", 1.0, "a.py", 3, "b"),)
    lost = (Unresolved("a.py", 4, "c", "unresolved", internal=True, source="a"),)
    linked = tabled(LinkedTree(edges, lost, {"python": Tally(1, {"unresolved": 1})}))
    found = unpack_tree(pack_tree(linked))
    assert (tuple(found.edges), found.dangling, found.tallies) == (edges, lost, linked.tallies)


def test_bytes_that_are_no_table_are_refused() -> None:
    packed = EdgeTable.of([Edge("a", "b", "call", "certain", 1.0, "a.py", 3)]).to_bytes()
    for damaged in (packed[:-3], b"", packed.replace(b"BRGRAPH", b"NOGRAPH")):
        with pytest.raises(ValueError, match=r"\w"):
            EdgeTable.from_bytes(damaged)


@pytest.mark.parametrize("count", [3, 60])
def test_texts_are_read_in_their_order_whether_here_or_in_processes(count: int) -> None:
    texts = [(f"SELECT column_{number} FROM t".encode(), "") for number in range(count)]
    read = read_texts("sql", texts, jobs=2)
    names = [[one.name for one in facts.definitions] if facts else [] for facts in read]
    assert [f"column_{number}" in " ".join(found) for number, found in enumerate(names)] == (
        [True] * count
    )
