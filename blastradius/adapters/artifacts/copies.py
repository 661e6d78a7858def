"""Copies into folders of our own: a tree's files, installed packages, single files."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from blastradius.errors import CheckpointError
from blastradius.git.blobs import BlobReader, is_lfs_pointer
from blastradius.git.paths import decode_path, encode_path
from blastradius.git.repository import Repository
from blastradius.git.trees import SUBMODULE, SYMLINK, list_tree
from blastradius.model.source import display_path
from blastradius.world.archive import is_git_name, open_folder

_MAX_FILE = 1 << 30
_EXECUTABLE = "100755"
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE = 1 << 20
_MOST = 1_000_000
# What tools write below node_modules while they run: never shared, never needed.
_CACHES = frozenset((b".cache", b".vite", b".vite-temp", b".vitest", b".astro"))


def export(repo: Repository, tree: str, into: Path) -> tuple[str, ...]:
    """Write the files of a tree below a new folder, byte for byte, without a filter.

    Returns:
        What a build should be warned of: files whose content is elsewhere.

    Raises:
        CheckpointError: the tree names a path that no folder may have.
        OSError: it cannot be written.
        RepositoryError: an object is missing or corrupt.
    """
    into.mkdir(mode=0o700)
    made = {b""}
    warnings: list[str] = []
    entries = list_tree(repo, tree)
    for path, entry in entries.items():
        raw = encode_path(path)
        _refuse(raw)
        _make_parents(into, raw, made)
        if entry.mode == SUBMODULE:
            os.mkdir(os.path.join(os.fsencode(into), raw))  # noqa: PTH102, PTH118 - bytes
            warnings.append(f"{display_path(path)} is a submodule: the build has an empty folder")
    wanted = {path: one for path, one in entries.items() if one.mode != SUBMODULE}
    with BlobReader(repo, _MAX_FILE) as reader:
        contents = reader.read_many(one.oid for one in wanted.values())
        for (path, entry), (_, content) in zip(wanted.items(), contents, strict=True):
            if not isinstance(content, bytes):
                raise CheckpointError(
                    f"{display_path(path)} cannot be exported: it is too large or not in this clone",
                    "fetch it first",
                )
            _write(into, encode_path(path), content, entry.mode)
            if is_lfs_pointer(content):
                warnings.append(f"{display_path(path)} is in Git LFS: the build has its pointer")
    return tuple(warnings)


def _refuse(raw: bytes) -> None:
    parts = raw.split(b"/")
    if any(one in {b"", b".", b".."} or is_git_name(one) for one in parts):
        raise CheckpointError(
            f"the tree has the path {display_path(decode_path(raw))!r}, which is never written",
            "the commit was made by no ordinary git; look at it",
        )


def _make_parents(into: Path, raw: bytes, made: set[bytes]) -> None:
    parts = raw.split(b"/")[:-1]
    for depth in range(1, len(parts) + 1):
        above = b"/".join(parts[:depth])
        if above not in made:
            os.mkdir(os.path.join(os.fsencode(into), above))  # noqa: PTH102, PTH118 - bytes
            made.add(above)


def _write(into: Path, raw: bytes, content: bytes, mode: str) -> None:
    above, _, name = raw.rpartition(b"/")
    parent = open_folder(into, above)
    try:
        if mode == SYMLINK:
            os.symlink(content, name, dir_fd=parent)
            return
        permissions = 0o755 if mode == _EXECUTABLE else 0o644
        handle = os.open(name, _NEW_FLAGS, permissions, dir_fd=parent)
    finally:
        os.close(parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def share_tree(source: Path, into: Path) -> None:
    """Make ``into`` a folder with the files of ``source``: hard links where the system can, else copies.

    Links stay as they are, so that one to a neighbour of ``source`` leads to that of ``into``. What
    tools keep below hidden folders is copied or left out, since they write it in place.

    Raises:
        CheckpointError: it holds too much.
        OSError: it cannot be written.
    """
    count = 0
    pending = [(os.fsencode(source), os.fsencode(into), True)]
    into.parent.mkdir(parents=True, exist_ok=True)
    while pending:
        old, new, may_link = pending.pop()
        os.mkdir(new)  # noqa: PTH102 - bytes
        with os.scandir(old) as names:
            for one in names:
                count += 1
                if count > _MOST:
                    raise CheckpointError(f"{source} holds more than {_MOST:,} files", "prune it")
                target = os.path.join(new, one.name)  # noqa: PTH118 - bytes
                if one.is_symlink():
                    os.symlink(os.readlink(one.path), target)  # noqa: PTH115, PTH211 - bytes
                elif one.is_dir(follow_symlinks=False):
                    if one.name not in _CACHES:
                        shared = may_link and not _is_written(one.name)
                        pending.append((one.path, target, shared))
                elif one.is_file(follow_symlinks=False):
                    _share(one.path, target, may_link=may_link)


def _is_written(name: bytes) -> bool:
    return name.startswith(b".") and name not in {b".pnpm", b".bin"}


def _share(old: bytes, new: bytes, *, may_link: bool) -> None:
    if may_link:
        with suppress(OSError):
            os.link(old, new, follow_symlinks=False)
            return
    shutil.copy2(old, new, follow_symlinks=False)


def copy_file(source: Path, into: Path, mode: int | None = None) -> None:
    """Copy one file's bytes, mode and time to a place that does not exist; no link is followed.

    Raises:
        OSError: it is no file, or cannot be read or written.
    """
    handle = os.open(source, _READ_FLAGS)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(22, "it is no ordinary file", str(source))
        given = stat.S_IMODE(found.st_mode) & 0o777 if mode is None else mode
        target = os.open(into, _NEW_FLAGS, 0o600)
        with os.fdopen(target, "wb") as out:
            shutil.copyfileobj(file, out, _PIECE)
            out.flush()
            os.fchmod(target, given)
            os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))


def copy_among(source: Path, into: Path, paths: Iterable[str]) -> None:
    """Copy files and links of one folder into another that lacks them, with the folders they are in.

    Raises:
        OSError: a path is no file or link, or cannot be written.
    """
    for path in sorted(paths, key=encode_path):
        target = into / path
        _make_like(source, into, path)
        os.close(open_folder(source, encode_path(path).rpartition(b"/")[0]))
        if (source / path).is_symlink():
            os.symlink(os.readlink(source / path), target)  # noqa: PTH115, PTH211 - Path loses a slash
        else:
            copy_file(source / path, target)


def _make_like(source: Path, into: Path, path: str) -> None:
    above = path.split("/")[:-1]
    for depth in range(1, len(above) + 1):
        folder = "/".join(above[:depth])
        if not (into / folder).is_dir():
            (into / folder).mkdir()
            (into / folder).chmod(stat.S_IMODE((source / folder).stat().st_mode) & 0o777)
