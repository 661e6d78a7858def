"""Whether the text settles what an expression is: no part of it leads out of the tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from blastradius.languages.python.containers import METHODS
from blastradius.languages.python.modules import DEFINITION, MODULE, Found
from blastradius.languages.python.nodes import LITERAL
from blastradius.languages.python.own import OVER_TWO, FunctionFlag, Op
from blastradius.languages.python.values import (
    CLASS,
    FUNCTION,
    GIVES,
    HOLDERS,
)

if TYPE_CHECKING:
    from blastradius.languages.python.evaluate import Evaluator

_MOST_STEPS = 24
_THEMSELVES = frozenset({Op.DEF, Op.RAW, Op.SELF, Op.CLS, Op.SUPER})
# Nodes that are as settled as what they are made from.
_OVER = frozenset(
    {Op.ALIAS, Op.INSTANCE, Op.TYPE, Op.AWAIT, Op.ENTER, Op.ITER, Op.ITEM, Op.GENERIC, Op.KEY}
    | {Op.FUTURE, Op.GIVES, Op.PICK, Op.COPY, Op.REST}
)
_PASSING = frozenset({Op.ALIAS, Op.AWAIT, Op.NARROWED, Op.KNOWN})


class Settled:
    """Looks through the nodes that an expression is made from."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._files = evaluator.modules.files

    def node(self, path: str, node: int, steps: int = _MOST_STEPS) -> bool:
        """Tell whether a node's values are all it can be."""
        op, a, b = self._files[path].rows[node]
        steps -= 1
        if steps <= 0:
            return False
        if op in _THEMSELVES or node == LITERAL:
            return True
        if op in _OVER:
            return self.node(path, a, steps)
        if op in OVER_TWO:
            return self._of_two(path, (op, a, b), steps)
        if op in (Op.IMPORT, Op.STAR, Op.ATTR):
            found = self._evaluator.refer(path, node)
            return len(found) == 1 and self._holds(found[0], steps)
        questions: dict[int, Callable[[str, int, int], bool]] = {
            Op.MAKE: self._container,
            Op.CALL: self._call,
            Op.PARAM: self._parameter,
        }
        question = questions.get(op)
        return question is not None and question(path, a, steps)

    def _of_two(self, path: str, row: tuple[int, int, int], steps: int) -> bool:
        op, a, b = row
        if op in (Op.KNOWN, Op.NARROWED):
            return self.node(path, b, steps)
        if op == Op.WITHOUT:
            return self._without(path, a, b, steps)
        left, right = self.node(path, a, steps), self.node(path, b, steps)
        return left or right if op == Op.MAPPING else left and right

    def _container(self, path: str, site: int, steps: int) -> bool:
        several = self._files[path].sites.get(site, {}).values()
        nodes = [one for each in several for one in each]
        return bool(nodes) and all(self.node(path, one, steps) for one in nodes)

    def made(self, path: str, node: int, steps: int = _MOST_STEPS) -> bool:
        """Tell whether the value was made by calling its class by name: it is of no subclass."""
        op, a, b = self._files[path].rows[node]
        if steps <= 0:
            return False
        if op in _PASSING:
            return self.made(path, b if op in (Op.NARROWED, Op.KNOWN) else a, steps - 1)
        if op == Op.CHOICE:
            return self.made(path, a, steps - 1) and self.made(path, b, steps - 1)
        several = self._evaluator.refer(path, a if op == Op.CALL else node)
        if len(several) != 1 or several[0].kind != DEFINITION:
            return False
        view, definition = self._files[several[0].path], several[0].definition
        if op == Op.CALL:
            return definition in view.classes
        held = view.values.get(definition)
        annotated = definition in view.functions or view.definitions[definition].shape
        return held is not None and not annotated and self.made(view.path, held, steps - 1)

    def _parameter(self, path: str, definition: int, steps: int) -> bool:
        view = self._files[path]
        held = view.values.get(definition)
        return (
            held is not None and self._is_typed(path, definition) and self.node(path, held, steps)
        )

    def _without(self, path: str, node: int, klass: int, steps: int) -> bool:
        """Tell whether what is left is settled: the parts that went need not be."""
        view = self._files[path]
        rows = view.rows
        gone = {rows[klass]}
        while rows[node][0] == Op.WITHOUT:
            gone.add(rows[rows[node][2]])
            node = rows[node][1]
        waiting, seen = [node], 0
        while waiting and seen < _MOST_STEPS:
            seen += 1
            one = waiting.pop()
            op, a, b = rows[one]
            if op == Op.CHOICE:
                waiting += (a, b)
            elif op in (Op.NARROWED, Op.KNOWN):
                waiting.append(b)
            elif op == Op.ALIAS:
                waiting.append(a)
            elif op == Op.PARAM and self._is_typed(path, a) and a in view.values:
                waiting.append(view.values[a])
            elif not (op == Op.INSTANCE and rows[a] in gone) and not self.node(path, one, steps):
                return False
        return not waiting

    def _is_typed(self, path: str, definition: int) -> bool:
        return ": " in self._files[path].definitions[definition].shape

    def _call(self, path: str, callee: int, steps: int) -> bool:
        view = self._files[path]
        op, base, text = view.rows[callee]
        if op == Op.ATTR and view.strings[text] in METHODS:
            values = self._evaluator.value(path, base)
            if values and all(one.kind in HOLDERS for one in values):
                return self.node(path, base, steps)
        if op == Op.ATTR and view.strings[text] in {"__iter__", "__next__"}:
            values = self._evaluator.value(path, base)
            if values and all(one.kind in HOLDERS for one in values):
                return True
        return self.node(path, callee, steps) and self._gives(path, callee, steps)

    def _gives(self, path: str, node: int, steps: int) -> bool:
        """Tell whether what calling the node gives is known: of a class, or what the text returns."""
        for one in self._evaluator.value(path, node):
            if one.kind == FUNCTION:
                record = self._files[one.path].functions.get(one.definition)
                if record is None or not self.node(one.path, record.returns, steps):
                    return False
            elif one.kind not in (CLASS, GIVES):
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
                return self.node(found.path, record.returns, steps)
            return record is not None or found.definition in view.classes
        return self.node(found.path, held, steps)
