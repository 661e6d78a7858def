"""Files that are written durably: whole or not at all, and there after a crash.

Every operation ticks first, so that a test can count them, fail one, or end the process there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_EXCHANGE = 2
_AT_FDCWD = -100
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
DRAFT = ".blastradius-draft-"
"""Starts the names of files that are not yet in place; what a killed process left is removed."""


class Files:
    """The disk.

    Args:
        tick: called before each operation with what it is.
    """

    def __init__(self, tick: Callable[[str], None]) -> None:
        self._tick = tick

    def tick(self, what: str) -> None:
        """Say that an operation comes which a caller does by handles of its own."""
        self._tick(what)

    def make_folder(self, path: Path, mode: int = PRIVATE_FOLDER) -> None:
        """Make a folder and those above it; each survives a crash once this returns."""
        if path.is_dir():
            return
        self.make_folder(path.parent, mode)
        self._tick(f"mkdir {path.name}")
        path.mkdir(mode=mode, exist_ok=True)
        self.sync_folder(path.parent)

    def append(self, path: Path, content: bytes) -> None:
        """Add bytes to the end of a file and make them durable.

        Raises:
            OSError: nothing or a part was written: the reader must tell a torn end.
        """
        self._tick(f"append {path.name}")
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            written = os.write(handle, content)
            while written < len(content):
                written += os.write(handle, content[written:])
            self.sync(handle, path)
        finally:
            os.close(handle)

    def sync(self, handle: int, path: Path) -> None:
        """Make durable what was written to an open file."""
        self._tick(f"fsync {path.name}")
        os.fsync(handle)

    def sync_folder(self, path: Path) -> None:
        """Make durable which names a folder has."""
        self._tick(f"fsync folder {path.name}")
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def write(self, path: Path, content: bytes | Iterable[bytes], mode: int = PRIVATE_FILE) -> None:
        """Write a file whole: a draft beside it, made durable, put in place in one step.

        Raises:
            OSError: the file is as it was.
        """
        draft = path.with_name(f"{DRAFT}{secrets.token_hex(6)}")
        self._tick(f"write {path.name}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            try:
                for piece in (content,) if isinstance(content, bytes) else content:
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(handle, view) :]
                self.sync(handle, path)
            finally:
                os.close(handle)
            draft.chmod(mode)
            self.replace(draft, path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise

    def replace(self, source: Path, target: Path) -> None:
        """Rename, over what is there, durably."""
        self._tick(f"rename {target.name}")
        source.replace(target)
        self.sync_folder(target.parent)

    def exchange(self, one: Path, other: Path) -> None:
        """Swap two names in one step, durably.

        Raises:
            OSError: the system or the file system cannot; nothing was changed.
        """
        self._tick(f"exchange {other.name}")
        rename = _renameat2()
        if rename is None:
            raise OSError(errno.ENOSYS, "this system cannot exchange two names", str(other))
        if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(other))
        self.sync_folder(one.parent)
        self.sync_folder(other.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, durably; nothing happens when there is none."""
        self._tick(f"unlink {path.name}")
        with suppress(FileNotFoundError):
            path.unlink()
            self.sync_folder(path.parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and all below it; links are removed, never followed."""
        self._tick(f"rmtree {path.name}")
        with suppress(FileNotFoundError):
            shutil.rmtree(path)


def read_plain(path: Path, limit: int) -> bytes:
    """Return up to ``limit`` bytes of a file; a pipe or a device is refused, never waited for.

    Raises:
        OSError: it is absent, no plain file, or cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))
        return file.read(limit)


@cache
def _renameat2() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    found.restype = ctypes.c_int
    return found
