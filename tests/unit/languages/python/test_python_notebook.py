"""Notebooks: code cells are Python, and every line is a line of the notebook's own file."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.languages import python
from blastradius.languages.python.notebook import is_notebook, read_notebook
from tests.linkedtree import edges_of, pairs, snapshot_of

LIB = "def load(path):\n    return path\n"


def notebook(
    *cells: str | tuple[str, str], language: str = "python", indent: int | None = 1
) -> str:
    """Return a notebook with these code cells; a pair is (cell type, source)."""
    made = []
    for one in cells:
        kind, source = one if isinstance(one, tuple) else ("code", one)
        lines = source.splitlines(keepends=True)
        cell: dict[str, object] = {
            "cell_type": kind,
            "metadata": {"source": "no code"},
            "source": lines,
        }
        if kind == "code":
            cell |= {"execution_count": 1, "outputs": [{"text": ["cells", "source"]}]}
        made.append(cell)
    meta = {"kernelspec": {"language": language, "name": "x"}, "language_info": {"name": language}}
    whole = {"cells": made, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=indent)


def line_of(text: str, part: str) -> int:
    return next(number for number, one in enumerate(text.splitlines(), 1) if part in one)


def names(text: str) -> list[str]:
    return [one.name for one in python.extract(text.encode()).definitions if one.name]


def test_a_notebook_depends_on_the_module_that_it_imports() -> None:
    text = notebook(
        "import os\nfrom lib import load\n", ("markdown", "def no(): pass"), "load('x')\n"
    )
    edges = edges_of({"lib.py": LIB, "look.ipynb": text}, "import", "call")
    assert ("python:look.ipynb", "python:lib.py#load", "certain") in pairs(edges)
    assert {edge.line for edge in edges if edge.kind == "call"} == {line_of(text, "load('x')")}
    assert {edge.line for edge in edges if edge.kind == "import"} == {line_of(text, "from lib")}


def test_definitions_stand_on_lines_of_the_file() -> None:
    text = notebook("x = 1", "def first():\n    return x\n\n\nclass Second:\n    pass")
    found = {one.name: one for one in python.extract(text.encode()).definitions}
    assert found["first"].line == line_of(text, "def first")
    assert found["first"].end == line_of(text, "return x")
    assert found["Second"].line == line_of(text, "class Second")


def test_a_source_that_is_one_string_stands_on_one_line() -> None:
    text = json.dumps(
        {
            "cells": [{"cell_type": "code", "source": "import os\ndef f():\n    pass\n"}],
            "nbformat": 4,
        },
        indent=1,
    )
    (found,) = [one for one in python.extract(text.encode()).definitions if one.name == "f"]
    assert found.line == found.end == line_of(text, "def f")


@pytest.mark.parametrize(
    "line", ["%matplotlib inline", "!pip install x", "load?", "files = !ls", "x = %env HOME"]
)
def test_lines_for_ipython_are_blanked(line: str) -> None:
    text = notebook(f"{line}\ndef f():\n    if 1:\n        {line}\n")
    facts = python.extract(text.encode())
    assert facts.parsed == "full"
    assert "f" in [one.name for one in facts.definitions]


def test_an_operator_at_the_start_of_a_line_is_no_magic() -> None:
    text = notebook("x = ('%s'\n% y)\n")
    assert names(text) == ["x"]


@pytest.mark.parametrize(
    ("magic", "expected"), [("%%time", ["f"]), ("%%bash", []), ("%%sql x", [])]
)
def test_cell_magics_say_whether_the_cell_is_python(magic: str, expected: list[str]) -> None:
    text = notebook(f"{magic}\ndef f(): pass\n!ls\n")
    assert names(text) == expected
    assert python.extract(text.encode()).problems == ()


def test_a_cell_that_is_no_python_is_told_and_the_others_stay() -> None:
    text = notebook("def f(: pass", "def g(): pass")
    facts = python.extract(text.encode())
    assert facts.parsed == "partial"
    assert [one.line for one in facts.problems] == [3]
    assert names(text) == ["g"]


def test_a_notebook_of_another_language_has_no_python() -> None:
    assert names(notebook("f <- 1", "def f(): pass", language="R")) == []


def test_names_that_the_kernel_brings_are_not_missing() -> None:
    tree = {"look.ipynb": notebook("display(get_ipython())\nlater()", "def later(): pass")}
    assert snapshot_of(tree).linked.dangling == ()


def test_what_a_notebook_imports_in_vain_is_missing() -> None:
    tree = {"lib/__init__.py": "", "look.ipynb": notebook("from lib import gone")}
    assert [one.name for one in snapshot_of(tree).linked.dangling] == ["lib.gone"]


def test_nobody_imports_a_notebook() -> None:
    tree = {"look.ipynb": notebook("x = 1"), "app.py": "import look\nlook.x\n"}
    assert edges_of(tree, "import", "reference") == []


@pytest.mark.parametrize(
    "text",
    [
        '{"nbformat": 4, "cells": ' + "[" * 5_000,
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["\\q"]}]}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1, null, {"source": "x"}]}',
        '{"cells": {"nbformat": [}}}]]]',
        json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "(" * 5_000}]}),
    ],
)
def test_what_is_no_whole_notebook_is_a_problem_or_nothing(text: str) -> None:
    facts = python.extract(text.encode())
    assert [one.name for one in facts.definitions if one.name] == []


@given(
    st.lists(st.lists(st.sampled_from(["x = 1", "", "%magic", "y = 'a\\nb'", "# é"]), max_size=4))
)
def test_each_line_is_found_where_the_file_has_it(cells: Sequence[Sequence[str]]) -> None:
    text = notebook(*("\n".join(one) for one in cells))
    lines, problems = read_notebook(text)
    physical = text.splitlines()
    assert problems == []
    for one in lines:
        if one.text not in {"", "pass"}:
            assert json.dumps(one.text)[1:-1] in physical[one.line - 1]
    assert [one.line for one in lines] == sorted(one.line for one in lines)


def test_python_that_starts_with_a_brace_is_python() -> None:
    assert not is_notebook(b"{'cells': 1}\n")
    assert names("{'a': 1}\nx = 1\n") == ["x"]
