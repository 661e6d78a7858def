"""A run: what it came to, by what that is known, and what is left for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.answers import plan as plans
from blastradius.reports.answers.sections import Entry, Page, Section, bounded
from blastradius.reports.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.run import Run
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

_ENDED = {
    "planned": "dry run, nothing was changed",
    "unfinished": "stopped between two steps, the journal is whole",
    "done": "rolled back, and verified",
    "restored": "taken back: everything is as it was before",
    "refused": "refused before the first act: nothing was changed",
    "left": "ended where it stood: a person has taken over",
    "stuck": "taking back failed: a person must act",
}
_DIGEST = 12


def page(run: Run, options: Options, mark: Mark) -> Page:
    """Return what the report of a run says."""
    name = f"run {run.id}" if run.id else f"plan {run.plan.id[:_DIGEST]}"
    ended = _ENDED[run.state]
    if run.state == "done" and not run.rolled_back:
        ended = "was rolled back, but is not so any more"
    if run.state == "restored" and run.verification.after and not run.verification.match:
        ended = "was taken back, but what it touched has changed since"
    if run.state == "done" and not run.steps:
        ended = "nothing was to do, and nothing was done"
    return Page(f"{name}: {ended}", tuple(_sections(run, options, mark)))


def _sections(run: Run, options: Options, mark: Mark) -> Iterator[Section]:
    if run.why:
        yield Section("WHY", mark(run.why))
    if run.state == "planned":
        yield from plans.sections(run.plan, options, mark)
        if run.plan.steps:
            yield _to_apply(run)
        return
    entries = tuple(Entry(one.id, f"{one.state}: {mark(one.summary)}") for one in run.steps)
    yield Section("STEPS", count(len(run.steps), "step"), (), entries)
    yield from _verified(run, mark)
    for name, lines in (
        ("WARNINGS", run.warnings),
        ("TAKEN FOR GRANTED", run.assumptions),
        ("NEXT", run.next_actions),
    ):
        if lines:
            shown, more = bounded([Entry("-", mark(one)) for one in lines], options)
            yield Section(name, count(len(lines), "remark"), (), shown, more)
    if run.evidence:
        entries = tuple(
            Entry(f"{one.seq}", f"{one.claim} ({one.h[:_DIGEST]})") for one in run.evidence
        )
        yield Section("EVIDENCE", "records of the journal", (), *bounded(entries, options))


def _verified(run: Run, mark: Mark) -> Iterator[Section]:
    seen = run.verification
    if not seen.after:
        return
    said = "every target is as expected" if seen.match else "NOT as expected"
    digests = ", ".join(
        (
            f"before {seen.before[:_DIGEST]}",
            f"now {seen.after[:_DIGEST]}",
            f"expected {seen.expected[:_DIGEST]}",
        )
    )
    notes = (f"{digests}; confidence: {run.confidence}",)
    entries = tuple(Entry("-", mark(one)) for one in seen.differing)
    yield Section("VERIFIED", said, notes, entries)


def _to_apply(run: Run) -> Section:
    words = ["the same words with --apply", *plans.consents(run.plan)]
    return Section("TO CARRY IT OUT", " ".join(words))
