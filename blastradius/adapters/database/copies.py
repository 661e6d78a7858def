"""Scratch copies of a database: where an undo is tried before the live one sees it.

PostgreSQL: ``CREATE DATABASE … TEMPLATE`` while nobody is connected, else the schema is made again from
its own definitions and the rows are copied. MySQL: a schema beside the live one. SQLite: the backup API.
Their names are made of the run and the step, so that what a killed run left behind is found and dropped.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from blastradius.adapters.database import native, rows
from blastradius.adapters.database.native import Native
from blastradius.adapters.database.places import Session, kind_of, saying, session
from blastradius.errors import CheckpointError, StoppedError
from blastradius.world import World

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

PREFIX = "blastradius_"
_TEMPLATE_BYTES = 256 << 20
"""Above this a template copy would lock others out for too long."""
MAX_BYTES = 2 << 30
"""Rows above this are not copied: the step is refused."""


class Scratch(Struct, frozen=True):
    """A copy: its URL."""

    url: URL
    name: str


def name_of(run: str, step: str, what: str) -> str:
    """Return the name of a scratch database: letters, digits and underscores, 31 at most."""
    return PREFIX + hashlib.sha256(f"{run}\0{step}".encode()).hexdigest()[:12] + f"_{what}"


@contextlib.contextmanager
def scratch(live: URL, step: str, what: str, world: World, timeout: int) -> Iterator[Scratch]:
    """Copy a database, and drop the copy at the end whatever happens.

    Args:
        live: what is copied.
        step: the id of the step that it is for.
        what: which of the step's copies it is.
        world: the doors.
        timeout: seconds for one statement.

    Raises:
        CheckpointError: it cannot be copied faithfully.
        StoppedError: the server refuses.
    """
    name = name_of(world.run, step, what)
    drop(live, name, world)
    try:
        with session(live, str(live.database), timeout=timeout, write=False) as there:
            _check_size(there)
        match kind_of(live):
            case "sqlite":
                url = _sqlite(live, name, world)
            case "mysql":
                url = _mysql(live, name, world, timeout)
            case _:
                url = _postgresql(live, name, world, timeout)
        yield Scratch(url, name)
    finally:
        with contextlib.suppress(StoppedError):
            drop(live, name, world)


def drop(live: URL, name: str, world: World) -> None:
    """Remove a scratch database; nothing happens when there is none."""
    if not name.startswith(PREFIX):
        raise ValueError(name)
    if kind_of(live) == "sqlite":
        for tail in ("", "-journal", "-wal", "-shm"):
            path = _file(name + tail, world)
            if path.exists():
                world.files.remove(path)
        return
    with session(live, str(live.database), timeout=60) as one:
        if one.kind == "mysql":
            if one.rows("SELECT 1 FROM information_schema.schemata WHERE schema_name = :n", n=name):
                world.tick(f"sql drop database {name}")
                one.run(f"DROP DATABASE IF EXISTS {one.quoted(name)}")
        elif one.rows("SELECT 1 FROM pg_database WHERE datname = :name", name=name):
            world.tick(f"sql drop database {name}")
            one.run(f"DROP DATABASE IF EXISTS {one.quoted(name)} WITH (FORCE)")


def _file(name: str, world: World) -> Path:
    return world.folder / "scratch" / f"{name}.db"


def _check_size(live: Session) -> None:
    query = {
        "postgresql": "SELECT pg_database_size(current_database())",
        "mysql": "SELECT coalesce(sum(data_length), 0) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()",
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    }[live.kind]
    size = int(live.rows(query)[0][0])
    if size > MAX_BYTES:
        raise CheckpointError(
            f"the database has {size >> 20} MiB, more than the {MAX_BYTES >> 20} MiB that are copied "
            "to rehearse on",
            "leave its migrations in place (--migrations leave), or undo them by hand",
        )


def _sqlite(live: URL, name: str, world: World) -> URL:
    path = _file(name, world)
    world.files.make_folder(path.parent)
    world.tick(f"backup into {path.name}")
    import sqlite3  # noqa: PLC0415 - only for this kind

    with (
        session(live, str(live.database), write=False) as there,
        saying("scratch", live, "copying"),
    ):
        path.touch(0o600)
        with contextlib.closing(sqlite3.connect(path)) as target:
            source = there.connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):  # pragma: no cover - it is SQLite's URL
                raise TypeError(type(source))
            source.backup(target)
    return live.set(database=str(path))


def _mysql(live: URL, name: str, world: World, timeout: int) -> URL:
    with session(live, str(live.database), timeout=timeout) as there:
        charset, collation = there.rows(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
            "WHERE schema_name = DATABASE()"
        )[0]
        world.tick(f"sql create database {name}")
        _create(
            there,
            f"CREATE DATABASE {there.quoted(name)} CHARACTER SET {charset} COLLATE {collation}",
        )
        url = live.set(database=name)
        _rebuild(there, url, timeout)
    return url


def _postgresql(live: URL, name: str, world: World, timeout: int) -> URL:
    url = live.set(database=name)
    if _templated(live, name, world, timeout):
        return url
    with session(live, str(live.database), timeout=timeout) as there:
        encoding, collate, ctype = there.rows(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
            "WHERE datname = current_database()"
        )[0]
        world.tick(f"sql create database {name}")
        _create(
            there,
            f"CREATE DATABASE {there.quoted(name)} TEMPLATE template0 ENCODING '{encoding}' "
            f"LC_COLLATE '{collate}' LC_CTYPE '{ctype}'",
        )
        _rebuild(there, url, timeout)
    return url


def _create(there: Session, statement: str) -> None:
    try:
        there.run(statement)
    except StoppedError as error:
        raise CheckpointError(
            f"no copy can be made to rehearse on: {error.what}",
            "let the user of its URL create databases, or leave its migrations in place "
            "(--migrations leave)",
        ) from None


def _templated(live: URL, name: str, world: World, timeout: int) -> bool:
    """Copy the files of a database that nobody is connected to; False when that cannot be."""
    try:
        with session(live.set(database="postgres"), "postgres", timeout=timeout) as there:
            size, used = there.rows(
                "SELECT pg_database_size(d.oid), (SELECT count(*) FROM pg_stat_activity a "
                "WHERE a.datid = d.oid) FROM pg_database d WHERE d.datname = :name",
                name=live.database,
            )[0]
            if used or size > _TEMPLATE_BYTES:
                return False
            world.tick(f"sql create database {name}")
            there.run(
                f"CREATE DATABASE {there.quoted(name)} TEMPLATE {there.quoted(live.database or '')}"
            )
    except StoppedError:
        return False
    return True


def _rebuild(live: Session, url: URL, timeout: int) -> None:
    """Make the schema again from its own definitions, and copy the rows."""
    with live.reading(), session(url, "scratch", timeout=timeout) as there:
        schema = native.read(live)
        _quiet(there)
        ddl = native.difference(there, native.read(there), schema)
        for statement in ddl.before:
            there.run(statement, "making a scratch copy")
        for table in schema.of("table"):
            _pour(live, there, schema, table.removeprefix("table "))
        for statement in ddl.after:
            there.run(statement, "making a scratch copy")
        _sequences(live, there)
        wrong = schema.differing(native.read(there))
    if wrong:
        raise CheckpointError(
            f"the schema cannot be copied to rehearse on: {', '.join(wrong[:5])} came out otherwise",
            "undo its migrations by hand, or leave them in place (--migrations leave)",
        )


def _quiet(there: Session) -> None:
    if there.kind == "mysql":
        there.run("SET SESSION foreign_key_checks = 0")


def _pour(live: Session, there: Session, schema: Native, table: str) -> None:
    columns = rows.columns_of(schema, table)
    if schema.things[f"table {table}"].text.startswith("partitioned"):
        return
    there.begin()
    rows.insert_lines(there, table, columns, rows.lines(live, schema, table, columns))
    there.commit()


def _sequences(live: Session, there: Session) -> None:
    if live.kind != "postgresql":
        return
    for name, value, called in live.rows(
        "SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), "
        "last_value IS NOT NULL FROM pg_sequences"
    ):
        there.rows("SELECT setval(CAST(:name AS regclass), :value, :called)",
                   name=name, value=value, called=called)  # fmt: skip
