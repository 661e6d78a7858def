"""The bytes of objects, each checked against its id: what git hands out could be damaged."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from blastradius.errors import CheckpointError, RepositoryError
from blastradius.git import run
from blastradius.git.blobs import Blob, BlobReader, Missing, Oversize
from blastradius.git.objects import object_id
from blastradius.git.repository import Repository

_PIECE = 1 << 20
_MEND = "`git fsck` shows what is damaged; nothing was touched"


class Contents:
    """Reads blobs of any size; a context manager.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._reader = BlobReader(repo)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.close()

    def pieces(self, oid: str) -> Iterator[bytes]:
        """Yield a blob's bytes; what was yielded must not be used when it raises.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        try:
            blob = self._reader.read(oid)
        except RepositoryError as error:
            raise _damaged(oid) from error
        yield from self._checked(oid, blob)

    def each(self, oids: Iterable[str]) -> Iterator[Iterator[bytes]]:
        """Yield what `pieces` gives of each blob, in their order; many are asked for at once.

        Raises:
            CheckpointError: one is missing or damaged.
        """
        try:
            for oid, blob in self._reader.read_many(oids):
                yield self._checked(oid, blob)
        except RepositoryError as error:
            raise CheckpointError(f"the checkpoint is damaged: {error.what}", _MEND) from error

    def _checked(self, oid: str, blob: Blob) -> Iterator[bytes]:
        if isinstance(blob, Missing):
            raise CheckpointError(f"object {oid} of the checkpoint is missing", _MEND)
        if isinstance(blob, Oversize):
            yield from self._streamed(oid, blob.size)
        elif object_id("blob", blob, self._repo.object_format) != oid:
            raise _damaged(oid)
        else:
            yield blob

    def check(self, commit: str) -> None:
        """Read all that a commit's tree holds, and the commit itself.

        Raises:
            CheckpointError: something is missing or damaged.
        """
        try:
            raw = self._repo.git("ls-tree", "-r", "-t", "-z", "--full-tree", commit)
            root = self._repo.git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()
        except RepositoryError as error:
            raise _damaged(commit) from error
        kinds = {commit: "commit", root: "tree"}
        for line in raw.split(b"\0")[:-1]:
            _, kind, oid = line.partition(b"\t")[0].decode("ascii").split(" ")
            if kind != "commit":  # a submodule's is in another repository
                kinds.setdefault(oid, kind)
        try:
            for oid, blob in self._reader.read_many(kinds):
                if isinstance(blob, Missing):
                    raise CheckpointError(f"object {oid} of the checkpoint is missing", _MEND)
                if isinstance(blob, Oversize):
                    for _ in self._streamed(oid, blob.size):
                        pass
                elif object_id(kinds[oid], blob, self._repo.object_format) != oid:
                    raise _damaged(oid)
        except RepositoryError as error:
            raise CheckpointError(f"the checkpoint is damaged: {error.what}", _MEND) from error

    def _streamed(self, oid: str, size: int) -> Iterator[bytes]:
        digest = hashlib.new(self._repo.object_format, usedforsecurity=False)
        digest.update(b"blob %d\0" % size)
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - argument list
                [*run.command_line(self._repo.place), "cat-file", "blob", oid],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env=run.environment(),
            )  # fmt: skip
            assert process.stdout is not None  # noqa: S101 - opened as a pipe
            try:
                while piece := process.stdout.read(_PIECE):
                    digest.update(piece)
                    yield piece
            finally:
                process.stdout.close()
                process.kill()
                process.wait()
        if digest.hexdigest() != oid:
            raise _damaged(oid)


def _damaged(oid: str) -> CheckpointError:
    return CheckpointError(f"object {oid} of the checkpoint is damaged", _MEND)
