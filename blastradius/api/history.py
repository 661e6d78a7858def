"""The range, understood: what the trial of a revert set and the report both look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blastradius.changes.attribute import Attribution
from blastradius.changes.origins import OriginTracker
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import SymbolChange
from blastradius.model.source import Commit, CommitRange, FileChange


@dataclass(frozen=True)
class History:
    """A range of atoms (commits, or parts of them) with both its ends.

    Attributes:
        span: the range; its ``commits`` are the atoms, oldest first.
        changes: atom → the paths that it changed; a merge has only what no parent has.
        base: the tree before the range.
        head: the tree at its end.
        symbols: what differs between the two.
        attribution: which atom changed which definition.
        origins: which atom brought in which line.
    """

    span: CommitRange
    changes: Mapping[str, Sequence[FileChange]]
    base: Snapshot
    head: Snapshot
    symbols: tuple[SymbolChange, ...]
    attribution: Attribution
    origins: OriginTracker

    @cached_property
    def atoms(self) -> Mapping[str, Commit]:
        """Every atom by its id, oldest first."""
        return {one.id: one for one in self.span.commits}

    @cached_property
    def position(self) -> Mapping[str, int]:
        """The place of every atom in the range, 0 for the oldest."""
        return {atom: place for place, atom in enumerate(self.atoms)}

    @cached_property
    def makers(self) -> Mapping[str, tuple[str, ...]]:
        """The atoms that changed each symbol, oldest first."""
        return {one.symbol: one.commits for one in self.symbols}

    def newest_first(self, atoms: Iterable[str]) -> list[str]:
        """Return the atoms in the order in which ``git revert`` would walk."""
        return sorted(atoms, key=self.position.__getitem__, reverse=True)

    def is_merge(self, atom: str) -> bool:
        """Tell whether it has several parents."""
        return len(self.atoms[atom].parents) > 1

    @cached_property
    def brought(self) -> Mapping[str, frozenset[str]]:
        """What each merge brought in: what its first parent does not reach."""
        reached: dict[str, int] = {}  # a bit for each atom
        found = {}
        names = list(self.atoms)
        for place, one in enumerate(self.span.commits):
            behind = [reached.get(parent, 0) for parent in one.parents]
            everything = 0
            for bits in behind:
                everything |= bits
            reached[one.id] = everything | 1 << place
            if len(behind) > 1:
                own = everything & ~behind[0]
                found[one.id] = frozenset(
                    names[bit] for bit in range(own.bit_length()) if own >> bit & 1
                )
        return found

    def to_revert(self, undone: Collection[str]) -> list[str]:
        """Return the atoms whose own revert undoes the set, newest first.

        A merge without a change of its own holds nothing to undo; one with such a change is reverted
        against its first parent (mainline 1), which undoes all that it brought in.
        """
        held = [one for one in self.newest_first(undone) if self.changes.get(one)]
        merged = [self.brought[one] for one in held if self.is_merge(one)]
        within: frozenset[str] = frozenset().union(*merged)
        return [one for one in held if one not in within]

    def touching(self, paths: Iterable[str], since: str = "") -> tuple[list[str], frozenset[str]]:
        """Return the atoms after ``since`` that touched the paths, newest first, and all their names.

        A path's name before or after a rename, what lies below it where it was a folder, and the
        file that stood where a folder of it is now, count as the path.
        """
        names = set(paths)
        start = self.position[since] if since else -1
        found = []
        for atom, place in self.position.items():
            if place < start:
                continue
            for change in self.changes.get(atom, ()):
                if _meets(change, names):
                    names |= {change.path, change.old_path}
                    if place > start:
                        found.append(atom)
        return list(dict.fromkeys(reversed(found))), frozenset(names)

    @cached_property
    def removed(self) -> frozenset[str]:
        """The paths that atoms of the range deleted or moved away."""
        return frozenset(
            change.old_path
            for changes in self.changes.values()
            for change in changes
            if change.status in {"deleted", "renamed"}
        )

    def names_before(self, paths: Iterable[str], undone: Iterable[str]) -> frozenset[str]:
        """Return the paths with the names that they have again once ``undone``, which moved them, go."""
        names = set(paths)
        for atom in self.newest_first(undone):
            names |= {one.old_path for one in self.changes.get(atom, ()) if one.path in names}
        return frozenset(names)

    def paths_of(self, atom: str) -> frozenset[str]:
        """Return the paths that an atom touched, by old and new name."""
        return frozenset(_names(self.changes.get(atom, ())))


def _names(changes: Iterable[FileChange]) -> Iterator[str]:
    for change in changes:
        yield change.path
        yield change.old_path


def _meets(change: FileChange, names: Collection[str]) -> bool:
    if change.path in names or change.old_path in names:
        return True
    return any(
        path.startswith(f"{name}/") or name.startswith(f"{path}/")
        for path in {change.path, change.old_path}
        for name in names
    )
