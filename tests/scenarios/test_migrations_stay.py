"""A migration that a database may have run stays in the tree, wherever the commits go."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.cli import main
from tests.gitworld import GitWorld

_REVISION = '''"""{name}"""
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}


def upgrade():
    {up}


def downgrade():
    {down}
'''
_USERS = _REVISION.format(
    name="users",
    number="0001",
    before=None,
    up='op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("name", sa.String(40)))',
    down='op.drop_table("users")',
)
_PLAN = _REVISION.format(
    name="plan",
    number="0002",
    before='"0001"',
    up='op.add_column("users", sa.Column("plan", sa.Text))',
    down='op.drop_column("users", "plan")',
)
_NO_NAME = _REVISION.format(
    name="no name",
    number="0002",
    before='"0001"',
    up='op.drop_column("users", "name")',
    down="pass",
)
_PATH = "migrations/versions/0002_it.py"


def history(folder: Path, revision: str) -> GitWorld:
    folder.mkdir()
    world = GitWorld(folder)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    files = {
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": "",
        "migrations/versions/0001_users.py": _USERS,
        "app.py": "A = 1\n",
    }
    world.commit("base", dict(files))
    world.commit("it", {_PATH: revision, "app.py": "A = 2\n"})
    return world


def undone(world: GitWorld, *words: str) -> list[str]:
    """Carry the undo of HEAD out; return the paths of its tree, and check that the code went."""
    branch = words[words.index("--branch") + 1] if "--branch" in words else "main"
    assert main(["revert", "HEAD", "--apply", "--repo", str(world.path), *words]) == 0
    assert world.git("show", f"{branch}:app.py") == "A = 1"
    return world.git("ls-tree", "-r", "--name-only", branch, "migrations/versions").splitlines()


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLASTRADIUS_KEY_FILE", str(tmp_path / "key"))


@pytest.mark.parametrize("where", [(), ("--branch", "undo"), ("--domain", "code")])
def test_one_that_only_adds_is_left_in_place(tmp_path: Path, where: tuple[str, ...]) -> None:
    world = history(tmp_path / "shop", _PLAN)
    assert _PATH in undone(world, *where)


@pytest.mark.parametrize("where", [(), ("--branch", "undo"), ("--domain", "code")])
def test_one_that_drops_gets_a_new_one_that_inverts_it(
    tmp_path: Path, where: tuple[str, ...]
) -> None:
    world = history(tmp_path / "shop", _NO_NAME)
    paths = undone(world, *where)
    assert len(paths) == 3
    assert _PATH in paths
    (new,) = set(paths) - {_PATH, "migrations/versions/0001_users.py"}
    text = world.git("show", f"{'undo' if where[:1] == ('--branch',) else 'main'}:{new}")
    assert 'down_revision = "0002"' in text
    # The column as the first migration made it: its type is read from there.
    assert "sa.String(length=40)" in text or "sa.String(40)" in text


def test_its_file_goes_where_no_database_has_it(tmp_path: Path) -> None:
    world = history(tmp_path / "shop", _PLAN)
    assert undone(world, "--database", "none") == ["migrations/versions/0001_users.py"]


def test_a_database_that_has_not_run_it_lets_it_go(tmp_path: Path) -> None:
    world = history(tmp_path / "shop", _PLAN)
    from tests.servers import run_sql

    url = f"sqlite:///{tmp_path / 'shop.db'}"
    (tmp_path / "shop.db").touch()
    run_sql(
        url,
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('0001')",
    )
    assert undone(world, "--database", url) == ["migrations/versions/0001_users.py"]


def test_what_a_migration_dropped_is_said_to_come_back_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = history(tmp_path / "shop", _NO_NAME)
    assert main(["revert", "HEAD", "--repo", str(world.path)]) == 0
    assert "what 0002 dropped from users.name comes back empty" in " ".join(
        capsys.readouterr().out.split()
    )


def test_down_that_cannot_be_done_is_said_to_be_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = history(tmp_path / "shop", _NO_NAME)
    assert main(["revert", "HEAD", "--migrations", "down", "--repo", str(world.path)]) == 0
    assert "--migrations down was asked for" in " ".join(capsys.readouterr().out.split())
