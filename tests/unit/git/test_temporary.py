from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blastradius.git.temporary import TemporaryFolder, remove_leftovers

LATER = 3_600.0
HOLD = """
from blastradius.git.temporary import TemporaryFolder
held = TemporaryFolder()
print(held.name, flush=True)
input()
"""


def holder(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """Return a process that has a folder in ``place``, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    process, folder = holder(tmp_path)
    (folder / "deep").mkdir()
    (folder / "deep/file").write_text("x")
    with process:
        assert remove_leftovers(str(tmp_path), time.time() + LATER) == 0, "its owner lives"
        process.send_signal(signal.SIGKILL)
    assert remove_leftovers(str(tmp_path), time.time()) == 0, "it may be about to be claimed"
    assert folder.exists()
    assert remove_leftovers(str(tmp_path), time.time() + LATER) == 1
    assert not folder.exists()


def test_a_process_that_ends_removes_its_own(tmp_path: Path) -> None:
    process, folder = holder(tmp_path)
    assert folder.is_dir()
    process.communicate("\n")
    assert not folder.exists()


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "owner.lock").write_text("")
    place = tmp_path / "tmp"
    place.mkdir()
    (place / "blastradius-link").symlink_to(outside)
    (place / "blastradius-x.log").write_text("a log")
    (place / "blastradius-unclaimed").mkdir(mode=0o700)
    open_to_all = place / "blastradius-open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    (open_to_all / "owner.lock").write_text("")
    linked = place / "blastradius-linked"
    linked.mkdir(mode=0o700)
    (linked / "owner.lock").symlink_to(outside / "owner.lock")
    (place / "another").mkdir(mode=0o700)
    (place / "another/owner.lock").write_text("")
    before = sorted(place.iterdir())
    assert remove_leftovers(str(place), time.time() + LATER) == 0
    assert sorted(place.iterdir()) == before
    assert remove_leftovers(str(tmp_path / "nowhere"), time.time()) == 0


def test_a_folder_is_this_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = TemporaryFolder()
    assert Path(one.name).parent == tmp_path
    assert Path(one.name).stat().st_mode & 0o777 == 0o700
    one.cleanup()
    one.cleanup()
    assert not Path(one.name).exists()
