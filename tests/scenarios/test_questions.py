"""``impact``, ``why`` and ``graph`` on whole repositories, and on folders that git knows nothing of."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import blastradius
from blastradius import demo
from blastradius.cli import main
from blastradius.errors import RangeError, RepositoryError, UsageError
from tests.gitworld import GitWorld
from tests.linkedtree import snapshot_of

Captured = pytest.CaptureFixture[str]
TEXTS = {
    "lib.py": "def f(x):\n    return x\n\n\ndef lonely():\n    return 1\n",
    "app.py": "from lib import f\n\n\ndef main():\n    return f(1)\n",
    "run.sh": "python -c 'import lib; lib.lonely()'\n",
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.build(tmp_path_factory.mktemp("demo") / "warehouse").path


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    folder = tmp_path / "repo"
    folder.mkdir()
    made = GitWorld(folder)
    made.commit("one", TEXTS)
    return made


def plain(folder: Path, texts: dict[str, str] = TEXTS) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def told(capsys: Captured, *words: str | Path) -> str:
    """Run a command that must succeed and return its report, wrapped lines joined."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return re.sub(r"\n +(?=\S)", " ", out)


def edges_of(graph: blastradius.DependencyGraph) -> set[tuple[str, str, str]]:
    return {(one.source, one.target, one.kind) for one in graph.edges}


# The demo: one field through four files.


def test_the_field_is_followed_from_the_last_table_to_the_connector(
    warehouse: Path, capsys: Captured
) -> None:
    text = told(
        capsys, "why", "gold.daily_summary.hrv_score", "oura_connector.py", "--repo", warehouse
    )
    assert "4 steps, certain" in text
    assert (
        "1  gold/daily_summary.sql:6 computes hrv_score from silver.oura_sleep.hrv_score, which "
        "silver/oura_sleep.sql:6 selects 2  silver/oura_sleep.sql:6 selects hrv_score, which "
        "run_merge.py:23 writes 3  run_merge.py:23 uses hrv_score, which "
        "config/sources_config.yaml:13 lists 4  config/sources_config.yaml:13 lists hrv_score, "
        "which oura_connector.py:18 writes" in text
    )


def test_the_other_way_round_there_is_none_and_that_is_said(
    warehouse: Path, capsys: Captured
) -> None:
    text = told(capsys, "why", "oura_connector.py", "gold.daily_summary", "--repo", warehouse)
    assert "none leads from oura_connector.py to gold.daily_summary" in text
    assert "one may be hidden" in text
    assert "gold.daily_summary depends on oura_connector.py" in text


def test_the_impact_of_the_connector_reaches_every_language(warehouse: Path) -> None:
    found = blastradius.impact(warehouse, "OuraConnector")
    assert {one.path for one in found.impact} == {
        "config/sources_config.yaml",
        "run_merge.py",
        "silver/oura_sleep.sql",
        "gold/daily_summary.sql",
    }
    assert found.total == len(found.impact) == sum(found.by_distance.values())
    distances = [one.distance for one in found.impact]
    assert distances == sorted(distances)
    for one in found.impact:
        assert len(one.witness) == one.distance
        assert one.witness[0].source == one.symbol


def test_the_other_connector_is_not_reached(warehouse: Path) -> None:
    found = blastradius.impact(warehouse, "oura_connector.py")
    assert not any("garmin" in one.symbol for one in found.impact)


def test_pages_are_parts_of_the_whole(warehouse: Path) -> None:
    whole = blastradius.impact(warehouse, "OuraConnector").impact
    pages = [
        blastradius.impact(warehouse, "OuraConnector", limit=10, offset=offset).impact
        for offset in (0, 10, 20, 30)
    ]
    assert [one for page in pages for one in page] == list(whole)


def test_bounds_on_depth_confidence_and_kind_hold(warehouse: Path) -> None:
    near = blastradius.impact(warehouse, "OuraConnector", depth=1).impact
    assert {one.distance for one in near} == {1}
    sure = blastradius.impact(warehouse, "OuraConnector", min_confidence=0.95).impact
    assert sure
    assert all(one.confidence >= 0.95 for one in sure)
    named = blastradius.impact(warehouse, "OuraConnector", edge=["dotted"]).impact
    assert {step.kind for one in named for step in one.witness} <= {"dotted", "contains"}


def test_a_kind_that_no_edge_has_is_told(warehouse: Path, capsys: Captured) -> None:
    for words in (["impact", "OuraConnector"], ["why", "silver", "gold"], ["graph"]):
        assert main([*words, "--edge", "calls", "--repo", str(warehouse)]) == 0
        err = capsys.readouterr().err
        assert "no edge of this tree is of the kind 'calls': there are" in err
        assert "value" in err


def test_a_column_that_three_tables_have_is_refused_with_the_candidates(
    warehouse: Path, capsys: Captured
) -> None:
    assert main(["impact", "hrv_score", "--repo", str(warehouse)]) == 2
    err = capsys.readouterr().err
    assert "'hrv_score' names" in err
    assert "sql:silver.oura_sleep.hrv_score (silver/oura_sleep.sql:6)" in err


