"""The SQLite file under the cache: opened, shared, found damaged, rebuilt, pruned."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")
# Key, value, checksum, day; of any type, as the file may be damaged.
_Row = tuple[object, object, object, object]

_LAYOUT = 1
_BUSY_SECONDS = 10.0
_KEYS_AT_ONCE = 500
_ATTEMPTS = 3
# Prune to this share of the bound, so that not every run prunes.
_PRUNED_SHARE = 0.8
# What a row takes beside its texts and its value: checksum, day, index entry, cell headers.
_ROW_BYTES = 64
_CREATE = """
CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    used INTEGER NOT NULL,  -- day since the epoch
    PRIMARY KEY (kind, key)
)"""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class Entry(NamedTuple):
    """One value with the checksum over kind, key and value."""

    key: str
    value: bytes
    checksum: int


class _OtherLayout(sqlite3.DatabaseError):
    """The file is a database, but not one of this version."""


class Database:
    """The table of entries. No method raises: what fails is noted, and less is cached.

    Args:
        path: the file; its folder is made.
        notes: where to say what went wrong.
    """

    def __init__(self, path: Path, notes: list[str]) -> None:
        self.path = path
        self._notes = notes
        self._touched: set[tuple[str, str]] = set()
        self._readable = self._writable = True
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._guarded(lambda _: None, None)

    @property
    def usable(self) -> bool:
        """Whether the file can be read."""
        return self._readable

    def read(self, kind: str, keys: Iterable[str], today: int) -> Iterator[Entry]:
        """Yield the entries that are there, and remember that they were used."""
        rest = iter(keys)
        while chunk := list(islice(rest, _KEYS_AT_ONCE)):
            nothing: list[_Row] = []
            for key, value, checksum, used in self._guarded(_select(kind, chunk), nothing):
                if isinstance(key, str) and isinstance(value, bytes) and isinstance(checksum, int):
                    if not isinstance(used, int) or used < today:
                        self._touched.add((kind, key))
                    yield Entry(key, value, checksum)

    def write(self, kind: str, entries: Sequence[Entry], today: int) -> bool:
        """Store the entries in one transaction; tell whether they are on disk."""

        def insert(db: sqlite3.Connection) -> bool:
            with _transaction(db):
                db.executemany(
                    "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
                    [(kind, one.key, one.value, one.checksum, today) for one in entries],
                )
            return True

        return self._guarded(insert, otherwise=False, writes=True)

    def clear(self) -> None:
        """Remove all entries, and give the space back."""

        def delete(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.execute("DELETE FROM entries")
            _shrink(db)

        self._guarded(delete, None, writes=True)

    def measure(self) -> tuple[int, int, int]:
        """Return the number of entries, the bytes of their values, and those of the file."""

        def count(db: sqlite3.Connection) -> tuple[int, int, int]:
            rows, content = db.execute(
                "SELECT count(*), coalesce(sum(length(value)), 0) FROM entries"
            ).fetchone()
            return int(rows), int(content), _pragma(db, "page_count") * _pragma(db, "page_size")

        return self._guarded(count, (0, 0, 0))

    def close(self, today: int, max_bytes: int) -> None:
        """Write down what was used, prune what is over the bound, and let go of the file."""

        def finish(db: sqlite3.Connection) -> None:
            if self._touched:
                with _transaction(db):
                    db.executemany(
                        "UPDATE entries SET used = ? WHERE kind = ? AND key = ?",
                        [(today, *one) for one in sorted(self._touched)],
                    )
            _prune(db, max_bytes)

        if self._connection is not None:
            self._guarded(finish, None, writes=True)
        self._disconnect()

    def _guarded(
        self, act: Callable[[sqlite3.Connection], T], otherwise: T, *, writes: bool = False
    ) -> T:
        """Run ``act``; a damaged file is rebuilt and ``act`` run again, else ``otherwise``."""
        for _ in range(_ATTEMPTS):
            if not self._readable or (writes and not self._writable):
                return otherwise
            try:
                return act(self._connected())
            except (sqlite3.Error, UnicodeDecodeError) as error:
                # Unicode: SQLite's message quotes what it found in a damaged schema.
                if not self._mended(error, writes):
                    return otherwise
            except OSError as error:
                self._give_up(error.strerror or str(error), writes=False)
            except MemoryError:
                self._give_up("not enough memory", writes=False)
        self._give_up("it is damaged again and again", writes=False)
        return otherwise

    def _mended(self, error: Exception, writes: bool) -> bool:  # noqa: FBT001 - private
        """Do what the error asks for; tell whether to try again."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & 0xFF in _DAMAGED:
            self._rebuild(error)
            return True
        if code & 0xFF == sqlite3.SQLITE_BUSY and self._connection is not None:
            self._note(
                f"the cache {self.path} was busy for {_BUSY_SECONDS:.0f} s: some is not kept"
            )
            return False
        self._give_up(str(error), writes=writes and self._connection is not None)
        return False

    def _give_up(self, why: str, *, writes: bool) -> None:
        """Go on without the file; with ``writes``, read it still."""
        self._writable = False
        if writes:
            self._note(f"the cache {self.path} cannot be written ({why}): new results are not kept")
        else:
            self._readable = False
            self._disconnect()
            self._note(f"the cache {self.path} cannot be used ({why}): results are not kept")

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._moved():
            # Another process found the file damaged and put a new one in its place.
            self._disconnect()
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_symlink():
                # Nobody but us puts a file here: a link would lead to someone else's.
                self.path.unlink()
            self._inode = self.path.stat().st_ino if self.path.exists() else 0
            db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                _prepare(db)
            except BaseException:
                db.close()
                raise
            self._connection = db
            self._inode = self.path.stat().st_ino
        return self._connection

    def _moved(self) -> bool:
        """Tell whether the file at our path is not the one that we opened."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _rebuild(self, error: Exception) -> None:
        self._disconnect()
        what = "is of another version" if isinstance(error, _OtherLayout) else "was damaged"
        self._note(f"the cache {self.path} {what}: it is built anew")
        with suppress(OSError):
            if self.path.exists() and self._moved():
                return
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _select(kind: str, keys: Sequence[str]) -> Callable[[sqlite3.Connection], list[_Row]]:
    places = ",".join("?" * len(keys))
    query = (
        "SELECT key, value, checksum, used FROM entries "  # noqa: S608 - places only
        f"WHERE kind = ? AND key IN ({places})"
    )
    return lambda db: db.execute(query, (kind, *keys)).fetchall()


def _prepare(db: sqlite3.Connection) -> None:
    """Set the connection up, and the file if it is new."""
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA synchronous = NORMAL")
    if _pragma(db, "user_version") == _LAYOUT:
        return
    # These two are kept in the file; asking for them again would wait for whoever writes just now.
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    # Busy: another process is switching at this moment, and so for us too.
    with suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL")
    with _transaction(db):
        # Asked again inside: between the two another process may have made the table.
        version = _pragma(db, "user_version")
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version != _LAYOUT:
            if version or tables:
                raise _OtherLayout(f"layout {version}")
            db.execute(_CREATE)
            db.execute(f"PRAGMA user_version = {_LAYOUT}")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back already.
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _prune(db: sqlite3.Connection, max_bytes: int) -> None:
    """Delete what was used longest ago until the file is well under the bound."""
    page = _pragma(db, "page_size")
    size = (_pragma(db, "page_count") - _pragma(db, "freelist_count")) * page
    if size <= max_bytes:
        return
    surplus = size - int(max_bytes * _PRUNED_SHARE)
    oldest: list[int] = []
    query = (
        "SELECT rowid, length(kind) + length(key) + length(value) FROM entries ORDER BY used, rowid"
    )
    # Closed before deleting: an open reader would keep the file from shrinking.
    with closing(db.execute(query)) as rows:
        for row, length in rows:
            if surplus <= 0:
                break
            oldest.append(row)
            surplus -= length + _ROW_BYTES
    for start in range(0, len(oldest), _KEYS_AT_ONCE):
        with _transaction(db):
            chunk = oldest[start : start + _KEYS_AT_ONCE]
            db.executemany("DELETE FROM entries WHERE rowid = ?", [(row,) for row in chunk])
    _shrink(db)


def _shrink(db: sqlite3.Connection) -> None:
    """Give free pages back to the file system."""
    # As a script: `execute` would free one page, since each page is a step of the statement.
    db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
