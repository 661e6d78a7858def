"""Ways to get at an instance of a class: the other side of `break_cells`."""

# ruff: noqa: ISC004 - the texts are programs

from __future__ import annotations

# name → (more of lib.py, use.py with the uses at {s}, indented as the marker is)
RECEIVERS: dict[str, tuple[str, str]] = {
    "parameter": ("", "def run(x: Widget) -> None:\n    {s}\n"),
    "quoted": ("", "def run(x: 'Widget') -> None:\n    {s}\n"),
    "optional": ("", "def run(x: Widget | None) -> None:\n    if x is not None:\n        {s}\n"),
    "optional-return": (
        "",
        "import typing\ndef run(x: typing.Optional[Widget] = None) -> None:\n"
        "    if x is None:\n        return\n    {s}\n",
    ),
    "optional-assert": ("", "def run(x: Widget | None) -> None:\n    assert x\n    {s}\n"),
    "optional-else": (
        "",
        "def run(x: Widget | None) -> None:\n    if not x:\n        x = Widget()\n    {s}\n",
    ),
    "isinstance": ("", "def run(x: object) -> None:\n    if isinstance(x, Widget):\n        {s}\n"),
    "isinstance-return": (
        "",
        "def run(x) -> None:\n    if not isinstance(x, Widget):\n        return\n    {s}\n",
    ),
    "isinstance-assert": ("", "def run(x) -> None:\n    assert isinstance(x, Widget)\n    {s}\n"),
    "union": (
        "class Other:\n    pass\n",
        "from .lib import Other\ndef run(x: Widget | Other) -> None:\n"
        "    if isinstance(x, Widget):\n        {s}\n",
    ),
    "union-left": (
        "class Other:\n    pass\n",
        "from .lib import Other\ndef run(x: Widget | Other) -> None:\n"
        "    if isinstance(x, Other):\n        return\n    {s}\n",
    ),
    "match": (
        "",
        "def run(x: object) -> None:\n    match x:\n        case Widget():\n            {s}\n",
    ),
    "constructor": ("", "def run() -> None:\n    x = Widget()\n    {s}\n"),
    "constructor-untyped": ("", "def test_run():\n    x = Widget()\n    {s}\n"),
    "constructor-twice": ("", "def run() -> None:\n    x = Widget()\n    x = Widget()\n    {s}\n"),
    "constructor-branch": (
        "",
        "def run(a: int) -> None:\n    if a:\n        x = Widget()\n    else:\n"
        "        x = Widget()\n    {s}\n",
    ),
    "other-before": ("", "def run() -> None:\n    x = 1\n    x = Widget()\n    {s}\n"),
    "reused-after": ("", "def run() -> None:\n    x = Widget()\n    {s}\n    x = 1\n"),
    "module-level": ("", "x = Widget()\n{s}\n"),
    "module-global": ("", "x = Widget()\ndef run() -> None:\n    {s}\n"),
    "global-annotated": ("", "x: Widget = Widget()\ndef run() -> None:\n    {s}\n"),
    "local-annotated": ("", "def run(a) -> None:\n    x: Widget = a\n    {s}\n"),
    "imported-global": (
        "made = Widget()\n",
        "from .lib import made as x\ndef run() -> None:\n    {s}\n",
    ),
    "function": (
        "def make() -> Widget:\n    return Widget()\n",
        "from .lib import make\ndef run() -> None:\n    x = make()\n    {s}\n",
    ),
    "function-inferred": (
        "def make():\n    return Widget()\n",
        "from .lib import make\ndef run() -> None:\n    x = make()\n    {s}\n",
    ),
    "function-cached": (
        "@functools.lru_cache\ndef make() -> Widget:\n    return Widget()\n",
        "from .lib import make\ndef run() -> None:\n    x = make()\n    {s}\n",
    ),
    "function-generic": (
        "S = typing.TypeVar('S')\ndef same(x: S) -> S:\n    return x\n",
        "from .lib import same\ndef run() -> None:\n    x = same(Widget())\n    {s}\n",
    ),
    "self-constructor": (
        "",
        "class Holder:\n    def __init__(self) -> None:\n        self.w = Widget()\n"
        "    def run(self) -> None:\n        x = self.w\n        {s}\n",
    ),
    "self-parameter": (
        "",
        "class Holder:\n    def __init__(self, w: Widget) -> None:\n        self.w = w\n"
        "    def run(self) -> None:\n        x = self.w\n        {s}\n",
    ),
    "self-annotated": (
        "",
        "class Holder:\n    def __init__(self, w) -> None:\n        self.w: Widget = w\n"
        "    def run(self) -> None:\n        x = self.w\n        {s}\n",
    ),
    "self-optional": (
        "",
        "class Holder:\n    def __init__(self) -> None:\n        self.w: Widget | None = None\n"
        "    def run(self) -> None:\n        if self.w is None:\n            return\n"
        "        x = self.w\n        {s}\n",
    ),
    "self-inherited": (
        "class Parent:\n    def __init__(self) -> None:\n        self.w = Widget()\n",
        "from .lib import Parent\nclass Holder(Parent):\n    def run(self) -> None:\n"
        "        x = self.w\n        {s}\n",
    ),
    "class-attribute": (
        "",
        "class Holder:\n    w: Widget\n    def run(self) -> None:\n        x = self.w\n        {s}\n",
    ),
    "class-made": (
        "",
        "class Holder:\n    w = Widget()\n    def run(self) -> None:\n        x = self.w\n        {s}\n",
    ),
    "holder-parameter": (
        "class Holder:\n    def __init__(self) -> None:\n        self.w = Widget()\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.w\n    {s}\n",
    ),
    "holder-field": (
        "@dataclasses.dataclass\nclass Holder:\n    w: Widget\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.w\n    {s}\n",
    ),
    "named-tuple": (
        "class Holder(typing.NamedTuple):\n    w: Widget\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.w\n    {s}\n",
    ),
    "typed-dict": (
        "class Holder(typing.TypedDict):\n    w: Widget\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h['w']\n    {s}\n",
    ),
    "protocol": (
        "class Holder(typing.Protocol):\n    def get(self) -> Widget: ...\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.get()\n    {s}\n",
    ),
    "property-of": (
        "class Holder:\n    @property\n    def w(self) -> Widget:\n        return Widget()\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.w\n    {s}\n",
    ),
    "cached-property-of": (
        "class Holder:\n    @functools.cached_property\n    def w(self) -> Widget:\n"
        "        return Widget()\n",
        "from .lib import Holder\ndef run(h: Holder) -> None:\n    x = h.w\n    {s}\n",
    ),
    "classmethod-made": (
        "class Maker(Widget):\n    @classmethod\n    def made(cls) -> Widget:\n        return cls()\n",
        "from .lib import Maker\ndef run() -> None:\n    x = Maker.made()\n    {s}\n",
    ),
    "self-type": (
        "class Maker(Widget):\n    @classmethod\n    def made(cls) -> typing.Self:\n"
        "        return cls()\n    def same(self) -> typing.Self:\n        return self\n",
        "from .lib import Maker\ndef run() -> None:\n    x = Maker.made().same()\n    {s}\n",
    ),
    "subclass": (
        "",
        "class Under(Widget):\n    def run(self) -> None:\n        x = self\n        {s}\n",
    ),
    "super": (
        "",
        "class Under(Widget):\n    def run(self) -> None:\n        x = super()\n        {s}\n",
    ),
    "subclass-made": (
        "",
        "class Under(Widget):\n    pass\ndef run() -> None:\n    x = Under()\n    {s}\n",
    ),
    "class-passed": ("", "def run(k: type[Widget]) -> None:\n    x = k()\n    {s}\n"),
    "class-alias": ("", "W = Widget\ndef run(x: W) -> None:\n    {s}\n"),
    "union-alias": (
        "Some = Widget | None\n",
        "from .lib import Some\ndef run(x: Some) -> None:\n    if x:\n        {s}\n",
    ),
    "bound-variable": (
        "V = typing.TypeVar('V', bound=Widget)\n",
        "from .lib import V\ndef run(x: V) -> V:\n    {s}\n    return x\n",
    ),
    "list": ("", "def run(several: list[Widget]) -> None:\n    for x in several:\n        {s}\n"),
    "iterable": (
        "",
        "from collections.abc import Iterable\ndef run(several: Iterable[Widget]) -> None:\n"
        "    for x in several:\n        {s}\n",
    ),
    "list-item": ("", "def run(several: list[Widget]) -> None:\n    x = several[0]\n    {s}\n"),
    "list-made": ("", "def run() -> None:\n    for x in [Widget(), Widget()]:\n        {s}\n"),
    "dict-value": ("", "def run(d: dict[str, Widget]) -> None:\n    x = d['a']\n    {s}\n"),
    "dict-values": (
        "",
        "def run(d: dict[str, Widget]) -> None:\n    for x in d.values():\n        {s}\n",
    ),
    "dict-items": (
        "",
        "def run(d: dict[str, Widget]) -> None:\n    for _, x in d.items():\n        {s}\n",
    ),
    "dict-keys": ("", "def run(d: dict[Widget, int]) -> None:\n    for x in d:\n        {s}\n"),
    "dict-get": (
        "",
        "def run(d: dict[str, Widget]) -> None:\n    x = d.get('a')\n    if x:\n        {s}\n",
    ),
    "enumerate": (
        "",
        "def run(several: list[Widget]) -> None:\n    for _, x in enumerate(several):\n        {s}\n",
    ),
    "zip": (
        "",
        "def run(several: list[Widget]) -> None:\n    for x, _ in zip(several, several):\n        {s}\n",
    ),
    "sorted": (
        "",
        "def run(several: list[Widget]) -> None:\n    for x in sorted(several, key=id):\n        {s}\n",
    ),
    "next": ("", "def run(several: list[Widget]) -> None:\n    x = next(iter(several))\n    {s}\n"),
    "pair": ("", "def run(pair: tuple[int, Widget]) -> None:\n    _, x = pair\n    {s}\n"),
    "pair-index": ("", "def run(pair: tuple[int, Widget]) -> None:\n    x = pair[1]\n    {s}\n"),
    "pair-returned": (
        "def pair() -> tuple[int, Widget]:\n    return 1, Widget()\n",
        "from .lib import pair\ndef run() -> None:\n    _, x = pair()\n    {s}\n",
    ),
    "unpacked": ("", "def run() -> None:\n    a, x = 1, Widget()\n    {s}\n"),
    "starred": ("", "def run(*several: Widget) -> None:\n    for x in several:\n        {s}\n"),
    "keywords": ("", "def run(**several: Widget) -> None:\n    x = several['a']\n    {s}\n"),
    "walrus": (
        "def make() -> Widget | None:\n    return None\n",
        "from .lib import make\ndef run() -> None:\n    if x := make():\n        {s}\n",
    ),
    "conditional": (
        "",
        "def run(a: Widget | None) -> None:\n    x = a if a else Widget()\n    {s}\n",
    ),
    "either": ("", "def run(a: Widget | None) -> None:\n    x = a or Widget()\n    {s}\n"),
    "with": (
        "class Manager:\n    def __enter__(self) -> Widget:\n        return Widget()\n"
        "    def __exit__(self, *a: object) -> None:\n        pass\n",
        "from .lib import Manager\ndef run() -> None:\n    with Manager() as x:\n        {s}\n",
    ),
    "with-generator": (
        "@contextlib.contextmanager\ndef manager() -> Iterator[Widget]:\n    yield Widget()\n",
        "from .lib import manager\ndef run() -> None:\n    with manager() as x:\n        {s}\n",
    ),
    "async-with": (
        "@contextlib.asynccontextmanager\nasync def manager() -> AsyncIterator[Widget]:\n"
        "    yield Widget()\n",
        "from .lib import manager\nasync def run() -> None:\n    async with manager() as x:\n        {s}\n",
    ),
    "async-enter": (
        "class Manager:\n    async def __aenter__(self) -> Widget:\n        return Widget()\n"
        "    async def __aexit__(self, *a: object) -> None:\n        pass\n",
        "from .lib import Manager\nasync def run() -> None:\n    async with Manager() as x:\n        {s}\n",
    ),
    "enter-self": (
        "class Manager(Widget):\n    def __enter__(self) -> typing.Self:\n        return self\n"
        "    def __exit__(self, *a: object) -> None:\n        pass\n",
        "from .lib import Manager\ndef run() -> None:\n    with Manager() as x:\n        {s}\n",
    ),
    "await": (
        "async def make() -> Widget:\n    return Widget()\n",
        "from .lib import make\nasync def run() -> None:\n    x = await make()\n    {s}\n",
    ),
    "await-annotated": (
        "",
        "from collections.abc import Awaitable\nasync def run(a: Awaitable[Widget]) -> None:\n"
        "    x = await a\n    {s}\n",
    ),
    "async-for": (
        "async def several() -> AsyncIterator[Widget]:\n    yield Widget()\n",
        "from .lib import several\nasync def run() -> None:\n    async for x in several():\n        {s}\n",
    ),
    "generator": (
        "def several() -> Iterator[Widget]:\n    yield Widget()\n",
        "from .lib import several\ndef run() -> None:\n    for x in several():\n        {s}\n",
    ),
    "generator-inferred": (
        "def several():\n    yield Widget()\n",
        "from .lib import several\ndef run() -> None:\n    for x in several():\n        {s}\n",
    ),
    "callable": (
        "",
        "from collections.abc import Callable\ndef run(make: Callable[[], Widget]) -> None:\n"
        "    x = make()\n    {s}\n",
    ),
    "lambda": ("", "def run() -> None:\n    make = lambda: Widget()\n    x = make()\n    {s}\n"),
    "partial": (
        "",
        "import functools\ndef run() -> None:\n    x = functools.partial(Widget)()\n    {s}\n",
    ),
    "cast": (
        "",
        "import typing\ndef run(a: object) -> None:\n    x = typing.cast(Widget, a)\n    {s}\n",
    ),
    "cast-quoted": (
        "",
        "import typing\ndef run(a: object) -> None:\n    x = typing.cast('Widget', a)\n    {s}\n",
    ),
    "copy": ("", "import copy\ndef run(a: Widget) -> None:\n    x = copy.copy(a)\n    {s}\n"),
    "annotated-form": (
        "",
        "import typing\ndef run(x: typing.Annotated[Widget, 1]) -> None:\n    {s}\n",
    ),
    "closure": (
        "",
        "def run(x: Widget) -> None:\n    def inner() -> None:\n        {s}\n    inner()\n",
    ),
    "nested-function": (
        "",
        "def run() -> None:\n    def inner(x: Widget) -> None:\n        {s}\n    inner(Widget())\n",
    ),
    "try": (
        "",
        "def run() -> None:\n    try:\n        x = Widget()\n        {s}\n    finally:\n        pass\n",
    ),
    "while": ("", "def run() -> None:\n    x = Widget()\n    while True:\n        {s}\n"),
    "typing-import": (
        "",
        "from __future__ import annotations\nimport typing\nif typing.TYPE_CHECKING:\n"
        "    from .lib import Widget as Gadget\ndef run(x: Gadget) -> None:\n    {s}\n",
    ),
    "module-import": ("", "from . import lib\ndef run(x: lib.Widget) -> None:\n    {s}\n"),
    "module-absolute": (
        "",
        "import {p}.lib as l\ndef run() -> None:\n    x = l.Widget()\n    {s}\n",
    ),
    "module-dotted": (
        "",
        "import {p}.lib\ndef run() -> None:\n    x = {p}.lib.Widget()\n    {s}\n",
    ),
    "local-import": (
        "",
        "def run() -> None:\n    from .lib import Widget as Gadget\n    x = Gadget()\n    {s}\n",
    ),
    "re-export": (
        "",
        "from {p} import Widget as Gadget\ndef run() -> None:\n    x = Gadget()\n    {s}\n",
    ),
    "star": ("", "from .lib import *\ndef run() -> None:\n    x = Widget()\n    {s}\n"),
    "class-itself": ("", "def run() -> None:\n    x = Widget\n    {s}\n"),
    "type-of": ("", "def run(a: Widget) -> None:\n    x = type(a)\n    {s}\n"),
}
