"""pytest's lookup of fixtures: class, module, conftest.py upwards, plugins."""

from __future__ import annotations

import pytest

from tests.linkedtree import Texts, edges_of, pairs

FIXTURE = "import pytest\n@pytest.fixture\ndef {}():\n    return 1\n"
TEST = "def test_it(db):\n    assert db\n"


def asked(texts: Texts) -> set[tuple[str, str]]:
    """Return (who asks, which fixture) without the language's prefix."""
    edges = edges_of(texts, "fixture")
    return {
        (edge.source.removeprefix("python:"), edge.target.removeprefix("python:")) for edge in edges
    }


def test_a_parameter_of_a_test_is_the_fixture_of_its_module() -> None:
    tree = {"tests/test_a.py": FIXTURE.format("db") + TEST}
    (edge,) = edges_of(tree, "fixture")
    assert pairs([edge]) == {
        ("python:tests/test_a.py#test_it", "python:tests/test_a.py#db", "likely")
    }
    assert (edge.line, edge.needs) == (5, "db")


def test_the_nearest_conftest_wins() -> None:
    tree = {
        "conftest.py": FIXTURE.format("db"),
        "tests/conftest.py": FIXTURE.format("db"),
        "tests/unit/conftest.py": FIXTURE.format("other"),
        "tests/unit/test_a.py": TEST,
        "test_b.py": TEST,
    }
    assert asked(tree) == {
        ("tests/unit/test_a.py#test_it", "tests/conftest.py#db"),
        ("test_b.py#test_it", "conftest.py#db"),
    }


def test_a_fixture_that_asks_for_its_own_name_means_the_one_above() -> None:
    inner = "import pytest\n@pytest.fixture\ndef db(db):\n    return db\n"
    tree = {
        "conftest.py": FIXTURE.format("db"),
        "tests/conftest.py": inner,
        "tests/test_a.py": TEST,
    }
    assert asked(tree) == {
        ("tests/conftest.py#db", "conftest.py#db"),
        ("tests/test_a.py#test_it", "tests/conftest.py#db"),
    }


def test_a_class_has_fixtures_of_its_own_and_of_its_bases() -> None:
    tree = {
        "conftest.py": FIXTURE.format("db"),
        "test_a.py": (
            "import pytest\n"
            "class Base:\n"
            "    @pytest.fixture\n"
            "    def cache(self): ...\n"
            "class TestX(Base):\n"
            "    @pytest.fixture\n"
            "    def db(self, tmp_path): ...\n"
            "    def test_x(self, db, cache): ...\n"
            "    def helper(self, db): ...\n"
        ),
    }
    assert asked(tree) == {
        ("test_a.py#TestX.test_x", "test_a.py#TestX.db"),
        ("test_a.py#TestX.test_x", "test_a.py#Base.cache"),
    }


def test_an_imported_fixture_counts_as_the_modules_own() -> None:
    tree = {
        "tests/__init__.py": "",
        "tests/shared.py": FIXTURE.format("db"),
        "tests/conftest.py": "from tests.shared import db\n",
        "tests/test_a.py": TEST,
    }
    assert asked(tree) == {("tests/test_a.py#test_it", "tests/shared.py#db")}


def test_a_fixture_may_have_another_name_than_its_function() -> None:
    maker = "import pytest\n@pytest.fixture(name='db', scope='session')\ndef _make(): ...\n"
    tree = {"conftest.py": maker, "test_a.py": TEST + "def test_no(_make): ...\n"}
    assert asked(tree) == {("test_a.py#test_it", "conftest.py#_make")}


def test_usefixtures_and_autouse_ask_without_a_parameter() -> None:
    maker = "import pytest\n@pytest.fixture(autouse=True)\ndef clean(): ...\n"
    user = (
        "import pytest\n"
        "@pytest.mark.usefixtures('db', 'web')\n"
        "class TestX:\n"
        "    def test_x(self): ...\n"
    )
    tree = {"conftest.py": maker + FIXTURE.format("db"), "tests/test_a.py": user}
    assert asked(tree) == {
        ("tests/test_a.py#TestX", "conftest.py#db"),
        ("tests/test_a.py", "conftest.py#clean"),
    }


@pytest.mark.parametrize(
    "test",
    [
        "@pytest.mark.parametrize('db', [1])\ndef test_it(db): ...\n",
        "@pytest.mark.parametrize(('a', 'db'), [(1, ')')])\ndef test_it(a, db): ...\n",
        "@pytest.mark.parametrize('a, db', [(1, 2)], ids=['('])\ndef test_it(a, db): ...\n",
        "@given(db=integers())\ndef test_it(db): ...\n",
        "def test_it(db=None): ...\n",
        "def test_it(*db): ...\n",
        "def helper(db): ...\n",
    ],
)
def test_what_something_else_fills_is_no_fixture(test: str) -> None:
    head = (
        "import pytest\nfrom hypothesis import given\nfrom hypothesis.strategies import integers\n"
    )
    assert asked({"conftest.py": FIXTURE.format("db"), "test_a.py": head + test}) == set()


def test_an_indirect_parameter_is_a_fixture_all_the_same() -> None:
    test = (
        "import pytest\n@pytest.mark.parametrize('db', [1], indirect=True)\ndef test_it(db): ...\n"
    )
    tree = {"conftest.py": FIXTURE.format("db"), "test_a.py": test}
    assert asked(tree) == {("test_a.py#test_it", "conftest.py#db")}


def test_a_plugin_that_the_tree_names_gives_fixtures() -> None:
    tree = {
        "conftest.py": "pytest_plugins = ['plugs.data']\n",
        "plugs/__init__.py": "",
        "plugs/data.py": FIXTURE.format("db"),
        "plugs/more.py": FIXTURE.format("db"),
        "tests/test_a.py": TEST,
    }
    assert asked(tree) == {("tests/test_a.py#test_it", "plugs/data.py#db")}


def test_the_only_fixture_of_that_name_outside_the_tests_is_a_plugins() -> None:
    tree = {
        "src/plug/__init__.py": "",
        "src/plug/plugin.py": FIXTURE.format("db"),
        "tests/test_a.py": TEST,
        "tests/other/conftest.py": FIXTURE.format("unseen"),
        "tests/test_b.py": "def test_it(unseen): ...\n",
    }
    (edge,) = edges_of(tree, "fixture")
    assert (edge.target, edge.confidence) == ("python:src/plug/plugin.py#db", 0.9)


def test_what_a_conftest_imports_is_used_unasked_too() -> None:
    maker = "import pytest\n@pytest.fixture(autouse=True)\ndef {}(): ...\n"
    tree = {
        "tests/__init__.py": "",
        "tests/shared.py": maker.format("clean"),
        "tests/more.py": maker.format("tidy") + maker.format("unseen"),
        "tests/conftest.py": "from tests.shared import *\nfrom tests.more import tidy\n",
        "tests/test_a.py": "def test_it(): ...\n",
    }
    assert asked(tree) == {
        ("tests/test_a.py", "tests/shared.py#clean"),
        ("tests/test_a.py", "tests/more.py#tidy"),
    }
