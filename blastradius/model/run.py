"""A run: the records of its journal, and what came of it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from blastradius.model.plan import Plan

SCHEMA = "blastradius/run/1"
LIST_SCHEMA = "blastradius/runs/1"
ON_REQUEST = "blastradius abort was asked for"
"""Why a run was taken back that nothing went wrong with."""

Kind = Literal[
    "PLAN", "CKPT", "INTENT", "DONE", "ABORT", "CINTENT", "COMP", "VERIFY", "END", "NOTE"
]
Ending = Literal["done", "restored", "refused", "interrupted", "left"]
Stage = Literal["planned", "prepared", "begun", "done", "taking back", "taken back"]
State = Literal["planned", "unfinished", "done", "restored", "refused", "stuck", "left"]


class Record(Struct, frozen=True):
    """One line of a journal. ``h`` is the SHA-256 over everything else, ``prev`` the one before.

    PLAN: the run begins; ``data`` has the plan's id and the consents. CKPT: a step is prepared.
    INTENT: an act may have begun from here on. DONE: it was verified. ABORT: from here on everything
    is taken back. CINTENT, COMP: the same as INTENT and DONE for taking back; a COMP is never undone.
    VERIFY: what a check of the whole gave. END: how the run ended. NOTE: what was noticed.
    ``at`` is the clock's word, for people only.
    """

    v: int
    seq: int
    at: str
    run: str
    kind: Kind
    step: str
    data: dict[str, Any]
    prev: str
    h: str


class RestoredTo(Struct, frozen=True):
    """What the state is now: ``type`` reverted (the plan's goal) or original; ``time`` ISO 8601."""

    checkpoint: str
    type: Literal["reverted", "original", "none"]
    time: str


class Change(Struct, frozen=True):
    """One thing that was put right: the resource, the adapter's verb, a sentence."""

    what: str
    operation: str
    summary: str


class Verification(Struct, frozen=True):
    """Digests over the states of all steps' targets: before the run, after it, and as it should be.

    ``after`` is empty where nothing was looked at; ``differing`` are the resources that are not as
    expected.
    """

    before: str
    after: str
    expected: str
    match: bool
    differing: tuple[str, ...] = ()


class Proven(Struct, frozen=True):
    """A claim and the record of the journal that it rests on."""

    claim: str
    seq: int
    h: str


class StepOutcome(Struct, frozen=True):
    """How far one step came."""

    id: str
    target: str
    summary: str
    state: Stage


class Run(Struct, frozen=True):
    """What a rollback came to; the same whether it was asked for, resumed, aborted or only shown.

    Attributes:
        schema: `SCHEMA`.
        id: the run's id; empty for a dry run.
        plan: what was, or would be, carried out.
        state: planned: nothing was done. unfinished: stopped between two steps: resume or abort it.
            done. restored: it failed or was aborted, and the original state is back. refused: it ended
            before the first act. stuck: taking back failed, a person must act. left: a person took over
            and ended it where it stood.
        rolled_back: the plan's goal was reached AND verified by a probe that is not the act's.
        restored_to: what the state is now.
        changes_reverted: what was put right.
        verification: the digests.
        warnings: orphans and what else was noticed.
        next_actions: what is left for a person, commands first.
        confidence: certain: all verified, nothing taken for granted; likely: verified under
            ``assumptions``; none: not verified.
        evidence: the journal's records behind each claim.
        assumptions: what was taken for granted.
        why: why it did not end as planned, empty otherwise.
        steps: how far each came.
    """

    schema: str
    id: str
    plan: Plan
    state: State
    rolled_back: bool
    restored_to: RestoredTo
    changes_reverted: tuple[Change, ...] = ()
    verification: Verification = Verification("", "", "", match=False)
    warnings: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    confidence: Literal["certain", "likely", "none"] = "none"
    evidence: tuple[Proven, ...] = ()
    assumptions: tuple[str, ...] = ()
    why: str = ""
    steps: tuple[StepOutcome, ...] = ()


class RunLine(Struct, frozen=True):
    """A run in a list of them. ``began`` is ISO 8601; ``problem`` says why its journal is unreadable."""

    id: str
    state: State
    began: str
    plan: str
    summary: str
    problem: str = ""


class RunList(Struct, frozen=True):
    """All runs of a repository, newest first."""

    schema: str
    runs: tuple[RunLine, ...]
