"""A plan: what would be done, in which order, what is left, and the words that let it happen."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from blastradius.reports.answers.sections import Entry, Page, Section, bounded
from blastradius.reports.words import count, short_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.plan import Left, Plan, Step
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

_PREVIEW = 60
_RUN = "exactly this would be run"
_FILES = 3
_NAMED = 5


def page(plan: Plan, options: Options, mark: Mark) -> Page:
    """Return what the report of a plan says."""
    ids = short_ids([plan.base, plan.head])
    title = f"plan {plan.id[:12]} of {ids[plan.base]}..{ids[plan.head]}: {_told(plan)}"
    return Page(title, tuple(sections(plan, options, mark)))


def sections(plan: Plan, options: Options, mark: Mark) -> Iterator[Section]:
    """Yield the parts of a plan that a dry run and a finished run both tell."""
    if plan.steps:
        notes = []
        if plan.no_return:
            notes.append(f"from step {plan.no_return} on there is no way back")
        entries = tuple(Entry(one.id, _step(one, mark)) for one in plan.steps)
        yield Section("STEPS", f"{_told(plan)}, in this order", tuple(notes), entries)
    else:
        yield Section("STEPS", "nothing to do: no step is needed")
    for step in plan.steps:
        yield from _commits(step, options, mark)
        yield from _preview(step)
    lost = [f"{step.id}: {mark(one)}" for step in plan.steps for one in step.loses]
    if lost:
        yield Section("CANNOT COME BACK", count(len(lost), "loss", "losses"), (), _listed(lost))
    if plan.left:
        shown, more = bounded([_left(group, mark) for group in _alike(plan.left)], options)
        said = f"{count(len(plan.left), 'thing')} outside this plan"
        yield Section("LEFT AS IT IS", said, (), shown, more)
    for name, lines in (("KNOW FIRST", plan.warnings), ("TAKEN FOR GRANTED", plan.assumptions)):
        if lines:
            yield Section(name, count(len(lines), "remark"), (), _listed(map(mark, lines)))


def consents(plan: Plan) -> list[str]:
    """Return the words that let the plan be carried out."""
    tools = sorted({tool for step in plan.steps for tool in step.exec})
    words = [f"--allow-exec {shlex.quote(tool)}" for tool in tools]
    words += [
        f"--confirm {step.id}:{step.confirm}"
        for step in plan.steps
        if step.reversibility == "irreversible"
    ]
    return words


def _told(plan: Plan) -> str:
    return count(len(plan.steps), "step")


def _step(step: Step, mark: Mark) -> str:
    parts = [mark(step.summary), step.reversibility]
    if step.exec:
        parts.append(f"runs {', '.join(step.exec)} of the repository")
    if step.evidence:
        places = [mark(f"{one.path}:{one.line}") for one in step.evidence[:_FILES]]
        parts.append(f"see {', '.join(places)}")
    if step.verify:
        parts.append(f"verified by {mark(step.verify)}")
    return "; ".join(parts)


def _commits(step: Step, options: Options, mark: Mark) -> Iterator[Section]:
    """Yield the commits that a step of git's adds: what each takes back, and why."""
    added = step.args.get("commits", ()) if step.adapter == "code" else ()
    entries = []
    for at, one in enumerate(added, start=1):
        subject, _, body = one["message"].partition("\n\n")
        told = body.partition("\n\n")[0].splitlines()
        why = told[0].partition(": ")[2].rstrip(".") if len(told) == 1 else ""
        entries.append(Entry(f"{at}", mark(f"{subject}: {why}" if why else subject)))
        entries += [Entry("", mark(line)) for line in told if line.startswith("- ")]
    if entries:
        shown, more = bounded(entries, options)
        yield Section("COMMITS", "one on the other, in this order", (), shown, more)


def _preview(step: Step) -> Iterator[Section]:
    lines = step.preview.splitlines()
    if lines:
        more = len(lines) - _PREVIEW
        shown = (
            *lines[:_PREVIEW],
            *((f"… {more} more lines (--format json)",) if more > 0 else ()),
        )
        said = "these files would be added" if step.adapter == "code" else _RUN
        yield Section(f"STEP {step.id.upper()}", said, verbatim=shown)


def _alike(left: tuple[Left, ...]) -> list[list[Left]]:
    """Return what is left in groups of which the same is said."""
    groups: dict[tuple[str, ...], list[Left]] = {}
    for one in left:
        hand = one.by_hand.replace(one.target, "")
        groups.setdefault((one.domain, one.what, one.why, hand), []).append(one)
    return list(groups.values())


def _left(group: list[Left], mark: Mark) -> Entry:
    one = group[0]
    names = ", ".join(mark(each.target) for each in group[:_NAMED])
    more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
    why = f"; {mark(one.why)}" if one.why else ""
    hand = f"; by hand: {mark(one.by_hand)}" if one.by_hand else ""
    return Entry(one.domain, f"{names}{more}: {mark(one.what)}{why}{hand}")


def _listed(lines: Iterator[str] | list[str] | map[str]) -> tuple[Entry, ...]:
    return tuple(Entry("-", one) for one in lines)
