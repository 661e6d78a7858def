"""Objects by id, through one long-lived ``git cat-file``: no process for each file."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Self

from msgspec import Struct

from blastradius.errors import RepositoryError
from blastradius.git import run
from blastradius.git.repository import Repository

MAX_BYTES = 8 * 1024 * 1024
"""Blobs above this are not loaded unless the caller says otherwise."""

_CHUNK = 512
_CHUNK_BYTES = 8 * 1024 * 1024
_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:[0-9a-f]{64}\nsize \d+\n\Z"
)
_LFS_LIMIT = 1024
_BINARY_WINDOW = 8000


class Oversize(Struct, frozen=True):
    """A blob of ``size`` bytes, which is more than the limit: not loaded."""

    size: int


class Missing(Struct, frozen=True):
    """The object is not in this repository (a partial clone, a submodule's commit)."""


Blob = bytes | Oversize | Missing


class _Died(Exception):  # noqa: N818 - a signal inside this module, not an error of ours
    pass


class BlobReader:
    """Reads objects of one repository; a context manager, for one thread.

    Args:
        repo: the repository, or the view of a `Scratch`, which alone answers `Missing` in a partial
            clone: git itself insists on fetching there, is not allowed to, and gives up.
        max_bytes: blobs above this come back as `Oversize`.
    """

    def __init__(self, repo: Repository, max_bytes: int = MAX_BYTES) -> None:
        self._repo = repo
        self._max_bytes = max_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; a later read starts another."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:  # unsent bytes for a process that is gone
                        continue
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        errors, self._errors = self._errors, None
        if errors is not None:
            errors.close()

    def read(self, oid: str) -> Blob:
        """Return the content of object ``oid``, or why there is none.

        Raises:
            RepositoryError: the object is corrupt, or git died.
        """
        return next(self.read_many((oid,)))[1]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, Blob]]:
        """Yield ``(oid, content or why there is none)`` in the order asked.

        At most `_CHUNK_BYTES` plus one blob are in memory at a time, and between two yields nothing
        is pending in the pipe, so that the reader may be used for something else meanwhile.

        Raises:
            RepositoryError: an object is corrupt, or git died.
        """
        chunk: list[str] = []
        for oid in oids:
            chunk.append(oid)
            if len(chunk) == _CHUNK:
                yield from self._read_chunk(chunk)
                chunk = []
        yield from self._read_chunk(chunk)

    def read_object(self, oid: str) -> tuple[str, bytes]:
        """Return ``(type, content)`` of an object that must be there, whatever its size.

        Raises:
            RepositoryError: it is missing or corrupt.
        """
        kind, _ = self._sizes([oid])[0]
        if not kind:
            raise RepositoryError(
                f"object {oid} is missing",
                "`git fsck` shows what is damaged; a shallow or partial clone must fetch it first",
            )
        return kind, self._contents([oid])[0]

    def _read_chunk(self, oids: list[str]) -> Iterator[tuple[str, Blob]]:
        if not oids:
            return
        heads = self._sizes(oids)
        start = 0
        while start < len(oids):
            wanted: list[str] = []
            total, end = 0, start
            while end < len(oids) and (end == start or total < _CHUNK_BYTES):
                kind, size = heads[end]
                if kind and size <= self._max_bytes:
                    wanted.append(oids[end])
                    total += size
                end += 1
            contents = iter(self._contents(wanted) if wanted else ())
            for oid, (kind, size) in zip(oids[start:end], heads[start:end], strict=True):
                if not kind:
                    yield oid, Missing()
                elif size > self._max_bytes:
                    yield oid, Oversize(size)
                else:
                    yield oid, next(contents)
            start = end

    def _sizes(self, oids: list[str]) -> list[tuple[str, int]]:
        """Return ``(type, size)`` of each; type is empty for what is missing."""
        for attempt in (1, 2):
            mark = self._stderr_size()
            try:
                self._ask("info", oids)
                heads = [self._read_head(oid) for oid in oids]
            except _Died:
                self._mourn(oids, last=attempt == 2)  # noqa: PLR2004 - the second of two
                continue
            if any(not kind for kind, _ in heads):
                self._tell_missing_from_corrupt(oids, heads, mark)
            return heads
        raise AssertionError  # pragma: no cover - _mourn raised

    def _contents(self, oids: list[str]) -> list[bytes]:
        for attempt in (1, 2):
            try:
                self._ask("contents", oids)
                return [self._read_content(oid) for oid in oids]
            except _Died:
                self._mourn(oids, last=attempt == 2)  # noqa: PLR2004 - the second of two
        raise AssertionError  # pragma: no cover - _mourn raised

    def _ask(self, verb: str, oids: list[str]) -> None:
        # With --buffer git reads every command up to the flush before it answers the first, so
        # that neither side can wait for the other with a full pipe.
        for oid in oids:
            if not _OBJECT_ID.match(oid):
                raise ValueError(f"not an object id: {oid!r}")
        process = self._running()
        assert process.stdin is not None  # noqa: S101 - opened as a pipe
        lines = "".join(f"{verb} {oid}\n" for oid in oids)
        try:
            process.stdin.write(lines.encode() + b"flush\n")
            process.stdin.flush()
        except OSError as error:
            raise _Died from error

    def _read_head(self, oid: str) -> tuple[str, int]:
        line = self._stdout().readline()
        words = line.decode("ascii", "replace").split()
        if not line.endswith(b"\n") or not words or words[0] != oid:
            raise _Died
        if len(words) == 3:  # noqa: PLR2004 - id, type, size
            return words[1], int(words[2])
        return "", 0

    def _read_content(self, oid: str) -> bytes:
        kind, size = self._read_head(oid)
        if not kind:
            raise self._corrupt(oid, "")
        content = self._stdout().read(size)
        if len(content) != size or self._stdout().read(1) != b"\n":
            raise _Died
        return content

    def _stdout(self) -> IO[bytes]:
        process = self._running()
        assert process.stdout is not None  # noqa: S101 - opened as a pipe
        return process.stdout

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # A file, not a pipe: nobody has to read it for git to go on.
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
            self._process = subprocess.Popen(  # noqa: S603 - argument list
                [*run.command_line(self._repo.place), "cat-file", "--batch-command", "--buffer"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=run.environment(self._repo.variables),
            )
        return self._process

    def _stderr_size(self) -> int:
        return self._errors.seek(0, 2) if self._errors is not None else 0

    def _stderr(self, mark: int = 0) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(mark)
        return run.printable(self._errors.read(100_000))

    def _mourn(self, oids: list[str], *, last: bool) -> None:
        """Bury the process; raise when it died of a corrupt object, or for the second time."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        said = self._stderr()
        self.close()
        if run.is_corrupt(said):
            named = [oid for oid in oids if oid in said]
            raise self._corrupt(named[0] if named else oids[0], said)
        if last:
            raise RepositoryError(
                f"git cat-file ended unexpectedly: {said.strip() or 'it said nothing'}",
                "run again; if it stays, `git fsck` shows what is damaged",
            )

    def _tell_missing_from_corrupt(
        self, oids: list[str], heads: list[tuple[str, int]], mark: int
    ) -> None:
        said = self._stderr(mark)
        for oid, (kind, _) in zip(oids, heads, strict=True):
            if not kind and oid in said and run.is_corrupt(said):
                raise self._corrupt(oid, said)

    def _corrupt(self, oid: str, said: str) -> RepositoryError:
        why = next((line for line in said.splitlines() if oid in line), "")
        if "could not fetch" in why:
            return RepositoryError(
                f"object {oid} is not in this partial clone", "clone without --filter"
            )
        return RepositoryError(
            f"object {oid} is corrupt" + (f": {why}" if why else ""),
            "`git fsck` shows what is damaged; fetch or copy it from another clone",
        )


def is_lfs_pointer(content: bytes) -> bool:
    """Tell whether ``content`` only says where Git LFS keeps the real file."""
    return len(content) < _LFS_LIMIT and bool(_LFS.match(content))


def is_binary(content: bytes) -> bool:
    """Tell whether ``content`` is no text, as git does: a NUL among its first 8000 bytes."""
    return b"\0" in content[:_BINARY_WINDOW]
