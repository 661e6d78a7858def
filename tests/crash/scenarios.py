"""The worlds whose runs are ended at every point: each kind of act, alone and together, and failures."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct, structs, to_builtins

from blastradius.adapters.base import Adapter, Prepared
from blastradius.errors import CommandError
from blastradius.model.plan import SCHEMA, Fingerprint, Plan, Step, sealed
from blastradius.world import World
from tests.crash.harness import CountingWorld, Scenario, State, abort
from tests.crash.toys import (
    FilesTo,
    FilesToy,
    FolderTo,
    FolderToy,
    RefTo,
    RefToy,
    TableTo,
    TableToy,
)
from tests.gitworld import GitWorld

_KEY = bytes(range(32))
_THEIRS = "somebody else's"
Make = Callable[[Path], Step]


class FailsIn(FilesToy):
    """Files whose step goes wrong in one place, each time."""

    def __init__(self, place: str) -> None:
        self._place = place

    def prepare(self, step: Step, world: World) -> Prepared:
        prepared = super().prepare(step, world)
        if self._place == "prepare":
            raise CommandError("the build failed")
        return prepared

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        if self._place == "act, before it did anything":
            raise CommandError("the server is away")
        super().act(step, prepared, world)
        if self._place == "act, when all was done":
            raise RuntimeError("the answer was lost: password=hunter2")

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        if self._place == "verify":
            return step.before
        return super().verify(step, prepared, world)


_FAILURES = (
    "prepare",
    "act, before it did anything",
    "act, when all was done",
    "verify",
)
ADAPTERS: dict[str, Adapter] = {
    "files": FilesToy(),
    "table": TableToy(),
    "ref": RefToy(),
    "folder": FolderToy(),
    **{f"fails in {place}": FailsIn(place) for place in _FAILURES},
}


def load(name: str) -> Adapter:
    return ADAPTERS[name]


def step(
    root: Path, id_: str, adapter: str, args: Struct, loader: Callable[[str], Adapter]
) -> Step:
    """Return a step planned for the world as it is."""
    bare = Step(
        id=id_,
        adapter=adapter,
        domain="toy",
        tool="toy",
        target=f"the {adapter} of {id_}",
        action="change",
        summary="it becomes another",
        args=to_builtins(args),
        before=Fingerprint(),
        wanted=None,
        reversibility="reversible",
    )
    world = CountingWorld(root)
    return structs.replace(bare, before=loader(adapter).probe(bare, world))


def plan_of(steps: Sequence[Step]) -> Plan:
    return sealed(
        Plan(
            schema=SCHEMA,
            id="",
            base="b" * 40,
            head="a" * 40,
            at="a" * 40,
            goal=("a" * 40,),
            level="commit",
            steps=tuple(steps),
        )
    )


def one_file(root: Path, id_: str = "one-file", adapter: str = "files") -> Step:
    return step(root, id_, adapter, FilesTo({"settings.txt": "old settings\n"}), load)


def many_files(root: Path) -> Step:
    """Two change, one goes, one comes: three states between."""
    to = {"a.txt": "old a\n", "b.txt": "old b\n", "new.txt": None, "gone.txt": "old\n"}
    return step(root, "many-files", "files", FilesTo(to), load)


def table(root: Path) -> Step:
    args = TableTo(
        file="app.db",
        up=["ALTER TABLE users DROP COLUMN nickname", "CREATE INDEX by_name ON users (name)"],
        down=["DROP INDEX by_name", "ALTER TABLE users ADD COLUMN nickname TEXT"],
        version="0001",
    )
    return step(root, "table", "table", args, load)


def ref(root: Path) -> Step:
    world = GitWorld(root / "repo")
    old, new = world.git("rev-parse", "HEAD"), world.git("rev-parse", "HEAD~1")
    return step(root, "ref", "ref", RefTo("refs/heads/release", old, new), load)


def folder(root: Path) -> Step:
    return step(root, "folder", "folder", FolderTo("made"), load)


def inside(root: Path) -> Step:
    return step(root, "inside", "files", FilesTo({"made/file.txt": "in it\n"}), load)


def failing(place: str) -> Make:
    return lambda root: one_file(root, "failing", f"fails in {place}")


def world_of(*makes: Make) -> Callable[[Path], Plan]:
    """Return what builds the small world, and a plan of these steps."""

    def build(root: Path) -> Plan:
        (root / "key").write_bytes(_KEY)
        (root / "key").chmod(stat.S_IRUSR | stat.S_IWUSR)
        repo = root / "repo"
        if any(one is ref for one in makes):
            repo.mkdir()
            git = GitWorld(repo)
            git.git("commit", "-q", "--allow-empty", "-m", "one")
            git.git("commit", "-q", "--allow-empty", "-m", "two")
            git.git("update-ref", "refs/heads/release", "HEAD")
        else:
            (repo / ".git").mkdir(parents=True)
        for name in ("a", "b", "new"):
            (repo / f"{name}.txt").write_text(f"new {name}\n")
        (repo / "settings.txt").write_text("new settings\n")
        _make_database(repo / "app.db")
        return plan_of([make(root) for make in makes])

    return build


def _make_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE version (is_now TEXT);"
            "INSERT INTO version VALUES ('0002');"
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, nickname TEXT);"
            "INSERT INTO users (name) VALUES ('Ada'), ('Grace');"
        )


def look(root: Path) -> State:
    """Return all files with their modes, the database's text and the refs."""
    repo = root / "repo"
    found: dict[str, object] = {}
    tops = [
        one for one in repo.iterdir() if one.name != ".git" and not one.name.startswith("app.db")
    ]
    refs = [one for one in (repo / ".git" / "refs").rglob("*") if one.is_file()]
    for path in (
        *tops,
        *(below for top in tops if top.is_dir() for below in top.rglob("*")),
        *refs,
    ):
        found[str(path.relative_to(repo))] = path.read_bytes() if path.is_file() else "folder"
    with closing(sqlite3.connect(repo / "app.db")) as database:
        found["app.db"] = tuple(database.iterdump())
        rows = database.execute("SELECT name FROM users ORDER BY id").fetchall()
        found["users"] = tuple(name for (name,) in rows)
        found["integrity"] = database.execute("PRAGMA integrity_check").fetchall()
    return found


