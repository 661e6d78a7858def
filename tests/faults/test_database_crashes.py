"""An act or a compensation that ends anywhere: what is there then can be gone on from, and taken back."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from blastradius.adapters import database
from blastradius.adapters.base import Prepared
from blastradius.errors import StoppedError
from blastradius.model.plan import Step
from tests.unit.adapters.database.stepping import (
    Run,
    carried,
    dying,
    failing,
    rows_of_shop,
    shop,
)


class DiedError(Exception):
    pass


def _ticks(run: Run, step: Step, prepared: Prepared) -> tuple[int, int]:
    """Return how many operations the act has, and how many the compensation."""
    seen: list[str] = []
    world = run.new_world(heard=seen.append)
    database.act(step, prepared, world)
    acted = len(seen)
    database.compensate(step, prepared, world)
    return acted, len(seen) - acted


def test_an_act_that_fails_at_any_statement_is_taken_back_or_finished(tmp_path: Path) -> None:
    """Where each statement lasts; the contract of adapters tries it on one statement on each kind."""
    run = Run(tmp_path, "mysql")
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)
    acted, _ = _ticks(run, step, prepared)
    states = [step.before, *prepared.waypoints, prepared.wanted]
    assert len(states) == 5

    seen = set()
    for at in range(1, acted + 1):
        with pytest.raises(DiedError):
            database.act(step, prepared, run.new_world(heard=failing(at, DiedError)))
        seen.add(database.probe(step, run.world).digest)
        if at % 2:
            database.act(step, prepared, run.world)
            assert database.verify(step, prepared, run.world) == prepared.wanted, at
        database.compensate(step, prepared, run.world)
        assert database.probe(step, run.world) == step.before, at
        assert rows_of_shop(run) == before, at
    assert seen == {one.digest for one in states}


@pytest.mark.parametrize("kind", ["sqlite", "mysql"])
def test_a_compensation_that_fails_at_any_operation_goes_on_from_there(
    kind: str, tmp_path: Path
) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)
    _, back = _ticks(run, step, prepared)
    assert back >= 3

    for at in range(1, back + 1, 2 if kind == "mysql" else 1):
        database.act(step, prepared, run.world)
        world = run.new_world(heard=failing(at, DiedError))
        with pytest.raises(DiedError):
            database.compensate(step, prepared, world)
        database.compensate(step, prepared, run.world)
        assert database.probe(step, run.world) == step.before, at
        assert rows_of_shop(run) == before, at


def _killed(call: Callable[[], object]) -> bool:
    """Let a forked child do something; whether it was killed while it did."""
    child = os.fork()
    if child == 0:  # pragma: no cover - the child ends itself
        try:
            call()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_process_leaves_a_state_that_another_one_finishes(
    kind: str, tmp_path: Path
) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    before = rows_of_shop(run)
    prepared = database.prepare(step, run.world)
    states = [step.before, *prepared.waypoints, prepared.wanted]

    at, died = 1, 0
    while _killed(partial(database.act, step, prepared, run.new_world(heard=dying(at)))):
        assert database.probe(step, run.world) in states, at
        database.act(step, prepared, run.new_world())
        assert database.probe(step, run.world) == prepared.wanted, at
        database.compensate(step, prepared, run.new_world())
        assert rows_of_shop(run) == before, at
        at, died = at + 2, died + 1
    assert died > 3


def test_what_a_killed_preparation_left_is_dropped(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    step = shop(run)

    def end_on_a_copy(what: str) -> None:
        if what == "sql on a copy":
            os.kill(os.getpid(), signal.SIGKILL)

    world = run.new_world(heard=end_on_a_copy)
    assert _killed(partial(database.prepare, step, world))
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'blastradius%'"
    assert len(run.sql(query)) == 1

    prepared = carried(run, step)
    database.settle(step, prepared, run.world)
    assert run.sql(query) == []


def test_a_disk_that_is_full_while_it_is_prepared_leaves_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, "sqlite")
    step = shop(run)
    before = rows_of_shop(run)
    database.prepare(step, run.world)  # it makes folders that stay
    seen: list[str] = []
    database.prepare(step, run.new_world(heard=seen.append))

    def full() -> OSError:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for at in range(1, len(seen) + 1, 4):
        with pytest.raises((OSError, StoppedError)):
            database.prepare(step, run.new_world(heard=failing(at, full)))
        assert database.probe(step, run.world) == step.before, seen[at - 1]
        assert rows_of_shop(run) == before
        database.settle(step, Prepared(step.before), run.world)
        assert not list((run.world.folder / "scratch").rglob("*.db*")), seen[at - 1]
