"""One runner at a time: a lock that goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blastradius.errors import JournalError, StorageError
from blastradius.world.files import PRIVATE_FILE, Files

_NAME = "lock"
_SHOWN = 200


@contextmanager
def held(home: Path, files: Files, what: str) -> Iterator[None]:
    """Hold the lock of a repository's runs and checkpoints while the block runs.

    Args:
        home: ``<git directory>/blastradius``.
        files: the disk.
        what: who holds it, for whoever comes second.

    Raises:
        JournalError: another process holds it.
        StorageError: the folder cannot be written.
    """
    try:
        files.make_folder(home)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(home / _NAME, flags, PRIVATE_FILE)
    except OSError as error:
        raise StorageError(
            f"cannot write below {home}: {error.strerror}",
            f"make it writable; what stands at {_NAME} in it and is no plain file can go",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, _SHOWN, 0).decode("utf-8", "replace").strip()
            raise JournalError(
                f"another runner is at work: {holder or 'it did not say who'}",
                "wait for its end; nothing was touched",
            ) from error
        with suppress(OSError):  # it is only told; a full disk must not keep a run from going on
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}, {what}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
