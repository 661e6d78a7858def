"""Crash sweeps: a run is ended by SIGKILL before its n-th operation, for every n, and gone on with.

A `Scenario` is a small world and a plan. For every point at which its run can be ended the sweeps ask:
does going on reach the ending that the undisturbed run has, is the world then the target or the
original, byte by byte, and was no person needed? The double sweeps end the recovery as well, at every
point that it has.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from blastradius.adapters.base import Adapter
from blastradius.engine import journal as log
from blastradius.engine import runs
from blastradius.errors import (
    BlastRadiusError,
    CompensationError,
    DriftError,
    JournalError,
    UsageError,
)
from blastradius.git.repository import Repository
from blastradius.model.plan import Plan
from blastradius.model.run import Run
from blastradius.world import World
from blastradius.world.files import Files
from tests.processes import code_of, in_child

RUN = "20260101T000000-00000a"
_CURRENT = "current"
_SECOND_RUN = "20260101T000001-00000b"
_WHOLE = os.environ.get("BLASTRADIUS_SWEEP") == "whole"
"""Take every point in the double sweeps: three times as long."""
State = Mapping[str, object]
Operation = Callable[[Plan, World, runs.Loader], Run]


def begin(plan: Plan, world: World, loader: runs.Loader) -> Run:
    """Carry out the plan."""
    return runs.begin(plan, world, confirmed=(), loader=loader)


def resume(plan: Plan, world: World, loader: runs.Loader) -> Run:
    """Go on with the run."""
    del plan
    return runs.resume(world, loader=loader)


def abort(plan: Plan, world: World, loader: runs.Loader) -> Run:
    """Take the run back."""
    del plan
    return runs.abort(world, loader=loader)


@dataclass(frozen=True)
class Scenario:
    """A world and what is done to it.

    Attributes:
        name: for the report.
        build: makes the world below a folder, and returns the plan.
        load: returns the adapter of a name.
        look: what an outsider sees of the world; shares nothing with the adapters.
        interfere: somebody else's change, and what must then be seen for ever of it.
        ends: how an undisturbed run ends.
        operation: what is ended; `begin`, or `abort` of a run that was carried out before.
        stride: of the points at which the run is ended first, the double sweep takes every so many.
        every: of the points before other operations than the journal's, single sweeps take so many.
    """

    name: str
    build: Callable[[Path], Plan]
    load: Callable[[str], Adapter]
    look: Callable[[Path], State]
    interfere: Callable[[Path], State] | None = None
    ends: str = "done"
    operation: Operation = begin
    stride: int = 1
    every: int = 1


@dataclass
class Tally:
    """What a sweep did and found."""

    kills: int = 0
    trials: int = 0
    bad: list[str] = field(default_factory=list)

    def take(self, found: str | None, where: str) -> None:
        self.trials += 1
        if found:
            self.bad.append(f"{where}: {found}")

    def add(self, other: Tally) -> None:
        self.kills += other.kills
        self.trials += other.trials
        self.bad += other.bad


class TornFiles(Files):
    """Files whose last append before the end of the process is half written."""

    def __init__(self, world: CountingWorld) -> None:
        super().__init__(world.tick)
        self._world = world

    def append(self, path: Path, content: bytes) -> None:
        if self._world.left == 1:
            with path.open("ab", buffering=0) as file:
                file.write(content[: len(content) // 2])
        super().append(path, content)


class CountingWorld(World):
    """A world that counts its ticks and ends the process before the last of ``left``; 0 for never."""

    def __init__(self, root: Path, run: str = RUN, *, left: int = 0, torn: bool = False) -> None:
        self.left = left
        self.ticks: list[str] = []
        _make_current(root)
        files = TornFiles(self) if torn else None
        super().__init__(repository(root), run, environment=environment(root), files=files)

    def tick(self, what: str) -> None:
        self.ticks.append(what)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def repository(root: Path) -> Repository:
    """Return the repository of a world, without asking git."""
    git = root / "repo" / ".git"
    return Repository(git, git, root / "repo", "sha1", is_shallow=False)


def _make_current(root: Path) -> None:
    """Let the one name under which the database of every copy is known lead to this copy."""
    link = root.parent / _CURRENT
    link.unlink(missing_ok=True)
    link.symlink_to(root, target_is_directory=True)


def environment(root: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root),
        "BLASTRADIUS_KEY_FILE": str(root / "key"),
        "DATABASE_URL": f"sqlite:///{root.parent / _CURRENT / 'shop.db'}",
    }


def ends_by_kill(work: Callable[[], object]) -> bool:
    """Do something in a fork; tell whether SIGKILL ended it. An error of ours is an end as well."""

    def quietly() -> None:
        with suppress(BlastRadiusError):
            work()

    code = code_of(in_child(quietly))
    assert code in {0, -signal.SIGKILL}, "the child died of an error that is not ours"
    return code != 0


class Sweep:
    """The trials of one scenario below a scratch folder.

    Attributes:
        original, target: what is seen before and after an undisturbed run; equal where it fails.
        points: the ticks of an undisturbed run.
    """

    def __init__(self, scenario: Scenario, scratch: Path) -> None:
        self.scenario = scenario
        self._scratch = scratch
        self._template = scratch / "template"
        self._made = 0
        self._template.mkdir(parents=True)
        self._plan = scenario.build(self._template)
        self.original = scenario.look(self._template)
        if scenario.operation is abort:
            self._do(begin, self._template)
            self.original = scenario.look(self._template)
        with self.copied(self._template) as root:
            world = CountingWorld(root)
            ended = self._do(scenario.operation, root, world)
            assert ended.state == scenario.ends, (ended.state, ended.why)
            self.points = tuple(world.ticks)
            self.target = scenario.look(root)
        moves = scenario.ends == "done" or scenario.operation is abort
        assert (self.target != self.original) is moves

    def single(self, *, torn: bool = False, then: Operation = resume, every: int = 1) -> Tally:
        """End the run at each point, then go on (or take it back).

        Args:
            torn: in the middle of each write to the journal, instead of before each operation.
            then: `resume` or `abort`.
            every: of the points before other operations than the journal's, take every so many.
        """
        tally = Tally()
        for n in self._points(torn=torn, every=every):
            with self._crashed(n, tally, torn=torn) as root:
                tally.take(self.fault_after(root, then), self._where(n, torn=torn))
        return tally

    def double(self, *, torn: bool = False, then: Operation = resume) -> Tally:
        """End the run at each point, and what goes on with it at each of its points."""
        tally = Tally()
        for n in self._points(torn=torn)[:: 1 if _WHOLE else self.scenario.stride]:
            with self._crashed(n, tally, torn=torn) as crashed:
                again, killed = 0, True
                while killed:
                    again += 1
                    with self.copied(crashed) as root:
                        world = CountingWorld(root, left=again)
                        killed = ends_by_kill(lambda: self._do(then, root, world))  # noqa: B023 - used at once
                        tally.kills += killed
                        where = f"{self._where(n, torn=torn)}, then {again}"
                        tally.take(self.fault_after(root, resume, aborting=then is abort), where)
        return tally

    def foreign(self, *, every: int = 1) -> Tally:
        """End the run at each point, let somebody else write, go on: their value must stay."""
        tally = Tally()
        interfere = self.scenario.interfere
        assert interfere is not None
        for n in self._points(torn=False, every=every):
            with self._crashed(n, tally, torn=False) as root:
                theirs = interfere(root)
                with _refusals():
                    self._do(resume, root)
                seen = self.scenario.look(root)
                lost = [name for name, value in theirs.items() if seen.get(name) != value]
                tally.take(f"somebody else's {lost} was lost" if lost else None, self._where(n))
        return tally

    def carry_out(self, world: World) -> None:
        """Do what the scenario does, undisturbed, in a copy of its world."""
        self.scenario.operation(self._plan, world, self.scenario.load)

    def fault_after_blackout(self, root: Path) -> str | None:
        """As `fault_after`; what of a run is lost before its first record is no run."""
        return self.fault_after(root, resume)

    def fault_after(self, root: Path, then: Operation, *, aborting: bool = False) -> str | None:
        """Go on with a run that was ended, and return what is wrong with what came of it.

        Args:
            root: the world that the end of the process left.
            then: `resume` or `abort`.
            aborting: it may have been on its way back, or not yet.
        """
        if not _began(root):
            return self._fault_unbegun(root)
        try:
            run = self._do(then, root)
            last = log.read(CountingWorld(root).folder)[-1]
        except BlastRadiusError as error:
            return f"a person is needed: {error}"
        if run.state == "stuck":
            return f"a person is needed: {run.why}"
        if last.kind != "END":
            return f"the journal ends with {last.kind}"
        wanted = {"restored", "refused"} if then is abort else {self.scenario.ends}
        if aborting or self.scenario.operation is abort:
            wanted |= {self.scenario.ends, "restored", "done"}
        if run.state not in wanted:
            return f"it ended {run.state} ({run.why}), not {self.scenario.ends}"
        return self._fault_in(run, self.scenario.look(root))

    def _fault_in(self, run: Run, seen: State) -> str | None:
        right = self._reached if run.state == "done" else self._unchanged
        if seen != right:
            return f"it ended {run.state}, but {differing(seen, right)} is not as that says"
        if run.rolled_back is not (run.state == "done"):
            return f"it ended {run.state}, and says rolled_back={run.rolled_back}"
        return None

    @property
    def _reached(self) -> State:
        return self.original if self.scenario.operation is abort else self.target

    @property
    def _unchanged(self) -> State:
        return self.target if self.scenario.operation is abort else self.original

    def _fault_unbegun(self, root: Path) -> str | None:
        """A run without its first record did nothing, and stands in nobody's way."""
        try:
            self._do(resume, root)
        except (JournalError, UsageError):
            pass
        else:
            return "it went on with what never began"
        seen = self.scenario.look(root)
        if seen != self.original:
            return f"{differing(seen, self.original)} changed before the run began"
        try:
            run = self._do(begin, root, CountingWorld(root, _SECOND_RUN))
        except BlastRadiusError as error:
            return f"no other run can begin: {error}"
        return None if run.state == self.scenario.ends else f"the next run ended {run.state}"

    def _do(self, operation: Operation, root: Path, world: World | None = None) -> Run:
        return operation(self._plan, world or CountingWorld(root), self.scenario.load)

    def _points(self, *, torn: bool, every: int = 1) -> list[int]:
        every = 1 if _WHOLE else every
        found = [(n, what == f"append {log.NAME}") for n, what in enumerate(self.points, 1)]
        return [n for n, journal in found if journal or (not torn and n % every == 0)]

    def _where(self, n: int, *, torn: bool = False) -> str:
        return f"{self.scenario.name}, {'torn in' if torn else 'before'} {n} {self.points[n - 1]}"

    @contextmanager
    def _crashed(self, n: int, tally: Tally, *, torn: bool) -> Iterator[Path]:
        with self.copied(self._template) as root:
            world = CountingWorld(root, left=n, torn=torn)
            killed = ends_by_kill(lambda: self._do(self.scenario.operation, root, world))
            tally.kills += killed
            if not killed:
                tally.bad.append(f"{self._where(n)} was never reached")
            yield root

    @contextmanager
    def copied(self, of: Path | None = None) -> Iterator[Path]:
        """A copy of a world, of the first one by default, for one trial."""
        self._made += 1
        root = self._scratch / f"trial-{self._made}"
        shutil.copytree(of or self._template, root, symlinks=True)
        yield root
        shutil.rmtree(root)


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory, or another where the system has none."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@contextmanager
def _refusals() -> Iterator[None]:
    """What the engine may say when it meets somebody else's value."""
    try:
        yield
    except (CompensationError, DriftError, JournalError, UsageError):
        return


def _began(root: Path) -> bool:
    path = CountingWorld(root).folder / log.NAME
    return path.exists() and b"\n" in path.read_bytes()


def differing(seen: State, wanted: State) -> str:
    """Return which parts of two states are not the same."""
    names = sorted(seen.keys() | wanted.keys())
    return ", ".join(one for one in names if seen.get(one) != wanted.get(one))
