"""The schema in the database's own words: copied, taken apart and put together again."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from blastradius.adapters.database import copies, native, rows
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.places import Kind, session
from blastradius.adapters.database.split import statements
from tests.servers import PASSWORD, postgresql
from tests.unit.adapters.database.stepping import KINDS, Run

_POSTGRESQL = '''
CREATE SCHEMA side;
CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s fine');
CREATE SEQUENCE tickets INCREMENT 5 START 100;
CREATE FUNCTION twice(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x * 2';
CREATE TABLE "Odd Names" ("the ""id""" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "select" mood);
CREATE TABLE users (
    id serial PRIMARY KEY, name varchar(40) NOT NULL DEFAULT 'no:one',
    price numeric(10,2) CHECK (price > 0), doubled integer GENERATED ALWAYS AS (twice(7)) STORED,
    ticket integer DEFAULT nextval('tickets'), tags text[] DEFAULT '{}', at timestamptz DEFAULT now());
CREATE TABLE side.notes (
    user_id integer REFERENCES users ON DELETE CASCADE, n integer, body jsonb,
    PRIMARY KEY (user_id, n), UNIQUE (n) DEFERRABLE);
CREATE INDEX few ON users (lower(name) DESC) WHERE price > 10;
CREATE UNIQUE INDEX once ON side.notes (n) INCLUDE (body);
CREATE VIEW cheap AS SELECT id, name FROM users WHERE price < 5;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.at = now(); RETURN NEW; END$$;
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON users USING (name = current_user);
GRANT SELECT ON users TO PUBLIC;
INSERT INTO users (name, price, tags)
    VALUES (E'tab\\tand\\nline', 3.50, '{a,"b c"}'), ('bob', NULL, NULL);
