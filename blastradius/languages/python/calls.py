"""The walk over calls: what is called, with which arguments, and the builtins that name things."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from blastradius.languages.python import containers, fields, marks, paths
from blastradius.languages.python.annotations import annotation
from blastradius.languages.python.containers import PROTOCOLS
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import (
    ANY,
    DOUBLE_STAR_SLOT,
    GUARDED,
    STAR_SLOT,
    CallFlag,
    ImportFlag,
    Kind,
    ModuleFlag,
    Op,
    item_key,
)
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.scopes import ScopeKind
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]


def call(rec: Recorder, node: ast.Call, visit: Visit, chain: Visit) -> int:
    """Walk a call, record it with the shape of its arguments, and return its value's node."""
    callee = dotted(node.func)
    marks.call(rec, node, callee, chain)
    special = _SPECIAL.get(callee.rpartition(".")[2])
    if special is not None:
        value = special(rec, node, callee, visit)
        if value is not None:
            return value
    out = rec.out
    out.append(f"call{len(node.args)},{len(node.keywords)}")
    if isinstance(node.func, (ast.Name, ast.Attribute)):
        function = chain(rec, node.func)
    else:
        function = visit(rec, node.func)
    line = node.func.end_lineno or node.lineno
    fields.call(rec, node, callee)
    before, rec.via = rec.via, callee
    _reads(rec, node, callee)
    if paths.is_join(callee) or (paths.is_path_class(callee) and len(node.args) > 1):
        values = paths.joined(rec, node.args, node.args, visit) if node.args else []
    else:
        values = [visit(rec, argument) for argument in node.args]
    named: list[int] = []
    for keyword in node.keywords:
        out.append(f"{keyword.arg}=")
        named.append(visit(rec, keyword.value))
    rec.via = before
    row, carries = _arguments(rec, node, values, named)
    rec.refer(Kind.CALL, function, line, row)
    known = _known(rec, node, values, dict(zip(_names(node), named, strict=True)))
    if known is not None:
        return known
    if function == LITERAL:
        return LITERAL
    value = rec.nodes.row(Op.CALL, function, row + 1 if carries else 0)
    if isinstance(node.func, ast.Attribute) and node.func.attr in containers.METHODS:
        base = rec.nodes.rows[function][1] if rec.nodes.rows[function][0] == Op.ATTR else UNKNOWN
        held = containers.method(rec, node.func.attr, base, node, values)
        return rec.nodes.choice((value, held)) if held > LITERAL else value
    return value


_READERS = frozenset(
    """__import__ eval dict list tuple set frozenset sorted len iter str repr print copy deepcopy
    pprint""".split()  # noqa: SIM905 - a word list reads best as words
)


def _reads(rec: Recorder, node: ast.Call, callee: str) -> None:
    """Say that the callee puts nothing into its arguments; ``**vars(x)`` hands a copy anyway."""
    if callee.rpartition(".")[2] in _READERS:
        for argument in node.args:
            rec.reads(argument)
    for keyword in node.keywords:
        if keyword.arg is None:
            rec.reads(keyword.value)


def _names(node: ast.Call) -> list[str]:
    return [keyword.arg or "**" for keyword in node.keywords]


def _known(rec: Recorder, node: ast.Call, values: list[int], named: dict[str, int]) -> int | None:
    """Return what a call of a well-known function gives, and record what it calls in its turn."""
    callee = dotted(node.func)
    name = callee.rpartition(".")[2]
    line = node.lineno
    if name in _CALLERS and named.get("key", UNKNOWN) > LITERAL:
        first = rec.nodes.element(values[0]) if values else UNKNOWN
        rec.handed(named["key"], [first], line)
    if name in {"partial", "partialmethod"} and values:
        plain = "**" not in named and not any(isinstance(one, ast.Starred) for one in node.args)
        rec.handed(values[0], values[1:], line, partial=tuple(named) if plain else None)
        return rec.nodes.derive(Op.MAYBE, values[0])
    if name == "reduce" and values:
        rec.handed(values[0], [], line)
    if callee in _COPIES and values:
        return values[0]
    if not isinstance(node.func, ast.Name) or rec.bound_above(name):
        return None
    if name in PROTOCOLS and values:
        rec.implicit_call(values[0], PROTOCOLS[name], line)
    if name == "dict" and len(values) <= 1:
        entries = [(item_key(key) if key != "**" else "", one) for key, one in named.items()]
        return rec.nodes.choice((*values, rec.made(entries)))
    return containers.builtin(rec, name, values, line)


