"""Imports: which module a name means, over roots, packages, re-exports and stars."""

from __future__ import annotations

import pytest

from blastradius.languages import python
from tests.unit.languages.python.trees import Tree

IMPORTS = [
    ("plain", "import pkg.mod\n", {"pkg/mod.py"}),
    ("alias", "import pkg.mod as m\n", {"pkg/mod.py"}),
    ("package", "import pkg\n", {"pkg/__init__.py"}),
    ("from", "from pkg.mod import f\n", {"pkg/mod.py#f"}),
    ("from alias", "from pkg.mod import f as g\n", {"pkg/mod.py#f"}),
    ("submodule", "from pkg import mod\n", {"pkg/mod.py"}),
    ("class", "from pkg.mod import C\n", {"pkg/mod.py#C"}),
    ("constant", "from pkg.mod import LIMIT\n", {"pkg/mod.py#LIMIT"}),
    ("several", "from pkg.mod import (\n    f,\n    C,\n)\n", {"pkg/mod.py#f", "pkg/mod.py#C"}),
    ("star", "from pkg.mod import *\n", {"pkg/mod.py"}),
    ("conditional", "if print:\n    import pkg.mod\n", {"pkg/mod.py"}),
    (
        "typing",
        "import typing\nif typing.TYPE_CHECKING:\n    from pkg.mod import C\n",
        {"pkg/mod.py#C"},
    ),
    ("guarded", "try:\n    import pkg.mod\nexcept ImportError:\n    pass\n", {"pkg/mod.py"}),
    ("dynamic", "import importlib\nm = importlib.import_module('pkg.mod')\n", {"pkg/mod.py"}),
    ("dunder", "m = __import__('pkg.mod')\n", {"pkg/mod.py"}),
    ("external", "import numpy.linalg\nfrom os import path\n", set()),
]
PKG = {
    "pkg/__init__.py": "",
    "pkg/mod.py": "LIMIT = 1\ndef f(): pass\nclass C:\n    def run(self): pass\n",
}


@pytest.mark.parametrize(
    ("source", "targets"), [one[1:] for one in IMPORTS], ids=[one[0] for one in IMPORTS]
)
def test_every_form_of_import(source: str, targets: set[str]) -> None:
    tree = Tree({**PKG, "main.py": source})
    assert tree.reached("main.py") == targets
    assert tree.dangling() == []


def test_an_import_in_a_function_belongs_to_the_function() -> None:
    tree = Tree({**PKG, "main.py": "def go():\n    from pkg.mod import f\n    f()\n"})
    assert tree.edges("main.py") == {
        "main.py#go import pkg/mod.py#f",
        "main.py#go call pkg/mod.py#f",
    }


RELATIVE = [
    ("from . import b", {"p/q/b.py"}),
    ("from .b import f", {"p/q/b.py#f"}),
    ("from .. import q", {"p/q/__init__.py"}),
    ("from ..c import g", {"p/c.py#g"}),
    ("from .... import x", set()),
]


@pytest.mark.parametrize(("source", "targets"), RELATIVE)
def test_relative_imports_go_by_folders(source: str, targets: set[str]) -> None:
    tree = Tree(
        {
            "p/__init__.py": "",
            "p/c.py": "def g(): pass\n",
            "p/q/__init__.py": "",
            "p/q/a.py": source + "\n",
            "p/q/b.py": "def f(): pass\n",
        }
    )
    assert tree.reached("p/q/a.py") == targets


def test_module_attribute_chains() -> None:
    tree = Tree(
        {**PKG, "main.py": "import pkg.mod\nimport pkg.mod as m\n\ndef go():\n    pkg.mod.f()\n"
         "    m.C.run(m.LIMIT)\n"}
    )  # fmt: skip
    assert tree.targets("main.py#go") == {
        "pkg/mod.py#f",
        "pkg/mod.py#C",
        "pkg/mod.py#C.run",
        "pkg/mod.py#C.run(self)",
        "pkg/mod.py#LIMIT",
    }
    assert tree.edge("main.py#go", "pkg/mod.py#f").tier == "certain"


def test_every_hop_of_a_reexport_is_an_edge_of_its_own() -> None:
    tree = Tree(
        {
            "pkg/__init__.py": "from .api import Client\n__all__ = ['Client']\n",
            "pkg/api.py": "from ._impl import Client as Client\n",
            "pkg/_impl.py": "class Client:\n    def get(self): pass\n",
            "main.py": "from pkg import Client\n\ndef go():\n    Client().get()\n",
        }
    )
    assert tree.edges(kind="import") == {
        "main.py import pkg/__init__.py#Client",
        "pkg/__init__.py#Client import pkg/api.py#Client",
        "pkg/api.py#Client import pkg/_impl.py#Client",
    }
    assert tree.targets("main.py#go", "call") == {
        "pkg/_impl.py#Client",
        "pkg/_impl.py#Client.get",
    }


def test_a_name_that_a_module_only_imported_leads_on_and_keeps_that_module() -> None:
    tree = Tree(
        {
            "a.py": "def f(): pass\n",
            "b.py": "from a import f\ndef g(): f()\n",
            "c.py": "from b import f\n",
        }
    )
    assert tree.reached("c.py") == {"a.py#f", "b.py"}


