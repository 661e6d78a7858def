"""Files that do not parse, odd bytes, hostile nesting: data, never an exception."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages import python
from tests.unit.languages.python.trees import Tree, definition, names, read

SOUND = """
import os
from lib import helper

LIMIT = 3

def first(a, b=1):
    return helper(a)

class Box:
    size = 1
    def get(self, key):
        return self.size

def last():
    return first(LIMIT)
"""

BREAKAGE = [
    ("bad signature", "def broken(x, y=1:\n    return helper(x)\n"),
    ("bad expression", "def broken(x):\n    return x +\n"),
    ("unclosed", "broken = helper(1,\n"),
    ("conflict markers", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n"),
    ("python 2", "print 'hello'\nexec 'x'\n"),
    ("stray indent", "   x = 1\n"),
    ("bad string", "x = 'abc\n"),
    ("future syntax", "x = 1 ??? 2\n"),
]


@pytest.mark.parametrize("where", ["first", "Box", "last"])
@pytest.mark.parametrize("breakage", [b[1] for b in BREAKAGE], ids=[b[0] for b in BREAKAGE])
def test_what_stands_around_a_breakage_is_kept(breakage: str, where: str) -> None:
    start = SOUND.index(f"class {where}" if where == "Box" else f"def {where}")
    facts = read(SOUND[:start] + breakage + "\n" + SOUND[start:])
    whole = read(SOUND)
    assert facts.parsed == "partial"
    assert all(0 < one.line <= SOUND.count("\n") + 8 for one in facts.problems)
    found = {(one.name, one.kind) for one in facts.definitions}
    expected = {(one.name, one.kind) for one in whole.definitions}
    lost = expected - found
    assert len(lost) <= 5, lost
    assert {name for name, _ in found} >= {"first", "Box", "Box.get", "last"}


def test_sound_definitions_keep_their_digests_beside_a_breakage() -> None:
    broken = read(SOUND + "\ndef broken(:\n    pass\n")
    for one in read(SOUND).definitions[1:]:
        same = definition(broken, one.name)
        assert (same.shape, same.body, same.line) == (one.shape, one.body, one.line)


def test_the_broken_definition_itself_is_there() -> None:
    facts = read("class A:\n    def f(self, x: int):\n        return x +\n\n    y = 1\n")
    assert "A.f" in names(facts, "method")
    assert "A.y" in names(facts, "attribute")
    assert facts.problems[0].line == 3


def test_broken_files_still_link_and_dangle_nothing() -> None:
    tree = Tree(
        {
            "lib.py": "def helper(a): pass\n",
            "a.py": "from lib import helper\n\ndef f():\n    helper(1)\n\n"
            "def g(:\n    helper(2)\n    nobody.knows()\n",
        }
    )
    assert "lib.py#helper" in tree.targets("a.py#f")
    assert tree.dangling() == []


@pytest.mark.skipif(hasattr(ast, "TypeAlias"), reason="this Python parses the newer syntax")
def test_newer_syntax_keeps_names_and_says_so() -> None:
    facts = read("def f[T](x: T) -> T:\n    return x\n\nclass B:\n    z: int = 1\n\ntype A = int\n")
    assert facts.parsed == "partial"
    assert {"f", "B", "B.z"} <= {one.name for one in facts.definitions}


BYTES = [
    (b"# -*- coding: latin-1 -*-\nX = '\xe9'\n", "full", "X"),
    (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nX = '\x80'\n", "full", "X"),
    (b"\xef\xbb\xbfX = 1\n", "full", "X"),
    (b"X = 1\r\nY = 2\r\n", "full", "Y"),
    (b"X = 1\rY = 2\r", "full", "Y"),
    (b"\x0cX = 1\n", "full", "X"),
    (b"# coding: nonsense\nX = 1\n", "partial", "X"),
    (b"# coding: zlib\nX = 1\n", "partial", "X"),
    (b"X = '\xff'\n", "partial", "X"),
    (b"X = 1\0\nY = 2\n", "partial", "Y"),
    (b"X = 1", "full", "X"),
    (b"", "full", ""),
]


@pytest.mark.parametrize(("source", "parsed", "name"), BYTES, ids=[repr(b[0]) for b in BYTES])
def test_encodings_and_line_ends(source: bytes, parsed: str, name: str) -> None:
    facts = python.extract(source)
    assert facts.parsed == parsed
    assert name in {one.name for one in facts.definitions}
    assert bool(facts.problems) == (parsed != "full")


DEEP = {
    "parentheses": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "lists": "x = " + "[" * 5000 + "]" * 5000,
    "unary": "x = " + "-" * 50_000 + "1",
    "attributes": "x = a" + ".b" * 50_000,
    "sum": "x = a" + " + b" * 50_000,
    "product": "x = a" + " * b" * 900,
    "calls": "x = a" + "()" * 5000,
    "subscripts": "x = a" + "[0]" * 800,
    "blocks": "\n".join("  " * depth + "if x:" for depth in range(500)),
    "elif": "if x:\n  pass\n" + "".join(f"elif x == {n}:\n  pass\n" for n in range(3000)),
    "lambda": "x = " + "lambda: " * 5000 + "1",
    "f-string": "x = " + "f'{" * 150 + "1" + "}'" * 150,
    "number": "x = " + "9" * 10_000,
    "not": "x = " + "not " * 20_000 + "y",
    "power": "x = a" + " ** b" * 3000,
    "comparison": "x = a" + " < b" * 20_000,
    "annotation": "x: '" + "list[" * 300 + "]" * 300 + "' = 1",
    "decorators": "@a\n" * 3000 + "def x(): pass",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_nesting_has_no_bottom_to_fall_through(source: str) -> None:
    facts = python.extract(f"def before(): pass\n{source}\ndef after(): pass\n".encode())
    assert "before" in names(facts, "function")
    assert facts.parsed == "full" or facts.problems


def test_a_very_long_file_is_read_whole() -> None:
    source = "".join(f"def f{n}(a):\n    return f{n - 1}(a)\n" for n in range(1, 50_001))
    facts = python.extract(source.encode())
    assert facts.parsed == "full"
    assert definition(facts, "f50000").line == 99_999


FRAGMENTS = st.lists(
    st.sampled_from(
        ["def f(", "):", "\n", "  ", "class A", ":", "x", "=", "'", '"""', "(", ")", "[", "{", "}",
         "import", "from", "*", "lambda", "return", "f'{", "\\", "#", "\t", "é", "match", "case"]
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(FRAGMENTS)
def test_any_jumble_of_words_is_data(fragments: list[str]) -> None:
    source = " ".join(fragments).encode()
    facts = python.extract(source)
    assert facts.definitions[0].kind == "module"
    assert facts.parsed == "full" or facts.problems
