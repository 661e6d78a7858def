"""Several runners and programs at once: one works, the others are told so; what was left over is ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.adapters.base import Prepared
from blastradius.engine import runs
from blastradius.errors import JOURNAL, JournalError, UsageError
from blastradius.model.plan import Step
from blastradius.world import World
from tests.crash.harness import CountingWorld
from tests.crash.scenarios import many_files, one_file
from tests.crash.toys import FilesToy, tree_of
from tests.faults.engineworld import DisturbedWorld, Small
from tests.processes import code_of, in_child, until

_PATIENCE = 20.0
_SECOND = "20260101T000009-00000c"


def tick_of(what: str, folder: Path) -> int:
    """Return the number of an operation of a run over several files, from 1."""
    small = Small.of(folder / "undisturbed", many_files)
    world = small.world
    small.begin(world)
    return world.ticks.index(what) + 1


@pytest.mark.parametrize("what", ["append journal.jsonl", "rename b.txt", "unlink new.txt"])
def test_a_stopped_runner_keeps_others_out_and_ends_well_when_it_goes_on(
    what: str, tmp_path: Path
) -> None:
    at = tick_of(what, tmp_path)
    small = Small.of(tmp_path / "world", many_files)
    stops = DisturbedWorld(small.root, at, lambda _: os.kill(os.getpid(), signal.SIGSTOP))
    child = in_child(lambda: small.begin(stops))
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
    before = small.seen()
    attempts: tuple[Callable[[], object], ...] = (
        lambda: small.begin(CountingWorld(small.root, _SECOND)),
        small.resume,
        small.abort,
    )
    for attempt in attempts:
        with pytest.raises(JournalError, match=f"runner is at work: process {child}") as told:
            attempt()
        assert told.value.exit_code == JOURNAL
    assert small.seen() == before
    os.kill(child, signal.SIGCONT)
    assert code_of(child) == 0
    assert runs.look(small.world.home, small.world.run)
    assert small.resume().state == "done"


def test_a_run_that_waits_keeps_others_from_beginning_until_it_is_ended_or_left(
    tmp_path: Path,
) -> None:
    small = Small.of(tmp_path / "world", many_files)
    dies = CountingWorld(small.root, left=tick_of("rename b.txt", tmp_path))
    assert code_of(in_child(lambda: small.begin(dies))) == -signal.SIGKILL
    with pytest.raises(JournalError, match="is not finished") as told:
        small.begin(CountingWorld(small.root, _SECOND))
    assert "resume" in told.value.hint
    assert "abort" in told.value.hint
    here = small.seen()
    assert runs.leave(small.world).state == "left"
    assert small.seen() == here
    with pytest.raises(UsageError, match="has ended"):
        runs.leave(small.world)
    # It was left in the middle, so that the plan fits no longer; but it stands in nobody's way.
    assert small.begin(CountingWorld(small.root, _SECOND)).state == "refused"


class ByProgram(FilesToy):
    """Files that a program changes, late; it starts another that would do so as well."""

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        if (world.home / "slow").exists():
            script = "(sleep 3; echo late > settings.txt) & sleep 3; echo late > settings.txt"
            world.command("sh", ("-c", script), cwd=tree_of(world), ours=True)
        super().act(step, prepared, world)


def test_a_program_that_outlives_its_killed_runner_is_ended_before_anybody_goes_on(
    tmp_path: Path,
) -> None:
    small = Small.of(tmp_path / "world", one_file, files=ByProgram())
    home = small.world.home
    home.mkdir()
    (home / "slow").touch()
    child = in_child(lambda: small.begin(small.world))
    until(lambda: any(one.read_text().strip() for one in home.glob("running/*")))
    group = int(next(home.glob("running/*")).read_text())
    os.kill(child, signal.SIGKILL)
    code_of(child)
    os.killpg(group, 0)  # it lives on, and would write
    (home / "slow").unlink()
    run = small.resume()
    assert run.state == "done"
    until(lambda: not _lives(group))
    assert (small.tree / "settings.txt").read_text() == "old settings\n"
    assert list(home.glob("running/*")) == []


class LeavesADaemon(FilesToy):
    """A build whose daemon stays, as those of some tools do, with all files open that it inherited."""

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        script = "setsid sh -c 'sleep 5' >/dev/null 2>&1 & exit 0"
        for _ in range(2):
            world.command("sh", ("-c", script), cwd=tree_of(world), ours=True)
        super().act(step, prepared, world)


def test_a_daemon_that_a_program_leaves_keeps_nobody_waiting(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file, files=LeavesADaemon())
    began = time.monotonic()
    assert small.begin().state == "done"
    assert small.abort().state == "restored"
    assert time.monotonic() - began < _PATIENCE


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
