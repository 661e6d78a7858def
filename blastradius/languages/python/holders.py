"""What containers hold: by key, by position, or as one of their elements."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import Op
from blastradius.languages.python.reached import ITEM
from blastradius.languages.python.values import (
    BAG,
    CLASS,
    CONTAINER,
    HOLDERS,
    INSTANCE,
    MANY,
    MAPPING,
    NOTHING,
    Value,
    Values,
    few,
    ranked,
)

if TYPE_CHECKING:
    from blastradius.languages.python.evaluate import Evaluator


class Holders:
    """What containers of the tree hold."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def held(self, op: int, values: Values, key: str) -> Values:
        """Return what taking from one of the values gives, ``op`` saying how."""
        if op == Op.COPY:
            return tuple(one for one in values if one.kind in HOLDERS)
        if op == Op.REST:
            return few(_rest(one, key) for one in values if one.kind in HOLDERS)
        if op == Op.KEY:
            keyed = [one for one in values if one.kind == MAPPING]
            return few(one for value in keyed for one in self.element(value))
        if op == Op.ITER:
            return few(one for value in values for one in self.element(value))
        picks = op == Op.PICK
        return few(one for value in values for one in self._item(value, key, picks=picks))

    def element(self, value: Value) -> Values:
        """Return what iterating over the value gives."""
        evaluator = self._evaluator
        if value.kind == MANY:
            return evaluator.value(value.path, value.definition)
        if value.kind == MAPPING:
            return evaluator.value(value.path, value.start)
        if value.kind in (CONTAINER, BAG):
            return self._elements(value)
        if value.kind != INSTANCE:
            return NOTHING
        result: list[Value] = []
        iterators = evaluator.method(value, "__iter__")
        for iterator in iterators:
            if iterator.kind == INSTANCE:
                result += evaluator.method(iterator, "__next__")
            else:
                result += self.element(iterator)
        return few(result) if iterators else evaluator.method(value, "__getitem__")

    def entries(self, value: Value, keys: Sequence[str] | None = None) -> dict[str, list[Value]]:
        """Return what the container holds, by key: under these keys, or (None) all of it."""
        evaluator = self._evaluator
        found: dict[str, list[Value]] = {}
        for key, nodes in evaluator.files[value.path].sites.get(value.definition, {}).items():
            if keys is None or key in keys:
                several = [one for node in nodes for one in evaluator.value(value.path, node)]
                found.setdefault(key, []).extend(ranked(one, value.rank) for one in several)
        evaluator.rest_on((value.path, value.definition, ITEM))
        put = evaluator.reached.items.get((value.path, value.definition), {})
        for key, values in put.items():
            if keys is None or key in keys:
                found.setdefault(key, []).extend(ranked(one, value.rank) for one in values)
        return found

    def _elements(self, value: Value) -> Values:
        """Iterating over a dict gives its keys: what stands under a name is no element."""
        several = self.entries(value).items()
        return few(
            one
            for key, values in several
            if not key.startswith("s:") and _index(key) >= value.start
            for one in values
        )

    def _item(self, value: Value, key: str, *, picks: bool) -> Values:
        evaluator = self._evaluator
        if value.kind in (MANY, MAPPING):
            return evaluator.value(value.path, value.definition)
        if value.kind == BAG:
            return few(one for values in self.entries(value).values() for one in values)
        if value.kind == CONTAINER:
            return self._by_key(value, key)
        if picks:
            return NOTHING
        if value.kind == CLASS:  # Generic[X]
            return (value,)
        if value.kind != INSTANCE:
            return NOTHING
        return evaluator.method(value, "__getitem__") or self._entry(value, key)

    def _entry(self, value: Value, key: str) -> Values:
        """Return what a key of a TypedDict holds: what its class annotates."""
        if not key.startswith("s:"):
            return NOTHING
        klass = ClassId(value.path, value.definition)
        if not self._evaluator.absent.has_base(klass, "TypedDict"):
            return NOTHING
        return self._evaluator.denoted(self._evaluator.classes.lookup(klass, key[2:]))

    def _by_key(self, value: Value, key: str) -> Values:
        if not key or key.startswith("i:-"):
            return few(one for values in self.entries(value).values() for one in values)
        if value.start and key.startswith("i:"):
            key = f"i:{_index(key) + value.start}"
        entries = self.entries(value, (key, ""))
        return few((*entries.get(key, ()), *entries.get("", ())))


def _index(key: str) -> int:
    """Return the position that a key means; one after all others where it is not known."""
    return int(key[2:]) if key.startswith("i:") else sys.maxsize


def _rest(value: Value, first: str) -> Value:
    if value.kind != CONTAINER:
        return value
    if not first:
        return value._replace(kind=BAG)
    return value._replace(start=min(value.start + int(first), sys.maxsize))
