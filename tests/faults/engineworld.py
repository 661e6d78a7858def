"""The small worlds of the crash sweeps, for faults that are not the end of the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from blastradius.adapters.base import Adapter
from blastradius.engine import journal as log
from blastradius.engine import runs
from blastradius.model.plan import Plan
from blastradius.model.run import Record, Run
from blastradius.world import World
from tests.crash.harness import RUN, CountingWorld, State, environment, repository
from tests.crash.scenarios import ADAPTERS, Make, look, world_of

Disturb = Callable[[str], None]


class DisturbedWorld(World):
    """A world in which something happens at a tick.

    Args:
        root: the folder that holds it.
        at: the number of the tick, from 1; 0 for none.
        disturb: what happens there.
        on: also at each tick after it.
    """

    def __init__(
        self, root: Path, at: int, disturb: Disturb, *, run: str = RUN, on: bool = False
    ) -> None:
        self._at = at
        self._disturb = disturb
        self._on = on
        self.ticked = 0
        super().__init__(repository(root), run, environment=environment(root))

    def tick(self, what: str) -> None:
        self.ticked += 1
        if self.ticked == self._at or (self._on and 0 < self._at < self.ticked):
            self._disturb(what)


@dataclass(frozen=True)
class Small:
    """A world below a folder and a plan for it."""

    root: Path
    plan: Plan
    adapters: Mapping[str, Adapter]
    original: State

    @classmethod
    def of(cls, root: Path, *steps: Make, **adapters: Adapter) -> Small:
        root.mkdir(exist_ok=True)
        plan = world_of(*steps)(root)
        return cls(root, plan, {**ADAPTERS, **adapters}, look(root))

    @property
    def tree(self) -> Path:
        return self.root / "repo"

    @property
    def world(self) -> CountingWorld:
        return CountingWorld(self.root)

    def load(self, name: str) -> Adapter:
        return self.adapters[name]

    def seen(self) -> State:
        return look(self.root)

    def begin(self, world: World | None = None) -> Run:
        return runs.begin(self.plan, world or self.world, loader=self.load)

    def resume(self, world: World | None = None) -> Run:
        return runs.resume(world or self.world, loader=self.load)

    def abort(self) -> Run:
        return runs.abort(self.world, loader=self.load)

    def records(self) -> list[Record]:
        return log.read(self.world.folder)

    def points(self) -> int:
        """How many ticks a run of the plan has; it is carried out."""
        world = self.world
        self.begin(world)
        return len(world.ticks)
