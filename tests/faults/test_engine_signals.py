"""^C, a request to end, and a clock that jumps: the journal stays whole, and the run can be gone on with."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from blastradius.engine import journal as log
from blastradius.engine import runs
from blastradius.errors import BlastRadiusError
from tests.crash.harness import CountingWorld, in_memory
from tests.crash.scenarios import many_files, table
from tests.faults.engineworld import DisturbedWorld, Small
from tests.processes import code_of, in_child

_INTERRUPTED = 130


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


def _interrupted(small: Small, n: int, number: int) -> int:
    """Begin a run in another process that gets a signal at its n-th tick; return how that ended."""
    world = DisturbedWorld(small.root, n, lambda _: os.kill(os.getpid(), number))

    def work() -> None:
        try:
            small.begin(world)
        except KeyboardInterrupt:
            os._exit(_INTERRUPTED)

    return code_of(in_child(work))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_anywhere_leaves_a_whole_journal_and_a_run_that_goes_on(
    number: int, memory: Path
) -> None:
    undisturbed = Small.of(memory / "undisturbed", many_files, table)
    points = undisturbed.points()
    reached = undisturbed.seen()
    ended: set[str] = set()
    for n in range(1, points + 1):
        small = Small.of(memory / f"{n}", many_files, table)
        code = _interrupted(small, n, number)
        # Before the run takes the signals they are the process's own.
        assert code in {0, _INTERRUPTED, -number}, n
        folder = small.world.folder
        if not (folder / log.NAME).exists():
            assert small.seen() == small.original
            continue
        raw = (folder / log.NAME).read_bytes()
        assert log.parse(raw, "")[1] == len(raw), "the last record is torn"
        if not raw:
            continue
        stopped_at = small.records()[-1].kind
        if code == _INTERRUPTED and any(one.kind == "INTENT" for one in small.records()):
            assert stopped_at in {"DONE", "INTENT"}
        run = small.resume()
        ended.add(run.state)
        assert small.seen() == (reached if run.state == "done" else small.original), n
    assert ended == {"done", "refused"}


def test_a_signal_during_an_act_is_heeded_when_the_step_is_done(memory: Path) -> None:
    undisturbed = Small.of(memory / "undisturbed", many_files, table)
    world = undisturbed.world
    undisturbed.begin(world)
    small = Small.of(memory / "world", many_files, table)
    during = world.ticks.index("rename b.txt") + 1
    assert _interrupted(small, during, signal.SIGTERM) == _INTERRUPTED
    assert [one.kind for one in small.records()][-2:] == ["INTENT", "DONE"]
    assert runs.verify(small.world, loader=small.load).state == "unfinished"
    assert small.resume().state == "done"
    assert small.seen() == undisturbed.seen()


def test_a_signal_that_was_ignored_before_stays_ignored(memory: Path) -> None:
    small = Small.of(memory / "world", many_files)
    was = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        world = DisturbedWorld(small.root, 40, lambda _: os.kill(os.getpid(), signal.SIGHUP))
        assert small.begin(world).state == "done"
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, was)


class JumpingClock(dt.datetime):
    """Each look at it says another day, mostly an earlier one."""

    looks = 0

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        cls.looks += 1
        days = (0, -400, 9000, -10000, 3)[cls.looks % 5]
        return dt.datetime(2026, 1, 1, tzinfo=tz) + dt.timedelta(days=days)


def test_a_clock_that_jumps_changes_nothing(memory: Path) -> None:
    with patch.object(dt, "datetime", JumpingClock):
        small = Small.of(memory / "world", many_files, table)
        dies = CountingWorld(small.root, left=70)
        assert code_of(in_child(lambda: small.begin(dies))) == -signal.SIGKILL
        with pytest.raises(BlastRadiusError, match="is not finished"):
            small.begin(CountingWorld(small.root, runs.new_id()))
        assert small.resume().state == "done"
        assert small.abort().state == "restored"
        assert small.seen() == small.original
        ids = {runs.new_id() for _ in range(20)}
    assert len(ids) == 20
    times = [one.at for one in small.records()]
    assert times != sorted(times)
    assert [line.state for line in runs.listing(small.world.repo).runs] == ["restored"]
