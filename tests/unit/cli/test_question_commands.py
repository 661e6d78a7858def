from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blastradius.cli import main
from blastradius.reports.base import Options
from blastradius.reports.registry import render
from tests.asked import GRAPH, IMPACT, WHY

if TYPE_CHECKING:
    from tests.fakeapi import FakeApi

Captured = pytest.CaptureFixture[str]

_TREE: dict[str, Any] = {
    "at": None,
    "worktree": False,
    "edge": [],
    "jobs": None,
    "cache": True,
    "min_confidence": None,
}


def asked(api: FakeApi) -> dict[str, Any]:
    """Return the question, less the ways back to the console."""
    return {key: one for key, one in api.asked.items() if key not in {"progress", "warn"}}


def test_impact_without_options_asks_for_all_and_shows_ten(api: FakeApi, capsys: Captured) -> None:
    assert main(["impact", "a.py"]) == 0
    assert capsys.readouterr() == (render(IMPACT, "text", Options(limit=10)), "")
    expected = {"repo": ".", "what": "a.py", "depth": None, "limit": 0, "offset": 0, **_TREE}
    assert asked(api) == expected


def test_every_option_reaches_the_question(api: FakeApi) -> None:
    shared = ["--at", "v1", "--edge", "call", "--edge", "import", "--min-confidence", ".9"]
    shared += ["--depth", "3", "--jobs", "2", "--no-cache", "--repo", "r", "--quiet"]
    tree = {
        "repo": "r",
        "at": "v1",
        "worktree": False,
        "edge": ["call", "import"],
        "jobs": 2,
        "cache": False,
        "min_confidence": 0.9,
        "depth": 3,
    }
    assert main(["impact", "x", *shared]) == 0
    assert asked(api) == {**tree, "what": "x", "limit": 0, "offset": 0}
    assert main(["why", "x", "y", *shared]) == 0
    assert asked(api) == {**tree, "source": "x", "target": "y"}
    assert main(["impact", "x", "--worktree"]) == 0
    assert asked(api)["worktree"] is True


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (["--format", "json"], (0, 0)),
        (["--format", "json", "--limit", "5"], (5, 0)),
        (["--format", "json", "--limit", "5", "--offset", "5"], (5, 5)),
        (["--limit", "5"], (0, 0)),
        (["--offset", "10"], (10, 10)),
        (["--offset", "10", "--limit", "4"], (4, 10)),
        (["--offset", "10", "--limit", "0"], (0, 10)),
    ],
)
def test_json_and_pages_are_cut_in_the_answer_reports_by_folding(
    api: FakeApi, words: list[str], limit: tuple[int, int]
) -> None:
    assert main(["impact", "x", *words]) == 0
    assert (api.asked["limit"], api.asked["offset"]) == limit


def test_limit_reaches_the_report(api: FakeApi, capsys: Captured) -> None:
    assert main(["impact", "x", "--limit", "1"]) == 0
    assert capsys.readouterr().out == render(IMPACT, "text", Options(limit=1))
    assert main(["why", "x", "y", "--limit", "1"]) == 0
    assert capsys.readouterr().out == render(WHY, "text", Options(limit=1))


@pytest.mark.parametrize("words", [["impact", "x"], ["why", "x", "y"], ["graph"]])
def test_json_is_json(api: FakeApi, capsys: Captured, words: list[str]) -> None:
    assert main([*words, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == f"blastradius/{words[0]}/1"


def test_markdown(api: FakeApi, capsys: Captured) -> None:
    assert main(["impact", "x", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == render(IMPACT, "markdown", Options(limit=10))


def test_graph_asks_for_the_folder(api: FakeApi, capsys: Captured) -> None:
    assert main(["graph"]) == 0
    assert capsys.readouterr().out == render(GRAPH, "json")
    assert asked(api) == {"folder": ".", "level": "symbol", **_TREE}
    assert main(["graph", "src", "--repo", "r", "--level", "file", "--edge", "call"]) == 0
    assert (api.asked["folder"], api.asked["level"]) == (str(Path("r/src")), "file")
    assert api.asked["edge"] == ["call"]


@pytest.mark.parametrize("form", ["json", "dot", "graphml", "mermaid"])
def test_graph_writes_every_format_to_a_file(api: FakeApi, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    assert main(["graph", "--format", form, "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == render(GRAPH, form)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["impact"], "required: WHAT"),
        (["why", "a"], "required: B"),
        (["impact", "a", "b"], "one word too many: 'b'"),
        (["graph", "--format", "text"], "invalid choice: 'text'"),
        (["graph", "--level", "line"], "invalid choice: 'line'"),
        (["impact", "a", "--depth", "0"], "no whole number from 1 up"),
        (["impact", "a", "--offset", "-1"], "--offset"),
    ],
)
def test_words_that_cannot_be_meant(
    api: FakeApi, capsys: Captured, words: list[str], said: str
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert api.asked == {}
