"""The same report for a comment on a pull request.

Everything that comes from the repository is set as code: there neither Markdown, HTML nor @mentions
have any effect.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, TypeVar

from blastradius.reports import advice, fold, summary, undoing
from blastradius.reports.display import printable, shorten
from blastradius.reports.words import Wording, count, wording_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blastradius.model.analysis import (
        Analysis,
        Break,
        Effect,
        Impact,
        SymbolChange,
    )
    from blastradius.reports.base import Options

_LONGEST = 300
_TICKS = re.compile("`+")
_Entry = TypeVar("_Entry")


def render(analysis: Analysis, options: Options) -> str:
    """Return the report as Markdown; ``options.limit`` bounds each list."""
    say = wording_of(analysis, code)
    parts = [
        [f"### Blast radius of {code(summary.span(analysis))}"],
        _changed(say, analysis, options),
        _reached(say, analysis, options),
        _together(say, analysis, options),
        _left(say, analysis, options),
        _advised(analysis),
        _outside(say, analysis, options),
        _rests_on(say, analysis, options),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def code(text: str) -> str:
    """Return ``text`` as a code span that nothing in it can end."""
    shown = shorten(printable(text), _LONGEST)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    edge = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def _list(
    entries: Sequence[_Entry], options: Options, say: Callable[[_Entry], str], mark: str = "-"
) -> list[str]:
    limit = options.limit or len(entries)
    lines = [f"{mark} {say(one)}" for one in entries[:limit]]
    left = len(entries) - limit
    return [*lines, f"{mark} … and {left:,} more"] if left > 0 else lines


def _folded(
    entries: Sequence[tuple[_Entry, int]], options: Options, say: Callable[[_Entry, str], str]
) -> list[str]:
    limit = options.limit or len(entries)
    lines = [
        f"- {say(one, f' and {number - 1:,} more' if number > 1 else '')}"
        for one, number in entries[:limit]
    ]
    left = sum(number for _, number in entries[limit:])
    return [*lines, f"- … and {left:,} more"] if left else lines


def _titled(title: str, said: str, lines: Sequence[str] = ()) -> list[str]:
    return [f"**{title}:** {said}", *([""] if lines else []), *lines]


def _changed(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    def line(one: SymbolChange, others: str) -> str:
        where = f"{say.place(one.path, one.line)} {say.name(one.symbol)}{others}"
        return f"{one.severity}: {where} {code(one.detail or one.kind)}"

    shown = fold.shown_changes(analysis.changes, options)
    return _titled("Changed", summary.changed(analysis), _folded(shown, options, line))


def _reached(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    def line(one: Impact, others: str) -> str:
        there = f";{others} there" if others else ""
        doubt = "" if one.tier == "certain" else f" ({one.tier}, {one.confidence:.2f})"
        where = say.chain(one.witness) if one.witness else say.place(one.path, one.line)
        return f"{count(one.distance, 'step')}: {where}{there}{doubt}"

    said = "; ".join(summary.reached(analysis))
    shown = fold.shown_impact(analysis.impact, options)
    return _titled("Reaches", said, _folded(shown, options, line))


def _together(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    chosen = analysis.revert_set
    shown = undoing.rows(analysis, say)
    lines = _list(shown, options, lambda one: f"({one.wave}) {one.what}: {one.why}")
    if told := undoing.notes(analysis, say):
        lines += ["", "To be known:", *_list(told, options, str)]
    if chosen.conflicts:
        lines += ["", "Texts do not merge in:", *_list(chosen.conflicts, options, code)]
        for hunk in chosen.hunks:
            head, sides = undoing.conflict(hunk, say)
            lines += [f"- {head}", *(f"  - {side}" for side in sides)]
    if chosen.files:
        lines += ["", f"{count(len(chosen.files), 'file')}:"]
        lines += _list(chosen.files, options, lambda one: f"{one.action} {code(one.path)}")
    if chosen.commits:
        lines += ["", f"Checked: {summary.proof(chosen)}."]
    return _titled("Goes together, dependents first", summary.together(analysis), lines)


def _left(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    chosen = analysis.revert_set

    def line(one: Break) -> str:
        return f"{one.tier}: {say.missing(one)}"

    lines: list[str] = []
    if left := summary.remaining(analysis):
        lines += _titled("Still breaks", count(len(left), "place"), _list(left, options, line))
    mend = [one for one in chosen.fix_forward if one.kind == "site"]
    if mend:
        gap = [""] if lines else []
        entries = _list(mend, options, say.mend)
        lines += [*gap, *_titled("Mend by hand", count(len(mend), "place"), entries)]
    besides = [one for one in chosen.fix_forward if one.kind != "site"]
    if besides:
        gap = [""] if lines else []
        entries = _list(besides, options, lambda one: f"{one.kind}: {say.mend(one)}")
        lines += [*gap, *_titled("Besides", count(len(besides), "place"), entries)]
    if chosen.review:
        review = _list(chosen.review, options, line)
        gap = [""] if lines else []
        lines += [*gap, *_titled("Look at", count(len(chosen.review), "place"), review)]
    return lines


def _advised(analysis: Analysis) -> list[str]:
    if not analysis.advice.why:
        return []
    lines = [
        code(advice.why_line(analysis.advice)),
        "",
        *advice.markdown_lines(analysis.advice, code),
    ]
    return _titled("How to undo", advice.name_of(analysis.advice), lines)


def _outside(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    def line(one: Effect) -> str:
        where = ", ".join(say.place(place.path, place.line) for place in one.evidence[:2])
        command = f" {code(shlex.join(one.inverse.argv))}" if one.inverse.argv else ""
        return (
            f"{code(one.domain)} {code(one.tool)} {code(one.target)}: {code(one.action)} "
            f"({where}); undo: {code(one.inverse.summary)}{command}; "
            f"{one.reversibility}, {one.certainty}; check: {code(one.verify)}"
        )

    said = count(len(analysis.effects), "effect") if analysis.effects else "nothing found"
    return _titled("Outside git", said, _list(analysis.effects, options, line))


def _rests_on(say: Wording, analysis: Analysis, options: Options) -> list[str]:
    first, *languages = summary.rests_on(analysis.coverage)
    lines = [f"- {line}" for line in languages]
    lines += _list(
        analysis.problems,
        options,
        lambda one: f"not understood: {say.place(one.path, one.line)} {code(one.what)}",
    )
    return _titled("Rests on", first, lines)
