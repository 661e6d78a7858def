"""Twelve secrets, one in every place that an undo reads: none is in what it prints or keeps readable."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld
from tests.servers import PASSWORD, postgresql, run_sql

_ENV = "raise SystemExit('env.py is never run')\n"


def token(number: int) -> str:
    """Return what has the form of a forge's token."""
    return "gh" + f"p_kanarie{number:02d}QzXcVbNmLkJhGfDsApOiUyT"


def revision(number: int, up: str, down: str) -> str:
    before = f'"{number - 1:04d}"' if number > 1 else "None"
    return (
        f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{number:04d}"\n'
        f"down_revision = {before}\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n"
    )


_TABLE = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))'
_COLUMN = 'op.add_column("users", sa.Column("token", sa.Text, comment="{}"))'
_LOUD = (
    "print(op.get_bind().engine.url.render_as_string(hide_password=False)); "
    'op.drop_column("users", "token")'
)
_RAISING = (
    'op.drop_column("users", "token"); '
    "int(op.get_bind().engine.url.render_as_string(hide_password=False))"
)
_MAKE = (
    "build:\n\tcat .env >&2; echo $$SECRET_KEY $$DATABASE_URL; mkdir -p dist; cp src.txt dist/page.txt; "
    "env > dist/env.txt; test ! -e fail\n"
)


