"""Operators, indexing and the few built-in functions, on values that are known; bounded."""

from __future__ import annotations

import ast

from blastradius.migrations.values import (
    HOLE,
    MOST_ITEMS,
    Made,
    Method,
    Opaque,
    Ref,
    Value,
    is_plain,
    items,
    known,
    percent,
    spoken,
)

_MOST_TEXT = 200_000


def binary(op: ast.operator, left: Value, right: Value) -> Value:  # noqa: C901, PLR0911 - one case each
    """Return ``left op right`` where that is known and small."""
    if isinstance(op, ast.Mod) and isinstance(left, str):
        return percent(left, right)
    if isinstance(op, ast.Add):
        if isinstance(left, str) or isinstance(right, str):
            return (spoken(left) + spoken(right))[:_MOST_TEXT]
        if isinstance(left, (list, tuple)) and isinstance(right, type(left)):
            joined = [*left, *right][:MOST_ITEMS]
            return tuple(joined) if isinstance(left, tuple) else joined
    if isinstance(op, ast.BitOr) and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        try:
            if isinstance(op, ast.Add):
                return left + right
            if isinstance(op, ast.Sub):
                return left - right
            if isinstance(op, ast.Mult) and abs(left) < MOST_ITEMS**3 > abs(right):
                return left * right
        except (ArithmeticError, ValueError):
            return Opaque()
    return Opaque()


def unary(op: ast.unaryop, value: Value) -> Value:
    """Return ``op value`` where that is known."""
    if isinstance(op, ast.Not) and known(value):
        return not value
    if isinstance(op, ast.USub) and isinstance(value, (int, float)):
        return -value
    return Opaque()


def compare(op: ast.cmpop, left: Value, right: Value) -> Value:
    """Return ``left op right`` where both are constants."""
    if not (is_plain(left) and is_plain(right)):
        return Opaque()
    if any(isinstance(one, str) and HOLE in one for one in (left, right)):
        return Opaque()
    try:
        return _compared(op, left, right)
    except TypeError:
        return Opaque()


def _compared(op: ast.cmpop, left: Value, right: Value) -> Value:  # noqa: PLR0911 - one operator each
    match op:
        case ast.Eq() | ast.Is():
            return left == right
        case ast.NotEq() | ast.IsNot():
            return left != right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
        case ast.In():
            return left in right
        case ast.NotIn():
            return left not in right
    return Opaque()


def item(owner: Value, key: Value) -> Value:
    """Return ``owner[key]`` where that is known."""
    if isinstance(owner, Ref) and owner.last in {"List", "Dict", "Sequence", "Union", "Optional"}:
        return Opaque()
    try:
        if isinstance(owner, dict) and isinstance(key, (str, int)):
            return owner[key]
        if isinstance(owner, (list, tuple, str)) and isinstance(key, int):
            return owner[key]
    except (KeyError, IndexError, TypeError):
        return Opaque()
    return Method(owner, "[]") if isinstance(owner, (Made, Method)) else Opaque()


def builtin(name: str, args: tuple[Value, ...]) -> Value:  # noqa: C901, PLR0911 - one case each
    """Return what a built-in function returns on known arguments."""
    if not args:
        return {"str": "", "list": [], "tuple": (), "dict": {}}.get(name, Opaque())
    first = args[0]
    if name == "str":
        return spoken(first)
    if name == "dict":
        return dict(first) if isinstance(first, dict) else Opaque()
    if name == "range":
        whole = all(isinstance(one, int) and abs(one) < MOST_ITEMS for one in args)
        return list(range(*args[:2])) if whole else Opaque()
    several = items(first)
    if several is None:
        return Opaque()
    if name == "len":
        return len(several)
    if name == "enumerate":
        return list(enumerate(several))
    if name == "zip":
        others = [items(one) for one in args]
        return Opaque() if None in others else list(zip(*[o or () for o in others], strict=False))
    if name == "sorted":
        try:
            return sorted(several)
        except TypeError:
            return Opaque()
    return tuple(several) if name == "tuple" else list(several)
