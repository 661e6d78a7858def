"""One small situation for each adapter: a step of a real plan, and how to look at its target."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from blastradius.adapters.base import Wishes as Outside
from blastradius.api.answering import Wishes
from blastradius.api.plans import Asked
from blastradius.api.runs import Settings, make_plan
from blastradius.model.plan import Step
from tests.gitworld import GitWorld
from tests.servers import mariadb, postgresql, run_sql
from tests.workbench import made


@dataclass
class Situation:
    """A step, and the world around it.

    Attributes:
        repo: the repository.
        step: what an adapter shall carry out.
        look: everything that others can see of the target, to be compared.
        disturb: what somebody else might do to the target.
        check: whether the target is as a user wants it after the act; raises when not.
        environment: the variables of the run.
    """

    repo: Path
    step: Step
    look: Callable[[], object]
    disturb: Callable[[], None]
    check: Callable[[], None]
    environment: Mapping[str, str] | None = field(default=None)


def step_of(
    repo: Path,
    span: str,
    domain: str,
    *,
    undo: tuple[str, ...] = (),
    outside: Outside | None = None,
    environment: Mapping[str, str] | None = None,
) -> Step:
    """Return the one step of a domain in the plan for a range."""
    asked = Asked(span, Wishes(undo, (), "commit"), outside or Outside())
    settings = Settings(environment=environment, jobs=1, cache=False)
    plan = make_plan(repo, asked, settings, keep=True).plan
    (found,) = [one for one in plan.steps if one.domain == domain]
    return found


@contextmanager
def code(folder: Path) -> Iterator[Situation]:
    """Two files come back, one goes, in the branch that is checked out; another one is dirty."""
    repo = folder / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    world.commit("base", {"a.py": "A = 1\n", "sub/b.txt": "b\n", "own.txt": "x\n"})
    world.commit("change", {"a.py": "A = 2\n", "sub/b.txt": None, "new/c.txt": "c\n"})
    world.commit("last", {"d.txt": "d\n"})
    world.write({"own.txt": "mine\n", "untracked.txt": "mine\n"})
    step = step_of(
        repo, "HEAD~2..HEAD", "code", undo=("HEAD~1",), outside=Outside(domains=("code",))
    )

    def look() -> object:
        files = {
            str(path.relative_to(repo)): path.read_bytes()
            for path in sorted(repo.rglob("*"))
            if path.is_file() and ".git" not in path.parts
        }
        return world.head(), files, world.git("ls-files", "-s"), world.git("status", "--porcelain")

    def check() -> None:
        assert (repo / "a.py").read_text() == "A = 1\n"
        assert (repo / "sub" / "b.txt").read_text() == "b\n"
        assert not (repo / "new").exists()
        assert world.git("status", "--porcelain").splitlines() == [" M own.txt", "?? untracked.txt"]
        assert world.git("rev-list", "--count", "HEAD") == "4"

    def disturb() -> None:
        world.write({"a.py": "A = 3\n"})

    yield Situation(repo, step, look, disturb, check)


@contextmanager
def branch(folder: Path) -> Iterator[Situation]:
    """A branch that is not checked out loses what its one commit brought."""
    repo = folder / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    world.git("config", "user.name", "Ada")
    world.git("config", "user.email", "ada@example.com")
    world.commit("base", {"a.py": "A = 1\n"})
    world.git("checkout", "-q", "-b", "feature")
    world.commit("change", {"a.py": "A = 2\n"})
    world.git("checkout", "-q", "main")
    step = step_of(repo, "main..feature", "code", outside=Outside(domains=("code",)))

    def look() -> object:
        return world.git("for-each-ref", "refs/heads"), world.git("status", "--porcelain")

    def check() -> None:
        assert world.git("show", "feature:a.py") == "A = 1"
        assert world.git("rev-list", "--count", "feature") == "3"

    def disturb() -> None:
        world.git("branch", "-f", "feature", "main")

    yield Situation(repo, step, look, disturb, check)


@contextmanager
def artifacts(folder: Path) -> Iterator[Situation]:
    """What a Makefile built from the undone commit is built from the older one again."""
    bench = made(folder)
    step = step_of(bench.path, "HEAD~1..HEAD", "artifacts", outside=Outside(domains=("artifacts",)))

    def look() -> object:
        return bench.contents("dist"), bench.git.git("status", "--porcelain", "--ignored")

    def check() -> None:
        assert bench.contents("dist") == {
            "page.txt": b"one\nfirst\n",
            "sorted.txt": b"first\none\n",
        }

    def disturb() -> None:
        (bench.path / "dist" / "page.txt").write_text("theirs\n")

    yield Situation(bench.path, step, look, disturb, check)


_USERS = """-- migrate:up
CREATE TABLE users (id int PRIMARY KEY, name text);
-- migrate:down
DROP TABLE users;
"""
_PLAN = """-- migrate:up
ALTER TABLE users ADD COLUMN plan text;
-- migrate:down
ALTER TABLE users DROP COLUMN plan;
"""


@contextmanager
def database(folder: Path, url: Callable[[Path], str]) -> Iterator[Situation]:
    """A column that a migration of dbmate's form added goes by its own way down."""
    repo = folder / "shop"
    repo.mkdir()
    world = GitWorld(repo)
    world.commit("base", {"db/migrations/20260101000000_users.sql": _USERS})
    world.commit("plan", {"db/migrations/20260102000000_plan.sql": _PLAN})
    where = url(folder)
    run_sql(
        where,
        "CREATE TABLE users (id int PRIMARY KEY, name text, plan text)",
        "INSERT INTO users VALUES (1, 'ada', 'gold')",
        "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
        "INSERT INTO schema_migrations VALUES ('20260101000000'), ('20260102000000')",
    )
    environment = {**os.environ, "SHOP_DATABASE": where}
    outside = Outside(databases={"main": "SHOP_DATABASE"}, migrations="down", domains=("database",))
    step = step_of(repo, "HEAD", "database", outside=outside, environment=environment)

    def rows(table: str) -> list[tuple[object, ...]]:
        return sorted(tuple(one) for one in run_sql(where, f"SELECT * FROM {table}"))

    def look() -> object:
        return rows("users"), rows("schema_migrations")

    def check() -> None:
        assert rows("users") == [(1, "ada")]
        assert rows("schema_migrations") == [("20260101000000",)]

    def disturb() -> None:
        run_sql(where, "ALTER TABLE users ADD COLUMN other text")

    yield Situation(repo, step, look, disturb, check, environment)


def sqlite(folder: Path) -> AbstractContextManager[Situation]:
    """A file: everything in one transaction."""

    def url(folder: Path) -> str:
        (folder / "shop.db").touch()
        return f"sqlite:///{folder / 'shop.db'}"

    return database(folder, url)


def postgres(folder: Path) -> AbstractContextManager[Situation]:
    """A server whose DDL is transactional."""
    return database(folder, lambda _: postgresql().database())


def mysql(folder: Path) -> AbstractContextManager[Situation]:
    """A server that commits each statement."""
    return database(folder, lambda _: mariadb().database())


SITUATIONS: dict[str, Callable[[Path], AbstractContextManager[Situation]]] = {
    "artifacts": artifacts,
    "code": code,
    "code of a branch": branch,
    "database of SQLite": sqlite,
    "database of PostgreSQL": postgres,
    "database of MariaDB": mysql,
}
