"""What an attribute names, and what it holds: of modules, of classes and their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.languages.python.absent import OWN
from blastradius.languages.python.modules import MISSING, MODULE, Found
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import ANY, FunctionFlag
from blastradius.languages.python.reached import ATTRIBUTE
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.values import (
    CLASS,
    FUNCTION,
    INSTANCE,
    NOTHING,
    SUPER,
    Value,
    Values,
    at_least,
    distinct,
    few,
)

if TYPE_CHECKING:
    from blastradius.languages.python.evaluate import Evaluator


class Attributes:
    """Attributes of values of the tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes = evaluator.classes

    def named(self, values: Values, name: str) -> tuple[Found, ...]:
        """Return the definitions, modules or missing names that ``.name`` of the values names."""
        found: list[Found] = []
        for value in values:
            if value.kind == MODULE and value.module is not None:
                several = self._evaluator.modules.ends(
                    self._evaluator.modules.member(value.module, name)
                )
                found += [at_least(one, value.rank) for one in several]
            elif value.kind in (CLASS, INSTANCE, SUPER):
                found += self._member(value, name)
        return distinct(tuple(found))

    def _member(self, value: Value, name: str) -> list[Found]:
        klass = ClassId(value.path, value.definition)
        found = self._classes.lookup(klass, name, after_first=value.kind == SUPER)
        if found:
            return [at_least(one, value.rank) for one in found]
        if value.own and (below := self._classes.below(klass, name)):
            rank = Rank.LIKELY if len(below) == 1 else Rank.HEURISTIC
            return [at_least(one, rank) for one in below]
        if name.endswith(ANY):
            return list(self._classes.starting(klass, name.removesuffix(ANY)))
        if value.kind == INSTANCE and (dynamic := self._classes.lookup(klass, "__getattr__")):
            return [at_least(one, Rank.LIKELY) for one in dynamic]
        if value.own and value.kind != SUPER and not self._classes.is_stored(name):
            absent = self._evaluator.absent
            if absent.lacks(klass, name, OWN) == Rank.CERTAIN and (
                value.kind == INSTANCE or absent.of_class(klass, name) == Rank.CERTAIN
            ):
                return [Found(MISSING, name=name)]
        return []

    def held(self, path: str, node: int, base: int, text: int) -> Values:
        """Return what ``base.name`` is: bound methods, what properties return, what was put there."""
        evaluator = self._evaluator
        view = evaluator.files[path]
        name = view.strings[text]
        bases = evaluator.value(path, base)
        if not bases:
            return NOTHING
        found = evaluator.refer(path, node)
        if not found and name == "__class__":
            return tuple(
                one._replace(kind=CLASS, own=False) for one in bases if one.kind == INSTANCE
            )
        put = self._put(bases, name)
        if not found:
            return put
        on_instance = any(value.kind in (INSTANCE, SUPER) for value in bases)
        on_class = any(value.kind == CLASS for value in bases)
        result: list[Value] = list(put)
        for value in evaluator.denoted(found):
            if value.kind != FUNCTION:
                result.append(value)
                continue
            label = evaluator.files[value.path].definitions[value.definition].name
            if label.endswith(".__getattr__") and name != "__getattr__":
                result += evaluator.returns.of(value)
                continue
            flags = evaluator.files[value.path].functions[value.definition].flags
            if flags & FunctionFlag.PROPERTY and on_instance:
                result += evaluator.returns.of(value)
                continue
            bound = bool(flags & FunctionFlag.METHOD) and not flags & FunctionFlag.STATIC
            if flags & FunctionFlag.CLASSMETHOD:
                result.append(value._replace(bound=on_instance or on_class))
            else:
                result.append(value._replace(bound=bound and on_instance))
        return few(result)

    def _put(self, bases: Values, name: str) -> Values:
        """Return what statements outside of the class put into the attribute."""
        if not self._classes.is_stored(name):
            return NOTHING
        found: list[Value] = []
        for value in bases:
            if value.kind in (INSTANCE, CLASS):
                for klass in self._classes.linear(ClassId(value.path, value.definition)).order:
                    self._evaluator.rest_on((*klass, f"{ATTRIBUTE}{name}"))
                    found += self._evaluator.reached.attributes.get((*klass, name), ())
        return few(found)
