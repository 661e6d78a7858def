"""Attributes that values lack: of what class they are is certain, inferred, or not known."""

from __future__ import annotations

import pytest

from tests.unit.languages.python.trees import Tree

MODEL = """
class Point:
    x = 1
    def move(self): return self
    @property
    def copy(self) -> "Point": return self

class Near(Point):
    near = 2

def make(): return Point()
def pick(n): return Point() if n else Near()
"""

LACKING = [
    ("annotated parameter", "def f(p: Point): p.gone", "certain"),
    ("optional parameter", "def f(p: Point | None = None): p.gone()", "certain"),
    ("constructed", "p = Point()\np.gone", "certain"),
    ("constructed in a function", "def f():\n    p = Point()\n    return p.gone", "certain"),
    ("property", "def f(p: Point): p.copy.gone", "certain"),
    ("one of two", "def f(p: Point, n: Near):\n    q = p if n else n\n    q.gone", "certain"),
    ("function", "make.gone", "certain"),
    ("exception", "class Bad(Exception): pass\ndef f(b: Bad): b.gone", "certain"),
    ("enum", "import enum\nclass E(enum.Enum):\n    A = 1\nE.gone", "certain"),
]


@pytest.mark.parametrize(("code", "tier"), [x[1:] for x in LACKING], ids=[x[0] for x in LACKING])
def test_what_a_known_value_lacks_is_told(code: str, tier: str) -> None:
    main = f"from model import *\n{code}\n"
    tree = Tree({"model.py": MODEL, "main.py": main})
    found = [one for one in tree.linked["main.py"].unresolved if one.internal]
    assert [(one.name.rpartition(".")[2].rstrip("()"), one.tier) for one in found] == [
        ("gone", tier)
    ]


QUIET = [
    ("partly of a stranger", "import z\ndef f(p: Point | z.Other): p.gone"),
    ("alias of a stranger", "import z\nAny = z.Any\ndef f(p: Point | Any): p.gone"),
    ("reassigned", "import z\np = Point()\np = z.other()\np.gone"),
    ("put there", "def f(p: Point): p.gone\ndef g(q): q.gone = 1"),
    ("patched", "def t(patch):\n    patch.setattr(Point, 'gone', 1)\n    Point().gone"),
    ("asked", "def f(p: Point):\n    if hasattr(p, 'gone'):\n        p.gone"),
    ("decorated function", "import functools\n@functools.cache\ndef f(): pass\nf.gone()"),
    ("function with a note", "make.gone = 1\nmake.gone"),
    ("what exceptions have", "class Bad(Exception): pass\ndef f(b: Bad): b.with_traceback"),
    ("what enums have", "import enum\nclass E(enum.Enum):\n    A = 1\nE.A.value\nE.A.name"),
    ("open class", "import z\nclass A(z.B): pass\nA().gone"),
    ("argument of nobody known", "def f(p): p.gone\nf(Point())"),
]


@pytest.mark.parametrize("code", [q[1] for q in QUIET], ids=[q[0] for q in QUIET])
def test_what_may_have_it_lacks_nothing(code: str) -> None:
    tree = Tree({"model.py": MODEL, "main.py": f"from model import *\n{code}\n"})
    assert [one for one in tree.dangling() if one.startswith("main.py")] == []


def slotted(slots: str, more: str = "", base: str = "") -> str:
    return f"class A{base}:\n    {slots}\n    def f(self): self.x = self.y = 1\n{more}"


def test_a_store_without_a_slot_dangles() -> None:
    assert Tree({"a.py": slotted("__slots__ = ('x',)")}).dangling() == ["a.py:3 y"]
    assert Tree({"a.py": slotted("__slots__ = ('x', 'y')")}).dangling() == []


@pytest.mark.parametrize(
    "code",
    [
        slotted("x = 1"),
        slotted("__slots__ = ('x', '__dict__')"),
        slotted("__slots__ = ('x', *names)", more="names = ()\n"),
        slotted("__slots__ = ('x',)", base="(z.B)", more="import z\n"),
        slotted("__slots__ = ('x',)", more="class B(A): pass\n"),
        "class B:\n    __slots__ = ('y',)\n" + slotted("__slots__ = ('x',)", base="(B)"),
        "class B: pass\n" + slotted("__slots__ = ('x',)", base="(B)"),
        slotted("__slots__ = ('x',)\n    @property\n    def y(self): pass"
                "\n    @y.setter\n    def y(self, v): pass"),
    ],
)  # fmt: skip
def test_a_store_may_have_room_elsewhere(code: str) -> None:
    names = [one for one in Tree({"a.py": code}).dangling() if one.endswith((" x", " y"))]
    assert names == []


