"""Canonical text of signatures: equal for equal interfaces, however they are laid out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.languages.python.own import FunctionFlag
from blastradius.languages.python.recorder import digest
from blastradius.languages.secrets import is_secret

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef

POSITIONAL_ONLY = "positional-only"
POSITIONAL = "positional"
KEYWORD = "keyword"
VARIADIC = "variadic"
KEYWORDS = "keywords"

# Decorators that leave the signature, as callers see it, alone.
TRANSPARENT = frozenset(
    """staticmethod classmethod property abstractmethod abstractproperty override final cache
    lru_cache cached_property contextmanager asynccontextmanager wraps no_type_check
    total_ordering setter getter deleter overload deprecated""".split()  # noqa: SIM905 - a word list reads best as words
)


class Parameter(NamedTuple):
    """One parameter: its kind is one of the constants of this module."""

    node: ast.arg
    kind: str
    default: ast.expr | None


def text_of(node: ast.expr | None) -> str:
    """Return the expression as canonical text; a string annotation as what it says."""
    if node is None:
        return ""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        value = node.value
        return value.strip() if isinstance(value, str) else _constant_text(node)
    if isinstance(node, ast.Attribute):
        return f"{text_of(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{text_of(node.value)}[{text_of(node.slice)}]"
    if isinstance(node, ast.Tuple):
        return ", ".join(text_of(one) for one in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{text_of(node.left)} | {text_of(node.right)}"
    return _RANDOM.sub(_covered, ast.unparse(node))


def _covered(found: re.Match[str]) -> str:
    """Return the quoted text, or a digest where it looks drawn by lot."""
    mark, text = found.groups()
    return f"{mark}<hidden {digest([text])}>{mark}" if is_secret("", text) else found.group()


_RANDOM = re.compile(r"(['\"])([A-Za-z0-9+/=_-]{24,200})\1")


def _constant_text(node: ast.Constant) -> str:
    value = node.value
    return f"{value:#x}" if type(value) is int and abs(value) > _LONG else repr(value)


_LONG = 10**18


def dotted(node: ast.AST) -> str:
    """Return the dotted text of a callee such as ``self.store.insert``; empty for other shapes.

    A call on the way is written ``f()``, a subscript ``x[]``; the text is cut where it gets long.
    """
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(f".{node.attr}")
            node = node.value
        elif isinstance(node, ast.Call):
            parts.append("()")
            node = node.func
        elif isinstance(node, ast.Subscript):
            parts.append("[]")
            node = node.value
        elif isinstance(node, ast.Name):
            parts.append(node.id)
            return "".join(reversed(parts))
        elif isinstance(node, ast.Await):
            node = node.value
        else:
            return ""
        if len(parts) > _LONGEST_CHAIN:
            return ""


_LONGEST_CHAIN = 24


def parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    """Yield the parameters in the order in which calls fill them."""
    positional = [*arguments.posonlyargs, *arguments.args]
    without = len(positional) - len(arguments.defaults)
    for number, one in enumerate(positional):
        kind = POSITIONAL_ONLY if number < len(arguments.posonlyargs) else POSITIONAL
        yield Parameter(
            one, kind, arguments.defaults[number - without] if number >= without else None
        )
    if arguments.vararg:
        yield Parameter(arguments.vararg, VARIADIC, None)
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Parameter(one, KEYWORD, default)
    if arguments.kwarg:
        yield Parameter(arguments.kwarg, KEYWORDS, None)


def parameter_shape(parameter: Parameter, default_digest: str) -> str:
    """Return the interface of a parameter: kind, whether it is required, annotation."""
    words = [parameter.kind]
    if parameter.default is not None:
        words.append(f"default={default_digest}")
    elif parameter.kind not in (VARIADIC, KEYWORDS):
        words.append("required")
    if parameter.node.annotation is not None:
        words.append(f": {text_of(parameter.node.annotation)}")
    return " ".join(words)


def function_shape(node: AnyFunction) -> str:
    """Return the canonical signature: decorators, async, parameters, return annotation."""
    decorators = "".join(f"@{text_of(one)} " for one in node.decorator_list)
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {text_of(node.returns)}" if node.returns else ""
    return f"{decorators}{word}{_type_parameters(node)}({_list(node.args)}){returns}"


def _list(arguments: ast.arguments) -> str:
    parts: list[str] = []
    starred = False
    for one in parameters(arguments):
        if one.kind == KEYWORD and not starred:
            parts.append("*")
        starred = starred or one.kind in (VARIADIC, KEYWORD)
        prefix = {VARIADIC: "*", KEYWORDS: "**"}.get(one.kind, "")
        note = f": {text_of(one.node.annotation)}" if one.node.annotation else ""
        parts.append(f"{prefix}{one.node.arg}{note}{'=…' if one.default is not None else ''}")
        if one.kind == POSITIONAL_ONLY and one.node is arguments.posonlyargs[-1]:
            parts.append("/")
    return ", ".join(parts)


def class_shape(node: ast.ClassDef) -> str:
    """Return the canonical head of a class: decorators, bases, metaclass and other keywords."""
    decorators = "".join(f"@{text_of(one)} " for one in node.decorator_list)
    parts = [text_of(one) for one in node.bases]
    parts += [f"{one.arg or '**'}={text_of(one.value)}" for one in node.keywords]
    return f"{decorators}class{_type_parameters(node)}({', '.join(parts)})"


def _type_parameters(node: ast.AST) -> str:
    several = getattr(node, "type_params", None)
    return f"[{', '.join(ast.unparse(one) for one in several)}]" if several else ""


def decorator_name(node: ast.expr) -> str:
    """Return the last name of a decorator, with or without arguments."""
    return dotted(node).removesuffix("()").rpartition(".")[2]


def function_flags(node: AnyFunction, *, method: bool) -> int:
    """Return the `FunctionFlag` set that the head of a function tells."""
    flags = 0
    if isinstance(node, ast.AsyncFunctionDef):
        flags |= FunctionFlag.ASYNC
    if method:
        flags |= FunctionFlag.METHOD
        if node.name == "__new__":
            flags |= FunctionFlag.STATIC
        elif node.name in {"__init_subclass__", "__class_getitem__"}:
            flags |= FunctionFlag.CLASSMETHOD
    for decorator in node.decorator_list:
        name = decorator_name(decorator)
        flags |= _DECORATOR_FLAGS.get(name, 0)
        if name not in TRANSPARENT:
            flags |= FunctionFlag.OPAQUE
    return flags


_DECORATOR_FLAGS = {
    "staticmethod": FunctionFlag.STATIC,
    "classmethod": FunctionFlag.CLASSMETHOD,
    "property": FunctionFlag.PROPERTY,
    "cached_property": FunctionFlag.PROPERTY,
    "abstractproperty": FunctionFlag.PROPERTY,
    "setter": FunctionFlag.PROPERTY,
    "getter": FunctionFlag.PROPERTY,
    "deleter": FunctionFlag.PROPERTY,
    "contextmanager": FunctionFlag.CONTEXT,
    "asynccontextmanager": FunctionFlag.CONTEXT,
    "overload": FunctionFlag.OVERLOAD,
}
