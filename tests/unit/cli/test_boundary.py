"""What a command ends with, whatever happens inside."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blastradius.cli import main
from blastradius.errors import (
    BlastRadiusError,
    ConfigError,
    NoConsistentPlanError,
    RangeError,
    RepositoryError,
    StorageError,
)

if TYPE_CHECKING:
    from tests.fakeapi import FakeApi

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RangeError("unknown revision 'x'", "did you mean y?"), 2),
        (ConfigError("blastradius.toml:2: unknown key 'x'", "did you mean y?"), 2),
        (RepositoryError("/x is not a git repository", "git init"), 2),
        (StorageError("cannot write", "free some space"), 2),
        (NoConsistentPlanError("commit a must stay, but cannot", "keep less"), 4),
    ],
)
def test_an_error_of_ours_is_a_line_and_a_hint(
    api: FakeApi, capsys: Captured, error: BlastRadiusError, code: int
) -> None:
    api.error = error
    assert main(["analyze"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"blastradius: error: {error.what}\n  hint: {error.hint}\n"


def test_without_a_hint_there_is_one_line(api: FakeApi, capsys: Captured) -> None:
    api.error = RangeError("the range is odd")
    assert main(["analyze"]) == 2
    assert capsys.readouterr().err == "blastradius: error: the range is odd\n"


def test_an_error_that_quotes_the_repository_steers_no_terminal(
    api: FakeApi, capsys: Captured
) -> None:
    api.error = RepositoryError("bad path \x1b[2J\udce9\nblastradius: all is well", "\x9b31m")
    assert main(["analyze"]) == 2
    err = capsys.readouterr().err
    assert err == (
        "blastradius: error: bad path \\x1b[2J\\xe9\\nblastradius: all is well\n  hint: \\x9b31m\n"
    )


def test_an_interrupt_is_quiet(api: FakeApi, capsys: Captured) -> None:
    api.error = KeyboardInterrupt()
    assert main(["analyze"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_is_named_with_its_place(api: FakeApi, capsys: Captured, number: int) -> None:
    api.error = OSError(number, os.strerror(number), "/var/cache/facts.db")
    assert main(["analyze"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"blastradius: error: {os.strerror(number)} for /var/cache/facts.db\n")
    assert "hint: free some space" in err


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a\nb"), RecursionError(), PermissionError(13, "denied", "x")]
)
def test_a_bug_leaves_a_log_and_no_traceback(
    api: FakeApi,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Exception,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    api.error = error
    assert main(["analyze", "--undo", "secret-branch"]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"blastradius: error: internal error: {type(error).__name__}")
    log = Path(re.fullmatch(r"  hint: please report it with the log (.*)", lines[1])[1])  # type: ignore[index]
    assert log.parent == tmp_path
    text = log.read_text()
    assert "Traceback" in text
    assert text.startswith("blastradius ")
    assert "hunter2" not in text
    assert "secret-branch" not in text


def test_the_root_of_our_errors_is_a_bug_too(
    api: FakeApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    api.error = BlastRadiusError("this should not be")
    assert main(["analyze"]) == 3
    assert "internal error: BlastRadiusError: this should not be" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 1


def test_a_bug_without_room_for_its_log_says_so(
    api: FakeApi, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    api.error = ValueError("odd")
    assert main(["analyze"]) == 3
    assert "no log could be written" in capsys.readouterr().err


# What follows needs real streams, hence a process.


def run(
    *words: str, stdout: int | None = subprocess.PIPE, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "blastradius", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, **(env or {})},
    )


def test_a_reader_that_left_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run("--help", stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_on_a_full_disk_is_one_error() -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("--help", stdout=full.fileno())
    assert done.returncode == 2
    assert done.stderr.startswith(b"blastradius: error: No space left on device")
    assert done.stderr.count(b"\n") == 2


def test_a_closed_standard_output_is_no_error() -> None:
    command = f'"{sys.executable}" -m blastradius --version >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from blastradius.cli import main; main(['analyze', '--help']); "
        "print(sorted({'numpy', 'sqlglot', 'yaml', 'tree_sitter', 'networkx', 'msgspec'} "
        "& set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.strip() == b"[]"
    assert done.stdout.startswith(b"usage: blastradius analyze")
