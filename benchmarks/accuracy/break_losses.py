"""What can go from a class: one of the two sides of `break_cells`."""

from __future__ import annotations

import textwrap
from typing import NamedTuple


class Loss(NamedTuple):
    """What goes from ``Widget``: the class at head and reverted, and a statement on ``x`` that uses it."""

    head: str
    reverted: str
    use: str


TOP = """\
from __future__ import annotations
import contextlib, dataclasses, enum, functools, typing
from collections.abc import AsyncIterator, Iterator
class Leaf:
    def __init__(self) -> None:
        self.tip = 1
    def fall(self) -> int:
        return 1
class Base:
    def inherited(self) -> int:
        return 1
"""
_PLAIN = "class Widget:\n    def __init__(self) -> None:\n        self.own = 1\n"


def _body(text: str) -> str:
    return _PLAIN + textwrap.indent(textwrap.dedent(text), "    ")


_PAINT = "def paint(self) -> int:\n    return 1\n"
_CHILD = "def child(self) -> Leaf:\n    return Leaf()\n"
_INFERRED = "def child(self):\n    return Leaf()\n"

LOSSES: dict[str, Loss] = {
    "method": Loss(_body(_PAINT), _PLAIN, "x.paint()"),
    "method-renamed": Loss(
        _body(_PAINT),
        _body("def draw(self) -> int:\n    return 1\n"),
        "x.paint()",
    ),
    "method-read": Loss(_body(_PAINT), _PLAIN, "y = x.paint"),
    "attribute": Loss(f"{_PLAIN}        self.size = 2\n", _PLAIN, "y = x.size + 1"),
    "attribute-chain": Loss(f"{_PLAIN}        self.leaf = Leaf()\n", _PLAIN, "y = x.leaf.tip"),
    "further": Loss(
        f"{TOP}{_PLAIN}        self.leaf = Leaf()\n",
        f"{TOP.replace('self.tip = 1', 'pass')}{_PLAIN}        self.leaf = Leaf()\n",
        "y = x.leaf.tip",
    ),
    "class-variable": Loss(_body("KIND = 'a'\n"), _PLAIN, "y = x.KIND"),
    "annotated": Loss(_body("note: str = ''\n"), _PLAIN, "y = x.note"),
    "property": Loss(
        _body("@property\ndef area(self) -> int:\n    return 1\n"), _PLAIN, "y = x.area"
    ),
    "cached-property": Loss(
        _body("@functools.cached_property\ndef area(self) -> int:\n    return 1\n"),
        _PLAIN,
        "y = x.area",
    ),
    "classmethod": Loss(
        _body("@classmethod\ndef make(cls) -> int:\n    return 1\n"), _PLAIN, "x.make()"
    ),
    "staticmethod": Loss(
        _body("@staticmethod\ndef make() -> int:\n    return 1\n"), _PLAIN, "x.make()"
    ),
    "nested-class": Loss(_body("class Inner:\n    pass\n"), _PLAIN, "y = x.Inner"),
    "keyword": Loss(
        _body("def paint(self, color: int = 1) -> int:\n    return color\n"),
        _body(_PAINT),
        "x.paint(color=2)",
    ),
    "positional": Loss(
        _body("def paint(self, color: int = 1) -> int:\n    return color\n"),
        _body(_PAINT),
        "x.paint(2)",
    ),
    "required": Loss(
        _body("def paint(self, a: int = 1) -> int:\n    return a\n"),
        _body("def paint(self, a: int) -> int:\n    return a\n"),
        "x.paint()",
    ),
    "keyword-only": Loss(
        _body("def paint(self, a: int = 1) -> int:\n    return a\n"),
        _body("def paint(self, *, a: int = 1) -> int:\n    return a\n"),
        "x.paint(2)",
    ),
    "positional-only": Loss(
        _body("def paint(self, a: int = 1) -> int:\n    return a\n"),
        _body("def paint(self, a: int = 1, /) -> int:\n    return a\n"),
        "x.paint(a=2)",
    ),
    "parameter-renamed": Loss(
        _body("def paint(self, a: int) -> int:\n    return a\n"),
        _body("def paint(self, b: int) -> int:\n    return b\n"),
        "x.paint(a=2)",
    ),
    "base": Loss(_PLAIN.replace("Widget", "Widget(Base)"), _PLAIN, "x.inherited()"),
    "result": Loss(
        TOP + _body(_CHILD),
        TOP.replace("fall", "sink") + _body(_CHILD),
        "x.child().fall()",
    ),
    "result-inferred": Loss(
        TOP + _body(_INFERRED),
        TOP.replace("fall", "sink") + _body(_INFERRED),
        "x.child().fall()",
    ),
    "dataclass-field": Loss(
        "@dataclasses.dataclass\nclass Widget:\n    own: int = 1\n    size: int = 2\n",
        "@dataclasses.dataclass\nclass Widget:\n    own: int = 1\n",
        "y = x.size",
    ),
    "slots": Loss(
        "class Widget:\n    __slots__ = ('own', 'size')\n    def __init__(self) -> None:\n"
        "        self.own = self.size = 1\n",
        "class Widget:\n    __slots__ = ('own',)\n    def __init__(self) -> None:\n"
        "        self.own = 1\n",
        "y = x.size",
    ),
    "overload": Loss(
        _body(
            "@typing.overload\ndef paint(self, a: int) -> int: ...\n@typing.overload\n"
            "def paint(self, a: str) -> str: ...\ndef paint(self, a: int | str) -> int | str:\n"
            "    return a\n"
        ),
        _PLAIN,
        "x.paint(1)",
    ),
    "store": Loss(
        "class Widget:\n    __slots__ = ('own', 'size')\n",
        "class Widget:\n    __slots__ = ('own',)\n",
        "x.size = 3",
    ),
    "subclass-stays": Loss(
        _body(_PAINT) + "class Under(Widget):\n    pass\n",
        f"{_PLAIN}class Under(Widget):\n    pass\n",
        "x.paint()",
    ),
    "subclass-has": Loss(
        _body(_PAINT) + "class Under(Widget):\n    def paint(self) -> int:\n        return 2\n",
        f"{_PLAIN}class Under(Widget):\n    def paint(self) -> int:\n        return 2\n",
        "x.paint()",
    ),
    "base-outside": Loss(
        _body(_PAINT).replace("Widget", "Widget(dict)"),
        _PLAIN.replace("Widget", "Widget(dict)"),
        "x.paint()",
    ),
    "generic": Loss(
        "T = typing.TypeVar('T')\n" + _body(_PAINT).replace("Widget", "Widget(typing.Generic[T])"),
        "T = typing.TypeVar('T')\n" + _PLAIN.replace("Widget", "Widget(typing.Generic[T])"),
        "x.paint()",
    ),
    "abstract": Loss(
        "import abc\n" + _body(_PAINT).replace("Widget", "Widget(abc.ABC)"),
        "import abc\n" + _PLAIN.replace("Widget", "Widget(abc.ABC)"),
        "x.paint()",
    ),
    "metaclass": Loss(
        "class Meta(type):\n    pass\n" + _body(_PAINT).replace("Widget", "Widget(metaclass=Meta)"),
        "class Meta(type):\n    pass\n" + _PLAIN.replace("Widget", "Widget(metaclass=Meta)"),
        "x.paint()",
    ),
    # Nothing breaks in these.
    "moved-to-base": Loss(
        "class Root:\n    pass\n" + _body(_PAINT).replace("Widget", "Widget(Root)"),
        "class Root:\n    def paint(self) -> int:\n        return 1\n"
        + _PLAIN.replace("Widget", "Widget(Root)"),
        "x.paint()",
    ),
    "dynamic": Loss(
        _body("size = 1\n"),
        _body("def __getattr__(self, name: str) -> int:\n    return 1\n"),
        "y = x.size",
    ),
    "now-attribute": Loss(
        _body("size = 1\n"),
        _body("@property\ndef size(self) -> int:\n    return 1\n"),
        "y = x.size",
    ),
    "gets-default": Loss(
        _body("def paint(self, a: int) -> int:\n    return a\n"),
        _body("def paint(self, a: int = 1) -> int:\n    return a\n"),
        "x.paint(2)",
    ),
    "gets-variadic": Loss(
        _body("def paint(self, a: int = 1) -> int:\n    return a\n"),
        _body("def paint(self, *a: int, **b: int) -> int:\n    return 1\n"),
        "x.paint(2)",
    ),
    "guarded": Loss(_body("size = 1\n"), _PLAIN, "if hasattr(x, 'size'):\n    y = x.size"),
    "asserted": Loss(_body("size = 1\n"), _PLAIN, "assert hasattr(x, 'size')\ny = x.size"),
    "default": Loss(_body("size = 1\n"), _PLAIN, "y = getattr(x, 'size', 0)"),
}
