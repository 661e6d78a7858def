from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from blastradius.cli.console import Console, write_whole
from blastradius.cli.progress import Bar
from blastradius.errors import StorageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    # Called by the tests themselves: pytest puts its own stream back between fixture and test.
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((200, 9)))
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def console(color: str = "auto", output: str | None = None) -> Console:
    return Console("text", color, output, quiet=True)


def test_a_terminal_gets_colour_and_its_width_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_terminal(monkeypatch)
    options = console().options(5)
    assert (options.colour, options.width, options.limit) == (True, 120, 5)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_refuse_colour(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert console().options(5).colour is False
    assert console("always").options(5).colour is True


def test_an_empty_no_color_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "")
    assert console().options(5).colour is True
    assert console("never").options(5).colour is False


def test_a_file_and_a_pipe_get_eighty_columns_without_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_terminal(monkeypatch)
    to_file = console(output="x").options(5)
    assert (to_file.colour, to_file.width) == (False, 80)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert console().options(5).colour is False


def test_text_for_a_poor_terminal_and_json_in_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    poor = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", poor)
    Console("text", "auto", None, quiet=True).result("a…\n")
    Console("json", "auto", None, quiet=True).result('"é"\n')
    assert raw.getvalue() == b"a\\u2026\n" + '"é"\n'.encode()


def test_a_file_is_written_whole_with_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    target.chmod(0o640)
    write_whole(target, "new…\n")
    assert target.read_text(encoding="utf-8") == "new…\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["report.txt"]


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_whole(tmp_path / "report.txt", "x")
    assert (tmp_path / "report.txt").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    write_whole(link, "x")
    assert link.is_symlink()
    assert target.read_text() == "x"


def test_a_device_is_written_to() -> None:
    write_whole(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["absent/report.txt", ".", "loop"])
def test_a_file_that_cannot_be_written_is_one_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="cannot write"):
        write_whole(tmp_path / name, "x")
    assert [one.name for one in tmp_path.iterdir()] == ["loop"]


def test_a_disk_that_fills_up_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.txt"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_bar_waits_a_second_redraws_seldom_and_goes_away() -> None:
    stream, clock = io.StringIO(), Clock()
    bar = Bar(stream, clock)
    bar.show("reading", 1, 100)
    bar.clear()
    assert stream.getvalue() == ""
    clock.now = 1.0
    bar.show("reading", 50, 100)
    bar.show("reading", 51, 100)
    assert stream.getvalue() == f"\r\x1b[Kreading [{'#' * 15}{'.' * 15}] 50/100"
    clock.now = 1.2
    bar.show("reading", 2_000, 1_000)
    assert stream.getvalue().endswith(f"[{'#' * 30}] 2,000/1,000")
    bar.clear()
    bar.clear()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert stream.getvalue().count("\r") == 3


def test_a_stage_without_a_total_and_with_an_odd_name_is_drawn() -> None:
    stream, clock = io.StringIO(), Clock()
    bar = Bar(stream, clock)
    clock.now = 5.0
    bar.show("a\x1b[2J" + "b" * 90, 0, 0)
    assert "a\\x1b[2Jb" in stream.getvalue()
    assert stream.getvalue().endswith("0/0")


def test_no_progress_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("blastradius.cli.progress._PATIENCE", -1.0)
    with Console("text", "auto", None, quiet=False) as out:
        out.progress("reading", 1, 2)
    assert stream.getvalue() == ""


def test_progress_on_a_terminal_is_cleared_before_anything_else_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("blastradius.cli.progress._PATIENCE", -1.0)
    with Console("text", "auto", None, quiet=False) as out:
        out.progress("reading", 1, 2)
        out.warn("careful")
    drawn, _, rest = stream.getvalue().rpartition("1/2")
    assert "reading [" in drawn
    assert rest == "\r\x1b[Kblastradius: warning: careful\n"
