"""Checkpoints in words: one that was taken, all of them, a check, a restoration, a pruning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.model.checkpoint import (
    Checked,
    Checkpoint,
    CheckpointList,
    Pruned,
    Restoration,
)
from blastradius.reports.answers.sections import Entry, Page, Section, bounded
from blastradius.reports.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from blastradius.model.checkpoint import CheckpointLine
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

_SHORT = 12
_MINUTES = 16


def page(
    value: Checkpoint | CheckpointList | Checked | Restoration | Pruned,
    options: Options,
    mark: Mark,
) -> Page:
    """Return what the report of an answer about checkpoints says."""
    if isinstance(value, Checkpoint):
        return Page(f"checkpoint {value.id} taken", tuple(_taken(value, options, mark)))
    if isinstance(value, CheckpointList):
        return Page("checkpoints of this repository", (_list(value, options, mark),))
    if isinstance(value, Checked):
        said = "read whole and brought back into a scratch folder"
        section = Section("CHECKED", said, (), _lines(map(mark, value.checked)))
        return Page(f"checkpoint {value.id} of {_time(value.time)} can be restored", (section,))
    if isinstance(value, Restoration):
        return Page(_restored(value), tuple(_restoration(value, options, mark)))
    return Page(_pruned(value), tuple(_pruning(value, mark)))


def _taken(value: Checkpoint, options: Options, mark: Mark) -> Iterator[Section]:
    rows = []
    if value.code is not None:
        branch = value.code.branch.removeprefix("refs/heads/")
        where = f" on {mark(branch)}" if branch else ", HEAD detached"
        head = value.code.head[:_SHORT] if value.code.head else "no commit yet"
        text = f"{head}{where}, index, {count(value.code.files, 'file')}"
        rows.append(Entry("code", text))
    rows += [
        Entry("file", f"{mark(one.path)}, {_size(one.size) if one.object else 'there is none'}")
        for one in value.files
    ]
    rows += [
        Entry(
            "folder",
            f"{mark(one.path)}, {count(one.entries, 'entry', 'entries')}, {_size(one.size)}",
        )
        for one in value.folders
    ]
    rows += [
        Entry(
            "database",
            f"{mark(one.database)}, {count(len(one.leaves), 'part')} of its schema, no rows",
        )
        for one in value.schemas
    ]
    shown, more = bounded(rows, options)
    expires = f", expires {_time(value.expires)}" if value.expires else ""
    said = f"{_time(value.time)}{expires}" + (f": {mark(value.reason)}" if value.reason else "")
    yield Section("HOLDS", said, (), shown, more)
    if value.warnings:
        yield Section(
            "NOT IN IT", count(len(value.warnings), "remark"), (), _lines(map(mark, value.warnings))
        )
    yield Section(
        "TO GO BACK", "shows first", (), (), 0, (f"blastradius checkpoint restore {value.id}",)
    )


def _list(value: CheckpointList, options: Options, mark: Mark) -> Section:
    rows = [Entry(one.id, _line(one, mark)) for one in value.checkpoints]
    shown, more = bounded(rows, options)
    return Section("CHECKPOINTS", count(len(rows), "checkpoint"), (), shown, more)


def _line(one: CheckpointLine, mark: Mark) -> str:
    if one.state == "damaged":
        return mark(one.problem)
    expires = ""
    if one.expires:
        expires = f", {'expired' if one.state == 'expired' else 'expires'} {_time(one.expires)}"
    reason = f": {mark(one.reason)}" if one.reason else ""
    return f"{_time(one.time)}, {', '.join(one.scopes)}{expires}{reason}"


def _restored(value: Restoration) -> str:
    of = f"checkpoint {value.id} of {_time(value.time)}"
    if not value.applied:
        return f"{of} would be restored; nothing was changed"
    sure = "restored and verified" if value.verification.match else "restored"
    return f"{of} {sure}"


def _restoration(value: Restoration, options: Options, mark: Mark) -> Iterator[Section]:
    rows = [Entry(one.operation, f"{mark(one.what)}: {mark(one.summary)}") for one in value.changes]
    shown, more = bounded(rows, options)
    said = count(len(rows), "change") if rows else "everything is as it was then"
    yield Section("CHANGES", said, (), shown, more)
    if value.orphans:
        shown, more = bounded([Entry("-", mark(one)) for one in value.orphans], options)
        what = "removed" if value.removed else "left; --remove-orphans removes what was not there"
        said = f"{count(len(value.orphans), 'file')} not there then, {what}"
        yield Section("ORPHANS", said, (), shown, more)
    if value.warnings:
        lines = _lines(map(mark, value.warnings))
        yield Section("KNOW", count(len(value.warnings), "remark"), (), lines)
    if value.next_actions:
        lines = _lines(map(mark, value.next_actions))
        yield Section("LEFT TO DO", count(len(lines), "thing"), (), lines)
    if value.applied:
        seen = value.verification
        text = (
            f"was {seen.before[:_SHORT]}, is {seen.after[:_SHORT]}, wanted {seen.expected[:_SHORT]}"
        )
        yield Section("VERIFIED", text)
        if value.undo:
            back = f"blastradius checkpoint restore {value.undo} --apply"
            yield Section("TO TAKE IT BACK", "the state before is a checkpoint", (), (), 0, (back,))
    else:
        again = f"blastradius checkpoint restore {value.id} --apply"
        yield Section("TO DO IT", "the present state is kept first", (), (), 0, (again,))


def _pruned(value: Pruned) -> str:
    verb = "removed" if value.applied else "would go"
    return f"{count(len(value.removed), 'checkpoint')} {verb}, {_size(value.freed_bytes)}"


def _pruning(value: Pruned, mark: Mark) -> Iterator[Section]:
    said = f"{count(value.objects, 'object')} that nobody names, {count(len(value.refs), 'ref')}"
    yield Section("REMOVED" if value.applied else "WOULD GO", said, (), _lines(value.removed))
    if value.runs:
        said = f"{count(len(value.runs), 'run')} that ended then, and what they kept"
        yield Section("RUNS", said, (), _lines(value.runs))
    if value.kept:
        rows = tuple(Entry(one.id, mark(one.why)) for one in value.kept)
        yield Section("STAYS", count(len(rows), "checkpoint"), (), rows)
    if value.warnings:
        lines = _lines(map(mark, value.warnings))
        yield Section("KNOW", count(len(lines), "remark"), (), lines)
    if not value.applied:
        yield Section("TO DO IT", "nothing was removed; add --apply")


def _lines(texts: Iterable[str]) -> tuple[Entry, ...]:
    return tuple(Entry("-", one) for one in texts)


def _time(text: str) -> str:
    return text[:_MINUTES].replace("T", " ")


def _size(number: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 1000)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return count(number, "byte")