def take_settings(root: Path) -> State:
    (root / "repo" / "settings.txt").write_text(_THEIRS)
    return {"settings.txt": _THEIRS.encode()}


def take_a_file(root: Path) -> State:
    (root / "repo" / "b.txt").write_text(_THEIRS)
    return {"b.txt": _THEIRS.encode()}


def take_the_ref(root: Path) -> State:
    git = GitWorld(root / "repo")
    theirs = git.git("commit-tree", "-m", _THEIRS, "HEAD^{tree}")
    git.git("update-ref", "refs/heads/release", theirs)
    return {".git/refs/heads/release": f"{theirs}\n".encode()}


def take_the_table(root: Path) -> State:
    with closing(sqlite3.connect(root / "repo" / "app.db")) as database, database:
        database.execute("INSERT INTO users (name) VALUES (?)", (_THEIRS,))
    return {"users": ("Ada", "Grace", _THEIRS)}


def _failing(name: str, place: str, *before: Make, ends: str = "restored", stride: int) -> Scenario:
    build = world_of(*before, failing(place))
    return Scenario(name, build, load, look, take_a_file, ends=ends, stride=stride)


SCENARIOS = (
    Scenario("one file", world_of(one_file), load, look, take_settings, stride=19),
    Scenario("several files", world_of(many_files), load, look, take_a_file, stride=29),
    Scenario("a table", world_of(table), load, look, take_the_table, stride=19),
    Scenario("a ref", world_of(ref), load, look, take_the_ref, stride=7),
    Scenario("a folder and a file in it", world_of(folder, inside), load, look, stride=19),
    Scenario(
        "all together", world_of(many_files, table, ref, one_file), load, look, take_a_file,
        stride=97, every=3,
    ),
    _failing("the last act fails", "act, before it did anything", many_files, table, stride=97),
    _failing("the last act's answer is lost", "act, when all was done", folder, inside, stride=31),
    _failing("the last step does not take", "verify", table, stride=31),
    _failing("a checkpoint fails", "prepare", many_files, ends="refused", stride=31),
    Scenario(
        "a run that ended well is aborted", world_of(many_files, table), load, look, take_a_file,
        ends="restored", operation=abort, stride=11,
    ),
)  # fmt: skip
