"""The work tree by names that are opened one below the other: no link on the way is followed.

A path that comes out of an object may be hostile, and the folder may change under us. So nothing is
opened by a whole path: each folder is opened in the one above it (openat with O_NOFOLLOW), and what
is written comes into place by one rename.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from blastradius.errors import CheckpointError
from blastradius.git.paths import encode_path
from blastradius.model.source import display_path

DRAFT = ".blastradius-draft-"
"""Starts the names of files that are not yet in place; what a killed process left is no state."""

Tick = Callable[[str], None]
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DRAFT_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# What open() says when a name on the way is a link or a file, or is not there.
_LED_AWAY = (errno.ELOOP, errno.ENOTDIR, errno.ENOENT)
_PERMISSIONS = 0o777
_NEW_FOLDER = 0o755
_LONGEST_NAME = 255


class Found(NamedTuple):
    """What is at a path: its kind, its permission bits, and what tells that it has not changed."""

    kind: Literal["file", "link", "folder", "other"]
    mode: int
    stamp: tuple[int, ...]


def refuse_path(path: str) -> None:
    """Refuse a path that no work tree may have.

    Raises:
        CheckpointError: it leaves the tree, or is inside of a git directory under any spelling that
            a file system takes for ``.git``.
    """
    for name in encode_path(path).split(b"/"):
        if name in {b"", b".", b".."} or b"\0" in name or len(name) > _LONGEST_NAME:
            raise CheckpointError(
                f"a checkpoint holds the path {display_path(path)!r}, which leads nowhere below the "
                "work tree",
                "it was not made by blastradius; nothing was touched",
            )
        if is_git_name(name):
            raise CheckpointError(
                f"a checkpoint holds the path {display_path(path)!r}, which is inside of a git "
                "directory",
                "it was not made by blastradius; nothing was touched",
            )


def is_git_name(name: bytes) -> bool:
    """Tell whether some file system takes a name for ``.git``: other case, short names, streams."""
    text = name.decode("utf-8", "replace")
    seen = "".join(one for one in text if unicodedata.category(one) != "Cf").casefold()
    bare = seen.partition(":")[0].rstrip(" .")
    return bare in {".git", "git~1"} or seen.startswith((".git\\", "git~1\\"))


def refuse_collisions(paths: Iterable[str]) -> None:
    """Refuse paths that are one file on a file system that does not tell cases apart.

    Raises:
        CheckpointError: two of them, or folders of theirs, differ in case or composition only.
    """
    known: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            folded = unicodedata.normalize("NFC", name).casefold()
            if known.setdefault(folded, name) != name:
                raise CheckpointError(
                    f"{display_path(name)!r} and {display_path(known[folded])!r} would be one file "
                    "here: this file system does not tell them apart",
                    "restore it where cases count; nothing was touched",
                )


class WorkFolder:
    """One work tree.

    Args:
        root: its folder.
        tick: called before each operation that changes something, with what it is.
        durable: what is written survives a crash; not needed for what is thrown away.
    """

    def __init__(self, root: Path, tick: Tick, *, durable: bool = True) -> None:
        self.root = root
        self._tick = tick
        self._durable = durable

    def look(self, path: str) -> Found | None:
        """Return what is at a path, None when nothing is, or a link or file is on the way."""
        try:
            with self._parent(path) as (parent, name):
                return _found(os.stat(name, dir_fd=parent, follow_symlinks=False))
        except OSError as error:
            if error.errno in _LED_AWAY:
                return None
            raise unreadable(path, error) from error

    def target(self, path: str) -> bytes:
        """Return what a link says."""
        with self._reading(path) as (parent, name):
            return os.readlink(name, dir_fd=parent)

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield first the size of a file as it is opened, in decimal, then its bytes."""
        with self._reading(path) as (parent, name):
            handle = os.open(name, _FILE_FLAGS, dir_fd=parent)
            with os.fdopen(handle, "rb") as file:
                yield b"%d" % os.fstat(handle).st_size
                while piece := file.read(1 << 20):
                    yield piece

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted by their bytes."""
        with self._reading(path) as (parent, name):
            handle = os.open(name, _FOLDER_FLAGS, dir_fd=parent)
            try:
                return sorted(os.listdir(handle), key=os.fsencode)  # noqa: PTH208 - an open folder
            finally:
                os.close(handle)

    def put(
        self, path: str, mode: int, pieces: Iterable[bytes], folders: Mapping[str, int]
    ) -> None:
        """Write a file whole: a draft beside it, durable, renamed over what is there.

        Args:
            path: where.
            mode: permission bits.
            pieces: its bytes; an exception while they are read leaves the path as it was.
            folders: the permission bits of folders that are made on the way; 0755 for others.
        """
        with self._writing(path, folders) as (parent, name, draft):
            handle = os.open(draft, _DRAFT_FLAGS, 0o600, dir_fd=parent)
            try:
                for piece in pieces:
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(handle, view) :]
                os.fchmod(handle, mode & _PERMISSIONS)
                self._tick(f"fsync {display_path(path)}")
                self._sync(handle)
            finally:
                os.close(handle)
            self._rename(parent, draft, name, path)

    def put_link(self, path: str, target: bytes, folders: Mapping[str, int]) -> None:
        """Make a link, over what is there."""
        with self._writing(path, folders) as (parent, name, draft):
            os.symlink(target, draft, dir_fd=parent)
            self._rename(parent, draft, name, path)

    def make_folder(self, path: str) -> None:
        """Make an empty folder, and those above it.

        Raises:
            CheckpointError: it cannot be made.
        """
        refuse_path(path)
        try:
            with self._parent(path, {}) as (parent, name):
                self._make(parent, name, encode_path(path), {})
        except OSError as error:
            raise CheckpointError(
                f"cannot make the folder {display_path(path)}: {error.strerror or error}",
                "mend that and run it again",
            ) from error

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits of a file."""
        with self._reading(path) as (parent, name):
            handle = os.open(name, _FILE_FLAGS, dir_fd=parent)
            try:
                self._tick(f"chmod {display_path(path)}")
                os.fchmod(handle, mode & _PERMISSIONS)
                os.fsync(handle)
            finally:
                os.close(handle)

    def remove(self, path: str) -> None:
        """Remove a file or link, and the folders above it that this leaves empty.

        Raises:
            CheckpointError: it cannot be removed.
        """
        try:
            with self._parent(path) as (parent, name):
                self._tick(f"unlink {display_path(path)}")
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=parent)
                self._sync(parent)
        except OSError as error:
            if error.errno in _LED_AWAY:
                return  # it is not there
            raise CheckpointError(
                f"cannot remove {display_path(path)}: {error.strerror or error}",
                "mend that and run it again",
            ) from error
        self._remove_empty(path.rpartition("/")[0])

    def clear(self, path: str) -> None:
        """Remove what a process of ours that was ended left for a path: a draft, empty folders above."""
        with suppress(OSError), self._parent(path) as (parent, name):
            draft = _draft_of(path)
            if _is_there(draft, parent):
                self._tick(f"unlink the draft of {display_path(path)}")
                os.unlink(draft, dir_fd=parent)
            if _is_there(name, parent):
                return
        self._remove_empty(path.rpartition("/")[0])

    def _remove_empty(self, path: str) -> None:
        while path:
            try:
                with self._parent(path) as (parent, name):
                    self._tick(f"rmdir {display_path(path)}")
                    os.rmdir(name, dir_fd=parent)
            except OSError:
                return  # it is not empty, or gone
            path = path.rpartition("/")[0]

    def _rename(self, parent: int, draft: bytes, name: bytes, path: str) -> None:
        self._tick(f"rename {display_path(path)}")
        with suppress(OSError):
            os.rmdir(name, dir_fd=parent)  # an empty folder is no state of git's
        os.rename(draft, name, src_dir_fd=parent, dst_dir_fd=parent)
        self._sync(parent)

    def _sync(self, handle: int) -> None:
        if self._durable:
            os.fsync(handle)

    @contextmanager
    def _writing(self, path: str, folders: Mapping[str, int]) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield the folder of a path, its name, and a draft's name that is free."""
        refuse_path(path)
        draft = _draft_of(path)
        try:
            with self._parent(path, folders) as (parent, name):
                self._tick(f"write {display_path(path)}")
                # Named by the path, so that who comes after a killed process takes its place.
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=parent)
                try:
                    yield parent, name, draft
                except BaseException:
                    with suppress(OSError):
                        os.unlink(draft, dir_fd=parent)
                    raise
        except OSError as error:
            raise CheckpointError(
                f"cannot write {display_path(path)}: {error.strerror or error}",
                "mend that and run it again",
            ) from error

    @contextmanager
    def _reading(self, path: str) -> Iterator[tuple[int, bytes]]:
        try:
            with self._parent(path) as found:
                yield found
        except OSError as error:
            raise unreadable(path, error) from error

    @contextmanager
    def _parent(
        self, path: str, make: Mapping[str, int] | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the open folder that a path is in, and the last name; missing folders are made."""
        *above, name = encode_path(path).split(b"/")
        current = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for depth, one in enumerate(above, start=1):
                if make is not None:
                    self._make(current, one, b"/".join(above[:depth]), make)
                below = os.open(one, _FOLDER_FLAGS, dir_fd=current)
                os.close(current)
                current = below
                if make is not None:
                    _refuse_repository(current, path)
            yield current, name
        finally:
            os.close(current)

    def _make(self, parent: int, name: bytes, path: bytes, modes: Mapping[str, int]) -> None:
        try:
            os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            self._tick(f"mkdir {os.fsdecode(path)!r}")
            os.mkdir(name, dir_fd=parent, mode=modes.get(os.fsdecode(path), _NEW_FOLDER))
            self._sync(parent)


def _draft_of(path: str) -> bytes:
    return f"{DRAFT}{hashlib.sha256(encode_path(path)).hexdigest()[:16]}".encode()


def _is_there(name: bytes, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _refuse_repository(folder: int, path: str) -> None:
    try:
        os.stat(b".git", dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    raise CheckpointError(
        f"{display_path(path)!r} would be written into another repository inside of this one",
        "move that repository away",
    )


def _found(status: os.stat_result) -> Found:
    kinds: dict[int, Literal["file", "link", "folder"]] = {
        stat.S_IFREG: "file",
        stat.S_IFLNK: "link",
        stat.S_IFDIR: "folder",
    }
    stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return Found(
        kinds.get(stat.S_IFMT(status.st_mode), "other"), status.st_mode & _PERMISSIONS, stamp
    )


def unreadable(path: str, error: OSError) -> CheckpointError:
    """Return the error for a path that cannot be read."""
    return CheckpointError(
        f"cannot read {display_path(path)}: {error.strerror or error}",
        "make it readable, or have git ignore it",
    )
