"""What is looked at for what people touch besides: both trees, and what stays of the range in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blastradius.api.history import History
from blastradius.changes.breaks import Dangling
from blastradius.index.snapshot import Place, Snapshot
from blastradius.model.facts import Definition
from blastradius.model.source import FileChange, TreeEntry

_MOST_BYTES = 4_000_000
_SHORT = 9  # digits that tell a commit from all others of a large history
_LONGEST = 1_000  # of a line: what is longer is data


@dataclass(frozen=True)
class Line:
    """A line of a file of the reverted tree."""

    path: str
    number: int
    text: str


@dataclass(frozen=True)
class Scene:
    """The outcome of undoing a set of atoms.

    Attributes:
        history: the range. undone: the atoms that go.
        changed: the paths that differ between head and the reverted tree.
        reverted: the tree without them. dangling: what dangles in it.
        read: blob id → bytes, None when they cannot be had.
        commit_of: the commit that an atom is a part of.
    """

    history: History
    undone: frozenset[str]
    changed: Sequence[FileChange]
    reverted: Snapshot
    dangling: Sequence[Dangling]
    read: Callable[[str], bytes | None]
    commit_of: Callable[[str], str]

    @property
    def head(self) -> Snapshot:
        """The tree as it is."""
        return self.history.head

    @cached_property
    def touched(self) -> frozenset[str]:
        """The paths that the range touched, by every name."""
        history = self.history
        return frozenset(path for atom in history.atoms for path in history.paths_of(atom))

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The atoms that stay, oldest first."""
        return tuple(atom for atom in self.history.atoms if atom not in self.undone)

    @cached_property
    def vanished(self) -> Mapping[str, Place]:
        """Symbol → its place at head, of all that the reverted tree no longer has."""
        return {
            symbol: place
            for symbol, place in self._differing(self.head)
            if not self.reverted.keeps(symbol, place)
        }

    @cached_property
    def altered(self) -> Mapping[str, Place]:
        """Symbol → its place at head, of all that is another one in the reverted tree."""
        found = {}
        for symbol, place in self._differing(self.head):
            now = self.reverted.symbols_of(place.path).get(symbol)
            own = place.definition
            if now is None or own is None or own.kind == "module":
                continue
            if (now.shape, now.body) != (own.shape, own.body):
                found[symbol] = place
        return found

    @cached_property
    def gone_paths(self) -> tuple[str, ...]:
        """The paths that the reverted tree no longer has."""
        paths = {path for change in self.changed for path in (change.path, change.old_path)}
        return tuple(
            sorted(p for p in paths if p in self.head.tree and p not in self.reverted.tree)
        )

    def text(self, tree: Snapshot, path: str) -> bytes | None:
        """Return the bytes of a file of a tree, None when there is none to read."""
        entry = tree.tree.get(path)
        return self.bytes_of(entry)

    def bytes_of(self, entry: TreeEntry | None) -> bytes | None:
        """Return the bytes of an entry, None when there is none to read or it is data."""
        text = self.read(entry.oid) if entry is not None else None
        return text if text is not None and len(text) <= _MOST_BYTES else None

    def fresh_lines(self, paths: Iterable[str]) -> Iterator[Line]:
        """Yield the lines that the range brought in and that stay, of the reverted files.

        What an older line says was true before the undone commits, and is so again; a line that
        comes back belongs to what comes back.
        """
        for path in sorted(paths):
            text = self.text(self.reverted, path)
            if text is None or path not in self.touched:
                continue
            before = self._older(path)
            fresh = {line.strip() for line in _lines(self.text(self.head, path) or b"")}
            fresh -= {"", *before}
            for number, line in enumerate(_lines(text), 1):
                if line.strip() in fresh:
                    yield Line(path, number, line[:_LONGEST])

    def short(self, atom: str) -> str:
        """Return the short id of the commit that an atom is of."""
        return self.commit_of(atom)[:_SHORT]

    def _older(self, path: str) -> frozenset[str]:
        """Return the lines that the file had before the range, under any name."""
        names = {path}
        for change in reversed(self._all_changes):
            if change.path in names and change.status in {"renamed", "copied"}:
                names.add(change.old_path)
        texts = (self.text(self.history.base, name) for name in sorted(names))
        return frozenset(line.strip() for text in texts if text for line in _lines(text))

    @cached_property
    def _all_changes(self) -> tuple[FileChange, ...]:
        history = self.history
        return tuple(one for atom in history.atoms for one in history.changes.get(atom, ()))

    def _differing(self, tree: Snapshot) -> Iterator[tuple[str, Place]]:
        paths = {path for change in self.changed for path in (change.path, change.old_path)}
        for path in sorted(paths):
            for symbol, definition in tree.symbols_of(path).items():
                yield symbol, Place(path, definition.line, definition)


def last_name(definition: Definition) -> str:
    """Return what a definition is called within what encloses it."""
    return definition.name.rpartition(".")[2]


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").splitlines()
