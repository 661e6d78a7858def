"""Steps of the database adapter, made and carried out as the engine does, for tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from blastradius.adapters import database
from blastradius.adapters.base import Prepared
from blastradius.adapters.database.args import Args, Part
from blastradius.adapters.database.places import Place, session
from blastradius.git.repository import Repository
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World
from tests.gitworld import GitWorld
from tests.servers import mariadb, postgresql

KINDS = ("sqlite", "postgresql", "mysql")


class Heard(World):
    """A world whose ticks somebody hears."""

    heard: Callable[[str], None] | None = None

    def tick(self, what: str) -> None:
        if self.heard is not None:
            self.heard(what)


class Run:
    """A repository, a database, and the world between."""

    def __init__(self, folder: Path, kind: str, allowed: tuple[str, ...] = ()) -> None:
        self.git = GitWorld(_made(folder / "repo"))
        self.kind = kind
        if kind == "sqlite":
            path = folder / "app.db"
            path.touch()
            self.url = f"sqlite:///{path}"
        else:
            self.url = (postgresql() if kind == "postgresql" else mariadb()).database()
        self.folder = folder
        self.world = self.new_world(allowed)

    def new_world(
        self, allowed: tuple[str, ...] = (), heard: Callable[[str], None] | None = None
    ) -> World:
        """Return a world as a new process would have it."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DATABASE_URL": self.url,
            "BLASTRADIUS_KEY_FILE": str(self.folder / "key"),
        }
        repo = Repository.open(self.git.path)
        world = Heard(repo, "run-1", allowed=frozenset(allowed), environment=environment)
        world.heard = heard
        return world

    @property
    def place(self) -> Place:
        return Place("app", self.url if self.kind == "sqlite" else "DATABASE_URL")

    def sql(self, *statements: str) -> list[Any]:
        from tests.servers import run_sql

        return run_sql(self.url, *statements)

    def state(self) -> Fingerprint:
        from blastradius.adapters.database.catalog import fingerprint

        with session(self.place.url(self.world), "app") as one, one.reading():
            return fingerprint(one)

    def step(self, statements: tuple[str, ...], again: tuple[str, ...]) -> Step:
        """Return a step that runs statements and claims to undo others."""
        part = Part(way="sql", action="down", statements=statements, again=again, undone=("2",))
        return self.step_of(part)

    def step_of(self, *parts: Part) -> Step:
        args = Args(
            name="app", where=self.place.where, url=self.place.digest(self.world), parts=parts
        )
        return Step(
            id="db-app-1", adapter="database", domain="database", tool="dbmate", target="app",
            action=parts[0].action, summary="undo", args=msgspec.to_builtins(args), before=self.state(),
            wanted=None, reversibility="compensatable", timeout=60,
        )  # fmt: skip


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def carried(run: Run, step: Step) -> Prepared:
    """Prepare, act and verify, as the engine does."""
    assert database.probe(step, run.world) == step.before
    prepared = database.prepare(step, run.world)
    database.act(step, prepared, run.world)
    assert database.verify(step, prepared, run.world) == prepared.wanted
    assert database.probe(step, run.world) == prepared.wanted
    return prepared


def failing(at: int, error: Callable[[], BaseException]) -> Callable[[str], None]:
    """Return what hears the ticks and raises at the n-th."""
    seen = 0

    def tick(_what: str) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            raise error()

    return tick


def dying(at: int) -> Callable[[str], None]:
    """Return what hears the ticks and ends the process at the n-th."""

    def end() -> BaseException:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("SIGKILL was survived")

    return failing(at, end)


def shop(run: Run) -> Step:
    """Make a database with two applied migrations and rows, and return the step that undoes one."""
    text = "VARCHAR(40)" if run.kind == "mysql" else "TEXT"
    on = " ON users" if run.kind == "mysql" else ""
    foreign = "FOREIGN KEY (user_id) REFERENCES users (id)"
    up = (
        f"ALTER TABLE users ADD COLUMN plan {text} NOT NULL DEFAULT 'free'",
        f"CREATE TABLE invoices (id INTEGER PRIMARY KEY, user_id INTEGER, what {text}, {foreign})",
        "CREATE INDEX ix_plan ON users (plan)",
    )
    run.sql(
        f"CREATE TABLE users (id INTEGER PRIMARY KEY, name {text} NOT NULL)",
        "CREATE TABLE schema_migrations (version VARCHAR(50) PRIMARY KEY)",
        "INSERT INTO schema_migrations VALUES ('1'), ('2')",
        "INSERT INTO users VALUES (1, 'ada'), (2, 'bob')",
        *up,
        "UPDATE users SET plan = 'gold' WHERE id = 2",
        "INSERT INTO invoices VALUES (7, 1, 'book'), (8, 2, NULL)",
    )
    down = (
        f"DROP INDEX ix_plan{on}",
        "DROP TABLE invoices",
        "ALTER TABLE users DROP COLUMN plan",
        "DELETE FROM schema_migrations WHERE version = '2'",
    )
    return run.step(down, up)


def rows_of_shop(run: Run) -> list[Any]:
    """Return every row that `shop` has before its step runs."""
    return [
        run.sql("SELECT id, name, plan FROM users ORDER BY id"),
        run.sql("SELECT id, user_id, what FROM invoices ORDER BY id"),
        run.sql("SELECT version FROM schema_migrations ORDER BY version"),
    ]
