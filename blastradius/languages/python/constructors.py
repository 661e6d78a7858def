"""The fields that a decorator or base makes a constructor from: dataclasses, attrs, named tuples."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from blastradius.languages.python.own import FieldFlag
from blastradius.languages.python.signatures import dotted

_DATACLASS = frozenset({"dataclass", "dataclasses.dataclass"})
_ATTRS_MODULES = frozenset({"attr", "attrs"})
_ATTRS = frozenset({"s", "attrs", "define", "frozen", "mutable", "attributes", "dataclass"})
_PLAIN_NAMES = frozenset({"define", "frozen", "mutable"})
_MAKERS = frozenset({"field", "ib", "attrib"})
_DEFAULTS = frozenset({"default", "default_factory", "factory"})
_OWN_INIT = frozenset({"__init__", "__new__"})

Fields = tuple[tuple[str, int], ...]


def made_from(node: ast.ClassDef) -> Fields | None:
    """Return (name, `FieldFlag` set) of the fields that the class itself adds to its constructor.

    None where nothing makes a constructor, or where it is not to be read from the text how.
    """
    makers = [one for one in node.decorator_list if _maker(one)]
    if len(makers) == 1:
        options = _options(makers[0])
        if options is None or any(_defines(one) for one in node.body):
            return None
        return _fields(node, keyword=options, attrs=_maker(makers[0]) == "attrs")
    named = any(dotted(one).rpartition(".")[2] == "NamedTuple" for one in node.bases)
    if makers or not named or any(_defines(one) for one in node.body):
        return None
    return _fields(node, keyword=False, attrs=False)


def _maker(node: ast.expr) -> str:
    name = dotted(node).removesuffix("()")
    module, _, last = name.rpartition(".")
    if name in _DATACLASS:
        return "dataclass"
    of_attrs = (module in _ATTRS_MODULES and last in _ATTRS) or name in _PLAIN_NAMES
    return "attrs" if of_attrs else ""


def _options(node: ast.expr) -> bool | None:
    """Return whether all fields are keywords; None where no constructor is made, or not surely."""
    keyword = False
    for one in node.keywords if isinstance(node, ast.Call) else ():
        value = one.value.value if isinstance(one.value, ast.Constant) else None
        if one.arg == "kw_only" and isinstance(value, bool):
            keyword = value
        elif one.arg in {"init", "auto_detect"} and value is True:
            continue
        elif one.arg in {"kw_only", "init", "these", "auto_detect", "field_transformer", None}:
            return None
    return keyword


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in _OWN_INIT


def _fields(node: ast.ClassDef, *, keyword: bool, attrs: bool) -> Fields | None:
    found: dict[str, int] = {}
    explicit = attrs and any(_call(one) and isinstance(one, ast.Assign) for one in node.body)
    for one in node.body:
        name, note = _target(one)
        if isinstance(one, ast.FunctionDef):
            found |= {field: found[field] | FieldFlag.DEFAULT for field in _defaulted(one, found)}
        if not name or note == "ClassVar":
            continue
        if note == "KW_ONLY":
            keyword = True
            continue
        call = _call(one)
        if explicit and call is None:
            continue
        if call is None and isinstance(one, ast.Assign):
            continue
        flags = _flags(one, call)
        if flags is None:
            return None
        label = name.lstrip("_") if attrs else name
        found[label] = flags | (FieldFlag.KEYWORD if keyword else 0)
    return tuple(found.items())


def _target(node: ast.stmt) -> tuple[str, str]:
    """Return the name that a statement annotates or assigns, and the head of its annotation."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        note = node.annotation
        if isinstance(note, ast.Constant) and isinstance(note.value, str):
            text = note.value.partition("[")[0]
        else:
            text = dotted(note.value if isinstance(note, ast.Subscript) else note)
        return node.target.id, text.rpartition(".")[2]
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        return (target.id if isinstance(target, ast.Name) else ""), ""
    return "", ""


def _call(node: ast.stmt) -> ast.Call | None:
    value = node.value if isinstance(node, (ast.AnnAssign, ast.Assign)) else None
    if isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in _MAKERS:
        return value
    return None


def _flags(node: ast.stmt, call: ast.Call | None) -> int | None:
    if call is None:
        return FieldFlag.DEFAULT if getattr(node, "value", None) is not None else 0
    flags = FieldFlag.DEFAULT if call.args else 0
    for one in call.keywords:
        value = one.value.value if isinstance(one.value, ast.Constant) else None
        if one.arg in _DEFAULTS:
            nothing = one.arg == "factory" and value is None and isinstance(one.value, ast.Constant)
            flags |= 0 if nothing or dotted(one.value).endswith(("MISSING", "NOTHING")) else 1
        elif one.arg == "init" and value is not True:
            flags |= FieldFlag.LEFT_OUT
        elif one.arg == "kw_only" and value is not False:
            flags |= FieldFlag.KEYWORD
        elif one.arg in {"alias", None}:
            return None
    return flags


def _defaulted(node: ast.FunctionDef, found: dict[str, int]) -> Iterator[str]:
    """Yield the fields that ``@field.default`` gives a default."""
    for one in node.decorator_list:
        name, _, last = dotted(one).rpartition(".")
        if last == "default" and name.lstrip("_") in found:
            yield name.lstrip("_")
