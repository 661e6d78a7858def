"""A program that outlives its killed runner is found, and ended before anybody goes on.

The program inherits an open file that is locked. The lock lasts for as long as the program, or anything
that it started, lives; the file says which group of processes that is. It goes when the program has ended
under our eyes: what stays behind then, such as a build tool's daemon, is no business of a run.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blastradius.errors import JournalError
from blastradius.world.files import PRIVATE_FILE

NAME = "running"
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_WIDTH = 20


@contextmanager
def claimed(path: Path) -> Iterator[int]:
    """Lock a new file while the block runs; hand the handle on to the program that is started."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = _opened(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        yield handle
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def place(folder: Path, run: str) -> Path:
    """Return where a program that the run starts next has its file."""
    return folder / f"{run}.{secrets.token_hex(4)}"


def note_group(handle: int, group: int) -> None:
    """Say which group of processes holds the lock."""
    os.pwrite(handle, f"{group}".ljust(_WIDTH).encode(), 0)


def end_leftover(folder: Path, run: str) -> None:
    """End what a run that was killed has left running, and wait until it is gone.

    Raises:
        JournalError: it does not end.
    """
    for path in sorted(folder.glob(f"{run}.*")):
        _end(path)
        path.unlink(missing_ok=True)


def _end(path: Path) -> None:
    handle = _opened(path)
    try:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not _locked(handle):
            group = os.pread(handle, _WIDTH, 0).decode("ascii", "replace").strip()
            if group.isdigit() and int(group) > 1:
                # Whoever holds the lock is of that group, so that its number is still its own.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(int(group), signal.SIGKILL)
            if time.monotonic() > until:
                raise JournalError(
                    f"a program that an earlier run started is still at work (group {group or '?'})",
                    "wait for its end, or end it, and run this again",
                )
            time.sleep(_LOOK_SECONDS)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
