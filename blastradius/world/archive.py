"""The bytes that a kept folder has in the store: a list of all names, then the contents of all files.

An archive is believed no more than a stranger: what it names is checked before anything is made, and
every name is made below a folder that was opened without following a link.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from blastradius.errors import CheckpointError
from blastradius.git.paths import decode_path
from blastradius.model.source import display_path
from blastradius.world.files import PRIVATE_FILE, PRIVATE_FOLDER, Files

Kind = Literal["file", "link", "folder"]

_MAGIC = b"blastradius folder 1\n"
_COUNT = 8
_MAX_HEAD = 256 << 20
_AGAIN = "take a new checkpoint; the plan can be made again"
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Row(Struct, frozen=True, array_like=True, gc=False):
    """One name of an archive: path relative to the folder, ``b""`` for the folder itself.

    ``time`` is when it was last written, in nanoseconds since the epoch; ``target`` what a link says.
    """

    name: bytes
    kind: Kind
    mode: int
    size: int
    digest: str
    time: int
    target: bytes = b""


_rows = msgspec.msgpack.Decoder(list[Row])


def pieces_of(rows: list[Row], content: Callable[[Row], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield an archive: ``content`` gives the bytes of a file, which must still be those of its row.

    Raises:
        CheckpointError: a file changed meanwhile, or a name may not be kept.
    """
    check_names(rows)
    head = msgspec.msgpack.encode(rows)
    yield _MAGIC + len(head).to_bytes(_COUNT, "big")
    yield head
    for row in rows:
        if row.kind != "file":
            continue
        seen = hashlib.sha256()
        for piece in content(row):
            seen.update(piece)
            yield piece
        if seen.hexdigest() != row.digest:
            raise CheckpointError(
                f"{display_path(decode_path(row.name))!r} changed while it was kept",
                "end what writes there, then run it again",
            )


def read_head(pieces: Iterator[bytes]) -> tuple[list[Row], bytes]:
    """Return the rows of an archive, and what was read beyond them.

    Raises:
        CheckpointError: it is no such archive, or names a path that no folder may have.
    """
    start = len(_MAGIC) + _COUNT
    seen = _at_least(b"", start, pieces)
    size = int.from_bytes(seen[len(_MAGIC) : start], "big")
    if not seen.startswith(_MAGIC) or size > _MAX_HEAD:
        raise CheckpointError("a checkpoint's object is not a folder's", _AGAIN)
    seen = _at_least(seen, start + size, pieces)
    try:
        rows = _rows.decode(seen[start : start + size])
    except (msgspec.MsgspecError, ValueError) as error:
        raise CheckpointError("a checkpoint's object is damaged", _AGAIN) from error
    check_names(rows)
    return rows, seen[start + size :]


def check_names(rows: list[Row]) -> None:
    """Raise `CheckpointError` for what may not stand in a folder that is written out.

    That is a path that leads out of it or is not below a folder of it, and a git directory.
    """
    folders: set[bytes] = set()
    last: bytes | None = None
    for row in rows:
        above, _, name = row.name.rpartition(b"/")
        is_root = row.name == b"" and last is None
        shown = display_path(decode_path(row.name))
        if (
            (last is not None and row.name <= last)
            or (not is_root and above not in folders)
            or (not is_root and (name in {b"", b".", b".."} or b"\0" in name))
        ):
            raise CheckpointError(f"{shown!r} is no path of a folder", _AGAIN)
        if is_git_name(name):
            raise CheckpointError(
                f"{shown!r} is a git directory, which is never kept or written as part of a folder",
                "it is a repository of its own: keep it by git",
            )
        if row.kind == "folder":
            folders.add(row.name)
        last = row.name


def is_git_name(name: bytes) -> bool:
    """Tell whether some file system takes a name for ``.git``."""
    text = unicodedata.normalize("NFKC", decode_path(name))
    # HFS+ ignores these, NTFS dots and spaces at the end and what follows a colon.
    seen = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return seen.partition(":")[0].rstrip(". ").casefold() in {".git", "git~1"}


def unpack(pieces: Iterator[bytes], files: Files, into: Path, *, durable: bool) -> list[Row]:
    """Write an archive to a place that does not exist, and return its rows.

    Raises:
        CheckpointError: see `blastradius.world.folders.write_out`; then nothing is left.
    """
    rows, rest = read_head(pieces)
    if os.path.lexists(into):
        raise CheckpointError(f"{into} is there already", "remove it, or name another place")
    try:
        _Writer(files, into, durable=durable).write(rows, _Stream(pieces, rest))
    except FileExistsError as error:
        _undo(files, into)
        raise CheckpointError(
            f"two names of a checkpoint are one below {into.parent}: they differ only by case",
            "bring it back on a file system that tells them apart",
        ) from error
    except OSError as error:
        _undo(files, into)
        raise CheckpointError(
            f"cannot write {into}: {error.strerror}", "free some space, or make the folder writable"
        ) from error
    except BaseException:
        _undo(files, into)
        raise
    return rows


