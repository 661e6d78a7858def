"""``blastradius checkpoint`` on real repositories: dry runs, formats, exit codes, words that do not hold."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.git.repository import Repository
from blastradius.world import World
from blastradius.world.files import Files
from blastradius.world.lock import held
from tests.gitworld import GitWorld
from tests.servers import PASSWORD, Server, mariadb, postgresql, run_sql


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitWorld:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")
    world = GitWorld(tmp_path / "repo")
    config = '[tool.blastradius.checkpoint]\nfiles = [".env"]\nfolders = ["dist"]\n'
    world.commit("one", {".gitignore": ".env\ndist/\n", "pyproject.toml": config, "a": "1\n"})
    world.git("checkout", "-q", "-b", "work")
    world.write({"a": "then\n", ".env": "S=hunter2\n", "dist/x": "1"})
    return world


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["checkpoint", *words]) == code
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    return err if code else out


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    value = json.loads(said(capsys, *words, "--format", "json"))
    assert isinstance(value, dict)
    return value


def test_from_create_to_prune(git: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "create", "--reason", "why", "--expires", "7d")
    assert made["schema"] == "blastradius/checkpoint/1"
    oid = str(made["id"])
    git.write({"a": "now\n", ".env": "S=2\n", "dist/x": "2", "new": "orphan"})
    assert "why" in said(capsys)
    assert "can be restored" in said(capsys, "verify", oid)
    shown = said(capsys, "restore", "latest")
    assert "nothing was changed" in shown
    assert f"blastradius checkpoint restore {oid} --apply" in shown
    assert (git.path / "a").read_text() == "now\n"
    done = told(capsys, "restore", oid, "--apply")
    assert done["orphans"] == ["new"]
    assert (git.path / "a").read_text() == "then\n"
    assert (git.path / ".env").read_text() == "S=hunter2\n"
    assert (git.path / "new").exists()
    said(capsys, "restore", oid, "--apply", "--remove-orphans", "--scope", "code")
    assert not (git.path / "new").exists()
    assert told(capsys, "prune", "--keep-last", "1")["applied"] is False
    assert len(told(capsys, "list")["checkpoints"]) == 3  # type: ignore[arg-type]
    assert len(told(capsys, "prune", "--keep-last", "1", "--apply")["removed"]) == 2  # type: ignore[arg-type]
    assert len(told(capsys)["checkpoints"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_what_a_reader_sees(git: GitWorld, capsys: pytest.CaptureFixture[str], form: str) -> None:
    text = said(capsys, "create", "--reason", "red \x1b[31m", "--format", form)
    assert ".env" in text
    assert "dist" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["verify"], "needs the ID"),
        (["restore", "0123456"], "there is no checkpoint"),
        (["list", "--apply"], "does not heed --apply"),
        (["restore", "latest", "--reason", "x"], "does not heed --reason"),
        (["list", "abc"], "one word too many"),
        (["create", "--expires", "soon"], "no length of time"),
        (["create", "--scope", "everything"], "invalid choice"),
        (["create", "--scope", "database"], "names no database"),
        (["create", "--folder", "/"], "no folder below the work tree"),
    ],
)
def test_calls_that_cannot_be_meant(
    git: GitWorld, capsys: pytest.CaptureFixture[str], words: list[str], what: str
) -> None:
    code = 5 if words[:1] == ["restore"] and len(words) == 2 else 2
    assert what in said(capsys, *words, code=code)


def test_a_damaged_one_ends_with_5_and_one_line(
    git: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    oid = str(told(capsys, "create")["id"])
    path = git.path / ".git/blastradius/checkpoints" / f"{oid}.json"
    path.write_bytes(path.read_bytes().replace(b"dist", b"dust"))
    for words in (["verify", oid], ["restore", oid, "--apply"]):
        err = said(capsys, *words, code=5)
        assert err.startswith("blastradius: error: checkpoint")
        assert len(err.splitlines()) == 2
    assert "record was changed" in said(capsys)


def test_while_another_is_at_work_it_ends_with_7(
    git: GitWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    home = git.path / ".git/blastradius"
    with held(home, Files(lambda _what: None), "a long restore"):
        for words in (["create"], ["verify", "latest"], ["restore", "latest"], ["prune"]):
            assert "a long restore" in said(capsys, *words, code=7)
        said(capsys, "list")


def test_the_schema_of_a_database(git: GitWorld, capsys: pytest.CaptureFixture[str]) -> None:
    def run(sql: str) -> None:
        with sqlite3.connect(git.path / "app.db") as database:
            database.execute(sql)
        database.close()

    run("CREATE TABLE a (x INTEGER)")
    words = ["--scope", "database", "--database", "main=sqlite:///app.db"]
    made = told(capsys, "create", *words)
    oid = str(made["id"])
    parts = made["schemas"]
    assert isinstance(parts, list)
    world = World(Repository.open(git.path), "checkpoint")
    assert world.store.get(parts[0]["object"]) == b"CREATE TABLE a (x INTEGER);\n"
    assert told(capsys, "restore", oid, *words)["next_actions"] == []
    run("ALTER TABLE a ADD COLUMN y TEXT")
    left = told(capsys, "restore", oid, *words, "--apply")["next_actions"]
    assert isinstance(left, list)
    assert any("was not there then" in one for one in left)
    assert "was not looked at" in said(capsys, "restore", oid)


@pytest.mark.parametrize("server", [postgresql, mariadb])
def test_of_a_server_nothing_secret_is_told(
    git: GitWorld,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    server: Callable[[], Server],
) -> None:
    url = server().database()
    run_sql(url, "CREATE TABLE a (x INTEGER PRIMARY KEY, y VARCHAR(9))")
    monkeypatch.setenv("APP_DATABASE", url)
    words = ["--scope", "database", "--database", "main=APP_DATABASE"]
    made = told(capsys, "create", *words)
    parts = made["schemas"]
    assert isinstance(parts, list)
    ddl = World(Repository.open(git.path), "checkpoint").store.get(parts[0]["object"])
    assert b"CREATE TABLE" in ddl
    run_sql(url, "ALTER TABLE a DROP COLUMN y")
    left = told(capsys, "restore", str(made["id"]), *words)["next_actions"]
    assert isinstance(left, list)
    assert any("was there then and is gone" in one for one in left)
    monkeypatch.setenv("APP_DATABASE", url.replace(PASSWORD, "wrong-" + PASSWORD + "-wrong"))
    err = said(capsys, "create", *words, code=5)
    assert PASSWORD not in err + str(made) + str(left)
    home = git.path / ".git/blastradius"
    written = [one.read_bytes() for one in home.rglob("*") if one.is_file()]
    assert not any(PASSWORD.encode() in one for one in written)


def test_a_bare_repository_keeps_its_branch(
    git: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    bare = ["--repo", str(tmp_path / "bare.git")]
    oid = str(told(capsys, "create", *bare)["id"])
    git.git("commit", "-q", "-am", "two")
    git.git("push", "-q", str(tmp_path / "bare.git"), "work")
    assert "new commit on top" in said(capsys, "restore", oid, *bare)
    said(capsys, "restore", oid, *bare, "--apply")
    shown = GitWorld(git.path).git("--git-dir", str(tmp_path / "bare.git"), "show", "work:a")
    assert shown == "1"


@pytest.mark.parametrize(
    "table",
    ['files = ["/etc/passwd"]', 'files = ["../x"]', "folders = 1", 'what = "x"', 'expires = "soon"',
     "protected = [1]"],
)  # fmt: skip
def test_a_configuration_that_cannot_be_meant(
    git: GitWorld, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    git.write({"pyproject.toml": f"[tool.blastradius.checkpoint]\n{table}\n"})
    assert "pyproject.toml:1: checkpoint must be" in said(capsys, "create", code=2)


def test_where_head_is_is_told_before_the_first_commit_and_when_detached(
    git: GitWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git.git("checkout", "-q", "--detach")
    assert ", HEAD detached, index, " in said(capsys, "create")
    (tmp_path / "new").mkdir()
    new = GitWorld(tmp_path / "new")
    assert "no commit yet on main, " in said(capsys, "create", "--repo", str(new.path))
