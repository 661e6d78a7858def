"""The cache: facts of blobs and results of later stages, in one SQLite file.

It is only ever a cache. Whatever happens to the file (damage, another version's layout, a full or
read-only disk, another process that holds it) the analysis goes on, slower, and ``notes`` says why.
"""

from __future__ import annotations

import gc
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from blastradius.index.database import Database, Entry
from blastradius.model.facts import Facts

FORMAT = 1
"""Raise it when `Facts` or the way they are packed changes."""
MAX_BYTES = 512 * 2**20
_FACTS = "facts:"
_FOLDER = "blastradius"
_FILE = "facts.db"
_DAY = 86_400
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Facts).decode


def pack(facts: Facts) -> bytes:
    """Return facts as they are stored: zlib-1 of msgpack."""
    return zlib.compress(_encode(facts), 1)


def unpack(packed: bytes) -> Facts | None:
    """Return the facts that `pack` packed, None when the bytes are damaged."""
    try:
        return _decode(zlib.decompress(packed))
    except (zlib.error, msgspec.DecodeError):
        return None


def extractor_digest(language: str, version: str) -> str:
    """Return the short name of "this language's extractor, this version, this format"."""
    text = "\0".join((language, version, str(FORMAT)))
    return blake2b(text.encode(), digest_size=8).hexdigest()


class FactStore:
    """Values by (kind, key); a context manager, for one thread. Several processes may share a file.

    Args:
        path: the SQLite file; None keeps everything in memory.
        max_bytes: when the file is larger on closing, what was used longest ago goes.
        clock: seconds since the epoch.

    Attributes:
        notes: one line for each thing that went wrong with the cache, in order.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.notes: list[str] = []
        self._max_bytes = max_bytes
        self._today = int(clock() // _DAY)
        self._memory: dict[tuple[str, str], bytes] = {}
        self._database = None if path is None else Database(path, self.notes)

    @classmethod
    def open(cls, common_dir: Path | str | None, *, max_bytes: int = MAX_BYTES) -> Self:
        """Open ``<common_dir>/blastradius/facts.db``, making it where needed; never fails.

        Args:
            common_dir: git's common directory, shared by worktrees; None keeps all in memory.
            max_bytes: the bound on the file.
        """
        path = None if common_dir is None else Path(common_dir) / _FOLDER / _FILE
        return cls(path, max_bytes=max_bytes)

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
        """Prune what is over the bound, and let go of the file."""
        if self._database is not None:
            self._database.close(self._today, self._max_bytes)
            self._database = None

    def get_many(self, language: str, version: str, oids: Iterable[str]) -> dict[str, Facts]:
        """Return oid → facts, of those that are stored."""
        kind = _FACTS + extractor_digest(language, version)
        found: dict[str, Facts] = {}
        damaged: list[str] = []
        with _collector_paused():
            for oid, value in self._read(kind, oids):
                facts = unpack(value)
                if facts is None:
                    damaged.append(oid)
                else:
                    found[oid] = facts
        if damaged:
            self._note_damage(len(damaged))
        return found

    def put_many(self, language: str, version: str, items: Mapping[str, Facts]) -> None:
        """Store oid → facts."""
        self.put_packed(language, version, {oid: pack(facts) for oid, facts in items.items()})

    def put_packed(self, language: str, version: str, items: Mapping[str, bytes]) -> None:
        """Store oid → facts that `pack` has packed already."""
        self._write(_FACTS + extractor_digest(language, version), items)

    def get_blob(self, kind: str, key: str) -> bytes | None:
        """Return the value that another stage stored, None when there is none."""
        return dict(self._read(f"blob:{kind}", [key])).get(key)

    def put_blob(self, kind: str, key: str, value: bytes) -> None:
        """Store a value of another stage."""
        self.put_blobs(kind, {key: value})

    def put_blobs(self, kind: str, items: Mapping[str, bytes]) -> None:
        """Store key → value of another stage."""
        self._write(f"blob:{kind}", items)

    def clear(self) -> int:
        """Forget everything; return the bytes of the values that are gone."""
        size = sum(map(len, self._memory.values()))
        self._memory.clear()
        if self._database is not None:
            size += self._database.measure()[1]
            self._database.clear()
        return size

    def stats(self) -> dict[str, int | str]:
        """Return ``path`` (empty: only in memory), ``entries``, ``bytes`` and ``file_bytes``."""
        path, entries, content, size = "", 0, 0, 0
        if self._database is not None and self._database.usable:
            path = str(self._database.path)
            entries, content, size = self._database.measure()
        return {
            "path": path,
            "entries": entries + len(self._memory),
            "bytes": content + sum(map(len, self._memory.values())),
            "file_bytes": size,
        }

    def _read(self, kind: str, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        rest: list[str] = []
        for key in dict.fromkeys(keys):
            value = self._memory.get((kind, key))
            if value is None:
                rest.append(key)
            else:
                yield key, value
        if self._database is None:
            return
        damaged = 0
        for entry in self._database.read(kind, rest, self._today):
            if entry.checksum == _checksum(kind, entry.key, entry.value):
                yield entry.key, entry.value
            else:
                damaged += 1
        if damaged:
            self._note_damage(damaged)

    def _note_damage(self, count: int) -> None:
        self.notes.append(f"damaged entries of the cache, made anew: {count}")

    def _write(self, kind: str, items: Mapping[str, bytes]) -> None:
        pairs = iter(items.items())
        # Short transactions: another process must not wait for all of ours.
        while batch := list(islice(pairs, 256)):
            rows = [Entry(key, value, _checksum(kind, key, value)) for key, value in batch]
            if self._database is None or not self._database.write(kind, rows, self._today):
                self._memory.update(((kind, key), value) for key, value in batch)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Facts hold no cycles: looking for some takes four times as long as decoding them."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _checksum(kind: str, key: str, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(f"{kind}\0{key}".encode()))