class Planted:
    """A repository full of secrets, and the commands that may not tell them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.path = folder / "shop"
        self.path.mkdir()
        self.capsys = capsys
        self.said: list[str] = []
        self.url = os.environ["DATABASE_URL"]
        self.git = GitWorld(self.path)
        self.git.git("config", "user.name", "Ada")
        self.git.git("config", "user.email", "ada@example.com")
        self.git.git("remote", "add", "origin", "https://me:kanarie01@example.org/x.git")

    def history(self, down: str) -> None:
        self.git.commit(
            "base",
            {
                ".gitignore": ".env\ndist\n",
                "alembic.ini": "[alembic]\nscript_location = migrations\n"
                "sqlalchemy.url = postgresql://me:kanarie02@example.org/shop\n",
                "migrations/env.py": _ENV,
                "migrations/versions/0001_users.py": revision(1, _TABLE, 'op.drop_table("users")'),
                "Makefile": _MAKE,
                "src.txt": "a\n",
            },
        )
        self.git.commit(
            f"token {token(3)}",
            {
                "migrations/versions/0002_token.py": revision(2, _COLUMN.format(token(4)), down),
                "src.txt": f"b {token(5)}\n",
            },
        )
        self.git.write(
            {
                ".env": "API_TOKEN=kanarie06\n",
                "notes.txt": "password=kanarie07\n",
                "dist/page.txt": f"b {token(5)}\n",
            }
        )
        run_sql(
            self.url,
            "CREATE TABLE users (id int PRIMARY KEY, token text)",
            f"COMMENT ON COLUMN users.token IS '{token(4)}'",
            "INSERT INTO users VALUES (1, 'kanarie08')",
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
            "INSERT INTO alembic_version VALUES ('0002')",
        )

    def run(self, *words: str) -> int:
        code = main([*words, "--repo", str(self.path)])
        told = self.capsys.readouterr()
        self.said.append(f"$ {' '.join(words)}\n{told.out}{told.err}")
        return code

    def revert(self, *words: str) -> int:
        allowed = ("--allow-exec", "alembic", "--allow-exec", "make")
        where = ("--database", "DATABASE_URL", "--migrations", "down")
        return self.run("revert", "HEAD", *where, *allowed, *words)

    def newest(self) -> str:
        self.run("runs")
        found = re.search(r"\d{8}T\d{6}-[0-9a-f]{6}", self.said[-1])
        assert found is not None
        return found.group()

    def told(self) -> list[str]:
        """Return every place where a secret is readable."""
        kept = [one for one in (self.path / ".git" / "blastradius").rglob("*") if one.is_file()]
        texts = {str(one): one.read_bytes().decode("latin-1") for one in kept}
        texts |= {f"output {number}": text for number, text in enumerate(self.said)}
        secret = re.compile(rf"kanarie\d\d|{re.escape(PASSWORD)}")
        return sorted(
            f"{where}: …{text[max(0, found.start() - 60) : found.end() + 20]}…"
            for where, text in texts.items()
            for found in secret.finditer(text)
        )


@pytest.fixture
def planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Planted:
    monkeypatch.setenv("DATABASE_URL", postgresql().database())
    monkeypatch.setenv("SECRET_KEY", "kanarie09")
    monkeypatch.setenv("PGPASSWORD", "kanarie10")
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    python = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{python}{os.pathsep}{os.environ['PATH']}")
    return Planted(tmp_path, capsys)


def test_not_when_all_goes_well(planted: Planted) -> None:
    planted.history(_LOUD)
    for form in ("text", "json", "markdown"):
        assert planted.run("inventory", "HEAD", "--format", form) == 0
        assert planted.revert("--format", form) == 0
    assert planted.run("plan", "HEAD", "--database", "DATABASE_URL") == 0
    assert planted.revert("--apply") == 0
    run = planted.newest()
    assert planted.run("verify", run) == 0
    assert planted.run("show", run, "--format", "json") == 0
    seen = (planted.path / "dist" / "env.txt").read_text()
    assert "kanarie" not in seen, "the builder's environment"
    assert PASSWORD not in seen
    assert planted.run("abort", run) == 0
    assert planted.run("checkpoint", "create", "--file", ".env") == 0
    assert planted.run("checkpoint", "list", "--format", "json") == 0
    assert planted.told() == []
    assert run_sql(planted.url, "SELECT token FROM users")[0][0] == "kanarie08"


def test_not_when_the_way_down_raises_with_the_url(planted: Planted) -> None:
    planted.history(_RAISING)
    assert planted.revert("--apply") != 0
    planted.run("show", planted.newest())
    assert planted.told() == []


def test_not_when_the_build_prints_everything_and_fails(planted: Planted) -> None:
    planted.history(_LOUD)
    planted.git.commit("failing", {"fail": "x\n", "src.txt": f"c {token(11)}\n"})
    planted.git.commit("more", {"src.txt": f"d {token(12)}\n"})
    assert planted.revert("--apply") == 5
    planted.run("show", planted.newest(), "--format", "json")
    assert planted.told() == []


def test_not_when_the_server_refuses_the_password(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.history(_LOUD)
    wrong = planted.url.replace(PASSWORD, "kanarie11")
    monkeypatch.setenv("DATABASE_URL", wrong)
    planted.revert()
    planted.revert("--apply")
    assert planted.told() == []


def test_not_when_the_sql_itself_holds_them(planted: Planted, tmp_path: Path) -> None:
    secret = token(7)
    planted.git.commit("base", {"db/migrations/1_users.sql": "-- migrate:up\nSELECT 1;\n"})
    planted.git.commit(
        "plan",
        {
            "db/migrations/2_plan.sql": "-- migrate:up\nALTER TABLE users ADD COLUMN plan text;\n"
            f"COMMENT ON COLUMN users.plan IS '{secret}';\n"
            f"-- migrate:down\nSELECT '{secret}';\nALTER TABLE users DROP COLUMN plan;\n"
        },
    )
    run_sql(
        planted.url,
        "CREATE TABLE users (id int PRIMARY KEY, plan text)",
        f"COMMENT ON COLUMN users.plan IS '{secret}'",
        "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
        "INSERT INTO schema_migrations VALUES ('1'), ('2')",
    )
    file = tmp_path / "plan.json"
    words = ("HEAD", "--database", "DATABASE_URL", "--migrations", "down")
    assert planted.run("plan", *words, "-o", str(file)) == 0
    assert "kanarie" not in file.read_text()
    assert planted.run("revert", str(file), "--apply") == 0
    planted.run("show", planted.newest(), "--format", "json")
    assert planted.told() == []
    assert run_sql(planted.url, "SELECT version FROM schema_migrations") == [("1",)]
