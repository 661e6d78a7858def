"""What dangles: a name that leads to a place in this tree where it certainly is not."""

from __future__ import annotations

import pytest

from tests.unit.languages.python.trees import Tree

LIBRARY = {
    "lib/__init__.py": "from .core import Engine\n",
    "lib/core.py": """
class Engine:
    limit = 1
    def run(self, days, *, deep=False): self.days = days
    def _check(self): return self.limit

def make(path, mode="r"): return Engine()
""",
}

DANGLES = [
    ("import of a missing name", "from lib.core import gone\n", ["main.py:1 lib.core.gone"]),
    ("import of a missing module", "import lib.gone\n", ["main.py:1 lib.gone"]),
    ("from a missing module", "from lib.gone import x\n", ["main.py:1 lib.gone.x"]),
    ("missing from a facade", "from lib import gone\n", ["main.py:1 lib.gone"]),
    ("module attribute", "import lib.core\nlib.core.gone()\n", ["main.py:2 lib.core.gone"]),
    ("class attribute", "from lib.core import Engine\nEngine.gone\n", ["main.py:2 Engine.gone"]),
    ("undefined name", "def f():\n    return gone\n", ["main.py:2 gone"]),
    ("keyword", "from lib.core import make\nmake('p', gone=1)\n", ["main.py:2 make(gone)"]),
    ("many", "from lib.core import make\nmake(1, 2, 3)\n", ["main.py:2 make(argument 3)"]),
    ("too few", "from lib.core import make\nmake(mode='w')\n", ["main.py:2 make(path)"]),
    (
        "globals read",
        "def f(n): return __import__(n, globals(), locals(), [n])\ngone\n",
        ["main.py:2 gone"],
    ),
    (
        "globals looked into",
        "def f(n): return n in globals() and globals().get(n)\ngone\n",
        ["main.py:2 gone"],
    ),
    ("own attribute", "class A:\n    def f(self): return self.gone\n", ["main.py:2 self.gone"]),
    ("base", "import lib.core\nclass A(lib.core.Gone): pass\n", ["main.py:2 lib.core.Gone"]),
    ("relative", "", []),
]


@pytest.mark.parametrize(
    ("code", "expected"), [d[1:] for d in DANGLES], ids=[d[0] for d in DANGLES]
)
def test_what_is_certainly_missing_is_told(code: str, expected: list[str]) -> None:
    assert Tree({**LIBRARY, "main.py": code}).dangling() == expected


def test_relative_imports_dangle_too() -> None:
    tree = Tree({**LIBRARY, "lib/a.py": "from .gone import x\nfrom .core import y\n"})
    assert tree.dangling() == ["lib/a.py:1 .gone.x", "lib/a.py:2 .core.y"]


