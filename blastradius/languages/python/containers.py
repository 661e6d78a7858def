"""Values of container displays, comprehensions and of the builtins that make or walk containers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import Op, Store, item_key
from blastradius.languages.python.recorder import Recorder

_MOST_ENTRIES = 200
_PAIR = 2


def constant_key(node: ast.AST | None) -> str:
    """Return the key that a constant subscript stands for; empty when it is computed."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = node.operand
        if isinstance(inner, ast.Constant) and type(inner.value) is int:
            return item_key(-inner.value)
    return item_key(node.value) if isinstance(node, ast.Constant) else ""


def sequence(rec: Recorder, elements: Sequence[ast.expr], values: Sequence[int]) -> int:
    """Return the node of a list, tuple or set display; the values run parallel to the elements."""
    entries: list[tuple[str, int]] = []
    counted = True
    for position, (element, value) in enumerate(zip(elements, values, strict=True)):
        if isinstance(element, ast.Starred):
            counted = False
            entries.append(("", rec.nodes.element(value)))
        elif value > LITERAL:
            entries.append((item_key(position) if counted else "", value))
    return rec.made(entries[:_MOST_ENTRIES])


def spread(rec: Recorder, value: int) -> int:
    """Return the node of a new container with the elements of ``value``."""
    return rec.made([("", rec.nodes.element(value))])


def _pairs(rec: Recorder, value: int, key: int = UNKNOWN) -> int:
    return rec.made([("", rec.made([(item_key(0), key), (item_key(1), value)]))])


def builtin(rec: Recorder, name: str, values: Sequence[int], line: int) -> int | None:
    """Return the node of what a call of the builtin gives; None when it is not one of these.

    ``values`` are the nodes of the positional arguments, ``line`` is where the call stands.
    """
    make = _BUILTINS.get(name)
    if make is None or not values:
        return None
    return make(rec, values, line)


def _elements(rec: Recorder, values: Sequence[int], _line: int) -> int:
    return spread(rec, values[0])


def _element(rec: Recorder, values: Sequence[int], _line: int) -> int:
    return rec.nodes.element(values[0])


def _enumerated(rec: Recorder, values: Sequence[int], _line: int) -> int:
    return _pairs(rec, rec.nodes.element(values[0]))


def _zipped(rec: Recorder, values: Sequence[int], _line: int) -> int:
    elements = [(item_key(n), rec.nodes.element(one)) for n, one in enumerate(values)]
    return rec.made([("", rec.made(elements))])


def _mapped(rec: Recorder, values: Sequence[int], line: int) -> int:
    rec.handed(values[0], [rec.nodes.element(one) for one in values[1:]], line)
    return rec.made([("", rec.nodes.derive(Op.CALL, values[0]))])


def _filtered(rec: Recorder, values: Sequence[int], line: int) -> int:
    last = values[-1]
    rec.handed(values[0], [rec.nodes.element(last)], line)
    return spread(rec, last)


def _next(rec: Recorder, values: Sequence[int], line: int) -> int:
    rec.implicit_call(values[0], "__next__", line)
    return rec.nodes.choice((rec.nodes.element(values[0]), _called(rec, values[0], "__next__")))


def _iterator(rec: Recorder, values: Sequence[int], line: int) -> int:
    rec.implicit_call(values[0], "__iter__", line)
    return rec.nodes.choice((spread(rec, values[0]), _called(rec, values[0], "__iter__")))


def _called(rec: Recorder, value: int, method: str) -> int:
    if value <= LITERAL:
        return UNKNOWN
    return rec.nodes.row(Op.CALL, rec.nodes.attr(value, method), 0)


_BUILTINS: dict[str, Callable[[Recorder, Sequence[int], int], int]] = {
    "list": _elements,
    "tuple": _elements,
    "set": _elements,
    "frozenset": _elements,
    "sorted": _elements,
    "reversed": _elements,
    "min": _element,
    "max": _element,
    "enumerate": _enumerated,
    "zip": _zipped,
    "map": _mapped,
    "filter": _filtered,
    "next": _next,
    "iter": _iterator,
}

# Builtins that call a method of what they are given.
PROTOCOLS = {
    "str": "__str__",
    "repr": "__repr__",
    "len": "__len__",
    "bool": "__bool__",
    "int": "__int__",
    "float": "__float__",
    "hash": "__hash__",
    "abs": "__abs__",
    "round": "__round__",
    "bytes": "__bytes__",
    "format": "__format__",
    "dir": "__dir__",
    "divmod": "__divmod__",
    "reversed": "__reversed__",
}


def method(rec: Recorder, name: str, base: int, node: ast.Call, values: Sequence[int]) -> int:
    """Return what a method that builtin containers have gives, and record what it puts in.

    ``base`` is the node of the container, ``values`` are those of the positional arguments.
    """
    if base <= LITERAL:
        return UNKNOWN
    nodes = rec.nodes
    last = values[-1] if values else UNKNOWN
    if name in _ADDING and values:
        rec.stores.append((Store.ITEM, base, "", last))
    elif name in _EXTENDING and values:
        rec.stores.append((Store.EXTEND, base, "", last))
    if name in {"get", "pop", "setdefault", "popleft", "__getitem__"}:
        key = constant_key(node.args[0]) if node.args else ""
        if name == "setdefault" and len(values) == _PAIR:
            rec.stores.append((Store.ITEM, base, key, last))
        held = nodes.item(base, key, Op.PICK)
        return nodes.choice((held, last)) if len(values) == _PAIR and last else held
    if name == "values":
        return rec.made([("", nodes.item(base, "", Op.PICK))])
    if name == "items":
        return _pairs(rec, nodes.item(base, "", Op.PICK), nodes.derive(Op.KEY, base))
    return nodes.derive(Op.COPY, base) if name in {"copy", "keys"} else UNKNOWN


_ADDING = frozenset({"append", "add", "insert", "appendleft"})
_EXTENDING = frozenset({"extend", "update"})
METHODS = _ADDING | _EXTENDING | {"get", "pop", "setdefault", "popleft", "values", "items", "copy"}


def unpacked(rec: Recorder, targets: Sequence[ast.expr], position: int, value: int) -> int:
    """Return the node of what target ``position`` of ``a, b, *c = value`` is bound to."""
    if isinstance(targets[position], ast.Starred):
        return rec.nodes.item(value, str(position), Op.REST)
    if any(isinstance(one, ast.Starred) for one in targets[:position]):
        return rec.nodes.item(value, "")
    return rec.nodes.item(value, item_key(position))


def sliced(rec: Recorder, key: ast.Slice, value: int) -> int:
    """Return the node of ``value[first:last]``; where it ends does not matter."""
    if value <= LITERAL:
        return value
    first = 0 if key.lower is None else getattr(key.lower, "value", None)
    simple = key.step is None and type(first) is int and first >= 0
    return rec.nodes.item(value, str(first) if simple else "", Op.REST)
