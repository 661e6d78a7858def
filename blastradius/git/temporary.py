"""A temporary folder that goes with its process, even one that had no time to tidy up.

The owner holds a lock on a file in the folder for as long as it lives. A process that was killed
leaves the folder behind, but no lock: the next one that needs such a folder removes what it finds so.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

_PREFIX = "blastradius-"
_LOCK = "owner.lock"
_SETTLED_SECONDS = 60.0
"""A folder younger than this may be about to be claimed."""
_MOST = 50


class TemporaryFolder:
    """A new folder in the system's temporary folder, this user's alone.

    Attributes:
        name: its path.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self) -> None:
        _tidied(tempfile.gettempdir())
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self.name = self._folder.name
        self._lock = -1
        with suppress(OSError):
            self._lock = os.open(Path(self.name) / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
            _locked(self._lock)

    def cleanup(self) -> None:
        """Remove it; a second call does nothing."""
        self._folder.cleanup()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@cache
def _tidied(place: str) -> int:
    """Remove what dead processes left in a folder, once in a process; return how many folders."""
    return remove_leftovers(place, time.time())


def remove_leftovers(place: str, now: float) -> int:
    """Remove this user's claimed folders in ``place`` whose owners are gone; never fails.

    Args:
        place: the folder to look in.
        now: seconds since the epoch.

    Returns:
        How many were removed.
    """
    removed = 0
    with suppress(OSError), os.scandir(place) as entries:
        for one in entries:
            if one.name.startswith(_PREFIX) and removed < _MOST and _is_left(one.path, now):
                shutil.rmtree(one.path, ignore_errors=True)
                removed += 1
    return removed


def _is_left(folder: str, now: float) -> bool:
    """Tell whether a folder is ours by its owner and its mode, and nobody holds its lock."""
    try:
        status = os.lstat(folder)
        private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
        if not private or status.st_uid != os.getuid():
            return False
        lock = os.open(Path(folder) / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return now - os.fstat(lock).st_mtime >= _SETTLED_SECONDS and _locked(lock)
    finally:
        os.close(lock)


def _locked(handle: int) -> bool:
    """Lock a file, where the system can and nobody else has; tell whether that is so."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True
