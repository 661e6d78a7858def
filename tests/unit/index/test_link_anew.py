"""Which Python files are linked anew when one of the tree changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from blastradius.index.link import Options, link
from blastradius.languages import python
from blastradius.languages.python.tables import Tables
from blastradius.model.facts import Facts
from blastradius.model.symbols import Linked
from tests.linkedtree import files_of

TREE = {
    "store.py": "class Store:\n    def get(self, key):\n        return key\n",
    "api.py": "from store import Store\n\ndef read(key):\n    return Store().get(key)\n",
    "app.py": "from api import read\n\ndef main():\n    read('a')\n",
    "other.py": "import os\n\ndef alone():\n    return os.getcwd()\n",
}


class Runs:
    """Links trees one after the other with one memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.anew: list[str] = []

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value

    def link(self, tree: Mapping[str, str]) -> list[str]:
        """Return the files that were linked anew."""
        self.anew.clear()
        ids = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in tree.items()}
        options = Options(paths=frozenset(tree), content=ids.__getitem__, memo=self)
        link(files_of(tree), options)
        return list(self.anew)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    made, real = Runs(), python.link

    def counting(path: str, facts: Facts, known: Tables) -> Linked:
        made.anew.append(path)
        return real(path, facts, known)

    monkeypatch.setattr(python, "link", counting)
    made.link(TREE)
    return made


def test_nothing_when_nothing_changed(runs: Runs) -> None:
    assert runs.link(TREE) == []


def test_a_file_and_those_that_look_into_it(runs: Runs) -> None:
    changed = {**TREE, "store.py": TREE["store.py"].replace("return key", "return key or None")}
    assert runs.link(changed) == ["api.py", "store.py"]


def test_a_file_that_nobody_looks_into(runs: Runs) -> None:
    assert runs.link({**TREE, "other.py": "def alone():\n    return 1\n"}) == ["other.py"]


def test_a_new_file_that_takes_a_name(runs: Runs) -> None:
    """``import os`` in other.py asked the tree for a module of that name: the answer stays no."""
    assert runs.link({**TREE, "new.py": "from other import alone\n"}) == ["new.py"]


def test_a_file_that_goes_dangles_where_it_was_used(runs: Runs) -> None:
    without = {path: text for path, text in TREE.items() if path != "store.py"}
    assert "api.py" in runs.link(without)
    assert "other.py" not in runs.anew


def test_what_flows_into_a_parameter_is_an_answer_too(runs: Runs) -> None:
    """``use`` is unchanged; that it runs Store.get rests on who calls it with what."""
    use = "def use(thing):\n    return thing.get(1)\n"
    caller = "from store import Store\nfrom use import use\n\nuse(Store())\n"
    runs.link({**TREE, "use.py": use})
    assert "use.py" in runs.link({**TREE, "use.py": use, "caller.py": caller})
