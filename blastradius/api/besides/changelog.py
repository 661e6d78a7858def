"""Changelog entries and fragments that stay although what they announce goes.

An entry belongs to an undone commit by the number of its pull request, by its subject, by its own text
(of a fragment, or of a line that was moved since), or by naming a symbol that goes. Only lines that the
range brought in can be about it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from blastradius.api.besides.names import Names
from blastradius.api.besides.prose import is_changelog, is_fragment
from blastradius.api.besides.scene import Line, Scene
from blastradius.model.analysis import FixForward

_NUMBER = re.compile(r"\(#(\d+)\)\s*\Z|^Merge pull request #(\d+) |\(!(\d+)\)\s*\Z")
_TYPE = re.compile(r"^\w+(?:\([^)]*\))?!?:\s+")
_REFERENCE = re.compile(r"(?<![\w&])[#!](\d+)\b|/(?:pull|pulls|merge_requests)/(\d+)\b")
_MARKUP = re.compile(r"[`*_~\[\]\"']|\(\[?#\d+\]?[^)]*\)|https?://\S+|^\s*(?:[-*+]|\d+\.)\s+")
_SPACE = re.compile(r"\s+")
_HEADINGS = ("#", "=", "-----", "~~~")
_LONG = 18
_WORDS = 3
_NUMBERED = re.compile(r"\+?#?(\d+)[.-]")


class _Said(NamedTuple):
    """What an undone commit is known by: pull requests, and texts that only it has; → its atom."""

    numbers: Mapping[str, str]
    texts: Mapping[str, str]


def find(scene: Scene) -> list[FixForward]:
    """Return the entries and fragments, by path and line."""
    tree = scene.reverted.tree
    pages = [path for path in scene.touched if path in tree and is_changelog(path)]
    fragments = [path for path in scene.touched if path in tree and is_fragment(path)]
    if not pages and not fragments:
        return []
    said, names = _said(scene), Names(scene)
    found = dict(_fragments(scene, fragments, said))
    for line in scene.fresh_lines({*pages, *fragments}):
        why = _belongs(line, said, scene) or next(
            (f"names {one.written}, which goes" for one in names.symbols_in(line)), ""
        )
        if why and not (line.path in fragments and line.path in found):
            one = FixForward(line.path, line.number, f"file:{line.path}", why, "changelog")
            found[line.path if line.path in fragments else f"{line.path}:{line.number}"] = one
    return sorted(found.values(), key=lambda one: (one.path, one.line))


def _fragments(scene: Scene, paths: list[str], said: _Said) -> Iterator[tuple[str, FixForward]]:
    """Yield the fragments that the range added and that are called as an undone pull request."""
    for path in paths:
        number = _NUMBERED.match(posixpath.basename(path))
        atom = said.numbers.get(number[1]) if number is not None else None
        if atom is None or path in scene.history.base.tree:
            continue
        why = f"announces #{number[1] if number else ''}, which {scene.short(atom)} brought in and goes"
        yield path, FixForward(path, 1, f"file:{path}", why, "changelog")


def _belongs(line: Line, said: _Said, scene: Scene) -> str:
    """Say by what a line is about an undone commit, empty when it is not."""
    for several in _REFERENCE.findall(line.text):
        number = next(filter(None, several))
        if number in said.numbers:
            return f"announces #{number}, which {scene.short(said.numbers[number])} brought in and goes"
    plain = _plain(line.text)
    atom = next((said.texts[one] for one in said.texts if plain.startswith(one)), None)
    return f"announces what {scene.short(atom)} brought in, which goes" if atom is not None else ""


def _said(scene: Scene) -> _Said:
    numbers: dict[str, str] = {}
    texts: dict[str, str] = {}
    kept = {_subject(scene.history.atoms[atom].subject) for atom in scene.kept}
    for atom in scene.history.newest_first(scene.undone):
        subject = scene.history.atoms[atom].subject
        match = _NUMBER.search(subject)
        if match is not None:
            numbers[next(filter(None, match.groups()))] = atom
        numbers |= dict.fromkeys(_announced(scene, atom), atom)
        for text in (_subject(subject), *_entries(scene, atom)):
            if _is_telling(text) and text not in kept:
                texts[text] = atom
    return _Said(numbers, texts)


def _announced(scene: Scene, atom: str) -> Iterator[str]:
    """Yield the numbers of the fragments that an atom added: a release collects them into a page."""
    for change in scene.history.changes.get(atom, ()):
        if change.old is None and is_fragment(change.path):
            number = _NUMBERED.match(posixpath.basename(change.path))
            if number is not None:
                yield number[1]


def _entries(scene: Scene, atom: str) -> Iterator[str]:
    """Yield the lines that an atom added to changelogs and fragments."""
    for change in scene.history.changes.get(atom, ()):
        if not (is_changelog(change.path) or is_fragment(change.path)):
            continue
        before = {line.strip() for line in _lines(scene.bytes_of(change.old))}
        for line in _lines(scene.bytes_of(change.new)):
            if line.strip() not in before and not line.startswith(_HEADINGS):
                yield _plain(line)


def _subject(subject: str) -> str:
    return _plain(_TYPE.sub("", _NUMBER.sub("", subject)))


def _is_telling(text: str) -> bool:
    return len(text) >= _LONG and text.count(" ") >= _WORDS - 1


def _plain(text: str) -> str:
    """Return a line without markup, references and case."""
    return _SPACE.sub(" ", _MARKUP.sub("", text)).strip(" .:-").lower()


def _lines(text: bytes | None) -> list[str]:
    return (text or b"").decode("utf-8", "replace").splitlines()
