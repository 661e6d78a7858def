"""What a run came to, from its plan and its journal alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from blastradius.engine.progress import Progress, StepProgress, replay
from blastradius.model.plan import Fingerprint, Plan
from blastradius.model.run import (
    SCHEMA,
    Change,
    Proven,
    Record,
    RestoredTo,
    Run,
    Stage,
    State,
    StepOutcome,
    Verification,
)


def planned(plan: Plan) -> Run:
    """Return the outcome of a dry run: what would be done."""
    return Run(
        schema=SCHEMA,
        id="",
        plan=plan,
        state="planned",
        rolled_back=False,
        restored_to=RestoredTo("", "none", ""),
        verification=_not_looked(plan),
        warnings=plan.warnings,
        next_actions=tuple(one.by_hand for one in plan.left if one.by_hand),
        assumptions=plan.assumptions,
        steps=tuple(StepOutcome(one.id, one.target, one.summary, "planned") for one in plan.steps),
    )


def outcome(plan: Plan, run: str, records: Sequence[Record]) -> Run:
    """Return what came of a run so far."""
    progress = replay(records)
    state = state_of(progress)
    verification = _verification(plan, progress)
    reached = state == "done" and verification.match
    return Run(
        schema=SCHEMA,
        id=run,
        plan=plan,
        state=state,
        rolled_back=reached,
        restored_to=_restored_to(plan, progress, state, reached=reached),
        changes_reverted=tuple(_changes(plan, progress)) if reached else (),
        verification=verification,
        warnings=tuple(dict.fromkeys((*plan.warnings, *progress.warnings, *_left_over(progress)))),
        next_actions=tuple(_next(plan, run, state, progress)),
        confidence=("likely" if plan.assumptions else "certain") if verification.match else "none",
        evidence=tuple(_evidence(records)),
        assumptions=plan.assumptions,
        why=progress.stuck or progress.why,
        steps=tuple(
            StepOutcome(one.id, one.target, one.summary, _stage(progress.of(one.id)))
            for one in plan.steps
        ),
    )


def state_of(progress: Progress) -> State:
    """Return the state that a run's records say."""
    match progress.ended:
        case None:
            return "stuck" if progress.stuck else "unfinished"
        case "interrupted":
            return "refused"
        case ending:
            return ending


def combined(states: Mapping[str, str]) -> str:
    """Return one digest over the states of several targets: step id → digest."""
    return hashlib.sha256(json.dumps(dict(states), sort_keys=True).encode()).hexdigest()


def _not_looked(plan: Plan) -> Verification:
    before = combined({one.id: one.before.digest for one in plan.steps})
    wanted = {one.id: (one.wanted or Fingerprint()).digest for one in plan.steps}
    known = all(one.wanted is not None for one in plan.steps)
    return Verification(before, "", combined(wanted) if known else "", match=False)


def _verification(plan: Plan, progress: Progress) -> Verification:
    record = progress.verified
    if record is None or progress.ended not in {"done", "restored"}:
        return _not_looked(plan)
    states: dict[str, str] = record.data["states"]
    original = bool(record.data["original"])
    before = {one.id: one.before.digest for one in plan.steps}
    wanted = {
        one.id: prepared.wanted.digest
        for one in plan.steps
        if (prepared := progress.of(one.id).prepared) is not None
    }
    expected = {id_: (before if original else wanted)[id_] for id_ in states}
    differing = tuple(str(one) for one in record.data["differing"])
    return Verification(
        combined({id_: before[id_] for id_ in states}),
        combined(states),
        combined(expected),
        match=not differing and states == expected,
        differing=differing,
    )


def _restored_to(plan: Plan, progress: Progress, state: State, *, reached: bool) -> RestoredTo:
    if reached:
        return RestoredTo(plan.base, "reverted", progress.last)
    if state in {"restored", "refused"}:
        return RestoredTo(plan.at or "", "original", progress.last)
    return RestoredTo("", "none", "")


def _changes(plan: Plan, progress: Progress) -> Iterator[Change]:
    for step in plan.steps:
        if progress.of(step.id).done is not None:
            yield Change(step.target, step.action, step.summary)


def _left_over(progress: Progress) -> Iterator[str]:
    for step in progress.steps.values():
        if step.prepared is not None:
            yield from (f"left over: {one}" for one in step.prepared.orphans)
            if step.intent is not None and step.taken_back is None:
                yield from (f"lost: {one}" for one in step.prepared.loses)


def _next(plan: Plan, run: str, state: State, progress: Progress) -> Iterator[str]:
    if state == "unfinished":
        yield f"blastradius resume {run}   goes on where it stopped"
        yield f"blastradius abort {run}   takes back what was done"
    elif state == "stuck":
        yield f"{progress.stuck}; then: blastradius resume {run}"
        yield f"blastradius abort --leave {run}   ends it as it stands: you have taken over"
    elif state == "done":
        yield from (one.by_hand for one in plan.left if one.by_hand)
        yield f"blastradius verify {run}   checks again"
    elif state == "refused":
        yield "make the plan again: blastradius revert shows it without --apply"


def _stage(step: StepProgress) -> Stage:
    if step.taken_back is not None:
        return "taken back"
    if step.taking_back is not None:
        return "taking back"
    if step.done is not None:
        return "done"
    if step.intent is not None:
        return "begun"
    return "prepared" if step.prepared is not None else "planned"


def _evidence(records: Sequence[Record]) -> Iterator[Proven]:
    claims = {
        "CKPT": "checkpoint taken and proven restorable",
        "DONE": "done, and verified by another way",
        "COMP": "taken back, and seen to be as before",
        "VERIFY": "every target looked at once more",
    }
    for record in records:
        if record.kind in claims:
            what = f"{record.step}: " if record.step else ""
            yield Proven(f"{what}{claims[record.kind]}", record.seq, record.h)
