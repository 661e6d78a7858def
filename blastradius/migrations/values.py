"""What an expression of a migration may be without running it: a constant, a reference, a call.

Strings, numbers, None, bools, lists, tuples and dicts are themselves; all else is one of the types here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""A plain Python constant, or one of the types of this module."""

HOLE = "\x00"
"""Stands in a string for what is not known of it."""
MOST_ITEMS = 2_000
_MOST_TEXT = 200_000
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that is not known; ``test`` is the name of what it asks, such as ``has_table``."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """What an import or a dotted name names: ``sqlalchemy.Integer``."""

    dotted: str

    @property
    def last(self) -> str:
        """The part after the last dot."""
        return self.dotted.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Made:
    """What a call returns that is not followed; a method's callee begins with a dot."""

    callee: str
    args: tuple[Value, ...]
    keywords: dict[str, Value]
    line: int
    owner: Value = None

    @property
    def last(self) -> str:
        """The name of what was called, without the modules before it."""
        return self.callee.rpartition(".")[2]

    def get(self, position: int, keyword: str, default: Value = None) -> Value:
        """Return an argument by its keyword, else by its position."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.args[position] if 0 <= position < len(self.args) else default


@dataclass(frozen=True, slots=True)
class Method:
    """``owner.name`` before it is called."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """``op.batch_alter_table(table)``, or ``op`` with its table given."""

    table: Value
    schema: Value = None


@dataclass(frozen=True, slots=True)
class Members:
    """An Enum class: name → value of its members, in order."""

    name: str
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an Enum class."""

    owner: str
    name: str
    value: Value


@dataclass(slots=True, eq=False)
class Module:
    """The names at the top of one file, evaluated when they are asked for."""

    path: str
    names: dict[str, Value] = field(default_factory=dict)
    waiting: dict[str, ast.AST] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function that can be followed."""

    node: ast.FunctionDef | ast.Lambda
    module: Module
    outer: dict[str, Value] | None = None


def is_plain(value: Value, depth: int = 0) -> bool:
    """Tell whether a value is a constant, or is made of constants only."""
    if depth > _DEEPEST:  # a list may hold itself
        return False
    if isinstance(value, (list, tuple)):
        return all(is_plain(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return all(is_plain(one, depth + 1) for one in value.values())
    return value is None or isinstance(value, (str, int, float, bool, bytes))


def known(value: Value) -> bool:
    """Tell whether the truth of a value can be told."""
    return value is None or isinstance(value, (str, int, float, bool, bytes, list, tuple, dict))


def spoken(value: Value) -> str:
    """Return what a value says as part of a string; `HOLE` where that is not known."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (int, float, bool)):
        return str(value)
    if isinstance(value, Made):
        text = text_of(value)
        return text if text is not None else HOLE
    if isinstance(value, (list, tuple)) and is_plain(value):
        return repr(value)[:_MOST_TEXT]
    return HOLE


def text_of(value: Value) -> str | None:
    """Return the text of a string or of ``text("…")``, None for all else."""
    for _ in range(_DEEPEST):
        if isinstance(value, str):
            return value
        if not isinstance(value, Made):
            return None
        if value.last in {"text", "quoted_name", "DDL", "f"} and value.args:
            value = value.args[0]
        elif value.callee in {".bindparams", ".execution_options", ".columns", ".params"}:
            value = value.owner
        else:
            return None
    return None


def items(value: Value) -> tuple[Value, ...] | None:
    """Return what a loop over a value sees, None where that is not known."""
    if isinstance(value, (list, tuple, str)):
        return tuple(value[:MOST_ITEMS]) if len(value) <= MOST_ITEMS else None
    if isinstance(value, dict):
        return tuple(value)
    if isinstance(value, Members):
        return tuple(Member(value.name, name, one) for name, one in value.values)
    return None


def of_method(owner: Value, name: str, args: tuple[Value, ...]) -> Value:
    """Return what a method of a string, a list or a dict returns, `Opaque` where it is not known."""
    if isinstance(owner, str):
        return _of_string(owner, name, args)
    if isinstance(owner, dict):
        if name in {"items", "keys", "values"} and not args:
            pairs = list(owner.items())
            return {"items": pairs, "keys": list(owner), "values": list(owner.values())}[name]
        if name == "get" and args and _hashable(args[0]):
            return owner.get(args[0], args[1] if len(args) > 1 else None)
    return Opaque()


def _of_string(owner: str, name: str, args: tuple[Value, ...]) -> Value:  # noqa: PLR0911 - one case each
    if name == "format":
        return Opaque()  # its caller knows the keywords
    if name == "join" and len(args) == 1:
        parts = items(args[0])
        if parts is None:
            return HOLE
        return joined([text for one in parts for text in (owner, spoken(one))][1:])
    simple = {"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "encode"}
    texts = all(isinstance(one, str) for one in args) and len(args) < 3  # noqa: PLR2004 - old, new
    if name == "replace" and texts and len(args) == 2:  # noqa: PLR2004 - old, new
        grown = len(owner) + owner.count(args[0]) * len(args[1])
        return owner.replace(*args) if grown <= _MOST_TEXT else Opaque()
    if texts and name in simple | {"removeprefix", "removesuffix", "startswith", "endswith"}:
        try:
            done = getattr(owner, name)(*args)
        except (TypeError, ValueError):
            return Opaque()
        return owner if isinstance(done, bytes) else done
    if name in {"split", "splitlines"} and all(isinstance(one, str) for one in args):
        try:
            return list(getattr(owner, name)(*args))[:MOST_ITEMS]
        except (TypeError, ValueError):
            return Opaque()
    return Opaque()


def formatted(text: str, args: tuple[Value, ...], keywords: dict[str, Value]) -> str:
    """Return ``text.format(…)`` with `HOLE` for what is not known; never computes a width."""
    parts: list[str] = []
    rest = text.replace("{{", "\x01").replace("}}", "\x02")
    counter = 0
    while "{" in rest:
        before, _, rest = rest.partition("{")
        inside, closing, rest = rest.partition("}")
        parts.append(before)
        name = inside.split(":")[0].split("!")[0]
        if not closing:
            break
        if name == "" or name.isdigit():
            at = counter if name == "" else int(name[:4])
            counter += name == ""
            parts.append(spoken(args[at]) if at < len(args) else HOLE)
        else:
            parts.append(spoken(keywords[name]) if name in keywords else HOLE)
    parts.append(rest)
    return joined(parts).replace("\x01", "{").replace("\x02", "}")


def percent(text: str, value: Value) -> str:
    """Return ``text % value`` for ``%s``, ``%d`` and ``%(name)s``, with `HOLE` for what is not known."""
    given: Iterator[Value] = iter(value if isinstance(value, tuple) else (value,))
    parts = text.replace("%%", "\x01").split("%")
    found = [parts[0]]
    for part in parts[1:]:
        if part.startswith("(") and isinstance(value, dict):
            name, _, tail = part[1:].partition(")")
            found += [spoken(value.get(name, Opaque())), tail[1:]]
        else:
            found += [spoken(next(given, Opaque())), part[1:]]
    return joined(found).replace("\x01", "%")


def joined(parts: Iterable[str]) -> str:
    """Return texts one after the other, as far as the bound for texts goes."""
    found: list[str] = []
    room = _MOST_TEXT
    for one in parts:
        found.append(one[:room])
        room -= len(one)
        if room <= 0:
            break
    return "".join(found)


def _hashable(value: Value) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))
