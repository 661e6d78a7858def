"""The protocol with one link broken at a time; the sweeps must find each of them.

Each mutant says in which sweep of which scenario it is looked for. The true protocol passes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from unittest.mock import patch

from msgspec import convert, structs

from blastradius.adapters.base import Adapter, Prepared
from blastradius.engine import runs
from blastradius.engine.execute import Execution
from blastradius.engine.journal import Journal
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World
from tests.crash.harness import Scenario, Sweep, Tally
from tests.crash.scenarios import (
    ADAPTERS,
    Make,
    failing,
    folder,
    inside,
    load,
    look,
    many_files,
    one_file,
    take_settings,
    world_of,
)
from tests.crash.toys import FilesTo, FilesToy, sha, tree_of


class IntentAfterAct(Execution):
    """M1: what is about to happen is announced when it has happened."""

    def _announce(self, step: Step) -> None:
        """Not yet."""

    def _act(self, step: Step) -> None:
        super()._act(step)
        super()._announce(step)


class DoneBeforeAct(Execution):
    """M2: a step is recorded as done, then done."""

    def _act(self, step: Step) -> None:
        self._write("DONE", step.id, post="")
        super()._act(step)


class ActsAnew(FilesToy):
    """M3: an act that is not idempotent: done again, it does it again."""

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        for path in convert(step.args, FilesTo).to:
            world.tick(f"append {path}")
            with (tree_of(world) / path).open("a") as file:
                file.write("one more line\n")
        del prepared

    def prepare(self, step: Step, world: World) -> Prepared:
        raw = {
            path: (tree_of(world) / path).read_bytes() for path in convert(step.args, FilesTo).to
        }
        wanted = {path: sha(content + b"one more line\n") for path, content in raw.items()}
        return structs.replace(super().prepare(step, world), wanted=Fingerprint(wanted))


class TornEndStays(Journal):
    """M4: what a crash cut off is not removed before more is written."""

    def cut(self, size: int) -> None:
        """Leave it."""


class CheckpointAnew(Execution):
    """M5: the checkpoint is taken again when a run goes on, of what the act may have left."""

    def _carry_out(self, step: Step) -> None:
        if self.progress.of(step.id).intent is not None:
            self._prepare(step)
        super()._carry_out(step)


class Unlooking(Execution):
    """M6, the engine's half: acts without looking whether the world is still the one planned for."""

    def _refuse_drift(self, step: Step, live: Fingerprint) -> None:
        """Do not look."""


class UnlookingFiles(FilesToy):
    """M6, the adapter's half: writes over whatever is there."""

    def _check_ours(self, step: Step, prepared: Prepared, world: World) -> None:
        """Do not look."""


class OldestFirst(Execution):
    """M7: takes back in the order in which it was done."""

    def _newest_first(self) -> Iterable[Step]:
        return self._plan.steps


@dataclass(frozen=True)
class Mutant:
    """A broken link, and where it is looked for.

    Attributes:
        name: of the links in the protocol's description.
        steps: of the scenario.
        ends: how the scenario ends when nothing is ended.
        sweep: what finds it.
        execution, journal: the class that has the broken link, where the engine has it.
        files: the adapter that has it, where an adapter has it.
    """

    name: str
    steps: tuple[Make, ...]
    sweep: Callable[[Sweep], Tally]
    ends: str = "done"
    execution: type[Execution] = Execution
    journal: type[Journal] = Journal
    files: Adapter = ADAPTERS["files"]

    def broken(self) -> AbstractContextManager[object]:
        """Put the broken link into the engine."""
        return patch.multiple(runs, Execution=self.execution, Journal=self.journal)

    def scenario(self, *, whole: bool) -> Scenario:
        """Return the world in which it is looked for; ``whole``: with the true adapter."""

        def loader(name: str) -> Adapter:
            return self.files if name == "files" and not whole else load(name)

        build = world_of(*self.steps)
        return Scenario(self.name, build, loader, look, take_settings, ends=self.ends)


_LAST_FAILS = failing("act, before it did anything")
MUTANTS = (
    Mutant("M1 intent after act", (one_file,), Sweep.single, execution=IntentAfterAct),
    Mutant("M2 done before act", (one_file,), Sweep.single, execution=DoneBeforeAct),
    Mutant("M3 an act that is not idempotent", (one_file,), Sweep.single, files=ActsAnew()),
    Mutant(
        "M4 a torn end stays", (one_file,), lambda one: one.double(torn=True), journal=TornEndStays
    ),
    Mutant(
        "M5 a checkpoint is taken again", (many_files, _LAST_FAILS), Sweep.single, "restored",
        execution=CheckpointAnew,
    ),
    Mutant(
        "M6 nobody compares before it swaps", (one_file,), Sweep.foreign,
        execution=Unlooking, files=UnlookingFiles(),
    ),
    Mutant(
        "M7 the oldest is taken back first", (folder, inside, _LAST_FAILS), Sweep.single, "restored",
        execution=OldestFirst,
    ),
)  # fmt: skip
