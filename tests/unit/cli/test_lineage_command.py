from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from blastradius.cli import main

Captured = pytest.CaptureFixture[str]
QUERY = "INSERT INTO s.x SELECT a, b + c AS d, COUNT(*) AS n FROM s.t WHERE e > 1"


def _given(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.fixture(autouse=True)
def _outside_of_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_text_on_standard_input_is_told_column_by_column(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    _given(QUERY, monkeypatch)
    assert main(["lineage"]) == 0
    assert capsys.readouterr().out == (
        "s.x\n"
        "  a  <- s.t.a  (identity, line 1)\n"
        "  d  <- s.t.b  (transform, line 1)\n"
        "     <- s.t.c  (transform, line 1)\n"
        "  n  <- s.t.*  (aggregate, line 1)\n"
        "  rows: filter by s.t.e\n"
    )


def test_json_has_edges_relations_and_problems_also_when_there_are_none(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    _given("", monkeypatch)
    assert main(["lineage", "-", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "schema": "blastradius/lineage/1",
        "dialect": "",
        "edges": [],
        "relations": [],
        "problems": [],
    }


def test_a_query_without_a_target_writes_to_query(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    _given("SELECT t.a AS b FROM t", monkeypatch)
    assert main(["lineage", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["edges"] == [
        {
            "source": "t.a",
            "target": "<query>.b",
            "kind": "value",
            "transform": "rename",
            "certainty": "concrete",
            "line": 1,
        }
    ]
    assert [(one["name"], one["read"], one["written"]) for one in answer["relations"]] == [
        ("t", True, False),
        ("<query>", False, True),
    ]


@pytest.mark.parametrize("columns", [["a", "b"], {"a": "INT", "b": "TEXT"}])
def test_a_declared_schema_says_what_is_behind_a_star(
    columns: object, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "q.sql").write_text("CREATE VIEW v AS SELECT * FROM S.T")
    (tmp_path / "schema.json").write_text(json.dumps({"s.t": columns}))
    assert main(["lineage", "q.sql", "--schema", "schema.json", "--format", "json"]) == 0
    edges = json.loads(capsys.readouterr().out)["edges"]
    assert [(one["source"], one["target"]) for one in edges] == [("s.t.a", "v.a"), ("s.t.b", "v.b")]


def test_a_column_that_the_schema_lacks_is_followed_and_said(
    tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "q.sql").write_text("SELECT a,\n b FROM t")
    (tmp_path / "schema.json").write_text('{"t": ["a"]}')
    assert main(["lineage", "q.sql", "--schema", "schema.json"]) == 0
    assert capsys.readouterr().out == (
        "<query>\n"
        "  a  <- t.a  (identity, line 1)\n"
        "  b  <- t.b  (identity, line 2)\n"
        "\n"
        "not understood (1):\n"
        "  line 2: t.b is not among the columns that are known\n"
    )


def test_problems_are_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    _given("SELECT FROM WHERE;\n" * 3, monkeypatch)
    assert main(["lineage", "--limit", "1"]) == 0
    out = capsys.readouterr().out
    assert "… and 2 more (--limit 0 shows all)" in out
    assert out.count("  line ") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.sql"], "cannot read nowhere.sql: No such file or directory"),
        (["."], ". is a folder"),
        (["q.sql", "--dialect", "bigqery"], "no SQL dialect 'bigqery'"),
        (["q.sql", "--schema", "none.json"], "cannot read none.json: No such file or directory"),
        (["q.sql", "--schema", "q.sql"], "q.sql is no JSON"),
        (["q.sql", "--schema", "list.json"], "list.json holds no object"),
        (["q.sql", "--schema", "odd.json"], "odd.json: the columns of 't' are no list of names"),
    ],
)
def test_a_wrong_call_ends_with_2_and_a_line_that_says_why(
    words: list[str], says: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "q.sql").write_text("SELECT a FROM t")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "odd.json").write_text('{"t": [1]}')
    assert main(["lineage", *words]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""


def test_the_repository_around_says_the_dialect(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "q.sql").write_text("SELECT a FROM t")
    git = ["git", "-c", "init.defaultBranch=main", "init", "-q", str(tmp_path / "r")]
    subprocess.run(git, check=True)
    (tmp_path / "r" / "blastradius.toml").write_text('sql_dialect = "snowflake"\n')
    assert main(["lineage", "q.sql", "--repo", "r", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["dialect"] == "snowflake"
    assert main(["lineage", "q.sql", "--repo", "r", "--dialect", "mysql", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["dialect"] == "mysql"
    assert main(["lineage", "q.sql", "--repo", "nowhere"]) == 2


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(b"")))
    assert main(["lineage"]) == 2
    assert "no FILE, and nothing on standard input" in capsys.readouterr().err


def test_what_the_text_holds_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    _given('SELECT "\x1b[31mred" FROM t', monkeypatch)
    assert main(["lineage"]) == 0
    assert "\x1b" not in capsys.readouterr().out
