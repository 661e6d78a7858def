"""References: which atoms must go because a use would stay, or come back, without its definition."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

from blastradius.api.history import History
from blastradius.changes.attribute import Removal
from blastradius.changes.breaks import Dangling
from blastradius.changes.origins import surviving_lines
from blastradius.model.symbols import Tier
from blastradius.planning.demands import Because, Demand

# So many atoms are tried for a place that nothing else explains.
_TRIED = 6

Read = Callable[[str], bytes | None]


class Uses:
    """What the references of a range demand.

    Args:
        history: the range.
        read: blob id → bytes, None when they cannot be had.
        forcing: the tiers that draw an atom in.
        dangling: atoms → what dangles without them; None where their merges conflict.
    """

    def __init__(
        self,
        history: History,
        read: Read,
        forcing: Collection[Tier],
        dangling: Callable[[frozenset[str]], Sequence[Dangling] | None],
    ) -> None:
        self._dangling = dangling
        self._history = history
        self._read = read
        self._forcing = forcing

    def demands(
        self, dangling: Sequence[Dangling], undone: frozenset[str], text: Callable[[str], bytes]
    ) -> list[Demand]:
        """Return what those of ``dangling`` that are sure enough demand of the atoms that stay.

        Args:
            dangling: what dangles in the reverted tree.
            undone: the atoms that it is without.
            text: path → bytes of the file in the reverted tree.
        """
        found = []
        for one in dangling:
            if one.tier not in self._forcing:
                continue
            needs = [atom for atom in self._answers(one, undone, text) if atom not in undone]
            if needs:
                found.append(self._demand(one, tuple(dict.fromkeys(needs)), undone))
        return found

    def whole(self, unparsed: Sequence[str], undone: frozenset[str]) -> list[Demand]:
        """Return what files that no longer parse demand: more of what touched them must go.

        So it is where a part of a commit, or one of several that wrote a construct, goes alone.
        """
        history = self._history
        found = []
        for path in unparsed:
            touched, _ = history.touching((path,))
            gone = [atom for atom in touched if atom in undone]
            kept = tuple(atom for atom in touched if atom not in undone)
            if gone and kept:
                text = "without this too the file would not parse"
                because: Because = {"path": path, "line": 1, "commit": gone[0], "text": text}
                found.append(Demand(gone[0], kept, "syntax", because, frozenset(gone)))
        return found

    def brought_in_by(self, one: Dangling) -> str | None:
        """Return the atom of the range that brought in the site, None when it is older."""
        history = self._history
        entry = history.head.tree.get(one.path)
        if one.reason == "restored-use" or entry is None:
            return None
        return history.origins.origin(one.path, entry.oid, one.line)

    def _answers(
        self, one: Dangling, undone: frozenset[str], text: Callable[[str], bytes]
    ) -> list[str]:
        """Return the atoms any one of which may mend the place, the most natural first."""
        if one.reason == "reference":
            brought = self.brought_in_by(one)
            found = [brought] if brought is not None else []
            # The line may be a later atom's, and what it stands in an earlier one's.
            if found and (around := self._wrote_around(one)) is not None:
                found.append(around)
            # An older definition of the name, that an atom which stays took away, may come back.
            found += [atom for atom in self._removers(one.needs) if self._is_older(atom, undone)]
            return found or self._replacers(one, undone)
        took = self._took_away(one, undone)
        found = [took] if took is not None else []
        wrote = self._wrote(one, undone, text(one.path))
        return found + ([wrote] if wrote is not None else [])

    def _wrote_around(self, one: Dangling) -> str | None:
        """Return the atom that brought in the definition which the site stands in, None for an older one."""
        entry = self._history.head.tree.get(one.path)
        definition = self._history.head.symbols_of(one.path).get(one.symbol)
        if entry is None or definition is None or not definition.name:
            return None
        return self._history.origins.origin(one.path, entry.oid, definition.line)

    def _replacers(self, one: Dangling, undone: frozenset[str]) -> list[str]:
        """Return the atoms that stay and took away what the place used before the range, as a trial shows.

        A name may be made in several places: one atom added a second, another took the first away.
        """
        place = self._history.base.place(one.needs)
        if place is None:
            return []
        touched, _ = self._history.touching((place.path,))
        kept = [atom for atom in touched if atom not in undone][:_TRIED]
        site = (one.path, one.symbol, one.needs)
        return [
            atom
            for atom in kept
            if (left := self._dangling(undone | {atom})) is not None
            and site not in {(other.path, other.symbol, other.needs) for other in left}
        ]

    def _is_older(self, atom: str, undone: frozenset[str]) -> bool:
        """Tell whether an undone atom is newer: then what ``atom`` took away had come again since."""
        position = self._history.position
        return any(position[other] > position[atom] for other in undone)

    def _removers(self, symbol: str) -> tuple[str, ...]:
        """Return the atoms that took a symbol's definition away, newest first."""
        history = self._history
        place = history.head.place(symbol) or history.base.place(symbol)
        if place is None or place.definition is None:
            return ()
        where = (place.path, place.definition.name)
        found = [
            one.commit for one in history.attribution.removals if (one.path, one.name) == where
        ]
        return tuple(dict.fromkeys(reversed(found)))

    @cached_property
    def _removals(self) -> Mapping[str, Sequence[Removal]]:
        """What atoms took away, by the last word of its name."""
        found: dict[str, list[Removal]] = {}
        for removal in self._history.attribution.removals:
            found.setdefault(_last_word(removal.name), []).append(removal)
        return found

    def _took_away(self, one: Dangling, undone: frozenset[str]) -> str | None:
        """Return the latest kept atom that removed or renamed what the restored text uses.

        What an undone atom renamed, a later one may have removed under its new name.
        """
        place = self._history.base.place(one.needs)
        found: list[Removal] = []
        waiting = [_last_word(one.needs)]
        followed: set[str] = set()
        while waiting:
            name = waiting.pop()
            followed.add(name)
            for removal in self._removals.get(name, ()):
                became = _last_word(removal.became)
                if removal.commit not in undone:
                    found.append(removal)
                elif became and became not in followed:
                    waiting.append(became)
        exact = [one for one in found if place is not None and one.path == place.path]
        atoms = [one.commit for one in exact or found]
        if not exact:
            moved = [atom for atom in self._took_file_away(one.needs) if atom not in undone]
            atoms = moved or atoms
        return max(atoms, key=self._history.position.__getitem__, default=None)

    def _took_file_away(self, symbol: str) -> tuple[str, ...]:
        """Return the atoms that deleted or moved the file where ``symbol`` was, oldest first."""
        history = self._history
        place = history.base.place(symbol)
        path = place.path if place is not None else symbol.removeprefix("file:")
        return tuple(
            atom
            for atom in history.atoms
            if any(
                change.old_path == path and change.status in {"deleted", "renamed"}
                for change in history.changes.get(atom, ())
            )
        )

    def _wrote(self, one: Dangling, undone: frozenset[str], text: bytes) -> str | None:
        """Return the atom of the range that first wrote a line which undoing brings back."""
        history = self._history
        for atom in history.newest_first(undone):
            for change in history.changes.get(atom, ()):
                if change.old is None or one.path not in {change.path, change.old_path}:
                    continue
                lines = surviving_lines(text, self._read(change.old.oid) or b"")
                line = lines.get(one.line)
                if line is not None:
                    return history.origins.origin(change.old_path, change.old.oid, line)
        return None

    def _demand(self, one: Dangling, needs: tuple[str, ...], undone: frozenset[str]) -> Demand:
        history = self._history
        makers = [atom for atom in history.makers.get(one.needs, ()) if atom in undone]
        if one.reason == "restored-use":
            makers = [atom for atom in undone if one.path in history.paths_of(atom)]
        makers.sort(key=history.position.__getitem__)
        atom = makers[-1] if makers else min(undone, key=history.position.__getitem__)
        because: Because = {
            "path": one.path,
            "line": one.line,
            "symbol": one.symbol,
            "needs": one.needs,
            "kind": one.kind,
            "commit": atom,
        }
        place = history.head.place(one.needs) or history.base.place(one.needs)
        if place is not None:
            because |= {"needs_path": place.path, "needs_line": place.line}
        premise = frozenset(makers) or undone
        return Demand(atom, needs, _reason(one), because, premise, mendable=True)


def _reason(one: Dangling) -> str:
    """Return the kind of demand: what the needed thing is says more than that it is missing."""
    if one.kind == "migration":
        return "migration"
    if one.reason == "reference" and one.needs.endswith(")"):
        return "signature"
    return one.reason


def _last_word(symbol: str) -> str:
    """Return what a symbol or a written name ends with: ``x`` of ``python:a.py#f(x)``."""
    return next(reversed(re.findall(r"\w+", symbol)), "")
