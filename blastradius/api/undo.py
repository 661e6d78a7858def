"""The world in which a revert set is tried out: real merges, real trees, real looking.

`UndoWorld` answers what `planning.select` asks. Undoing a set is a chain of three-way merges, newest
first, each memoised by the scratch repository; looking is done on the tree that results.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from blastradius.api.atoms import Split
from blastradius.api.collisions import Collisions, Undone
from blastradius.api.companions import Companions
from blastradius.api.history import History
from blastradius.api.hunks import hunks_of
from blastradius.api.inverse import Inverse
from blastradius.api.uses import Uses
from blastradius.api.workspace import Workspace
from blastradius.bridges.base import FileView
from blastradius.changes.breaks import Dangling, LineMap, dangling
from blastradius.changes.lost_files import lost_files
from blastradius.changes.origins import surviving_lines
from blastradius.changes.relinked import affected
from blastradius.changes.suspects import may_dangle
from blastradius.git.scratch import Reverted
from blastradius.git.trees import diff_trees
from blastradius.index.link import relink
from blastradius.index.snapshot import Snapshot
from blastradius.model.source import FileChange, TreeEntry
from blastradius.model.symbols import Tier
from blastradius.planning.demands import Demand


@dataclass(frozen=True, slots=True)
class Looked:
    """What a reverted tree shows: its paths that differ from head, and what dangles in it.

    ``unparsed`` are the changed paths that no longer parse whole.
    """

    changed: tuple[FileChange, ...]
    snapshot: Snapshot
    dangling: tuple[Dangling, ...]
    unparsed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A reverted tree before it is looked at; maps are of lines of base and of head into it."""

    changed: tuple[FileChange, ...]
    paths: frozenset[str]
    snapshot: Snapshot
    maps: tuple[LineMap, LineMap]


