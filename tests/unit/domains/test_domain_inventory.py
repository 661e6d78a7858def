"""The table of detectors: merged, ordered, robust."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.domains import inventory as module
from blastradius.domains.base import ChangeView, Kind, Undo, is_test, literal
from blastradius.domains.inventory import Survey, inventory, survey
from blastradius.domains.lines import changed_lines, line_of
from blastradius.model.analysis import Certainty, Effect, Evidence, Reversibility
from tests.changedtree import view_of

UNDO = Undo("go back", "look")


def effect(
    line: int, reversibility: Reversibility = "reversible", certainty: Certainty = "possible"
) -> Effect:
    return Kind("d", "t").effect("x", "y", reversibility, [Evidence("p", line)], UNDO, certainty)


class Answers:
    """A detector that yields what it is given, and raises when told to."""

    DOMAIN = "d"

    def __init__(self, *effects: Effect, fails: str = "") -> None:
        self.effects = effects
        self.fails = fails

    def detect(self, view: ChangeView) -> Iterator[Effect]:
        yield from self.effects
        if self.fails:
            raise ValueError(self.fails)


def surveyed(monkeypatch: pytest.MonkeyPatch, *detectors: Answers) -> Survey:
    named = [(f"d{number}", lambda one=one: one) for number, one in enumerate(detectors)]
    monkeypatch.setattr(module, "detectors", lambda: iter(named))
    return survey(view_of({}, {}))


def test_equal_effects_are_one_with_all_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = effect(2), effect(1, "irreversible", "certain")
    for order in ((one, other), (other, one)):
        (merged,) = surveyed(monkeypatch, Answers(*order)).effects
        assert merged.evidence == (Evidence("p", 1), Evidence("p", 2))
        assert (merged.reversibility, merged.certainty) == ("irreversible", "certain")


def test_a_detector_that_fails_is_a_problem_and_its_message_is_kept_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = surveyed(monkeypatch, Answers(effect(1), fails="hunter2"), Answers(effect(3)))
    assert [place.line for place in found.effects[0].evidence] == [1, 3]
    (problem,) = found.problems
    assert "d0" in problem.what
    assert "hunter2" not in problem.what


def test_a_detector_that_cannot_be_imported_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Answers:
        raise ImportError

    monkeypatch.setattr(module, "detectors", lambda: iter([("other", broken)]))
    assert [one.what for one in survey(view_of({}, {})).problems] == [
        "effects of other are not whole: its detector failed (ImportError)"
    ]


def test_the_order_does_not_depend_on_the_order_of_changes() -> None:
    tree = {".env": "B=1\nA=2\n", "Dockerfile": "FROM x\n", "x.tf": 'resource "a" "b" {\n}\n'}
    view = view_of({}, tree)
    turned = ChangeView(view.changes[::-1], view.old, view.new, view.paths)
    assert inventory(view) == inventory(turned)
    keys = [(one.domain, one.tool, one.target, one.action) for one in inventory(view)]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/a.py", True),
        ("src/test_a.py", True),
        ("src/a.spec.ts", True),
        ("node_modules/x/y.js", True),
        ("src/latest/a.py", False),
        ("src/contest.py", False),
        ("app/inspect.ts", False),
    ],
)
def test_tests_are_told_by_their_path(path: str, test: bool) -> None:  # noqa: FBT001 - a table
    assert is_test(path) is test


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("billing:v2:*", "billing:v2:*"),
        ("/api/v1/webhooks/stripe/events", "/api/v1/webhooks/stripe/events"),
        ("https://me:pw@host/x", "https://…host/x"),
        ("key:" + "a1" * 20, "key:…"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "…"),
        ("ghp_0123456789abcdef", "…"),
        ("line\nbreak\x1b[31m", "line�break�[31m"),
    ],
)
def test_literals_are_shown_without_secrets_and_control_characters(text: str, shown: str) -> None:
    assert literal(text) == shown


TEXTS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(TEXTS, TEXTS)
def test_lines_that_neither_came_nor_went_are_the_same_in_both(old: str, new: str) -> None:
    removed, added = changed_lines(old, new)
    kept = [line for number, line in enumerate(old.splitlines(), 1) if number not in removed]
    assert kept == [line for number, line in enumerate(new.splitlines(), 1) if number not in added]


def test_texts_that_difflib_is_slow_on_are_compared_as_bags() -> None:
    same = "x\n" * 30_000
    assert changed_lines(f"first\n{same}y\n{same}", f"{same}z\n{same}last\n") == (
        (1, 30_002),
        (30_001, 60_002),
    )


@given(st.text("ab\n", max_size=30), st.integers(0, 30))
def test_a_line_is_one_more_than_the_breaks_before_it(text: str, offset: int) -> None:
    assert line_of(text, offset) == text.count("\n", 0, offset) + 1
