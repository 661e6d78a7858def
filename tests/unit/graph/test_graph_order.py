from __future__ import annotations

import pytest

from blastradius.graph.csr import Adjacency
from blastradius.graph.order import cycles, waves


def test_dependents_go_before_what_they_depend_on() -> None:
    # gold 0 → silver 1 → merge 2 → config 3 → connector 4, and 5 that reads the connector too.
    assert waves(6, [0, 1, 2, 3, 5], [1, 2, 3, 4, 4]) == ((0, 5), (1,), (2,), (3,), (4,))


def test_nodes_without_edges_go_at_once() -> None:
    assert waves(3, [], []) == ((0, 1, 2),)
    assert waves(0, [], []) == ()


def test_a_circle_goes_as_one() -> None:
    # 0 → {1 ⇄ 2} → 3, and a loop at 3, which is no obstacle.
    assert waves(4, [0, 1, 2, 2, 3], [1, 2, 1, 3, 3]) == ((0,), (1, 2), (3,))


def test_a_wave_waits_for_the_longest_chain() -> None:
    assert waves(4, [0, 0, 1, 2], [3, 1, 2, 3]) == ((0,), (1,), (2,), (3,))


def test_a_hundred_thousand_waves() -> None:
    size = 100_000
    assert waves(size, range(size - 1), range(1, size))[-1] == (size - 1,)


def test_cycles() -> None:
    graph = Adjacency.build(6, [5, 3, 1, 2, 4], [3, 1, 2, 1, 4])
    assert cycles(graph.forward) == ((1, 2), (4,))


def test_edges_to_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match="node 2 is not one of 2"):
        waves(2, [0], [2])
