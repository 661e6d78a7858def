"""The journal of a run: a hash chain of JSON lines, each durable before what it announces happens.

Write-ahead logging as in ARIES (Mohan et al., 1992): records of taking back are logged themselves and
never undone. A line is one write; what a crash cut off is removed when the journal is opened to go on.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from blastradius.errors import JournalError
from blastradius.model.run import Kind, Record
from blastradius.world.files import Files, read_plain

NAME = "journal.jsonl"
_RESERVE = "reserve"
_VERSION = 1
_FIRST = "0" * 64
_A_STEP = 16_384
"""Bytes of journal a step may need: they are set aside, so that a full disk cannot stop a rollback."""
_LIMIT = 256 * 2**20
_SECTOR = 512
_LAST_BYTE = ord("}")
_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Record)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class Journal:
    """The journal of one run, opened to be written; the lock of the repository must be held.

    Args:
        folder: the run's folder.
        files: the disk.

    Attributes:
        records: all that is in it, oldest first.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._path = folder / NAME
        self._reserve = folder / _RESERVE
        self._files = files
        self._run = folder.name
        self.records: list[Record] = []

    @classmethod
    def create(cls, folder: Path, files: Files, steps: int) -> Journal:
        """Begin the journal of a new run, with space set aside for ``steps`` steps.

        Raises:
            JournalError: it cannot be written; nothing else was touched.
        """
        journal = cls(folder, files)
        try:
            files.make_folder(folder)
            files.write(journal._reserve, bytes(_A_STEP * (steps + 2)))
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise JournalError(
                f"cannot begin a run below {folder.parent}: {why}",
                "free some space or make it writable, and run it again; nothing was touched",
            ) from error
        return journal

    @classmethod
    def reopen(cls, folder: Path, files: Files) -> Journal:
        """Open a journal to go on; what a crash cut off at its end is removed first.

        Raises:
            JournalError: it is damaged, absent or cannot be written.
        """
        journal = cls(folder, files)
        raw = _content(journal._path)
        journal.records, whole = parse(raw, str(journal._path))
        if whole < len(raw):
            journal.cut(whole)
        return journal

    def release(self) -> None:
        """Give back the space that was set aside; the run has ended."""
        with suppress(OSError):
            self._files.remove(self._reserve)

    def cut(self, size: int) -> None:
        """Remove everything after the first ``size`` bytes, durably."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            try:
                os.ftruncate(handle, size)
                self._files.sync(handle, self._path)
            finally:
                os.close(handle)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, kind: Kind, step: str = "", data: dict[str, Any] | None = None) -> Record:
        """Add a record; it is durable when this returns.

        Raises:
            JournalError: it cannot be written; the run can be resumed once it can.
        """
        last = self.records[-1].h if self.records else _FIRST
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        bare = Record(
            _VERSION, len(self.records) + 1, now, self._run, kind, step, data or {}, last, ""
        )
        record = msgspec.structs.replace(bare, h=_hash(bare))
        self._append(_encoder.encode(record) + b"\n")
        self.records.append(record)
        return record

    def _append(self, line: bytes) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            try:
                self._add(line)
            except OSError as error:
                if error.errno not in _NO_SPACE or not self._reserve.exists():
                    raise
                # The space that was set aside for this moment.
                self._files.remove(self._reserve)
                self._shortened(size)
                self._add(line)
        except OSError as error:
            with suppress(OSError, JournalError):
                self._shortened(size)
            raise self._unwritable(error) from error

    def _add(self, line: bytes) -> None:
        new = not self._path.exists()
        self._files.append(self._path, line)
        if new:
            self._files.sync_folder(self._path.parent)

    def _shortened(self, size: int) -> None:
        if self._path.exists() and self._path.stat().st_size > size:
            self.cut(size)

    def _unwritable(self, error: OSError) -> JournalError:
        return JournalError(
            f"cannot write the journal {self._path}: {error.strerror or type(error).__name__}",
            f"free some space or make it writable, then: blastradius resume {self._run}",
        )


def read(folder: Path) -> list[Record]:
    """Return the records of a run's journal without opening it for writing.

    Raises:
        JournalError: it is absent or damaged.
    """
    path = folder / NAME
    return parse(_content(path), str(path))[0]


def parse(raw: bytes, where: str) -> tuple[list[Record], int]:
    """Return the records in ``raw``, and how many bytes of it they are; a torn end is left out.

    Raises:
        JournalError: a record other than a torn last one does not fit its hash or its place.
    """
    records: list[Record] = []
    whole = 0
    while whole < len(raw):
        end = raw.find(b"\n", whole) + 1 or len(raw)
        line = raw[whole:end]
        record = _fitting(line, records)
        if record is None:
            if end == len(raw) and _is_torn(line, whole, records):
                break
            raise JournalError(
                f"{where} is damaged at record {len(records) + 1}: it does not fit its hash",
                "bring the file back from a backup; nothing was touched",
            )
        records.append(record)
        whole = end
    return records, whole


def _fitting(line: bytes, before: list[Record]) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = _decoder.decode(line)
        right = _hash(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    prev = before[-1].h if before else _FIRST
    fits = record.v == _VERSION and record.seq == len(before) + 1 and record.prev == prev
    return record if fits and record.h == right else None


def _is_torn(line: bytes, start: int, before: list[Record]) -> bool:
    """Tell whether a crash can have left the last line so; else it was changed afterwards."""
    if _has_unwritten_sectors(line, start):
        return True
    if line.endswith(b"\n"):
        return False
    # A write that was cut off holds no whole record with something behind it.
    ends = (place + 1 for place, byte in enumerate(line[:-1]) if byte == _LAST_BYTE)
    return not any(_fitting(line[:end] + b"\n", before) for end in ends)


def _has_unwritten_sectors(line: bytes, start: int) -> bool:
    """Tell whether NULs stand in whole sectors of the file only, which is how unwritten ones read."""
    found = False
    for sector in range(start - start % _SECTOR, start + len(line), _SECTOR):
        piece = line[max(0, sector - start) : sector - start + _SECTOR]
        if b"\0" in piece:
            if piece.strip(b"\0"):
                return False
            found = True
    return found


def _hash(record: Record) -> str:
    bare = msgspec.structs.replace(record, h="")
    return hashlib.sha256(_encoder.encode(bare)).hexdigest()


def _content(path: Path) -> bytes:
    try:
        raw = read_plain(path, _LIMIT + 1)
    except OSError as error:
        raise JournalError(
            f"cannot read the journal {path}: {error.strerror}", "blastradius runs lists the runs"
        ) from error
    if len(raw) > _LIMIT:
        raise JournalError(f"the journal {path} is too large to be one", "look at it by hand")
    return raw
