"""The decorators of a definition, read back from the canonical head that is its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

_LONGEST = 4_000
_AROUND = len("@ ")
_FOR_RUNNERS = frozenset({"skip", "skipIf", "skipUnless", "expectedFailure"})
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Decorator(NamedTuple):
    """One decorator: its dotted name, and its arguments where it is called (else none)."""

    name: str
    arguments: tuple[ast.expr, ...]
    keywords: dict[str, ast.expr]

    @property
    def last(self) -> str:
        """The last part of the name: ``fixture`` of ``pytest.fixture``."""
        return self.name.rpartition(".")[2]


def decorators(shape: str) -> list[Decorator]:
    """Return the decorators that stand in a function's or class's shape, outermost first.

    What is not understood is left out: an expression that is neither a name nor a call of one.
    """
    if not shape.startswith("@"):
        return []
    return [one for text in _texts(shape[:_LONGEST]) if (one := _decorator(text)) is not None]


def undecorated(shape: str) -> tuple[tuple[str, ...], str]:
    """Return the texts of a shape's decorators, and the rest of the shape."""
    if not shape.startswith("@"):
        return (), shape
    texts = tuple(_texts(shape))
    return texts, shape[sum(len(one) + _AROUND for one in texts) :]


def only_marks(text: str) -> bool:
    """Tell whether a decorator only tells a test runner something: callers do not see it."""
    parts = text.partition("(")[0].split(".")
    return "mark" in parts[:-1] or parts[-1] in _FOR_RUNNERS


def strings(node: ast.expr | None) -> list[str]:
    """Return the string that a node is, or those of a list or tuple."""
    several = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [
        one.value for one in several if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def _texts(shape: str) -> Iterator[str]:
    """Yield the text of each decorator: from its @ to the first space outside brackets and quotes."""
    position = 0
    while shape.startswith("@", position):
        end = _end(shape, position)
        if end < 0:
            return
        yield shape[position + 1 : end]
        position = end + 1


def _end(shape: str, position: int) -> int:
    depth = 0
    quote = ""
    escaped = False
    for at in range(position, len(shape)):
        char = shape[at]
        if quote:
            if char == quote and not escaped:
                quote = ""
            escaped = char == "\\" and not escaped
        elif char in "'\"":
            quote = char
        elif char in _PAIRS:
            depth += 1
        elif char in _PAIRS.values():
            depth -= 1
        elif char == " " and depth == 0:
            return at
    return -1


def _decorator(text: str) -> Decorator | None:
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(node, ast.Call):
        keywords = {one.arg: one.value for one in node.keywords if one.arg}
        name = _dotted(node.func)
        return Decorator(name, tuple(node.args), keywords) if name else None
    name = _dotted(node)
    return Decorator(name, (), {}) if name else None


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
