"""The revert set in words: its rows in their order, what is to be known beside, and conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from blastradius.model.analysis import RevertAtom, RevertCommit
from blastradius.reports.words import Wording, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.analysis import Analysis, ConflictHunk, RevertSet

_HOW = {
    "mainline": ", against its first parent (-m 1)",
    "by-merge": ", by the revert of the merge that brought it in",
    "nothing": ", which holds nothing that is still there",
}
_SIDE_LINES = 6


class Row(NamedTuple):
    """One commit or part of a commit that goes: its wave (``-`` outside the order), what, why."""

    wave: str
    what: str
    why: str


def rows(analysis: Analysis, say: Wording) -> list[Row]:
    """Return what goes, in the order in which it goes; what needs no revert of its own comes last."""
    chosen = analysis.revert_set
    parts: dict[str, RevertCommit | RevertAtom] = {one.id: one for one in chosen.commits}
    if chosen.level != "commit":
        parts = {_name(one): one for one in chosen.atoms} | {
            one.id: one for one in chosen.commits if one.id in sum(chosen.order, ())
        }
    ordered = [
        (str(number), one)
        for number, wave in enumerate(chosen.order, start=1)
        for one in wave
        if one in parts
    ]
    placed = {one for _, one in ordered}
    ordered += [("-", one) for one in parts if one not in placed]
    return [_row(wave, parts[one], say) for wave, one in ordered]


def _name(atom: RevertAtom) -> str:
    return f"{atom.commit}:{atom.path}" + (f"#{atom.symbol}" if atom.symbol else "")


def _row(wave: str, one: RevertCommit | RevertAtom, say: Wording) -> Row:
    if isinstance(one, RevertCommit):
        how = _HOW.get(one.how, "")
        return Row(wave, f"{say.commit(one.id)} {say.subject(one.id)}", f"{say.reason(one)}{how}")
    part = say.mark(f"{one.path}#{one.symbol}" if one.symbol else one.path)
    whole = RevertCommit(one.commit, one.reason, one.because)
    return Row(wave, f"{say.commit(one.commit)} {part}", say.reason(whole))


def notes(analysis: Analysis, say: Wording) -> list[str]:
    """Return what the order and the set do not say by themselves."""
    chosen = analysis.revert_set
    return [*_of_order(chosen, say), *_of_choices(chosen, say), *_of_echoes(chosen, say)]


def _of_order(chosen: RevertSet, say: Wording) -> Iterator[str]:
    for number, step in enumerate(chosen.steps, start=1):
        if step.together:
            yield f"wave {number}: its {len(step.commits)} need each other, undo them as one"
        if step.tree is None:
            yield f"wave {number} and what follows cannot be undone one by one: restore the tree whole"
            return
        if step.breaks != "not checked" and step.breaks:
            first = say.missing(step.breaks[0])
            more = len(step.breaks) - 1
            others = f" and {count(more, 'place')} more" if more else ""
            yield f"after wave {number} the tree is broken until later ones: {first}{others}"


def _of_choices(chosen: RevertSet, say: Wording) -> Iterator[str]:
    for one in chosen.alternatives:
        others = [answer for answer in one.answers if answer not in one.chosen]
        if others and one.chosen:
            goes = " and ".join(map(say.commit, one.chosen))
            would = " or ".join(map(say.commit, others[:_SIDE_LINES]))
            yield f"for {say.commit(one.commit)} {would} might go instead of {goes}: no fewer then"


def _of_echoes(chosen: RevertSet, say: Wording) -> Iterator[str]:
    gone = {one.id for one in chosen.commits}
    for one in chosen.echoes:
        if one.earlier in gone or one.later in gone:
            verb = "takes back" if one.kind == "reverts" else "repeats"
            yield f"{say.commit(one.later)} {verb} {say.commit(one.earlier)}"


def conflict(one: ConflictHunk, say: Wording) -> tuple[str, list[str]]:
    """Return the place of a conflict and its words, and both sides line by line."""
    by = ", ".join(map(say.commit, one.ours_by)) or "older commits"
    head = (
        f"{say.place(one.path, one.line)} {one.what}; undoing {say.commit(one.commit)}, now by {by}"
    )
    lines = [f"now    | {say.mark(line)}" for line in _some(one.ours)]
    return head, lines + [f"before | {say.mark(line)}" for line in _some(one.theirs)]


def _some(lines: tuple[str, ...]) -> list[str]:
    if len(lines) <= _SIDE_LINES:
        return list(lines)
    return [*lines[: _SIDE_LINES - 1], f"… {len(lines) - _SIDE_LINES + 1} more lines"]