class UndoWorld:
    """Tries out sets of atoms of one range; a `planning.select.World`.

    Args:
        workspace: the repository.
        history: the range.
        split: which part of which commit each atom is.
        forcing: the tiers of breaks that draw an atom in.
    """

    def __init__(
        self,
        workspace: Workspace,
        history: History,
        split: Split,
        forcing: tuple[Tier, ...] = ("certain",),
    ) -> None:
        self.forcing = forcing
        self._workspace = workspace
        self._history = history
        self._inverse = Inverse(history, split, workspace.scratch, workspace.read)
        self._undone: dict[frozenset[str], Undone] = {}
        self._places: dict[Undone, tuple[int, Sequence[str]]] = {}
        self._looked: dict[str, Looked] = {}
        self._made: dict[str, _Made] = {}
        self._base_tree = workspace.scratch.trees.tree_of(history.span.base)
        self._collisions = Collisions(
            history, self._inverse, self.undo, self._conflicts, self._place_of
        )
        self._companions = Companions(history, workspace.read)
        self._uses = Uses(history, workspace.read, forcing, self._dangling)
        self.seen: dict[frozenset[str], tuple[Dangling, ...]] = {}

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return the atoms without which the three-way merges conflict."""
        return self._collisions.demands(undone)

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return the atoms without which a use would stay without its definition."""
        tree = self.undo(undone).tree
        if tree is None:
            return ()
        looked = self.look(tree)
        self.seen[undone] = looked.dangling
        return [
            *self._uses.whole(looked.unparsed, undone),
            *self.demands_of(looked.dangling, undone, tree),
            *self._companions.demands(undone),
        ]

    def _dangling(self, undone: frozenset[str]) -> Sequence[Dangling] | None:
        tree = self.undo(undone).tree
        return self.look(tree).dangling if tree is not None else None

    def demands_of(
        self, found: Sequence[Dangling], undone: frozenset[str], tree: str
    ) -> Sequence[Demand]:
        """Return what those that dangle in ``tree``, which is without ``undone``, demand."""
        return self._uses.demands(found, undone, self._reader(tree))

    def undo(self, undone: frozenset[str]) -> Undone:
        """Return the tree without ``undone``, made by reverting them newest first."""
        known = self._undone.get(undone)
        if known is None:
            known = self._undone[undone] = self._undo(undone)
        return known

    def revert(self, tree: str, atom: str) -> Reverted:
        """Undo one atom on a tree."""
        return self._inverse.revert(tree, atom)

    def tree_of(self, treeish: str) -> str:
        """Return the tree of a commit or a tree."""
        return self._workspace.scratch.trees.tree_of(treeish)

    def differing(self, one: str, other: str) -> tuple[str, ...]:
        """Return the paths that differ between two trees."""
        trees = self._workspace.scratch.trees
        return tuple(
            path for path, _, _ in trees.differences(self.tree_of(one), self.tree_of(other))
        )

    def look(self, tree: str) -> Looked:
        """Return what differs from head in ``tree``, and what dangles there."""
        known = self._looked.get(tree)
        if known is None:
            known = self._looked[tree] = self._look(tree)
        return known

    def brought_in_by(self, one: Dangling) -> str | None:
        """Return the atom of the range that brought in the site, None when it is older."""
        return self._uses.brought_in_by(one)

    def _undo(self, undone: frozenset[str]) -> Undone:
        if undone >= self._history.atoms.keys():
            return Undone(self._base_tree)
        tree = self._history.span.head
        for atom in self._history.to_revert(undone):
            result = self.revert(tree, atom)
            if result.tree is None:
                return Undone(None, atom, tuple(result.conflicts), result.marked)
            tree = result.tree
        return Undone(self._workspace.scratch.trees.tree_of(tree))

    def _conflicts(self, undone: frozenset[str]) -> list[Undone]:
        """Return every conflict on the way to the tree without ``undone``, each atom passed over."""
        if self.undo(undone).tree is not None:
            return []
        tree, found = self._history.span.head, []
        for atom in self._history.to_revert(undone):
            result = self.revert(tree, atom)
            if result.tree is None:
                found.append(Undone(None, atom, tuple(result.conflicts), result.marked))
            else:
                tree = result.tree
        return found

    def _place_of(self, conflict: Undone) -> tuple[int, Sequence[str]]:
        known = self._places.get(conflict)
        if known is None:
            scratch, read = self._workspace.scratch, self._workspace.read
            found = hunks_of(conflict, self._history, scratch, read)
            known = (found[0].line, found[0].ours_by) if found else (0, ())
            self._places[conflict] = known
        return known

    def _reader(self, tree: str) -> Callable[[str], bytes]:
        """Return what reads a path of the reverted tree."""
        entries = self._make(tree).snapshot.tree

        def read(path: str) -> bytes:
            entry = entries.get(path)
            return (self._workspace.read(entry.oid) if entry is not None else None) or b""

        return read

    def is_suspect(self, tree: str) -> bool:
        """Tell whether anything may dangle in a tree, as far as head and base know: cheap to ask."""
        if tree in self._looked:
            return bool(self._looked[tree].dangling)
        made, history = self._make(tree), self._history
        return may_dangle(
            history.base,
            history.head,
            made.snapshot,
            made.paths,
            made.maps,
            (self._text_at_head, self._reader(tree)),
        )

    def _look(self, tree: str) -> Looked:
        history, made = self._history, self._make(tree)
        base = None if tree == self._base_tree else history.base
        found = dangling(
            base, history.head, made.snapshot, made.paths, made.maps, self._text_at_head
        )
        known = {(one.path, one.line, one.needs) for one in found}
        options = self._workspace.options(made.snapshot.tree)
        lost = lost_files(made.snapshot, made.paths, made.maps[1], history.removed, options)
        found += [one for one in lost if (one.path, one.line, one.needs) not in known]
        return Looked(made.changed, made.snapshot, tuple(found), self._unparsed(made))

    def _unparsed(self, made: _Made) -> tuple[str, ...]:
        """Return the changed files that are not understood whole as they were at head, or at all."""
        broken = []
        for change in made.changed:
            before = self._history.head.files.get(change.path)
            after = made.snapshot.files.get(change.path)
            if after is None or after.facts.parsed == "full":
                continue
            if before is None or before.facts.parsed == "full":
                broken.append(change.path)
        return tuple(broken)

    def _make(self, tree: str) -> _Made:
        known = self._made.get(tree)
        if known is not None:
            return known
        history = self._history
        changed = diff_trees(self._workspace.scratch.view, history.span.head, tree)
        paths = {change.path for change in changed} | {change.old_path for change in changed}
        # The whole range undone is the base, which is linked already.
        whole = tree == self._base_tree
        reverted = history.base if whole else self._snapshot_with(changed, paths)
        from_head = self._line_map(history.head.tree, reverted.tree)
        from_base = self._line_map(history.base.tree, reverted.tree)
        made = _Made(changed, frozenset(paths), reverted, (from_base, from_head))
        self._made = {tree: made}  # the last one alone: each holds a whole tree
        return made

    def _text_at_head(self, path: str) -> bytes:
        entry = self._history.head.tree.get(path)
        return (self._workspace.read(entry.oid) if entry is not None else None) or b""

    def _snapshot_with(self, changed: Sequence[FileChange], paths: Collection[str]) -> Snapshot:
        """Return head with some paths changed; only those are linked anew."""
        history, workspace = self._history, self._workspace
        entries = dict(history.head.tree)
        for change in changed:
            if change.status in {"renamed", "deleted"}:
                entries.pop(change.old_path, None)
            if change.new is not None:
                entries[change.path] = change.new
        workspace.load(
            ((path, entries[path]) for path in paths if path in entries), "reverted tree"
        )
        files = _overlaid(history.head.files, paths, entries, workspace)
        options = workspace.options(entries)
        reverted = Snapshot(entries, files, lambda: relink(files, again(), options))

        def again() -> frozenset[str]:
            return affected(history.head, reverted, paths).union(paths)

        return reverted

    def _line_map(
        self, old: Mapping[str, TreeEntry], new: Mapping[str, TreeEntry]
    ) -> Callable[[str], Mapping[int, int]]:
        @cache
        def lines(path: str) -> Mapping[int, int]:
            before, after = old.get(path), new.get(path)
            if before is None or after is None:
                return {}
            texts = [self._workspace.read(entry.oid) or b"" for entry in (before, after)]
            return surviving_lines(*texts)

        return lines


def _overlaid(
    files: Mapping[str, FileView],
    paths: Iterable[str],
    entries: Mapping[str, TreeEntry],
    workspace: Workspace,
) -> dict[str, FileView]:
    result = dict(files)
    for path in paths:
        entry = entries.get(path)
        view = workspace.view_of(path, entry) if entry is not None else None
        if view is None:
            result.pop(path, None)
        else:
            result[path] = view
    return result
