"""Git objects made and taken apart in-process: loose objects, tree entries, commits."""

from __future__ import annotations

import hashlib
import re
import stat
import zlib
from collections.abc import Iterable
from pathlib import Path

from blastradius.errors import RepositoryError, StorageError
from blastradius.git.paths import encode_path
from blastradius.model.source import TreeEntry

FOLDER = "040000"

_FILE = "100644"
_EXECUTABLE = "100755"
_SYMLINK = "120000"
_SUBMODULE = "160000"
# Author, date and message of commits that only stand between two calls of git.
_SIGNATURE = "blastradius <blastradius@localhost> 1 +0000"


def object_id(kind: str, content: bytes, object_format: str) -> str:
    """Return the id of an object: the hash of its header and content."""
    digest = hashlib.new(object_format, usedforsecurity=False)
    digest.update(_header(kind, content))
    digest.update(content)
    return digest.hexdigest()


def write_loose(folder: Path, kind: str, content: bytes, object_format: str) -> str:
    """Write a loose object below ``folder`` unless it is there, and return its id.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    oid = object_id(kind, content, object_format)
    target = folder / oid[:2] / oid[2:]
    if target.exists():
        return oid
    packed = zlib.compress(_header(kind, content) + content, 1)
    try:
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(packed)
    except OSError as error:
        raise StorageError(
            f"cannot write to the scratch folder {folder}: {error.strerror}",
            "free some space, or point TMPDIR elsewhere",
        ) from error
    return oid


def parse_tree(oid: str, content: bytes, object_format: str) -> dict[bytes, TreeEntry]:
    """Return name → entry of one tree object; folders have mode `FOLDER`.

    Raises:
        RepositoryError: the bytes are no tree.
    """
    width = hashlib.new(object_format, usedforsecurity=False).digest_size
    entries: dict[bytes, TreeEntry] = {}
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 8)
        end = content.find(b"\0", space)
        mode = content[at:space]
        if space < 0 or end < 0 or end + width >= len(content) + 1 or not mode.isdigit():
            raise RepositoryError(f"tree {oid} is malformed", "`git fsck` shows what is damaged")
        entry = content[end + 1 : end + 1 + width].hex()
        entries[content[space + 1 : end]] = TreeEntry(_canonical(int(mode, 8)), entry)
        at = end + 1 + width
    return entries


def format_tree(entries: Iterable[tuple[bytes, TreeEntry]]) -> bytes:
    """Return the bytes of a tree object: sorted by name, folders as if with ``/``."""

    def place(item: tuple[bytes, TreeEntry]) -> bytes:
        name, entry = item
        return name + b"/" if entry.mode == FOLDER else name

    return b"".join(
        entry.mode.lstrip("0").encode("ascii") + b" " + name + b"\0" + bytes.fromhex(entry.oid)
        for name, entry in sorted(entries, key=place)
    )


def format_commit(tree: str, parents: Iterable[str], message: str = "scratch") -> bytes:
    """Return the bytes of a commit object whose author and date say nothing."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_SIGNATURE}", f"committer {_SIGNATURE}", "", message, ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def tree_of_commit(oid: str, content: bytes) -> str:
    """Return the tree's id that a commit object names.

    Raises:
        RepositoryError: the bytes are no commit.
    """
    match = re.match(rb"tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n", content)
    if not match:
        raise RepositoryError(f"commit {oid} is malformed", "`git fsck` shows what is damaged")
    return match[1].decode("ascii")


def lfs_pointer(content: bytes) -> bytes:
    """Return what Git LFS commits in place of ``content``."""
    digest = hashlib.sha256(content).hexdigest()
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"
    ).encode("ascii")


def split_path(path: str) -> tuple[bytes, ...]:
    """Return the names of a path, as bytes."""
    return tuple(encode_path(path).split(b"/"))


def _canonical(mode: int) -> str:
    """Return the mode as git reads it: old repositories hold 100664 and the like."""
    if stat.S_ISREG(mode):
        return _EXECUTABLE if mode & stat.S_IXUSR else _FILE
    if stat.S_ISLNK(mode):
        return _SYMLINK
    return FOLDER if stat.S_ISDIR(mode) else _SUBMODULE


def _header(kind: str, content: bytes) -> bytes:
    return f"{kind} {len(content)}\0".encode("ascii")
