"""Attributes that what stands there does not have: of instances, functions, classes with slots."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.modules import DEFINITION, MODULE, Found
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import ANY, FunctionFlag, Op
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.values import CLASS, FUNCTION, INSTANCE, Value
from blastradius.model.symbols import Tier

_MOST_STEPS = 24
_THEMSELVES = frozenset({Op.DEF, Op.RAW, Op.SELF, Op.CLS})
# Nodes that are as settled as what they are made from.
_OVER = frozenset(
    {Op.ALIAS, Op.INSTANCE, Op.TYPE, Op.AWAIT, Op.ENTER, Op.ITER, Op.ITEM, Op.GENERIC, Op.MAPPING}
)


class Lacking:
    """Tells what certainly or likely lacks an attribute that a text asks of it."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes = evaluator.classes
        self._files = evaluator.modules.files

    def attribute(self, path: str, node: int) -> Tier | None:
        """Tell how sure it is that ``base.name`` fails, for a node that names nothing.

        Certain where the base is one value that the text settles, likely where it is inferred or one
        of several that all lack the name; None where nothing is known.
        """
        view = self._files[path]
        op, base, text = view.rows[node]
        if op != Op.ATTR:
            return None
        name = view.strings[text]
        if name.startswith("__") or name.endswith(ANY):
            return None
        values = self._evaluator.value(path, base)
        if not values or any(one.rank > Rank.LIKELY or one.own for one in values):
            return None
        if not all(self._lacks(one, name) for one in values) or not self._settled(path, base):
            return None
        sure = len(values) == 1 and values[0].rank == Rank.CERTAIN
        return "certain" if sure else "likely"

    def _settled(self, path: str, node: int, steps: int = _MOST_STEPS) -> bool:
        """Tell whether a node's values are all it can be: no part of it leads out of the tree."""
        op, a, b = self._files[path].rows[node]
        steps -= 1
        if steps <= 0:
            return False
        if op in _THEMSELVES:
            return True
        if op in _OVER:
            return self._settled(path, a, steps)
        if op in (Op.CHOICE, Op.KNOWN):
            return self._settled(path, b, steps) and (
                op == Op.KNOWN or self._settled(path, a, steps)
            )
        if op == Op.CALL:
            return self._settled(path, a, steps) and self._gives(path, a, steps)
        if op in (Op.IMPORT, Op.STAR, Op.ATTR):
            found = self._evaluator.refer(path, node)
            return len(found) == 1 and self._holds(found[0], steps)
        if op == Op.PARAM:
            view = self._files[path]
            held = view.values.get(a)
            typed = ": " in view.definitions[a].shape
            return typed and held is not None and self._settled(path, held, steps)
        return False

    def _gives(self, path: str, node: int, steps: int) -> bool:
        """Tell whether what calling the node gives is known: of a class, or what the text returns."""
        for one in self._evaluator.value(path, node):
            if one.kind == FUNCTION:
                record = self._files[one.path].functions.get(one.definition)
                if record is None or not self._settled(one.path, record.returns, steps):
                    return False
            elif one.kind != CLASS:
                return False
        return True

    def _holds(self, found: Found, steps: int) -> bool:
        if found.kind != DEFINITION:
            return found.kind == MODULE
        view = self._files[found.path]
        held = view.values.get(found.definition)
        if held is None:
            record = view.functions.get(found.definition)
            if record is not None and record.flags & FunctionFlag.PROPERTY:
                return self._settled(found.path, record.returns, steps)
            return record is not None or found.definition in view.classes
        return self._settled(found.path, held, steps)

    def _lacks(self, value: Value, name: str) -> bool:
        if value.kind in (CLASS, INSTANCE):
            return self._classes.misses(ClassId(value.path, value.definition), name)
        return value.kind == FUNCTION and self._is_plain(value, name)

    def _is_plain(self, value: Value, name: str) -> bool:
        """Tell whether it is a function as its ``def`` made it, on which nobody puts such a name."""
        view = self._files[value.path]
        record = view.functions.get(value.definition)
        one = view.definitions[value.definition]
        if record is None or one.shape.startswith("@"):
            return False  # a decorator may give what it likes
        if one.parent in view.classes or view.values.get(value.definition) is not None:
            return False
        if one.parent < 0:
            last = one.name.rpartition(".")[2]
            if len(view.exports.get(last, ())) != 1 or last in view.others:
                return False
        return not self._classes.is_stored(name)

    def slots(self, path: str) -> Iterator[tuple[int, int, str]]:
        """Yield (line, class, name) of each ``self.name = …`` that no slot of the class takes."""
        view = self._files[path]
        for record in view.own.classes:
            if record.slots is None:
                continue
            one = ClassId(path, record.definition)
            if not self._closed(one):
                continue
            taken = {
                name for klass in self._classes.linear(one).order for name in self._taken(klass)
            }
            bodies = [
                (below.line, below.end)
                for index, below in enumerate(view.definitions)
                if below.parent == record.definition and index in view.functions
            ]
            for name, indexes in view.members.get(record.definition, {}).items():
                made = view.definitions[indexes[0]]
                inside = any(start <= made.line <= end for start, end in bodies)
                if len(indexes) == 1 and made.kind == "attribute" and inside and name not in taken:
                    yield made.line, record.definition, name

    def _closed(self, one: ClassId) -> bool:
        """Tell whether neither the class, nor what it inherits from, nor a subclass has a dict."""
        return self._classes.attributes_known(one) and all(
            slots is not None and "__dict__" not in slots
            for klass in (*self._classes.linear(one).order, *self._classes.descendants(one))
            for slots in [self._slots(klass)]
        )

    def _slots(self, one: ClassId) -> tuple[str, ...] | None:
        record = self._files[one.path].classes.get(one.definition)
        return record.slots if record is not None else None

    def _taken(self, one: ClassId) -> Iterator[str]:
        """Yield the slots of a class, and what a base has that is more than a value."""
        yield from self._slots(one) or ()
        view = self._files[one.path]
        for name, indexes in view.members.get(one.definition, {}).items():
            if any(view.definitions[index].kind != "attribute" for index in indexes):
                yield name