INSERT INTO side.notes VALUES (1, 1, '{"a": [1, null]}'), (2, 2, NULL);
INSERT INTO "Odd Names" ("select") VALUES ('it''s fine');
'''
_MYSQL = """
CREATE TABLE users (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(40) NOT NULL DEFAULT 'no,one', price DECIMAL(10,2) CHECK (price > 0),
    kind ENUM('a','b''c') DEFAULT 'a', raw VARBINARY(20), f FLOAT, d DOUBLE, bits BIT(5),
    at DATETIME(6), t TIME, y YEAR, upper_name VARCHAR(40) AS (upper(name)) STORED,
    KEY by_name (name(10)), UNIQUE KEY one_price (price, kind)) COMMENT='people';
CREATE TABLE `odd``name` (
    `select` INT, user_id INT UNSIGNED,
    CONSTRAINT fk_u FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE VIEW cheap AS SELECT id, name FROM users WHERE price < 5;
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW SET NEW.at = NOW(6);
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END;
INSERT INTO users (name, price, raw, f, d, bits, at, t, y) VALUES
    ('tab\\tq\\'', 3.5, X'00FF27', 1.23456789, 0.1, 5, '2020-01-02 03:04:05.678', '-12:30:00', 2020),
    ('bob', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO `odd``name` VALUES (1, 1), (NULL, NULL);
"""
_SQLITE = """
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT 'a, (b',
    price REAL CHECK (price > 0), double GENERATED ALWAYS AS (price * 2) VIRTUAL);
CREATE TABLE "odd ""name" ("select" BLOB, user_id INTEGER REFERENCES users (id));
CREATE TABLE pair (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE UNIQUE INDEX few ON users (lower(name)) WHERE price > 10;
CREATE VIEW cheap AS SELECT id, name FROM users;
CREATE TRIGGER touched AFTER UPDATE ON users BEGIN UPDATE users SET price = 2 WHERE id = 0; END;
INSERT INTO users (name, price) VALUES ('x', 1.5), ('y', NULL);
INSERT INTO "odd ""name" VALUES (X'00FF', 1), (NULL, 9);
INSERT INTO pair VALUES ('a', 'b');
"""
RICH: dict[Kind, tuple[str, ...]] = {
    "postgresql": statements(_POSTGRESQL, "postgresql"),
    "mysql": statements(_MYSQL, "mysql"),
    "sqlite": statements(_SQLITE, "sqlite"),
}


def _rich(kind: Kind, folder: Path) -> Run:
    run = Run(folder, kind)
    run.sql(*RICH[kind])
    return run


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_copy_made_from_definitions_is_the_same(kind: Kind, tmp_path: Path) -> None:
    run = _rich(kind, tmp_path)
    url = run.place.url(run.world)
    # Somebody is connected, so that PostgreSQL takes no template.
    with session(url, "other"), copies.scratch(url, "s", "a", run.world, 60) as copy:
        with session(copy.url, "copy") as there, session(url, "live") as live:
            assert fingerprint(there) == fingerprint(live)
            assert not native.read(there).differing(native.read(live))
            for table in native.read(live).of("table").values():
                one = native.read(live)
                columns = rows.columns_of(one, table.name)
                count = rows.count
                assert count(there, one, table.name, columns) == count(
                    live, one, table.name, columns
                )
        if kind == "postgresql":
            assert _dumped(copy.name) == _dumped(run.url.rpartition("/")[2])
    assert _left(run) == []


def _left(run: Run) -> list[str]:
    if run.kind == "postgresql":
        return run.sql("SELECT datname FROM pg_database WHERE datname LIKE 'blastradius%'")
    return run.sql("SHOW DATABASES LIKE 'blastradius%'")


def _dumped(name: str) -> str:
    """Return the whole database as PostgreSQL's own tool writes it."""
    program = shutil.which("pg_dump")
    if program is None:
        pytest.skip("no program pg_dump")
    server = postgresql()
    done = subprocess.run(
        [program, "-h", "127.0.0.1", "-p", str(server.port), "-U", server.user, "--inserts", name],
        env={"PGPASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True,
    )  # fmt: skip
    return re.sub(r"\\(un)?restrict \w+", "", done.stdout.decode())


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_unmade_and_made_again_by_differences(kind: Kind, tmp_path: Path) -> None:
    run = _rich(kind, tmp_path)
    with session(run.place.url(run.world), "app") as live:
        whole, state = native.read(live), fingerprint(live)
        nothing = native.Native({key: one for key, one in whole.things.items() if one.kind == "schema"
                                 and one.name == "public"})  # fmt: skip
        for goal in (nothing, whole):
            if kind == "mysql":
                live.run("SET SESSION foreign_key_checks = 0")
            ddl = native.difference(live, native.read(live), goal)
            for one in (*ddl.before, *ddl.after):
                live.run(one)
            assert not native.read(live).differing(goal)
        assert fingerprint(live) == state


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_schema_changes_no_fingerprint(kind: Kind, tmp_path: Path) -> None:
    run = _rich(kind, tmp_path)
    before = run.state()
    again = {
        "postgresql": (
            "SELECT nextval('tickets')",
            "ANALYZE",
            "INSERT INTO users (name) VALUES ('new')",
        ),
        "mysql": ("INSERT INTO users (name) VALUES ('new')", "ANALYZE TABLE users"),
        "sqlite": ("INSERT INTO users (name) VALUES ('new')", "ANALYZE", "VACUUM"),
    }
    run.sql(*again[kind])
    assert run.state() == before


CHANGES = {
    "postgresql": {
        "ALTER TABLE users ALTER COLUMN tags TYPE varchar(9)[]": "column users.tags",
        "ALTER TABLE users ALTER COLUMN name DROP DEFAULT": "column users.name",
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL": "column users.name",
        "DROP INDEX few": "index users.few",
        "ALTER TABLE users DROP CONSTRAINT users_price_check": "check users.users_price_check",
        "ALTER TYPE mood ADD VALUE 'glad'": "type mood",
        "CREATE OR REPLACE VIEW cheap AS SELECT id, name FROM users": "view cheap",
        "ALTER TABLE side.notes DROP CONSTRAINT notes_user_id_fkey": (
            "foreign key side.notes.notes_user_id_fkey"
        ),
        "CREATE SEQUENCE more": "sequence more",
    },
    "mysql": {
        "ALTER TABLE users MODIFY name VARCHAR(41) NOT NULL DEFAULT 'no,one'": "column users.name",
        "ALTER TABLE users ALTER COLUMN name DROP DEFAULT": "column users.name",
        "ALTER TABLE users DROP INDEX by_name": "index users.by_name",
        "ALTER TABLE `odd``name` DROP FOREIGN KEY fk_u": "foreign key odd`name.fk_u",
        "ALTER TABLE users ADD UNIQUE KEY another (raw)": "index users.another",
        "CREATE OR REPLACE VIEW cheap AS SELECT id FROM users": "view cheap",
    },
    "sqlite": {
        "ALTER TABLE users ADD COLUMN more TEXT": "column users.more",
        "DROP INDEX few": "index users.few",
        "DROP VIEW cheap": "view cheap",
        "ALTER TABLE pair RENAME COLUMN b TO c": "column pair.c",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_named_by_both_ways_of_looking(kind: Kind, tmp_path: Path) -> None:
    run = _rich(kind, tmp_path)
    for statement, leaf in CHANGES[kind].items():
        with session(run.place.url(run.world), "app") as live:
            before, other = fingerprint(live), native.read(live)
            live.run(statement)
            assert leaf in before.differing(fingerprint(live)), statement
            assert other.differing(native.read(live)), statement


def test_a_trigger_or_a_grant_that_came_is_seen_by_the_second_way(tmp_path: Path) -> None:
    run = _rich("postgresql", tmp_path)
    with session(run.place.url(run.world), "app") as live:
        before = native.read(live)
        live.run("GRANT DELETE ON users TO PUBLIC")
        live.run("DROP TRIGGER touched ON users")
        assert before.differing(native.read(live)) == (
            "grant public.users to PUBLIC DELETE",
            "trigger public.users.touched",
        )
