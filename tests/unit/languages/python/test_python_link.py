"""References → edges: values, classes, attributes, calls."""

from __future__ import annotations

import pytest

from tests.unit.languages.python.trees import Tree

CLIENT = """
class Base:
    def close(self): pass
    @property
    def state(self) -> "State": return State()

class State:
    name = "open"

class Client(Base):
    def __init__(self, url, timeout=1):
        self.url = url
        self.child = Child()
    def get(self, path): return Response()
    async def fetch(self) -> "Response": ...
    def __enter__(self): return self
    def __exit__(self, *args): pass
    @classmethod
    def default(cls): return cls("x")

class Child:
    def ping(self): pass

class Response:
    body: str = ""
    def json(self): pass

def make() -> Client: return Client("a")
"""

VALUES = [
    ("constructed", "c = Client('a')\n    c.get(1)", {"Client.get"}),
    ("annotated parameter", "pass", set()),
    ("returned by annotation", "make().close()", {"Base.close"}),
    ("returned by inference", "Client('a').get(1).json()", {"Client.get", "Response.json"}),
    ("inherited", "Client('a').close()", {"Base.close"}),
    ("attribute of attribute", "Client('a').child.ping()", {"Client.child", "Child.ping"}),
    ("property", "Client('a').state.name", {"Base.state", "State.name"}),
    ("with", "with Client('a') as c:\n        c.get(1)", {"Client.get", "Client.__enter__"}),
    ("with call", "with make() as c:\n        c.close()", {"Base.close", "Client.__exit__"}),
    ("class method", "Client.default().get(1)", {"Client.default", "Client.get"}),
    ("alias", "k = Client\n    k('a').get(1)", {"Client.get"}),
    ("bound method", "g = Client('a').get\n    g(1)", {"Client.get"}),
    ("walrus", "if (c := make()):\n        c.close()", {"Base.close"}),
    ("either", "c = make() if x else Client('b')\n    c.get(1)", {"Client.get"}),
    ("default", "c = None or make()\n    c.get(1)", {"Client.get"}),
    ("annotated", "c: Client = x\n    c.get(1)", {"Client.get"}),
    ("optional", "c: 'Client | None' = x\n    c.get(1)", {"Client.get"}),
    ("list", "cs: list[Client] = x\n    for c in cs:\n        c.get(1)", {"Client.get"}),
    ("dict", "cs: dict[str, Client] = x\n    cs['a'].get(1)", {"Client.get"}),
    ("comprehension", "cs: list[Client] = x\n    [c.get(1) for c in cs]", {"Client.get"}),
    ("cast", "cast(Client, x).get(1)", {"Client.get"}),
    ("getattr", "getattr(make(), 'close')()", {"Base.close"}),
    ("store", "make().url = 1", {"Client.url"}),
]


@pytest.mark.parametrize(("code", "targets"), [v[1:] for v in VALUES], ids=[v[0] for v in VALUES])
def test_attributes_of_known_values(code: str, targets: set[str]) -> None:
    source = f"from typing import cast\n{CLIENT}\ndef go(x):\n    {code}\n"
    tree = Tree({"a.py": source})
    assert {f"a.py#{one}" for one in targets} <= tree.targets("a.py#go")
    assert tree.dangling() == []


def test_awaited_calls() -> None:
    source = CLIENT + "\nasync def go(c: Client):\n    r = await c.fetch()\n    r.json()\n"
    tree = Tree({"a.py": source})
    assert tree.targets("a.py#go", "call") >= {"a.py#Client.fetch", "a.py#Response.json"}
    unawaited = CLIENT + "\ndef go(c: Client):\n    c.fetch().json()\n"
    assert "a.py#Response.json" not in Tree({"a.py": unawaited}).targets("a.py#go")


def test_tiers_say_how_we_know() -> None:
    tree = Tree({"a.py": CLIENT + "\ndef go(c: Client):\n    c.get(1)\n    make()\n"})
    assert tree.edge("a.py#go", "a.py#Client.get").tier == "certain"  # the annotation says so
    assert tree.edge("a.py#go", "a.py#make").tier == "certain"
    assert tree.edge("a.py#go", "a.py#Client").kind == "annotation"


def test_self_is_certain_in_the_class_and_its_bases() -> None:
    tree = Tree(
        {
            "base.py": "class Base:\n    limit = 1\n    def run(self): pass\n",
            "a.py": "from base import Base\nclass A(Base):\n    def go(self):\n"
            "        self.run()\n        return self.limit + self.own\n"
            "    def set(self): self.own = 1\n",
        }
    )
    assert tree.targets("a.py#A.go") == {
        "base.py#Base.run",
        "base.py#Base.limit",
        "a.py#A.own",
    }
    assert {edge.tier for edge in tree.every("a.py")} == {"certain"}


def test_super_starts_after_the_class() -> None:
    tree = Tree(
        {"a.py": "class A:\n    def f(self): pass\nclass B(A):\n    def f(self): super().f()\n"}
    )
    assert tree.targets("a.py#B.f") == {"a.py#A.f"}


def test_a_base_that_we_cannot_see_lowers_the_tier() -> None:
    tree = Tree(
        {
            "a.py": "import lib\nclass A:\n    def f(self): pass\n"
            "class B(lib.X, A):\n    def g(self): self.f()\n"
        }
    )
    assert tree.edge("a.py#B.g", "a.py#A.f").tier == "likely"


