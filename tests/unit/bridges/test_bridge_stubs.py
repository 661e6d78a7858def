"""A stub and its module: a change in one reaches the users of the other."""

from __future__ import annotations

import pytest

from blastradius.changes.impact import impact
from blastradius.model.analysis import SymbolChange
from tests.linkedtree import edges_of, snapshot_of

MODULE = "def load(path):\n    return path\n\n\nclass Box:\n    size = 1\n"
STUB = "def load(path: str) -> str: ...\nclass Box:\n    size: int\ndef gone() -> None: ...\n"
USER = "from box import load\nload('x')\n"


@pytest.mark.parametrize(
    ("stub", "module"),
    [
        ("box.pyi", "box.py"),
        ("pkg/box.pyi", "pkg/box.py"),
        ("stubs/pkg/box.pyi", "pkg/box.py"),
        ("typings/pkg/box.pyi", "src/pkg/box.py"),
        ("pkg-stubs/box.pyi", "src/pkg/box.py"),
    ],
)
def test_names_that_both_have_are_linked_both_ways(stub: str, module: str) -> None:
    edges = edges_of({stub: STUB, module: MODULE}, "stub")
    names = {edge.needs for edge in edges if edge.path == stub}
    assert names == {"", "load", "load(path)", "Box", "Box.size"}
    assert {(edge.source, edge.target) for edge in edges} == {
        (edge.target, edge.source) for edge in edges
    }


def test_a_stub_without_its_module_is_linked_to_nothing() -> None:
    assert edges_of({"box.pyi": STUB, "other/box.py": MODULE}, "stub") == []


def test_a_change_in_the_stub_reaches_who_uses_the_module() -> None:
    snapshot = snapshot_of({"box.pyi": STUB, "box.py": MODULE, "app.py": USER})
    change = SymbolChange("python:box.pyi#load", "signature", "breaking", "box.pyi", 1, ("c",))
    reached = {one.symbol for one in impact(snapshot, snapshot, [change])}
    assert {"python:box.py#load", "python:app.py"} <= reached


def test_a_stub_that_stands_alone_is_the_module() -> None:
    tree = {"box.pyi": STUB, "app.py": USER}
    assert "python:box.pyi#load" in {edge.target for edge in edges_of(tree, "call")}
