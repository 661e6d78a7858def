"""The report for a terminal, to be understood in ten seconds.

What changed, how far it reaches, what must go together and in which order, what else is touched
outside git, and what the answer rests on.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from blastradius.reports import advice, fold, summary, undoing
from blastradius.reports.layout import Page
from blastradius.reports.words import Wording, count, wording_of

if TYPE_CHECKING:
    from blastradius.model.analysis import (
        Analysis,
        Break,
        ConflictHunk,
        Effect,
        FileProblem,
        FixForward,
        Impact,
        RevertFile,
        SymbolChange,
    )
    from blastradius.reports.base import Options

_SEVERITY_ROOM = len("compatible")
_ACTION_ROOM = len("restore")
_TIER_ROOM = len("heuristic")
_KIND_ROOM = len("generated")


def render(analysis: Analysis, options: Options) -> str:
    """Return the report for a terminal of ``options.width`` columns."""
    page = Page(options)
    say = wording_of(analysis, _as_it_is)
    page.heading("blastradius", summary.span(analysis))
    _changed(page, say, analysis, options)
    _reached(page, say, analysis, options)
    _together(page, say, analysis)
    _files(page, analysis)
    _left(page, say, analysis)
    _advised(page, analysis)
    _outside(page, say, analysis)
    _problems(page, say, analysis)
    _coverage(page, analysis)
    return page.text()


def _as_it_is(text: str) -> str:
    return text  # the page escapes whole lines


def _changed(page: Page, say: Wording, analysis: Analysis, options: Options) -> None:
    page.heading("CHANGED", summary.changed(analysis))

    def put(one: SymbolChange, others: str) -> None:
        detail = f": {one.detail}" if one.detail else f" {one.kind}"
        text = f"{say.place(one.path, one.line)} {say.name(one.symbol)}{others}{detail}"
        page.item(one.severity, text, one.severity, _SEVERITY_ROOM)

    page.folded(fold.shown_changes(analysis.changes, options), put)


def _reached(page: Page, say: Wording, analysis: Analysis, options: Options) -> None:
    first, *rest = summary.reached(analysis)
    page.heading("REACHES", first)
    for line in rest:
        page.note(line)
    room = max((len(str(one.distance)) for one in analysis.impact), default=1)

    def put(one: Impact, others: str) -> None:
        said = say.chain(one.witness) if one.witness else _bare(say, one)
        doubt = "" if one.tier == "certain" else f" ({one.tier}, {one.confidence:.2f})"
        there = f";{others} there" if others else ""
        page.item(f"{one.distance:>{room}}", f"{said}{there}{doubt}")

    page.folded(fold.shown_impact(analysis.impact, options), put)


def _bare(say: Wording, one: Impact) -> str:
    return f"{say.place(one.path, one.line)} {say.name(one.symbol)}"


def _together(page: Page, say: Wording, analysis: Analysis) -> None:
    chosen = analysis.revert_set
    page.heading("GOES TOGETHER", summary.together(analysis))
    if not chosen.commits:
        return
    if len(chosen.order) > 1:
        page.note("in this order, dependents before what they depend on")
    elif len(chosen.commits) > 1:
        page.note("in any order")
    shown = undoing.rows(analysis, say)
    room = max(len(one.wave) for one in shown)
    reasons = {one.reason for one in chosen.commits} | {one.reason for one in chosen.atoms}
    drawn = reasons != {"target"}

    def put(one: undoing.Row) -> None:
        page.item(f"{one.wave:>{room}}", one.what)
        if drawn or one.wave == "-":
            page.note(one.why, 4 + room)

    page.items(shown, put)
    page.items(undoing.notes(analysis, say), lambda note: page.item("note", note))
    page.items(chosen.conflicts, lambda path: page.item("conflict", path, "breaking"))
    page.items(chosen.hunks, lambda hunk: _conflict(page, say, hunk))
    page.item("checked", summary.proof(chosen))


def _conflict(page: Page, say: Wording, hunk: ConflictHunk) -> None:
    head, lines = undoing.conflict(hunk, say)
    page.item("-", head)
    for line in lines:
        page.note(line, 6)


def _files(page: Page, analysis: Analysis) -> None:
    files = analysis.revert_set.files
    if not files:
        return
    page.heading("FILES", count(len(files), "file"))

    def put(one: RevertFile) -> None:
        page.item(one.action, one.path, "", _ACTION_ROOM)

    page.items(files, put)


def _left(page: Page, say: Wording, analysis: Analysis) -> None:
    """What the revert set leaves to people: certain breaks, places to mend, places to look at."""
    chosen = analysis.revert_set

    def put(one: Break) -> None:
        page.item(one.tier, say.missing(one), "", _TIER_ROOM)

    def put_mend(one: FixForward) -> None:
        page.item("-", say.mend(one))

    if left := summary.remaining(analysis):
        page.heading("STILL BREAKS", count(len(left), "place"))
        page.items(left, put)
    mend = [one for one in chosen.fix_forward if one.kind == "site"]
    besides = [one for one in chosen.fix_forward if one.kind != "site"]
    if mend:
        page.heading("MEND BY HAND", f"{count(len(mend), 'place')}: older, kept or cheaper to mend")
        page.items(mend, put_mend)
    if besides:
        page.heading(
            "BESIDES", f"{count(len(besides), 'place')} that people usually see to as well"
        )
        page.items(besides, lambda one: page.item(one.kind, say.mend(one), "", _KIND_ROOM))
    if chosen.review:
        found = count(len(chosen.review), "place")
        page.heading("LOOK AT", f"{found} that may break: too unsure to draw a commit in")
        page.items(chosen.review, put)


def _advised(page: Page, analysis: Analysis) -> None:
    """Say which way of undoing fits, and its commands; they are as a shell takes them, never cut."""
    if not analysis.advice.why:
        return
    page.heading("HOW TO UNDO", advice.name_of(analysis.advice))
    page.note(advice.why_line(analysis.advice))
    for number, (command, words) in enumerate(advice.advice_lines(analysis.advice), start=1):
        page.item(str(number), words)
        if command:
            page.verbatim(command)


def _outside(page: Page, say: Wording, analysis: Analysis) -> None:
    effects = analysis.effects
    said = f"{count(len(effects), 'effect')} that git does not undo" if effects else "nothing found"
    page.heading("OUTSIDE GIT", said)
    room = max((len(one.domain) for one in effects), default=0)

    above: list[str] = []

    def put(one: Effect) -> None:
        shown = [say.place(place.path, place.line) for place in one.evidence[:2]]
        more = len(one.evidence) - len(shown)
        where = ", ".join(shown) + (f" and {more} more" if more else "")
        page.item(one.domain, f"{one.tool} {one.target}: {one.action} ({where})", "", room)
        command = f": {shlex.join(one.inverse.argv)}" if one.inverse.argv else ""
        undo = f"undo: {one.inverse.summary}{command}"
        page.note("undo: as above" if above[-1:] == [undo] else undo, 4 + room)
        above.append(undo)
        page.note(f"{one.reversibility}, {one.certainty}; check: {one.verify}", 4 + room)

    page.items(effects, put)


def _problems(page: Page, say: Wording, analysis: Analysis) -> None:
    problems = analysis.problems
    if not problems:
        return
    page.heading("NOT UNDERSTOOD", count(len(problems), "place"))

    def put(one: FileProblem) -> None:
        page.item("-", f"{say.place(one.path, one.line)} {one.what}")

    page.items(problems, put)


def _coverage(page: Page, analysis: Analysis) -> None:
    first, *languages = summary.rests_on(analysis.coverage)
    page.heading("RESTS ON", first)
    for line in languages:
        page.note(line)
