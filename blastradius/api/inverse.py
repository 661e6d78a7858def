"""Undoing one atom on a tree: git's three-way merge, and for parts of commits its own lines."""

from __future__ import annotations

from collections.abc import Callable

from blastradius.api.atoms import Split
from blastradius.api.history import History
from blastradius.changes.pieces import undone_lines
from blastradius.git.objects import FOLDER
from blastradius.git.scratch import Reverted, Scratch
from blastradius.model.source import TreeEntry


class Inverse:
    """Undoes atoms of a range.

    Args:
        history: the range.
        split: which part of which commit each atom is.
        scratch: where trees are merged and written.
        read: blob id → bytes, None when it is absent or binary.
    """

    def __init__(
        self,
        history: History,
        split: Split,
        scratch: Scratch,
        read: Callable[[str], bytes | None],
    ) -> None:
        self._history = history
        self._split = split
        self._scratch = scratch
        self._read = read

    def revert(self, tree: str, atom: str) -> Reverted:
        """Undo an atom on a tree, a merge against its first parent."""
        result = self._scratch.revert(tree, self._history.atoms[atom])
        if result.tree is not None or atom not in self._split.atoms:
            return result
        return self._by_lines(tree, atom) or result

    def revert_part(self, tree: str, atom: str, paths: tuple[str, ...]) -> Reverted:
        """Undo what an atom changed in some paths, on a tree that holds only those."""
        commit = self._history.atoms[atom]
        before = commit.parents[0] if commit.parents else self._scratch.repo.empty_tree
        sides = self.part(self._scratch.object_of(atom), paths), self.part(before, paths)
        result = self._scratch.merge(sides[0], tree, sides[1])
        if result.tree is not None or atom not in self._split.atoms:
            return result
        return self._by_lines(tree, atom) or result

    def part(self, treeish: str, paths: tuple[str, ...]) -> str:
        """Return the tree that holds only these paths of another."""
        trees, empty = self._scratch.trees, self._scratch.repo.empty_tree
        whole = trees.tree_of(treeish)
        found: dict[str, TreeEntry | None] = {
            path: entry
            for path in paths
            if (entry := trees.lookup(whole, path)) is not None and entry.mode != FOLDER
        }
        return trees.rewrite(empty, found) if found else empty

    def _by_lines(self, tree: str, atom: str) -> Reverted | None:
        """Return the tree with the atom's own lines put back, None where they are not there as they were.

        Git also takes it for a conflict that the line next to them changed, as it does where one commit
        wrote two symbols one after the other.
        """
        changes = self._history.changes.get(atom, ())
        if len(changes) != 1 or changes[0].status != "modified":
            return None
        change = changes[0]
        tree = self._scratch.trees.tree_of(tree)
        entry = self._scratch.trees.lookup(tree, change.path)
        if entry is None or change.old is None or change.new is None:
            return None
        texts = [self._read(one.oid) for one in (change.new, change.old, entry)]
        base, theirs, ours = texts
        if base is None or theirs is None or ours is None:
            return None
        text = undone_lines(base, theirs, ours)
        if text is None:
            return None
        written = TreeEntry(entry.mode, self._scratch.write_blob(text))
        return Reverted(self._scratch.trees.rewrite(tree, {change.path: written}))
