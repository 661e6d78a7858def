"""Which files of a range are made from which: locks from manifests, generated files from sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from blastradius.api.besides.generated import is_marked, is_named_so, marked, says_so, sources_of
from blastradius.api.besides.manifests import dependencies_of, is_lock, locks_of, manifests_beside
from blastradius.api.history import History
from blastradius.model.source import FileChange, TreeEntry

Read = Callable[[str], bytes | None]
DerivedKind = Literal["lock", "generated"]
_ATTRIBUTES = ".gitattributes"


class Derived(Struct, frozen=True):
    """A file that a tool makes, and the paths of what it makes it from."""

    path: str
    kind: DerivedKind
    sources: tuple[str, ...]


def works(history: History) -> tuple[tuple[str, ...], ...]:
    """Return the atoms that were committed as one, oldest first: parts of a commit have its words."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for atom, commit in history.atoms.items():
        if not history.is_merge(atom):
            found.setdefault((commit.time, commit.author, commit.subject), []).append(atom)
    return tuple(map(tuple, found.values()))


class Derivations:
    """What of the files that a range touched is made from others.

    Args:
        history: the range.
        read: blob id → bytes, None when they cannot be had.
    """

    def __init__(self, history: History, read: Read) -> None:
        self._history = history
        self._read = read
        self._paths = history.head.tree.keys() | history.base.tree.keys()
        self._marks = marked(self._text(_ATTRIBUTES))

    def all(self, among: Iterable[str]) -> Mapping[str, Derived]:
        """Return path → what is made from one of the paths ``among``, or is itself one of them."""
        touched = sorted(set(among) & self._paths)
        found: dict[str, set[str]] = {}
        for path in touched:
            for lock in locks_of(path, self._paths, self._text):
                found.setdefault(lock, set()).add(path)
        locks = {
            lock: Derived(lock, "lock", tuple(sorted(sources)))
            for lock, sources in sorted(found.items())
        }
        for path in touched:
            if path not in locks and not self._is_lock(path):
                sources = sources_of(path, self._text(path), self._paths)
                if sources:
                    locks[path] = Derived(path, "generated", sources)
        return locks

    def is_made(self, change: FileChange) -> bool:
        """Tell whether a tool writes the file: a lock, or a generated file."""
        path = change.path
        if self._is_lock(path) or is_named_so(path) or is_marked(path, self._marks):
            return True
        entry = change.new or change.old
        return entry is not None and says_so(self._read(entry.oid))

    def asks(self, one: Derived, source: str, entry: TreeEntry | None) -> str | None:
        """Return what a source asks of the file made from it, equal where that would be the same.

        None where it is not there or not understood.
        """
        if entry is None:
            return None
        if one.kind == "generated":
            return entry.oid
        return dependencies_of(source, self._read(entry.oid))

    def _is_lock(self, path: str) -> bool:
        if not is_lock(path):
            return False
        return not path.endswith(".txt") or bool(manifests_beside(path, self._paths))

    def _text(self, path: str) -> bytes | None:
        entry = self._history.head.tree.get(path) or self._history.base.tree.get(path)
        return self._read(entry.oid) if entry is not None else None
