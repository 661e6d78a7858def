"""A folder, or a single file, as a value: what is in it, kept whole, brought back, put in place.

Nothing is followed on the way: every name is opened below the folder that was opened before it
(openat with O_NOFOLLOW), links are recorded by what they say. What is kept is one object of the
store: a list of all names with their kinds, modes, sizes, times and SHA-256, and then all bytes. An
absent folder is a value as well: a manifest without entries.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from blastradius.errors import CheckpointError
from blastradius.git.paths import decode_path, encode_path
from blastradius.model.source import display_path
from blastradius.world.archive import Kind, Row, open_folder, pieces_of, read_head, unpack
from blastradius.world.files import Files
from blastradius.world.store import Store

_CHUNK = 1 << 20
_DEEPEST = 200
_PERMISSIONS = 0o777
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REFUSED = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
"""Kinds of names that have no bytes that could be kept."""


class Bounds(Struct, frozen=True):
    """What is too much: entries, and bytes of all files together."""

    entries: int = 200_000
    size: int = 4 << 30


BOUNDS = Bounds()


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One name: its kind, its permission bits (0 of a link), bytes, and the SHA-256 of its bytes.

    A link's bytes are what it says; a folder has none.
    """

    kind: Kind
    mode: int
    size: int
    digest: str


class Manifest(Struct, frozen=True):
    """Relative path → entry, sorted by the bytes of the path; the folder itself is the path ``""``.

    Paths are decoded with ``surrogateescape``, so that names which are not UTF-8 survive.
    """

    entries: dict[str, Entry]

    @property
    def digest(self) -> str:
        """The SHA-256 over all entries, 64 hex digits."""
        rows = [(encode_path(path), entry) for path, entry in self.entries.items()]
        return hashlib.sha256(msgspec.msgpack.encode(rows)).hexdigest()

    @property
    def size(self) -> int:
        """How many bytes its files have."""
        return sum(one.size for one in self.entries.values() if one.kind == "file")

    def differing(self, other: Manifest) -> tuple[str, ...]:
        """Return the paths that are not the same in both, sorted."""
        names = self.entries.keys() | other.entries.keys()
        found = [one for one in names if self.entries.get(one) != other.entries.get(one)]
        return tuple(sorted(found, key=encode_path))


def manifest(folder: Path, bounds: Bounds = BOUNDS) -> Manifest:
    """Return what is in a folder, or what a single file is; nothing is changed or followed.

    Raises:
        CheckpointError: a pipe, socket or device, too much, or something that cannot be read.
    """
    return manifest_of(_rows(folder, bounds))


def keep(folder: Path, store: Store, bounds: Bounds = BOUNDS) -> str:
    """Keep a folder whole in the store, durably, and return the object's id.

    The same content gives the same id.

    Raises:
        CheckpointError: as `manifest`, or it changed meanwhile, or it cannot be written.
    """
    rows = _rows(folder, bounds)
    return store.put(pieces_of(rows, lambda row: _content(folder, row)))


