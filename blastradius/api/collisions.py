"""Text: which later atoms must go because the merge that undoes an earlier one conflicts.

The judge is git's three-way merge. That an atom is needed is shown by trying without it: everything
else that touched the conflicting paths later goes, it alone stays, and the merge still conflicts. Such
trials run on trees that hold only those paths. Where no single atom is needed (several would
clear the conflict), all that touched the paths are candidates, and the search decides. Where many
touched them, the first that is shown to be needed is demanded and the next trial shows the next: all
of them at once would take the square of their number in merges.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msgspec import Struct

from blastradius.api.history import History
from blastradius.api.inverse import Inverse
from blastradius.git.scratch import Reverted
from blastradius.planning.demands import Demand

# With more candidates than this, not each of them is tried for one conflict.
_FEW = 16
# So many merges may one conflict take to show the first atom that is needed, beside one a candidate.
_FOR_ONE = 300
# So many merges may the search for what is needed take in all; then all that comes later is offered.
_IN_ALL = 2500


class Undone(Struct, frozen=True):
    """The tree without some atoms; None where the merge that undoes ``atom`` conflicts.

    ``marked`` is the tree in which git wrote both sides of the conflict.
    """

    tree: str | None
    atom: str = ""
    conflicts: tuple[str, ...] = ()
    marked: str = ""


class Collisions:
    """What the merges of a range demand.

    Args:
        history: the range.
        inverse: undoes one atom on a tree.
        undo: atoms → the tree without them.
        conflicting: atoms → every conflict that undoing them meets, each passed over, newest first.
        place_of: a conflict → the line at head where it shows, 0 where it has no lines, and the
            atoms that wrote what stands there.
    """

    def __init__(
        self,
        history: History,
        inverse: Inverse,
        undo: Callable[[frozenset[str]], Undone],
        conflicting: Callable[[frozenset[str]], Sequence[Undone]],
        place_of: Callable[[Undone], tuple[int, Sequence[str]]],
    ) -> None:
        self._history = history
        self._inverse = inverse
        self._undo = undo
        self._conflicting = conflicting
        self._place_of = place_of
        self._needed: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], ...]] = {}
        self._merged: dict[tuple[str, str, tuple[str, ...]], Reverted] = {}

    def demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return what undoing the set demands so that its merges are clean; empty: they are."""
        if merges := self._merges(undone):
            return merges
        found: list[Demand] = []
        seen: set[str] = set()
        for result in self._conflicting(undone):
            if not seen.isdisjoint(result.conflicts):
                continue  # the first conflict of a file may be all that is behind the next
            seen.update(result.conflicts)
            sure = self._sure(result, undone)
            if not sure and not found:
                return self._unsure(result, undone)
            found += sure
        return found

    def _sure(self, result: Undone, undone: frozenset[str]) -> list[Demand]:
        """Return what one conflict demands for certain: atoms without which it stays."""
        later, names = self._history.touching(result.conflicts, result.atom)
        kept = [atom for atom in later if atom not in undone]
        if not kept:
            return []
        if len(later) > _FEW:
            _, writers = self._place_of(result)
            one = self._first_needed(result, later, _likely(kept, writers), names)
            if one is not None:
                return [self._demand(result, (one,))]
        if len(later) <= _FEW or self._may_narrow(len(later)):
            needed, _ = self._all_needed(result, later, names)
            return [self._demand(result, (one,)) for one in needed if one not in undone]
        return []

    def _unsure(self, result: Undone, undone: frozenset[str]) -> list[Demand]:
        """Return what a conflict demands of which no single atom is shown to be needed: one of several.

        Where everything later went already, and a merge that changed lines of its own is in the way,
        the rest of the range is asked for: undone whole it is what was there before.
        """
        later, names = self._history.touching(result.conflicts, result.atom)
        kept = [atom for atom in later if atom not in undone]
        if not kept:
            rest = self._history.newest_first(self._history.atoms.keys() - undone)
            return [self._demand(result, (one,), undone) for one in rest]
        if len(later) > _FEW:
            kept = _likely(kept, self._place_of(result)[1])
        clearing: Sequence[str] = ()
        if len(later) <= _FEW or self._may_narrow(len(later)):
            clearing = self._all_needed(result, later, names)[1]
        answers = tuple(self._by_use(kept, undone, result, clearing))
        return [self._demand(result, answers, undone.intersection(later) | {result.atom})]

    def _demand(
        self, result: Undone, needs: tuple[str, ...], premise: frozenset[str] = frozenset()
    ) -> Demand:
        because: dict[str, str | int] = {
            "path": result.conflicts[0],
            "line": self._place_of(result)[0],
            "commit": result.atom,
            "text": "changed the same lines later",
        }
        return Demand(result.atom, needs, "text", because, premise)

    def _merges(self, undone: frozenset[str]) -> list[Demand]:
        """Return what merges demand: with a change of its own, one goes with all that it brought in."""
        history = self._history
        found = []
        for merge in sorted(history.brought.keys() & undone, key=history.position.__getitem__):
            changes = history.changes.get(merge)
            if changes:
                because: dict[str, str | int] = {
                    "path": changes[0].path,
                    "commit": merge,
                    "text": "came in by a merge that changed lines of its own",
                }
                found += [
                    Demand(merge, (one,), "merge", because)
                    for one in history.newest_first(history.brought[merge] - undone)
                ]
        return found

    def _first_needed(
        self, result: Undone, later: Sequence[str], kept: Sequence[str], names: frozenset[str]
    ) -> str | None:
        """Return the first of the kept atoms without which the conflict stays; None: not one was found."""
        paths = tuple(sorted(names))
        if len(self._merged) > _IN_ALL or self._conflicts(result, later, paths):
            return None
        limit = len(self._merged) + _FOR_ONE
        for one in kept:
            if len(self._merged) > min(limit, _IN_ALL):
                break
            if self._conflicts(result, [other for other in later if other != one], paths):
                return one
        return None

    def _may_narrow(self, count: int) -> bool:
        """Tell whether narrowing so many candidates down fits into what is left of the merges."""
        return len(self._merged) + 2 * count * count.bit_length() <= _IN_ALL

    def _all_needed(
        self, result: Undone, later: Sequence[str], names: frozenset[str]
    ) -> tuple[tuple[str, ...], ...]:
        """Return the later atoms without which the conflict stays, and a set of them that clears it.

        An atom outside of a set that clears the conflict, and of which none can be left out, is not
        needed. One inside is, where the conflict stays though all others go.
        """
        key = (result.atom, result.conflicts)
        known = self._needed.get(key)
        if known is None:
            paths = tuple(sorted(names))
            clearing = tuple(self._narrowed(result, later, paths))
            needed = tuple(
                one
                for one in clearing
                if self._conflicts(result, [other for other in later if other != one], paths)
            )
            known = self._needed[key] = needed, clearing
        return known

    def _conflicts(self, result: Undone, gone: Sequence[str], paths: tuple[str, ...]) -> bool:
        """Tell whether the atom still conflicts when ``gone``, later ones, are undone before it.

        Those that cannot be undone, because what must stay is in their way, stay too.
        """
        history = self._history
        tree = self._inverse.part(history.span.head, paths)
        for atom in history.to_revert({*gone, result.atom}):
            merged = self._revert_part(tree, atom, paths)
            if merged.tree is not None:
                tree = merged.tree
            elif atom == result.atom:
                return not set(merged.conflicts).isdisjoint(paths)
        return False

    def _revert_part(self, tree: str, atom: str, paths: tuple[str, ...]) -> Reverted:
        key = (tree, atom, paths)
        known = self._merged.get(key)
        if known is None:
            known = self._merged[key] = self._inverse.revert_part(tree, atom, paths)
        return known

    def _narrowed(self, result: Undone, later: Sequence[str], paths: tuple[str, ...]) -> list[str]:
        """Return later atoms whose undoing clears the conflict, none of which can stay; none: no set does.

        QuickXplain (Junker, AAAI 2004): halves of the candidates are tried, so that of n candidates
        of which m are needed about m·log(n/m) trials do. Newer ones are given up first.
        """

        def clears(gone: Sequence[str]) -> bool:
            return not self._conflicts(result, gone, paths)

        def needed(sure: list[str], rest: list[str], *, grew: bool) -> list[str]:
            if grew and clears(sure):
                return []
            if len(rest) == 1:
                return rest
            middle = len(rest) // 2
            first, second = rest[:middle], rest[middle:]
            of_second = needed([*sure, *first], second, grew=True)
            of_first = needed([*sure, *of_second], first, grew=bool(of_second))
            return [*of_first, *of_second]

        if not clears(later):
            return []
        found = needed([], list(later), grew=False)
        # Undoing more can bring a conflict of its own, which halving does not reckon with.
        for one in list(found):
            rest = [other for other in found if other != one]
            if clears(rest):
                found = rest
        return found

    def _by_use(
        self,
        kept: Sequence[str],
        undone: frozenset[str],
        result: Undone,
        clearing: Collection[str],
    ) -> list[str]:
        """Return the candidates, those first that alone get past the conflict, or with others do."""
        if len(kept) > _FEW:
            return sorted(kept, key=lambda atom: atom not in clearing)

        def rank(atom: str) -> tuple[bool, bool]:
            tried = self._undo(undone | {atom})
            stays = tried.tree is None and not set(tried.conflicts).isdisjoint(result.conflicts)
            return stays, atom not in clearing

        return sorted(kept, key=rank)


def _likely(kept: Sequence[str], writers: Sequence[str]) -> list[str]:
    """Return newest-first candidates, those first whose lines conflict, then the nearest to the conflict."""
    nearest = list(reversed(kept))
    nearest.sort(key=lambda atom: atom not in writers)
    return nearest
