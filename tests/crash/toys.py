"""Small adapters over real things: a file, several files, a table, a git ref, a folder.

Each keeps the promises of `blastradius.adapters.base`, in as few lines as show them; the mutants of
``mutants.py`` break one at a time.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct, convert

from blastradius.adapters.base import Prepared, Proposal, Request
from blastradius.errors import DriftError, StoppedError
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tree_of(world: World) -> Path:
    assert world.repo.work_tree is not None
    return world.repo.work_tree


def drift(step: Step) -> DriftError:
    return DriftError(f"{step.target} is somebody else's")


class Toy(ABC):
    """What is the same in all: nothing is proposed, and what was staged goes."""

    def propose(self, request: Request, world: World) -> Proposal:
        del request, world
        return Proposal()

    @abstractmethod
    def probe(self, step: Step, world: World) -> Fingerprint:
        """Return the state of the target."""

    @abstractmethod
    def prepare(self, step: Step, world: World) -> Prepared:
        """Take what `compensate` needs."""

    @abstractmethod
    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        """Bring what is wanted."""

    @abstractmethod
    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        """Bring what was before."""

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        del prepared
        return self.probe(step, world)

    def settle(self, step: Step, prepared: Prepared, world: World) -> None:
        for place in prepared.staged.values():
            world.files.remove_tree(world.folder / place)
        del step


class FilesTo(Struct, frozen=True):
    """``to``: path → new text; None for no file."""

    to: dict[str, str | None]


class FilesToy(Toy):
    """Files that become others, one rename after the other: between two renames is a waypoint."""

    def probe(self, step: Step, world: World) -> Fingerprint:
        found = {path: _content(tree_of(world) / path) for path in convert(step.args, FilesTo).to}
        return Fingerprint({path: sha(raw) for path, raw in found.items() if raw is not None})

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        """Read by names of the folder, not by names of the plan."""
        del prepared
        root, named = tree_of(world), convert(step.args, FilesTo).to
        found = {}
        for folder, below, files in os.walk(root):
            below[:] = [one for one in below if one != ".git"]
            for name in files:
                path = os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118 - of a walk
                if path in named:
                    found[path] = sha((root / path).read_bytes())
        return Fingerprint(found)

    def prepare(self, step: Step, world: World) -> Prepared:
        kept = {}
        to = convert(step.args, FilesTo).to
        for path in to:
            content = _content(tree_of(world) / path)
            if content is not None:
                kept[path] = world.store.put(content)
                world.store.check(kept[path])
        stages = [self.probe(step, world)]
        for path, text in to.items():
            leaves = {key: value for key, value in stages[-1].leaves.items() if key != path}
            stages.append(
                Fingerprint(leaves if text is None else {**leaves, path: sha(text.encode())})
            )
        world.files.make_folder(self._staged(step, world))
        return Prepared(
            wanted=stages[-1], waypoints=tuple(stages[1:-1]), kept=kept,
            staged={"files": f"staged/{step.id}"},
        )  # fmt: skip

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        self._check_ours(step, prepared, world)
        for path, text in convert(step.args, FilesTo).to.items():
            self._put(step, world, path, None if text is None else text.encode())

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        self._check_ours(step, prepared, world)
        for path in reversed(convert(step.args, FilesTo).to):
            kept = prepared.kept.get(path)
            self._put(step, world, path, None if kept is None else world.store.get(kept))

    def _check_ours(self, step: Step, prepared: Prepared, world: World) -> None:
        live = self.probe(step, world)
        if live not in (step.before, *prepared.waypoints, prepared.wanted):
            raise drift(step)

    def _put(self, step: Step, world: World, path: str, content: bytes | None) -> None:
        target = tree_of(world) / path
        if _content(target) == content:
            return
        if content is None:
            world.files.remove(target)
            return
        draft = self._staged(step, world) / sha(path.encode())[:8]
        world.files.make_folder(draft.parent)
        world.files.write(draft, content)
        world.files.replace(draft, target)

    def _staged(self, step: Step, world: World) -> Path:
        return world.folder / "staged" / step.id


class TableTo(Struct, frozen=True):
    """``up`` and ``down``: statements that are one transaction each; ``version``: what they lead to."""

    file: str
    up: list[str]
    down: list[str]
    version: str


class TableToy(Toy):
    """A SQLite database whose one-row table says its version, changed in the same transaction."""

    def probe(self, step: Step, world: World) -> Fingerprint:
        with _connected(tree_of(world) / convert(step.args, TableTo).file) as database:
            return _fingerprint(database)

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        """Read a backup, not the file."""
        del prepared
        file = tree_of(world) / convert(step.args, TableTo).file
        with _connected(file) as database, closing(sqlite3.connect(":memory:")) as copy:
            database.backup(copy)
            return _fingerprint(copy)

    def prepare(self, step: Step, world: World) -> Prepared:
        args = convert(step.args, TableTo)
        with (
            _connected(tree_of(world) / args.file) as database,
            closing(sqlite3.connect(":memory:", isolation_level=None)) as copy,
        ):
            database.backup(copy)
            before = _fingerprint(copy)
            self._apply(copy, args.up, args.version)
            wanted = _fingerprint(copy)
            self._apply(copy, args.down, _version(database))
            if _fingerprint(copy) != before:
                raise StoppedError("the way down is not the way up's inverse")
            return Prepared(wanted=wanted, kept={"version": _version(database)})

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        args = convert(step.args, TableTo)
        self._move(step, world, step.before, prepared.wanted, args.up, args.version)

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        args = convert(step.args, TableTo)
        old = prepared.kept["version"]
        self._move(step, world, prepared.wanted, step.before, args.down, old)

    def _move(
        self,
        step: Step,
        world: World,
        start: Fingerprint,
        goal: Fingerprint,
        statements: list[str],
        version: str,
    ) -> None:
        with _connected(tree_of(world) / convert(step.args, TableTo).file) as database:
            world.tick("begin")
            database.execute("BEGIN IMMEDIATE")
            live = _fingerprint(database)
            if live == goal:
                database.execute("ROLLBACK")
                return
            if live != start:
                raise drift(step)
            self._apply(database, statements, version, world)
            world.tick("commit")
            database.execute("COMMIT")

    def _apply(
        self,
        database: sqlite3.Connection,
        statements: list[str],
        version: str,
        world: World | None = None,
    ) -> None:
        for one in (*statements, f"UPDATE version SET is_now = '{version}'"):
            if world is not None:
                world.tick(one)
            database.execute(one)


class RefTo(Struct, frozen=True):
    """``ref`` goes from the commit ``old`` to ``new``; an empty one for no ref."""

    ref: str
    old: str
    new: str


class RefToy(Toy):
    """A git ref, moved by git's own compare-and-swap."""

    def probe(self, step: Step, world: World) -> Fingerprint:
        ref = convert(step.args, RefTo).ref
        found = world.repo.invoke("rev-parse", "--verify", "--quiet", ref).out.decode().strip()
        return Fingerprint({ref: found} if found else {})

    def verify(self, step: Step, prepared: Prepared, world: World) -> Fingerprint:
        del prepared
        ref = convert(step.args, RefTo).ref
        rows = world.repo.git("for-each-ref", "--format=%(refname) %(objectname)").decode()
        pairs = (line.split() for line in rows.splitlines())
        return Fingerprint({name: oid for name, oid in pairs if name == ref})

    def prepare(self, step: Step, world: World) -> Prepared:
        del world
        args = convert(step.args, RefTo)
        return Prepared(wanted=Fingerprint({args.ref: args.new} if args.new else {}))

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        self._move(step, world, step.before, prepared.wanted)

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        self._move(step, world, prepared.wanted, step.before)

    def _move(self, step: Step, world: World, start: Fingerprint, goal: Fingerprint) -> None:
        live, ref = self.probe(step, world), convert(step.args, RefTo).ref
        if live == goal:
            return
        if live != start:
            raise drift(step)
        none = "0" * 40
        world.tick(f"update-ref {ref}")
        old, new = live.leaves.get(ref, none), goal.leaves.get(ref, none)
        if world.repo.invoke("update-ref", ref, new, old).code != 0:
            raise drift(step)