def test_two_runs_give_the_same_bytes(warehouse: Path, capsys: Captured) -> None:
    for words in (
        ["impact", "OuraConnector"],
        ["why", "gold.daily_summary", "oura_connector.py"],
        ["graph"],
        ["graph", "--level", "file"],
    ):
        runs = []
        for more in ([], ["--no-cache", "--jobs", "1"]):
            command = [*words, "--repo", str(warehouse), "--format", "json", *more]
            assert main(command) == 0
            runs.append(capsys.readouterr().out)
        assert runs[0] == runs[1]


def test_the_file_graph_is_the_cascade(warehouse: Path) -> None:
    graph = blastradius.dependency_graph(warehouse, level="file")
    pairs = {(one.source, one.target) for one in graph.edges}
    assert {
        ("file:gold/daily_summary.sql", "file:silver/oura_sleep.sql"),
        ("file:silver/oura_sleep.sql", "file:run_merge.py"),
        ("file:run_merge.py", "file:config/sources_config.yaml"),
        ("file:config/sources_config.yaml", "file:oura_connector.py"),
    } <= pairs
    assert {one.kind for one in graph.nodes} == {"file"}
    order = nx.DiGraph(pairs)
    assert nx.is_directed_acyclic_graph(order)


# Zero, honestly.


def test_a_use_that_no_language_reads_is_named_where_nothing_was_found(
    world: GitWorld, capsys: Captured
) -> None:
    text = told(capsys, "impact", "lonely", "--repo", world.path)
    assert "nothing was found, which is no proof" in text
    assert "MIGHT NAME IT  1 line in the tree with the word lonely" in text
    assert "run.sh:1" in text
    found = blastradius.impact(world.path, "lonely")
    assert (found.impact, found.total, found.mentioned) == ((), 0, 1)


def test_a_found_dependent_needs_no_word_search(world: GitWorld) -> None:
    found = blastradius.impact(world.path, "lib.f")
    assert [one.symbol for one in found.impact if one.distance == 1]
    assert found.mentions == ()


def test_why_looks_for_the_name_in_the_source_only(world: GitWorld) -> None:
    found = blastradius.why(world.path, "run.sh", "lonely")
    assert [(one.path, one.line) for one in found.mentions] == [("run.sh", 1)]
    assert blastradius.why(world.path, "app.py", "lonely").mentions == ()


def test_a_thing_and_a_part_of_it_cannot_be_asked_about(world: GitWorld) -> None:
    with pytest.raises(UsageError, match="a part of the other"):
        blastradius.why(world.path, "app.py#main", "app.py")


# Which tree.


def test_another_revision_can_be_asked(world: GitWorld) -> None:
    first = world.head()
    world.commit("two", {"app.py": "def main():\n    return 2\n"})
    assert not blastradius.impact(world.path, "lib.py#f").impact
    assert blastradius.impact(world.path, "lib.py#f", at="HEAD~1").impact
    assert blastradius.impact(world.path, "lib.py#f", at=first).at == first


def test_the_work_tree_can_be_asked_with_what_is_not_tracked(world: GitWorld) -> None:
    world.commit("ignore", {".gitignore": "hidden.py\n"})
    use = "from lib import f\n\nf(2)\n"
    world.write({"new.py": use, "hidden.py": use})
    before = world.git("status", "--porcelain", "--ignored")
    assert "new.py" not in {one.path for one in blastradius.impact(world.path, "lib.f").impact}
    found = blastradius.impact(world.path, "lib.f", worktree=True)
    assert found.at == "worktree"
    assert "new.py" in {one.path for one in found.impact}
    assert "hidden.py" not in {one.path for one in found.impact}
    assert world.git("status", "--porcelain", "--ignored") == before


@pytest.mark.parametrize(
    ("rev", "said"),
    [
        ("nope", "'nope' is no revision"),
        ("HEAD~9", "beyond"),
        ("HEAD..HEAD", "is a range"),
        ("", "is not a range"),
        ("^HEAD", "is not a commit"),
    ],
)
def test_a_revision_that_is_none_is_refused(world: GitWorld, rev: str, said: str) -> None:
    with pytest.raises(RangeError, match=said):
        blastradius.impact(world.path, "lib.f", at=rev)


def test_a_revision_and_the_work_tree_exclude_each_other(world: GitWorld) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        blastradius.dependency_graph(world.path, at="HEAD", worktree=True)


def test_before_the_first_commit_the_work_tree_is_asked(tmp_path: Path) -> None:
    made = GitWorld(tmp_path)
    made.write(TEXTS)
    graph = blastradius.dependency_graph(tmp_path)
    assert graph.at == "worktree"
    assert ("python:app.py#main", "python:lib.py#f", "call") in edges_of(graph)


