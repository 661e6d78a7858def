"""Whatever a work tree was like and whatever happened to it since: a snapshot brings it back whole."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gitworld import GitWorld
from tests.keeping import brought_back, state_of, taken

NAMES = ("a", "b", "c.txt", "d/e", "d/f", "d/g/h", "i", "i/j", "é", os.fsdecode(b"k\xff"), "l m")
BYTES = (b"", b"one\n", b"two\r\n", b"\0\xff", b"three\nfour\n")


def write(world: GitWorld, chance: random.Random) -> None:
    path = world.path / chance.choice(NAMES)
    for above in reversed(path.relative_to(world.path).parents):
        place = world.path / above
        if place.is_symlink() or place.is_file():
            place.unlink()
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if chance.random() < 0.2:
        path.symlink_to(chance.choice(("a", "nowhere", "..", "d")))
        return
    path.write_bytes(chance.choice(BYTES))
    path.chmod(chance.choice((0o644, 0o755, 0o600, 0o640)))


def remove(world: GitWorld, chance: random.Random) -> None:
    path = world.path / chance.choice(NAMES)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def stage(world: GitWorld, chance: random.Random) -> None:
    world.git("add", "--all", check=False)


def stage_one(world: GitWorld, chance: random.Random) -> None:
    world.git("add", "--", chance.choice(NAMES), check=False)


def forget(world: GitWorld, chance: random.Random) -> None:
    world.git("rm", "-rfq", "--cached", "--", chance.choice(NAMES), check=False)


def commit(world: GitWorld, chance: random.Random) -> None:
    world.git("commit", "-q", "--allow-empty", "-m", "more")


def branch(world: GitWorld, chance: random.Random) -> None:
    world.git("checkout", "-q", "-B", chance.choice(("x", "y")), check=False)


def reset(world: GitWorld, chance: random.Random) -> None:
    world.git("reset", "-q", chance.choice(("--hard", "--mixed", "--soft")), "HEAD~1", check=False)


def settings_change(world: GitWorld, chance: random.Random) -> None:
    world.git("config", "core.autocrlf", chance.choice(("true", "false", "input")))


ACTIONS: tuple[Callable[[GitWorld, random.Random], None], ...] = (
    write, write, write, write, remove, stage, stage_one, forget, commit, branch, reset, settings_change,
)  # fmt: skip


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_the_state_then_is_the_state_again(seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        world = GitWorld(Path(folder))
        world.commit("first", {"a": "1", "d/e": "2"})
        world.git("checkout", "-q", "-b", "x")
        for _ in range(12):
            chance.choice(ACTIONS)(world, chance)
        world.git("config", "core.autocrlf", "false")
        then, snapshot = state_of(world), taken(world)
        assert state_of(world) == then
        for _ in range(12):
            chance.choice(ACTIONS)(world, chance)
        world.git("config", "core.autocrlf", "false")
        brought_back(world, snapshot)
        assert state_of(world) == then
