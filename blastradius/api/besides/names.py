"""What goes, as prose writes it: names of symbols, options of commands, paths of files.

A name counts where no plain word of any language looks like it, and where the reverted tree has no
other definition of it. A method, a column or a field counts behind its owner's name only: ``to_dict``
may be anybody's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from blastradius.api.besides.scene import Line, Scene, last_name
from blastradius.index.snapshot import Place
from blastradius.model.facts import Definition

_SHORTEST = 4
_OWN = frozenset({"class", "function", "variable", "relation"})
_OWNED = frozenset({"method", "attribute", "column", "field"})
_HUMP = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2,}[a-z]|[a-z]_[a-z]|[A-Z]_[A-Z]|[a-z]\d+_", re.ASCII)
_MENTION = re.compile(r"(?<![\w/.-])[A-Za-z_][\w]*(?:(?:\.|::|#)[A-Za-z_]\w*)*(?![\w/])", re.ASCII)
_QUOTED = re.compile(r"`+([^`\n]+)`+")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w-])")
_OPTION_TEXT = re.compile(
    rb"[\"'`\s]--([a-z][a-z0-9]*(?:-[a-z0-9]+)+|[a-z][a-z0-9]{2,})[\"'`=\s,)]"
)
_PATH = re.compile(r"(?<![\w@+./-])[\w@+.-]+(?:/[\w@+.-]+)*", re.ASCII)
_CODE = (
    ".py",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".mjs",
    ".cjs",
    ".sh",
    ".go",
    ".rs",
    ".rb",
    ".toml",
    ".cfg",
)


class Mention(NamedTuple):
    """A line that names what goes: the symbol, option or path, and how the line writes it."""

    line: Line
    symbol: str
    written: str


class Names:
    """Finds in prose what the undoing takes away.

    Args:
        scene: the outcome of undoing.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._plain: dict[str, str] = {}  # a name that stands for itself → symbol
        self._owned: dict[tuple[str, str], str] = {}  # (owner, name) → symbol
        for symbol, place in sorted(scene.vanished.items()):
            self._enter(symbol, place)
        known = frozenset(self._plain) | {name for _, name in self._owned}
        kept = _defined(scene, known) if known else frozenset()
        there = {name for _, name in kept}
        self._plain = {name: one for name, one in self._plain.items() if name not in there}
        self._owned = {key: one for key, one in self._owned.items() if key not in kept}
        self._options = _options_gone(scene)
        self._paths = frozenset(scene.gone_paths)

    def __bool__(self) -> bool:
        return bool(self._plain or self._owned or self._options or self._paths)

    def symbols_in(self, line: Line) -> Iterator[Mention]:
        """Yield the vanishing symbols that a line names, each once, in their order."""
        seen: set[str] = set()
        quoted = {word for part in _QUOTED.findall(line.text) for word in _MENTION.findall(part)}
        for match in _MENTION.finditer(line.text):
            symbol = self._symbol(match.group(), quoted=match.group() in quoted)
            if symbol and symbol not in seen:
                seen.add(symbol)
                yield Mention(line, symbol, match.group())

    def options_in(self, line: Line) -> Iterator[Mention]:
        """Yield the options that no code has any more."""
        for option in dict.fromkeys(_OPTION.findall(line.text)):
            if option in self._options:
                yield Mention(line, option, option)

    def paths_in(self, line: Line) -> Iterator[Mention]:
        """Yield the files that are no longer there: named from the top, or from the line's folder."""
        folder = posixpath.dirname(line.path)
        for written in dict.fromkeys(one.rstrip(".") for one in _PATH.findall(line.text)):
            if "." not in written and "/" not in written:
                continue
            if "/" not in written and not folder:
                tried = [written]
            else:
                tried = [
                    posixpath.normpath(posixpath.join(start, written)) for start in ("", folder)
                ]
            found = next((path for path in tried if path in self._paths), None)
            if found is not None and not any(path in self._scene.reverted.tree for path in tried):
                yield Mention(line, f"file:{found}", written)

    def _enter(self, symbol: str, place: Place) -> None:
        definition = place.definition
        if definition is None or definition.kind not in _OWN | _OWNED:
            return
        name = last_name(definition)
        if not name.isidentifier():
            return
        owner = _owner(definition)
        if definition.kind in _OWNED or (owner and definition.kind != "relation"):
            if owner:
                self._owned.setdefault((owner, name), symbol)
        elif len(name) >= _SHORTEST:
            self._plain.setdefault(name, symbol)

    def _symbol(self, written: str, *, quoted: bool) -> str:
        """Return the symbol that a word of prose names, empty for a plain word."""
        *before, name = re.split(r"\.|::|#", written)
        if before and (found := self._owned.get((before[-1], name))):
            return found
        found = self._plain.get(name, "")
        if not found:
            return ""
        if before:
            # ``pkg.mod.name``: what stands before must be where the symbol is.
            place = found.partition(":")[2].lower()
            return found if before[-1].lower() in re.split(r"[/.#]", place) else ""
        return found if quoted or _HUMP.search(name) else ""


def _owner(definition: Definition) -> str:
    return definition.name.rpartition(".")[0].rpartition(".")[2]


def _defined(scene: Scene, names: Collection[str]) -> frozenset[tuple[str, str]]:
    """Return (owner, name) of what the reverted tree still defines under one of the names."""
    return frozenset(
        (_owner(definition), last)
        for path, view in scene.reverted.files.items()
        if path in scene.reverted.tree
        for definition in view.facts.definitions
        if (last := last_name(definition)) in names
    )


def _options_gone(scene: Scene) -> frozenset[str]:
    """Return the options that changed code has at head and nowhere in what it is reverted to."""
    before: set[str] = set()
    after: set[str] = set()
    for change in scene.changed:
        for path in {change.path, change.old_path}:
            if path.endswith(_CODE):
                before |= _options(scene.text(scene.head, path))
                after |= _options(scene.text(scene.reverted, path))
    return frozenset(before - after)


def _options(text: bytes | None) -> set[str]:
    return {f"--{one.decode()}" for one in _OPTION_TEXT.findall(text or b"")}