def test_a_bare_repository_is_asked_at_head(world: GitWorld, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    world.git("clone", "-q", "--bare", str(world.path), str(bare))
    assert edges_of(blastradius.dependency_graph(bare)) == edges_of(
        blastradius.dependency_graph(world.path)
    )


def test_a_folder_of_a_repository_is_a_tree_of_its_own(world: GitWorld) -> None:
    world.commit("more", {f"pkg/{name}": text for name, text in TEXTS.items()})
    graph = blastradius.dependency_graph(world.path / "pkg")
    assert {one.path for one in graph.nodes} <= {"", *TEXTS}
    assert graph.at == world.head()
    assert ("python:app.py#main", "python:lib.py#f", "call") in edges_of(graph)


def test_a_folder_that_git_does_not_track_is_a_plain_one(world: GitWorld) -> None:
    (world.path / "scratch").mkdir()
    plain(world.path / "scratch")
    assert blastradius.dependency_graph(world.path / "scratch").at == "folder"
    with pytest.raises(RangeError, match="no scratch in HEAD"):
        blastradius.dependency_graph(world.path / "scratch", at="HEAD")
    assert blastradius.dependency_graph(world.path / "scratch", worktree=True).at == "worktree"


# A folder without git.


def test_a_plain_folder_has_the_graph_that_git_would_give_it(
    world: GitWorld, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    found = blastradius.dependency_graph(plain(folder))
    known = blastradius.dependency_graph(world.path)
    assert found.at == "folder"
    assert (found.nodes, found.edges, found.coverage) == (
        known.nodes,
        known.edges,
        known.coverage,
    )


def test_nothing_is_written_into_a_plain_folder(tmp_path: Path) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in [plain(tmp_path), *sorted(tmp_path.rglob("*"))]
    }
    blastradius.dependency_graph(tmp_path)
    blastradius.impact(tmp_path, "lib.f")
    after = {path: path.stat().st_mtime_ns for path in [tmp_path, *sorted(tmp_path.rglob("*"))]}
    assert after == before


def test_a_plain_folder_can_be_asked_what_depends_on_what(tmp_path: Path) -> None:
    plain(tmp_path)
    assert blastradius.impact(tmp_path, "lib.py#f").at == "folder"
    assert [one.kind for one in blastradius.why(tmp_path, "app.py", "lib.py").chain]


def test_what_a_plain_folder_leaves_out_is_a_problem(tmp_path: Path) -> None:
    plain(tmp_path, {**TEXTS, "node_modules/x/a.py": "import lib\n", "big.py": "x = 1\n" * 200_000})
    problems = {one.path: one.what for one in blastradius.dependency_graph(tmp_path).problems}
    assert problems["node_modules"].startswith("folder left out")
    assert problems["big.py"] == "left out: over max_file_bytes"


def test_a_plain_folder_has_its_own_configuration(tmp_path: Path) -> None:
    plain(tmp_path, {**TEXTS, "blastradius.toml": 'exclude = ["app.py"]\n'})
    sources = {source for source, _, _ in edges_of(blastradius.dependency_graph(tmp_path))}
    assert not any("app.py" in one for one in sources)


def test_a_plain_folder_that_links_to_itself_and_to_a_device(tmp_path: Path) -> None:
    plain(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.py")
    found = blastradius.dependency_graph(tmp_path, level="file")
    assert [one.id for one in found.nodes] == ["file:app.py", "file:lib.py", "file:run.sh"]


def test_a_plain_folder_has_no_revisions(tmp_path: Path) -> None:
    for more in ({"at": "HEAD"}, {"worktree": True}):
        options: dict[str, Any] = more
        with pytest.raises(UsageError, match="git does not know"):
            blastradius.dependency_graph(tmp_path, **options)
    with pytest.raises(RepositoryError, match="does not exist"):
        blastradius.dependency_graph(tmp_path / "nowhere")
    with pytest.raises(RepositoryError, match="is a file"):
        blastradius.dependency_graph(plain(tmp_path) / "lib.py")


def test_an_empty_folder_has_an_empty_graph(tmp_path: Path, capsys: Captured) -> None:
    assert main(["graph", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["nodes"], found["edges"]) == ([], [])


# Other tools.


def test_networkx_reads_from_graphml_what_the_library_gives(
    world: GitWorld, tmp_path: Path
) -> None:
    target = tmp_path / "graph.graphml"
    assert main(["graph", "--repo", str(world.path), "--format", "graphml", "-o", str(target)]) == 0
    read = nx.read_graphml(target, force_multigraph=True)
    known = snapshot_of(TEXTS).graph.to_networkx()
    keys = ("kind", "tier", "confidence", "path", "line")

    def shape(graph: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - of either making
        return sorted(
            (source, target, *(values[key] for key in keys))
            for source, target, values in graph.edges(data=True)
        )

    assert shape(read) == shape(known)
    assert set(known) <= set(read)


def test_hostile_names_break_no_format(tmp_path: Path, capsys: Captured) -> None:
    nasty = 'a"\n<b>&`{}|[x]#;--> end\x1b[31m'
    plain(tmp_path, {**TEXTS, f"{nasty}.py": "from lib import f\n\nf(1)\n"})
    for form in ("json", "dot", "graphml", "mermaid"):
        assert main(["graph", str(tmp_path), "--format", form, "--level", "file"]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        if form == "json":
            assert f"file:{nasty}.py" in {one["id"] for one in json.loads(out)["nodes"]}
        if form == "graphml":
            assert any("end" in node for node in nx.parse_graphml(out))
