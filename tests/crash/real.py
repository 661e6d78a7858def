"""The adapters that users have, in the worlds of the crash sweeps: commits, work tree, output folder."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from blastradius.adapters.artifacts.model import Args as ArtifactArgs
from blastradius.adapters.base import Adapter, load
from blastradius.adapters.code.commits import CodeArgs, NewCommit
from blastradius.adapters.database.args import Args as DatabaseArgs
from blastradius.adapters.database.args import Part
from blastradius.adapters.database.places import Place
from blastradius.model.plan import Plan, Step
from blastradius.world.folders import keep
from tests.crash.harness import CountingWorld, Scenario, State
from tests.crash.scenarios import ADAPTERS as TOYS
from tests.crash.scenarios import failing, plan_of, step
from tests.gitworld import GitWorld, run_git

_KEY = bytes(range(32))
_THEIRS = "somebody else's\n"
_OLD_BUNDLE = {"index.html": "old page\n", "assets/app-1.js": "old code\n"}
_NEW_BUNDLE = {"index.html": "new page\n", "assets/app-2.js": "new code\n"}


def make_repository(root: Path) -> None:
    """Two commits: the second changes, adds, removes and renames; beside them uncommitted work."""
    (root / "key").write_bytes(_KEY)
    (root / "key").chmod(stat.S_IRUSR | stat.S_IWUSR)
    (root / "repo").mkdir()
    git = GitWorld(root / "repo")
    git.git("config", "user.name", "Ada")
    git.git("config", "user.email", "ada@example.com")
    git.write({
        ".gitignore": "dist/\n", "app.py": "old\n", "gone.py": "old\n", "sub/moved.py": "same\n",
        "untouched.py": "x\n",
    })  # fmt: skip
    git.git("add", ".")
    git.git("commit", "-q", "-m", "old")
    git.write(
        {"app.py": "new\n", "gone.py": None, "sub/moved.py": None, "other/moved.py": "same\n"}
    )
    git.write({"added.py": "new\n"})
    git.git("add", "-A")
    git.git("commit", "-q", "-m", "new")
    git.git("gc", "-q")
    git.write({"untouched.py": "x\nnot committed\n", "notes.txt": "not tracked\n"})


def code(root: Path) -> Step:
    git = GitWorld(root / "repo")
    head, tree = git.git("rev-parse", "HEAD"), git.git("rev-parse", "HEAD~1^{tree}")
    commits = (NewCommit(tree, 'Revert "new"\n'),)
    args = CodeArgs("refs/heads/main", head, head, commits, checkout=True)
    return step(root, "code", "code", args, load)


def dist(root: Path) -> Step:
    """An output folder whose older content a checkpoint holds."""
    git = GitWorld(root / "repo")
    folder = root / "repo" / "dist"
    git.write({f"dist/{name}": text for name, text in _OLD_BUNDLE.items()})
    world = CountingWorld(root)
    source = keep(folder, world.store)
    git.write({f"dist/{name}": None for name in _OLD_BUNDLE})
    git.write({f"dist/{name}": text for name, text in _NEW_BUNDLE.items()})
    tree = git.git("rev-parse", "HEAD~1^{tree}")
    args = ArtifactArgs(path="dist", tree=tree, way="restore", source=source)
    return step(root, "dist", "artifacts", args, load)


def shop(root: Path) -> Step:
    """A SQLite database with two applied migrations, the second of which goes."""
    up = (
        "ALTER TABLE users ADD COLUMN plan TEXT NOT NULL DEFAULT 'free'",
        "CREATE TABLE invoices (id INTEGER PRIMARY KEY, what TEXT)",
    )
    down = (
        "DROP TABLE invoices",
        "ALTER TABLE users DROP COLUMN plan",
        "DELETE FROM schema_migrations WHERE version = '2'",
    )
    with closing(sqlite3.connect(root / "shop.db")) as opened, opened:
        opened.executescript(";".join((
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
            "CREATE TABLE schema_migrations (version VARCHAR(50) PRIMARY KEY)",
            "INSERT INTO schema_migrations VALUES ('1'), ('2')",
            "INSERT INTO users VALUES (1, 'ada'), (2, 'bob')",
            *up,
            "UPDATE users SET plan = 'gold' WHERE id = 2",
            "INSERT INTO invoices VALUES (7, 'book')",
        )))  # fmt: skip
    world = CountingWorld(root)
    place = Place("app", "DATABASE_URL")
    part = Part(way="sql", action="down", statements=down, again=up, undone=("2",))
    args = DatabaseArgs("app", place.where, place.digest(world), (part,))
    return step(root, "db-app-1", "database", args, load)


def build_shop(root: Path) -> Plan:
    make_repository(root)
    return plan_of([shop(root)])


def build_code(root: Path) -> Plan:
    make_repository(root)
    return plan_of([code(root)])


def build_dist(root: Path) -> Plan:
    make_repository(root)
    return plan_of([dist(root)])


def build_both(root: Path) -> Plan:
    make_repository(root)
    return plan_of([code(root), dist(root)])


def build_failing(root: Path) -> Plan:
    """Commits, an output folder, and then a step that cannot be done."""
    make_repository(root)
    last = failing("act, when all was done")
    return plan_of([code(root), dist(root), last(root)])


def load_any(name: str) -> Adapter:
    """Return an adapter of users, or one of the small ones."""
    return TOYS[name] if name in TOYS else load(name)


def look(root: Path) -> State:
    """Return files, index, branches and status, as git and the file system tell them.

    What is kept under private refs is a checkpoint, which stays.
    """
    repo = root / "repo"
    found: dict[str, object] = {
        "index": run_git(repo, "ls-files", "--stage"),
        "history": run_git(repo, "log", "--format=%T %an %s", "main"),
        "refs": run_git(repo, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"),
        "HEAD": (repo / ".git" / "HEAD").read_text(),
        "status": run_git(repo, "status", "--porcelain", "-uall"),
    }
    for path in sorted(repo.rglob("*")):
        name = str(path.relative_to(repo))
        if not name.startswith(".git/") and name != ".git":
            mode = stat.S_IMODE(path.stat().st_mode)
            found[name] = (mode, path.read_bytes()) if path.is_file() else mode
    if (root / "shop.db").exists():
        with closing(sqlite3.connect(root / "shop.db")) as opened:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            for (name,) in opened.execute(tables).fetchall():
                columns = opened.execute(f'PRAGMA table_info("{name}")').fetchall()
                rows = opened.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
                found[f"table {name}"] = (columns, rows)
            found["names"] = opened.execute("SELECT name FROM users ORDER BY id").fetchall()
    return found


def take_the_shop(root: Path) -> State:
    with closing(sqlite3.connect(root / "shop.db")) as opened, opened:
        opened.execute("ALTER TABLE users ADD COLUMN theirs TEXT DEFAULT 'x'")
        opened.execute("INSERT INTO users (name) VALUES ('eve')")
    return {"names": [("ada",), ("bob",), ("eve",)]}


def take_a_file(root: Path) -> State:
    path = root / "repo" / "app.py"
    path.write_text(_THEIRS)
    return {"app.py": (stat.S_IMODE(path.stat().st_mode), _THEIRS.encode())}


def take_the_bundle(root: Path) -> State:
    path = root / "repo" / "dist" / "index.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(_THEIRS)
    return {"dist/index.html": (stat.S_IMODE(path.stat().st_mode), _THEIRS.encode())}


REAL = (
    Scenario("code", build_code, load, look, take_a_file, every=3),
    Scenario("artifacts", build_dist, load, look, take_the_bundle, every=2),
    Scenario("database", build_shop, load, look, take_the_shop, every=3),
    Scenario(
        "code and artifacts, and the last step fails",
        build_failing,
        load_any,
        look,
        ends="restored",
        every=7,
    ),
)
TWICE = (
    Scenario("artifacts", build_dist, load, look, stride=37),
    Scenario("database", build_shop, load, look, stride=97),
    Scenario("code and artifacts", build_both, load, look, stride=97),
)