class FolderTo(Struct, frozen=True):
    """``path``: the folder that shall be."""

    path: str


class FolderToy(Toy):
    """An empty folder is made; to take it back it must be empty again: later steps first."""

    def probe(self, step: Step, world: World) -> Fingerprint:
        path = convert(step.args, FolderTo).path
        return Fingerprint({path: "folder"} if (tree_of(world) / path).is_dir() else {})

    def prepare(self, step: Step, world: World) -> Prepared:
        del world
        return Prepared(wanted=Fingerprint({convert(step.args, FolderTo).path: "folder"}))

    def act(self, step: Step, prepared: Prepared, world: World) -> None:
        del prepared
        world.files.make_folder(tree_of(world) / convert(step.args, FolderTo).path)

    def compensate(self, step: Step, prepared: Prepared, world: World) -> None:
        if self.probe(step, world) == prepared.wanted:
            path = tree_of(world) / convert(step.args, FolderTo).path
            world.tick(f"rmdir {path.name}")
            path.rmdir()
            world.files.sync_folder(path.parent)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        yield database


def _fingerprint(database: sqlite3.Connection) -> Fingerprint:
    leaves = {"version": _version(database)}
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, sql in rows:
        content = database.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()
        leaves[name] = sha(f"{sql}{content}".encode())
    return Fingerprint(leaves)


def _version(database: sqlite3.Connection) -> str:
    return str(database.execute("SELECT is_now FROM version").fetchone()[0])
