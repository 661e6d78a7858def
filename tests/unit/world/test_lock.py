"""One runner at a time."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from blastradius.errors import JournalError, StorageError
from blastradius.world.files import Files
from blastradius.world.lock import held
from tests.processes import code_of, in_child, until

_files = Files(lambda _: None)


def test_a_second_is_told_who_is_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        held(home, _files, "run x"),
        pytest.raises(JournalError, match=f"process {os.getpid()}, run x"),
        held(home, _files, "y"),
    ):
        pass
    with held(home, _files, "again"):
        pass


def test_a_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    home, ready = tmp_path / "home", tmp_path / "ready"

    def hold() -> None:
        with held(home, _files, "run x"):
            ready.touch()
            time.sleep(60)

    child = in_child(hold)
    until(ready.exists)
    with pytest.raises(JournalError, match=f"process {child}"), held(home, _files, "mine"):
        pass
    os.kill(child, signal.SIGKILL)
    code_of(child)
    with held(home, _files, "mine"):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), held(tmp_path, _files, "x"):
        raise KeyError
    with held(tmp_path, _files, "y"):
        pass


def test_a_program_does_not_inherit_the_lock(tmp_path: Path) -> None:
    import subprocess

    with held(tmp_path, _files, "x"):
        program = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with held(tmp_path, _files, "y"):
            pass
    finally:
        program.kill()
        program.wait()


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError), held(tmp_path, _files, "x"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with (
        pytest.raises(StorageError, match="cannot write below"),
        held(tmp_path / "home", _files, "x"),
    ):
        pass
