"""The world in which a revert set is tried out: real merges, real trees, real looking.

`UndoWorld` answers what `planning.select` asks. Undoing a set is a chain of three-way merges, newest
first, each memoised by the scratch repository; looking is done on the tree that results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from blastradius.api.workspace import Workspace
from blastradius.bridges.base import FileView
from blastradius.changes.attribute import Attribution
from blastradius.changes.breaks import Dangling, dangling
from blastradius.changes.origins import OriginTracker, surviving_lines
from blastradius.changes.relinked import affected
from blastradius.git.trees import diff_trees
from blastradius.index.link import relink
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import SymbolChange
from blastradius.model.source import CommitRange, FileChange, TreeEntry
from blastradius.planning.select import Demand

# Up to this many candidates are tried alone before sets of them are.
_ALONE = 12


@dataclass(frozen=True, slots=True)
class History:
    """The range, understood: what the world and the report both look at."""

    span: CommitRange
    changes: Mapping[str, Sequence[FileChange]]
    base: Snapshot
    head: Snapshot
    symbols: tuple[SymbolChange, ...]
    attribution: Attribution
    origins: OriginTracker


@dataclass(frozen=True, slots=True)
class Undone:
    """The tree without some commits. ``tree`` is None when a merge conflicts at ``commit``."""

    tree: str | None
    commit: str = ""
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a reverted tree shows: its paths that differ from head, and what dangles in it."""

    changed: tuple[FileChange, ...]
    snapshot: Snapshot
    dangling: tuple[Dangling, ...]


