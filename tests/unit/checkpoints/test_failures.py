"""Killed or failed at any point: run again it is right; failed half way it is taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from blastradius import checkpoints
from blastradius.checkpoints import records
from blastradius.checkpoints.pruning import Which
from blastradius.checkpoints.restoring import How
from blastradius.errors import (
    BlastRadiusError,
    CompensationError,
    DriftError,
    StoppedError,
)
from blastradius.git.snapshots import refs
from tests.gitworld import GitWorld
from tests.keeping import (
    ALL,
    APPLY,
    TickingWorld,
    files_of,
    opened,
    spoilt,
    state_of,
    survives,
)


def test_killed_while_files_and_folders_come_back(git: GitWorld, tmp_path: Path) -> None:
    key = tmp_path / "key"
    world = opened(git.path, key)
    then = files_of(git.path)
    one = checkpoints.create(world, ALL)
    spoilt(git)
    how = How(scopes=("files", "folders"), apply=True, remove_orphans=True)
    at, over = 0, False
    while not over:
        at += 1
        folder = shutil.copytree(git.path, tmp_path / f"w{at}", symlinks=True)

        def work(tick: Callable[[str], None], folder: Path = folder) -> None:
            own = opened(folder, key)
            own.ticking = tick
            checkpoints.restore(own, one.id, how)

        over = survives(work, at)
        checkpoints.restore(opened(folder, key), one.id, how)
        found = files_of(folder)
        assert {p: found[p] for p in found if p.startswith((".env", "dist"))} == {
            p: then[p] for p in then if p.startswith((".env", "dist"))
        }, at
        assert "gone.env" not in found
        assert not [p for p in folder.rglob("*") if "draft" in p.name and ".git" not in p.parts], at
        shutil.rmtree(folder)
        at += 3  # every fourth point: the drafts and renames between have their own tests
    assert at > 20


def test_killed_anywhere_in_a_whole_restore(git: GitWorld, tmp_path: Path) -> None:
    key = tmp_path / "key"
    then = state_of(git)
    one = checkpoints.create(opened(git.path, key), ALL)
    spoilt(git)
    seen: list[str] = []

    def restored(folder: Path, tick: Callable[[str], None]) -> None:
        own = opened(folder, key)
        own.ticking = tick
        checkpoints.restore(own, one.id, APPLY)

    def copied(name: str) -> Path:
        return shutil.copytree(git.path, tmp_path / name, symlinks=True)

    restored(copied("counted"), seen.append)
    first = next(place for place, what in enumerate(seen) if what == "write a")
    for at in (3, first // 2, *range(first, len(seen), 8)):
        folder = copied(f"w{at}")
        assert not survives(partial(restored, folder), at)
        before = {line.id for line in checkpoints.listed(opened(folder, key)).checkpoints}
        restored(folder, lambda _what: None)
        assert state_of(GitWorld(folder)) == then, seen[at - 1]
        left = {line.id for line in checkpoints.listed(opened(folder, key)).checkpoints}
        assert before < left


@pytest.mark.parametrize("at", range(1, 60, 6))
def test_a_full_disk_while_one_is_taken_leaves_none_behind(
    git: GitWorld, world: TickingWorld, at: int
) -> None:
    before = state_of(git)
    left = [at]

    def full(_what: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")

    world.ticking = full
    try:
        checkpoints.create(world, ALL)
    except (BlastRadiusError, OSError):
        assert records.names(world) == []
    world.ticking = lambda _what: None
    assert state_of(git) == before
    checkpoints.verify(world, checkpoints.create(world, ALL).id)


def failing(git: GitWorld, tmp_path: Path) -> Iterator[tuple[TickingWorld, str, str]]:
    """Yield a world spoilt anew for points of a restore's second half, the id, the point's name."""
    key = tmp_path / "key"
    one = checkpoints.create(opened(git.path, key), ALL)
    spoilt(git)
    seen: list[str] = []
    counted = opened(shutil.copytree(git.path, tmp_path / "counted", symlinks=True), key)
    counted.ticking = seen.append
    checkpoints.restore(counted, one.id, APPLY)
    first = next(place for place, what in enumerate(seen) if what == "write a")
    for at in range(first, len(seen), 7):
        folder = shutil.copytree(git.path, tmp_path / f"w{at}", symlinks=True)
        world = opened(folder, key)
        left = [at]

        def full(_what: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(28, "No space left on device")

        world.ticking = full
        yield world, one.id, seen[at - 1]


def test_what_fails_half_way_is_taken_back(git: GitWorld, tmp_path: Path) -> None:
    tried = 0
    for world, oid, where in failing(git, tmp_path):
        assert world.repo.work_tree is not None
        own = GitWorld(world.repo.work_tree)
        before = state_of(own)
        try:
            checkpoints.restore(world, oid, APPLY)
        except (StoppedError, OSError):
            tried += 1
            assert state_of(own) == before, where
        else:
            assert "rmdir" in where  # a folder that stays, empty
    assert tried > 3


def test_what_somebody_changed_meanwhile_is_left_and_the_rest_taken_back(
    git: GitWorld, world: TickingWorld
) -> None:
    one = checkpoints.create(world, ALL)
    spoilt(git)
    before = files_of(git.path)

    def meddle(what: str) -> None:
        if what == "rename a":
            git.write({"n": "theirs"})

    world.ticking = meddle
    with pytest.raises(DriftError, match="n changed"):
        checkpoints.restore(world, one.id, APPLY)
    after = files_of(git.path)
    assert after.pop("n") == ("file", 0o644, b"theirs")
    assert after == before


def test_when_taking_back_fails_too_it_says_how_to_go_on(
    git: GitWorld, world: TickingWorld
) -> None:
    one = checkpoints.create(world, ALL)
    spoilt(git)
    before = state_of(git)
    begun: list[str] = []

    def full(what: str) -> None:
        if what == "rename n" or begun:
            begun.append(what)
            raise OSError(28, "No space left on device")

    world.ticking = full
    with pytest.raises(CompensationError, match="could not be taken back") as caught:
        checkpoints.restore(world, one.id, APPLY)
    assert caught.value.exit_code == 6
    undo = caught.value.hint.split("restore ")[1].split()[0]
    world.ticking = lambda _what: None
    checkpoints.restore(world, undo, APPLY)
    assert state_of(git) == before


@pytest.mark.parametrize("at", [1, 4, 9, 15, 22, 30, 41, 55])
def test_killed_while_one_is_taken(git: GitWorld, tmp_path: Path, at: int) -> None:
    key = tmp_path / "key"
    before = state_of(git)

    def work(tick: Callable[[str], None]) -> None:
        own = opened(git.path, key)
        own.ticking = tick
        checkpoints.create(own, ALL)

    survives(work, at)
    world = opened(git.path, key)
    assert state_of(git) == before
    for line in checkpoints.listed(world).checkpoints:
        checkpoints.verify(world, line.id)
    one = checkpoints.create(world, ALL)
    checkpoints.prune(world, Which(keep_last=1), apply=True)
    checkpoints.verify(world, one.id)
    known = {part.object for part in one.files} | {part.object for part in one.folders}
    assert set(world.store.names()) == known - {""}
    assert not list((world.home / "store").glob(".blastradius-draft-*"))
    assert list(refs(world.repo)) == [records.ref_of(one.id)]
