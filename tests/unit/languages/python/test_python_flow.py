"""Values that flow: through parameters, containers, decorators, returns and attributes."""

from __future__ import annotations

import sys

import pytest

from blastradius.languages import python
from tests.unit.languages.python.trees import Tree

LIBRARY = """
def one(): pass
def two(): pass
class Plain:
    def act(self): pass
class Other:
    def act(self): pass
"""

# (what it shows, code after LIBRARY, the symbol that calls, what the call runs)
RUNS = [
    ("argument", "def go(f): f()\ngo(one)", "go", {"one"}),
    ("argument by keyword", "def go(a, f): f()\ngo(1, f=one)", "go", {"one"}),
    ("argument through two calls", "def go(f): f()\ndef via(g): go(g)\nvia(one)", "go", {"one"}),
    ("default", "def go(f=one): f()", "go", {"one"}),
    ("type of an argument", "def go(p): p.act()\ngo(Plain())", "go", {"Plain.act"}),
    ("star argument", "def go(f): f()\nxs = [one]\ngo(*xs)", "go", {"one"}),
    ("double star argument", "def go(f): f()\ngo(**{'f': one})", "go", {"one"}),
    ("args", "def go(*fs): fs[1]()\ngo(two, one)", "go", {"one"}),
    ("kwargs", "def go(**fs): fs['a']()\ngo(a=one, b=two)", "go", {"one"}),
    ("method argument", "class A:\n    def go(self, f): f()\nA().go(one)", "A.go", {"one"}),
    ("constructor argument kept", ("class A:\n    def __init__(self, f): self.f = f\n"
     "    def go(self): self.f()\nA(one)"), "A.go", {"one"}),
    ("returned function", "def make():\n    return one\ndef go(): make()()", "go", {"one"}),
    ("returned closure", ("def make():\n    def inner(): pass\n    return inner\n"
     "def go(): make()()"), "go", {"make.inner"}),
    ("captured parameter", "def make(f):\n    def inner(): f()\n    return inner\nmake(one)()",
     "make.inner", {"one"}),
    ("list", "def go():\n    xs = [one, two]\n    xs[1]()", "go", {"two"}),
    ("dict", "def go():\n    d = {'a': one, 'b': two}\n    d['b']()", "go", {"two"}),
    ("nested", "def go():\n    d = {'a': {'b': one}}\n    d['a']['b']()", "go", {"one"}),
    ("dict stored into", "def go():\n    d = {}\n    d['a'] = one\n    d['a']()", "go", {"one"}),
    ("dict elsewhere", "d = {}\ndef put(): d['a'] = one\ndef go(): d['a']()", "go", {"one"}),
    ("list appended to", "def go():\n    xs = []\n    xs.append(one)\n    xs[0]()", "go", {"one"}),
    ("dict get", "def go():\n    d = {'a': one}\n    d.get('a', two)()", "go", {"one", "two"}),
    ("dict items", "def go():\n    for k, f in {'a': one}.items(): f()", "go", {"one"}),
    ("dict values", "def go():\n    for f in {'a': one}.values(): f()", "go", {"one"}),
    ("slice", "def go():\n    [one, two][1:][0]()", "go", {"two"}),
    ("enumerate", "def go():\n    for n, f in enumerate([one]): f()", "go", {"one"}),
    ("zip", "def go():\n    for n, f in zip([1], [one]): f()", "go", {"one"}),
    ("comprehension", "def go():\n    fs = [f for f in [one]]\n    fs[0]()", "go", {"one"}),
    ("unpacking", "def go():\n    a, b = one, two\n    b()", "go", {"two"}),
    ("rest", "def go():\n    a, *b = one, two\n    b[0]()", "go", {"two"}),
    ("nested unpacking", "def go():\n    a, (b, c) = 1, (2, one)\n    c()", "go", {"one"}),
    ("map", "def go():\n    list(map(one, [1]))", "go", {"one"}),
    ("sort key", "def go():\n    sorted([1], key=one)", "go", {"one"}),
    ("partial", "from functools import partial\ndef go(): partial(one)()", "go", {"one"}),
    ("the same function", "def same(f): return f\ndef go(): same(one)()\nsame(two)",
     "go", {"one", "same"}),
    ("yielded", "def make():\n    yield one\ndef go():\n    for f in make(): f()",
     "go", {"one", "make"}),
    ("yielded from", "def make():\n    yield from [one]\ndef go():\n    for f in make(): f()",
     "go", {"one", "make"}),
    ("context manager", ("from contextlib import contextmanager\n@contextmanager\n"
     "def make():\n    yield one\ndef go():\n    with make() as f: f()"), "go", {"one", "make"}),
    ("iterator", ("class I:\n    def __iter__(self): return self\n    def __next__(self): return one\n"
     "def go():\n    for f in I(): f()"), "go", {"I.__iter__", "I.__next__", "one"}),
    ("attribute set from outside", "class A:\n    def go(self): self.f()\na = A()\na.f = one",
     "A.go", {"one"}),
    ("last assignment", "def go():\n    f = one\n    f = two\n    f()", "go", {"two"}),
    ("either branch", "def go(x):\n    f = one\n    if x:\n        f = two\n    f()",
     "go", {"one", "two"}),
    ("class of an instance", "def go():\n    Plain().__class__().act()", "go", {"Plain.act"}),
    ("computed name", ("class A:\n    def do_x(self): pass\n    def do_y(self): pass\n"
     "    def go(self, n): getattr(self, f'do_{n}')()"), "A.go", {"A.do_x", "A.do_y"}),
    ("missing attribute", ("class A:\n    def __getattr__(self, n): return one\n"
     "def go(): A().thing()"), "go", {"one"}),
    ("mixin", "class M:\n    def go(self): self.act()\nclass P(M, Plain): pass", "M.go", {"Plain.act"}),
    ("override", ("class A:\n    def go(self): self.m()\n    def m(self): pass\n"
     "class B(A):\n    def m(self): pass"), "A.go", {"A.m", "B.m"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "caller", "callees"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS]
)
def test_what_a_call_runs(code: str, caller: str, callees: set[str]) -> None:
    tree = Tree({"a.py": f"{LIBRARY}\n{code}\n"})
    run = {
        target.removeprefix("a.py#")
        for kind in ("call", "flow")
        for target in tree.targets(f"a.py#{caller}", kind)
        if "(" not in target
    }
    classes = {"Plain", "Other", "A", "B", "I", "P", "M"}
    extra = {"same", "make", "via"} - callees
    assert run - classes - extra == callees
    assert tree.dangling() == []


OPERATORS = [
    ("a + b", "__add__"),
    ("1 + a", "__radd__"),
    ("a < b", "__lt__"),
    ("a == b", "__eq__"),
    ("1 in a", "__contains__"),
    ("a[0]", "__getitem__"),
    ("-a", "__neg__"),
    ("a @ b", "__matmul__"),
    ("len(a)", "__len__"),
    ("str(a)", "__str__"),
    ("next(a)", "__next__"),
    ("iter(a)", "__iter__"),
    ("a()", "__call__"),
]


@pytest.mark.parametrize(("expression", "method"), OPERATORS, ids=[row[0] for row in OPERATORS])
def test_operators_run_methods(expression: str, method: str) -> None:
    source = f"class A:\n    def {method}(self, *rest): pass\ndef go():\n    a = A()\n    b = A()\n"
    tree = Tree({"a.py": f"{source}    return {expression}\n"})
    assert f"a.py#A.{method}" in tree.targets("a.py#go", "call")


def test_a_subscript_that_is_set_or_deleted_runs_another_method() -> None:
    source = (
        "class A:\n    def __setitem__(self, k, v): pass\n    def __delitem__(self, k): pass\n"
        "def go():\n    a = A()\n    a[1] = 2\n    del a[1]\n"
    )
    assert {"a.py#A.__setitem__", "a.py#A.__delitem__"} <= Tree({"a.py": source}).targets("a.py#go")


def test_a_decorated_function_is_what_the_decorator_made_of_it() -> None:
    source = (
        "def wrap(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n"
        "@wrap\ndef work(): pass\ndef go():\n    work()\n"
    )
    tree = Tree({"a.py": source})
    assert tree.edge("a.py#go", "a.py#wrap.inner").kind == "flow"
    assert tree.edge("a.py#go", "a.py#work").kind == "reference"
    assert tree.edge("a.py#wrap.inner", "a.py#work").kind == "flow"


def test_a_decorator_that_only_registers_leaves_the_function_as_it_is() -> None:
    source = (
        "seen = []\ndef register(f):\n    seen.append(f)\n    return f\n"
        "@register\ndef work(): pass\n@register\ndef rest(): pass\ndef go():\n    work()\n"
    )
    assert Tree({"a.py": source}).targets("a.py#go") == {"a.py#work"}


def test_what_the_text_does_not_name_is_a_flow_and_never_certain() -> None:
    tree = Tree({"a.py": LIBRARY + "def go(f): f()\ngo(one)\n"})
    assert tree.edge("a.py#go", "a.py#one").kind == "flow"
    assert tree.edge("a.py#go", "a.py#one").tier == "likely"
    several = Tree({"a.py": LIBRARY + "def go(f): f()\ngo(one)\ngo(two)\n"})
    assert several.edge("a.py#go", "a.py#one").tier == "heuristic"


def test_arguments_cross_files() -> None:
    tree = Tree(
        {
            "lib.py": "def run(job):\n    job.start()\n",
            "job.py": "class Job:\n    def start(self): pass\n",
            "main.py": "from lib import run\nfrom job import Job\nrun(Job())\n",
        }
    )
    edge = tree.edge("lib.py#run", "job.py#Job.start")
    assert (edge.kind, edge.tier) == ("call", "likely")


def test_what_tests_put_in_place_is_not_how_the_code_behaves() -> None:
    files = {
        "lib.py": "def run(job):\n    job()\n",
        "tests/test_lib.py": "from lib import run\ndef fake(): pass\nrun(fake)\n",
    }
    assert Tree(files).targets("lib.py#run") == set()


def test_an_annotation_says_more_than_what_calls_hand_over() -> None:
    source = LIBRARY + "def go(p: Plain): p.act()\ngo(Other())\n"
    assert "a.py#Other.act" not in Tree({"a.py": source}).targets("a.py#go")


ATTRIBUTE = """
class Client:
    def get(self): pass
class Session:
    def __init__(self):
        self.client = Client()
    def go(self):
        self.client.get()
"""


def test_an_attribute_with_one_assignment_in_the_tree_is_certain() -> None:
    tree = Tree({"a.py": ATTRIBUTE})
    assert tree.edge("a.py#Session.go", "a.py#Client.get").tier == "certain"


@pytest.mark.parametrize(
    "code",
    [
        "def set(s): s.client = other()",
        "class Sub(Session):\n    def __init__(self): self.client = other()",
    ],
    ids=["set from outside", "set by a subclass"],
)
def test_an_attribute_that_may_be_another_is_only_likely(code: str) -> None:
    tree = Tree({"a.py": f"from lib import other\n{ATTRIBUTE}\n{code}\n"})
    assert tree.edge("a.py#Session.go", "a.py#Client.get").tier == "likely"


def test_calling_a_class_that_a_decorator_or_metaclass_changes_is_only_likely() -> None:
    for head in ("@decorate\nclass Client:", "class Client(metaclass=Meta):"):
        text = ATTRIBUTE.replace("class Client:", head)
        tree = Tree({"a.py": f"from lib import decorate, Meta\n{text}\n"})
        assert tree.edge("a.py#Session.go", "a.py#Client.get").tier == "likely"


def test_lambdas_are_a_part_of_what_they_stand_in() -> None:
    source = LIBRARY + "def go():\n    f = lambda p: p.act()\n    f(Plain())\n"
    tree = Tree({"a.py": source})
    assert "a.py#Plain.act" in tree.targets("a.py#go")
    assert not any("lambda" in edge.source + edge.target for edge in tree.every())


def test_the_order_in_which_files_come_does_not_matter() -> None:
    files = {f"m{n}.py": f"{LIBRARY}\ndef go{n}(f): f()\ngo{n}(one)\n" for n in range(5)}
    files |= {"z.py": "from m1 import go1\ndef late(): pass\ngo1(late)\n"}
    turned = dict(reversed(files.items()))
    assert Tree(files).linked == {path: Tree(turned).linked[path] for path in files}


HOSTILE = {
    "names that lead in a circle": "def f(a, b):\n    a = b\n    b = a\n    a()\n" * 50,
    "calls that hand each other on": "".join(
        f"def f{n}(x): return f{(n * 7 + 1) % 300}(x)\n" for n in range(300)
    )
    + "f0(f1)\n",
    "everything into one parameter": "def go(f): f()\n"
    + "".join(f"def g{n}(): pass\ngo(g{n})\n" for n in range(300)),
    "containers in containers": "x = []\n" + "x = [x, x]\n" * 400 + "x[0][0]()\n",
    "a list of itself": "x = []\nx.append(x)\nfor y in x:\n    y[0]()\n",
    "deep attributes": "def f(a):\n    a" + ".b" * 3_000 + "()\n",
    "deep calls": "def f(a):\n    return " + "f(" * 80 + "a" + ")" * 80 + "\nf(f)()\n",
    "long sums": "def f(a):\n    return " + " + ".join(["a"] * 5_000) + "\nf(f)\n",
    "many subclasses": "class A:\n    def go(self): self.m()\n"
    + "".join(f"class B{n}(A):\n    def m(self): pass\n" for n in range(400)),
    "a big index": f"x = [1]\nx[{sys.maxsize}:][{sys.maxsize}]()\n",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_and_raises_nothing(code: str) -> None:
    facts = python.extract(code.encode())
    assert facts.parsed in {"full", "partial", "failed"}
    assert isinstance(Tree({"a.py": code}).every(), list)
