"""The order of a revert set, carried out wave by wave in trees before anybody runs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from blastradius.api.history import History
from blastradius.api.undo import UndoWorld
from blastradius.index.edges import edges_at
from blastradius.planning.schedule import Order, Pair, Replayed, Waves, order, same_file_pairs

# So many trees between two waves are looked at for what dangles in them; merges are always tried.
LOOKS = 40


def ordered(undone: frozenset[str], world: UndoWorld, history: History, expected: str) -> Order:
    """Return the order of ``undone``, leaf-first and replayed; it ends in the tree ``expected``."""
    members = history.to_revert(undone)[::-1]
    paths = {atom: _paths(atom, history) for atom in members}
    pairs = [*_needs(frozenset(members), history), *same_file_pairs(members, paths)]
    replay = _Replay(world, history, undone, expected)
    return order(members, pairs, replay, expected)


def _paths(atom: str, history: History) -> frozenset[str]:
    """Return what the revert of an atom touches; a merge's, all that it brought in."""
    parts = {atom} | history.brought.get(atom, frozenset())
    return frozenset().union(*map(history.paths_of, parts))


def _needs(undone: frozenset[str], history: History) -> Iterable[Pair]:
    """Yield (atom of a use, atom of what it uses) for the certain and likely edges of head."""
    makers = _makers(history)
    touched = {path for atom in undone for path in history.paths_of(atom)}
    for edge in edges_at(history.head.linked.edges, touched):
        if edge.target not in makers or edge.tier == "heuristic":
            continue
        entry = history.head.tree.get(edge.path)
        user = history.origins.origin(edge.path, entry.oid, edge.line) if entry else None
        if user in undone:
            for maker in makers[edge.target]:
                if maker in undone:
                    yield user, maker


def _makers(history: History) -> dict[str, tuple[str, ...]]:
    """Return symbol → the atoms without which its users would break: who made it, or gave it its form.

    Who only changed what it does is none of them.
    """
    found: dict[str, tuple[str, ...]] = {}
    for one in history.symbols:
        if one.kind == "added":
            found[one.symbol] = one.commits[:1]
        elif one.kind != "modified":
            found[one.symbol] = one.commits
    return found


class _Replay:
    """Carries waves out; called with them."""

    def __init__(
        self, world: UndoWorld, history: History, undone: frozenset[str], expected: str
    ) -> None:
        self._world = world
        self._history = history
        self._undone = undone
        self._expected = expected
        self._looks = LOOKS
        self._seen: set[str] = set()

    def __call__(self, waves: Waves) -> Replayed:
        tree = self._history.span.head
        done: list[str] = []
        trees: list[str] = []
        broken: set[int] = set()
        empty: set[str] = set()
        fixed: set[Pair] = set()  # commits of one wave that only go in one order
        looked: set[int] = set()
        for number, wave in enumerate(waves):
            before = tree
            for atom in wave:
                result = self._world.revert(tree, atom)
                if result.tree is None:
                    pairs = self._blocking(atom, result.conflicts, [*done, *wave])
                    return Replayed(tuple(trees), pairs, frozenset(broken), frozenset(looked))
                if result.tree == self._world.tree_of(tree):
                    empty.add(atom)
                tree = result.tree
            fixed.update(self._in_one_order(before, wave, tree))
            done += wave
            trees.append(tree)
            if tree == self._expected:
                continue
            suspect = self._world.is_suspect(tree)
            if suspect and not self._may_look(tree):
                continue
            looked.add(number)
            if not suspect:
                continue
            pairs, left = self._missing(tree, frozenset(done))
            if pairs:
                return Replayed(
                    tuple(trees), (*pairs, *fixed), frozenset(broken), frozenset(looked)
                )
            if left:
                broken.add(number)
        pairs = tuple(sorted(fixed))
        return Replayed(tuple(trees), pairs, frozenset(broken), frozenset(looked), frozenset(empty))

    def _in_one_order(self, before: str, wave: Sequence[str], after: str) -> Iterable[Pair]:
        """Yield which atoms of a wave only go after others of it: it is tried the other way round."""
        tree = before
        for number, atom in enumerate(reversed(wave)):
            result = self._world.revert(tree, atom)
            if result.tree is None:
                later, _ = self._history.touching(result.conflicts, atom)
                waiting = wave[: len(wave) - 1 - number]
                yield from [(one, atom) for one in later if one in waiting] or pairwise(wave)
                return
            tree = result.tree
        differing = self._world.differing(tree, after)
        if differing:
            later, _ = self._history.touching(differing)
            yield from pairwise([one for one in wave if one in later])

    def _may_look(self, tree: str) -> bool:
        if tree in self._seen:
            return True
        if not self._looks:
            return False
        self._looks -= 1
        self._seen.add(tree)
        return True

    def _blocking(
        self, atom: str, conflicts: Sequence[str], tried: Sequence[str]
    ) -> tuple[Pair, ...]:
        """Return which of the atoms still to go must go before ``atom``, whose merge conflicts."""
        later, _ = self._history.touching(conflicts, atom)
        waiting = [one for one in later if one in self._undone and one not in tried]
        return tuple((one, atom) for one in waiting)

    def _missing(self, tree: str, done: frozenset[str]) -> tuple[tuple[Pair, ...], bool]:
        """Return what must go before what, so that nothing dangles here, and whether anything does."""
        final = {
            (one.path, one.symbol, one.needs)
            for one in self._world.look(self._expected).dangling
            if one.tier in self._world.forcing
        }
        here = [
            one
            for one in self._world.look(tree).dangling
            if one.tier in self._world.forcing and (one.path, one.symbol, one.needs) not in final
        ]
        demands = self._world.demands_of(here, done, tree)
        pairs = [
            (need, demand.commit)
            for demand in demands
            for need in demand.needs
            if need in self._undone and need not in done
        ]
        return tuple(dict.fromkeys(pairs)), bool(here)