class UndoWorld:
    """Tries out sets of commits of one range; a `planning.select.World`."""

    def __init__(self, workspace: Workspace, history: History) -> None:
        self._workspace = workspace
        self._history = history
        self._commits = {commit.id: commit for commit in history.span.commits}
        self._position = {commit: place for place, commit in enumerate(self._commits)}
        self._undone: dict[frozenset[str], Undone] = {}
        self._looked: dict[str, Looked] = {}
        self._makers = _makers(history.symbols)
        self._base_tree = workspace.scratch.trees.tree_of(history.span.base)
        self.seen: dict[tuple[str, int, str, str], tuple[Dangling, str | None]] = {}

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return the commits without which the three-way merges conflict."""
        result = self.undo(undone)
        if result.tree is not None:
            return ()
        needed = self._clearing(undone, result)
        path = result.conflicts[0] if result.conflicts else ""
        return [
            Demand(
                result.commit,
                commit,
                "text",
                {
                    "path": path,
                    "commit": result.commit,
                    "text": "changed the same lines later",
                },
            )
            for commit in needed
        ]

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return the commits without which a use would stay without its definition."""
        result = self.undo(undone)
        if result.tree is None:
            return ()
        demands = []
        for one in self.look(result.tree).dangling:
            brought = self.brought_in_by(one)
            self.seen.setdefault((one.path, one.line, one.symbol, one.needs), (one, brought))
            if one.tier != "certain":
                continue
            needs = brought if one.reason == "reference" else self._took_away(one, undone)
            if needs is not None and needs not in undone:
                demands.append(self._demand(one, needs, undone))
        return demands

    def undo(self, undone: frozenset[str]) -> Undone:
        """Return the tree without ``undone``, made by reverting them newest first."""
        known = self._undone.get(undone)
        if known is None:
            known = self._undo(undone)
            self._undone[undone] = known
        return known

    def look(self, tree: str) -> Looked:
        """Return what differs from head in ``tree``, and what dangles there."""
        known = self._looked.get(tree)
        if known is None:
            known = self._look(tree)
            self._looked[tree] = known
        return known

    def brought_in_by(self, one: Dangling) -> str | None:
        """Return the commit of the range that brought in the site, None when it is older."""
        entry = self._history.head.tree.get(one.path)
        if one.reason == "restored-use" or entry is None:
            return None
        return self._history.origins.origin(one.path, entry.oid, one.line)

    def _undo(self, undone: frozenset[str]) -> Undone:
        span = self._history.span
        if undone >= self._commits.keys():
            return Undone(self._base_tree)
        tree = span.head
        for identity in sorted(undone, key=self._position.__getitem__, reverse=True):
            if not self._history.changes.get(identity):
                continue  # a merge without a change of its own holds nothing to undo
            result = self._workspace.scratch.revert(tree, self._commits[identity])
            if result.tree is None:
                return Undone(None, identity, tuple(result.conflicts))
            tree = result.tree
        return Undone(tree)

    def _clearing(self, undone: frozenset[str], result: Undone) -> list[str]:
        """Return the fewest later commits whose undoing clears the conflict, none if nothing does."""
        later = self._later_on(result, undone)
        if len(later) <= _ALONE:
            for candidate in later:
                if self._clears(undone | {candidate}, result):
                    return [candidate]
        everything = list(later)
        if not everything or not self._clears(undone | set(everything), result):
            return []
        for candidate in list(later):
            rest = [one for one in everything if one != candidate]
            if self._clears(undone | set(rest), result):
                everything = rest
        return everything

    def _clears(self, undone: frozenset[str], result: Undone) -> bool:
        """Tell whether undoing more gets past the conflict without one at the same paths."""
        tried = self.undo(undone)
        return tried.tree is not None or not set(tried.conflicts) & set(result.conflicts)

    def _later_on(self, result: Undone, undone: frozenset[str]) -> list[str]:
        """Return the kept commits after the conflicting one that touched its paths, newest first."""
        paths = set(result.conflicts)
        for change in self._history.changes.get(result.commit, ()):
            if change.path in paths or change.old_path in paths:
                paths |= {change.path, change.old_path}
        found = []
        start = self._position[result.commit]
        for identity, place in self._position.items():
            if place <= start:
                continue
            for change in self._history.changes.get(identity, ()):
                if change.path in paths or change.old_path in paths:
                    paths |= {change.path, change.old_path}  # the file went on under another name
                    if identity not in undone:
                        found.append(identity)
                    break
        return found[::-1]

    def _look(self, tree: str) -> Looked:
        history = self._history
        changed = diff_trees(self._workspace.scratch.view, history.span.head, tree)
        paths = {change.path for change in changed} | {change.old_path for change in changed}
        # The whole range undone is the base, which is linked already.
        whole = tree == self._base_tree
        reverted = history.base if whole else self._snapshot_with(changed, paths)
        from_head = self._line_map(history.head.tree, reverted.tree)
        from_base = self._line_map(history.base.tree, reverted.tree)
        base = None if whole else history.base
        found = dangling(
            base, history.head, reverted, paths, (from_base, from_head), self._text_at_head
        )
        return Looked(changed, reverted, tuple(found))

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

    def _took_away(self, one: Dangling, undone: frozenset[str]) -> str | None:
        """Return the latest kept commit that removed or renamed what the restored text uses."""
        symbols = self._history.symbols
        exact = [change.commits for change in symbols if _takes_away(change, one.needs)]
        if not exact:
            exact = [self._took_file_away(one.needs)]
        if not any(exact):
            last = _last_word(one.needs)
            exact = [
                change.commits
                for change in symbols
                if (change.kind == "removed" and _last_word(change.symbol) == last)
                or (change.before and _last_word(change.before) == last)
            ]
        for commits in exact:
            kept = [commit for commit in commits if commit not in undone]
            if kept:
                return kept[-1]
        return None

    def _took_file_away(self, symbol: str) -> tuple[str, ...]:
        """Return the commits that deleted or moved the file where ``symbol`` was, oldest first."""
        place = self._history.base.place(symbol)
        if place is None:
            return ()
        return tuple(
            commit
            for commit in self._commits
            if any(
                change.old_path == place.path and change.status in {"deleted", "renamed"}
                for change in self._history.changes.get(commit, ())
            )
        )

    def _demand(self, one: Dangling, needs: str, undone: frozenset[str]) -> Demand:
        makers = [commit for commit in self._makers.get(one.needs, ()) if commit in undone]
        commit = makers[-1] if makers else min(undone, key=self._position.__getitem__)
        because: dict[str, str | int] = {
            "path": one.path,
            "line": one.line,
            "symbol": one.symbol,
            "needs": one.needs,
            "kind": one.kind,
            "commit": commit,
        }
        place = self._history.head.place(one.needs) or self._history.base.place(one.needs)
        if place is not None:
            because |= {"needs_path": place.path, "needs_line": place.line}
        return Demand(commit, needs, one.reason, because)


def _makers(changes: Iterable[SymbolChange]) -> dict[str, tuple[str, ...]]:
    return {change.symbol: change.commits for change in changes}


def _last_word(symbol: str) -> str:
    """Return what a symbol or a written name ends with: ``x`` of ``python:a.py#f(x)``."""
    return next(reversed(re.findall(r"\w+", symbol)), "")


def _takes_away(change: SymbolChange, symbol: str) -> bool:
    return change.before == symbol or (change.kind == "removed" and change.symbol == symbol)


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
