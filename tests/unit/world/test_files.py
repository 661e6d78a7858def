"""Files: whole or not at all, private, and each operation announced before it happens."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from blastradius.world import files as module
from blastradius.world.files import DRAFT, Files

_quiet = Files(lambda _: None)


def failing_at(n: int, ticks: list[str]) -> Files:
    """Files whose n-th operation fails."""

    def tick(what: str) -> None:
        ticks.append(what)
        if len(ticks) == n:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    return Files(tick)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_a_file_is_written_whole_with_its_mode(mode: int, tmp_path: Path) -> None:
    was = os.umask(0o077)
    try:
        _quiet.write(tmp_path / "file", iter([b"one ", b"", b"two"]), mode)
    finally:
        os.umask(was)
    assert (tmp_path / "file").read_bytes() == b"one two"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_write_that_fails_anywhere_leaves_old_or_new_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ticks: list[str] = []
    failing_at(0, ticks).write(path, b"old")
    assert ticks == ["write file", "fsync file", "rename file", f"fsync folder {tmp_path.name}"]
    for n in range(1, len(ticks) + 1):
        path.write_bytes(b"old")
        with pytest.raises(OSError, match="Input/output"):
            failing_at(n, []).write(path, b"new")
        assert path.read_bytes() in {b"old", b"new"}
        assert (n == len(ticks)) is (path.read_bytes() == b"new")
        assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_breaks_off_while_it_is_read_is_not_written(tmp_path: Path) -> None:
    def pieces() -> object:
        yield b"a beginning"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _quiet.write(tmp_path / "file", pieces())  # type: ignore[arg-type]
    assert list(tmp_path.glob(f"{DRAFT}*")) == list(tmp_path.iterdir()) == []


def test_appending_adds_and_announces(tmp_path: Path) -> None:
    ticks: list[str] = []
    files = Files(ticks.append)
    files.append(tmp_path / "log", b"one\n")
    files.append(tmp_path / "log", b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600
    assert ticks == ["append log", "fsync log"] * 2


def test_short_writes_are_gone_on_with(tmp_path: Path) -> None:
    real = os.write
    with patch.object(os, "write", lambda handle, data: real(handle, bytes(data)[:3])):
        _quiet.append(tmp_path / "log", b"0123456789")
        _quiet.write(tmp_path / "file", b"0123456789")
    assert (tmp_path / "log").read_bytes() == (tmp_path / "file").read_bytes() == b"0123456789"


def test_folders_are_made_from_the_top_and_are_private(tmp_path: Path) -> None:
    ticks: list[str] = []
    Files(ticks.append).make_folder(tmp_path / "a" / "b")
    assert [one for one in ticks if one.startswith("mkdir")] == ["mkdir a", "mkdir b"]
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    ticks.clear()
    Files(ticks.append).make_folder(tmp_path / "a" / "b")
    assert ticks == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        _quiet.make_folder(tmp_path / "file")


def test_names_are_exchanged_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("x")
    (tmp_path / "file").write_text("a file")
    _quiet.exchange(tmp_path / "folder", tmp_path / "file")
    assert (tmp_path / "file" / "inside").read_text() == "x"
    assert (tmp_path / "folder").read_text() == "a file"


@pytest.mark.parametrize("missing", ["one", "other"])
def test_an_exchange_with_nothing_changes_nothing(missing: str, tmp_path: Path) -> None:
    there = "other" if missing == "one" else "one"
    (tmp_path / there).write_text("x")
    with pytest.raises(FileNotFoundError):
        _quiet.exchange(tmp_path / "one", tmp_path / "other")
    assert [one.name for one in tmp_path.iterdir()] == [there]


def test_a_system_that_cannot_exchange_says_so(tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    (tmp_path / "other").touch()
    with (
        patch.object(module, "_renameat2", lambda: None),
        pytest.raises(OSError, match="cannot exchange") as told,
    ):
        _quiet.exchange(tmp_path / "one", tmp_path / "other")
    assert told.value.errno == errno.ENOSYS


def test_what_is_gone_already_is_removed(tmp_path: Path) -> None:
    _quiet.remove(tmp_path / "absent")
    _quiet.remove_tree(tmp_path / "absent")
    (tmp_path / "file").touch()
    _quiet.remove(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_tree_is_removed_but_not_what_its_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "gone" / "below").mkdir(parents=True)
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "kept")
    _quiet.remove_tree(tmp_path / "gone")
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").exists()


_OPERATIONS: dict[str, Callable[[Files, Path], None]] = {
    "append": lambda files, path: files.append(path / "file", b"x"),
    "write": lambda files, path: files.write(path / "file", b"x"),
    "replace": lambda files, path: files.replace(path / "file", path / "new"),
    "exchange": lambda files, path: files.exchange(path / "file", path / "other"),
    "remove": lambda files, path: files.remove(path / "file"),
    "remove_tree": lambda files, path: files.remove_tree(path / "folder"),
    "make_folder": lambda files, path: files.make_folder(path / "made"),
}


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_nothing_happens_before_it_is_announced(operation: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("file", "other"):
        (tmp_path / name).write_text(name)
    before = {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()}
    with pytest.raises(OSError, match="Input/output"):
        _OPERATIONS[operation](failing_at(1, []), tmp_path)
    assert {one.name: one.stat().st_mtime_ns for one in tmp_path.iterdir()} == before
