"""Commits that only follow: what does nothing but renew locks or generated files goes with its cause.

A person commits a manifest, and the lock file in a commit of its own. Undone alone, the first leaves a
lock that holds what nobody asks for. A commit that does more than that is never drawn in by this: the
lock is then to be made anew (see `blastradius.api.besides`). Nor does it hold the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from blastradius.api.besides.derived import Derivations, Derived, works
from blastradius.api.history import History
from blastradius.model.source import FileChange
from blastradius.planning.demands import Because, Demand


class _Touch(Struct, frozen=True):
    """One change to a path; ``work`` numbers what was committed as one."""

    work: int
    atom: str
    change: FileChange


class _Follower(Struct, frozen=True):
    """An atom that does nothing but renew a file after ``causes`` changed what it is made from."""

    atom: str
    made: Derived
    source: str
    causes: tuple[str, ...]


class Companions:
    """The commits of a range that only renew what other commits of it changed the source of.

    Args:
        history: the range.
        read: blob id → bytes, None when they cannot be had.
    """

    def __init__(self, history: History, read: Callable[[str], bytes | None]) -> None:
        self._history = history
        self._derivations = Derivations(history, read)
        self._pure: dict[int, bool] = {}

    def demands(self, undone: frozenset[str]) -> list[Demand]:
        """Return a demand for each commit that renews only what ``undone`` commits changed.

        One that follows changes of commits that stay, too, is not demanded.
        """
        return [
            _demand(one)
            for one in self._followers
            if one.atom not in undone and undone.issuperset(one.causes)
        ]

    @cached_property
    def _followers(self) -> tuple[_Follower, ...]:
        """Every atom that only follows, by path and then in the order of the range."""
        made = self._derivations.all(self._touches)
        found = []
        for path, one in made.items():
            before = -1
            for touch in self._touches.get(path, ()):
                causes = list(self._causes(one, before, touch.work))
                before = touch.work
                if causes and touch.change.new is not None and self._is_pure(touch.work):
                    atoms = tuple(dict.fromkeys(cause.atom for cause in causes))
                    found.append(_Follower(touch.atom, one, causes[-1].change.path, atoms))
        return tuple(found)

    def _causes(self, one: Derived, after: int, before: int) -> Iterator[_Touch]:
        """Yield, oldest first, what changed a source since the file was renewed the last time."""
        touches = [
            touch
            for source in one.sources
            for touch in self._touches.get(source, ())
            if after < touch.work < before
        ]
        for touch in sorted(touches, key=lambda touch: (touch.work, touch.change.path)):
            change = touch.change
            old = self._derivations.asks(one, change.old_path, change.old)
            new = self._derivations.asks(one, change.path, change.new)
            if new is not None and old != new:
                yield touch

    @cached_property
    def _works(self) -> Sequence[Sequence[str]]:
        """The atoms that were committed as one, oldest first."""
        return works(self._history)

    @cached_property
    def _touches(self) -> Mapping[str, Sequence[_Touch]]:
        """Path → the changes to it, oldest first."""
        found: dict[str, list[_Touch]] = defaultdict(list)
        for number, work in enumerate(self._works):
            for atom in work:
                for change in self._history.changes.get(atom, ()):
                    found[change.path].append(_Touch(number, atom, change))
        return found

    def _is_pure(self, work: int) -> bool:
        """Tell whether what was committed as one touches nothing but what tools write."""
        known = self._pure.get(work)
        if known is None:
            changes = [
                change
                for atom in self._works[work]
                for change in self._history.changes.get(atom, ())
            ]
            known = self._pure[work] = all(map(self._derivations.is_made, changes))
        return known


def _demand(one: _Follower) -> Demand:
    last = one.causes[-1]
    because: Because = {
        "path": one.made.path,
        "line": 1,
        "needs_path": one.source,
        "needs_line": 1,
        "kind": one.made.kind,
        "commit": last,
        "text": f"does nothing but renew {one.made.path} after {one.source} changed",
    }
    return Demand(last, (one.atom,), one.made.kind, because, frozenset(one.causes), mendable=True)
