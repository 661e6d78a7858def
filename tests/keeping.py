"""A work tree's whole state as values, and worlds that fail or die at the n-th change."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

from blastradius.checkpoints.restoring import How
from blastradius.checkpoints.taking import Wanted
from blastradius.git.capture import capture
from blastradius.git.putback import compared, put_back
from blastradius.git.repository import Repository
from blastradius.git.snapshots import load
from blastradius.world import World
from tests.gitworld import GitWorld

Tick = Callable[[str], None]
CANARY = "canary-5f1c-hunter2"
ALL = Wanted(files=(".env", "gone.env"), folders=("dist",), reason="why")
APPLY = How(apply=True, remove_orphans=True)


def still(_what: str) -> None:
    """Tick of a world in which nothing happens."""


def files_of(root: Path) -> dict[str, tuple[str, int, bytes]]:
    """Return path → kind, permission bits and bytes of everything but git's own and empty folders."""
    found: dict[str, tuple[str, int, bytes]] = {}
    pending = [root]
    while pending:
        for one in pending.pop().iterdir():
            name = str(one.relative_to(root))
            status = one.lstat()
            if one.name == ".git":
                continue
            if stat.S_ISLNK(status.st_mode):
                found[name] = ("link", 0, os.fsencode(one.readlink()))
            elif stat.S_ISDIR(status.st_mode):
                pending.append(one)
            else:
                found[name] = ("file", status.st_mode & 0o777, one.read_bytes())
    return found


def state_of(world: GitWorld) -> tuple[str, str, dict[str, tuple[str, int, bytes]]]:
    """Return what git says of a work tree, its index, and all files."""
    status = world.git("status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z")
    return status, world.git("ls-files", "--stage", "-v", "-z"), files_of(world.path)


def taken(world: GitWorld, ref: str = "refs/blastradius/checkpoints/t/code") -> str:
    """Take a snapshot, keep it, and return its commit."""
    repo = Repository.open(world.path)
    commit = capture(repo, still).snapshot.commit
    world.git("update-ref", ref, commit)
    return commit


def brought_back(world: GitWorld, commit: str, tick: Tick = still, *, orphans: bool = True) -> None:
    """Bring a snapshot back, removing orphans unless told otherwise."""
    repo = Repository.open(world.path)
    target = load(repo, commit)
    now = capture(repo, still, also=target.work)
    world.git("update-ref", "refs/blastradius/checkpoints/before/code", now.snapshot.commit)
    difference = compared(repo, target, now)
    put_back(repo, target, now, difference, tick, message="back", remove_orphans=orphans)


class Counted:
    """A tick that does something at the n-th change: dies, or raises."""

    def __init__(self, at: int, happens: Callable[[], None]) -> None:
        self.left = at
        self._happens = happens

    def __call__(self, _what: str) -> None:
        self.left -= 1
        if self.left == 0:
            self._happens()


def die() -> None:
    """End the process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def survives(work: Callable[[Tick], None], at: int) -> bool:
    """Do ``work`` in a forked child that dies at its n-th change; tell whether it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            work(Counted(at, die))
        except BaseException:  # noqa: BLE001 - the child must not go on as the tests' process
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFEXITED(status)


class TickingWorld(World):
    """A world whose ticks are another's."""

    ticking: Tick = staticmethod(still)

    def tick(self, what: str) -> None:
        self.ticking(what)


def opened(repo: Path, key: Path) -> TickingWorld:
    """Return the world of a repository, with the key of a test."""
    environment = {"BLASTRADIUS_KEY_FILE": str(key), "PATH": os.environ["PATH"]}
    return TickingWorld(Repository.open(repo), "checkpoint", environment=environment)


def spoilt(git: GitWorld) -> None:
    """Lose the work and change what is declared."""
    git.git("checkout", "-q", "-f", "main")
    git.git("clean", "-q", "-fd")
    git.write({".env": "SECRET=other\n", "gone.env": "came\n", "dist/x.js": "9", "dist/new/z": "3"})
    (git.path / "dist/in/y.js").unlink()
