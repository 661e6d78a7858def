"""Steps that fail, in any place and of anything: what was done is taken back, and no secret is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from blastradius.adapters.base import Prepared
from blastradius.errors import UNCOMPENSATED, BlastRadiusError, CompensationError
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World
from tests.crash.harness import in_memory
from tests.crash.scenarios import (
    many_files,
    one_file,
    ref,
    table,
    take_a_file,
    take_settings,
    take_the_ref,
    take_the_table,
)
from tests.crash.toys import FilesToy
from tests.faults.engineworld import DisturbedWorld, Small
from tests.gitworld import run_git

_SECRET = "postgresql://app:hunter2@db/app"  # noqa: S105 - a canary
_METHODS = ("probe", "prepare", "act", "verify", "settle")


class OurBugError(BaseException):
    """Nothing that anybody catches: what ends the process."""


class Breaking(FilesToy):
    """An adapter that dies in one of its methods, from its n-th call on."""

    def __init__(self, method: str, error: Callable[[], NoReturn], *, after: int = 0) -> None:
        self._method = method
        self._error = error
        self._left = after

    def _reach(self, method: str) -> None:
        if method == self._method:
            self._left -= 1
            if self._left < 0:
                self._error()

    def probe(self, step: Step, world: World) -> Fingerprint:
        self._reach("probe")
        return super().probe(step, world)

    def prepare(self, step: Step, world: World) -> Prepared:
        prepared = super().prepare(step, world)
        self._reach("prepare")
        return prepared

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        super().act(step, prepared, world)
        self._reach("act")

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        self._reach("verify")
        return super().verify(step, prepared, world)

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        self._reach("compensate")
        super().compensate(step, prepared, world)

    def settle(self, step: Step, prepared: Prepared, world: World) -> None:
        self._reach("settle")
        super().settle(step, prepared, world)


def _raising(error: BaseException) -> Callable[[], NoReturn]:
    def work() -> NoReturn:
        raise error

    return work


def _deep() -> NoReturn:
    _deep()


def _exit() -> NoReturn:
    sys.exit(_SECRET)


_ERRORS = {
    "ValueError": _raising(ValueError(_SECRET)),
    "OSError": _raising(OSError(5, "Input/output error", "/some/where")),
    "AssertionError": _raising(AssertionError(_SECRET)),
    "MemoryError": _raising(MemoryError()),
    "RecursionError": _deep,
    "SystemExit": _exit,
    "UnicodeDecodeError": _raising(UnicodeDecodeError("utf-8", _SECRET.encode(), 0, 1, _SECRET)),
    "StopIteration": _raising(StopIteration(_SECRET)),
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


def _as_broken(root: Path) -> Step:
    return msgspec.structs.replace(one_file(root, "broken"), adapter="broken")


@pytest.mark.parametrize("error", _ERRORS)
@pytest.mark.parametrize("method", _METHODS)
def test_an_adapter_that_dies_of_anything_costs_nothing(
    method: str, error: str, memory: Path
) -> None:
    # The probe of the plan, the one that checks all, then that before the act.
    after = 2 if method == "probe" else 0
    broken = Breaking(method, _ERRORS[error], after=after)
    small = Small.of(memory / "world", many_files, _as_broken, broken=broken)
    run = small.begin()
    ended = {"settle": {"done"}, "prepare": {"refused"}}.get(method, {"restored", "stuck"})
    assert run.state in ended
    if run.state != "done":
        assert (small.seen() == small.original) is (run.state != "stuck")
        assert run.why
        assert not run.rolled_back
    told = msgspec.json.encode(run).decode() + json.dumps(
        [msgspec.to_builtins(one) for one in small.records()]
    )
    assert "hunter2" not in told


def test_what_ends_the_process_leaves_a_run_that_goes_on(memory: Path) -> None:
    small = Small.of(
        memory / "world", many_files, _as_broken, broken=Breaking("act", _raising(OurBugError()))
    )
    with pytest.raises(OurBugError):
        small.begin()
    healed = Small(small.root, small.plan, {**small.adapters, "broken": FilesToy()}, small.original)
    assert healed.resume().state == "done"


def test_a_way_back_that_fails_is_told_and_succeeds_once_its_cause_is_mended(memory: Path) -> None:
    cannot = Breaking("compensate", _raising(ValueError(_SECRET)))
    small = Small.of(memory / "world", _as_broken, many_files, broken=cannot)
    worse = Small(
        small.root, small.plan, {**small.adapters, "files": Breaking("act", _exit)}, small.original
    )
    run = worse.begin()
    assert run.state == "stuck"
    assert not run.rolled_back
    assert run.restored_to.type == "none"
    assert run.confidence == "none"
    assert "could not be brought back (step broken)" in run.why
    assert "hunter2" not in msgspec.json.encode(run).decode()
    assert any("blastradius resume" in one for one in run.next_actions)
    # What could be brought back without it, was: only the one step is left.
    assert [one.state for one in run.steps] == ["taking back", "taken back"]
    assert small.resume().state == "stuck"
    healed = Small(small.root, small.plan, {**small.adapters, "broken": FilesToy()}, small.original)
    run = healed.resume()
    assert (run.state, run.restored_to.type) == ("restored", "original")
    assert small.seen() == small.original


def test_the_error_of_a_way_back_that_failed_ends_a_command_with_its_own_code() -> None:
    assert CompensationError("").exit_code == UNCOMPENSATED
    assert issubclass(CompensationError, BlastRadiusError)


@pytest.mark.parametrize(
    ("make", "interfere"),
    [
        (one_file, take_settings),
        (many_files, take_a_file),
        (table, take_the_table),
        (ref, take_the_ref),
    ],
)
def test_what_changed_since_the_plan_is_refused_and_stays(
    make: Callable[[Path], Step], interfere: Callable[[Path], dict[str, object]], memory: Path
) -> None:
    small = Small.of(memory / "world", make)
    interfere(small.root)
    theirs = small.seen()
    run = small.begin()
    assert run.state == "refused"
    assert "not as it was planned for" in run.why
    assert run.restored_to.type == "original"
    assert small.seen() == theirs
    assert [one.kind for one in small.records()] == ["PLAN", "NOTE", "END"]


def test_what_changes_while_a_run_prepares_is_refused_and_stays(memory: Path) -> None:
    undisturbed = Small.of(memory / "undisturbed", many_files, table)
    undisturbed.begin(ticking := undisturbed.world)
    announced = [n for n, what in enumerate(ticking.ticks) if what == "append journal.jsonl"]
    for n in range(1, announced[2] + 1):
        small = Small.of(memory / f"{n}", many_files, table)
        theirs: dict[str, object] = {}

        def write(what: str, small: Small = small, theirs: dict[str, object] = theirs) -> None:
            del what
            theirs.update(take_the_table(small.root))

        run = small.begin(DisturbedWorld(small.root, n, write))
        assert run.state in {"refused", "restored"}, n
        seen = small.seen()
        assert theirs
        assert theirs.items() <= seen.items()
        assert {key: seen[key] for key in ("a.txt", "b.txt", "new.txt")} == {
            key: small.original[key] for key in ("a.txt", "b.txt", "new.txt")
        }


def _take(root: Path, what: str) -> None:
    del what
    take_the_ref(root)


def test_a_ref_that_moves_at_any_moment_of_a_run_keeps_its_new_place(memory: Path) -> None:
    """Where the system compares and swaps in one step, no moment is too late."""
    undisturbed = Small.of(memory / "undisturbed", ref, many_files)
    undisturbed.begin(ticking := undisturbed.world)
    end = ticking.ticks.index("update-ref refs/heads/release") + 1
    for n in range(1, end + 1):
        small = Small.of(memory / f"{n}", ref, many_files)
        world = DisturbedWorld(small.root, n, partial(_take, small.root))
        run = small.begin(world)
        theirs = run_git(small.tree, "log", "-1", "--format=%s", "release")
        assert theirs == "somebody else's", n
        assert run.state in {"refused", "stuck"}
        assert not run.rolled_back
