"""What every adapter promises (`blastradius.adapters.base`), over one small situation of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from blastradius.adapters.base import ADAPTERS, Prepared, load
from blastradius.errors import DriftError
from blastradius.git.repository import Repository
from blastradius.world import World
from tests.situations import SITUATIONS, Situation

EVERY = sorted(SITUATIONS)


class StoppedError(OSError):
    """What the world raises at the chosen operation."""


class Failing(World):
    """A world whose n-th operation fails; None counts only."""

    left: int | None = None
    ticks = 0

    def tick(self, what: str) -> None:
        self.ticks += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise StoppedError(28, "No space left on device", what)


@pytest.fixture(params=EVERY)
def situation(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Situation]:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    with SITUATIONS[request.param](tmp_path) as found:
        yield found


@pytest.fixture
def world(situation: Situation) -> Failing:
    return Failing(
        Repository.open(situation.repo),
        "20260101T000000-abcdef",
        allowed=frozenset(situation.step.exec),
        environment=situation.environment,
    )


def test_every_adapter_has_a_situation() -> None:
    assert {name.partition(" ")[0] for name in SITUATIONS} == set(ADAPTERS)


def test_probing_sees_the_planned_state_and_changes_nothing(
    situation: Situation, world: Failing
) -> None:
    adapter = load(situation.step.adapter)
    before = situation.look()
    assert adapter.probe(situation.step, world) == situation.step.before
    assert adapter.probe(situation.step, world) == situation.step.before
    assert situation.look() == before
    assert world.ticks == 0


def test_preparing_changes_nothing_that_others_see(situation: Situation, world: Failing) -> None:
    adapter = load(situation.step.adapter)
    before = situation.look()
    prepared = adapter.prepare(situation.step, world)
    assert situation.look() == before
    assert adapter.probe(situation.step, world) == situation.step.before
    # It stands in the journal as JSON, and comes back the same.
    raw = msgspec.json.encode(prepared)
    assert msgspec.json.decode(raw, type=Prepared) == prepared


def test_the_act_reaches_what_was_prepared_and_is_idempotent(
    situation: Situation, world: Failing
) -> None:
    adapter, step = load(situation.step.adapter), situation.step
    prepared = adapter.prepare(step, world)
    adapter.act(step, prepared, world)
    assert adapter.probe(step, world) == prepared.wanted != step.before
    assert adapter.verify(step, prepared, world) == prepared.wanted
    after = situation.look()
    adapter.act(step, prepared, world)
    assert situation.look() == after
    situation.check()


def test_compensating_brings_all_back_and_is_idempotent(
    situation: Situation, world: Failing
) -> None:
    adapter, step = load(situation.step.adapter), situation.step
    before = situation.look()
    prepared = adapter.prepare(step, world)
    adapter.act(step, prepared, world)
    for _ in range(2):
        adapter.compensate(step, prepared, world)
        assert adapter.probe(step, world) == step.before
        assert situation.look() == before
    # And the other way round: what was never done is not undone.
    adapter.act(step, prepared, world)
    assert adapter.probe(step, world) == prepared.wanted


def test_an_act_that_fails_anywhere_can_be_taken_back_or_gone_on_with(
    situation: Situation, world: Failing
) -> None:
    adapter, step = load(situation.step.adapter), situation.step
    before = situation.look()
    prepared = adapter.prepare(step, world)
    world.ticks = 0
    adapter.act(step, prepared, world)
    whole = world.ticks
    assert whole > 0
    adapter.compensate(step, prepared, world)
    for number in range(whole):
        for go_on in (False, True):
            world.left = number
            with pytest.raises(Exception):  # noqa: B017, PT011 - each adapter says it in its words
                adapter.act(step, prepared, world)
            world.left = None
            if go_on:
                adapter.act(step, prepared, world)
                assert adapter.verify(step, prepared, world) == prepared.wanted
            adapter.compensate(step, prepared, world)
            assert situation.look() == before, f"after operation {number}"


def test_a_foreign_change_is_refused_and_left_alone(situation: Situation, world: Failing) -> None:
    adapter, step = load(situation.step.adapter), situation.step
    prepared = adapter.prepare(step, world)
    situation.disturb()
    before = situation.look()
    assert adapter.probe(step, world) != step.before
    with pytest.raises(DriftError):
        adapter.act(step, prepared, world)
    with pytest.raises(DriftError):
        adapter.compensate(step, prepared, world)
    assert situation.look() == before


def test_settling_removes_what_was_staged_and_nothing_else(
    situation: Situation, world: Failing
) -> None:
    adapter, step = load(situation.step.adapter), situation.step
    prepared = adapter.prepare(step, world)
    adapter.act(step, prepared, world)
    after = situation.look()
    for _ in range(2):
        adapter.settle(step, prepared, world)
    assert situation.look() == after
    assert adapter.verify(step, prepared, world) == prepared.wanted
