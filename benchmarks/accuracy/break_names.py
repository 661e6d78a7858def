"""Breaks of names and calls that no receiver stands in front of, for `break_cells`."""

# ruff: noqa: ISC004, E501 - the texts are programs

from __future__ import annotations

import itertools
from collections.abc import Iterator

# name → (lib.py at head, reverted, use.py)
NAMES: dict[str, tuple[str, str, str]] = {}


def _names() -> Iterator[tuple[str, tuple[str, str, str]]]:
    kinds = {
        "function": ("def thing():\n    return 1\n", "thing()"),
        "class": ("class thing:\n    pass\n", "thing()"),
        "constant": ("thing = 3\n", "y = thing"),
        "annotated": ("thing: int = 3\n", "y = thing"),
        "enum": ("import enum\nclass thing(enum.Enum):\n    A = 1\n", "y = thing.A"),
        "exception": (
            "class thing(Exception):\n    pass\n",
            "try:\n        print()\n    except thing:\n        pass",
        ),
        "alias": ("thing = int | None\n", "y: thing = 1"),
        "imported": ("import os as thing\n", "y = thing"),
    }
    forms = {
        "from": ("from .lib import thing\n", ""),
        "from-as": ("from .lib import thing as t\n", "t"),
        "module": ("from . import lib\n", "lib.thing"),
        "as": ("import {p}.lib as l\n", "l.thing"),
        "dotted": ("import {p}.lib\n", "{p}.lib.thing"),
        "absolute": ("from {p}.lib import thing\n", ""),
        "package": ("from {p} import thing\n", ""),
        "star": ("from .lib import *\n", ""),
        "typing": ("import typing\nif typing.TYPE_CHECKING:\n    from .lib import thing\n", ""),
        "parenthesised": ("from .lib import (\n    kept,\n    thing,\n)\n", ""),
    }
    for (kind, (text, use)), (form, (line, name)) in itertools.product(
        kinds.items(), forms.items()
    ):
        used = use.replace("thing", name) if name else use
        yield (
            f"{kind}+{form}",
            (f"kept = 1\n{text}", "kept = 1\n", f"{line}def run():\n    {used}\n"),
        )
        moved = f"{line}def run():\n    pass\n"
        if form in {"from", "package"}:
            yield f"{kind}+{form}-unused", (f"kept = 1\n{text}", "kept = 1\n", moved)


