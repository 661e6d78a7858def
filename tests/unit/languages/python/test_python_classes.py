"""Linearisation and argument matching; Python itself is the oracle of both."""

from __future__ import annotations

import inspect

from hypothesis import given, reject
from hypothesis import strategies as st

from blastradius.languages.python.arguments import Actual, formals, match
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import CallFlag
from tests.unit.languages.python.trees import Tree, definition

HIERARCHIES = st.lists(st.lists(st.integers(0, 7), max_size=3, unique=True), min_size=1, max_size=8)


@given(HIERARCHIES)
def test_the_order_of_bases_is_pythons(hierarchy: list[list[int]]) -> None:
    real: list[type] = []
    source = ""
    for number, wanted in enumerate(hierarchy):
        bases = [one for one in wanted if one < number]
        try:
            real.append(type(f"C{number}", tuple(real[one] for one in bases) or (object,), {}))
        except TypeError:
            reject()
        source += f"class C{number}({', '.join(f'C{one}' for one in bases)}): pass\n"
    tree = Tree({"a.py": source})
    facts = tree.facts["a.py"]
    for one in real:
        index = facts.definitions.index(definition(facts, one.__name__))
        linear = tree.tables.evaluator.classes.linear(ClassId("a.py", index))
        found = [facts.definitions[klass.definition].name for klass in linear.order]
        assert found == [klass.__name__ for klass in one.__mro__[:-1]]
        assert linear.whole


def test_bases_that_contradict_each_other_are_not_whole() -> None:
    source = "class A: pass\nclass B(A): pass\nclass C(A, B): pass\n"
    tree = Tree({"a.py": source})
    linear = tree.tables.evaluator.classes.linear(ClassId("a.py", 3))
    assert not linear.whole
    assert len(linear.order) == 3


SIGNATURES = [
    "",
    "a",
    "a, b=1",
    "a, /, b",
    "a, b=1, /, c=2, *, d",
    "*args",
    "a, *args, b=1",
    "*, a, b=1",
    "**kw",
    "a, /, **kw",
    "a=1, *args, b, **kw",
]
CALLS = st.tuples(st.integers(0, 4), st.lists(st.sampled_from("abcde"), max_size=3, unique=True))


@given(st.sampled_from(SIGNATURES), CALLS)
def test_calls_fit_exactly_when_python_says_so(signature: str, call: tuple[int, list[str]]) -> None:
    positional, keywords = call
    namespace: dict[str, object] = {}
    exec(f"def f({signature}): pass", namespace)  # noqa: S102 - our own text, the oracle's input
    function = namespace["f"]
    assert callable(function)
    try:
        bound = inspect.signature(function).bind(*range(positional), **dict.fromkeys(keywords))
    except TypeError:
        bound = None
    tree = Tree({"a.py": f"def f({signature}): pass\n"})
    view = tree.tables.modules.files["a.py"]
    found = match(
        Actual(positional, tuple(keywords), 0), formals(view, view.functions[1], bound=False)
    )
    names = [one.name for one, _ in found.filled]
    assert (not found.misfits and len(names) == len(set(names))) == (bound is not None)
    if bound is not None:
        variadic = {"args", "kw"}
        assert set(names) == set(bound.arguments) - variadic


def test_stars_leave_open_what_they_fill() -> None:
    tree = Tree({"a.py": "def f(a, b, *, c): pass\n"})
    view = tree.tables.modules.files["a.py"]
    parameters = formals(view, view.functions[1], bound=False)
    assert match(Actual(0, (), CallFlag.STAR), parameters).misfits == ()
    assert match(Actual(1, (), CallFlag.DOUBLE_STAR), parameters).misfits == ()
    assert match(Actual(0, ("z",), CallFlag.DOUBLE_STAR), parameters).misfits == ("z",)