def test_fields_overrule_the_constructor_of_a_base() -> None:
    base = "class B:\n    def __init__(self): pass\n"
    fields = "import dataclasses\n@dataclasses.dataclass\nclass A(B):\n    x: int\nA(1)\n"
    assert Tree({"a.py": base + fields}).dangling() == []
    assert Tree({"a.py": base + "class A(B): pass\nA(1)\n"}).dangling() == ["a.py:4 A(argument 1)"]


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        ("def f(p: Point): p.near", "likely"),
        ("def f():\n    p = Point()\n    p.near", "certain"),
        ("def f(p: Point):\n    if isinstance(p, Near):\n        p.near", None),
        ("def f(p: Point):\n    if not isinstance(p, Near):\n        return\n    p.near", None),
        ("def f(p: Point):\n    return isinstance(p, Near) and p.near", None),
    ],
)
def test_what_a_subclass_has_lacks_certainly_where_the_class_is_made(
    code: str, tier: str | None
) -> None:
    tree = Tree({"model.py": MODEL, "main.py": f"from model import *\n{code}\n"})
    found = [one for one in tree.linked["main.py"].unresolved if one.internal]
    assert [(one.name, one.tier) for one in found] == ([("p.near", tier)] if tier else [])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("self.__dict__.pop('a', None)", ["main.py:2 A().gone"]),
        ("return self.__dict__ == other.__dict__", ["main.py:2 A().gone"]),
        ("return locals()", ["main.py:2 A().gone"]),
        ("return other.__dict__.items()", ["main.py:2 A().gone"]),
        ("self.__dict__.update(other)", []),
        ("self.__dict__['a'] = 1", []),
        ("return vars(other).copy()", ["main.py:2 A().gone"]),
        ("return dict(vars(self))", ["main.py:2 A().gone"]),
        ("return other(**vars(self))", ["main.py:2 A().gone"]),
        ("return [one for one in vars(self)]", ["main.py:2 A().gone"]),
        ("return vars(self)['a'] if 'a' in vars(self) else None", ["main.py:2 A().gone"]),
        ("vars(self).update(other)", []),
        ("vars(self)['a'] = 1", []),
        ("other(vars(self))", []),
        ("setattr(self, other, 1)", []),
    ],
)
def test_reading_what_an_instance_has_leaves_it_known(body: str, told: list[str]) -> None:
    model = f"class A:\n    def f(self, other):\n        {body}\n"
    tree = Tree({"model.py": model, "main.py": "from model import A\nA().gone\n"})
    assert tree.dangling() == told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def f(n):\n    it = B()\n    setattr(it, n, 1)\n", ["main.py:2 A().gone"]),
        ("def f(it: B, n):\n    setattr(it, n, 1)\n", ["main.py:2 A().gone"]),
        ("def f(n):\n    it = strange.make()\n    setattr(it, n, 1)\n", ["main.py:2 A().gone"]),
        ("def f(it: strange.T, n):\n    setattr(it, n, 1)\n", ["main.py:2 A().gone"]),
        ("def f(it, n):\n    setattr(it, n, 1)\n", []),
        ("def f(n):\n    it = A()\n    setattr(it, n, 1)\n", []),
        ("def f(it: A, n):\n    setattr(it, n, 1)\n", []),
        ("def f(it: type[A], n):\n    setattr(it, n, 1)\n", []),
        ("def f(n):\n    it = B().make()\n    setattr(it, n, 1)\n", []),
        ("def f(n, it=None):\n    it = it or B()\n    setattr(it, n, 1)\n", []),
    ],
)
def test_computed_attributes_are_of_what_they_are_set_on(code: str, told: list[str]) -> None:
    model = f"import strange\nclass A: pass\nclass B:\n    def make(self): return A()\n{code}"
    tree = Tree({"model.py": model, "main.py": "from model import A\nA().gone\n"})
    assert tree.dangling() == told


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        ("return super().__new__(m, n, b, ns)", "certain"),
        ("it = type.__new__(m, n, b, ns)\n        it.fields = 1\n        return it", "certain"),
        ("return super().__new__(m, n, b, {**ns, 'gone': 1})", "likely"),
        ("ns['gone'] = 1\n        return super().__new__(m, n, b, ns)", "likely"),
        ("ns.update(m.more)\n        return super().__new__(m, n, b, ns)", "likely"),
        ("ns = more(ns)\n        return super().__new__(m, n, b, ns)", "likely"),
        ("it = super().__new__(m, n, b, ns)\n        setattr(it, n, 1)\n        return it", None),
        ("it = super().__new__(m, n, b, ns)\n        it.gone = 1\n        return it", None),
    ],
)
def test_a_metaclass_that_leaves_the_names_as_they_are_proves_as_well_as_none(
    body: str, tier: str | None
) -> None:
    meta = f"class Meta(type):\n    def __new__(m, n, b, ns):\n        {body}\n"
    model = f"{meta}class A(metaclass=Meta): pass\nclass B(A): pass\n"
    tree = Tree({"model.py": model, "main.py": "from model import B\nB.gone()\n"})
    found = [one for one in tree.linked["main.py"].unresolved if one.internal]
    assert [(one.name, one.tier) for one in found] == ([("B.gone", tier)] if tier else [])