def kept(oid: str, store: Store) -> Manifest:
    """Return the manifest of what was kept, without reading all of its bytes.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    return manifest_of(read_head(store.pieces(oid))[0])


def prove(oid: str, store: Store, files: Files, scratch: Path) -> Manifest:
    """Bring what was kept back into a new folder below ``scratch``, compare, and remove it again.

    Returns:
        The manifest.

    Raises:
        CheckpointError: it cannot be brought back as it was.
    """
    files.make_folder(scratch)
    into = scratch / f"proof-{oid[:16]}"
    files.remove_tree(into)
    try:
        wanted = manifest_of(unpack(store.pieces(oid), files, into, durable=False))
        found = manifest(into)
    finally:
        with suppress(OSError):
            files.remove_tree(into)
    if found != wanted:
        first = display_path(found.differing(wanted)[0])
        raise CheckpointError(
            f"checkpoint object {oid[:12]} does not come back as it was: {first!r} differs",
            "check the disk; take a new checkpoint elsewhere",
        )
    return found


def write_out(oid: str, store: Store, files: Files, into: Path) -> Manifest:
    """Write what was kept to a place that does not exist yet, durably, and return its manifest.

    Of an absent folder nothing is written. A process that is ended meanwhile leaves a part: remove
    it with ``files.remove_tree`` and begin again.

    Raises:
        CheckpointError: it is missing or damaged, names a path that no folder may have, or cannot be
            written; then nothing is left.
    """
    return manifest_of(unpack(store.pieces(oid), files, into, durable=True))


def place_in(root: Path, path: str) -> Path:
    """Return where ``path`` is below ``root``: no folder on the way may be a link.

    What is at the path itself is not looked at.

    Raises:
        CheckpointError: it would lead out of ``root``.
    """
    parts = encode_path(path).split(b"/")
    if any(one in {b"", b".", b".."} or b"\0" in one for one in parts):
        raise CheckpointError(f"{display_path(path)!r} is no path below {root}", "name it plainly")
    place = root
    for one in parts[:-1]:
        place = place / os.fsdecode(one)
        with suppress(FileNotFoundError):
            if not stat.S_ISDIR(place.lstat().st_mode):
                raise CheckpointError(
                    f"{display_path(path)!r} leads through {display_path(place.name)!r}, which is no "
                    "folder",
                    "a link there could lead out of the repository",
                )
    return place / os.fsdecode(parts[-1])


def manifest_of(rows: list[Row]) -> Manifest:
    """Return the manifest that the rows of an archive tell."""
    return Manifest(
        {decode_path(one.name): Entry(one.kind, one.mode, one.size, one.digest) for one in rows}
    )


def _rows(folder: Path, bounds: Bounds) -> list[Row]:
    """Return a row for the folder itself and for all below it, sorted by name."""
    try:
        top = _row(folder, b"", b"", None)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, b"", error) from error
    rows, size = [top], top.size
    pending = [b""] if top.kind == "folder" else []
    while pending:
        name = pending.pop()
        for row in _inside(folder, name):
            rows.append(row)
            size += row.size
            if len(rows) > bounds.entries or size > bounds.size:
                raise CheckpointError(
                    f"{display_path(folder.name)!r} holds more than {bounds.entries:,} entries or "
                    f"{bounds.size >> 20:,} MiB",
                    "leave it out, or remove what can be made again",
                )
            if row.kind == "folder":
                pending.append(row.name)
    return sorted(rows, key=lambda one: one.name)


def _inside(folder: Path, name: bytes) -> Iterator[Row]:
    if name.count(b"/") >= _DEEPEST:
        raise CheckpointError(
            f"{display_path(folder.name)!r} holds folders nested more than {_DEEPEST} deep",
            "leave it out",
        )
    try:
        handle = open_folder(folder, name)
        try:
            for one in os.listdir(handle):  # noqa: PTH208 - a handle, no path
                raw = os.fsencode(one)
                yield _row(folder, raw, b"/".join((name, raw)) if name else raw, handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _row(folder: Path, raw: bytes, name: bytes, parent: int | None) -> Row:
    """Return the row of one name: ``raw`` in the open folder ``parent``, or the folder itself."""
    place: bytes | Path = folder if parent is None else raw
    found = os.stat(place, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        target = os.readlink(os.fsencode(place), dir_fd=parent)
        digest = hashlib.sha256(target).hexdigest()
        return Row(name, "link", 0, len(target), digest, found.st_mtime_ns, target)
    mode = stat.S_IMODE(found.st_mode) & _PERMISSIONS
    if stat.S_ISDIR(found.st_mode):
        return Row(name, "folder", mode, 0, "", found.st_mtime_ns)
    if not stat.S_ISREG(found.st_mode):
        raise _not_kept(folder, name, found.st_mode)
    handle = os.open(place, _FILE_FLAGS, dir_fd=parent)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):  # it became another thing since
            raise _not_kept(folder, name, found.st_mode)
        size, seen = 0, hashlib.sha256()
        while piece := file.read(_CHUNK):
            seen.update(piece)
            size += len(piece)
    mode = stat.S_IMODE(found.st_mode) & _PERMISSIONS
    return Row(name, "file", mode, size, seen.hexdigest(), found.st_mtime_ns)


def _content(folder: Path, row: Row) -> Iterator[bytes]:
    """Yield the bytes of a file of the folder, as many as its row says and one more if there are."""
    try:
        if row.name:
            above, _, name = row.name.rpartition(b"/")
            parent = open_folder(folder, above)
            try:
                handle = os.open(name, _FILE_FLAGS, dir_fd=parent)
            finally:
                os.close(parent)
        else:
            handle = os.open(folder, _FILE_FLAGS)
        with os.fdopen(handle, "rb") as file:
            left = row.size + 1
            while left and (piece := file.read(min(_CHUNK, left))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise _unreadable(folder, row.name, error) from error


def _shown(folder: Path, name: bytes) -> str:
    return display_path(folder.name + ("/" + decode_path(name) if name else ""))


def _not_kept(folder: Path, name: bytes, mode: int) -> CheckpointError:
    what = _REFUSED.get(stat.S_IFMT(mode), "no file")
    return CheckpointError(
        f"{_shown(folder, name)!r} is {what}, which no checkpoint can hold",
        "end the program that made it and remove it, or leave the folder out",
    )


def _unreadable(folder: Path, name: bytes, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"cannot read {_shown(folder, name)!r}: {error.strerror}",
        "make it readable, or run it again when nothing writes there",
    )
