"""Which binding a name means; the standard library's `symtable` is the oracle."""

from __future__ import annotations

import symtable

import pytest

from blastradius.languages.python.extraction import record
from blastradius.languages.python.scopes import ScopeKind, binding_scope
from tests.unit.languages.python.trees import Tree

SOURCES = {
    "closure": "x = 1\ndef f():\n    x = 2\n    def g():\n        return x\n    return g\n",
    "global": "x = 1\ndef f():\n    global x\n    x = 2\n    return x\n",
    "nonlocal": "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n",
    "class scope": "x = 1\nclass C:\n    x = 2\n    y = x\n    def f(self):\n        return x\n",
    "comprehension": "def f(a):\n    return [b for b in a if b]\n",
    "walrus": "def f(a):\n    return [c for b in a if (c := b)]\n",
    "lambda": "y = 1\ndef f(z):\n    return lambda x: x + y + z\n",
    "except": "def f():\n    try:\n        a()\n    except E as e:\n        return e\n",
    "with": "def f():\n    with a() as b, c() as (d, e):\n        return b, d, e\n",
    "for": "def f(a):\n    for b, (c, *d) in a:\n        pass\n    return b, c, d\n",
    "import": "def f():\n    import os.path\n    from a import b as c\n    return os, c\n",
    "match": "def f(a):\n    match a:\n        case [b, *c]: return b, c\n"
    "        case {'k': d, **e}: return d, e\n        case C(g=h) as i: return h, i\n",
    "del": "x = 1\ndef f():\n    del x\n    return x\n",
    "augmented": "x = 1\ndef f():\n    x += 1\n",
    "annotated": "x = 1\ndef f():\n    x: int\n    return x\n",
    "default": "x = 1\ndef f(y=x, *, z=x):\n    x = 2\n    return x\n",
    "nested": "class A:\n    b = 1\n    class C:\n        def d(self):\n            return b\n",
    "deep global": "x = 1\ndef f():\n    x = 2\n    def g():\n        global x\n        x\n",
    "async": "async def f(a):\n    async with a as b:\n        async for c in b: await c\n",
}


def bound_locally(table: symtable.SymbolTable) -> dict[tuple[str, int, str], bool]:
    """Return (scope name, line, name) → is it global there, for every name of every function."""
    found: dict[tuple[str, int, str], bool] = {}
    for child in table.get_children():
        if child.get_type() == "function" and child.get_name() not in _ANONYMOUS:
            for symbol in child.get_symbols():
                if not symbol.get_name().startswith("."):
                    key = (child.get_name(), child.get_lineno(), symbol.get_name())
                    found[key] = symbol.is_global()
        found |= bound_locally(child)
    return found


_ANONYMOUS = {"lambda", "listcomp", "setcomp", "dictcomp", "genexpr"}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_local_and_global_names_are_those_of_symtable(source: str) -> None:
    rec = record(source)
    expected = bound_locally(symtable.symtable(source, "test", "exec"))
    assert expected
    checked = 0
    for scope in rec.scopes:
        draft = rec.drafts[scope.definition] if scope.definition >= 0 else None
        if scope.kind is not ScopeKind.FUNCTION or draft is None:
            continue
        name = draft.name.rpartition(".")[2]
        for (function, line, symbol), is_global in expected.items():
            if (function, line) == (name, draft.line):
                found = binding_scope(scope, symbol)
                assert (found is None or found.kind is ScopeKind.MODULE) == is_global, symbol
                checked += 1
    assert checked


def test_methods_do_not_see_the_names_of_their_class() -> None:
    tree = Tree({"a.py": "def x(): pass\nclass C:\n    def x(self): pass\n    def f(self): x()\n"})
    assert tree.targets("a.py#C.f") == {"a.py#x"}


def test_a_class_body_sees_its_own_names_first() -> None:
    tree = Tree({"a.py": "x = 1\nclass C:\n    x = 2\n    y = x\n"})
    assert tree.targets("a.py#C.y") == {"a.py#C.x"}


def test_a_local_hides_the_global_of_its_name() -> None:
    tree = Tree({"a.py": "def x(): pass\ndef f(x):\n    x()\ndef g():\n    x = 1\n    x()\n"})
    assert tree.edges() == set()


def test_default_arguments_and_decorators_are_seen_from_outside() -> None:
    source = "def d(f): return f\nx = 1\n@d\ndef f(x=x):\n    return x\n"
    assert Tree({"a.py": source}).edges() == {
        "a.py#f decorator a.py#d",
        "a.py#f decorator a.py#d(f)",
        "a.py#f reference a.py#x",
    }


def test_a_function_that_sets_a_global_defines_no_local() -> None:
    tree = Tree({"a.py": "x = None\ndef f():\n    global x\n    x = 1\ndef g():\n    return x\n"})
    assert "a.py#x" in tree.targets("a.py#g")


def test_names_of_a_try_and_its_except_both_count() -> None:
    tree = Tree(
        {
            "fast.py": "def run(): pass\n",
            "slow.py": "def run(): pass\n",
            "a.py": "try: from fast import run\nexcept ImportError: from slow import run\n"
            "def f():\n    run()\n",
        }
    )
    assert tree.targets("a.py#f") == {"fast.py#run", "slow.py#run"}
    assert tree.edge("a.py#f", "fast.py#run").tier == "likely"
