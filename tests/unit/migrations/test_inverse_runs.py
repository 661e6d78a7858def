"""What `inverse` renders is really run: afterwards the catalog is as before the undone migrations.

The migrations are random and our own, so running them here is safe.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from blastradius.migrations import Rendered, inverse
from tests.servers import postgresql
from tests.unit.migrations.chains import Chain
from tests.unit.migrations.folders import histories, revision, tree

SEEDS = st.integers(0, 2**32)
_CATALOG = {
    "column": """select c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        a.attnotnull, regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z ]+', '')) from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped and c.relkind = 'r'
        and c.relnamespace = current_schema()::regnamespace""",
    "constraint": """select conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = current_schema()::regnamespace""",
    "index": "select indexname, indexdef from pg_indexes where schemaname = current_schema()",
    "type": """select t.typname, string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_type t
        join pg_enum e on e.enumtypid = t.oid where t.typnamespace = current_schema()::regnamespace
        group by 1""",
}


@pytest.fixture(scope="module")
def server() -> str:
    """Return the URL of an empty database of PostgreSQL."""
    return postgresql().database()


@pytest.fixture(scope="module")
def connect(server: str) -> Iterator[Callable[[], Connection]]:
    """Return what begins a transaction in a schema of its own; all is rolled back in the end."""
    import sqlalchemy as sa

    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"))

    def begin() -> Connection:
        connection = engine.connect()
        connection.execute(sa.text("create schema own"))
        connection.execute(sa.text("set search_path to own"))
        return connection

    yield begin
    engine.dispose()


def catalog(connection: Connection) -> dict[str, str]:
    """Return the schema of PostgreSQL.

    The order of columns is no part of it, and neither is the cast of a default: PostgreSQL keeps the
    one of the type that the column had when the default was set.
    """
    import sqlalchemy as sa

    return {
        f"{kind} {name}": str(value)
        for kind, query in _CATALOG.items()
        for name, value in connection.execute(sa.text(query))
    }


def run(connection: Connection, text: str, way: str) -> None:
    """Run one way of an Alembic revision of ours."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    names: dict[str, Any] = {}
    exec(compile(text, "revision", "exec"), names)  # noqa: S102 - a text that this test made
    with Operations.context(MigrationContext.configure(connection)):
        names[way]()


def several(chain: Chain, number: int, steps: int, which: int) -> list[list[str]]:
    """Return the steps of some migrations, as Python (0) or SQL (1)."""
    return [
        [chain.step()[which] for _ in range(chain.chance.randint(1, steps))] for _ in range(number)
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEEDS)
def test_alembic_on_postgresql(connect: Callable[[], Connection], seed: int) -> None:
    chance = random.Random(seed)
    bodies = several(Chain(chance), 5, 3, 0)
    undone = chance.randint(1, 3)
    files = {
        f"versions/r{number}_step.py": revision(
            f"r{number}", f"r{number - 1}" if number else None, "\n".join(body)
        )
        for number, body in enumerate(bodies)
    }
    (history,) = histories(files)
    ids = [f"r{number}" for number in range(5 - undone, 5)]
    rendered = inverse(history, ids, *tree(files))
    assert rendered.complete, rendered.gaps
    with connect() as connection:
        before = {}
        for number, text in enumerate(files.values()):
            if number == 5 - undone:
                before = catalog(connection)
            run(connection, text, "upgrade")
        after = catalog(connection)
        run(connection, rendered.content.decode(), "upgrade")
        assert catalog(connection) == before
        run(connection, rendered.content.decode(), "downgrade")
        assert catalog(connection) == after
        connection.rollback()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SEEDS)
def test_sql_on_postgresql(connect: Callable[[], Connection], seed: int) -> None:
    import sqlalchemy as sa

    chance = random.Random(seed)
    bodies = several(Chain(chance), 5, 3, 1)
    undone = chance.randint(1, 3)
    rendered = _of_sql(bodies, undone, "postgres")
    assert rendered.complete, rendered.gaps
    with connect() as connection:
        before = {}
        for number, body in enumerate(bodies):
            if number == 5 - undone:
                before = catalog(connection)
            for one in body:
                connection.execute(sa.text(one))
        after = catalog(connection)
        for one in rendered.sql:
            connection.execute(sa.text(one))
        assert catalog(connection) == before
        for one in _down(rendered).split(";\n"):
            if one.strip():
                connection.execute(sa.text(one))
        assert catalog(connection) == after
        connection.rollback()


@settings(max_examples=40)
@given(SEEDS)
def test_sql_on_sqlite(seed: int) -> None:
    chance = random.Random(seed)
    bodies = several(Chain(chance, "sqlite"), 5, 3, 1)
    undone = chance.randint(1, 3)
    rendered = _of_sql(bodies, undone, "sqlite")
    assert rendered.complete, rendered.gaps
    connection = sqlite3.connect(":memory:")
    before: object = None
    for number, body in enumerate(bodies):
        if number == 5 - undone:
            before = _sqlite(connection)
        connection.executescript(";".join(body))
    after = _sqlite(connection)
    connection.executescript(rendered.content.decode())
    assert _sqlite(connection) == before
    connection.executescript(_down(rendered))
    assert _sqlite(connection) == after
    connection.close()


def _of_sql(bodies: list[list[str]], undone: int, dialect: str) -> Rendered:
    files: dict[str, str] = {}
    for number, body in enumerate(bodies, 1):
        files[f"db/{number:06d}_step.up.sql"] = ";\n".join(body) + ";\n"
        files[f"db/{number:06d}_step.down.sql"] = ""
    (history,) = histories(files, dialect)
    ids = [str(number) for number in range(6 - undone, 6)]
    return inverse(history, ids, *tree(files), dialect=dialect)


def _down(rendered: Rendered) -> str:
    (content,) = rendered.more.values()
    return content.decode()


def _sqlite(connection: sqlite3.Connection) -> object:
    """Return the tables with their columns and indexes; the order of columns is no part of it."""
    tables = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
    ]
    return {
        table: (
            sorted(row[1:] for row in connection.execute(f"pragma table_info({table})")),
            sorted(
                (
                    row[1],
                    row[2],
                    *(part[2] for part in connection.execute(f"pragma index_info({row[1]})")),
                )
                for row in connection.execute(f"pragma index_list({table})")
            ),
        )
        for table in sorted(tables)
    }
