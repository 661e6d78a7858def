from __future__ import annotations

from blastradius.graph.csr import Adjacency
from blastradius.graph.scc import components, condense

# A circle 0 → 1 → 2 → 0 that leads to 3, a loop at 3, then 3 → 4; 5 stands alone.
PAIRS = [(0, 1), (1, 2), (2, 0), (2, 3), (1, 3), (3, 3), (3, 4)]
GRAPH = Adjacency.build(6, [a for a, _ in PAIRS], [b for _, b in PAIRS])


def test_components_are_numbered_dependencies_first() -> None:
    found = components(GRAPH.forward)
    assert found.members() == [[4], [3], [0, 1, 2], [5]]
    assert found.of.tolist() == [2, 2, 2, 1, 0, 3]


def test_the_condensation_has_one_edge_a_pair_and_names_the_first_of_those_it_stands_for() -> None:
    found = components(GRAPH.forward)
    condensed = condense(GRAPH.forward, found)
    assert [condensed.neighbours(one) for one in range(4)] == [[], [0], [1], []]
    assert [condensed.edges_of(one) for one in range(4)] == [[], [6], [3], []]


def test_a_circle_and_a_chain_of_a_hundred_thousand_nodes() -> None:
    size = 100_000
    chain = Adjacency.build(size, range(size - 1), range(1, size))
    assert components(chain.forward).of.tolist() == list(range(size - 1, -1, -1))
    circle = Adjacency.build(size, range(size), [*range(1, size), 0])
    assert components(circle.forward).count == 1
