"""Commits taken apart: a range whose atoms are the changes to one file, or to one symbol.

Each part becomes a commit of its own in the scratch repository, on top of the part before it, so that
the chain starts at the commit's parent and ends in its tree. All that is asked of commits (what they
touched, which line is whose, how they are undone) can then be asked of parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from blastradius.bridges.base import FileView
from blastradius.changes.pieces import Piece, pieces, with_pieces
from blastradius.git.scratch import Scratch
from blastradius.model.source import Commit, CommitRange, FileChange, TreeEntry

Level = Literal["commit", "file", "symbol"]
ViewOf = Callable[[str, TreeEntry], FileView | None]
Changes = Mapping[str, Sequence[FileChange]]
_FILE = "100"  # what the mode of a plain file begins with


class Atom(Struct, frozen=True):
    """A part of a commit. ``symbol`` is a name within the path; empty: what no symbol holds."""

    commit: str
    path: str
    symbol: str = ""

    @property
    def name(self) -> str:
        """What identifies it to people: ``commit:path#symbol``."""
        return f"{self.commit}:{self.path}" + (f"#{self.symbol}" if self.symbol else "")


class Split(Struct, frozen=True):
    """A range of atoms, and which part of which commit each of them is.

    At the level of commits ``atoms`` is empty: each commit is its own atom.
    """

    level: Level
    span: CommitRange
    changes: Changes
    atoms: Mapping[str, Atom] = {}

    def commit_of(self, atom: str) -> str:
        """Return the commit that an atom is a part of."""
        part = self.atoms.get(atom)
        return part.commit if part is not None else atom

    def commits_of(self, atoms: Iterable[str]) -> tuple[str, ...]:
        """Return the commits that atoms are parts of, each once."""
        return tuple(dict.fromkeys(map(self.commit_of, atoms)))

    def name_of(self, atom: str) -> str:
        """Return what an atom is called in an answer: the commit, or ``commit:path#symbol``."""
        part = self.atoms.get(atom)
        return part.name if part is not None else atom


class Splitter:
    """Takes the commits of a range apart.

    Args:
        scratch: where the parts' trees are written.
        read: blob id → bytes, None when it is absent or binary.
        view_of: (path, entry) → facts, None when no language reads the file.
    """

    def __init__(
        self, scratch: Scratch, read: Callable[[str], bytes | None], view_of: ViewOf
    ) -> None:
        self._scratch = scratch
        self._read = read
        self._view_of = view_of

    def split(self, span: CommitRange, changes: Changes, level: Level) -> Split:
        """Return the range at a level. Merges, and what cannot be taken apart, stay whole.

        Raises:
            RepositoryError: an object is missing or corrupt.
            StorageError: a part cannot be written.
        """
        if level == "commit":
            return Split(level, span, changes)
        commits: list[Commit] = []
        parts: dict[str, Sequence[FileChange]] = {}
        atoms: dict[str, Atom] = {}
        for commit in span.commits:
            steps = list(self._steps(changes.get(commit.id, ()), level))
            chain = self._chain(commit, steps) if len(commit.parents) < 2 else []  # noqa: PLR2004 - a merge has two
            if not chain:
                commits.append(commit)
                parts[commit.id] = changes.get(commit.id, ())
                continue
            for part, (symbol, change) in zip(chain, steps, strict=True):
                commits.append(part)
                parts[part.id] = (change,)
                atoms[part.id] = Atom(commit.id, change.path, symbol)
        return Split(level, replace(span, commits=tuple(commits)), parts, atoms)

    def _steps(
        self, changes: Sequence[FileChange], level: Level
    ) -> Iterator[tuple[str, FileChange]]:
        """Yield (symbol, change) for each part, deletions first: a folder may take a file's place."""
        for change in sorted(changes, key=lambda one: one.new is not None):
            found = list(self._within(change)) if level == "symbol" else []
            yield from found or [("", change)]

    def _within(self, change: FileChange) -> Iterator[tuple[str, FileChange]]:
        """Yield one change for each symbol of a file that was edited; nothing when it has but one part."""
        old, new = change.old, change.new
        if old is None or new is None or change.status != "modified" or old.mode != new.mode:
            return
        texts = [self._read(old.oid), self._read(new.oid)]
        if texts[0] is None or texts[1] is None or not new.mode.startswith(_FILE):
            return
        views = [self._view_of(change.path, old), self._view_of(change.path, new)]
        names: list[Sequence[tuple[str, int, int]]] = [
            _spans(view) if view is not None else () for view in views
        ]
        found = pieces((texts[0], texts[1]), (names[0], names[1]))
        symbols = list(dict.fromkeys(one.symbol for one in found))
        if len(symbols) < 2:  # noqa: PLR2004 - one part is the whole
            if symbols and symbols[0]:
                yield symbols[0], change
            return
        done: list[Piece] = []
        before = old
        for symbol in symbols:
            done += [one for one in found if one.symbol == symbol]
            text = with_pieces(texts[0], texts[1], done)
            after = TreeEntry(new.mode, self._scratch.write_blob(text))
            yield symbol, FileChange(change.path, "modified", change.path, before, after)
            before = after

    def _chain(self, commit: Commit, steps: Sequence[tuple[str, FileChange]]) -> list[Commit]:
        """Return a commit for each step, the last of them with the id of ``commit``; none: not possible."""
        trees = self._scratch.trees
        before = commit.parents[0] if commit.parents else self._scratch.repo.empty_tree
        tree, parents = trees.tree_of(before), commit.parents
        found: list[Commit] = []
        for number, (symbol, change) in enumerate(steps, start=1):
            overlay: dict[str, TreeEntry | None] = {}
            if change.status in {"renamed", "deleted"}:
                overlay[change.old_path] = None
            if change.new is not None:
                overlay[change.path] = change.new
            try:
                tree = trees.rewrite(tree, overlay)
            except ValueError:
                return []
            label = f"{commit.id}:{change.path}#{symbol}"
            last = number == len(steps)
            own = commit.id if last else self._scratch.write_commit(tree, parents, label)
            found.append(replace(commit, id=own, parents=parents))
            parents = (own,)
        whole = trees.tree_of(self._scratch.object_of(commit.id))
        return found if found and tree == whole else []


# What people call a part of a file; a parameter or a column is a part of that.
_NAMED = frozenset(
    {"class", "function", "method", "variable", "relation", "key", "item", "field", "document"}
)


def _spans(view: FileView) -> list[tuple[str, int, int]]:
    """Return (name, first line, last line) of the symbols of a file."""
    return [
        (one.name, one.line, one.end)
        for one in view.facts.definitions
        if one.kind in _NAMED and one.name
    ]
