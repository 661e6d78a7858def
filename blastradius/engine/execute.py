"""Carrying out: prepare all, then for each step announce, act, verify, record; or take all back.

The order of the records is the protocol (sagas: Garcia-Molina and Salem, 1987; compensation records:
ARIES). Each method of `Execution` is one link of it, so that a test can break one link and see the
crash sweep find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn

import msgspec

from blastradius.adapters.base import Adapter, Prepared, load
from blastradius.engine.interrupt import Interrupt
from blastradius.engine.journal import Journal
from blastradius.engine.progress import Progress, replay
from blastradius.errors import (
    BlastRadiusError,
    CompensationError,
    DriftError,
    JournalError,
    StoppedError,
)
from blastradius.model.plan import Fingerprint, Plan, Step
from blastradius.model.run import Ending, Kind
from blastradius.world import World

_NAMED = 5
_FAILURES = (Exception, SystemExit)
"""What an adapter may die of: also a library that thinks it is a program."""


class Execution:
    """One run on its way; the repository's lock must be held.

    Args:
        plan: what is carried out.
        world: the doors to outside.
        journal: the run's, with at least its PLAN record.
        interrupt: tells whether the user wants to stop.
        loader: returns the adapter of a name.
    """

    def __init__(
        self,
        plan: Plan,
        world: World,
        journal: Journal,
        interrupt: Interrupt,
        loader: Callable[[str], Adapter] = load,
    ) -> None:
        self._plan = plan
        self._world = world
        self._journal = journal
        self._interrupt = interrupt
        self._loader = loader

    @property
    def progress(self) -> Progress:
        """How far the run is, by its journal alone."""
        return replay(self._journal.records)

    def drive(self) -> None:
        """Bring the run to its end, from wherever it is.

        Raises:
            KeyboardInterrupt: the user stopped it; the journal is whole.
            CompensationError: taking back failed.
            JournalError: the journal cannot be written.
        """
        progress = self.progress
        if progress.ended is not None:
            self._settle_all()
            return
        if not progress.aborted:
            try:
                self._forward()
            except JournalError:
                raise
            except KeyboardInterrupt:
                self._stopped()
                raise
            except _FAILURES as error:  # whatever it is, what was done is taken back
                self._failed(reason(error))
        if self.progress.aborted:
            self._backward()

    def abort(self, why: str) -> None:
        """Announce that everything is to be taken back."""
        self._write("ABORT", "", why=why)

    def _forward(self) -> None:
        # A signal may break off a probe or a checkpoint, never a record that is being written.
        if not self.progress.steps:
            with self._interrupt.at_once():
                self._check_all()
        for step in self._plan.steps:
            if self.progress.of(step.id).prepared is None:
                self._prepare(step)
        for step in self._plan.steps:
            if self.progress.of(step.id).done is None:
                self._interrupt.check()
                self._carry_out(step)
        self._verify_all()
        self._end("done")

    def _check_all(self) -> None:
        """Refuse before anything is prepared when the world is not the one planned for."""
        for step in self._plan.steps:
            self._refuse_drift(step, self._adapter(step).probe(step, self._world))

    def _prepare(self, step: Step) -> None:
        with self._interrupt.at_once():
            prepared = self._adapter(step).prepare(step, self._world)
        self._write("CKPT", step.id, prepared=msgspec.to_builtins(prepared))

    def _carry_out(self, step: Step) -> None:
        state = self.progress.of(step.id)
        if state.intent is None:
            self._refuse_drift(step, self._adapter(step).probe(step, self._world))
            self._announce(step)
        self._act(step)
        self._confirm(step)

    def _announce(self, step: Step) -> None:
        self._write("INTENT", step.id)

    def _act(self, step: Step) -> None:
        self._adapter(step).act(step, self._prepared(step), self._world)

    def _confirm(self, step: Step) -> None:
        """Record that the step is done, once another way than the act's sees that it is."""
        prepared = self._prepared(step)
        seen = self._adapter(step).verify(step, prepared, self._world)
        if seen != prepared.wanted:
            raise StoppedError(
                f"step {step.id} did not take: {told(seen, prepared.wanted)} after it",
                "everything is taken back",
            )
        self._write("DONE", step.id, post=seen.digest)

    def _refuse_drift(self, step: Step, live: Fingerprint) -> None:
        if live != step.before:
            raise DriftError(
                f"{step.target} is not as it was planned for: {told(live, step.before)}",
                "somebody else's change is untouched; make the plan again",
            )

    def _failed(self, why: str) -> None:
        if self.progress.acted:
            self.abort(why)
            return
        self._write("NOTE", "", why=why)
        self._end("refused", why=why)

    def _stopped(self) -> None:
        if not self.progress.acted:
            self._end("interrupted", why="stopped before the first act")

    def _backward(self) -> None:
        for step in self._newest_first():
            state = self.progress.of(step.id)
            if state.intent is None or state.taken_back is not None:
                continue
            self._interrupt.check()
            if state.taking_back is None:
                self._write("CINTENT", step.id)
            self._take_back(step)
            self._write("COMP", step.id)
        try:
            self._verify_all()
        except (JournalError, KeyboardInterrupt):
            raise
        except _FAILURES as error:
            self._stuck(f"what was taken back could not be verified: {reason(error)}", error)
        self._end("restored")

    def _newest_first(self) -> Iterable[Step]:
        return reversed(self._plan.steps)

    def _take_back(self, step: Step) -> None:
        adapter = self._adapter(step)
        try:
            adapter.compensate(step, self._prepared(step), self._world)
            live = adapter.probe(step, self._world)
            if live != step.before:
                raise CompensationError(f"it is not as before: {told(live, step.before)}")
        except (JournalError, KeyboardInterrupt):
            raise
        except _FAILURES as error:
            what = f"{step.target} could not be brought back (step {step.id}): {reason(error)}"
            self._stuck(what, error)

    def _stuck(self, why: str, error: BaseException) -> NoReturn:
        self._write("NOTE", "", stuck=why)
        raise CompensationError(
            why, f"put it right by hand, then: blastradius resume {self._world.run}"
        ) from error

    def _verify_all(self) -> None:
        """Look at every target once more: a later step may have disturbed an earlier one.

        Raises:
            StoppedError: one is not as it should be.
        """
        back = self.progress.aborted
        states: dict[str, str] = {}
        differing: list[str] = []
        for step in self._plan.steps:
            state = self.progress.of(step.id)
            if back and state.intent is None:
                continue
            seen, wanted = self._seen(step, back=back), self._expected(step, back=back)
            states[step.id] = seen.digest
            differing += [f"{step.id}: {name}" for name in seen.differing(wanted)]
        self._write("VERIFY", "", original=back, states=states, differing=differing)
        if differing:
            what = ", ".join(differing[:_NAMED])
            if back:
                raise CompensationError(f"not everything is as before: {what}")
            raise StoppedError(f"not everything took: {what}", "everything is taken back")

    def _seen(self, step: Step, *, back: bool) -> Fingerprint:
        adapter = self._adapter(step)
        if back:
            return adapter.probe(step, self._world)
        return adapter.verify(step, self._prepared(step), self._world)

    def _expected(self, step: Step, *, back: bool) -> Fingerprint:
        return step.before if back else self._prepared(step).wanted

    def _end(self, how: Ending, **more: str) -> None:
        self._write("END", "", how=how, **more)
        self._journal.release()
        self._settle_all()

    def _settle_all(self) -> None:
        """Remove what was staged; what stays behind of it does no harm, so nothing fails here."""
        for step in self._plan.steps:
            prepared = self.progress.of(step.id).prepared
            if prepared is not None:
                try:
                    self._adapter(step).settle(step, prepared, self._world)
                except _FAILURES:  # an adapter's bug must not undo a run that ended well
                    continue

    def _adapter(self, step: Step) -> Adapter:
        return self._loader(step.adapter)

    def _prepared(self, step: Step) -> Prepared:
        prepared = self.progress.of(step.id).prepared
        if prepared is None:
            raise JournalError(
                f"step {step.id} was begun without a checkpoint", "look at it by hand"
            )
        return prepared

    def _write(self, kind: Kind, step: str, **data: object) -> None:
        self._journal.write(kind, step, data)


def told(live: Fingerprint, wanted: Fingerprint) -> str:
    """Return which resources are not as wanted, a few of them by name."""
    differing = live.differing(wanted)
    shown = ", ".join(differing[:_NAMED])
    more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
    verb = "differs" if len(differing) == 1 else "differ"
    return f"{shown}{more} {verb}"


def reason(error: BaseException) -> str:
    """Return why something failed, without what may hold a secret: a driver's own message."""
    if isinstance(error, BlastRadiusError):
        return str(error)
    if isinstance(error, OSError):
        place = f" at {error.filename}" if error.filename else ""
        return f"{error.strerror or type(error).__name__}{place}"
    return f"an error inside blastradius ({type(error).__name__})"
