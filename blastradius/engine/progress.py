"""How far a run came: its journal's records, read in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from blastradius.adapters.base import Prepared
from blastradius.errors import JournalError
from blastradius.model.run import Ending, Record


@dataclass(slots=True)
class StepProgress:
    """What the journal says of one step; records by their kind, the newest of each."""

    prepared: Prepared | None = None
    intent: Record | None = None
    done: Record | None = None
    taking_back: Record | None = None
    taken_back: Record | None = None


@dataclass(slots=True)
class Progress:
    """What the journal says of the run.

    Attributes:
        plan: the plan's id.
        steps: by step id; a step that was not prepared has no entry.
        aborted: everything is being taken back, or was.
        why: the reason, empty otherwise.
        ended: how, None while it is unfinished.
        stuck: why taking back failed, empty otherwise.
        verified: the last check of the whole, None before it.
        warnings: what was noticed, in order.
        allowed: the programs that the user let it run.
    """

    plan: str = ""
    steps: dict[str, StepProgress] = field(default_factory=dict)
    aborted: bool = False
    why: str = ""
    ended: Ending | None = None
    stuck: str = ""
    verified: Record | None = None
    began: str = ""
    last: str = ""
    warnings: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    @property
    def acted(self) -> bool:
        """An act may have begun."""
        return any(one.intent is not None for one in self.steps.values())

    def of(self, step: str) -> StepProgress:
        """Return what the journal says of a step."""
        return self.steps.get(step, StepProgress())


def replay(records: Iterable[Record]) -> Progress:
    """Return how far the run came.

    Raises:
        JournalError: the records are whole, but no run of ours writes them so.
    """
    progress = Progress()
    for record in records:
        progress.began = progress.began or record.at
        progress.last = record.at
        try:
            _take(progress, record)
        except (msgspec.MsgspecError, KeyError, TypeError) as error:
            raise JournalError(
                f"record {record.seq} of run {record.run} is of another version of blastradius",
                "use the version that began the run",
            ) from error
    if not progress.plan:
        raise JournalError("a journal begins with its plan, this one does not", "remove the run")
    return progress


def _take(progress: Progress, record: Record) -> None:
    if record.step:
        _take_of_step(progress, progress.steps.setdefault(record.step, StepProgress()), record)
    match record.kind:
        case "PLAN":
            progress.plan = str(record.data["plan"])
            progress.allowed = tuple(record.data["allowed"])
        case "ABORT":
            progress.aborted, progress.why, progress.ended = True, str(record.data["why"]), None
        case "VERIFY":
            progress.verified = record
        case "END":
            progress.ended, progress.stuck = msgspec.convert(record.data["how"], Ending), ""
            progress.why = str(record.data.get("why", progress.why))
        case "NOTE":
            progress.stuck = str(record.data.get("stuck", progress.stuck))
        case _:
            pass  # of a step


def _take_of_step(progress: Progress, step: StepProgress, record: Record) -> None:
    match record.kind:
        case "CKPT":
            step.prepared = msgspec.convert(record.data["prepared"], Prepared)
            progress.warnings += step.prepared.warnings
        case "INTENT":
            step.intent = record
        case "DONE":
            step.done = record
        case "CINTENT":
            step.taking_back, progress.stuck = record, ""
        case "COMP":
            step.taken_back, progress.stuck = record, ""
        case _:
            pass  # of the run