def test_star_imports_follow_public_names() -> None:
    files = {
        "pkg/__init__.py": "from .a import *\nfrom .b import *\n",
        "pkg/a.py": "__all__ = ['one', '_two']\nno = 1\ndef one(): pass\ndef _two(): pass\n",
        "pkg/b.py": "def three(): pass\ndef _four(): pass\n",
        "main.py": "from pkg import *\n\ndef go():\n    one(), three()\n",
        "other.py": "from pkg import _two\nfrom pkg import no\nfrom pkg import _four\n",
    }
    tree = Tree(files)
    assert tree.targets("main.py#go") == {"pkg/a.py#one", "pkg/b.py#three"}
    assert tree.dangling() == ["other.py:2 pkg.no", "other.py:3 pkg._four"]


def test_modules_that_star_import_each_other_are_no_endless_loop() -> None:
    tree = Tree(
        {
            "p/__init__.py": "",
            "p/a.py": "from p.b import *\ndef x(): pass\n",
            "p/b.py": "from p.a import *\ndef y(): pass\n",
            "p/c.py": "from p.a import x, y, z\n",
        }
    )
    assert tree.reached("p/c.py") >= {"p/a.py#x", "p/b.py#y"}
    assert tree.dangling() == ["p/c.py:1 p.a.z"]


def test_names_that_import_each_other_in_a_circle_are_unknown() -> None:
    tree = Tree({"a.py": "from b import x\n", "b.py": "from a import x\n"})
    assert tree.dangling() == []


ROOTS = [
    ("src layout", {"src/app/__init__.py": "", "src/app/core.py": "X = 1\n"}, "tests/t.py",
     "from app.core import X\n", "src/app/core.py#X", "certain"),
    ("script beside", {"jobs/helper.py": "X = 1\n"}, "jobs/run.py", "from helper import X\n",
     "jobs/helper.py#X", "certain"),
    ("namespace package", {"a/b/c.py": "X = 1\n"}, "run.py", "from a.b.c import X\n",
     "a/b/c.py#X", "certain"),
    ("package in a plugin folder", {"airflow/plugins/ops/__init__.py": "X = 1\n"},
     "airflow/dags/d.py", "from ops import X\n", "airflow/plugins/ops/__init__.py#X", "certain"),
    ("package of another project", {"libs/one/pkg/__init__.py": "X = 1\n"}, "app/run.py",
     "from pkg import X\n", "libs/one/pkg/__init__.py#X", "likely"),
    ("package beside its own tests", {"libs/one/pkg/__init__.py": "X = 1\n"},
     "libs/one/tests/t.py", "from pkg import X\n", "libs/one/pkg/__init__.py#X", "certain"),
    ("unknown root", {"x/y/deep/mod.py": "X = 1\n"}, "run.py", "from deep.mod import X\n",
     "x/y/deep/mod.py#X", "likely"),
]  # fmt: skip


@pytest.mark.parametrize("case", ROOTS, ids=[one[0] for one in ROOTS])
def test_source_roots_are_found(case: tuple[str, dict[str, str], str, str, str, str]) -> None:
    _, files, importer, source, target, tier = case
    tree = Tree({**files, importer: source})
    assert [(edge.target, edge.tier) for edge in tree.every(importer)] == [
        (f"python:{target}", tier)
    ]


def test_a_configured_root_is_certain() -> None:
    files = {"x/y/deep/mod.py": "X = 1\n", "run.py": "from deep.mod import X\n"}
    tree = Tree(files, roots=("x/y",))
    assert [edge.tier for edge in tree.every("run.py")] == ["certain"]


def test_the_nearest_root_wins() -> None:
    tree = Tree(
        {
            "one/util.py": "def f(): pass\n",
            "two/util.py": "def f(): pass\n",
            "one/run.py": "from util import f\n",
            "two/run.py": "from util import f\n",
        }
    )
    assert tree.reached("one/run.py") == {"one/util.py#f"}
    assert tree.reached("two/run.py") == {"two/util.py#f"}


def test_a_script_elsewhere_is_no_candidate_for_a_library() -> None:
    tree = Tree({"tests/fixtures/requests.py": "X = 1\n", "app/run.py": "import requests\n"})
    assert tree.edges() == set()
    assert tree.outcomes() == ["external requests"]


def test_the_standard_library_is_not_ours() -> None:
    tree = Tree({"tools/json.py": "X = 1\n", "tools/run.py": "import json\njson.loads('')\n"})
    assert tree.edges() == set()


def test_a_folder_named_like_a_library_is_not_the_library() -> None:
    tree = Tree(
        {"airflow/dags/d.py": "from airflow import DAG\nfrom airflow.models import Variable\n"}
    )
    assert tree.dangling() == []
    assert tree.outcomes() == ["external airflow.DAG", "external airflow.models.Variable"]


def test_dotted_names_from_other_languages() -> None:
    tree = Tree({**PKG, "gone/__init__.py": ""})

    def resolved(text: str) -> str | None:
        found = python.resolve_dotted(tree.tables, text)
        return None if found is None else found.symbol

    assert resolved("pkg.mod.C.run") == "python:pkg/mod.py#C.run"
    assert resolved("pkg.mod:f") == "python:pkg/mod.py#f"
    assert resolved("pkg.mod") == "python:pkg/mod.py"
    assert resolved("pkg.mod.absent") == ""
    assert resolved("pkg.mod.C.absent") == ""
    assert resolved("numpy.array") is None
    assert resolved("not a name") is None
    assert resolved("1.5") is None


def test_symbols() -> None:
    facts = Tree(PKG).facts["pkg/mod.py"]
    assert python.symbol("pkg/mod.py", facts.definitions, -1) == "python:pkg/mod.py"
    assert python.symbol("pkg/mod.py", facts.definitions, 0) == "python:pkg/mod.py"
    assert python.symbol("pkg/mod.py", facts.definitions, 1) == "python:pkg/mod.py#LIMIT"
