"""What an expression names, and what it is a value of.

Two questions on one node. `Evaluator.refer` answers which definitions the text names: the
attribute ``Connector.client`` of ``self.client``. `Evaluator.value` answers what stands there when
the program runs: an instance of Client. Context-insensitive and bounded: a question that goes
round in circles, or on for too long, is answered "unknown".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from blastradius.languages.python.modules import (
    BOUND,
    DEFINITION,
    EXTERNAL,
    MISSING,
    MODULE,
    UNKNOWN,
    FileView,
    Found,
    Modules,
)
from blastradius.languages.python.mro import Classes, ClassId
from blastradius.languages.python.own import FunctionFlag, Op
from blastradius.languages.python.roots import Module, Rank

_DEEPEST = 60
_FUEL = 2_000
_MOST_VALUES = 6


class Value(NamedTuple):
    """What an expression can be when it runs. ``kind`` is one of the constants below.

    CLASS, FUNCTION, INSTANCE and SUPER have ``path`` and ``definition``; MANY and MAPPING are
    containers whose element type is the annotation ``definition`` (a node) of ``path``. ``bound``
    functions have their first parameter filled. ``own`` is True for ``self``: what is missing
    there is missing.
    """

    kind: str
    rank: int = Rank.CERTAIN
    path: str = ""
    definition: int = -1
    module: Module | None = None
    bound: bool = False
    own: bool = False


CLASS = "class"
FUNCTION = "function"
INSTANCE = "instance"
SUPER = "super"
MANY = "many"
MAPPING = "mapping"
COROUTINE = "coroutine"
_RECEIVERS = {Op.SELF: INSTANCE, Op.CLS: CLASS, Op.SUPER: SUPER}

Values = tuple[Value, ...]
T = TypeVar("T")
NOTHING: Values = ()


class Evaluator:
    """Answers over all files of a tree. Answers are kept; they do not depend on who asks first."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.classes = Classes(modules, self.refer)
        self._referred: dict[tuple[str, int], tuple[Found, ...]] = {}
        self._values: dict[tuple[str, int], Values] = {}
        self._pending: set[tuple[str, int, bool]] = set()
        self._fuel = _FUEL
        self._cuts = 0

    def refer(self, path: str, node: int) -> tuple[Found, ...]:
        """Return the definitions, modules, external or missing names that the node names."""
        known = self._referred.get((path, node))
        return self._answer(path, node, self._refer, self._referred) if known is None else known

    def value(self, path: str, node: int) -> Values:
        """Return what the node can be when it runs; empty when that is not known."""
        known = self._values.get((path, node))
        return self._answer(path, node, self._value, self._values) if known is None else known

    def _answer(
        self,
        path: str,
        node: int,
        question: Callable[[str, int], tuple[T, ...]],
        answers: dict[tuple[str, int], tuple[T, ...]],
    ) -> tuple[T, ...]:
        """Answer within the limits; keep the answer unless a limit cut it short further down."""
        key = (path, node, answers is self._values)
        if not self._pending:
            self._fuel = _FUEL
        if key in self._pending or len(self._pending) > _DEEPEST or self._fuel <= 0:
            self._cuts += 1
            return ()
        self._fuel -= 1
        before = self._cuts
        self._pending.add(key)
        try:
            answer = question(path, node)
        finally:
            self._pending.discard(key)
        if self._cuts == before or not self._pending:
            answers[path, node] = answer
        return answer

    def _refer(self, path: str, node: int) -> tuple[Found, ...]:
        view = self.modules.files[path]
        op, a, b = view.nodes[3 * node : 3 * node + 3]
        if op == Op.DEF:
            return (Found(DEFINITION, Rank.CERTAIN, path, a),)
        if op == Op.IMPORT:
            return self._through(self.modules.imported(path, a))
        if op == Op.ATTR:
            return self._attribute(self.value(path, a), view.strings[b])
        if op == Op.CHOICE:
            return _distinct((*self.refer(path, a), *self.refer(path, b)))
        if op in (Op.ALIAS, Op.TYPE):
            return self.refer(path, a)
        if op in (Op.STAR, Op.MISSING):
            return self._unbound(view, view.strings[b])
        return ()

    def _through(self, found: tuple[Found, ...]) -> tuple[Found, ...]:
        return _distinct(tuple(end for one in found for end in self.modules.through(one)))

    def _unbound(self, view: FileView, name: str) -> tuple[Found, ...]:
        found = self.modules.named(view.path, name)
        if found:
            return self._through(found)
        if self.modules.closed(view.path):
            return (Found(MISSING, name=name),)
        return ()

    def _attribute(self, values: Values, name: str) -> tuple[Found, ...]:
        found: list[Found] = []
        for value in values:
            if value.kind == MODULE and value.module is not None:
                several = self._through(self.modules.member(value.module, name))
                found += [_at_least(one, value.rank) for one in several]
            elif value.kind in (CLASS, INSTANCE, SUPER):
                found += self._member(value, name)
        return _distinct(tuple(found))

    def _member(self, value: Value, name: str) -> list[Found]:
        klass = ClassId(value.path, value.definition)
        found = self.classes.lookup(klass, name, after_first=value.kind == SUPER)
        if found:
            return [_at_least(one, value.rank) for one in found]
        certain = value.own or (value.kind == CLASS and value.rank == Rank.CERTAIN)
        if certain and value.kind != SUPER and self.classes.misses(klass, name):
            return [Found(MISSING, name=name)]
        return []

    def _value(self, path: str, node: int) -> Values:
        view = self.modules.files[path]
        op, a, b = view.nodes[3 * node : 3 * node + 3]
        if op in (Op.DEF, Op.IMPORT, Op.STAR, Op.MISSING):
            return self._denoted(self.refer(path, node))
        if op == Op.ATTR:
            return self._bound_values(path, node, a)
        if op in _RECEIVERS:
            kind = _RECEIVERS[Op(op)]
            return (Value(kind, Rank.CERTAIN, path, a, own=kind == INSTANCE),)
        if op == Op.ALIAS:
            return self.value(path, a)
        if op == Op.CHOICE:
            return _few((*self.value(path, a), *self.value(path, b)))
        if op in (Op.GENERIC, Op.MAPPING):
            return (Value(MANY if op == Op.GENERIC else MAPPING, Rank.LIKELY, path, a),)
        return self._derived(op, path, a)

    def _derived(self, op: int, path: str, node: int) -> Values:
        values = self.value(path, node)
        if op == Op.CALL:
            return _few(tuple(one for value in values for one in self._called(value)))
        if op == Op.INSTANCE:
            return _few(tuple(one for value in values for one in _instance(value)))
        if op == Op.TYPE:
            return tuple(
                value._replace(kind=CLASS, own=False) for value in values if value.kind == INSTANCE
            )
        if op == Op.AWAIT:
            return _few(tuple(one for value in values for one in self._awaited(value)))
        if op == Op.ENTER:
            return _few(tuple(one for value in values for one in self._entered(value)))
        if op in (Op.ITER, Op.ITEM):
            kinds = (MANY,) if op == Op.ITER else (MANY, MAPPING)
            return _few(
                tuple(
                    one
                    for value in values
                    if value.kind in kinds
                    for one in self.value(value.path, value.definition)
                )
            )
        return NOTHING

    def _denoted(self, found: tuple[Found, ...]) -> Values:
        """Return the values that definitions and modules stand for."""
        result: list[Value] = []
        for one in found:
            if one.kind == MODULE and one.module is not None:
                result.append(Value(MODULE, one.rank, module=one.module))
            elif one.kind == DEFINITION:
                result += self._defined(one)
            elif one.kind in (BOUND, EXTERNAL, UNKNOWN, MISSING):
                continue
        return _few(tuple(result))

    def _defined(self, found: Found) -> Values:
        view = self.modules.files[found.path]
        if found.definition in view.classes:
            return (Value(CLASS, found.rank, found.path, found.definition),)
        function = view.functions.get(found.definition)
        if function is not None:
            return (Value(FUNCTION, found.rank, found.path, found.definition),)
        node = view.values.get(found.definition)
        if node is None:
            return NOTHING
        # A variable may be given something else elsewhere: what it holds is likely, not certain.
        return tuple(_ranked(value, Rank.LIKELY) for value in self.value(found.path, node))

    def _bound_values(self, path: str, node: int, base: int) -> Values:
        found = self.refer(path, node)
        if not found:
            return NOTHING
        bases = self.value(path, base)
        on_instance = any(value.kind in (INSTANCE, SUPER) for value in bases)
        on_class = any(value.kind == CLASS for value in bases)
        result: list[Value] = []
        for value in self._denoted(found):
            if value.kind != FUNCTION:
                result.append(value)
                continue
            flags = self.modules.files[value.path].functions[value.definition].flags
            if flags & FunctionFlag.PROPERTY and on_instance:
                result += self._called(value)
                continue
            bound = bool(flags & FunctionFlag.METHOD) and not flags & FunctionFlag.STATIC
            if flags & FunctionFlag.CLASSMETHOD:
                result.append(value._replace(bound=on_instance or on_class))
            else:
                result.append(value._replace(bound=bound and on_instance))
        return tuple(result)

    def _called(self, value: Value) -> Values:
        if value.kind == CLASS:
            return (Value(INSTANCE, Rank.LIKELY, value.path, value.definition),)
        if value.kind == INSTANCE:
            found = self.classes.lookup(ClassId(value.path, value.definition), "__call__")
            return tuple(one for target in self._denoted(found) for one in self._returned(target))
        return self._returned(value) if value.kind == FUNCTION else NOTHING

    def _returned(self, value: Value) -> Values:
        if value.kind != FUNCTION:
            return NOTHING
        function = self.modules.files[value.path].functions[value.definition]
        plain = not function.flags & (FunctionFlag.GENERATOR | FunctionFlag.CONTEXT)
        if function.flags & FunctionFlag.ASYNC and plain:
            return (Value(COROUTINE, Rank.LIKELY, value.path, value.definition),)
        if function.flags & FunctionFlag.OPAQUE and not function.flags & FunctionFlag.OVERLOAD:
            return NOTHING
        values = self.value(value.path, function.returns)
        return tuple(_ranked(one, Rank.LIKELY)._replace(own=False) for one in values)

    def _awaited(self, value: Value) -> Values:
        if value.kind != COROUTINE:
            return NOTHING
        function = self.modules.files[value.path].functions[value.definition]
        values = self.value(value.path, function.returns)
        return tuple(_ranked(one, Rank.LIKELY)._replace(own=False) for one in values)

    def _entered(self, value: Value) -> Values:
        if value.kind == MANY:  # a function under @contextmanager, annotated as an iterator
            return self.value(value.path, value.definition)
        if value.kind != INSTANCE:
            return NOTHING
        klass = ClassId(value.path, value.definition)
        for name in ("__enter__", "__aenter__"):
            found = self.classes.lookup(klass, name)
            if found:
                functions = [one for one in self._denoted(found) if one.kind == FUNCTION]
                return _few(tuple(v for one in functions for v in self._entry(one, value)))
        return NOTHING

    def _entry(self, function: Value, receiver: Value) -> Values:
        """Return what ``__enter__`` gives: itself, mostly; of the class that was entered."""
        record = self.modules.files[function.path].functions[function.definition]
        values = self.value(function.path, record.returns)
        return tuple(
            _ranked(receiver if one.own else one, Rank.LIKELY)._replace(own=False) for one in values
        )


def _instance(value: Value) -> Values:
    """An annotation names a class: the value is one of its instances."""
    if value.kind == CLASS:
        return (Value(INSTANCE, Rank.LIKELY, value.path, value.definition),)
    return (value,) if value.kind in (MANY, MAPPING) else NOTHING


def _ranked(value: Value, rank: int) -> Value:
    return value if value.rank >= rank else value._replace(rank=rank)


def _at_least(found: Found, rank: int) -> Found:
    return found if found.rank >= rank else found._replace(rank=rank)


def _distinct(found: tuple[Found, ...]) -> tuple[Found, ...]:
    return tuple(dict.fromkeys(found)) if len(found) > 1 else found


def _few(values: Values) -> Values:
    distinct = tuple(dict.fromkeys(values))
    return distinct if len(distinct) <= _MOST_VALUES else NOTHING
