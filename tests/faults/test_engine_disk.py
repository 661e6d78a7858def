"""Disks that are full, broken or not to be written: nothing is lost, and it goes on once they are well."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from blastradius.engine import runs
from blastradius.errors import JournalError, StorageError, UsageError
from blastradius.model.run import Run
from tests.crash.harness import State, in_memory
from tests.crash.scenarios import many_files, one_file, table
from tests.faults.engineworld import DisturbedWorld, Small

_SMALL = 64 << 10
_PAGE = 4096


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


def _refuse(code: int, what: str) -> None:
    raise OSError(code, os.strerror(code), what)


@pytest.fixture
def target(memory: Path) -> tuple[State, int]:
    """What an undisturbed run leads to, and how many ticks it has."""
    small = Small.of(memory / "undisturbed", many_files, table)
    points = small.points()
    return small.seen(), points


@pytest.mark.parametrize(
    ("code", "how_long"),
    [
        (errno.ENOSPC, "once"),
        (errno.ENOSPC, "from then on"),
        (errno.EIO, "once"),
        (errno.EROFS, "from then on"),
    ],
)
def test_a_write_that_fails_anywhere_loses_nothing(
    code: int, how_long: str, memory: Path, target: tuple[State, int]
) -> None:
    reached, points = target
    for n in range(1, points + 1):
        small = Small.of(memory / f"{n}", many_files, table)
        bad = DisturbedWorld(
            small.root, n, lambda what: _refuse(code, what), on=how_long == "from then on"
        )
        try:
            run = small.begin(bad)
        except (JournalError, StorageError):
            run = _gone_on(small)  # the disk is well again
        assert run.state in {"done", "restored", "refused"}, (n, run.why)
        assert small.seen() == (reached if run.state == "done" else small.original), n


def _gone_on(small: Small) -> Run:
    """Go on with a run, or begin anew where none began."""
    try:
        return small.resume()
    except (JournalError, UsageError):
        assert not small.world.folder.exists() or not runs.listing(small.world.repo).runs[-1].plan
        return small.begin(
            DisturbedWorld(small.root, 0, lambda _: None, run="20260101T000009-00000c")
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_refuses_the_run(tmp_path: Path) -> None:
    small = Small.of(tmp_path / "world", one_file)
    git = small.tree / ".git"
    git.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="make it writable"):
            small.begin()
    finally:
        git.chmod(0o700)
    assert small.seen() == small.original


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 256 kB, of which tests fill what they do not want free."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={4 * _SMALL}", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def _fill(place: Path, free: int = 0) -> None:
    """Write to a disk until only so many bytes are free."""
    left = os.statvfs(place).f_bavail * os.statvfs(place).f_bsize - free
    try:
        with (place / "filling").open("ab") as file:
            file.write(bytes(max(0, left)))
    except OSError:
        return


@pytest.mark.parametrize("free", [*range(0, 4 * _SMALL, 2 * _PAGE)])
def test_a_run_on_a_disk_with_little_room_ends_well_or_never_begins(free: int, tiny: Path) -> None:
    small = Small.of(tiny / "world", one_file)
    _fill(tiny, free)
    try:
        run = small.begin()
    except (JournalError, StorageError):
        assert small.seen() == small.original
    else:
        assert run.state in {"done", "refused", "restored"}
        assert (small.seen() == small.original) is (run.state != "done")


def test_a_disk_that_fills_up_after_the_run_began_does_not_keep_it_from_taking_back(
    tiny: Path, tmp_path: Path
) -> None:
    points = Small.of(tmp_path / "undisturbed", one_file).points()
    began = 0
    for n in range(1, points + 1):
        small = Small.of(tiny / f"world-{n}", one_file)
        world = DisturbedWorld(small.root, n, lambda _: _fill(tiny))
        try:
            run = small.begin(world)
        except (JournalError, StorageError):
            # Only before the first record: then the space that is set aside is not there yet.
            assert small.seen() == small.original
            assert not (small.world.folder / "journal.jsonl").exists() or not small.records()
        else:
            began += 1
            assert run.state in {"done", "restored", "refused"}
            assert (small.seen() == small.original) is (run.state != "done")
        subprocess.run(["rm", "-r", str(tiny / "filling"), str(small.root)], check=True)
    assert began
