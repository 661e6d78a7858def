from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.bridges.paths import resolve
from tests.linkedtree import Texts, edges_of, pairs, snapshot_of

YAML = "a: 1\n"


def named(said: str, where: str, *paths: str) -> set[tuple[str, str, str]]:
    """Return the path edges of a Python file at ``where`` that opens ``said``."""
    texts: dict[str, str] = dict.fromkeys(paths, YAML)
    texts[where] = f"open({said!r})\n"
    return pairs(edges_of(texts, "path"))


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ("data/x.yaml", "data/x.yaml"),
        ("./data/x.yaml", "data/x.yaml"),
        ("near.yaml", "app/near.yaml"),
        ("../up.yaml", "up.yaml"),
        ("../app/near.yaml", "app/near.yaml"),
    ],
)
def test_a_path_from_the_root_or_from_here_is_certain(said: str, target: str) -> None:
    found = named(said, "app/run.py", "data/x.yaml", "app/near.yaml", "up.yaml")
    assert found == {("python:app/run.py", f"file:{target}", "certain")}


def test_a_file_at_the_root_and_one_here_leave_it_open() -> None:
    found = named("conf/x.yaml", "app/run.py", "conf/x.yaml", "app/conf/x.yaml")
    assert found == {("python:app/run.py", "file:conf/x.yaml", "heuristic")}


def test_the_end_of_one_path_is_likely_that_file() -> None:
    found = named("conf/x.yaml", "run.py", "deep/er/conf/x.yaml", "deep/er/conf/y.yaml")
    assert found == {("python:run.py", "file:deep/er/conf/x.yaml", "likely")}


def test_a_longer_end_tells_two_files_apart() -> None:
    found = named("two/conf/x.yaml", "run.py", "deep/one/conf/x.yaml", "deep/two/conf/x.yaml")
    assert found == {("python:run.py", "file:deep/two/conf/x.yaml", "likely")}


def test_the_end_of_two_paths_is_no_edge_but_is_counted() -> None:
    texts: Texts = {"run.py": 'open("conf/x.yaml")\n', "a/conf/x.yaml": YAML, "b/conf/x.yaml": YAML}
    linked = snapshot_of(texts).linked
    assert not [edge for edge in linked.edges if edge.kind == "path"]
    assert linked.tallies["paths"].unresolved == {"ambiguous": 1}
    assert linked.tallies["paths"].resolved == 0


def test_a_bare_name_far_away_is_no_reference() -> None:
    assert named("x.yaml", "run.py", "deep/x.yaml") == set()


@pytest.mark.parametrize(
    "said", ["../../etc/x.yaml", "/etc/x.yaml", "../../../../etc/x.yaml", "a/../../../etc/x.yaml"]
)
def test_what_lies_outside_the_repository_is_no_edge(said: str) -> None:
    assert named(said, "a/run.py", "b/etc/x.yaml", "etc/x.yaml") == set()


def test_a_file_that_names_itself_gives_no_edge() -> None:
    assert named("app/run.py", "app/run.py") == set()


def test_the_site_is_the_definition_and_the_line_that_say_it() -> None:
    (edge,) = edges_of(
        {"run.py": '\n\ndef run():\n    return open("data/x.yaml")\n', "data/x.yaml": YAML}, "path"
    )
    assert (edge.source, edge.path, edge.line, edge.needs) == (
        "python:run.py#run",
        "run.py",
        4,
        "data/x.yaml",
    )


def test_a_file_that_no_language_reads_can_be_named_too() -> None:
    found = named("data/nights.parquet", "run.py", "data/nights.parquet")
    assert found == {("python:run.py", "file:data/nights.parquet", "certain")}


PARTS = st.sampled_from(["a", "b", "..", ".", "x.yaml", ""])


@given(st.lists(PARTS, min_size=1, max_size=6), st.sampled_from(["run.py", "a/run.py", "a/b/r.py"]))
def test_an_exact_answer_is_where_the_filesystem_would_look(parts: list[str], where: str) -> None:
    paths = frozenset({"x.yaml", "a/x.yaml", "b/x.yaml", "a/b/x.yaml"})
    said = "/".join(parts)
    found, _ = resolve(said, where, paths, {})
    looked = {posixpath.normpath(said), posixpath.normpath(f"{posixpath.dirname(where)}/./{said}")}
    if posixpath.dirname(where) == "":
        looked = {posixpath.normpath(said)}
    if posixpath.isabs(said):
        looked = set()
    assert set(found) <= looked & paths
    assert bool(found) == bool(looked & paths)


def test_a_bare_name_in_a_config_means_the_file_beside_it() -> None:
    texts = {"a/conf.yaml": "readme: notes.md\n", "a/notes.md": "", "notes.md": ""}
    assert pairs(edges_of(texts, "path")) == {
        ("yaml:a/conf.yaml#readme", "file:a/notes.md", "likely")
    }


def test_code_that_starts_from_its_own_file_says_so() -> None:
    for said in (
        'Path(__file__).parent / "x.yaml"',
        'Path(__file__).resolve().parents[0] / "x.yaml"',
        'os.path.join(os.path.dirname(__file__), "x.yaml")',
    ):
        texts = {"a/run.py": f"A = {said}\n", "a/x.yaml": YAML, "x.yaml": YAML}
        assert pairs(edges_of(texts, "path")) == {("python:a/run.py#A", "file:a/x.yaml", "certain")}
    up = {"a/run.py": 'A = Path(__file__).parent.parent / "x.yaml"\n', "a/x.yaml": "", "x.yaml": ""}
    assert pairs(edges_of(up, "path")) == {("python:a/run.py#A", "file:x.yaml", "certain")}


def test_a_bare_name_below_a_computed_folder_is_anybody_s() -> None:
    texts = {"a/run.py": 'A = base() / "x.yaml"\n', "a/x.yaml": YAML, "x.yaml": YAML}
    assert pairs(edges_of(texts, "path")) == set()
    tail = {"a/run.py": 'A = base() / "conf" / "x.yaml"\n', "b/conf/x.yaml": YAML}
    assert pairs(edges_of(tail, "path")) == {("python:a/run.py#A", "file:b/conf/x.yaml", "likely")}


def test_a_bare_name_in_a_nested_config_is_hardly_the_file_at_the_top() -> None:
    texts = {"a/conf.yaml": "readme: notes.md\n", "notes.md": ""}
    assert pairs(edges_of(texts, "path")) == {
        ("yaml:a/conf.yaml#readme", "file:notes.md", "heuristic")
    }
