"""The sweeps over the adapters that users have: each operation is a point, git's processes among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import harness
from tests.crash.harness import Scenario, Sweep, Tally
from tests.crash.real import REAL, TWICE

_EVERY = 9
_by_name = pytest.mark.parametrize("scenario", REAL, ids=lambda one: one.name)
_shared = pytest.mark.parametrize(
    "scenario", [one for one in REAL if one.interfere], ids=lambda one: one.name
)


@_by_name
def test_after_any_one_crash_the_run_goes_on_to_its_ending(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).single(every=scenario.every)
    kills.add(found)
    assert found.bad == []


@pytest.mark.parametrize("scenario", TWICE, ids=lambda one: one.name)
def test_after_a_crash_and_another_while_going_on_it_goes_on_to_its_ending(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).double()
    kills.add(found)
    assert found.bad == []


@_shared
def test_after_any_one_crash_the_run_can_be_taken_back_instead(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).single(then=harness.abort, every=_EVERY)
    kills.add(found)
    assert found.bad == []


@_shared
def test_what_somebody_else_wrote_after_a_crash_stays(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).foreign(every=_EVERY)
    kills.add(found)
    assert found.bad == []
