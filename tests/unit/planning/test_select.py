"""The least set under demands, with every subset tried as the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.errors import NoConsistentPlanError
from blastradius.planning.demands import Demand, Prices
from blastradius.planning.select import Selection, select


class WrittenWorld:
    """A world whose demands are written down: those of text show first."""

    def __init__(self, *demands: Demand) -> None:
        self.all = demands
        self.asked_while_text_failed = False

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        return [one for one in self.all if one.reason == "text" and one.is_open(undone)]

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        self.asked_while_text_failed |= bool(self.text_demands(undone))
        return [one for one in self.all if one.reason != "text" and one.is_open(undone)]


def demand(commit: str, needs: str, reason: str = "reference", line: int = 1) -> Demand:
    """``commit`` (or all of several letters) asks for any of the letters ``needs``."""
    because: dict[str, str | int] = {"path": "x.py", "line": line, "needs": needs}
    mendable = reason != "text"
    return Demand(commit[0], tuple(needs), reason, because, frozenset(commit), mendable)


def chosen(
    goal: str, *demands: Demand, keep: str = "", mend: int | None = None, **prices: int
) -> Selection:
    return select(goal, keep, WrittenWorld(*demands), Prices(prices, mend))


def test_a_goal_that_nothing_hangs_on_goes_alone() -> None:
    assert chosen("a") == Selection(frozenset("a"), ())


def test_what_hangs_on_the_goal_goes_with_it_and_says_why() -> None:
    selection = chosen("a", demand("a", "b", "text"), demand("b", "c"))
    assert selection.commits == frozenset("abc")
    assert [(one.commit, one.demand.reason, one.demand.commit) for one in selection.drawn] == [
        ("b", "text", "a"),
        ("c", "reference", "b"),
    ]
    assert selection.least


def test_references_are_asked_only_of_trees_that_merge() -> None:
    world = WrittenWorld(demand("a", "b", "text"), demand("a", "c"))
    select("a", "", world)
    assert not world.asked_while_text_failed


def test_of_two_answers_the_one_that_draws_less_in_goes() -> None:
    selection = chosen("a", demand("a", "bc"), demand("b", "d"))
    assert selection.commits == frozenset("ac")
    assert [one.needs for one in selection.open] == [("b", "c")]


def test_an_answer_that_two_places_share_goes_rather_than_two() -> None:
    selection = chosen("a", demand("a", "bc"), demand("a", "cd", line=2))
    assert selection.commits == frozenset("ac")


def test_what_only_two_together_cause_asks_nothing_of_one() -> None:
    assert chosen("a", demand("ab", "c")).commits == frozenset("a")
    assert chosen("ab", demand("ab", "c")).commits == frozenset("abc")


def test_a_place_is_mended_where_that_is_cheaper() -> None:
    demands = [demand("a", "b"), demand("b", "c", "text")]
    selection = chosen("a", *demands, mend=1)
    assert selection.commits == frozenset("a")
    assert selection.mended == (demands[0],)
    assert chosen("a", *demands, mend=3).commits == frozenset("abc")


def test_a_conflict_of_text_is_never_mended() -> None:
    with pytest.raises(NoConsistentPlanError):
        chosen("a", demand("a", "b", "text"), keep="b", mend=1)


def test_what_must_stay_may_be_mended_around() -> None:
    place = demand("a", "b")
    assert chosen("a", place, keep="b", mend=5).mended == (place,)


def test_a_commit_that_must_stay_but_cannot_ends_with_the_chain_that_shows_why() -> None:
    with pytest.raises(NoConsistentPlanError) as caught:
        chosen("a", demand("a", "b", "text"), demand("b", "c", "text"), keep="c")
    assert caught.value.exit_code == 4
    assert "a cannot go without b (text, x.py:1) ← b cannot go without c" in str(caught.value)


def test_a_demand_whose_every_answer_must_stay_names_them_all() -> None:
    with pytest.raises(NoConsistentPlanError, match="commit b or c must stay, but cannot"):
        chosen("a", demand("a", "bc", "text"), keep="bc")


def test_asking_a_commit_to_go_and_to_stay_is_refused() -> None:
    with pytest.raises(NoConsistentPlanError, match="to go and to stay"):
        chosen("a", keep="a")


def test_when_trials_run_out_a_closed_set_is_taken_and_called_not_least() -> None:
    demands = [demand("a", "bc"), *(demand("bc"[n % 2], "defghi"[n]) for n in range(6))]
    selection = select("a", "", WrittenWorld(*demands), trials=1)
    assert not selection.least
    assert all(not one.is_open(selection.commits) for one in demands)


NAMES = "abcdef"
commits = st.sampled_from(NAMES)
demands = st.builds(
    lambda premise, needs, reason, line: Demand(
        min(premise),
        tuple(sorted(needs - premise)),
        reason,
        {"path": "x.py", "line": line},
        premise,
        mendable=reason != "text",
    ),
    st.frozensets(commits, min_size=1, max_size=2),
    st.frozensets(commits, min_size=1, max_size=3),
    st.sampled_from(["text", "reference"]),
    st.integers(1, 4),
).filter(lambda one: one.needs)


def by_brute_force(
    goal: frozenset[str], keep: frozenset[str], world: Sequence[Demand], prices: Prices
) -> int | None:
    """Return the least price over all subsets, None when none is consistent."""
    found = []
    for size in range(len(NAMES) + 1):
        for subset in map(frozenset, combinations(NAMES, size)):
            left = [one for one in world if one.is_open(subset)]
            if not goal <= subset or subset & keep:
                continue
            if left and (prices.mend is None or not all(one.mendable for one in left)):
                continue
            mended = len({one.site for one in left}) * (prices.mend or 0)
            found.append(sum(map(prices.of, subset)) + mended)
    return min(found, default=None)


@given(
    world=st.lists(demands, max_size=10),
    goal=st.frozensets(commits, min_size=1, max_size=2),
    keep=st.frozensets(commits, max_size=1),
    price=st.dictionaries(commits, st.integers(1, 4)),
    mend=st.one_of(st.none(), st.integers(1, 4)),
)
@settings(max_examples=500)
def test_no_consistent_set_is_cheaper(
    world: list[Demand],
    goal: frozenset[str],
    keep: frozenset[str],
    price: dict[str, int],
    mend: int | None,
) -> None:
    prices = Prices(price, mend)
    keep -= goal
    least = by_brute_force(goal, keep, world, prices)
    if least is None:
        with pytest.raises(NoConsistentPlanError):
            select(goal, keep, WrittenWorld(*world), prices)
        return
    found = select(goal, keep, WrittenWorld(*world), prices)
    mended = len({one.site for one in found.mended}) * (mend or 0)
    assert sum(map(prices.of, found.commits)) + mended == least
    assert found.least
    assert found.commits == goal | {one.commit for one in found.drawn}
