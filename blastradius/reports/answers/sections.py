"""What a report about one question says, format by format the same: headings, notes, entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from blastradius.reports import summary
from blastradius.reports.words import count, short_ids

if TYPE_CHECKING:
    from blastradius.model.analysis import Coverage, FileProblem
    from blastradius.model.questions import Mention, Node
    from blastradius.reports.base import Options
    from blastradius.reports.words import Wording

_LINES = 8


class Entry(Struct, frozen=True):
    """One item of a list: what stands in front, and what it says."""

    lead: str
    text: str


class Section(Struct, frozen=True):
    """A heading, what it says in short, remarks, a list, and how many entries the list lacks.

    ``verbatim`` are lines to read or copy exactly, below the list.
    """

    name: str
    said: str
    notes: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    more: int = 0
    verbatim: tuple[str, ...] = ()


class Page(Struct, frozen=True):
    """A whole report: what was asked, and the sections of the answer."""

    title: str
    sections: tuple[Section, ...]


def tree_name(at: str) -> str:
    """Return what a tree is called: a short id, or what is no commit in words."""
    names = {"worktree": "in the work tree", "folder": "in the folder, without git"}
    return names.get(at) or f"at {short_ids([at])[at]}"


def bounded(entries: Sequence[Entry], options: Options) -> tuple[tuple[Entry, ...], int]:
    """Return the entries up to the limit, and how many are left out."""
    limit = options.limit or len(entries)
    return tuple(entries[:limit]), max(0, len(entries) - limit)


def meant(say: Wording, nodes: Sequence[Node], options: Options) -> Section:
    """Return which symbols were meant."""
    entries = [Entry(one.kind, f"{say.symbol(one.id)}{_where(say, one)}") for one in nodes]
    shown, more = bounded(entries, options)
    return Section("MEANT", count(len(nodes), "symbol"), (), shown, more)


def might_name(
    say: Wording, mentions: Sequence[Mention], mentioned: int, where: str, options: Options
) -> list[Section]:
    """Return the places that have the name as a word, file by file; nothing when there is none."""
    if not mentioned:
        return []
    lines: dict[str, list[int]] = {}
    for one in mentions:
        lines.setdefault(one.path, []).append(one.line)
    entries = [
        Entry("-", f"{say.place(path, found[0])}{_others(found)}") for path, found in lines.items()
    ]
    shown, more = bounded(entries, options)
    names = sorted({one.name for one in mentions})
    said = f"{count(mentioned, 'line')} {where} with the word " + " or ".join(
        say.word(one) for one in names
    )
    notes = ["no edge leads from there: look at them before you take nothing for an answer"]
    if len(mentions) < mentioned:
        notes.append(f"the first {len(mentions):,} are listed")
    return [Section("MIGHT NAME IT", said, tuple(notes), shown, more)]


def own_problems(
    say: Wording, nodes: Sequence[Node], problems: Sequence[FileProblem], options: Options
) -> list[Section]:
    """Return what was not understood in the very files that the question is about."""
    paths = {one.path for one in nodes}
    found = [one for one in problems if one.path in paths]
    if not found:
        return []
    entries = [Entry("-", f"{say.place(one.path, one.line)} {say.word(one.what)}") for one in found]
    shown, more = bounded(entries, options)
    said = f"{count(len(found), 'place')} of what was asked about"
    return [Section("NOT UNDERSTOOD", said, (), shown, more)]


def basis(coverage: Coverage, problems: Sequence[FileProblem]) -> Section:
    """Return what the answer rests on, and how much was not understood."""
    first, *languages = summary.rests_on(coverage)
    if problems:
        files = len({one.path for one in problems})
        said = f"{count(len(problems), 'place')} in {count(files, 'file')} not understood"
        languages.append(f"{said} (--format json lists them)")
    return Section("RESTS ON", first, tuple(languages))


def nothing(coverage: Coverage, whole: str) -> str:
    """Return a zero with what it is worth; ``whole`` is said where nothing is left open."""
    if found := summary.doubts(coverage):
        return f"nothing was found, which is no proof: {'; '.join(found)}"
    return f"nothing: every file was read, every reference resolved, {whole}"


def _where(say: Wording, node: Node) -> str:
    if not node.path:
        return ", defined in no file here"
    if node.kind in {"file", "module"}:
        return ""
    return f", {say.place(node.path, node.line)}"


def _others(lines: Iterable[int]) -> str:
    _, *rest = lines
    if not rest:
        return ""
    shown = ", ".join(map(str, rest[:_LINES]))
    more = f" and {len(rest) - _LINES} more" if len(rest) > _LINES else ""
    return f", {shown}{more}"
