"""What a rehearsal refuses, and what it makes of statements that change rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.adapters import database
from blastradius.errors import CheckpointError, CompensationError, StoppedError
from tests.unit.adapters.database.stepping import KINDS, Run, carried, failing, rows_of_shop, shop

TABLE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)",
    "CREATE INDEX ia ON t (a)",
    "CREATE TABLE schema_migrations (version VARCHAR(50) PRIMARY KEY)",
    "INSERT INTO schema_migrations VALUES ('1'), ('2')",
    "INSERT INTO t VALUES (1, 10, 100), (2, 20, 200)",
)
FORGET = "DELETE FROM schema_migrations WHERE version = '2'"


def _run(folder: Path, kind: str) -> Run:
    run = Run(folder, kind)
    run.sql(*TABLE)
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_carried_out_and_taken_back_with_all_rows(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    before = rows_of_shop(run)
    prepared = carried(run, step)
    assert run.sql("SELECT * FROM users ORDER BY id") == [(1, "ada"), (2, "bob")]
    assert any("invoices" in one and "2 rows" in one for one in prepared.loses)
    assert any("plan" in one for one in prepared.loses)
    database.act(step, prepared, run.world)  # once more: nothing is left to do
    database.compensate(step, prepared, run.world)
    assert database.probe(step, run.world) == step.before
    assert rows_of_shop(run) == before
    database.compensate(step, prepared, run.world)
    database.settle(step, prepared, run.world)
    assert not list((run.world.folder / "scratch").rglob("*.db"))


@pytest.mark.parametrize(
    ("down", "up", "named"),
    [
        pytest.param(
            ("DROP TABLE t",), ("ALTER TABLE t ADD COLUMN c INTEGER",), "again", id="too much"
        ),
        pytest.param((), ("CREATE TABLE other (id INTEGER PRIMARY KEY)",), "other", id="empty"),
        pytest.param(
            ("DROP TABLE t",),
            ("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)",),
            r"index t\.ia",
            id="an index that was not of it",
        ),
        pytest.param(("ALTER TABLE nowhere DROP COLUMN x",), (), "nowhere", id="it fails"),
    ],
)
def test_an_undo_that_is_no_true_inverse_is_refused(
    down: tuple[str, ...], up: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    run = _run(tmp_path, "sqlite")
    step = run.step((*down, FORGET), up)
    with pytest.raises(StoppedError, match=named):
        database.prepare(step, run.world)
    assert database.probe(step, run.world) == step.before
    assert not list((run.world.folder / "scratch").rglob("*.db"))


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_way_down_that_forgets_a_table_is_refused_before_the_live_one_sees_it(
    kind: str, tmp_path: Path
) -> None:
    run = _run(tmp_path, kind)
    up = ("ALTER TABLE t ADD COLUMN c INTEGER", "CREATE TABLE more (id INTEGER PRIMARY KEY)")
    run.sql(*up)
    step = run.step(("ALTER TABLE t DROP COLUMN c", FORGET), up)
    with pytest.raises(CheckpointError, match=r"no true inverse.*more"):
        database.prepare(step, run.world)
    assert database.probe(step, run.world) == step.before


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_an_undo_writes_come_back(kind: str, tmp_path: Path) -> None:
    run = _run(tmp_path, kind)
    step = run.step(
        (
            "UPDATE t SET a = a + 1",
            "INSERT INTO t VALUES (3, 30, 300)",
            "DELETE FROM t WHERE id = 1",
            "UPDATE t SET b = 5 WHERE id = 3",
            FORGET,
        ),
        (),
    )
    prepared = carried(run, step)
    assert [tuple(row) for row in run.sql("SELECT * FROM t ORDER BY id")] == [
        (2, 21, 200),
        (3, 30, 5),
    ]
    database.compensate(step, prepared, run.world)
    assert [tuple(row) for row in run.sql("SELECT * FROM t ORDER BY id")] == [
        (1, 10, 100),
        (2, 20, 200),
    ]
    assert database.probe(step, run.world) == step.before


def test_states_that_look_the_same_are_told_apart_by_a_marker(tmp_path: Path) -> None:
    run = _run(tmp_path, "mysql")
    down = (
        "UPDATE t SET a = a + 1",
        "ALTER TABLE t ADD COLUMN tmp INTEGER",
        "ALTER TABLE t DROP COLUMN tmp",
        "UPDATE t SET a = a + 1",
        "ALTER TABLE t ADD COLUMN done INTEGER",
        FORGET,
    )
    up = ("ALTER TABLE t DROP COLUMN done",)
    step = run.step(down, up)
    prepared = database.prepare(step, run.world)
    states = [step.before, *prepared.waypoints, prepared.wanted]
    assert len({one.digest for one in states}) == len(states)
    seen: list[str] = []
    database.act(step, prepared, run.new_world(heard=seen.append))
    database.compensate(step, prepared, run.world)
    for at in range(2, len(seen) + 1, 7):
        with pytest.raises(KeyError):
            database.act(step, prepared, run.new_world(heard=failing(at, KeyError)))
        database.act(step, prepared, run.world)
        assert run.sql("SELECT a FROM t ORDER BY id") == [(12,), (22,)], at
        database.compensate(step, prepared, run.world)
        assert run.sql("SELECT a FROM t ORDER BY id") == [(10,), (20,)], at
    assert run.sql("SHOW TABLES LIKE 'blastradius%'") == []


def test_rows_that_somebody_wrote_since_are_not_overwritten(tmp_path: Path) -> None:
    run = _run(tmp_path, "sqlite")
    step = run.step(("UPDATE t SET a = a + 1", FORGET), ())
    prepared = carried(run, step)
    run.sql("UPDATE t SET a = 99 WHERE id = 2")
    with pytest.raises(CompensationError, match="written since"):
        database.compensate(step, prepared, run.world)
    assert run.sql("SELECT a FROM t ORDER BY id") == [(11,), (99,)]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_came_after_the_act_survive_its_compensation(kind: str, tmp_path: Path) -> None:
    run = Run(tmp_path, kind)
    step = shop(run)
    prepared = carried(run, step)
    run.sql(
        "INSERT INTO users (id, name) VALUES (3, 'eve')",
        "UPDATE users SET name = 'Ada' WHERE id = 1",
    )
    database.compensate(step, prepared, run.world)
    rows = run.sql("SELECT id, name, plan FROM users ORDER BY id")
    assert [tuple(one) for one in rows] == [
        (1, "Ada", "free"),
        (2, "bob", "gold"),
        (3, "eve", "free"),
    ]
    assert database.probe(step, run.world) == step.before


def test_a_table_without_a_key_that_loses_a_column_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    run.sql("CREATE TABLE loose (a text, b text)", "INSERT INTO loose VALUES ('x', 'y')",
            "CREATE TABLE schema_migrations (version text PRIMARY KEY)")  # fmt: skip
    step = run.step(("ALTER TABLE loose DROP COLUMN b",), ("ALTER TABLE loose ADD COLUMN b text",))
    with pytest.raises(CheckpointError, match="no primary key"):
        database.prepare(step, run.world)


def test_a_checkpoint_that_is_damaged_is_noticed_before_anything_is_taken_back(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, "sqlite")
    step = shop(run)
    prepared = carried(run, step)
    after = database.probe(step, run.world)
    oid = next(
        one
        for name, one in prepared.kept.items()
        if name.startswith("rows of") and "invoices" in name
    )
    path = run.world.home / "store" / oid[:2] / oid[2:]
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)
    with pytest.raises(CheckpointError, match="damaged"):
        database.compensate(step, prepared, run.world)
    assert database.probe(step, run.world) == after


def test_numbers_that_were_given_are_not_given_again(tmp_path: Path) -> None:
    run = Run(tmp_path, "postgresql")
    up = (
        "CREATE TYPE mood AS ENUM ('a', 'b')",
        "CREATE TABLE one (id serial PRIMARY KEY, m mood NOT NULL)",
        "CREATE TABLE two (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, one_id integer)",
        "ALTER TABLE two ADD FOREIGN KEY (one_id) REFERENCES one",
        "CREATE VIEW three AS SELECT id FROM two",
    )
    run.sql(*up, "INSERT INTO one (m) VALUES ('a'), ('b'), ('b')", "DELETE FROM one WHERE id = 3",
            "INSERT INTO two (one_id) VALUES (1), (2)", "CREATE TABLE keep (id serial)",
            "CREATE TABLE schema_migrations (version text PRIMARY KEY)",
            "INSERT INTO schema_migrations VALUES ('2')")  # fmt: skip
    down = ("DROP VIEW three", "DROP TABLE two", "DROP TABLE one", "DROP TYPE mood", FORGET)
    step = run.step(down, up)
    prepared = carried(run, step)
    database.compensate(step, prepared, run.world)
    assert run.sql("INSERT INTO one (m) VALUES ('a') RETURNING id") == [(4,)]
    assert run.sql("INSERT INTO two (one_id) VALUES (1) RETURNING id") == [(3,)]


def test_a_type_that_a_way_down_forgets_is_seen(tmp_path: Path) -> None:
    """What Alembic's ``drop_table`` leaves of an enumeration: the way up fails the next time."""
    run = Run(tmp_path, "postgresql")
    up = ("CREATE TYPE mood AS ENUM ('a')", "CREATE TABLE one (id integer PRIMARY KEY, m mood)")
    run.sql(*up)
    with pytest.raises(CheckpointError, match="mood"):
        database.prepare(run.step(("DROP TABLE one",), up), run.world)
