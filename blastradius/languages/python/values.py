"""What an expression can be when it runs, as far as this tree says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from blastradius.languages.python.modules import Found
from blastradius.languages.python.roots import Module, Rank

_MOST_VALUES = 16


class Value(NamedTuple):
    """What an expression can be when it runs. ``kind`` is one of the constants below.

    CLASS, FUNCTION, INSTANCE, SUPER and COROUTINE have ``path`` and ``definition``; MANY and MAPPING
    are containers whose element type is the annotation ``definition`` (a node) of ``path`` (of
    MAPPING, ``start`` is that of its keys); GIVES and FUTURE give what the node ``definition`` is,
    when called or awaited; CONTAINER and BAG (keys forgotten) are the container ``definition`` of
    ``path``: a site from 0 on, or from -2 down what a parameter such as ``*args`` gathers.
    ``bound`` functions have their first parameter filled; ``start`` is where a part of a container
    begins. ``own`` is True for ``self`` and ``cls``: what is missing there is missing, and what is
    called may be a subclass's.
    """

    kind: str
    rank: int = Rank.CERTAIN
    path: str = ""
    definition: int = -1
    module: Module | None = None
    bound: bool = False
    own: bool = False
    start: int = 0


CLASS = "class"
FUNCTION = "function"
INSTANCE = "instance"
SUPER = "super"
MANY = "many"
MAPPING = "mapping"
COROUTINE = "coroutine"
CONTAINER = "container"
BAG = "bag"
GIVES = "gives"
FUTURE = "future"
_TYPES = frozenset({INSTANCE, MANY, MAPPING, GIVES, FUTURE})
HOLDERS = frozenset({MANY, MAPPING, CONTAINER, BAG})

Values = tuple[Value, ...]
NOTHING: Values = ()


def gathered(parameter: int) -> int:
    """Return the container that ``*args`` or ``**kwargs`` is, by the parameter's definition."""
    return -2 - parameter


def ranked(value: Value, rank: int) -> Value:
    """Return the value, no surer than ``rank``."""
    # Not `_replace`, which takes five times as long.
    return value if value[1] >= rank else Value(value[0], rank, *value[2:])


def at_least(found: Found, rank: int) -> Found:
    """Return what was found, no surer than ``rank``."""
    return found if found.rank >= rank else found._replace(rank=rank)


def distinct(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Return each once, in order."""
    return tuple(dict.fromkeys(found)) if len(found) > 1 else found


def few(values: Iterable[Value]) -> Values:
    """Return each once, the surest rank of each; nothing when there are too many to say much."""
    several = values if type(values) is tuple else tuple(values)
    if len(several) <= 1:
        return several
    best: dict[tuple[object, ...], Value] = {}
    for value in several:
        key = (value[0], *value[2:])
        known = best.get(key)
        if known is None or value.rank < known.rank:
            best[key] = value
    return tuple(best.values()) if len(best) <= _MOST_VALUES else NOTHING


def instance(value: Value) -> Values:
    """An annotation names a class: the value is one of its instances."""
    if value.kind == CLASS:
        return (Value(INSTANCE, value.rank, value.path, value.definition),)
    return (value,) if value.kind in _TYPES else NOTHING


def as_receiver(one: Value, receiver: Value) -> Value:
    """Return what a method gives: ``self`` is the very instance that it was called on."""
    if one.own and one.kind == INSTANCE:
        return ranked(receiver, one.rank)._replace(own=False)
    return one._replace(own=False) if one.own else one
