"""The cheapest closed set, with every subset tried as the oracle."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.graph.cut import Closure, Need, cheapest_closure


def test_what_a_node_needs_is_in_the_set_with_it() -> None:
    found = cheapest_closure([1, 1, 1], [Need(0, 1), Need(1, 2)], [0])
    assert found == Closure(frozenset({0, 1, 2}), (), 3)


def test_a_need_is_bought_where_that_is_cheaper() -> None:
    needs = [Need(0, 1, 2), Need(1, 2)]
    assert cheapest_closure([1, 5, 5], needs, [0]) == Closure(frozenset({0}), (0,), 3)


def test_two_needs_of_one_node_may_be_dearer_than_the_node() -> None:
    needs = [Need(0, 1, 2), Need(0, 1, 2)]
    assert cheapest_closure([1, 3], needs, [0]) == Closure(frozenset({0, 1}), (), 4)


def test_a_need_of_a_forbidden_node_has_no_answer_unless_it_can_be_bought() -> None:
    assert cheapest_closure([1, 1], [Need(0, 1)], [0], [1]) is None
    found = cheapest_closure([1, 1], [Need(0, 1, 7)], [0], [1])
    assert found == Closure(frozenset({0}), (0,), 8)


def test_of_equal_prices_the_smaller_set_is_taken() -> None:
    assert cheapest_closure([1, 2], [Need(0, 1, 2)], [0]) == Closure(frozenset({0}), (0,), 3)


World = tuple[list[int], list[Need], set[int], set[int]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 7))
    node = st.integers(0, count - 1)
    prices = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    price = st.one_of(st.none(), st.integers(0, 5))
    needs = draw(st.lists(st.builds(Need, node, node, price), max_size=12))
    return prices, needs, draw(st.sets(node, max_size=3)), draw(st.sets(node, max_size=2))


def by_brute_force(world: World) -> tuple[int, int] | None:
    """Return (price, size) of the best closed set of all subsets."""
    prices, needs, required, forbidden = world
    found = []
    for size in range(len(prices) + 1):
        for subset in map(set, combinations(range(len(prices)), size)):
            left = [one for one in needs if one.source in subset and one.target not in subset]
            if not required <= subset or subset & forbidden or any(one[2] is None for one in left):
                continue
            bought = sum(one.price or 0 for one in left)
            found.append((sum(prices[node] for node in subset) + bought, size))
    return min(found, default=None)


@given(worlds())
@settings(max_examples=300)
def test_no_closed_set_is_cheaper(world: World) -> None:
    found = cheapest_closure(*world)
    assert (found and (found.price, len(found.members))) == by_brute_force(world)
