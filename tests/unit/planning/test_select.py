from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.errors import NoConsistentPlanError
from blastradius.planning.select import Demand, Selection, select

Needs = Mapping[str, frozenset[str]]


class WrittenWorld:
    """A world whose demands are written down: commit → the commits that it cannot go without."""

    def __init__(self, text: Needs, references: Needs) -> None:
        self.text = text
        self.references = references
        self.asked_while_text_failed = False

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        return _demands(self.text, undone, "text")

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        self.asked_while_text_failed |= bool(_demands(self.text, undone, "text"))
        return _demands(self.references, undone, "reference")


def _demands(needs: Needs, undone: frozenset[str], reason: str) -> list[Demand]:
    return [
        Demand(commit, other, reason, {"path": "x.py", "line": 1})
        for commit in sorted(undone)
        for other in sorted(needs.get(commit, frozenset()) - undone)
    ]


def chosen(goal: Sequence[str], text: Needs, references: Needs | None = None) -> Selection:
    return select(goal, (), WrittenWorld(text, references or {}))


def test_a_goal_that_nothing_hangs_on_goes_alone() -> None:
    assert chosen(["a"], {}) == Selection(frozenset("a"), ())


def test_what_hangs_on_the_goal_goes_with_it_and_says_why() -> None:
    selection = chosen(["a"], {"a": frozenset("b")}, {"b": frozenset("c")})
    assert selection.commits == frozenset("abc")
    assert [(one.needs, one.reason, one.commit) for one in selection.drawn] == [
        ("b", "text", "a"),
        ("c", "reference", "b"),
    ]


def test_references_are_asked_only_of_trees_that_merge() -> None:
    world = WrittenWorld({"a": frozenset("b")}, {"a": frozenset("c")})
    select(["a"], (), world)
    assert not world.asked_while_text_failed


def test_a_commit_that_must_stay_but_cannot_ends_with_the_chain_that_shows_why() -> None:
    world = WrittenWorld({"a": frozenset("b"), "b": frozenset("c")}, {})
    with pytest.raises(NoConsistentPlanError) as caught:
        select(["a"], ["c"], world)
    assert caught.value.exit_code == 4
    assert "a cannot go without b (text, x.py:1) ← b cannot go without c" in str(caught.value)


def test_asking_a_commit_to_go_and_to_stay_is_refused() -> None:
    with pytest.raises(NoConsistentPlanError, match="to go and to stay"):
        select(["a"], ["a"], WrittenWorld({}, {}))


NAMES = "abcdef"
needs = st.dictionaries(
    st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES), max_size=3), max_size=6
)


@given(text=needs, references=needs, goal=st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_no_smaller_set_is_closed(text: Needs, references: Needs, goal: frozenset[str]) -> None:
    """Brute force over every subset is the oracle."""

    def closed(candidate: frozenset[str]) -> bool:
        return all(
            needed.get(one, frozenset()) <= candidate
            for one in candidate
            for needed in (text, references)
        )

    found = chosen(sorted(goal), text, references).commits
    smallest = min(
        (
            frozenset(subset)
            for size in range(len(goal), len(NAMES) + 1)
            for subset in combinations(NAMES, size)
            if goal <= frozenset(subset) and closed(frozenset(subset))
        ),
        key=len,
    )
    assert found == smallest
