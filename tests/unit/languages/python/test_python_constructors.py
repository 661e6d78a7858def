"""Constructors that fields make, and calls that do not fit: beside what Python itself does."""

from __future__ import annotations

import pytest

from tests.unit.languages.python.trees import Tree

HEAD = """
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar, NamedTuple
@dataclass
class Plain:
    a: int
    b: int = 2
@dataclass
class Under(Plain):
    c: list = field(default_factory=list)
@dataclass(kw_only=True)
class Named:
    a: int
    b: int = 1
@dataclass
class Partly:
    a: int
    _: KW_ONLY
    b: int = 1
@dataclass
class Odd:
    a: ClassVar[int] = 1
    b: InitVar[int] = 2
    c: int = field(init=False, default=3)
@dataclass
class Again(Plain):
    a: int = 5
@dataclass
class Own:
    a: int
    def __init__(self, z=1): pass
class Inherits(Plain):
    pass
class Row(NamedTuple):
    a: int
    b: int = 1
def same(x, y=1, *, z=2): return x
def only(a, /, b=1): return a
class Boss:
    def go(self, a): pass
class Deputy(Boss):
    def go(self, a, b=1): pass
"""

CALLS = """
Plain(1); Plain(1, 2); Plain(a=1, b=2); Plain(); Plain(1, 2, 3); Plain(1, c=3); Plain(1, a=1)
Under(1); Under(1, 2, [3]); Under(1, c=[]); Under(); Under(1, d=2)
Named(a=1); Named(a=1, b=2); Named(1); Named(b=1)
Partly(1); Partly(1, b=2); Partly(1, 2)
Odd(); Odd(1); Odd(b=1); Odd(a=1); Odd(c=1)
Again(); Again(1, 2); Again(1, 2, 3)
Own(); Own(z=1); Own(a=1)
Inherits(1); Inherits()
Row(1); Row(1, 2); Row(); Row(1, c=2); Row(1, a=1)
same(1); same(1, x=2); same(1, 2, z=3); same(1, 2, 3); same()
only(1, 2); only(a=1); only(1, b=2)
"""


@pytest.mark.parametrize(
    "call", [one.strip() for line in CALLS.splitlines() for one in line.split(";") if one.strip()]
)
def test_a_call_misfits_exactly_where_python_says_so(call: str) -> None:
    names: dict[str, object] = {}
    exec(compile(HEAD, "head", "exec", dont_inherit=True), names)  # noqa: S102 - our own text, above
    try:
        eval(call, names)  # noqa: S307 - our own text, above
        fits = True
    except TypeError:
        fits = False
    tree = Tree({"model.py": HEAD, "main.py": f"from model import *\n{call}\n"})
    assert (tree.dangling() == []) == fits


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        ("def f(b: Boss): b.go(1, b=2)", "likely"),
        ("def f(b: Boss): b.go(1, c=2)", "certain"),
        ("Boss().go(1, b=2)", "certain"),
        ("class D(Boss):\n    def go(self, a): super().go(a, b=1)", "certain"),
        (
            "def f(b: Boss):\n    try:\n        b.go(1, c=2)\n    except TypeError:\n        pass",
            None,
        ),
        ("import functools\nfunctools.partial(same, y=1)", None),
        ("import functools\nfunctools.partial(same, w=1)", "certain"),
        ("import functools\nfunctools.partial(same, 1, 2, 3)", "certain"),
        ("import functools\ndef f(*a): functools.partial(same, *a, y=3)", None),
        ("import pytest\ndef t():\n    with pytest.raises(TypeError):\n        Boss().go()", None),
    ],
)
def test_an_override_may_take_what_its_base_does_not(code: str, tier: str | None) -> None:
    tree = Tree({"model.py": HEAD, "main.py": f"from model import *\n{code}\n"})
    found = [one.tier for one in tree.linked["main.py"].unresolved if one.internal]
    assert found == ([tier] if tier else [])


ATTRS = """
import attr, attrs
from attrs import define, field
@define
class New:
    _a: int
    b: int = field(default=1)
    c: int = field(init=False)
@attr.s(auto_attribs=True)
class Auto:
    a: int
    b: list = attr.ib(factory=list)
@attr.s
class Old:
    a = attr.ib()
    b = attr.ib(default=1)
    other: int = 3
@define
class Late:
    a: int
    b: int = field()
    @b.default
    def _b(self): return 1
@define
class Renamed:
    a: int = field(alias="z")
"""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("New(1)", []),
        ("New(a=1, b=2)", []),
        ("New(c=1)", ["New(c)", "New(a)"]),
        ("Auto(1, [])", []),
        ("Auto(1, [], 2)", ["Auto(argument 3)"]),
        ("Old(1, 2)", []),
        ("Old(other=1)", ["Old(other)", "Old(a)"]),
        ("Late(1)", []),
        ("Late()", ["Late(a)"]),
        ("Renamed(z=1)", []),
        ("Renamed(y=1)", []),
    ],
)
def test_constructors_of_attrs(call: str, told: list[str]) -> None:
    tree = Tree({"model.py": ATTRS, "main.py": f"from model import *\n{call}\n"})
    assert tree.dangling() == [f"main.py:2 {one}" for one in told]
