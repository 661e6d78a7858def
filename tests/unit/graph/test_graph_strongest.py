from __future__ import annotations

import pytest

from blastradius.graph.csr import Adjacency, Csr
from blastradius.graph.reach import Strongest, strongest

Link = tuple[int, int, float, int]


def best(nodes: int, links: list[Link], *sources: int, max_depth: int | None = None) -> Strongest:
    graph = Adjacency.build(nodes, [one[0] for one in links], [one[1] for one in links])
    return strongest(
        graph.forward,
        sources or (0,),
        [one[2] for one in links],
        [one[3] for one in links],
        max_depth=max_depth,
    )


def test_a_certain_path_goes_before_a_more_confident_likely_one() -> None:
    found = best(3, [(0, 2, 0.99, 1), (0, 1, 0.5, 0), (1, 2, 0.5, 0)])
    assert found.path(2) == (1, 2)
    assert dict(zip(found.nodes, found.rank, strict=True)) == {0: -1, 1: 0, 2: 0}
    assert found.confidence[found.nodes.index(2)] == pytest.approx(0.25)


def test_behind_a_likely_edge_the_way_there_may_be_likely_too() -> None:
    # Node 1 has a poor certain path and a good likely one; node 2 needs a likely edge anyway.
    found = best(3, [(0, 1, 0.5, 0), (0, 1, 0.9, 1), (1, 2, 0.9, 1)])
    assert found.path(1) == (0,)
    assert found.path(2) == (1, 2)


def test_equal_confidence_takes_the_shorter_path() -> None:
    found = best(3, [(0, 1, 1.0, 0), (1, 2, 1.0, 0), (0, 2, 1.0, 0)])
    assert found.path(2) == (2,)


def test_the_order_of_factors_does_not_decide() -> None:
    # 0.9 * 0.95 * 0.8 and 0.8 * 0.95 * 0.9 differ as floats: as paths they are equal.
    links = [(0, 1, 0.8, 0), (1, 2, 0.95, 0), (2, 5, 0.9, 0)]
    mirrored = [(0, 3, 0.9, 0), (3, 4, 0.95, 0), (4, 5, 0.8, 0)]
    assert best(6, [*links, *mirrored]).path(5) == (0, 1, 2)
    assert best(6, [*mirrored, *links]).path(5) == (0, 1, 2)


def test_ties_are_compared_from_the_source_on() -> None:
    # The last edge of the lower rail has the smaller number, but its first has the larger.
    links = [(3, 4, 1.0, 0), (0, 1, 1.0, 0), (0, 3, 1.0, 0), (1, 4, 1.0, 0)]
    assert best(5, links).path(4) == (1, 3)


def test_a_bound_on_the_length_takes_the_best_that_fits() -> None:
    links = [(0, 1, 0.99, 0), (1, 2, 0.99, 0), (2, 3, 0.99, 0), (0, 3, 0.5, 0), (3, 4, 1.0, 0)]
    assert best(5, links).path(4) == (0, 1, 2, 4)
    assert best(5, links, max_depth=3).path(4) == (3, 4)
    assert best(5, links, max_depth=3).path(3) == (0, 1, 2)
    assert 4 not in best(5, links, max_depth=1)
    assert best(5, links, max_depth=0).nodes.tolist() == [0]


def test_a_bound_can_force_a_worse_tier() -> None:
    links = [(0, 1, 1.0, 0), (1, 2, 1.0, 0), (0, 2, 0.4, 2)]
    assert best(3, links).path(2) == (0, 1)
    assert best(3, links, max_depth=1).path(2) == (2,)


def test_an_impossible_edge_is_no_way() -> None:
    assert 1 not in best(2, [(0, 1, 0.0, 0)])


@pytest.mark.parametrize("confidence", [1.5, -0.1, float("nan")])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        best(2, [(0, 1, confidence, 0)])


def test_a_source_that_is_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="node 2 is not one of 2"):
        best(2, [(0, 1, 1.0, 0)], 2)


def rails(length: int) -> tuple[Csr, int]:
    """Two rails of equal worth from two sources, with a leaf between each pair of their nodes."""
    source, target = [], []
    for step in range(length):
        up, down, leaf = 3 * step, 3 * step + 1, 3 * step + 2
        source += [up, down]
        target += [leaf, leaf]
        if step:
            source += [up - 3, down - 3]
            target += [up, down]
    return Adjacency.build(3 * length, source, target).forward, len(source)


def test_long_ties_are_settled_fast_and_long_paths_do_not_underflow() -> None:
    # Walking both rails back for each leaf would take 30,000 * 30,000 / 2 steps.
    length = 30_000
    csr, edges = rails(length)
    found = strongest(csr, [0, 1], [0.9] * edges, [0] * edges)
    assert len(found.nodes) == 3 * length
    last = found.path(3 * length - 1)
    assert len(last) == length
    assert last[0] == min(csr.edges_of(0)[1:] + csr.edges_of(1)[1:])
