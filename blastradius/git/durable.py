"""Objects that are written into the repository's own object store so that they survive a crash.

Loose objects as git writes them: a draft in ``objects/``, made durable, renamed into place. Bytes are
taken as they are: no filter, no line ends. A file of any size passes through in pieces.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from blastradius.errors import CheckpointError
from blastradius.git.objects import format_commit, format_tree, object_id
from blastradius.git.openat import Tick, WorkFolder
from blastradius.git.repository import Repository
from blastradius.model.source import TreeEntry, display_path

_LEVEL = 1
_READABLE, _PRIVATE = 0o444, 0o400


class ObjectWriter:
    """Collects objects, and writes those that the repository lacks.

    Args:
        repo: where they are written.
        view: the view of a `Scratch` over ``repo``, which answers in partial clones, too.
        tick: called before each operation that changes something.
    """

    def __init__(self, repo: Repository, view: Repository, tick: Tick) -> None:
        self._repo = repo
        self._view = view
        self._tick = tick
        self._small: dict[str, tuple[str, bytes]] = {}
        self._files: dict[str, str] = {}
        self._private: set[str] = set()
        self._needed: set[str] = set()

    def blob(self, content: bytes) -> str:
        """Add a blob and return its id."""
        return self._add("blob", content)

    def file(self, folder: WorkFolder, path: str, *, private: bool) -> str:
        """Add a file by its path and return its blob's id; ``private``: others may not read it.

        Raises:
            CheckpointError: it cannot be read.
        """
        oid = hashed(folder.pieces(path), self._repo.object_format)
        self._files[oid] = path
        if private:
            self._private.add(oid)
        return oid

    def tree(self, entries: Iterable[tuple[bytes, TreeEntry]]) -> str:
        """Add a tree of names and return its id."""
        return self._add("tree", format_tree(entries))

    def commit(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """Add a commit whose author and date say nothing and return its id."""
        return self._add("commit", format_commit(tree, parents, message))

    def need(self, oid: str) -> None:
        """Say that an object must be there already."""
        self._needed.add(oid)

    def flush(self, folder: WorkFolder | None) -> None:
        """Write durably what is missing: files first, then what names them.

        Raises:
            CheckpointError: the disk is full or read-only, a file changed meanwhile, or an object
                that must be there is missing.
        """
        asked = [*self._files, *self._small, *self._needed]
        missing = self._missing(asked)
        touched: set[Path] = set()
        try:
            for oid in [one for one in self._files if one in missing]:
                assert folder is not None  # noqa: S101 - files came from one
                path = self._files[oid]
                mode = _PRIVATE if oid in self._private else _READABLE
                touched.add(self._write_file(oid, folder.pieces(path), path, mode))
            for oid in [one for one in self._small if one in missing]:
                kind, content = self._small[oid]
                head = f"{kind} {len(content)}\0".encode()
                touched.add(self._place(oid, (head, content), _READABLE))
            for one in sorted({*touched, *(each.parent for each in touched)}):
                self._sync_folder(one)
        except OSError as error:
            raise CheckpointError(
                f"cannot write to {self._repo.object_dir}: {error.strerror or error}",
                "free some space, or make it writable",
            ) from error
        lost = [one for one in self._needed if one in missing and one not in self._small]
        if lost and not self._repo.is_partial:
            raise CheckpointError(
                f"object {lost[0]}, which the index names, is missing",
                "`git fsck` shows what is damaged",
            )

    def _add(self, kind: str, content: bytes) -> str:
        oid = object_id(kind, content, self._repo.object_format)
        self._small[oid] = (kind, content)
        return oid

    def _missing(self, oids: list[str]) -> set[str]:
        asked = "".join(f"{one}\n" for one in dict.fromkeys(oids)).encode()
        out = self._view.git("cat-file", "--batch-check", "--buffer", stdin=asked)
        found = {
            line.split()[0].decode() for line in out.splitlines() if line.endswith(b" missing")
        }
        # Git knows what is empty without having it; what names it must find it all the same.
        for oid in (object_id(kind, b"", self._repo.object_format) for kind in ("tree", "blob")):
            if oid in self._small and not (self._repo.object_dir / oid[:2] / oid[2:]).exists():
                found.add(oid)
        return found

    def _write_file(self, oid: str, pieces: Iterator[bytes], path: str, mode: int) -> Path:
        digest = hashlib.new(self._repo.object_format, usedforsecurity=False)

        def stream() -> Iterator[bytes]:
            head = b"blob " + next(pieces) + b"\0"
            digest.update(head)
            yield head
            for piece in pieces:
                digest.update(piece)
                yield piece
            if digest.hexdigest() != oid:
                raise CheckpointError(
                    f"{display_path(path)} changed while it was read", "run it again"
                )

        return self._place(oid, stream(), mode)

    def _place(self, oid: str, pieces: Iterable[bytes], mode: int) -> Path:
        folder = self._repo.object_dir / oid[:2]
        self._tick(f"object {oid}")
        folder.mkdir(exist_ok=True)
        # Git removes drafts of this name that somebody left behind.
        draft = self._repo.object_dir / f"tmp_obj_{secrets.token_hex(6)}"
        packer = zlib.compressobj(_LEVEL)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                with os.fdopen(handle, "wb") as file:
                    for piece in pieces:
                        file.write(packer.compress(piece))
                    file.write(packer.flush())
                    file.flush()
                    self._tick(f"fsync object {oid}")
                    os.fchmod(handle, mode)
                    os.fsync(handle)
                draft.replace(folder / oid[2:])
            except BaseException:
                with suppress(OSError):
                    draft.unlink()
                raise
        except OSError:
            with suppress(OSError):
                folder.rmdir()
            raise
        return folder

    def _sync_folder(self, folder: Path) -> None:
        self._tick(f"fsync folder {folder.name}")
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def hashed(pieces: Iterator[bytes], object_format: str) -> str:
    """Return the blob's id of a file that `WorkFolder.pieces` yields."""
    digest = hashlib.new(object_format, usedforsecurity=False)
    digest.update(b"blob " + next(pieces) + b"\0")
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
