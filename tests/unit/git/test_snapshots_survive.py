"""Killed, or failed by the disk, at any point: run again, a snapshot comes back whole."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from blastradius.errors import CheckpointError
from blastradius.git.capture import capture
from blastradius.git.repository import Repository
from tests.gitworld import GitWorld
from tests.keeping import Counted, brought_back, state_of, survives, taken


def test_a_file_of_any_size_passes_through(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    big = os.urandom(9 * 2**20)
    world.write({"big": big})
    commit = taken(world)
    world.write({"big": None})
    brought_back(world, commit)
    assert (world.path / "big").read_bytes() == big


def small(tmp_path: Path) -> tuple[GitWorld, str]:
    """Return a world whose restore makes every kind of change, each once or twice."""
    folder = tmp_path / "template"
    folder.mkdir()
    world = GitWorld(folder)
    world.commit("one", {"a": "1", "d/b": "2", "x.sh": "3"})
    world.git("checkout", "-q", "-b", "work")
    world.write({"a": "dirty", "n/new": "4"})
    world.git("add", "a")
    (folder / "x.sh").chmod(0o755)
    (folder / "l").symlink_to("a")
    commit = taken(world)
    world.git("reset", "-q", "--hard")
    world.git("clean", "-q", "-fd")
    world.write({"d/b": None})
    world.commit("two", {"d": "file", "orphan/o": "5"})
    world.git("checkout", "-q", "-b", "other")
    return world, commit


def test_killed_at_any_point_and_run_again_it_is_right(tmp_path: Path) -> None:
    template, commit = small(tmp_path)
    wanted = GitWorld(shutil.copytree(template.path, tmp_path / "wanted", symlinks=True))
    brought_back(wanted, commit)
    expected = state_of(wanted)
    for at in range(1, 200):
        folder = shutil.copytree(template.path, tmp_path / f"w{at}", symlinks=True)
        world = GitWorld(folder)
        work = partial(brought_back, world, commit)
        over = survives(work, at)
        if not over:
            if at % 2:  # and once more, on the way to mend it
                survives(work, at // 2 + 1)
            brought_back(world, commit)
        assert state_of(world) == expected, at
        assert not list(folder.rglob(".blastradius-draft-*")), at
        assert not (folder / ".git/index.lock").exists(), at
        shutil.rmtree(folder)
        if over:
            break
    assert at > 20


@pytest.mark.parametrize("code", [28, 13], ids=["full disk", "no permission"])
def test_a_disk_that_fails_at_any_point_loses_nothing(tmp_path: Path, code: int) -> None:
    template, commit = small(tmp_path)
    wanted = GitWorld(shutil.copytree(template.path, tmp_path / "wanted", symlinks=True))
    brought_back(wanted, commit)
    expected = state_of(wanted)

    def fail() -> None:
        raise OSError(code, os.strerror(code))

    for at in range(1, 200, 3):
        folder = shutil.copytree(template.path, tmp_path / f"w{at}", symlinks=True)
        world = GitWorld(folder)
        tick = Counted(at, fail)
        try:
            brought_back(world, commit, tick)
        except (CheckpointError, OSError):
            assert not list(folder.rglob(".blastradius-draft-*")), at
            brought_back(world, commit)
        assert state_of(world) == expected, at
        shutil.rmtree(folder)
        if tick.left > 0:
            break


def test_a_snapshot_that_cannot_be_written_leaves_no_trace(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    world.write({"n": "2"})
    objects = world.path / ".git/objects"
    before = sorted(str(one) for one in objects.rglob("*"))

    def fail(_what: str) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CheckpointError, match="No space left"):
        capture(Repository.open(world.path), fail)
    assert sorted(str(one) for one in objects.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(world: GitWorld) -> None:
    world.commit("one", {"d/a": "1"})
    commit = taken(world)
    world.write({"d/a": "2"})
    (world.path / "d").chmod(0o555)
    try:
        with pytest.raises(CheckpointError, match="cannot write d/a"):
            brought_back(world, commit)
    finally:
        (world.path / "d").chmod(0o755)
    assert (world.path / "d/a").read_text() == "2"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_what_may_not_be_read_is_not_silently_left_out(world: GitWorld) -> None:
    world.commit("one", {"a": "1"})
    world.write({"d/new": "1", "e": "2"})
    for name in ("d", "e"):
        (world.path / name).chmod(0)
        try:
            with pytest.raises(CheckpointError, match="cannot read"):
                taken(world)
        finally:
            (world.path / name).chmod(0o755)
