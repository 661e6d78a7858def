"""SIGKILL at every point of a run, and at every point of what goes on with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import harness
from tests.crash.harness import Scenario, Sweep, Tally
from tests.crash.scenarios import SCENARIOS

_AT_LEAST = 1000
_ABORTS, _FOREIGN = 3, 2
_by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
_shared = pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.interfere], ids=lambda one: one.name
)


@_by_name
def test_after_any_one_crash_the_run_goes_on_to_its_ending(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    sweep = Sweep(scenario, scratch)
    found = sweep.single(every=scenario.every)
    found.add(sweep.single(torn=True))
    kills.add(found)
    assert found.bad == []


@_by_name
def test_after_a_crash_and_another_while_going_on_it_goes_on_to_its_ending(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    sweep = Sweep(scenario, scratch)
    found = sweep.double()
    found.add(sweep.double(torn=True))
    kills.add(found)
    assert found.bad == []


@_by_name
def test_after_any_one_crash_the_run_can_be_taken_back_instead(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).single(then=harness.abort, every=_ABORTS * scenario.every)
    kills.add(found)
    assert found.bad == []


@_shared
def test_what_somebody_else_wrote_after_a_crash_stays(
    scenario: Scenario, scratch: Path, kills: Tally
) -> None:
    found = Sweep(scenario, scratch).foreign(every=_FOREIGN)
    kills.add(found)
    assert found.bad == []


def test_a_crash_while_a_run_is_taken_back_does_not_keep_it_from_its_ending(
    scratch: Path, kills: Tally
) -> None:
    several = next(one for one in SCENARIOS if one.name == "several files")
    found = Sweep(several, scratch).double(then=harness.abort)
    kills.add(found)
    assert found.bad == []


def test_a_session_ends_at_least_a_thousand_processes(
    request: pytest.FixtureRequest, kills: Tally
) -> None:
    here = sum(1 for one in request.session.items if one.path == request.path)
    if here < 3 * len(SCENARIOS):
        pytest.skip("only a few sweeps were selected")
    assert kills.kills >= _AT_LEAST
    assert kills.bad == []
