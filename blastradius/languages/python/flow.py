"""What flows over calls and stores: arguments into parameters, values into attributes and containers.

Context-insensitive, in rounds: each round evaluates the calls and stores whose answers rest on what
the round before found, until nothing new arrives or the bounds are met. What arrives is kept by the
place that it reaches (`evaluate.Reached`), so that two trees can be compared place by place.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from blastradius.languages.python.arguments import Formal
from blastradius.languages.python.callees import Callees
from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.own import (
    DOUBLE_STAR_SLOT,
    STAR_SLOT,
    Store,
    item_key,
    unpack,
)
from blastradius.languages.python.reached import ATTRIBUTE, ITEM, PARAMETER, Place, Reached
from blastradius.languages.python.roots import Rank, is_test
from blastradius.languages.python.signatures import (
    KEYWORD,
    KEYWORDS,
    POSITIONAL,
    POSITIONAL_ONLY,
    VARIADIC,
)
from blastradius.languages.python.values import (
    BAG,
    CLASS,
    CONTAINER,
    INSTANCE,
    Value,
    Values,
    gathered,
    ranked,
)
from blastradius.languages.python.views import FileView

_MOST_ROUNDS = 6
_MOST_VALUES = 16
_STEPS_PER_SITE = 60
_LEAST_STEPS = 100_000


class _Site(NamedTuple):
    """One call (``store`` below zero; base is what is called) or one store."""

    path: str
    base: int
    store: int
    row: int
    name: str
    node: int


class Flow:
    """The flow over the whole tree; worked out once, when it is first needed."""

    def __init__(self, evaluator: Evaluator, callees: Callees) -> None:
        self._evaluator = evaluator
        self._callees = callees
        self._files = evaluator.files
        self._watch = evaluator.modules.watch
        self._settled = False
        self._tests = frozenset(path for path in self._files if is_test(path))
        self._arrived: dict[Place, dict[Value, int]] = {}

    def settle(self) -> None:
        """Work out what reaches what, unless that was done before."""
        if self._settled:
            return
        self._settled = True
        with self._watch.aside():
            self._settle()

    def _settle(self) -> None:
        collecting = gc.isenabled()
        gc.disable()  # all that is made here stays: looking through it time and again finds nothing
        try:
            self._rounds()
        finally:
            if collecting:
                gc.enable()

    def _rounds(self) -> None:
        evaluator = self._evaluator
        active = [site for path in sorted(self._files) for site in _sites(self._files[path])]
        resting: list[tuple[_Site, frozenset[Place]]] = []
        budget = _LEAST_STEPS + _STEPS_PER_SITE * len(active) + evaluator.spent
        for _ in range(_MOST_ROUNDS):
            changed: set[Place] = set()
            for site in active:
                evaluator.trail = set()
                for place, value in self._carried(site):
                    if self._arrive(place, value):
                        # Whoever asks for one entry of a container rests on all of them.
                        kind = place[2][:2]
                        changed.add((*place[:2], kind if kind == ITEM else place[2]))
                if evaluator.trail:
                    resting.append((site, frozenset(evaluator.trail)))
                if evaluator.spent > budget:
                    break
            if not changed:
                break
            evaluator.reached = self._table()
            evaluator.forget(changed)
            if evaluator.spent > budget:
                break
            active = [site for site, places in resting if not places.isdisjoint(changed)]
            resting = [one for one in resting if one[1].isdisjoint(changed)]

    def _arrive(self, place: Place, value: Value) -> bool:
        if value.path in self._tests and place[0] not in self._tests:
            return False  # what a test puts in place of something is not how the code behaves
        values = self._arrived.setdefault(place, {})
        key = value
        if value.rank or value.own:
            key = value._replace(rank=Rank.CERTAIN, own=False)
        known = values.get(key)
        if known is not None and known <= value.rank:
            return False
        if len(values) > _MOST_VALUES:
            return False
        values[key] = value.rank
        return True

    def _table(self) -> Reached:
        table = Reached()
        for (path, number, name), several in self._arrived.items():
            if len(several) > _MOST_VALUES:
                continue
            least = Rank.LIKELY if len(several) == 1 else Rank.HEURISTIC
            values = tuple(value._replace(rank=max(rank, least)) for value, rank in several.items())
            kind, key = name[:2], name[2:]
            if kind == PARAMETER:
                table.parameters[path, number] = values
            elif kind == ATTRIBUTE:
                table.attributes[path, number, key] = values
            else:
                table.items.setdefault((path, number), {})[key] = values
        return table

    def _carried(self, site: _Site) -> Iterator[tuple[Place, Value]]:
        """Yield what a call or store brings where."""
        values = self._evaluator.value(site.path, site.base)
        if not values:
            return
        if site.store < 0:
            yield from self._call(site, values)
            return
        carried = self._evaluator.value(site.path, site.node)
        for base in values:
            if site.store == Store.ATTRIBUTE:
                if base.kind in (CLASS, INSTANCE):
                    place = (base.path, base.definition, f"{ATTRIBUTE}{site.name}")
                    yield from ((place, value) for value in carried)
            elif base.kind in (CONTAINER, BAG):
                yield from self._into(base, site, carried)

    def _into(self, base: Value, site: _Site, carried: Values) -> Iterator[tuple[Place, Value]]:
        for value in carried:
            if site.store == Store.ITEM:
                yield (base.path, base.definition, f"{ITEM}{site.name}"), value
            elif value.kind == CONTAINER:
                for key, held in self._evaluator.holders.entries(value).items():
                    into = key if key.startswith("s:") else ""
                    yield from (
                        ((base.path, base.definition, f"{ITEM}{into}"), one) for one in held
                    )

    def _call(self, site: _Site, values: Values) -> Iterator[tuple[Place, Value]]:
        view = self._files[site.path]
        given = view.arguments[site.row]
        for function, formals in self._callees.of(values).functions:
            wanted = _Wanted(function, formals)
            for slot, node in given:
                several = self._evaluator.value(site.path, node)
                for value in several:
                    for place, one in self._handed(wanted, view, site.row, slot, value):
                        yield place, ranked(one, function.rank)

    def _handed(
        self, wanted: _Wanted, view: FileView, row: int, slot: int, value: Value
    ) -> Iterator[tuple[Place, Value]]:
        if slot < 0:
            place = wanted.named(view.keyword(row, slot))
        elif slot < STAR_SLOT:
            place = wanted.at(slot)
        else:
            yield from self._unpacked(wanted, slot, value)
            return
        if place is not None:
            yield place, value

    def _unpacked(self, wanted: _Wanted, slot: int, value: Value) -> Iterator[tuple[Place, Value]]:
        """``f(*value)`` and ``f(**value)``: what the container holds, by position and by name."""
        if value.kind not in (CONTAINER, BAG):
            return
        for key, held in self._evaluator.holders.entries(value).items():
            place = None
            if slot >= DOUBLE_STAR_SLOT:
                place = wanted.named(key[2:]) if key.startswith("s:") else None
            elif key.startswith("i:") and not key.startswith("i:-"):
                place = wanted.at(slot - STAR_SLOT + int(key[2:]))
            if place is not None:
                yield from ((place, one) for one in held)


class _Wanted:
    """The places that a function's arguments reach."""

    def __init__(self, function: Value, formals: Sequence[Formal]) -> None:
        self._path = function.path
        self._formals = formals
        self._positional = [one for one in formals if one.kind in (POSITIONAL, POSITIONAL_ONLY)]

    def at(self, position: int) -> Place | None:
        """Return the place of a positional argument."""
        if position < len(self._positional):
            return (self._path, self._positional[position].definition, PARAMETER)
        rest = position - len(self._positional)
        return self._gathered(VARIADIC, item_key(rest))

    def named(self, name: str) -> Place | None:
        """Return the place of a keyword argument."""
        for one in self._formals:
            if one.name == name and one.kind in (POSITIONAL, KEYWORD):
                return (self._path, one.definition, PARAMETER)
        return self._gathered(KEYWORDS, item_key(name))

    def _gathered(self, kind: str, key: str) -> Place | None:
        for one in self._formals:
            if one.kind == kind:
                return (self._path, gathered(one.definition), f"{ITEM}{key}")
        return None


def _sites(view: FileView) -> Iterator[_Site]:
    """Yield the calls with arguments of which something may be known, and the stores."""
    for _, node, _, _, row in view.references:
        if row in view.arguments:
            yield _Site(view.path, node, -1, row, "", 0)
    rows = unpack(view.own.stores)
    for kind, base, name, node in zip(rows[::4], rows[1::4], rows[2::4], rows[3::4], strict=True):
        yield _Site(view.path, base, kind, -1, view.strings[name], node)
