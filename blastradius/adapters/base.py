"""What an adapter is: a module that probes, prepares, acts, verifies and compensates.

The engine's protocol (write-ahead, as in ARIES; compensation as in a saga) rests on these promises,
which one contract test checks over every adapter:

- `probe` changes nothing. It is what drift, recovery and the refusal to act are judged by.
- `prepare` runs for ALL steps before the first act. It takes the checkpoint and proves it restorable,
  rehearses, and stages whatever takes long or may fail (a build, the commits of a revert), so that
  ``act`` is short. It changes nothing that others see.
- `act` moves the state from ``before`` to ``prepared.wanted``. It is idempotent: on a state that it
  has reached already it does nothing, on one of ``prepared.waypoints`` it goes on from there, and on
  any other it raises `DriftError` with nothing changed.
- `verify` observes the state by another way than ``act`` wrote it. It gives the same leaves as
  `probe`: after the act both are equal to ``prepared.wanted``.
- `compensate` brings ``before`` back from every state that an interrupted ``act`` can leave, and is
  idempotent. What is neither ``before``, a waypoint nor ``wanted`` belongs to somebody else: `DriftError`.
- `settle` runs once the run has ended and was verified: what was staged may go, the checkpoint stays.
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal, Protocol, TypeVar, cast

import msgspec
from msgspec import Struct

from blastradius.errors import UsageError
from blastradius.model.analysis import Analysis
from blastradius.model.plan import Fingerprint, Left, Step
from blastradius.model.source import display_path
from blastradius.world import World

_Args = TypeVar("_Args", bound=Struct)


class Prepared(Struct, frozen=True):
    """What preparing a step gave; it stands in the journal, so it holds no secret.

    Attributes:
        wanted: the state that the act will reach, now known exactly.
        waypoints: states that the act passes through and can go on from, in order.
        kept: name → id of what `compensate` needs: an object of the store, a ref, a commit.
        staged: name → place of what the act will put into effect.
        orphans: what will be left over that nobody refers to, removed only with consent.
        warnings: what was noticed, a sentence each.
        loses: what cannot come back, a sentence each.
    """

    wanted: Fingerprint
    waypoints: tuple[Fingerprint, ...] = ()
    kept: dict[str, str] = {}
    staged: dict[str, str] = {}
    orphans: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


class Request(Struct, frozen=True):
    """What shall be undone, for an adapter that proposes steps.

    Attributes:
        analysis: the range, its effects, and the set that goes.
        at: the commit at HEAD, or the tip that is undone.
        tree: the proven reverted tree; ``at``'s own tree where nothing goes in git.
        wishes: the options of the call that are this domain's, as given: see ``blastradius plan``.
    """

    analysis: Analysis
    at: str
    tree: str
    wishes: Wishes


class Wishes(Struct, frozen=True):
    """What the user said about domains outside git.

    Attributes:
        databases: name → the variable that holds its URL, or a ``sqlite:///`` URL itself; from
            ``--database [NAME=]WHERE`` and the configuration. ``none`` said: ``no_database``.
        no_database: no database exists that could have applied a migration.
        migrations: what becomes of applied migrations: ``auto`` leaves additive ones in place and
            inverts the others by a new one; ``leave``, ``inverse``, ``down`` say it for all.
        domains: only these; empty for all.
        remove_orphans: what is left over and named by nobody may be removed.
    """

    databases: dict[str, str] = {}
    no_database: bool = False
    migrations: Literal["auto", "leave", "inverse", "down"] = "auto"
    domains: tuple[str, ...] = ()
    remove_orphans: bool = False


class Proposal(Struct, frozen=True):
    """What an adapter would do.

    Attributes:
        steps: in the order within each phase.
        left: what it leaves as it is.
        keep: paths of ``at`` that must stay as they are in the tree.
        add: path → content of files that the reverted tree gets on top.
        assumptions: what was taken for granted.
        warnings: what a person should know first.
    """

    steps: tuple[Step, ...] = ()
    left: tuple[Left, ...] = ()
    keep: tuple[str, ...] = ()
    add: dict[str, bytes] = {}
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Proposer(Protocol):
    """What an adapter of state outside git has besides."""

    def propose(self, request: Request, world: World) -> Proposal:
        """Return the steps for what the range did to this kind of state.

        Read-only, and the same for the same tree, wishes and live state.
        """
        ...


class Adapter(Protocol):
    """The module-level interface of an adapter. Errors: see `blastradius.errors`."""

    def probe(self, step: Step, world: World) -> Fingerprint:
        """Return the state of the step's target as it is now; read-only."""
        ...

    def prepare(self, step: Step, world: World) -> Prepared:
        """Take the checkpoint, prove it, rehearse, stage. See the module's text."""
        ...

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        """Bring the target to ``prepared.wanted``; idempotent."""
        ...

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        """Return the state as a way that shares nothing with ``act`` sees it."""
        ...

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        """Bring ``step.before`` back; idempotent."""
        ...

    def settle(self, step: Step, prepared: Prepared, world: World) -> None:
        """Remove what was staged; never fails for what is gone already."""
        ...


def arguments(step: Step, kind: type[_Args], called: str) -> _Args:
    """Return the arguments of a step as the adapter's own type; ``called`` is the step in words.

    Raises:
        UsageError: they are not of it: a plan may come from a file of somebody else's.
    """
    try:
        return msgspec.convert(step.args, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{called} is malformed: {error}", "make the plan again") from error


def load(name: str) -> Adapter:
    """Return the adapter of a step, by its dotted name below ``blastradius.adapters``.

    Raises:
        UsageError: no adapter has that name.
    """
    if name not in ADAPTERS:
        raise UsageError(
            f"the plan has a step for {display_path(name)!r}, which no adapter is called",
            f"make the plan again; there are {', '.join(ADAPTERS)}",
        )
    return cast("Adapter", import_module(f"blastradius.adapters.{name}"))


ADAPTERS = ("artifacts", "code", "database")
"""A name in a plan is never imported unless it stands here."""