def open_folder(root: Path, name: bytes) -> int:
    """Open a folder below ``root`` (``b""`` for itself), through no link below ``root.parent``.

    Raises:
        OSError: a name on the way is no folder, or cannot be opened.
    """
    current = os.open(root, FOLDER_FLAGS)
    for part in name.split(b"/") if name else ():
        try:
            below = os.open(part, FOLDER_FLAGS, dir_fd=current)
        finally:
            os.close(current)
        current = below
    return current


class _Stream:
    """Bytes by count, out of pieces of any size."""

    def __init__(self, pieces: Iterator[bytes], rest: bytes) -> None:
        self._pieces = pieces
        self._rest = rest

    def exactly(self, count: int) -> Iterator[bytes]:
        """Yield the next ``count`` bytes, in pieces."""
        while count:
            if not self._rest:
                self._rest = next(self._pieces, b"")
                if not self._rest:
                    raise CheckpointError("a checkpoint's object is cut off", _AGAIN)
            piece, self._rest = self._rest[:count], self._rest[count:]
            count -= len(piece)
            yield piece

    def end(self) -> None:
        """Read what is left, which must be nothing: only then was all of it checked."""
        if self._rest or any(self._pieces):
            raise CheckpointError("a checkpoint's object is too long", _AGAIN)


class _Writer:
    """Writes the rows of an archive below a new folder, by handles of the folders they are in."""

    def __init__(self, files: Files, into: Path, *, durable: bool) -> None:
        self._files = files
        self._into = into
        self._durable = durable

    def write(self, rows: list[Row], stream: _Stream) -> None:
        for row in rows:
            self._make(row, stream)
        stream.end()
        # A folder that may not be written gets its mode only when it is full; so does its time.
        for row in reversed(rows):
            if row.kind == "folder":
                self._settle_folder(row)
        if self._durable and rows:
            self._files.sync_folder(self._into.parent)

    def _make(self, row: Row, stream: _Stream) -> None:
        parent, name = self._parent_of(row)
        try:
            if row.kind == "folder":
                self._files.tick(f"mkdir {display_path(os.fsdecode(name))}")
                os.mkdir(name, PRIVATE_FOLDER, dir_fd=parent)
            elif row.kind == "link":
                self._files.tick(f"symlink {display_path(os.fsdecode(name))}")
                os.symlink(row.target, name, dir_fd=parent)
            else:
                self._make_file(row, name, parent, stream)
        finally:
            os.close(parent)

    def _parent_of(self, row: Row) -> tuple[int, bytes]:
        if row.name == b"":
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            return os.open(self._into.parent, flags), os.fsencode(self._into.name)
        above, _, name = row.name.rpartition(b"/")
        return open_folder(self._into, above), name

    def _make_file(self, row: Row, name: bytes, parent: int, stream: _Stream) -> None:
        shown = Path(display_path(os.fsdecode(name)))
        self._files.tick(f"write {shown}")
        handle = os.open(name, _NEW_FLAGS, PRIVATE_FILE, dir_fd=parent)
        try:
            seen = hashlib.sha256()
            for piece in stream.exactly(row.size):
                seen.update(piece)
                view = memoryview(piece)
                while view:
                    view = view[os.write(handle, view) :]
            if seen.hexdigest() != row.digest:
                raise CheckpointError("a checkpoint's object is damaged", _AGAIN)
            os.fchmod(handle, row.mode)
            os.utime(handle, ns=(row.time, row.time))
            if self._durable:
                self._files.sync(handle, shown)
        finally:
            os.close(handle)

    def _settle_folder(self, row: Row) -> None:
        handle = open_folder(self._into, row.name)
        try:
            os.fchmod(handle, row.mode)
            os.utime(handle, ns=(row.time, row.time))
            if self._durable:
                self._files.sync(handle, self._into)
        finally:
            os.close(handle)


def _at_least(seen: bytes, count: int, pieces: Iterator[bytes]) -> bytes:
    parts, size = [seen], len(seen)
    while size < count:
        piece = next(pieces, b"")
        if not piece:
            raise CheckpointError("a checkpoint's object is cut off", _AGAIN)
        parts.append(piece)
        size += len(piece)
    return b"".join(parts)


def _undo(files: Files, into: Path) -> None:
    with suppress(OSError):
        files.remove_tree(into)
    with suppress(OSError):  # where it was one file
        into.unlink(missing_ok=True)
