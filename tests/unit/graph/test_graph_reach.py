from __future__ import annotations

import subprocess
import sys

import pytest

from blastradius.graph import reach as reach_module
from blastradius.graph.csr import Adjacency
from blastradius.graph.paths import path_to, shortest_path
from blastradius.graph.reach import reach


def forward(nodes: int, *pairs: tuple[int, int]) -> Adjacency:
    return Adjacency.build(nodes, [a for a, _ in pairs], [b for _, b in pairs])


DIAMOND = forward(6, (0, 2), (0, 1), (1, 3), (2, 3), (3, 4), (4, 0))


def test_distance_and_first_edge_of_each_node() -> None:
    found = reach(DIAMOND.forward, [0])
    assert found.order.tolist() == [0, 2, 1, 3, 4]
    assert found.distance.tolist() == [0, 1, 1, 2, 3]
    # Node 3 is reached over node 2, whose edge has the smaller number.
    assert found.via.tolist() == [-1, 0, 1, 3, 4]
    assert found.parent.tolist() == [-1, 0, 0, 1, 3]
    assert path_to(found, 4) == (0, 3, 4)
    assert path_to(found, 0) == ()
    assert 5 not in found


def test_the_source_that_stands_first_wins_a_tie() -> None:
    graph = forward(3, (0, 2), (1, 2))
    assert path_to(reach(graph.forward, [0, 1, 0]), 2) == (0,)
    assert path_to(reach(graph.forward, [1, 0]), 2) == (1,)


@pytest.mark.parametrize(("depth", "nodes"), [(0, [0]), (1, [0, 2, 1]), (2, [0, 2, 1, 3])])
def test_depth_is_bounded(depth: int, nodes: list[int]) -> None:
    assert reach(DIAMOND.forward, [0], max_depth=depth).order.tolist() == nodes


def test_no_source_reaches_nothing() -> None:
    assert reach(DIAMOND.forward, []).order.tolist() == []


def test_shortest_path_is_a_chain_of_edges_or_none() -> None:
    assert shortest_path(DIAMOND.forward, 0, 4) == (0, 3, 4)
    assert shortest_path(DIAMOND.forward, 3, 3) == ()
    assert shortest_path(DIAMOND.forward, 0, 5) is None
    assert shortest_path(DIAMOND.backward, 4, 0) == (4, 2, 1)


@pytest.mark.parametrize("node", [-1, 6])
def test_nodes_that_are_none_are_refused(node: int) -> None:
    with pytest.raises(ValueError, match=f"node {node} is not one of 6"):
        reach(DIAMOND.forward, [node])
    with pytest.raises(ValueError, match=f"node {node} is not one of 6"):
        reach(DIAMOND.forward, [0], until=node)
    with pytest.raises(ValueError, match=f"node {node} is not one of 6"):
        shortest_path(DIAMOND.forward, 0, node)


def test_a_path_to_what_was_not_reached_is_an_error() -> None:
    with pytest.raises(KeyError):
        path_to(reach(DIAMOND.forward, [0]), 5)


def test_a_chain_of_a_hundred_thousand_levels() -> None:
    size = 100_000
    graph = Adjacency.build(size, range(size - 1), range(1, size))
    found = reach(graph.forward, [0])
    assert found.distance[-1] == size - 1
    assert path_to(found, size - 1) == tuple(range(size - 1))


def test_a_frontier_that_grows_wide_and_narrow_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # 0 → 100 nodes → one node → 100 nodes, with each edge twice.
    pairs = [(0, node) for node in range(1, 101)] * 2
    pairs += [(node, 101) for node in range(1, 101)] * 2
    pairs += [(101, node) for node in range(102, 202)] * 2
    graph = forward(202, *pairs)
    monkeypatch.setattr(reach_module, "WIDE", 10**9)
    narrow = reach(graph.forward, [0])
    monkeypatch.setattr(reach_module, "WIDE", 10)
    monkeypatch.setattr(reach_module, "NUMPY_IMPORT_PAYS", 0)
    assert reach(graph.forward, [0]) == narrow


def test_small_graphs_are_answered_without_importing_numpy() -> None:
    program = """
import sys
from blastradius.graph.csr import Adjacency
from blastradius.graph.order import waves
from blastradius.graph.reach import reach, strongest
graph = Adjacency.build(1000, range(999), range(1, 1000))
reach(graph.backward, [999])
strongest(graph.backward, [999], [1.0] * 999, [0] * 999)
waves(1000, range(999), range(1, 1000))
sys.exit("numpy" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
