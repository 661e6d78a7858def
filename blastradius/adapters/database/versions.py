"""Which migrations a database has applied: the rows of the tools' version tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from blastradius.adapters.database.places import Row, Session


class Ledger(Struct, frozen=True):
    """A tool's version table.

    Attributes:
        tool: whose it is; ``schema_migrations`` is told apart by its columns.
        table: its name, with its schema where the tool gives it one.
        columns: what of it says which migrations are applied; the rest (times, counters) is not state.
    """

    tool: str
    table: str
    columns: tuple[str, ...]


LEDGERS = (
    Ledger("alembic", "alembic_version", ("version_num",)),
    Ledger("django", "django_migrations", ("app", "name")),
    Ledger("prisma", "_prisma_migrations", ("migration_name", "finished_at", "rolled_back_at")),
    Ledger("drizzle", "drizzle.__drizzle_migrations", ("hash", "created_at")),
    Ledger("drizzle", "__drizzle_migrations", ("hash", "created_at")),
    Ledger("golang-migrate", "schema_migrations", ("version", "dirty")),
    Ledger("dbmate", "schema_migrations", ("version",)),
    Ledger("goose", "goose_db_version", ("version_id", "is_applied")),
    Ledger("flyway", "flyway_schema_history", ("version", "script", "success")),
    Ledger("sqlx", "_sqlx_migrations", ("version", "success")),
    Ledger("sqitch", "sqitch.changes", ("project", "change")),
)
MARKER = "blastradius_marker"
"""Our own table, there only while a step runs on a database whose DDL ends transactions."""
_MAX_ROWS = 20_000
_LENGTH = 32
_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=str)


def digest(value: object) -> str:
    """Return the digest of a leaf's normalised value, 32 hex digits."""
    return hashlib.sha256(_encoder.encode(value)).hexdigest()[:_LENGTH]


def ledgers(session: Session) -> list[Ledger]:
    """Return the version tables that are there; Alembic's under whatever name a project gave it."""
    columns = _columns(session)
    found = []
    for one in LEDGERS:
        there = columns.get(one.table)
        if there is None or not set(one.columns) <= there:
            continue
        if one.tool == "dbmate" and "dirty" in there:
            continue
        found.append(one)
    known = {one.table for one in found}
    for table, there in sorted(columns.items()):
        if there == {"version_num"} and table not in known:
            found.append(Ledger("alembic", table, ("version_num",)))
    return found


def _columns(session: Session) -> dict[str, set[str]]:
    """Return table → its columns; a table outside of the usual schema has its schema before it."""
    found: dict[str, set[str]] = {}
    if session.kind == "sqlite":
        rows = session.rows(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
            "WHERE m.type = 'table'"
        )
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        return found
    here = "DATABASE()" if session.kind == "mysql" else "current_schema()"
    rows = session.rows(
        f"SELECT table_schema, table_name, column_name, table_schema = {here} "
        "FROM information_schema.columns WHERE table_schema NOT IN "
        "('information_schema', 'pg_catalog', 'mysql', 'performance_schema', 'sys')"
    )
    for schema, table, column, is_here in rows:
        if is_here:
            found.setdefault(table, set()).add(column)
        elif session.kind == "postgresql":
            found.setdefault(f"{schema}.{table}", set()).add(column)
    return found


def rows_of(session: Session, ledger: Ledger) -> list[Row]:
    """Return the rows that say what is applied, sorted; times are whether there is one."""
    picked = ", ".join(session.quoted(one) for one in ledger.columns)
    table = session.quoted(*ledger.table.split("."))
    found = session.rows(f"SELECT {picked} FROM {table} LIMIT {_MAX_ROWS}")
    return sorted(
        (
            tuple(_plain(name, one) for name, one in zip(ledger.columns, row, strict=True))
            for row in found
        ),
        key=repr,
    )


def _plain(name: str, value: object) -> object:
    if name.endswith("_at") and name != "created_at":
        return value is not None
    if name in {"is_applied", "success", "dirty"}:
        return bool(value)
    return value if value is None else str(value)


def leaves(session: Session) -> Iterator[tuple[str, object]]:
    """Yield one leaf for each version table, and for our own marker while it is there."""
    for one in ledgers(session):
        yield f"version {one.table} ({one.tool})", rows_of(session, one)
    if MARKER in _columns(session):
        yield f"version {MARKER}", session.rows(f"SELECT run, place FROM {MARKER} ORDER BY 1, 2")


def applied(session: Session, tool: str, table: str = "") -> set[str] | None:
    """Return what a tool has applied here, as its version table names it; None without a table.

    Django's are ``app.name``, sqitch's ``project.change``; Drizzle's are the times of its journal.
    """
    mine = [one for one in ledgers(session) if one.tool == tool and table in ("", one.table)]
    if not mine:
        return None
    return {_name(tool, row) for one in mine for row in rows_of(session, one) if _counts(tool, row)}


def _counts(tool: str, row: Row) -> bool:
    match tool:
        case "prisma":
            return bool(row[1]) and not row[2]
        case "goose":
            return bool(row[1]) and row[0] != "0"
        case "flyway":
            return row[0] is not None and bool(row[2])
        case _:
            return True


def _name(tool: str, row: Row) -> str:
    match tool:
        case "django" | "sqitch":
            return f"{row[0]}.{row[1]}"
        case "drizzle":
            return str(row[1])
        case _:
            return str(row[0])
