"""What calls of a function give: the values of its return statements, or of what it is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from blastradius.languages.python.arguments import formals
from blastradius.languages.python.own import FunctionFlag, Op
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.signatures import POSITIONAL, POSITIONAL_ONLY
from blastradius.languages.python.values import (
    COROUTINE,
    FUNCTION,
    FUTURE,
    NOTHING,
    Value,
    Values,
    few,
    ranked,
)

if TYPE_CHECKING:
    from blastradius.languages.python.evaluate import Evaluator

_MOST_PARTS = 40


class _Parts(NamedTuple):
    """What a function returns: its own parameters as they are, and other nodes."""

    parameters: tuple[int, ...]
    nodes: tuple[int, ...]


class Returns:
    """What functions of the tree return.

    A parameter that is returned as it came (``def same(x): return x``, a decorator that only
    registers) is what this very call hands over, not what any call does.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._parts: dict[tuple[str, int], _Parts] = {}

    def of(
        self, value: Value, site: tuple[str, int] | None = None, *, keep_own: bool = False
    ) -> Values:
        """Return what calling the function gives at ``site`` (the file and row of the call)."""
        if value.kind != FUNCTION:
            return NOTHING
        function = self._evaluator.files[value.path].functions[value.definition]
        flags = function.flags
        if flags & FunctionFlag.ASYNC and not flags & _YIELDING:
            return (Value(COROUTINE, value.rank, value.path, value.definition),)
        # What an unknown decorator makes of the function mostly still gives the same.
        changed = flags & FunctionFlag.OPAQUE and not flags & FunctionFlag.OVERLOAD
        rank = max(value.rank, Rank.LIKELY if changed else Rank.CERTAIN)
        return self._ranked(self._given(value, site), rank, keep_own=keep_own)

    def awaited(self, values: Values) -> Values:
        """Return what awaiting the coroutines among the values gives."""
        result: list[Value] = []
        for value in values:
            if value.kind == FUTURE:
                result += self._evaluator.value(value.path, value.definition)
            if value.kind == COROUTINE:
                function = self._evaluator.files[value.path].functions[value.definition]
                several = self._evaluator.value(value.path, function.returns)
                result += self._ranked(several, value.rank, keep_own=False)
        return few(result)

    def _ranked(self, values: Values, rank: int, *, keep_own: bool) -> Values:
        return tuple(
            ranked(one._replace(own=False) if one.own and not keep_own else one, rank)
            for one in values
        )

    def _given(self, value: Value, site: tuple[str, int] | None) -> Values:
        evaluator = self._evaluator
        parts = self._parts_of(value.path, value.definition)
        if not parts.parameters:
            returns = evaluator.files[value.path].functions[value.definition].returns
            return evaluator.value(value.path, returns)
        result = [one for node in parts.nodes for one in evaluator.value(value.path, node)]
        for parameter in parts.parameters:
            handed = self._handed(value, parameter, site)
            result += evaluator.parameter(value.path, parameter) if handed is None else handed
        return few(result)

    def _parts_of(self, path: str, definition: int) -> _Parts:
        view = self._evaluator.files[path]  # before what is known: the answer rests on the file
        known = self._parts.get((path, definition))
        if known is not None:
            return known
        function = view.functions[definition]
        last = definition + function.count
        parameters: dict[int, None] = {}
        nodes: dict[int, None] = {}
        waiting = [function.returns]
        seen: set[int] = set()
        while waiting and len(seen) < _MOST_PARTS:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            op, a, b = view.rows[node]
            if op == Op.CHOICE:
                waiting += (b, a)
            elif op in (Op.ALIAS, Op.MAYBE):
                waiting.append(a)
            elif op == Op.PARAM and definition < a <= last:
                parameters[a] = None
            else:
                nodes[node] = None
        parts = _Parts((), ()) if waiting else _Parts(tuple(parameters), tuple(nodes))
        self._parts[path, definition] = parts
        return parts

    def _handed(self, value: Value, parameter: int, site: tuple[str, int] | None) -> Values | None:
        """Return what the call at ``site`` hands over for the parameter; None: not known."""
        if site is None:
            return None
        evaluator = self._evaluator
        path, row = site
        caller = evaluator.files[path]
        given = caller.arguments.get(row, ())
        view = evaluator.files[value.path]
        several = formals(view, view.functions[value.definition], bound=value.bound)
        positional = [
            one.definition for one in several if one.kind in (POSITIONAL, POSITIONAL_ONLY)
        ]
        name = next((one.name for one in several if one.definition == parameter), "")
        for slot, node in given:
            if slot < 0:
                if name and caller.keyword(row, slot) == name:
                    return evaluator.value(path, node)
            elif slot < len(positional) and positional[slot] == parameter:
                return evaluator.value(path, node)
        return None


_YIELDING = FunctionFlag.GENERATOR | FunctionFlag.CONTEXT