def test_a_class_depends_on_bases_and_metaclass_and_decorators() -> None:
    tree = Tree(
        {"a.py": "def d(c): return c\nclass M(type): pass\nclass A: pass\n"
         "@d\nclass B(A, metaclass=M): pass\n"}
    )  # fmt: skip
    assert tree.edges() == {
        "a.py#B decorator a.py#d",
        "a.py#B inherit a.py#A",
        "a.py#B reference a.py#M",
    }


def test_calling_a_class_depends_on_its_constructor_and_the_parameters() -> None:
    tree = Tree({"a.py": CLIENT + "\ndef go():\n    Client('a', timeout=2)\n"})
    assert tree.targets("a.py#go", "call") == {
        "a.py#Client",
        "a.py#Client.__init__",
        "a.py#Client.__init__(url)",
        "a.py#Client.__init__(timeout)",
    }


def test_arguments_reach_the_parameters_they_fill() -> None:
    source = (
        "def f(a, b=1, *rest, c, **more): pass\ndef go(x):\n    f(1, c=2, d=3)\n    f(*x, c=1)\n"
    )
    tree = Tree({"a.py": source})
    filled = {edge.needs: edge.target for edge in tree.every() if "(" in edge.needs}
    assert filled == {"f(argument 1)": "python:a.py#f(a)", "f(c)": "python:a.py#f(c)"}


def test_methods_fill_from_the_second_parameter_on() -> None:
    source = (
        "class A:\n    def f(self, x): pass\n    @staticmethod\n    def s(x): pass\n"
        "    @classmethod\n    def c(cls, x): pass\n"
        "    def go(self):\n        self.f(1)\n        self.s(1)\n        self.c(1)\n"
        "        A.f(self, 1)\n"
    )
    tree = Tree({"a.py": source})
    assert tree.dangling() == []
    assert {t for t in tree.targets("a.py#A.go") if t.endswith(")")} == {
        "a.py#A.f(self)",
        "a.py#A.f(x)",
        "a.py#A.s(x)",
        "a.py#A.c(x)",
    }


def test_fields_of_a_dataclass_are_its_arguments() -> None:
    tree = Tree(
        {"a.py": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int\n"
         "def go(): P(x=1, y=2)\n"}
    )  # fmt: skip
    assert tree.targets("a.py#go") == {"a.py#P", "a.py#P.x", "a.py#P.y"}


def test_a_constants_value_belongs_to_the_constant() -> None:
    tree = Tree({"a.py": "def f(): pass\nX = f()\nY = [X]\ndef go():\n    return Y\n"})
    assert tree.edges() == {
        "a.py#X call a.py#f",
        "a.py#Y reference a.py#X",
        "a.py#go reference a.py#Y",
    }


def test_edges_carry_the_site() -> None:
    tree = Tree(
        {
            "a.py": "import b\n\ndef go():\n    return (\n        b.f()\n    )\n",
            "b.py": "def f(): pass\n",
        }
    )
    edge = tree.edge("a.py#go", "b.py#f")
    assert (edge.path, edge.line, edge.needs) == ("a.py", 5, "b.f")


def test_what_is_not_known_is_counted_not_hidden() -> None:
    tree = Tree({"a.py": "import lib\ndef go(x):\n    x.run()\n    lib.go().y\n    len(x)\n"})
    assert tree.outcomes() == ["external lib", "dynamic"]
    assert tree.linked["a.py"].resolved == 0


def test_values_that_depend_on_themselves_are_unknown() -> None:
    tree = Tree(
        {"a.py": "def f(x):\n    while x:\n        x = x.next\n    y = y.next\n    return y.a\n"
         "class A:\n    def f(self):\n        self.x = self.y\n        self.y = self.x\n"
         "        return self.x.z\n"}
    )  # fmt: skip
    assert tree.targets("a.py#A.f") == {"a.py#A.x", "a.py#A.y"}
    assert tree.dangling() == []


def test_a_very_long_chain_of_values_ends() -> None:
    chain = "".join(f"x{n} = x{n - 1}.up\n" for n in range(1, 2000))
    source = f"class A:\n    up: 'A'\nx0 = A()\n{chain}x1999.up\n"
    tree = Tree({"a.py": source})
    assert "a.py#A.up" in tree.targets("a.py#x3")
    assert tree.dangling() == []


def test_classes_that_inherit_in_a_circle_end() -> None:
    tree = Tree(
        {
            "a.py": "from b import B\nclass A(B):\n    def f(self): self.g()\n",
            "b.py": "from a import A\nclass B(A):\n    def g(self): self.f()\n",
        }
    )
    assert "b.py#B.g" in tree.targets("a.py#A.f")
    assert tree.dangling() == []


def test_answers_do_not_depend_on_which_file_is_linked_first() -> None:
    files = {
        "p/__init__.py": "from .a import *\nfrom .b import B as B\n",
        "p/a.py": "from p import *\nfrom .b import B\nclass A(B):\n    def f(self): self.g().f()\n",
        "p/b.py": "import p\nclass B:\n    def g(self): return p.A()\n    def h(self): self.g()\n",
        "main.py": "from p import A, B\ndef go(): A().g().h()\n",
    }
    forward, backward = Tree(files), Tree(dict(reversed(files.items())))
    assert forward.linked == backward.linked
    assert forward.targets("main.py#go", "call") == {"p/a.py#A", "p/b.py#B.g", "p/b.py#B.h"}
