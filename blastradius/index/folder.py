"""A plain folder as a tree: what git lists for a repository, walked for a folder it knows nothing of.

The folder may change under us or try to lead us out of it: links are listed and never followed,
neither at the end of a path nor on the way, and only regular files are opened. Nothing is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from blastradius.errors import RepositoryError
from blastradius.git.blobs import is_binary, is_lfs_pointer
from blastradius.model.source import TreeEntry

MOST_FILES = 500_000
"""A folder of more files than this is most likely the wrong one, such as a home or a disk."""
_FILE, _EXECUTABLE, _SYMLINK = "100644", "100755", "120000"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj"})
# Installed or made by tools: not what the folder's people wrote.
_MADE = frozenset({"node_modules", "__pycache__", "bower_components"})
# Hidden folders are tools' own, but for those that hold configuration people write.
_WRITTEN = frozenset({".github", ".gitlab", ".circleci", ".ci", ".buildkite", ".devcontainer"})
_ENVIRONMENT = "pyvenv.cfg"


class Folder:
    """The files below a folder, listed once and read when asked for.

    Args:
        root: the folder.
        max_bytes: larger files are not read.

    Attributes:
        tree: path → entry of every file and link, in the order of the paths' bytes; an entry's id
            stands for the path, not for the content.
        passed_over: path of a folder → why nothing below it is listed.
        skipped: id of a file whose bytes were asked for and not given → why.

    Raises:
        RepositoryError: the folder cannot be listed, or holds more than `MOST_FILES` files.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self.passed_over: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        listed = sorted(self._walk(), key=lambda one: os.fsencode(one[0]))
        self.tree = {path: TreeEntry(mode, _id_of(path)) for path, mode in listed}
        self._paths = {entry.oid: path for path, entry in self.tree.items()}

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield (id, content); None where there is none to read, and ``skipped`` says why."""
        for oid in oids:
            yield oid, self.read(oid)

    def read(self, oid: str) -> bytes | None:
        """Return a file's content; None where there is none to read, and ``skipped`` says why."""
        path = self._paths[oid]
        try:
            content = self._content(path)
        except OSError as error:
            self.skipped[oid] = f"left out: {error.strerror}"
            return None
        if content is None:
            self.skipped[oid] = "left out: no regular file"
        elif len(content) > self._max_bytes:
            self.skipped[oid] = "left out: over max_file_bytes"
        elif is_lfs_pointer(content):
            self.skipped[oid] = "left out: kept in Git LFS"
        elif is_binary(content):
            self.skipped[oid] = "left out: binary"
        else:
            return content
        return None

    def _walk(self) -> Iterator[tuple[str, str]]:
        """Yield (path, mode) of every file and link."""
        found = 0
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for name, kind in self._entries(folder):
                path = f"{folder}/{name}" if folder else name
                if stat.S_ISDIR(kind):
                    if self._enters(path, name):
                        waiting.append(path)
                    continue
                if stat.S_ISLNK(kind):
                    yield path, _SYMLINK
                elif stat.S_ISREG(kind):
                    yield path, _EXECUTABLE if kind & stat.S_IXUSR else _FILE
                found += 1
                if found > MOST_FILES:
                    raise RepositoryError(
                        f"{self._root} holds more than {MOST_FILES:,} files", "name a folder in it"
                    )

    def _entries(self, folder: str) -> list[tuple[str, int]]:
        """Return (name, mode) of what a folder holds; a folder that cannot be read is passed over."""
        try:
            handle = self._open_folder(folder)
            try:
                with os.scandir(handle) as entries:
                    found = [(one.name, one.stat(follow_symlinks=False).st_mode) for one in entries]
            finally:
                os.close(handle)
        except OSError as error:
            if not folder:
                raise RepositoryError(
                    f"cannot read the folder {self._root}: {error.strerror}", "make it readable"
                ) from error
            self.passed_over[folder] = f"folder left out: {error.strerror}"
            return []
        if folder and any(name == _ENVIRONMENT for name, _ in found):
            self.passed_over[folder] = "folder left out: a virtual environment"
            return []
        return found

    def _enters(self, path: str, name: str) -> bool:
        if name in _VERSION_CONTROL:
            return False
        why = ""
        if name in _MADE:
            why = "holds what tools installed or made"
        elif name.startswith(".") and name not in _WRITTEN:
            why = "hidden"
        if why:
            self.passed_over[path] = f"folder left out: {why}"
        return not why

    def _open_folder(self, folder: str) -> int:
        current = os.open(self._root, _FOLDER_FLAGS)
        for name in folder.split("/") if folder else ():
            try:
                below = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=current)
            finally:
                os.close(current)
            current = below
        return current

    def _content(self, path: str) -> bytes | None:
        """Return the first ``max_bytes`` + 1 bytes, None for what is no regular file."""
        folder, _, name = path.rpartition("/")
        parent = self._open_folder(folder)
        try:
            handle = os.open(name, _FILE_FLAGS, dir_fd=parent)
        finally:
            os.close(parent)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            return file.read(self._max_bytes + 1)


def _id_of(path: str) -> str:
    return blake2b(os.fsencode(path), digest_size=20).hexdigest()