_COPIES = frozenset({"copy", "deepcopy", "copy.copy", "copy.deepcopy"})
_CALLERS = frozenset({"sorted", "sort", "min", "max", "groupby"})


def _arguments(
    rec: Recorder, node: ast.Call, values: list[int], named: list[int]
) -> tuple[int, bool]:
    """Record the arguments; return the call's row, and whether one of them may be known."""
    if not node.args and not node.keywords:
        return rec.call(0, 0, ()), False
    flags = 0
    slots: list[tuple[int, int]] = []
    positional = 0
    for argument, value in zip(node.args, values, strict=True):
        if isinstance(argument, ast.Starred):
            flags |= CallFlag.STAR
            slots.append((STAR_SLOT + positional, value))
        else:
            slots.append((positional, value))
            positional += not flags & CallFlag.STAR
    names: list[str] = []
    for keyword, value in zip(node.keywords, named, strict=True):
        if keyword.arg is None:
            flags |= CallFlag.DOUBLE_STAR
            slots.append((DOUBLE_STAR_SLOT, value))
        else:
            names.append(keyword.arg)
            slots.append((-len(names), value))
    row = rec.call(sum(not isinstance(one, ast.Starred) for one in node.args), flags, tuple(names))
    kept = [(row, slot, value) for slot, value in slots if value > LITERAL][:_MOST_ARGUMENTS]
    rec.arguments += kept
    return row, bool(kept)


_MOST_ARGUMENTS = 60


