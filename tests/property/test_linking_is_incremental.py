"""Linking with what earlier links of other trees left behind gives what a full link gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.bridges.base import FileView
from blastradius.index.blob import facts_of
from blastradius.index.link import LinkedTree, Options, link
from blastradius.languages.base import Memo
from blastradius.languages.registry import claim

_MODULES = ("a", "b", "pkg/__init__", "pkg/c", "pkg/d")
_NAMES = ("f", "g", "K", "L", "x")


def _statement(draw: st.DrawFn) -> str:
    module = draw(st.sampled_from(["a", "b", "pkg", "pkg.c", "pkg.d", "gone"]))
    name, other = draw(st.sampled_from(_NAMES)), draw(st.sampled_from(_NAMES))
    return draw(
        st.sampled_from(
            [
                f"from {module} import {name}",
                f"from {module} import {name} as {other}",
                f"from {module} import *",
                f"import {module}",
                f"def {name}(p, q=1):\n    return {other}",
                f"def {name}(p):\n    return p.m()",
                f"def {name}():\n    import {module} as here\n    return here.{other}(1)",
                f"class {name}:\n    def m(self):\n        return self.n\n    n = 1",
                f"class {name}({other}):\n    def m(self, k):\n        return super().m()",
                f"{name} = {other}",
                f"{name} = {other}()",
                f"{name}({other})",
                f"{name}().m()",
                f"v = {module}.{name}()\nv.m(1)",
                f"__all__ = ['{name}', '{other}']",
                f"def {name}(p, *rest, **named):\n    p.m()\n    return p\n{name}({other}(), q={other})",
                f"{name}(L()).m(1)",
                f"{name}.n = {other}()",
                f"class {name}({module}.{other}):\n    def __init__(self, p):\n        self.y = p\n",
                f"def {name}(s):\n    return getattr(s, 'm')() + s.y.m()",
                f"table = {{'k': {name}, 'l': {other}}}\ntable['k']().m()",
                f"@{name}\ndef g(k: {other}):\n    for one in k:\n        one.m()",
                f"@dataclass\nclass {name}({other}):\n    n: int\n    y: {other} = None",
                f"class {name}({other}, metaclass={module}.{other}):\n    pass\n{name}.gone()",
                f"class {name}(type):\n    def __new__(cls, *a): ...",
                f"{name}().gone\n{name}(y={other}()).z.m()\n{module}.{name}.gone(1)",
                f"def g(k: {name}, l):\n    k.z = l.gone = {other}()\n    return k.gone",
                f"class {name}({other}):\n    def m(self, k):\n        return super().m(1, k=k).gone",
                f"def g(k, n):\n    setattr(k, n, {name})\n    setattr({other}, n, 1)",
                f"class {name}:\n    def m(self, n):\n        vars(self).update(n)\n        return self.gone",
                f"def g(n):\n    globals()[n] = {name}\n    return __import__(n, globals()).{other}",
                f"from functools import partial\npartial({name}, q=1)(2)\nundefined_name",
            ]
        )
    )


@st.composite
def _source(draw: st.DrawFn) -> str:
    return "\n".join(_statement(draw) for _ in range(draw(st.integers(0, 6)))) + "\n"


@st.composite
def _query(draw: st.DrawFn) -> str:
    one, two = draw(st.sampled_from("tuv")), draw(st.sampled_from("tuv"))
    return draw(
        st.sampled_from(
            [
                f"create table s.{one} as select * from s.{two}",
                f"create table s.{one} as select a, b as c from s.{two}",
                f"create view s.{one} as select q.a from s.{two} q join s.{one} r on q.a = r.b",
                f"create table s.{one} (a int, b int)",
                f"insert into s.{one} select a from s.{two}",
            ]
        )
    )


_FILES = st.one_of(
    st.tuples(st.sampled_from([f"{one}.py" for one in _MODULES]), _source()),
    st.tuples(st.sampled_from([f"{one}.sql" for one in "pqr"]), _query()),
)


@st.composite
def _histories(draw: st.DrawFn) -> list[dict[str, str]]:
    """Return trees, each the one before with a few files written or taken away."""
    tree = dict(draw(st.lists(_FILES, min_size=2, max_size=6)))
    trees = [dict(tree)]
    for _ in range(draw(st.integers(1, 4))):
        for path, text in draw(st.lists(_FILES, min_size=1, max_size=2)):
            if path in tree and draw(st.booleans()):
                del tree[path]
            else:
                tree[path] = text
        trees.append(dict(tree))
    return trees


class _Dictionary:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value


def _linked(tree: Mapping[str, str], memo: Memo | None = None) -> LinkedTree:
    files = {}
    for path, text in tree.items():
        language = claim(path)
        if language is not None:
            files[path] = FileView(language, facts_of(language.NAME, text.encode()))
    paths = frozenset(tree)
    if memo is None:
        return link(files, Options(paths=paths))
    return link(files, Options(paths=paths, content=_contents(tree), memo=memo))


def _contents(tree: Mapping[str, str]) -> Callable[[str], str]:
    return lambda path: hashlib.sha256(tree[path].encode()).hexdigest()


@given(_histories())
@settings(max_examples=150)
def test_any_history_of_trees(trees: list[dict[str, str]]) -> None:
    memo = _Dictionary()
    for tree in trees:
        again, whole = _linked(tree, memo), _linked(tree)
        assert again == whole
