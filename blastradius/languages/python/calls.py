"""The walk over calls: what is called, with which arguments, and the builtins that name things."""

from __future__ import annotations

import ast
from collections.abc import Callable

from blastradius.languages.python import fields, paths
from blastradius.languages.python.annotations import annotation
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import (
    GUARDED,
    CallFlag,
    ImportFlag,
    Kind,
    ModuleFlag,
    Op,
)
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]


def call(rec: Recorder, node: ast.Call, visit: Visit, chain: Visit) -> int:
    """Walk a call, record it with the shape of its arguments, and return its value's node."""
    callee = dotted(node.func)
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
    if paths.is_join(callee) or (paths.is_path_class(callee) and len(node.args) > 1):
        if node.args:
            paths.joined(rec, node.args, node.args, visit)
    else:
        for argument in node.args:
            visit(rec, argument)
    for keyword in node.keywords:
        out.append(f"{keyword.arg}=")
        visit(rec, keyword.value)
    rec.via = before
    rec.refer(Kind.CALL, function, line, _arguments(rec, node))
    return rec.nodes.row(Op.CALL, function, 0) if function != LITERAL else LITERAL


def _arguments(rec: Recorder, node: ast.Call) -> int:
    flags = 0
    positional = 0
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            flags |= CallFlag.STAR
        else:
            positional += 1
    names = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
    if len(names) != len(node.keywords):
        flags |= CallFlag.DOUBLE_STAR
    return rec.call(positional, flags, tuple(names))


def _super(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    if callee != "super" or rec.klass is None:
        return None
    rec.out.append("super")
    for argument in node.args:
        visit(rec, argument)
    return rec.nodes.make(Op.SUPER, rec.klass.definition, "super()")


def _type(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    if callee != "type" or len(node.args) != 1 or rec.klass is None or not rec.receiver:
        return None
    only = node.args[0]
    if not (isinstance(only, ast.Name) and only.id == rec.receiver):
        return None
    rec.out.append("type")
    visit(rec, only)
    return rec.nodes.make(Op.CLS, rec.klass.definition, "type(self)")


def _getattr(rec: Recorder, node: ast.Call, callee: str, visit: Visit) -> int | None:
    second = node.args[1] if len(node.args) > 1 else None
    held = second.value if isinstance(second, ast.Constant) else None
    name = held if isinstance(held, str) else ""
    if callee == "hasattr":
        rec.looks = True
    if callee in {"setattr", "delattr"}:
        _set(rec, node, name)
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


def _set(rec: Recorder, node: ast.Call, name: str) -> None:
    """``setattr(x, name, …)``: which attributes there are, no text tells any more."""
    if name:
        rec.stored.setdefault(name)
        return
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Name) and first.id == rec.receiver:
        rec.mark_dynamic_class()
    else:
        rec.flags |= ModuleFlag.DYNAMIC


def _namespace(rec: Recorder, node: ast.Call, callee: str, _visit: Visit) -> int | None:
    if callee in {"globals", "exec"}:
        rec.flags |= ModuleFlag.DYNAMIC
    elif callee in {"vars", "locals"}:
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
