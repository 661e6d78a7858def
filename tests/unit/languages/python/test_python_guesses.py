"""Guesses by a method's name, where nothing is known about the value."""

from __future__ import annotations

from tests.unit.languages.python.trees import Tree

USE = "def go(x):\n    x.pull_all()\n"


def _classes(count: int) -> str:
    return "".join(f"class C{n}:\n    def pull_all(self): pass\n" for n in range(count))


def test_a_method_that_one_class_has_is_guessed() -> None:
    tree = Tree({"a.py": _classes(1) + USE})
    edge = tree.edge("a.py#go", "a.py#C0.pull_all")
    assert (edge.kind, edge.tier, edge.confidence) == ("call", "heuristic", 0.85)


def test_the_more_classes_have_it_the_less_sure() -> None:
    def confidence(count: int) -> set[float]:
        return {edge.confidence for edge in Tree({"a.py": _classes(count) + USE}).every()}

    assert confidence(2) == {0.6}
    assert confidence(5) == {0.4}
    assert confidence(9) == set()


def test_names_of_builtin_values_are_not_guessed() -> None:
    source = "class C:\n    def append(self): pass\ndef go(x):\n    x.append(1)\n"
    assert Tree({"a.py": source}).edges() == set()


def test_values_of_libraries_are_not_guessed() -> None:
    uses = {
        "made": "import lib\ndef go():\n    lib.Client().pull_all()\n",
        "kept": "import lib\nclass H:\n    def __init__(self): self.c = lib.Client()\n"
        "    def go(self): self.c.pull_all()\n",
        "returned": "import lib\ndef make(): return lib.Client()\ndef go(): make().pull_all()\n",
        "annotated": "import lib\ndef go(c: lib.Client): c.pull_all()\n",
    }
    for name, use in uses.items():
        tree = Tree({"a.py": _classes(1) + use})
        assert not any(edge.target.endswith("pull_all") for edge in tree.every()), name


def test_code_does_not_call_methods_of_tests() -> None:
    files = {"tests/test_a.py": _classes(1), "a.py": USE}
    assert Tree(files).edges("a.py") == set()
    assert Tree({"tests/test_a.py": _classes(1) + USE}).edges() != set()


def test_a_known_value_is_no_guess() -> None:
    source = _classes(1) + "class D: pass\ndef go():\n    D().pull_all()\n"
    assert "a.py#C0.pull_all" not in Tree({"a.py": source}).targets("a.py#go")
