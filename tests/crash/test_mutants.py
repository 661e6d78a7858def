"""Negative controls: each broken link of the protocol is found by a sweep that the true one passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.blackout import Forgets, blackouts
from tests.crash.harness import Scenario, Sweep, Tally
from tests.crash.mutants import MUTANTS, Mutant
from tests.crash.scenarios import SCENARIOS

_by_name = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name.partition(" ")[0])


@_by_name
def test_a_broken_link_is_found(mutant: Mutant, scratch: Path, kills: Tally) -> None:
    # What the undisturbed run is like, the true protocol says.
    sweep = Sweep(mutant.scenario(whole=False), scratch)
    with mutant.broken():
        found = mutant.sweep(sweep)
    kills.kills += found.kills
    assert found.bad


@_by_name
def test_the_true_protocol_passes_where_a_broken_link_is_found(
    mutant: Mutant, scratch: Path, kills: Tally
) -> None:
    found = mutant.sweep(Sweep(mutant.scenario(whole=True), scratch))
    kills.add(found)
    assert found.bad == []


_FILES = [one for one in SCENARIOS if one.name in {"one file", "several files"}]
_of_files = pytest.mark.parametrize("scenario", _FILES, ids=lambda one: one.name)


@_of_files
def test_a_loss_of_power_at_any_moment_leaves_what_can_be_gone_on_with(
    scenario: Scenario, scratch: Path
) -> None:
    found = blackouts(Sweep(scenario, scratch))
    assert found.bad == []


@_of_files
@pytest.mark.parametrize("forgotten", ["the journal's bytes", "all bytes", "names"])
def test_m8_a_missing_fsync_is_found(scenario: Scenario, forgotten: Forgets, scratch: Path) -> None:
    found = blackouts(Sweep(scenario, scratch), forgotten)
    assert found.bad
