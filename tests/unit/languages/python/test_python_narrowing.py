"""What a value is that tests, containers and annotations tell of: by what it lacks."""

from __future__ import annotations

import pytest

from tests.unit.languages.python.trees import Tree

MODEL = """
import enum, typing
from dataclasses import dataclass, field
class Point:
    x = 1
class Near(Point):
    near = 2
class Error(Exception):
    code = 1
class Kind(enum.Enum):
    A = 1
class Meta(type):
    pass
class Made(metaclass=Meta):
    pass
class Rows(dict):
    pass
class Entry(typing.TypedDict):
    p: Point
V = typing.TypeVar("V", bound=Point)
Some = Point | None
def pair() -> tuple[int, Point]: ...
"""

LACKING = [
    ("isinstance", "def f(p):\n    if isinstance(p, Point):\n        p.gone"),
    ("isinstance of two", "def f(p):\n    if isinstance(p, (Near, Point)):\n        p.gone"),
    ("in a condition", "def f(p):\n    return p.gone if isinstance(p, Point) else 1"),
    ("in a comprehension", "def f(s):\n    return [p.gone for p in s if isinstance(p, Point)]"),
    ("not isinstance", "def f(p):\n    if not isinstance(p, Point):\n        return\n    p.gone"),
    ("asserted", "def f(p):\n    assert isinstance(p, Point)\n    p.gone"),
    ("matched", "def f(p):\n    match p:\n        case Point():\n            p.gone"),
    ("tuple", "def f(t: tuple[int, Point]):\n    _, p = t\n    p.gone"),
    ("tuple returned", "def f():\n    n, p = pair()\n    p.gone"),
    ("values", "def f(d: dict[str, Point]):\n    for p in d.values():\n        p.gone"),
    ("items", "def f(d: dict[Point, int]):\n    for p, _ in d.items():\n        p.gone"),
    ("keys", "def f(d: dict[Point, int]):\n    for p in d:\n        p.gone"),
    ("get", "def f(d: dict[str, Point]):\n    p = d.get('a')\n    p.gone"),
    ("gathered", "def f(*s: Point):\n    for p in s:\n        p.gone"),
    ("gathered by name", "def f(**s: Point):\n    s['a'].gone"),
    ("awaitable", "import typing\nasync def f(a: typing.Awaitable[Point]):\n    (await a).gone"),
    ("callable", "import typing\ndef f(a: typing.Callable[[], Point]):\n    a().gone"),
    ("bound", "def f(p: V): p.gone"),
    ("alias of a union", "def f(p: Some): p.gone"),
    ("typed dict", "def f(e: Entry): e['p'].gone"),
    (
        "self type",
        "import typing\nclass A(Point):\n    def f(self) -> typing.Self: ...\nA().f().gone",
    ),
    (
        "raised",
        "import pytest\ndef t():\n    with pytest.raises(Error) as e:\n        print()\n    e.value.gone",
    ),
    ("caught", "try:\n    f = 1\nexcept (Error, Error) as e:\n    e.gone"),
    ("metaclass of the tree", "Made().gone"),
    ("base of Python's own", "Rows().gone"),
    ("member", "Kind.B"),
    ("super", "class A(Point):\n    def f(self): super().gone"),
    ("further up", "def f(p: Point): p.gone.more"),
]


@pytest.mark.parametrize("code", [q[1] for q in LACKING], ids=[q[0] for q in LACKING])
def test_what_a_value_lacks_is_certain(code: str) -> None:
    tree = Tree({"model.py": MODEL, "main.py": f"from model import *\n{code}\n"})
    found = [one for one in tree.linked["main.py"].unresolved if one.internal]
    assert [one.tier for one in found] == ["certain"]


QUIET = [
    ("the other one", "def f(p: Point | str):\n    if isinstance(p, str):\n        p.gone"),
    ("not the class", "def f(p):\n    if not isinstance(p, Point):\n        p.gone"),
    ("one of two tests", "def f(p):\n    if isinstance(p, Point) or p:\n        p.gone"),
    ("after the branch", "def f(p):\n    if isinstance(p, Point):\n        pass\n    p.gone"),
    ("a method of dict", "Rows().items()"),
    ("name of a member", "Kind.A.value"),
    ("asserted to be there", "def f(p: Point):\n    assert hasattr(p, 'gone')\n    p.gone"),
    (
        "left when it is not",
        "def f(p: Point):\n    if not hasattr(p, 'gone'):\n        return\n    p.gone",
    ),
    (
        "of the exception info",
        "import pytest\ndef t():\n    with pytest.raises(Error) as e:\n        print()\n    e.match('')",
    ),
]


@pytest.mark.parametrize("code", [q[1] for q in QUIET], ids=[q[0] for q in QUIET])
def test_what_may_be_there_is_not_told(code: str) -> None:
    tree = Tree({"model.py": MODEL, "main.py": f"from model import *\n{code}\n"})
    assert [
        one for one in tree.dangling() if ".gone" in one or "Kind" in one or "Rows" in one
    ] == []


def test_a_store_on_another_class_speaks_for_nothing() -> None:
    other = "class Other: pass\ndef f(o: Other): o.gone = 1\n"
    tree = Tree(
        {"model.py": MODEL, "other.py": other, "main.py": "from model import *\nPoint().gone\n"}
    )
    assert tree.dangling() == ["main.py:2 Point().gone"]
    tree = Tree(
        {
            "model.py": MODEL,
            "other.py": "def f(o): o.gone = 1\n",
            "main.py": "from model import *\nPoint().gone\n",
        }
    )
    assert tree.dangling() == []
