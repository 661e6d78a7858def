"""Definitions, their shapes and their digests: what is a change and what is none."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.languages.python import extract
from tests.unit.languages.python.trees import definition, names, read

CONNECTOR = '''
class Connector(Base, metaclass=Meta):
    """Reads things."""

    retries: int = 3
    endpoint = "https://x"

    def __init__(self, client, *, timeout=30):
        self.client = client
        self._timeout: float = timeout

    @classmethod
    async def open(cls, url: str, /, *args: int, deep: bool = False, **rest) -> "Connector":
        def inner(x):
            return x
        return cls(inner(url))

LIMIT = 10
A, (B, *C) = 1, (2, 3)
'''


def test_every_kind_of_definition_has_its_address() -> None:
    facts = read(CONNECTOR)
    assert names(facts, "module") == [""]
    assert names(facts, "class") == ["Connector"]
    assert names(facts, "method") == ["Connector.__init__", "Connector.open"]
    assert names(facts, "function") == ["Connector.open.inner"]
    assert names(facts, "attribute") == [
        "Connector.retries",
        "Connector.endpoint",
        "Connector.client",
        "Connector._timeout",
    ]
    assert names(facts, "variable") == ["LIMIT", "A", "B", "C"]
    assert "Connector.open(deep)" in names(facts, "parameter")


def test_parents_and_lines() -> None:
    facts = read(CONNECTOR)
    opened = definition(facts, "Connector.open")
    assert (opened.line, opened.end) == (12, 16)  # from its decorator on
    assert facts.definitions[opened.parent].name == "Connector"
    assert facts.definitions[definition(facts, "Connector.open(deep)").parent] == opened
    assert definition(facts, "Connector").parent == -1


def test_parameters_follow_their_function_in_order() -> None:
    facts = read(CONNECTOR)
    start = facts.definitions.index(definition(facts, "Connector.open"))
    following = facts.definitions[start + 1 : start + 6]
    assert [one.name for one in following] == [
        f"Connector.open({name})" for name in ("cls", "url", "args", "deep", "rest")
    ]


def test_shapes_say_the_interface() -> None:
    facts = read(CONNECTOR)
    assert definition(facts, "Connector").shape == "class(Base, metaclass=Meta)"
    assert definition(facts, "Connector.open").shape == (
        "@classmethod async def(cls, url: str, /, *args: int, deep: bool=…, **rest) -> Connector"
    )
    assert definition(facts, "Connector.open(url)").shape == "positional-only required : str"
    assert definition(facts, "Connector.__init__(client)").shape == "positional required"
    assert definition(facts, "Connector.open(args)").shape == "variadic : int"
    assert definition(facts, "Connector.open(rest)").shape == "keywords"
    deep = definition(facts, "Connector.open(deep)").shape
    assert deep.startswith("keyword default=")
    assert deep.endswith(": bool")
    assert definition(facts, "Connector.retries").shape == "int"
    assert definition(facts, "Connector._timeout").shape == "float"


def content(source: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.shape, one.body) for one in read(source).definitions]


SAME = [
    ("comments", "x = 1\n", "# why\nx = 1  # because\n"),
    ("quotes", "x = 'a'\n", 'x = "a"\n'),
    ("raw", "x = '\\\\d'\n", "x = r'\\d'\n"),
    ("joined", "x = 'ab'\n", "x = ('a'\n     'b')\n"),
    ("line breaks", "x = f(1, 2)\n", "x = f(\n    1,\n    2,\n)\n"),
    ("parentheses", "x = a + b\n", "x = (\n    a\n    + b\n)\n"),
    ("numbers", "x = 255\n", "x = 0xFF\n"),
    ("underscores", "x = 1000\n", "x = 1_000\n"),
    ("docstring", "def f():\n    return 1\n", 'def f():\n    """Say."""\n    return 1\n'),
    ("module docstring", "x = 1\n", '"""Say."""\n\nx = 1\n'),
    ("class docstring", "class C:\n    x = 1\n", 'class C:\n    """S."""\n    x = 1\n'),
    ("string annotation", "def f(a: int): pass\n", "def f(a: 'int'): pass\n"),
    ("indent", "def f():\n  if a:\n    b()\n", "def f():\n\tif a:\n\t\tb()\n"),
    ("carriage returns", "x = 1\ny = 2\n", "x = 1\r\ny = 2\r\n"),
]


@pytest.mark.parametrize(("before", "after"), [one[1:] for one in SAME], ids=[a for a, *_ in SAME])
def test_layout_is_no_change(before: str, after: str) -> None:
    assert content(before) == content(after)


def test_a_moved_function_is_no_change() -> None:
    one, other = "def f(a=1):\n    return a\n", "def g():\n    return f()\n"
    assert sorted(content(one + other)) == sorted(content(other + one))


DIFFERENT = [
    ("constant", "X", "X = 1\n", "X = 2\n"),
    ("type of constant", "X", "X = 1\n", "X = True\n"),
    ("float", "X", "X = 1\n", "X = 1.0\n"),
    ("bytes", "X", "X = 'a'\n", "X = b'a'\n"),
    ("operator", "f", "def f():\n    return a + b\n", "def f():\n    return a - b\n"),
    ("nesting", "f", "def f():\n    if a:\n        b()\n    c()\n",
     "def f():\n    if a:\n        b()\n        c()\n"),
    ("branch", "f", "def f():\n    if a:\n        pass\n    else:\n        b()\n",
     "def f():\n    if a:\n        b()\n"),
    ("argument", "f", "def f():\n    g(1)\n", "def f():\n    g(x=1)\n"),
    ("grouping", "f", "def f():\n    g(h(a), b)\n", "def f():\n    g(h(a, b))\n"),
    ("default", "f(a)", "def f(a=1): pass\n", "def f(a=2): pass\n"),
    ("conversion", "f", "def f():\n    return f'{a}'\n", "def f():\n    return f'{a!r}'\n"),
    ("comparison", "f", "def f():\n    return a < b\n", "def f():\n    return a <= b\n"),
    ("slice", "f", "def f():\n    return a[1:]\n", "def f():\n    return a[:1]\n"),
    ("handler", "f", "def f():\n    try: a()\n    except E: b()\n",
     "def f():\n    try: a()\n    except F: b()\n"),
    ("comprehension", "f", "def f():\n    return [a for a in b]\n",
     "def f():\n    return {a for a in b}\n"),
    ("module statement", "", "main()\n", "start()\n"),
    ("pattern", "f", "def f():\n    match a:\n        case 1: b()\n",
     "def f():\n    match a:\n        case 2: b()\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before", "after"), [one[1:] for one in DIFFERENT], ids=[a for a, *_ in DIFFERENT]
)
def test_content_is_a_change_of_that_definition(name: str, before: str, after: str) -> None:
    old, new = definition(read(before), name), definition(read(after), name)
    assert (old.shape, old.body) != (new.shape, new.body)


def test_a_nested_definition_is_not_its_parents_content() -> None:
    before = read("class C:\n    def f(self):\n        return 1\n    x = 1\n")
    after = read("class C:\n    def f(self):\n        return 2\n    x = 2\n")
    assert definition(before, "C").body == definition(after, "C").body
    assert definition(before, "C.f").body != definition(after, "C.f").body
    assert definition(before, "C.x").body != definition(after, "C.x").body
    assert definition(before, "").body == definition(after, "").body


def test_a_constant_is_a_definition_and_not_the_modules_content() -> None:
    before, after = read("X = 1\nrun(X)\n"), read("X = 2\nrun(X)\n")
    assert definition(before, "").body == definition(after, "").body
    assert definition(before, "X").body != definition(after, "X").body


def test_values_of_conditional_constants_are_one_definition() -> None:
    facts = read("if a:\n    X = 1\nelse:\n    X = 2\nX += 3\n")
    assert names(facts, "variable") == ["X"]


def test_reexports_are_definitions_where_the_file_says_so() -> None:
    facade = read("from .a import X\nfrom b import Y as Z\nimport os\n")
    assert names(facade, "variable") == ["X", "Z"]
    assert {one.shape for one in facade.definitions[1:]} == {"import"}
    listed = read("from .a import X, Y\n__all__ = ['X', 'f']\ndef f(): pass\n")
    assert names(listed, "variable") == ["__all__", "X"]
    explicit = read("from .a import X as X, Y\ndef f(): pass\n")
    assert names(explicit, "variable") == ["X"]
    ordinary = read("from .a import X\ndef f(): return X\n")
    assert names(ordinary, "variable") == []


STATEMENTS = st.lists(
    st.sampled_from(
        [
            "x = a + b * c",
            "if a:\n    b()\nelse:\n    c = [d, 'e']",
            "for i in a:\n    print(i)",
            "with open('f') as g:\n    g.read()",
            "def h(p, q=2, *r, s, **t):\n    return {'k': p, 'l': q}",
            "class K(L):\n    m: int = 1\n    def n(self):\n        self.o = 2",
            "try:\n    a()\nexcept (B, C) as d:\n    raise E from d",
            "y = lambda z: z if z else None",
            "del a[0], b.c",
            "assert a, 'message'",
            "z = f'{a:>{b}} {c!r}'",
            "async def u():\n    async for v in w:\n        await v",
            "while a:\n    break",
        ]
    ),
    min_size=1,
    max_size=6,
)


@given(STATEMENTS)
def test_facts_survive_what_unparse_does_to_the_layout(statements: list[str]) -> None:
    source = "\n".join(statements)
    again = ast.unparse(ast.parse(source))
    assert content(source) == content(again)


def test_half_a_character_in_an_annotation_can_be_kept() -> None:
    shapes = [one.shape for one in extract(b'def f(x: "\\ud800"): pass\n').definitions]
    assert "positional required : \\ud800" in shapes
    assert "".join(shapes).encode("utf-8")