QUIET = [
    ("guarded", "try:\n    from lib.core import gone\nexcept ImportError:\n    gone = 1\n"),
    ("suppressed", "import contextlib as c\nwith c.suppress(ImportError):\n    import lib.gone\n"),
    ("hasattr", "import lib.core\nif hasattr(lib.core, 'x'):\n    lib.core.x()\n"),
    ("getattr", "import lib.core\ngetattr(lib.core, 'x', None)\n"),
    ("caught", "try:\n    gone\nexcept NameError:\n    gone = 1\n"),
    ("remark for an annotation", "def f(a: 'gone'): pass\n"),
    ("version file", "from lib._version import version\n"),
    ("builtins", "print(len(__file__), WindowsError, __name__)\n"),
    ("class dunder", "class A:\n    x = __qualname__\n    def f(self): return __class__\n"),
    ("globals", "globals()['x'] = 1\nprint(x)\n"),
    ("globals handed on", "import z\nz.fill(globals())\nprint(x)\n"),
    ("globals filled", "globals().update(a=1)\nprint(a)\n"),
    ("deleted", "x = 1\ndel x\n"),
    ("loop variable", "for i in range(3): pass\nprint(i)\n"),
    ("global of a function", "def f():\n    global g\n    g = 1\nprint(g)\n"),
    ("star of a stranger", "from numpy import *\nprint(array)\n"),
    ("unknown base", "import x\nclass A(x.B):\n    def f(self): return self.any\n"),
    ("dynamic class", "class A:\n    def __getattr__(self, n): pass\n    def f(self): self.x\n"),
    ("setattr", ("class A:\n    def f(self, **k):\n        for n in k: setattr(self, n, 1)\n"
     "    def g(self): return self.x\n")),
    ("dict update", ("class A:\n    def f(self, **k): self.__dict__.update(k)\n"
     "    def g(self): return self.x\n")),
    ("mixin", "class AMixin:\n    def f(self): return self.x\n"),
    ("set from outside", "class A:\n    def f(self): return self.x\na = A()\na.x = 1\n"),
    ("defined below", "class A:\n    def f(self): return self.x\nclass B(A):\n    x = 1\n"),
    ("below", "import z\nclass A:\n    def f(self): return self.x\nclass B(A, z.C): pass\n"),
    ("metaclass", "import m\nclass A(metaclass=m.M):\n    def f(self): return self.x\n"),
    ("decorated class", "import m\n@m.d\nclass A:\n    def f(self): return self.x\n"),
    ("nested receiver", "class A:\n    def f(self):\n        def g(self): return self.x\n"),
    ("decorated function", "import m\n@m.d\ndef f(a): pass\nf(1, 2, z=3)\n"),
    ("starred call", "def f(a, b): pass\nx = []\nf(*x)\nf(**dict(x))\n"),
    ("keywords", "def f(**k): pass\nf(a=1)\n"),
    ("redefined", "def f(a): pass\nif 1:\n    def f(a, b): pass\nf(1, 2)\n"),
    ("reassigned", "def f(a): pass\nf = print\nf(1, 2)\n"),
    ("override", ("class A:\n    def f(self): self.g(1)\n    def g(self, x): pass\n"
     "class B(A):\n    def g(self, x, y=1): pass\n    def h(self): self.g(1, y=2)\n")),
    ("overload", ("from typing import overload\n@overload\ndef f(a): ...\n@overload\n"
     "def f(a, b): ...\ndef f(*a): pass\nf(1, 2)\n")),
    ("type of a stranger", "def f(a: int): a.anything\n"),
    ("module getattr", "import dyn\ndyn.anything\n"),
    ("match", "def f(a):\n    match a:\n        case {'x': y, **z}: return y, z\n"),
    ("type names", "import typing\nT = typing.TypeVar('T')\ndef f(a: T) -> T: ...\n"),
    ("slots", "class A:\n    __slots__ = ('x',)\n    def f(self): return self.__dict__\n"),
]  # fmt: skip


@pytest.mark.parametrize("code", [q[1] for q in QUIET], ids=[q[0] for q in QUIET])
def test_what_may_be_there_is_not_called_missing(code: str) -> None:
    files = {**LIBRARY, "dyn.py": "def __getattr__(name): pass\n", "main.py": code}
    assert Tree(files).dangling() == []


def test_a_compiled_submodule_is_there() -> None:
    files = {**LIBRARY, "main.py": "from lib import fast\nimport lib.fast\n"}
    assert Tree(files, others=("lib/fast.pyx",)).dangling() == []
    assert Tree(files, others=("lib/fast.cpython-311-x86_64-linux-gnu.so",)).dangling() == []
    assert len(Tree(files).dangling()) == 2


def test_a_file_that_does_not_parse_hides_nothing() -> None:
    files = {**LIBRARY, "lib/core.py": "class Engine: pass\ndef broken(:\n", "main.py": ""}
    assert Tree({**files, "main.py": "from lib.core import make\n"}).dangling() == []


@pytest.mark.parametrize(
    ("name", "dangling"),
    [
        ("run", "main.py:4 Engine.run"),
        ("make", "main.py:2 lib.core.make"),
        ("_check", ""),
    ],
)
def test_removing_a_used_definition_dangles(name: str, dangling: str) -> None:
    core = LIBRARY["lib/core.py"].replace(f"def {name}(", "def renamed(")
    main = (
        "import lib\nfrom lib.core import make, Engine\ndef go():\n    Engine.run(make('x'), 1)\n"
    )
    whole = Tree({**LIBRARY, "main.py": main})
    assert whole.dangling() == []
    found = Tree({**LIBRARY, "lib/core.py": core, "main.py": main}).dangling()
    assert (dangling in found) if dangling else found == []
