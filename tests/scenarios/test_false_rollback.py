"""``git reset --hard`` said "rolled back", while three things lived on: the column that the migration
added, the bundle in ``dist/``, and the commits on their branch. Real Alembic, PostgreSQL and Vite."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.world import World
from tests.gitworld import GitWorld
from tests.servers import postgresql, run_sql
from tests.workbench import installed

_ENV = """
from alembic import context
from sqlalchemy import create_engine
import os

engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
with engine.begin() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_USERS = '''"""users"""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))


def downgrade():
    op.drop_table("users")
'''
_PLAN = '''"""plan"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("plan", sa.Text, nullable=True))


def downgrade():
    op.drop_column("users", "plan")
'''
_BASE = {
    ".gitignore": "node_modules\ndist\n__pycache__\n",
    "alembic.ini": "[alembic]\nscript_location = migrations\n",
    "migrations/env.py": _ENV,
    "migrations/versions/0001_users.py": _USERS,
    "package.json": json.dumps(
        {
            "name": "shop",
            "private": True,
            "type": "module",
            "scripts": {"build": "vite build"},
            "devDependencies": {"vite": "7.3.8"},
        }
    ),
    "index.html": '<script type="module" src="/src/main.js"></script>\n',
    "src/main.js": 'document.title = "shop"\n',
}


class Shop:
    """The project, its database and its bundle."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop"
        self.path.mkdir()
        self.url = os.environ["DATABASE_URL"]
        self.git = GitWorld(self.path)
        self.git.git("config", "user.name", "Ada")
        self.git.git("config", "user.email", "ada@example.com")
        self.git.commit("shop", _BASE)
        shutil.copytree(installed("vite@7.3.8"), self.path / "node_modules", symlinks=True)
        self.build()
        self.migrate()
        self.before = self.seen()

    def build(self) -> None:
        subprocess.run(["npm", "run", "build"], cwd=self.path, check=True, capture_output=True)

    def migrate(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=self.path, check=True, capture_output=True,
        )  # fmt: skip

    def seen(self) -> tuple[list[str], list[str], dict[str, bytes]]:
        """Return the columns of users, the version, and the files of the bundle."""
        columns = run_sql(
            self.url,
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'users' "
            "ORDER BY column_name",
        )
        version = run_sql(self.url, "SELECT version_num FROM alembic_version")
        dist = self.path / "dist"
        return (
            [str(one[0]) for one in columns],
            [str(one[0]) for one in version],
            {
                str(one.relative_to(dist)): one.read_bytes()
                for one in dist.rglob("*")
                if one.is_file()
            },
        )

    def agent_at_work(self) -> None:
        """Add a column and a bundle that shows it; then take back what git knows, and no more."""
        self.git.git("checkout", "-q", "-b", "agent")
        self.git.commit("plan in the database", {"migrations/versions/0002_plan.py": _PLAN})
        self.git.commit(
            "plan on the page", {"src/main.js": 'document.title = "shop with a plan"\n'}
        )
        self.migrate()
        self.build()
        self.git.git("checkout", "-q", "-B", "main", "agent")
        self.git.git("reset", "-q", "--hard", "HEAD~2")
        run_sql(self.url, "INSERT INTO users (id, name, plan) VALUES (1, 'ada', 'gold')")

    def run(self, command: str, *words: str) -> int:
        return main([command, *words, "--repo", str(self.path)])


_SAY = ("main..agent", "--database", "DATABASE_URL")
_APPLY = ("--apply", "--allow-exec", "alembic", "--allow-exec", "npm")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("DATABASE_URL", postgresql().database())
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))
    python = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"{python}{os.pathsep}{os.environ['PATH']}")
    shop = Shop(tmp_path)
    shop.agent_at_work()
    return shop


def test_all_three_are_found_put_right_and_verified(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    columns, version, _ = shop.seen()
    assert (columns, version) == (["id", "name", "plan"], ["0002"])

    assert shop.run("inventory", "main..agent") == 0
    told = capsys.readouterr().out
    assert "revision 0002" in told
    assert "vite" in told

    assert shop.run("revert", *_SAY, "--format", "json") == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert [one["domain"] for one in plan["steps"]] == ["code", "artifacts", "database"]
    assert shop.seen()[0] == ["id", "name", "plan"], "a dry run"

    assert shop.run("revert", *_SAY, *_APPLY, "--format", "json") == 0
    run = json.loads(capsys.readouterr().out)
    assert run["rolled_back"] is True
    assert run["verification"]["match"] is True
    assert shop.seen() == shop.before
    assert shop.git.git("rev-parse", "agent^{tree}") == shop.git.git("rev-parse", "main^{tree}")
    assert shop.git.git("status", "--porcelain") == ""

    assert shop.run("verify", run["id"]) == 0
    run_sql(shop.url, "ALTER TABLE users ADD COLUMN plan text")
    assert shop.run("verify", run["id"]) == 1


def test_a_failure_at_the_last_step_ends_in_the_original_state(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (
        shop.seen(),
        shop.git.git("for-each-ref", "refs/heads"),
        shop.git.git("status", "--porcelain"),
    )
    failed: list[str] = []

    def tick(world: World, what: str) -> None:
        journal = world.folder / "journal.jsonl"
        # The last step of three was announced: the next thing that it does fails.
        if "journal" in what or failed or not journal.exists():
            return
        if journal.read_text().count('"INTENT"') == 3:
            failed.append(what)
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(World, "tick", tick)
    code = shop.run("revert", *_SAY, *_APPLY, "--format", "json")
    assert (code, len(failed)) == (5, 1), failed
    run = json.loads(capsys.readouterr().out)
    assert (run["rolled_back"], run["state"]) == (False, "restored")
    assert [one["state"] for one in run["steps"]] == ["taken back"] * 3
    after = (
        shop.seen(),
        shop.git.git("for-each-ref", "refs/heads"),
        shop.git.git("status", "--porcelain"),
    )
    assert after == before
    assert run_sql(shop.url, "SELECT plan FROM users")[0][0] == "gold"
