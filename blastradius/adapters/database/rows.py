"""Rows of tables: kept as the database itself prints them, put back, and told apart by a digest.

PostgreSQL's are lines of ``COPY``; the others' are JSON arrays of typed values. A digest is the sum of
the SHA-256 of all lines: it does not depend on an order, which no table has.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from blastradius.adapters.database.native import Native
from blastradius.adapters.database.places import Session, saying
from blastradius.errors import CheckpointError
from blastradius.world.store import Store

if TYPE_CHECKING:
    import psycopg

MAX_BYTES = 1 << 30
"""Bytes of one table's rows that a checkpoint keeps."""
_BATCH = 500
_WORD = 1 << 256
_encoder = msgspec.json.Encoder()


class Counted(Struct, frozen=True):
    """How many rows, and their digest."""

    count: int
    digest: str


class Kept(Struct, frozen=True):
    """The rows of a table in a checkpoint.

    Attributes:
        table: its quoted name.
        columns: those that are kept, quoted, in order; generated ones cannot be written.
        key: those of the primary key; empty where there is none.
        oid: the object of the store.
        count: rows.
        digest: see the module's text.
        partly: the same of some columns only: ``lost``, the key and those that go.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    oid: str
    count: int
    digest: str
    partly: dict[str, Counted] = {}


def columns_of(schema: Native, table: str) -> tuple[str, ...]:
    """Return the columns of a table that can be written, quoted, in order."""
    return tuple(
        one.name.removeprefix(f"{table}.")
        for one in schema.of("column").values()
        if one.table == table and " AS (" not in f" {one.text}".upper()
    )


def key_of(schema: Native, session: Session, table: str) -> tuple[str, ...]:
    """Return the columns of a table's primary key, quoted; empty where it has none."""
    if session.kind == "sqlite":
        bare = table[1:-1].replace('""', '"')
        found = session.rows(
            "SELECT name FROM pragma_table_info(:table) WHERE pk > 0 ORDER BY pk", table=bare
        )
        return tuple(session.quoted(name) for (name,) in found)
    for one in schema.of("key").values():
        if one.table == table:
            inner = one.text[one.text.index("(") + 1 : one.text.rindex(")")]
            names = [name.strip() for name in inner.split(",")]
            return tuple(name.partition("(")[0] if name[0] == "`" else name for name in names)
    return ()


def lines(session: Session, schema: Native, table: str, columns: Iterable[str]) -> Iterator[bytes]:
    """Yield the rows of a table, a line each."""
    names = tuple(columns)
    if not names:
        return
    with saying(session.name, session.url, f"reading the rows of {table}"):
        if session.kind == "postgresql":
            yield from _copied(session, f"COPY (SELECT {', '.join(names)} FROM {table}) TO STDOUT")
            return
        picked = ", ".join(_picked(session, schema, table, name) for name in names)
        cursor = session.connection.exec_driver_sql(
            f"SELECT {picked} FROM {table}",
            execution_options={"no_parameters": True, "stream_results": True},
        )
        with cursor:
            for row in cursor:
                yield _encoder.encode([_typed(one) for one in row]) + b"\n"


def _picked(session: Session, schema: Native, table: str, column: str) -> str:
    text = schema.things[f"column {table}.{column}"].text if session.kind == "mysql" else ""
    # A FLOAT prints six digits only, unless it is counted as a DOUBLE.
    return f"{column} + 0e0" if text.startswith("float") else column


def _copied(session: Session, sql: str) -> Iterator[bytes]:
    driver = _psycopg(session)
    with driver.cursor() as cursor, cursor.copy(sql.encode()) as copy:
        pending = b""
        for piece in copy:
            *whole, pending = (pending + bytes(piece)).split(b"\n")
            yield from (one + b"\n" for one in whole)


def _psycopg(session: Session) -> psycopg.Connection[Any]:
    found: psycopg.Connection[Any] = session.connection.connection.driver_connection  # type: ignore[assignment]
    return found


def counted(rows: Iterable[bytes]) -> Counted:
    """Return how many lines there are, and their digest."""
    total = count = 0
    for one in rows:
        total = (total + int.from_bytes(hashlib.sha256(one).digest())) % _WORD
        count += 1
    return Counted(count, f"{total:064x}")


def count(session: Session, schema: Native, table: str, columns: Iterable[str]) -> Counted:
    """Return how many rows a table has, and the digest of some of its columns."""
    return counted(lines(session, schema, table, columns))


def keep(session: Session, schema: Native, table: str, store: Store) -> Kept:
    """Keep all rows of a table in the store.

    Raises:
        CheckpointError: they are too many, or cannot be kept.
        StoppedError: they cannot be read.
    """
    columns = columns_of(schema, table)
    total = number = size = 0

    def noted() -> Iterator[bytes]:
        nonlocal total, number, size
        for one in lines(session, schema, table, columns):
            total = (total + int.from_bytes(hashlib.sha256(one).digest())) % _WORD
            number += 1
            size += len(one)
            if size > MAX_BYTES:
                raise CheckpointError(
                    f"table {table} has more than {MAX_BYTES >> 20} MiB of rows to keep",
                    "take a backup with the database's own tool and undo this migration by hand",
                )
            yield one

    oid = store.put(_chunks(noted()))
    key = key_of(schema, session, table)
    return Kept(table, columns, key, oid, number, f"{total:064x}")


