"""A plan: the steps of an undo, which the dry run shows and the executor reads.

Both read the same list, so that they cannot drift apart. A plan is a value: the same repository, the
same wishes and the same state outside give the same bytes, and its id is the digest of these.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from msgspec import Struct

from blastradius.model.analysis import Evidence, Reversibility

SCHEMA = "blastradius/plan/1"
_CONFIRM = 16

_encoder = msgspec.json.Encoder(order="sorted")


Phase = Literal["provide", "switch", "rebuild", "release"]
PHASES: tuple[Phase, ...] = ("provide", "switch", "rebuild", "release")
"""First what the older code needs comes back, then the code is switched, what is built from it is
rebuilt, and last goes what only the newer code used: after each step everything that the running code
requires is there."""


class Fingerprint(Struct, frozen=True):
    """Observed state: resource → digest of its normalised form; what is absent has no leaf.

    The leaves make a mismatch name its resources. Secrets stand as keyed digests only.
    """

    leaves: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """The SHA-256 over all leaves, 64 hex digits."""
        return hashlib.sha256(_encoder.encode(self.leaves)).hexdigest()

    def differing(self, other: Fingerprint) -> tuple[str, ...]:
        """Return the resources that are not the same in both, sorted."""
        names = self.leaves.keys() | other.leaves.keys()
        return tuple(sorted(one for one in names if self.leaves.get(one) != other.leaves.get(one)))

    def is_between(self, one: Fingerprint, other: Fingerprint) -> bool:
        """Tell whether each resource is as in ``one`` or as in ``other``: what a stopped act leaves."""
        names = self.leaves.keys() | one.leaves.keys() | other.leaves.keys()
        return all(
            self.leaves.get(name) in (one.leaves.get(name), other.leaves.get(name))
            for name in names
        )


class Step(Struct, frozen=True):
    """One action of one adapter on one resource; at most one step of a plan has a given target.

    Attributes:
        id: unique within the plan: letters, digits and dashes.
        adapter: the module below ``blastradius.adapters`` that carries it out, dotted.
        domain: the kind of state, as in `Effect.domain`.
        tool: what wrote that state: git, vite, alembic.
        target: the resource in words: ``refs/heads/main``, ``web/dist``, a database's name.
        action: a verb of the adapter.
        summary: one sentence for a person.
        args: what the adapter needs, as JSON; each adapter defines their type. Never a secret.
        before: the state that was planned for. Anything else at the time of the act is drift.
        wanted: the state after it, None where only preparing tells (a rebuild, a rehearsal).
        reversibility: of the step itself: can what it does be taken back?
        evidence: the places that say why.
        exec: the programs of the repository's own that it runs; each needs ``--allow-exec``.
        preview: text that is consented to: DDL, a rendered migration; empty where there is none.
        loses: what no later action brings back, a sentence each.
        verify: how one sees that it took.
        phase: where it stands among the others: see `PHASES`.
        timeout: seconds that one command or statement of it may take.
    """

    id: str
    adapter: str
    domain: str
    tool: str
    target: str
    action: str
    summary: str
    args: dict[str, Any]
    before: Fingerprint
    wanted: Fingerprint | None
    reversibility: Reversibility
    evidence: tuple[Evidence, ...] = ()
    exec: tuple[str, ...] = ()
    preview: str = ""
    loses: tuple[str, ...] = ()
    verify: str = ""
    phase: Phase = "switch"
    timeout: int = 900

    @property
    def confirm(self) -> str:
        """What ``--confirm ID:HASH`` must say to let an irreversible step run, 16 hex digits."""
        return hashlib.sha256(_encoder.encode(self)).hexdigest()[:_CONFIRM]


class Left(Struct, frozen=True):
    """What the plan leaves as it is: by default, or since no adapter can change it, and why.

    ``by_hand`` says what a person would do, empty where leaving it is right.
    """

    domain: str
    tool: str
    target: str
    what: str
    why: str
    reversibility: Reversibility
    by_hand: str = ""
    evidence: tuple[Evidence, ...] = ()


class Plan(Struct, frozen=True):
    """Steps in the order in which they are carried out.

    Attributes:
        schema: `SCHEMA`.
        id: digest of all other fields, 64 hex digits.
        base: the commit before the range, full id.
        head: the commit at its end, full id.
        at: what HEAD was when it was planned, full id; None before the first commit.
        goal: what was asked to go, full ids or atoms.
        level: what is undone as one.
        steps: see `Step`.
        left: see `Left`.
        assumptions: what was taken for granted, a sentence each.
        warnings: what a person should know first, a sentence each.
    """

    schema: str
    id: str
    base: str
    head: str
    at: str | None
    goal: tuple[str, ...]
    level: str
    steps: tuple[Step, ...]
    left: tuple[Left, ...] = ()
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def no_return(self) -> str:
        """The id of the first irreversible step, empty where there is none."""
        return next((one.id for one in self.steps if one.reversibility == "irreversible"), "")


def sealed(plan: Plan) -> Plan:
    """Return the plan with its id set to the digest of everything else."""
    return msgspec.structs.replace(plan, id=digest_of(plan))


def digest_of(plan: Plan) -> str:
    """Return the digest that a plan's id must be."""
    bare = msgspec.structs.replace(plan, id="")
    return hashlib.sha256(_encoder.encode(bare)).hexdigest()
