"""Files of a work tree as blobs, as ``git add`` would record them but without running a filter.

How a file becomes a blob where git would run a filter or convert line ends:

- the index holds a Git LFS pointer and the file is no pointer: the pointer to that content;
- the index holds text with LF only and the file has CRLF: LF, since a checkout with
  ``core.autocrlf`` differs in every line otherwise. A change of line ends alone is not seen;
- everything else: byte for byte;
- above `LARGE` bytes: a placeholder that names the size, so that the path counts as changed. No
  such file is source that we could read.

Symlinks are recorded, never followed, neither at the end of a path nor on the way.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from blastradius.errors import RepositoryError
from blastradius.git.blobs import is_binary, is_lfs_pointer
from blastradius.git.objects import lfs_pointer
from blastradius.git.paths import encode_path
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import SUBMODULE, SYMLINK
from blastradius.model.source import TreeEntry, display_path

LARGE = 64 * 1024 * 1024

_FILE = "100644"
_EXECUTABLE = "100755"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# What open() says when a name on the way is a symlink, or the file has become one.
_LED_AWAY = (errno.ELOOP, errno.ENOTDIR, errno.ENOENT)


class WorkFiles:
    """Reads files of a work tree, which may change under us or try to lead us out of it.

    Args:
        scratch: where the blobs are written.
        folder: the work tree.
        settings: the repository's ``core.filemode`` and ``core.symlinks``, lower-case keys.
    """

    def __init__(self, scratch: Scratch, folder: Path, settings: Mapping[str, str]) -> None:
        self._scratch = scratch
        self._folder = folder
        self._modes_count = settings.get("core.filemode", "true") != "false"
        self._symlinks_exist = settings.get("core.symlinks", "true") != "false"

    def entry(self, path: str, known: TreeEntry | None) -> TreeEntry | None:
        """Return the entry of a tracked file, None when there is no such file any more.

        Args:
            path: below the work tree.
            known: the index's entry, None when the path is unmerged.

        Raises:
            RepositoryError: the file cannot be read.
            StorageError: its blob cannot be written.
        """
        try:
            parent = self._open_parent(path)
            try:
                return self._entry_in(parent, path, known)
            finally:
                os.close(parent)
        except OSError as error:
            if error.errno in _LED_AWAY:
                return None
            raise RepositoryError(
                f"cannot read {display_path(path)}: {error.strerror}", "make it readable"
            ) from error

    def untracked(self, path: str) -> TreeEntry | None:
        """Return the entry of an untracked file, None when it is gone or cannot be read."""
        try:
            return self.entry(path, None)
        except RepositoryError:
            return None

    def _open_parent(self, path: str) -> int:
        current = os.open(self._folder, _FOLDER_FLAGS)
        for name in encode_path(path).split(b"/")[:-1]:
            try:
                below = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=current)
            finally:
                os.close(current)
            current = below
        return current

    def _entry_in(self, parent: int, path: str, known: TreeEntry | None) -> TreeEntry | None:
        name = encode_path(path).rpartition(b"/")[2]
        kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if stat.S_ISLNK(kind):
            target = os.readlink(name, dir_fd=parent)
            return TreeEntry(SYMLINK, self._scratch.write_blob(target))
        if stat.S_ISDIR(kind):
            return self._submodule(path, known)
        if not stat.S_ISREG(kind):
            return None
        file = os.open(name, _FILE_FLAGS, dir_fd=parent)
        with os.fdopen(file, "rb") as stream:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                return None
            if found.st_size > LARGE:
                content = b"%d bytes, not read by blastradius\n" % found.st_size
            else:
                content = self._cleaned(stream.read(LARGE), known)
        return TreeEntry(self._mode(found.st_mode, known), self._scratch.write_blob(content))

    def _mode(self, found: int, known: TreeEntry | None) -> str:
        if known is not None and known.mode == SYMLINK and not self._symlinks_exist:
            return SYMLINK
        if not self._modes_count:
            return known.mode if known is not None and known.mode.startswith("100") else _FILE
        return _EXECUTABLE if found & stat.S_IXUSR else _FILE

    def _cleaned(self, content: bytes, known: TreeEntry | None) -> bytes:
        if known is None or known.mode == SUBMODULE:
            return content
        before = self._scratch.reader.read(known.oid)
        if not isinstance(before, bytes):
            return content
        if is_lfs_pointer(before) and not is_lfs_pointer(content):
            return lfs_pointer(content)
        if b"\r\n" in content and b"\r\n" not in before and not is_binary(content):
            return content.replace(b"\r\n", b"\n")
        return content

    def _submodule(self, path: str, known: TreeEntry | None) -> TreeEntry | None:
        """Return the commit that a submodule has checked out; a mere folder is no entry."""
        if known is None or known.mode != SUBMODULE:
            return None
        inside = self._folder / path
        if not (inside / ".git").exists():  # not populated: git counts it as unchanged
            return known
        head = Repository.open(inside).head()
        return TreeEntry(SUBMODULE, head) if head else known