def _super(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    if callee != "super" or rec.klass is None:
        return None
    rec.out.append("super")
    for argument in node.args:
        visit(rec, argument)
    return rec.nodes.make(Op.SUPER, rec.klass.definition, "super()")


def _type(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    if callee != "type" or len(node.args) != 1:
        return None
    only = node.args[0]
    rec.out.append("type")
    value = visit(rec, only)
    if rec.klass is not None and isinstance(only, ast.Name) and only.id == rec.receiver:
        return rec.nodes.make(Op.CLS, rec.klass.definition, "type(self)")
    return rec.nodes.derive(Op.TYPE, value)


def _type_variable(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    """``T = TypeVar("T", bound=X)``: what is annotated so is an X."""
    if callee.rpartition(".")[2] != "TypeVar":
        return None
    rec.out.append("TypeVar")
    visit(rec, node.func)
    for argument in node.args:
        visit(rec, argument)
    held = UNKNOWN
    for keyword in node.keywords:
        rec.out.append(f"{keyword.arg}=")
        if keyword.arg == "bound":
            held = annotation(rec, keyword.value, visit)
        else:
            visit(rec, keyword.value)
    return held


def _getattr(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    second = node.args[1] if len(node.args) > 1 else None
    held = second.value if isinstance(second, ast.Constant) else None
    name = held if isinstance(held, str) else ""
    if callee == "getattr" and second is not None and (prefix := _prefix(second)):
        return _getattr_starting(rec, node, prefix, visit)
    if callee == "hasattr" and name:
        rec.looked.add(name)
    if callee in {"setattr", "delattr"}:
        _set(rec, node, name)
    elif callee.endswith(".setattr") and name:
        rec.stored.setdefault(name)  # a test's patch: ``monkeypatch.setattr(x, "name", …)``
        rec.stored.setdefault(f"{name}{ANY}")
    if callee != "getattr" or not name or second is None:
        return None
    rec.out.append("getattr")
    value = rec.nodes.attr(visit(rec, node.args[0]), name)
    for argument in node.args[2:]:
        visit(rec, argument)
    rec.out.append(f"s{name}")
    rec.references.append((Kind.REFERENCE | GUARDED, value, second.lineno, rec.owner, -1))
    return value if len(node.args) == _WITHOUT_DEFAULT else UNKNOWN


_WITHOUT_DEFAULT = 2
_LEAST_PREFIX = 3


def _prefix(node: ast.expr) -> str:
    """Return what a computed name starts with: ``f"do_{x}"``, ``"do_" + x``, ``"do_%s" % x``."""
    text: object = ""
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        text = first.value if isinstance(first, ast.Constant) else ""
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        text = node.left.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        head = node.func.value
        if node.func.attr == "format" and isinstance(head, ast.Constant):
            text = head.value
    if not isinstance(text, str):
        return ""
    start = re.split(r"[{%]", text, maxsplit=1)[0]
    return start if start.isidentifier() and len(start) >= _LEAST_PREFIX else ""


def _getattr_starting(rec: Recorder, node: ast.Call, prefix: str, visit: Visit) -> int:
    rec.out.append("getattr")
    base = visit(rec, node.args[0])
    values = [visit(rec, one) for one in node.args[1:]]
    value = rec.nodes.attr(base, f"{prefix}{ANY}") if base > LITERAL else UNKNOWN
    rec.references.append((Kind.REFERENCE | GUARDED, value, node.lineno, rec.owner, -1))
    return rec.nodes.choice((value, *values[1:]))


def _set(rec: Recorder, node: ast.Call, name: str) -> None:
    """``setattr(x, name, …)``: which attributes there are, no text tells any more."""
    if name:
        rec.stored.setdefault(name)
        rec.stored.setdefault(f"{name}{ANY}")
        return
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Name) and first.id == rec.receiver:
        rec.mark_dynamic_class()
    elif isinstance(first, ast.Name) and rec.is_local(first.id):
        rec.patches.append(rec.name(first.id))
    else:
        rec.flags |= ModuleFlag.PATCHES | ModuleFlag.DYNAMIC


def _namespace(rec: Recorder, node: ast.Call, callee: str, _visit: Visit) -> int | None:
    if id(node) in rec.read and callee != "exec":
        return None
    if callee in {"globals", "exec"}:
        rec.flags |= ModuleFlag.DYNAMIC
    elif callee in {"vars", "locals"}:
        if node.args or rec.scope.kind is ScopeKind.CLASS:
            rec.mark_dynamic_class()
        if rec.owner < 0 and not node.args:
            rec.flags |= ModuleFlag.DYNAMIC
    return None


def _import(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    first = node.args[0] if node.args else None
    if callee not in {"__import__", "import_module", "importlib.import_module"}:
        return None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    module = first.value.lstrip(".")
    level = len(first.value) - len(module)
    if not module:
        return None
    rec.out.append(f"import {first.value}")
    for argument in node.args[1:]:
        visit(rec, argument)
    flags = rec.import_flags() | ImportFlag.DYNAMIC
    if callee != "__import__":
        flags |= ImportFlag.WHOLE
    return rec.add_import(first.lineno, level, module, "", flags)


def _cast(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    if callee not in {"cast", "typing.cast", "t.cast"} or len(node.args) != _CAST_ARGUMENTS:
        return None
    rec.out.append("cast")
    value = annotation(rec, node.args[0], visit)
    visit(rec, node.args[1])
    return value


_CAST_ARGUMENTS = 2

Special = Callable[[Recorder, ast.Call, str, Visit], int | None]
_SPECIAL: dict[str, Special] = {
    "super": _super,
    "type": _type,
    "TypeVar": _type_variable,
    "getattr": _getattr,
    "hasattr": _getattr,
    "setattr": _getattr,
    "delattr": _getattr,
    "globals": _namespace,
    "exec": _namespace,
    "vars": _namespace,
    "locals": _namespace,
    "import_module": _import,
    "__import__": _import,
    "cast": _cast,
}
