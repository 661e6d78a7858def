"""The version tables of the tools that run SQL: what a way down and an inverse leave in them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from msgspec import Struct

from blastradius.adapters import database
from blastradius.adapters.database.booking import checksum_of
from blastradius.adapters.database.split import statements
from tests.unit.adapters.database.stepping import Run, carried
from tests.unit.adapters.database.test_proposing import request_of

ONE = "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40), old VARCHAR(9));\n"
TWO = "ALTER TABLE users DROP COLUMN old;\n"
BACK = "ALTER TABLE users ADD COLUMN old VARCHAR(9);\n"


class Tool(Struct):
    """A tool's files, its table after both migrations, and a question about its rows."""

    one: dict[str, str]
    two: dict[str, str]
    table: str
    ask: str
    first: list[object]
    both: list[object]


def _journal(*tags: str) -> str:
    entries = [
        {
            "idx": number,
            "version": "7",
            "when": 1700000000000 + number,
            "tag": tag,
            "breakpoints": True,
        }
        for number, tag in enumerate(tags)
    ]
    return json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})


GOLANG = """
CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty BOOLEAN NOT NULL);
INSERT INTO schema_migrations VALUES (2, false);
"""
GOOSE = """
CREATE TABLE goose_db_version (
    id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL,
    tstamp TIMESTAMP DEFAULT now());
INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true);
"""
SQLX = r"""
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL);
INSERT INTO _sqlx_migrations VALUES
    (1, 'a', now(), true, '\x00', 1), (2, 'b', now(), true, '\x00', 1);
"""
FLYWAY = """
CREATE TABLE flyway_schema_history (
    installed_rank INT PRIMARY KEY, version VARCHAR(50), description VARCHAR(200), type VARCHAR(20),
    script VARCHAR(1000), checksum INT, installed_by VARCHAR(100),
    installed_on TIMESTAMP DEFAULT now(), execution_time INT, success BOOLEAN);
INSERT INTO flyway_schema_history VALUES
    (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'x', now(), 1, true),
    (2, '2', 'b', 'SQL', 'V2__b.sql', 1, 'x', now(), 1, true);
"""
PRISMA = """
CREATE TABLE _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES
    ('1', 'x', now(), '20240101000000_a'), ('2', 'x', now(), '20240201000000_b');
"""
DRIZZLE = """
CREATE SCHEMA drizzle;
CREATE TABLE drizzle.__drizzle_migrations (
    id SERIAL PRIMARY KEY, hash TEXT NOT NULL, created_at BIGINT);
INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES
    ('x', 1700000000000), ('x', 1700000000001);
"""
GONE = "DROP TABLE users;\n"
TOOLS = {
    "golang-migrate": Tool(
        {"migrations/000001_a.up.sql": ONE, "migrations/000001_a.down.sql": GONE},
        {"migrations/000002_b.up.sql": TWO, "migrations/000002_b.down.sql": BACK},
        GOLANG,
        "SELECT version FROM schema_migrations",
        [1],
        [3],
    ),
    "goose": Tool(
        {"migrations/00001_a.sql": f"-- +goose Up\n{ONE}-- +goose Down\n{GONE}"},
        {"migrations/00002_b.sql": f"-- +goose Up\n{TWO}-- +goose Down\n{BACK}"},
        GOOSE,
        "SELECT version_id FROM goose_db_version ORDER BY 1",
        [0, 1],
        [0, 1, 2, 3],
    ),
    "sqlx": Tool(
        {"migrations/0001_a.sql": ONE, "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n'},
        {"migrations/0002_b.sql": TWO},
        SQLX,
        "SELECT version FROM _sqlx_migrations ORDER BY 1",
        [1],
        [1, 2, 3],
    ),
    "flyway": Tool(
        {"db/migration/V1__a.sql": ONE},
        {"db/migration/V2__b.sql": TWO},
        FLYWAY,
        "SELECT version FROM flyway_schema_history ORDER BY installed_rank",
        ["1"],
        ["1", "2", "3"],
    ),
    "prisma": Tool(
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/20240101000000_a/migration.sql": ONE,
        },
        {"prisma/migrations/20240201000000_b/migration.sql": TWO},
        PRISMA,
        "SELECT substr(migration_name, 1, 6) FROM _prisma_migrations ORDER BY 1",
        ["202401"],
        [],
    ),
    "drizzle": Tool(
        {"drizzle/0000_a.sql": ONE, "drizzle/meta/_journal.json": _journal("0000_a")},
        {"drizzle/0001_b.sql": TWO, "drizzle/meta/_journal.json": _journal("0000_a", "0001_b")},
        DRIZZLE,
        "SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY 1",
        [1700000000000],
        [],
    ),
}


def _project(folder: Path, tool: Tool) -> tuple[Run, str, str]:
    run = Run(folder, "postgresql")
    base = run.git.commit("a", tool.one)
    head = run.git.commit("b", tool.two)
    run.sql(ONE, TWO, "INSERT INTO users VALUES (1, 'ada')")
    run.sql(*statements(tool.table, "postgresql"))
    return run, base, head


@pytest.mark.parametrize("name", ["golang-migrate", "goose", "prisma", "drizzle"])
def test_a_tools_table_after_the_way_down(name: str, tmp_path: Path) -> None:
    tool = TOOLS[name]
    run, base, head = _project(tmp_path, tool)
    found = database.propose(request_of(run, base, head, migrations="down"), run.world)
    (step,) = found.steps
    carried(run, step)
    assert [one for (one,) in run.sql(tool.ask)] == tool.first
    assert run.sql("SELECT * FROM users") == [(1, "ada", None)]


@pytest.mark.parametrize("name", sorted(TOOLS.keys() - {"drizzle"}))
def test_a_tools_table_after_an_inverse(name: str, tmp_path: Path) -> None:
    tool = TOOLS[name]
    run, base, head = _project(tmp_path, tool)
    found = database.propose(request_of(run, base, head), run.world)
    (step,) = found.steps
    carried(run, step)
    versions = [one for (one,) in run.sql(tool.ask)]
    assert versions == tool.both or (not tool.both and len(versions) == len(tool.first) + 2)
    assert run.sql("SELECT * FROM users") == [(1, "ada", None)]
    content = next(
        raw for path, raw in found.add.items() if path.endswith(".sql") and "down" not in path
    )
    if name == "prisma":
        rows = run.sql("SELECT checksum FROM _prisma_migrations WHERE length(checksum) > 1")
        assert rows == [(hashlib.sha256(content).hexdigest(),)]
    elif name == "sqlx":
        rows = run.sql("SELECT checksum FROM _sqlx_migrations WHERE version = 3")
        assert bytes(rows[0][0]) == hashlib.sha384(content).digest()


def test_a_list_of_all_migrations_stays_with_what_it_names(tmp_path: Path) -> None:
    """Without the snapshots only drizzle-kit can write the next migration: so it is said."""
    run, base, head = _project(tmp_path, TOOLS["drizzle"])
    found = database.propose(request_of(run, base, head), run.world)
    assert found.keep == ("drizzle/0001_b.sql", "drizzle/meta/_journal.json")
    assert "drizzle-kit" in found.left[0].why


def test_flyways_checksum_does_not_depend_on_line_ends() -> None:
    import zlib

    assert checksum_of(b"a;\r\nb;\n") == checksum_of(b"\xef\xbb\xbfa;\nb;")
    value = zlib.crc32(b"a;b;")
    assert checksum_of(b"a;\nb;") == (value if value < 1 << 31 else value - (1 << 32))
