"""Operators, and the methods of their operands that they run."""

from __future__ import annotations

import ast
from collections.abc import Callable

from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import Op
from blastradius.languages.python.recorder import Recorder

_OPERATORS: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
COMPARISONS: dict[type, tuple[str, str]] = {
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__ne__", "__ne__"),
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
}
UNARY: dict[type, str] = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}


def operated(rec: Recorder, operator: type, left: int, right: int, line: int) -> int:
    """Record that an operator calls a method of its operands; return the node of the result."""
    word = _OPERATORS[operator]
    rec.implicit_call(left, f"__{word}__", line)
    rec.implicit_call(right, f"__r{word}__", line)
    if operator is ast.BitOr and left > LITERAL:
        return rec.nodes.row(Op.EITHER, left, right)
    if left > LITERAL:
        return rec.nodes.derive(Op.CALL, rec.nodes.attr(left, f"__{word}__"))
    if right > LITERAL:
        return rec.nodes.derive(Op.CALL, rec.nodes.attr(right, f"__r{word}__"))
    return LITERAL if left == right == LITERAL else UNKNOWN


def compared(rec: Recorder, node: ast.expr, visit: Callable[[Recorder, ast.expr], int]) -> int:
    """Walk an operand; comparing what an instance has puts nothing into it."""
    flags = rec.klass.flags if rec.klass is not None else 0
    value = visit(rec, node)
    if rec.klass is not None and isinstance(node, ast.Attribute) and node.attr == "__dict__":
        rec.klass.flags = flags
    return value
