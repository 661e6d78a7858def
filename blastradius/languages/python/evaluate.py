"""What an expression names, and what it is a value of.

Two questions on one node. `Evaluator.refer` answers which definitions the text names: the
attribute ``Connector.client`` of ``self.client``. `Evaluator.value` answers what stands there when
the program runs: an instance of Client. Bounded: a question that goes round in circles, or on for
too long, is answered "unknown".
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from blastradius.languages.python.absent import Absent
from blastradius.languages.python.attributes import Attributes
from blastradius.languages.python.holders import Holders
from blastradius.languages.python.modules import (
    DEFINITION,
    MODULE,
    Found,
    Modules,
)
from blastradius.languages.python.mro import Classes, ClassId
from blastradius.languages.python.own import Op
from blastradius.languages.python.reached import PARAMETER, REACHED, Place, Reached
from blastradius.languages.python.returns import Returns
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.settled import Settled
from blastradius.languages.python.signatures import KEYWORDS, VARIADIC
from blastradius.languages.python.stored import Stored
from blastradius.languages.python.values import (
    CLASS,
    CONTAINER,
    COROUTINE,
    FUNCTION,
    FUTURE,
    GIVES,
    INSTANCE,
    MANY,
    MAPPING,
    NOTHING,
    SUPER,
    Value,
    Values,
    as_receiver,
    at_least,
    distinct,
    few,
    gathered,
    instance,
    ranked,
)

_DEEPEST = 60
_FUEL = 2_000
# Plain ints: an enum's comparison costs a third of the time of linking.
_ATTR, _IMPORT, _CHOICE, _MAYBE = int(Op.ATTR), int(Op.IMPORT), int(Op.CHOICE), int(Op.MAYBE)
_DEFINED = frozenset(map(int, (Op.DEF, Op.RAW)))
_SAME = frozenset(map(int, (Op.ALIAS, Op.TYPE, Op.KNOWN, Op.NARROWED)))
_UNBOUND = frozenset(map(int, (Op.STAR, Op.MISSING)))
# Nodes that say by themselves what they name, and what they are.
_NAMING = frozenset(map(int, (Op.DEF, Op.RAW, Op.IMPORT)))
_PLAIN = frozenset(
    map(
        int,
        (
            Op.SELF,
            Op.CLS,
            Op.SUPER,
            Op.MAKE,
            Op.GENERIC,
            Op.MAPPING,
            Op.RAW,
            Op.UNKNOWN,
            Op.GIVES,
            Op.FUTURE,
        ),
    )
)
_RECEIVERS = {int(Op.SELF): INSTANCE, int(Op.CLS): CLASS, int(Op.SUPER): SUPER}
T = TypeVar("T")
Kept = tuple[tuple[T, ...], int]
"""An answer, and what it rests on (`languages.watch`)."""
Loose = tuple[tuple[T, ...], int, frozenset[Place]]
"""As `Kept`, and the places of what flows that it rests on."""


class Evaluator:
    """Answers over all files of a tree. Answers are kept; they do not depend on who asks first.

    ``trail`` gathers the places of ``reached`` that the answers given meanwhile rest on; what rests
    on a place that has changed, `forget` drops.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.files = modules.files
        self._watch = modules.watch
        self.classes = Classes(modules, self.refer)
        self.attributes = Attributes(self)
        self.absent = Absent(modules, self.classes)
        self.settled = Settled(self)
        self.stored = Stored(self)
        self.returns = Returns(self)
        self.holders = Holders(self)
        self.reached = Reached()
        self.trail: set[Place] = set()
        self.spent = 0
        self._referred: dict[tuple[str, int], Kept[Found]] = {}
        self._values: dict[tuple[str, int], Kept[Value]] = {}
        self._loosely_referred: dict[tuple[str, int], Loose[Found]] = {}
        self._loose_values: dict[tuple[str, int], Loose[Value]] = {}
        self._pending: set[tuple[str, int, bool]] = set()
        self._fuel = _FUEL
        self._cuts = 0
        self._by_op = self._questions()

    def _questions(self) -> dict[int, Callable[[str, int, int, int], Values]]:
        derived: dict[int, Callable[[str, int, int, int], Values]] = {
            Op.DEF: self._named,
            Op.IMPORT: self._named,
            Op.STAR: self._named,
            Op.MISSING: self._named,
            Op.ATTR: self.attributes.held,
            Op.ALIAS: lambda path, _node, a, _b: self.value(path, a),
            Op.MAYBE: lambda path, _node, a, _b: tuple(
                ranked(one, Rank.LIKELY) for one in self.value(path, a)
            ),
            Op.KNOWN: lambda path, node, _a, b: (
                self.value(path, b) or self._named(path, node, 0, 0)
            ),
            Op.CHOICE: lambda path, _node, a, b: few((*self.value(path, a), *self.value(path, b))),
            Op.GENERIC: lambda path, _node, a, _b: (Value(MANY, Rank.CERTAIN, path, a),),
            Op.MAPPING: lambda path, _node, a, b: (Value(MAPPING, Rank.CERTAIN, path, a, start=b),),
            Op.GIVES: lambda path, _node, a, _b: (Value(GIVES, Rank.CERTAIN, path, a),),
            Op.FUTURE: lambda path, _node, a, _b: (Value(FUTURE, Rank.CERTAIN, path, a),),
            Op.NARROWED: lambda path, _node, _a, b: self.value(path, b),
            Op.WITHOUT: self._without,
            Op.EITHER: self._either,
            Op.MAKE: lambda path, _node, a, _b: (Value(CONTAINER, Rank.CERTAIN, path, a),),
            Op.PARAM: self._parameter,
            Op.RAW: self._raw,
            Op.CALL: self._call,
            Op.TYPE: self._type,
            Op.INSTANCE: lambda path, _node, a, _b: few(
                one for value in self.value(path, a) for one in instance(value)
            ),
            Op.AWAIT: lambda path, _node, a, _b: self.returns.awaited(self.value(path, a)),
            Op.ENTER: self._entered,
        }
        for op in (Op.ITER, Op.ITEM, Op.PICK, Op.REST, Op.COPY, Op.KEY):
            derived[op] = self._held
        for receiver in _RECEIVERS:
            derived[receiver] = self._receiver
        return {int(op): question for op, question in derived.items()}

    def forget(self, changed: AbstractSet[Place]) -> None:
        """Drop the answers that rest on one of the places."""
        for answers in (self._loosely_referred, self._loose_values):
            gone = [key for key, (_, _, on) in answers.items() if not on.isdisjoint(changed)]
            for key in gone:
                del answers[key]

    def rest_on(self, place: Place) -> None:
        """Note that the present answer rests on what flows to a place."""
        self.trail.add(place)
        self._watch.note(REACHED, place[0], str(place[1]), place[2])

    def refer(self, path: str, node: int) -> tuple[Found, ...]:
        """Return the definitions, modules, external or missing names that the node names."""
        key = (path, node)
        known = self._referred.get(key)
        if known is not None:
            self._watch.grounds.add(known[1])
            return known[0]
        loose = self._loosely_referred.get(key)
        if loose is not None:
            self._watch.grounds.add(loose[1])
            self.trail |= loose[2]
            return loose[0]
        if self.files[path].rows[node][0] in _NAMING:  # asks nothing further of expressions
            outer = self._watch.begin()
            answer = self._refer(path, node)
            self._referred[key] = (answer, self._watch.end(outer))
            return answer
        return self._answer(key, self._refer, self._referred, self._loosely_referred)

    def value(self, path: str, node: int) -> Values:
        """Return what the node can be when it runs; empty when that is not known."""
        key = (path, node)
        known = self._values.get(key)
        if known is not None:
            self._watch.grounds.add(known[1])
            return known[0]
        loose = self._loose_values.get(key)
        if loose is not None:
            self._watch.grounds.add(loose[1])
            self.trail |= loose[2]
            return loose[0]
        if self.files[path].rows[node][0] in _PLAIN:
            outer = self._watch.begin()
            answer = self._value(path, node)
            self._values[key] = (answer, self._watch.end(outer))
            return answer
        return self._answer(key, self._value, self._values, self._loose_values)

    def _answer(
        self,
        key: tuple[str, int],
        question: Callable[[str, int], tuple[T, ...]],
        answers: dict[tuple[str, int], Kept[T]],
        loose: dict[tuple[str, int], Loose[T]],
    ) -> tuple[T, ...]:
        """Answer within the limits; keep the answer unless a limit cut it short further down."""
        pending = self._pending
        if not pending:
            self._fuel = _FUEL
        path, node = key
        asked = (path, node, answers is self._values)
        if asked in pending or len(pending) > _DEEPEST or self._fuel <= 0:
            self._cuts += 1
            return ()
        self._fuel -= 1
        self.spent += 1
        cuts, outer = self._cuts, self.trail
        inner = self.trail = set()
        around = self._watch.begin()
        pending.add(asked)
        try:
            answer = question(path, node)
        finally:
            pending.discard(asked)
            self.trail = outer
            ground = self._watch.end(around)
        if inner:
            outer |= inner
        if self._cuts == cuts or not pending:
            if inner:
                loose[key] = (answer, ground, frozenset(inner))
            else:
                answers[key] = (answer, ground)
        return answer

    def _refer(self, path: str, node: int) -> tuple[Found, ...]:
        view = self.files[path]
        op, a, b = view.rows[node]
        if op == _ATTR:
            values = self.value(path, a)
            return self.attributes.named(values, view.strings[b]) if values else ()
        if op in _DEFINED:
            return (Found(DEFINITION, Rank.CERTAIN, path, a),)
        if op == _IMPORT:
            return self.modules.ends(self.modules.imported(path, a))
        if op == _CHOICE:
            return distinct((*self.refer(path, a), *self.refer(path, b)))
        if op in _SAME:
            return self.refer(path, a)
        if op == _MAYBE:
            return tuple(at_least(one, Rank.LIKELY) for one in self.refer(path, a))
        if op in _UNBOUND:
            return self.modules.unbound(path, view.strings[b])
        return ()

    def _value(self, path: str, node: int) -> Values:
        op, a, b = self.files[path].rows[node]
        question = self._by_op.get(op)
        return NOTHING if question is None else question(path, node, a, b)

    def _named(self, path: str, node: int, _a: int, _b: int) -> Values:
        return self.denoted(self.refer(path, node))

    def _receiver(self, path: str, node: int, a: int, _b: int) -> Values:
        kind = _RECEIVERS[self.files[path].rows[node][0]]
        return (Value(kind, Rank.CERTAIN, path, a, own=kind in (INSTANCE, CLASS)),)

    def _type(self, path: str, _node: int, a: int, _b: int) -> Values:
        return tuple(
            one._replace(kind=CLASS, own=False)
            for one in self.value(path, a)
            if one.kind == INSTANCE
        )

    def _without(self, path: str, _node: int, a: int, b: int) -> Values:
        """What is left of a value when a test has told that it is of no such class."""
        out = {
            ClassId(one.path, one.definition) for one in self.value(path, b) if one.kind == CLASS
        }
        return tuple(
            one
            for one in self.value(path, a)
            if one.kind != INSTANCE
            or out.isdisjoint(self.classes.linear(ClassId(one.path, one.definition)).order)
        )

    def _either(self, path: str, _node: int, a: int, b: int) -> Values:
        """``A | B`` of classes, or of unions of them, is a type; of others what ``__or__`` gives."""
        left = self.value(path, a)
        several = (*left, *self.value(path, b))
        types = [one for one in several if one.kind in (CLASS, MANY, MAPPING, GIVES, FUTURE)]
        if types:
            return few(types)
        return few(
            one for each in left if each.kind == INSTANCE for one in self.method(each, "__or__")
        )

    def _held(self, path: str, node: int, a: int, b: int) -> Values:
        view = self.files[path]
        values = self.value(path, a)
        return self.holders.held(view.rows[node][0], values, view.strings[b]) if values else NOTHING

    def _raw(self, path: str, _node: int, a: int, _b: int) -> Values:
        kind = CLASS if a in self.files[path].classes else FUNCTION
        return (Value(kind, Rank.CERTAIN, path, a),)

    def _parameter(self, path: str, _node: int, a: int, _b: int) -> Values:
        return self.parameter(path, a)

    def parameter(self, path: str, definition: int) -> Values:
        """Return what a parameter can be: of its annotated type, else its default, what calls give."""
        view = self.files[path]
        shape = view.definitions[definition].shape
        node = view.values.get(definition)
        if shape.startswith((VARIADIC, KEYWORDS)):
            if node is not None and ": " in shape:
                return (Value(MANY, Rank.CERTAIN, path, node),)
            return (Value(CONTAINER, Rank.CERTAIN, path, gathered(definition)),)
        base = NOTHING if node is None else self.value(path, node)
        if base and ": " in shape:
            return base
        self.rest_on((path, definition, PARAMETER))
        return few((*base, *self.reached.parameters.get((path, definition), NOTHING)))

    def denoted(self, found: tuple[Found, ...]) -> Values:
        """Return the values that definitions and modules stand for."""
        result: list[Value] = []
        for one in found:
            if one.kind == MODULE and one.module is not None:
                result.append(Value(MODULE, one.rank, module=one.module))
            elif one.kind == DEFINITION:
                result += self._defined(one)
        return few(result)

    def _defined(self, found: Found) -> Values:
        view = self.files[found.path]
        if found.definition in view.classes:
            return (Value(CLASS, found.rank, found.path, found.definition),)
        node = view.values.get(found.definition)
        if found.definition in view.functions:
            made = self.value(found.path, node) if node is not None else NOTHING
            known = tuple(ranked(one, Rank.LIKELY) for one in made)
            return known or (Value(FUNCTION, found.rank, found.path, found.definition),)
        if node is None:
            return NOTHING
        rank = max(found.rank, self.classes.steadiness(found.path, found.definition, node))
        return tuple(ranked(value, rank) for value in self.value(found.path, node))

    def _call(self, path: str, _node: int, callee: int, row: int) -> Values:
        site = (path, row - 1) if row else None
        values = self.value(path, callee)
        return few(one for value in values for one in self.called(value, site))

    def called(self, value: Value, site: tuple[str, int] | None = None) -> Values:
        """Return what calling the value gives; ``site`` is the call's file and row."""
        if value.kind == CLASS:
            klass = ClassId(value.path, value.definition)
            plain = self.absent.is_plain_metaclass(klass)
            rank = max(value.rank, self.classes.makes(klass, plain=plain))
            return (Value(INSTANCE, rank, value.path, value.definition),)
        if value.kind == INSTANCE:
            return self.method(value, "__call__", site)
        if value.kind == GIVES:
            return self.value(value.path, value.definition)
        return self.returns.of(value, site) if value.kind == FUNCTION else NOTHING

    def method(self, value: Value, name: str, site: tuple[str, int] | None = None) -> Values:
        """Return what calling a method of an instance gives; ``self`` is the instance itself."""
        found = self.classes.lookup(ClassId(value.path, value.definition), name)
        functions = [
            one._replace(bound=True) for one in self.denoted(found) if one.kind == FUNCTION
        ]
        return few(
            as_receiver(one, value)
            for function in functions
            for one in self.returns.of(function, site, keep_own=True)
        )

    def _entered(self, path: str, _node: int, a: int, _b: int) -> Values:
        result: list[Value] = []
        for value in self.value(path, a):
            if value.kind == INSTANCE:
                entered = self.method(value, "__enter__") or self.method(value, "__aenter__")
                result += self.returns.awaited(entered)
                result += (one for one in entered if one.kind != COROUTINE)
            else:  # a function under @contextmanager: what it yields
                result += self.holders.element(value)
        return few(result)
