"""Trees as values: look up, compare and rewrite them object by object, without a git process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from blastradius.errors import RepositoryError
from blastradius.git.blobs import BlobReader
from blastradius.git.objects import (
    FOLDER,
    format_tree,
    parse_tree,
    split_path,
    tree_of_commit,
    write_loose,
)
from blastradius.git.paths import decode_path
from blastradius.model.source import TreeEntry

_CACHED = 20_000
"""Folders kept parsed; above that all are forgotten, which bounds memory simply."""

Entries = Mapping[bytes, TreeEntry]
_Names = tuple[bytes, ...]


class TreeStore:
    """The trees of one repository, read through ``reader``; new ones are written to ``folder``.

    Args:
        reader: reads the repository's objects and those below ``folder``.
        folder: an object directory that is ours.
        object_format: ``sha1`` or ``sha256``.
        empty_tree: id of the tree without entries, which need not exist as an object.
    """

    def __init__(
        self, reader: BlobReader, folder: Path, object_format: str, empty_tree: str
    ) -> None:
        self._reader = reader
        self._folder = folder
        self._format = object_format
        self._empty = empty_tree
        self._parsed: dict[str, Entries] = {}

    def tree_of(self, treeish: str) -> str:
        """Return the tree's id of a commit or a tree.

        Raises:
            RepositoryError: the object is missing, corrupt, or of another type.
        """
        if treeish == self._empty:
            return treeish
        kind, content = self._reader.read_object(treeish)
        if kind == "tree":
            return treeish
        if kind == "commit":
            return tree_of_commit(treeish, content)
        raise RepositoryError(f"object {treeish} is a {kind}, not a commit or a tree")

    def entries(self, tree: str) -> Entries:
        """Return name → entry of one folder.

        Raises:
            RepositoryError: the tree is missing or corrupt.
        """
        known = self._parsed.get(tree)
        if known is not None:
            return known
        if tree == self._empty:
            return {}
        kind, content = self._reader.read_object(tree)
        if kind != "tree":
            raise RepositoryError(f"object {tree} is a {kind}, not a tree")
        if len(self._parsed) >= _CACHED:
            self._parsed.clear()
        self._parsed[tree] = parsed = parse_tree(tree, content, self._format)
        return parsed

    def lookup(self, tree: str, path: str) -> TreeEntry | None:
        """Return the entry at ``path``, which may be a folder; None when there is none."""
        *folders, name = split_path(path)
        return self.entries(self._folder_at(tree, folders)).get(name)

    def blob(self, oid: str) -> bytes:
        """Return the content of a blob, whatever its size.

        Raises:
            RepositoryError: it is missing or corrupt.
        """
        return self._reader.read_object(oid)[1]

    def differences(
        self, old: str, new: str
    ) -> Iterator[tuple[str, TreeEntry | None, TreeEntry | None]]:
        """Yield ``(path, old entry, new entry)`` of every file that differs; no renames, no order.

        Folders are looked into only where their ids differ.
        """
        stack: list[tuple[_Names, str, str]] = [((), old, new)]
        while stack:
            prefix, before, after = stack.pop()
            if before == after:
                continue
            left, right = self.entries(before), self.entries(after)
            for name in {**left, **right}:
                one, other = left.get(name), right.get(name)
                if one == other:
                    continue
                folders = (_folder(one), _folder(other))
                if any(folders):
                    pair = (folders[0] or self._empty, folders[1] or self._empty)
                    stack.append(((*prefix, name), *pair))
                files = (None if folders[0] else one, None if folders[1] else other)
                if any(files):
                    path = decode_path(b"/".join((*prefix, name)))
                    yield (path, *files)

    def rewrite(self, tree: str, overlay: Mapping[str, TreeEntry | None]) -> str:
        """Return the tree that is ``tree`` with the entries of ``overlay``; None takes a path away.

        Only the folders on the way to a changed path are written. A folder left empty goes.

        Raises:
            RepositoryError: a tree is missing or corrupt.
            StorageError: the new trees cannot be written.
            ValueError: the overlay makes one path both a file and a folder.
        """
        pending: dict[_Names, dict[bytes, TreeEntry | None]] = {(): {}}
        asked = {split_path(path) for path in overlay}
        for path, entry in overlay.items():
            *folders, name = split_path(path)
            for depth in range(len(folders) + 1):
                pending.setdefault(tuple(folders[:depth]), {})
            pending[tuple(folders)][name] = entry
        # Deepest first, so that a folder's new id is known when its parent is written.
        for where in sorted(pending, key=len, reverse=True):
            entries = dict(self.entries(self._folder_at(tree, where)))
            for name, entry in pending[where].items():
                # None is a file to take away, or a folder that was left empty: never the other.
                if entry is not None:
                    entries[name] = entry
                elif (*where, name) in (pending if _folder(entries.get(name)) else asked):
                    entries.pop(name, None)
            written = self._write(entries)
            if not where:
                return written
            above = pending[where[:-1]]
            _hang(above, where, written if entries else None)
        raise AssertionError  # pragma: no cover - the root is always pending

    def _write(self, entries: Entries) -> str:
        written = write_loose(self._folder, "tree", format_tree(entries.items()), self._format)
        self._parsed[written] = entries
        return written

    def _folder_at(self, tree: str, names: Iterable[bytes]) -> str:
        for name in names:
            tree = _folder(self.entries(tree).get(name)) or self._empty
        return tree


def _folder(entry: TreeEntry | None) -> str | None:
    return entry.oid if entry is not None and entry.mode == FOLDER else None


def _hang(above: dict[bytes, TreeEntry | None], where: _Names, written: str | None) -> None:
    """Put a rewritten folder into its parent's overlay; one left empty yields to a file."""
    name = where[-1]
    asked = above.get(name)
    if written is None:
        above.setdefault(name, None)
    elif asked is not None:
        shown = b"/".join(where).decode("utf-8", "backslashreplace")
        raise ValueError(f"'{shown}' would be both a file and a folder")
    else:
        above[name] = TreeEntry(FOLDER, written)