def _chunks(rows: Iterator[bytes]) -> Iterator[bytes]:
    while part := b"".join(islice(rows, 4096)):
        yield part


def kept_lines(kept: Kept, store: Store) -> Iterator[bytes]:
    """Yield the lines of a checkpoint.

    Raises:
        CheckpointError: the object is missing or damaged.
    """
    pending = b""
    for piece in store.pieces(kept.oid):
        *whole, pending = (pending + piece).split(b"\n")
        yield from (one + b"\n" for one in whole)


def insert(session: Session, kept: Kept, store: Store, table: str = "") -> None:
    """Put the rows of a checkpoint into a table.

    Args:
        session: the database, in a transaction of the caller's.
        kept: which rows.
        store: where they are.
        table: another table with these columns; empty for their own.
    """
    insert_lines(session, table or kept.table, kept.columns, kept_lines(kept, store))


def insert_lines(
    session: Session, table: str, columns: tuple[str, ...], found: Iterator[bytes]
) -> None:
    """Put rows into a table, given as `lines` yields them."""
    names = ", ".join(columns)
    if not columns:
        return
    if session.kind == "postgresql":
        with saying(session.name, session.url, f"filling {table}"):
            sql = f"COPY {table} ({names}) FROM STDIN".encode()
            with _psycopg(session).cursor() as cursor, cursor.copy(sql) as copy:
                for one in found:
                    copy.write(one)
        return
    marks = ", ".join(_marks(session, len(columns)))
    sql_text = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    while batch := [_values(one) for one in islice(found, _BATCH)]:
        _many(session, sql_text, batch, table)


def fill(session: Session, kept: Kept, columns: tuple[str, ...], store: Store) -> None:
    """Set some columns of the rows that are still there, found by the primary key.

    Raises:
        CheckpointError: the table has no primary key.
    """
    needs_key(kept)
    if not columns or kept.count == 0:
        return
    if session.kind == "postgresql":
        source = '"blastradius_rows"'
        session.run(
            f"CREATE TEMPORARY TABLE {source} ON COMMIT DROP AS SELECT {', '.join(kept.columns)} "
            f"FROM {kept.table} WITH NO DATA"
        )
        insert(session, kept, store, source)
        sets = ", ".join(f"{one} = s.{one}" for one in columns)
        where = " AND ".join(f"t.{one} = s.{one}" for one in kept.key)
        session.run(f"UPDATE {kept.table} t SET {sets} FROM {source} s WHERE {where}")
        session.run(f"DROP TABLE {source}")
        return
    marks = _marks(session, 1)
    sets = ", ".join(f"{one} = {marks[0]}" for one in columns)
    where = " AND ".join(f"{one} = {marks[0]}" for one in kept.key)
    sql = f"UPDATE {kept.table} SET {sets} WHERE {where}"
    at = [kept.columns.index(one) for one in (*columns, *kept.key)]
    rows = kept_lines(kept, store)
    while batch := [_values(one) for one in islice(rows, _BATCH)]:
        _many(session, sql, [tuple(row[one] for one in at) for row in batch], kept.table)


def needs_key(kept: Kept) -> None:
    """Refuse a table whose rows cannot be told apart.

    Raises:
        CheckpointError: the table has no primary key.
    """
    if not kept.key:
        raise CheckpointError(
            f"table {kept.table} has no primary key to find its rows by",
            "its rows are in the checkpoint: restore the table from it by hand",
        )


def _marks(session: Session, number: int) -> list[str]:
    return ["?" if session.kind == "sqlite" else "%s"] * number


def _many(session: Session, sql: str, rows: list[tuple[Any, ...]], table: str) -> None:
    with saying(session.name, session.url, f"filling {table}"):
        session.connection.exec_driver_sql(sql, rows)


def _typed(value: object) -> object:
    """Return a value as JSON can hold it: what JSON lacks is ``{type: text}``."""
    match value:
        case None | str() | int() | float():
            return value
        case bytes():
            return {"b": base64.b64encode(value).decode("ascii")}
        case decimal.Decimal():
            return {"n": str(value)}
        case dt.datetime():
            return {"t": value.isoformat()}
        case dt.date():
            return {"d": value.isoformat()}
        case dt.timedelta():
            return {"s": [value.days, value.seconds, value.microseconds]}
        case _:
            raise CheckpointError(
                f"a value of type {type(value).__name__} cannot be kept",
                "undo this migration by hand",
            )


def _values(line: bytes) -> tuple[Any, ...]:
    return tuple(_untyped(one) for one in msgspec.json.decode(line))


def _untyped(value: object) -> object:
    if not isinstance(value, dict):
        return value
    (name, text), *_ = value.items()
    match name:
        case "b":
            return base64.b64decode(text)
        case "n":
            return decimal.Decimal(text)
        case "t":
            return dt.datetime.fromisoformat(text)
        case "d":
            return dt.date.fromisoformat(text)
        case _:
            return dt.timedelta(*text)