NAMES.update(_names())
_W = "from .lib import thing\n"
NAMES |= {
    "call+keyword": (
        "def thing(a=1):\n    return a\n",
        "def thing():\n    return 1\n",
        f"{_W}thing(a=2)\n",
    ),
    "call+positional": (
        "def thing(a=1):\n    return a\n",
        "def thing():\n    return 1\n",
        f"{_W}thing(2)\n",
    ),
    "call+required": (
        "def thing(a=1):\n    return a\n",
        "def thing(a):\n    return 1\n",
        f"{_W}thing()\n",
    ),
    "call+starred": (
        "def thing(a=1, b=2):\n    return a\n",
        "def thing():\n    return 1\n",
        f"{_W}def run(*a):\n    thing(*a)\n",
    ),
    "call+too-many-after-star": (
        "def thing(*a, b=2):\n    return a\n",
        "def thing(*a):\n    return 1\n",
        f"{_W}def run(*a):\n    thing(*a, b=2)\n",
    ),
    "call+double-star-missing": (
        "def thing(a=1, b=2):\n    return a\n",
        "def thing(a, b):\n    return 1\n",
        f"{_W}def run(**k):\n    thing(**k)\n",
    ),
    "call+twice": (
        "def thing(a=1, b=2):\n    return a\n",
        "def thing(b=2):\n    return 1\n",
        f"{_W}thing(1, b=2)\n",
    ),
    "init+keyword": (
        "class thing:\n    def __init__(self, a=1):\n        self.a = a\n",
        "class thing:\n    def __init__(self):\n        self.a = 1\n",
        f"{_W}thing(a=2)\n",
    ),
    "init+gone": (
        "class thing:\n    def __init__(self, a):\n        self.a = a\n",
        "class thing:\n    a = 1\n",
        f"{_W}thing(2)\n",
    ),
    "init+required": (
        "class thing:\n    def __init__(self, a=1):\n        self.a = a\n",
        "class thing:\n    def __init__(self, a):\n        self.a = 1\n",
        f"{_W}thing()\n",
    ),
    "init+super": (
        "class thing:\n    def __init__(self, a=1):\n        self.a = a\n",
        "class thing:\n    def __init__(self):\n        self.a = 1\n",
        f"{_W}class Under(thing):\n    def __init__(self):\n        super().__init__(a=3)\n",
    ),
    "init+inherited": (
        "class Root:\n    def __init__(self, a=1):\n        self.a = a\nclass thing(Root):\n    pass\n",
        "class Root:\n    def __init__(self):\n        self.a = 1\nclass thing(Root):\n    pass\n",
        f"{_W}thing(a=3)\n",
    ),
    "init+exception": (
        "class thing(Exception):\n    def __init__(self, a, b=1):\n        self.a = a\n",
        "class thing(Exception):\n    def __init__(self, a):\n        self.a = 1\n",
        f"{_W}raise thing(1, b=3)\n",
    ),
    "exception+attribute": (
        "class thing(Exception):\n    def __init__(self, a):\n        self.a = a\n        self.b = 1\n",
        "class thing(Exception):\n    def __init__(self, a):\n        self.a = 1\n",
        f"{_W}try:\n    print()\nexcept thing as e:\n    print(e.b)\n",
    ),
    "exception+attribute-of-several": (
        "class more(Exception):\n    b = 1\nclass thing(Exception):\n    b = 1\n",
        "class more(Exception):\n    pass\nclass thing(Exception):\n    pass\n",
        "from .lib import more, thing\ntry:\n    print()\nexcept (more, thing) as e:\n    print(e.b)\n",
    ),
    "dataclass+field": (
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int = 1\n    b: int = 1\n",
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int = 1\n",
        f"{_W}thing(b=1)\n",
    ),
    "dataclass+position": (
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int = 1\n    b: int = 1\n",
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int = 1\n",
        f"{_W}thing(1, 2)\n",
    ),
    "dataclass+required": (
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int = 1\n",
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int\n",
        f"{_W}thing()\n",
    ),
    "dataclass+more": (
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int\n",
        "from dataclasses import dataclass\n@dataclass\nclass thing:\n    a: int\n    b: int\n",
        f"{_W}thing(1)\n",
    ),
    "dataclass+inherited": (
        "from dataclasses import dataclass\n@dataclass\nclass Root:\n    a: int = 0\n    z: int = 0\n"
        "@dataclass\nclass thing(Root):\n    b: int = 0\n",
        "from dataclasses import dataclass\n@dataclass\nclass Root:\n    a: int = 0\n"
        "@dataclass\nclass thing(Root):\n    b: int = 0\n",
        f"{_W}thing(z=1)\n",
    ),
    "dataclass+default-factory": (
        "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass thing:\n"
        "    a: list = field(default_factory=list)\n    b: int = field(default=1)\n",
        "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass thing:\n"
        "    a: list = field(default_factory=list)\n    b: int = field(init=False, default=1)\n",
        f"{_W}thing(b=1)\n",
    ),
    "namedtuple+field": (
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int = 1\n    b: int = 1\n",
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int = 1\n",
        f"{_W}thing(b=1)\n",
    ),
    "namedtuple+attribute": (
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int = 1\n    b: int = 1\n",
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int = 1\n",
        f"{_W}thing(1).b\n",
    ),
    "namedtuple+required": (
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int = 1\n",
        "from typing import NamedTuple\nclass thing(NamedTuple):\n    a: int\n",
        f"{_W}thing()\n",
    ),
    "enum+member": (
        "import enum\nclass thing(enum.Enum):\n    A = 1\n    B = 2\n",
        "import enum\nclass thing(enum.Enum):\n    A = 1\n",
        f"{_W}def run():\n    return thing.B\n",
    ),
    "enum+member-str": (
        "import enum\nclass thing(str, enum.Enum):\n    A = 'a'\n    B = 'b'\n",
        "import enum\nclass thing(str, enum.Enum):\n    A = 'a'\n",
        f"{_W}def run(x: thing):\n    if x is thing.B:\n        return 1\n",
    ),
    "enum+flag": (
        "from enum import Flag, auto\nclass thing(Flag):\n    A = auto()\n    B = auto()\n",
        "from enum import Flag, auto\nclass thing(Flag):\n    A = auto()\n",
        f"{_W}y = thing.A | thing.B\n",
    ),
    "enum+method": (
        "import enum\nclass thing(enum.Enum):\n    A = 1\n    def nice(self):\n        return 1\n",
        "import enum\nclass thing(enum.Enum):\n    A = 1\n",
        f"{_W}def run(x: thing):\n    x.nice()\n    thing.A.nice()\n",
    ),
    "super+method": (
        "class thing:\n    def go(self):\n        return 1\n",
        "class thing:\n    pass\n",
        f"{_W}class Under(thing):\n    def go(self):\n        return super().go()\n",
    ),
    "super+class": (
        "class thing:\n    def go(self):\n        return 1\n",
        "class thing:\n    pass\n",
        f"{_W}class Under(thing):\n    def go(self):\n        return thing.go(self)\n",
    ),
    "nested+class": (
        "class thing:\n    class Inner:\n        x = 1\n",
        "class thing:\n    class Inner:\n        pass\n",
        f"{_W}y = thing.Inner.x\n",
    ),
    "partial+keyword": (
        "def thing(a, b=1):\n    return a\n",
        "def thing(a):\n    return a\n",
        f"import functools\n{_W}y = functools.partial(thing, b=1)\n",
    ),
    "decorator+gone": (
        "def thing(f):\n    return f\nkept = 1\n",
        "kept = 1\n",
        f"{_W}@thing\ndef run():\n    pass\n",
    ),
    "decorator+argument": (
        "def thing(a=1):\n    def deco(f):\n        return f\n    return deco\n",
        "def thing():\n    def deco(f):\n        return f\n    return deco\n",
        f"{_W}@thing(a=2)\ndef run():\n    pass\n",
    ),
    "decorated+wraps": (
        "import contextlib\n@contextlib.contextmanager\ndef thing(a=1):\n    yield a\n",
        "import contextlib\n@contextlib.contextmanager\ndef thing():\n    yield 1\n",
        f"{_W}with thing(a=2):\n    pass\n",
    ),
    "decorated+cache": (
        "import functools\n@functools.lru_cache(maxsize=None)\ndef thing(a=1):\n    return a\n",
        "import functools\n@functools.lru_cache(maxsize=None)\ndef thing():\n    return 1\n",
        f"{_W}thing(a=2)\n",
    ),
    "static+keyword": (
        "class thing:\n    @staticmethod\n    def go(a=1):\n        return a\n",
        "class thing:\n    @staticmethod\n    def go():\n        return 1\n",
        f"{_W}thing.go(a=1)\n",
    ),
    "class+keyword": (
        "class thing:\n    @classmethod\n    def go(cls, a=1):\n        return a\n",
        "class thing:\n    @classmethod\n    def go(cls):\n        return 1\n",
        f"{_W}thing.go(a=1)\n",
    ),
    "async+keyword": (
        "async def thing(a=1):\n    return a\n",
        "async def thing():\n    return 1\n",
        f"{_W}async def run():\n    await thing(a=1)\n",
    ),
    "override+super": (
        "class thing:\n    def go(self, a=1):\n        return a\n",
        "class thing:\n    def go(self):\n        return 1\n",
        f"{_W}class Under(thing):\n    def go(self, a=1):\n        return super().go(a)\n",
    ),
    "annotation+only": (
        "class thing:\n    pass\nkept = 1\n",
        "kept = 1\n",
        "from __future__ import annotations\nfrom . import lib\ndef run(x: lib.thing) -> lib.thing | None: ...\n",
    ),
    "annotation+quoted": (
        "class thing:\n    pass\nkept = 1\n",
        "kept = 1\n",
        "from . import lib\ndef run(x: 'list[lib.thing]') -> None: ...\n",
    ),
    "base+gone": (
        "class thing:\n    pass\nkept = 1\n",
        "kept = 1\n",
        "from . import lib\nclass U(lib.thing):\n    pass\n",
    ),
    "isinstance+gone": (
        "class thing:\n    pass\nkept = 1\n",
        "kept = 1\n",
        "from . import lib\ndef run(x):\n    return isinstance(x, lib.thing)\n",
    ),
    "default+gone": (
        "thing = 1\nkept = 1\n",
        "kept = 1\n",
        "from . import lib\ndef run(x=lib.thing):\n    return x\n",
    ),
    "guarded+import": (
        "thing = 1\nkept = 1\n",
        "kept = 1\n",
        "try:\n    from .lib import thing\nexcept ImportError:\n    thing = 2\n",
    ),
    "typed+call": (
        "class thing:\n    def __call__(self, a=1):\n        return a\n",
        "class thing:\n    def __call__(self):\n        return 1\n",
        f"{_W}def run(x: thing):\n    x(a=1)\n",
    ),
    "function+attribute": (
        "class thing:\n    name = 1\n",
        "def thing():\n    pass\n",
        f"{_W}y = thing.name\n",
    ),
}
