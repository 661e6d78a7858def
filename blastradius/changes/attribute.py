"""Base tree × head tree → changed symbols, each with the commits that changed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from msgspec import Struct

from blastradius.bridges.base import FileView
from blastradius.changes.diff import DefinitionChange, diff
from blastradius.model.analysis import SymbolChange
from blastradius.model.source import Commit, FileChange, TreeEntry

ViewOf = Callable[[str, TreeEntry], FileView | None]
_SUBMODULE = "160000"


class Removal(Struct, frozen=True):
    """A definition of ``path`` that ``commit`` took away; ``became`` is its new name, if any."""

    commit: str
    path: str
    name: str
    became: str


class Attribution:
    """Which commits of the range changed which definition of which file.

    Args:
        commits: the range's commits, oldest first.
        changes: commit id → paths that it changed.
        view_of: (path, entry) → facts, None when no language reads the file.
    """

    def __init__(
        self,
        commits: Sequence[Commit],
        changes: Mapping[str, Sequence[FileChange]],
        view_of: ViewOf,
    ) -> None:
        self._view_of = view_of
        self._steps: dict[str, list[tuple[str, FileChange]]] = {}
        for commit in commits:
            for change in changes.get(commit.id, ()):
                self._steps.setdefault(change.path, []).append((commit.id, change))
        self._keys: dict[str, dict[str, list[str]]] = {}
        self._order = [commit.id for commit in commits]

    def commits_of_file(self, path: str, old_path: str = "") -> tuple[str, ...]:
        """Return the commits that touched ``path``, or ``old_path`` before its rename."""
        paths = self._lineage(path, old_path)
        return tuple(
            dict.fromkeys(commit for one in paths for commit, _ in self._steps.get(one, ()))
        )

    def commits_of(self, path: str, key: str, old_path: str = "") -> tuple[str, ...]:
        """Return the commits that changed the definition ``key`` of ``path``, oldest first."""
        return tuple(
            dict.fromkeys(
                commit
                for one in self._lineage(path, old_path)
                for commit in self._by_key(one).get(key, ())
            )
        )

    @cached_property
    def removals(self) -> tuple[Removal, ...]:
        """Every definition that a commit took out of a file or renamed in it, oldest commit first."""
        found = []
        for path, steps in self._steps.items():
            for commit, change in steps:
                old = self._view_of(change.old_path, change.old) if change.old else None
                names = old.facts.definitions if old else ()
                for one in self._diff(change):
                    if one.kind in {"removed", "renamed"}:
                        became = one.key if one.kind == "renamed" else ""
                        found.append(Removal(commit, path, names[one.old].name, became))
        place = {commit: number for number, commit in enumerate(self._order)}
        return tuple(sorted(found, key=lambda one: place[one.commit]))

    def _lineage(self, path: str, old_path: str) -> list[str]:
        """Return the names that the file had within the range, oldest name first."""
        names = [path]
        if old_path and old_path != path:
            names.append(old_path)
        for _, change in reversed(self._steps.get(path, ())):
            if change.status == "renamed" and change.old_path not in names:
                names.append(change.old_path)
        return names[::-1]

    def _by_key(self, path: str) -> dict[str, list[str]]:
        known = self._keys.get(path)
        if known is None:
            known = {}
            for commit, steps in groupby(self._steps.get(path, ()), key=itemgetter(0)):
                # A merge is listed once for each parent: its own is only what no parent has.
                keys = [[one.key for one in self._diff(change)] for _, change in steps]
                for key in keys[0]:
                    if all(key in others for others in keys[1:]):
                        known.setdefault(key, []).append(commit)
            self._keys[path] = known
        return known

    def _diff(self, change: FileChange) -> tuple[DefinitionChange, ...]:
        old = self._view_of(change.old_path, change.old) if change.old else None
        new = self._view_of(change.path, change.new) if change.new else None
        return diff(old.facts if old else None, new.facts if new else None)


def symbol_changes(
    overall: Iterable[FileChange], attribution: Attribution, view_of: ViewOf
) -> tuple[SymbolChange, ...]:
    """Return every symbol that differs between base and head, ordered by path and line.

    A file that no language reads, or that does not parse on one side, is one symbol: ``file:path``.
    """
    found: list[SymbolChange] = []
    for change in overall:
        old = view_of(change.old_path, change.old) if change.old else None
        new = view_of(change.path, change.new) if change.new else None
        broken = [side for side in (old, new) if side and side.facts.parsed == "failed"]
        if broken or (old is None and new is None):
            found.append(_whole_file(change, attribution, parses=not broken))
            continue
        if _half_read(change, old, new):
            found.append(_whole_file(change, attribution, parses=True))
            continue
        if change.status == "renamed":
            found.append(_moved(change, attribution, old, new))
        found += _inside(change, attribution, old, new)
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.symbol, one.kind)))


def _half_read(change: FileChange, old: FileView | None, new: FileView | None) -> bool:
    """Tell whether the file is plain on both sides and one was too large, binary or not here.

    Its definitions did not come or go: nobody knows what that side holds.
    """
    if change.old is None or change.new is None or change.path != change.old_path:
        return False
    plain = change.old.mode.startswith("100") and change.new.mode.startswith("100")
    return plain and (old is None) != (new is None)


def _inside(
    change: FileChange, attribution: Attribution, old: FileView | None, new: FileView | None
) -> list[SymbolChange]:
    found = []
    for one in diff(old.facts if old else None, new.facts if new else None):
        before = old.scope_symbol(change.old_path, one.old) if old and one.old >= 0 else ""
        after = new.scope_symbol(change.path, one.new) if new and one.new >= 0 else ""
        view, index = (new, one.new) if after else (old, one.old)
        line = view.facts.definitions[index].line if view else 0
        commits = attribution.commits_of(change.path, one.key, change.old_path)
        found.append(
            SymbolChange(
                after or before,
                one.kind,
                one.severity,
                change.path if after else change.old_path,
                line,
                # A definition that two commits changed in ways that cancel on the way is the file's.
                commits or attribution.commits_of_file(change.path, change.old_path),
                before if one.kind == "renamed" else "",
                one.detail,
            )
        )
    return found


def _moved(
    change: FileChange, attribution: Attribution, old: FileView | None, new: FileView | None
) -> SymbolChange:
    before = old.scope_symbol(change.old_path, -1) if old else f"file:{change.old_path}"
    after = new.scope_symbol(change.path, -1) if new else f"file:{change.path}"
    return SymbolChange(
        after,
        "renamed",
        "breaking",
        change.path,
        1,
        attribution.commits_of_file(change.path, change.old_path),
        before,
        f"was {change.old_path}",
    )


def _whole_file(change: FileChange, attribution: Attribution, *, parses: bool) -> SymbolChange:
    commits = attribution.commits_of_file(change.path, change.old_path)
    symbol = f"file:{change.path}"
    if change.status == "renamed":
        before = f"file:{change.old_path}"
        detail = f"was {change.old_path}"
        return SymbolChange(symbol, "renamed", "breaking", change.path, 1, commits, before, detail)
    if change.old is None:
        return SymbolChange(symbol, "added", "compatible", change.path, 1, commits, "", "new file")
    if change.new is None:
        detail = "no longer there"
        return SymbolChange(symbol, "removed", "breaking", change.path, 1, commits, "", detail)
    if change.old.mode != change.new.mode:
        detail = f"mode {change.old.mode} became {change.new.mode}"
        return SymbolChange(symbol, "type", "unknown", change.path, 1, commits, "", detail)
    detail = "content changed"
    if change.new.mode == _SUBMODULE:
        detail = f"submodule moved from {change.old.oid[:12]} to {change.new.oid[:12]}"
    elif not parses:
        detail = "content changed, and it does not parse"
    return SymbolChange(symbol, "modified", "unknown", change.path, 1, commits, "", detail)
