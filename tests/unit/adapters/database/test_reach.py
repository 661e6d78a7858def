"""Statements that do something outside of their database are refused before any rehearsal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from blastradius.adapters import database
from blastradius.adapters.database.places import Kind, session
from blastradius.adapters.database.reach import refuse_reaching_out
from blastradius.errors import StoppedError
from tests.unit.adapters.database.stepping import Run


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("sqlite", "ATTACH DATABASE 'x.db' AS o"),
        ("sqlite", "/* a */ attach 'x.db' as o"),
        ("sqlite", "VACUUM main INTO 'x.db'"),
        ("postgresql", "COPY (SELECT 1) TO PROGRAM 'touch x'"),
        ("postgresql", "COPY t/**/FROM/**/PROGRAM 'x'"),
        ("postgresql", "COPY t TO '/tmp/x'"),
        ("postgresql", "DO $$BEGIN EXECUTE 'COPY t TO PROGRAM ''x'''; END$$"),
        ("postgresql", "SELECT lo_export(1, '/tmp/x')"),
        ("postgresql", "DROP DATABASE other"),
        ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("mysql", "SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */"),
        ("mysql", "DROP SCHEMA other"),
        ("mysql", "USE other"),
    ],
)
def test_it_is_refused(kind: Kind, sql: str) -> None:
    with pytest.raises(StoppedError, match="reaches out of its database"):
        refuse_reaching_out(sql, kind)


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("sqlite", "VACUUM"),
        ("sqlite", "ALTER TABLE attach ADD COLUMN detach TEXT"),
        ("postgresql", "COPY t FROM STDIN"),
        ("postgresql", "ALTER TABLE copy ADD COLUMN program TEXT -- to program"),
        ("postgresql", "DROP SCHEMA shop"),
        ("mysql", "ALTER TABLE t ADD COLUMN outfile INT"),
        ("mysql", "ALTER TABLE t DROP INDEX `use`"),
    ],
)
def test_what_stays_inside_is_not(kind: Kind, sql: str) -> None:
    refuse_reaching_out(sql, kind)


def test_another_sqlite_file_is_untouched(tmp_path: Path) -> None:
    run = Run(tmp_path, "sqlite")
    run.sql("CREATE TABLE t (a INTEGER)")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as one:
        one.execute("CREATE TABLE precious (a)")
        one.execute("INSERT INTO precious VALUES (1)")
    attach = f"ATTACH DATABASE '{other}' AS o"
    step = run.step((attach, "DELETE FROM o.precious", "DROP TABLE t"), ())
    with pytest.raises(StoppedError, match="reaches out of its database: ATTACH"):
        database.prepare(step, run.world)
    with session(run.place.url(run.world), "app") as live:
        for sql in (attach, f"VACUUM INTO '{tmp_path / 'leak.db'}'"):
            with pytest.raises(StoppedError):
                live.run(sql)
        live.run("VACUUM")
    assert not (tmp_path / "leak.db").exists()
    assert sqlite3.connect(other).execute("SELECT count(*) FROM precious").fetchall() == [(1,)]


def test_a_live_mysql_database_is_not_changed_by_its_name(tmp_path: Path) -> None:
    run = Run(tmp_path, "mysql")
    run.sql("CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (5)")
    name = run.url.rpartition("/")[2].partition("?")[0]
    step = run.step((f"DELETE FROM {name} . t", "DROP TABLE t"), ("CREATE TABLE t (a INTEGER)",))
    with pytest.raises(StoppedError, match="names a whole database"):
        database.prepare(step, run.world)
    assert run.sql("SELECT a FROM t") == [(5,)]
