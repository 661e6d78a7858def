"""Tools whose migrations are SQL: what is one migration, its order, its way down, the next file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blastradius.migrations import History, inverse
from tests.unit.migrations.folders import histories, tree

_ONE = 'CREATE TABLE "users" ("id" serial PRIMARY KEY, "order" text NOT NULL DEFAULT \'x\');\n'
_TWO = 'ALTER TABLE "users" ADD COLUMN "plan" varchar(20);\nCREATE INDEX ix_plan ON users (plan);\n'
_UNDO = "DROP INDEX ix_plan;\nALTER TABLE users DROP COLUMN plan;\n"
_FUNCTION = "CREATE FUNCTION f() RETURNS trigger AS $$ begin; end; $$ LANGUAGE plpgsql;"
_JOURNAL = {
    "version": "7",
    "dialect": "postgresql",
    "entries": [
        {"idx": 0, "version": "7", "when": 100, "tag": "0000_one", "breakpoints": True},
        {"idx": 1, "version": "7", "when": 200, "tag": "0001_two", "breakpoints": True},
    ],
}
_PLAN = (
    "%syntax-version=1.0.0\n%project=shop\n\n"
    "one 2024-01-02T03:04:05Z Ann <ann@x.org> # first\n"
    "two [one] 2024-01-02T03:04:06Z Ann <ann@x.org> # second\n"
)
TREES: dict[str, dict[str, str]] = {
    "golang-migrate": {
        "db/000001_one.up.sql": _ONE,
        "db/000001_one.down.sql": "DROP TABLE users;",
        "db/000002_two.up.sql": _TWO,
        "db/000002_two.down.sql": _UNDO,
    },
    "sqlx": {
        "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
        "migrations/20240101000001_one.sql": _ONE,
        "migrations/20240101000002_two.sql": _TWO,
    },
    "dbmate": {
        "db/20240101000001_one.sql": f"-- migrate:up\n{_ONE}\n-- migrate:down\nDROP TABLE users;\n",
        "db/20240101000002_two.sql": f"-- migrate:up\n{_TWO}\n-- migrate:down\n{_UNDO}",
    },
    "goose": {
        "db/00001_one.sql": f"-- +goose Up\n{_ONE}\n-- +goose Down\nDROP TABLE users;\n",
        "db/00002_two.sql": f"-- +goose Up\n{_TWO}\n-- +goose Down\n{_UNDO}",
    },
    "flyway": {"sql/V1_0__one.sql": _ONE, "sql/V1_1__two.sql": _TWO, "sql/U1_1__two.sql": _UNDO},
    "prisma": {
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/20240101000001_one/migration.sql": _ONE,
        "prisma/migrations/20240101000002_two/migration.sql": _TWO,
    },
    "drizzle": {
        "drizzle/meta/_journal.json": json.dumps(_JOURNAL),
        "drizzle/0000_one.sql": _ONE,
        "drizzle/0001_two.sql": _TWO.replace(";\n", ";--> statement-breakpoint\n"),
        "drizzle/meta/0000_snapshot.json": json.dumps(
            {"id": "a", "prevId": "0", "tables": {"users": {}}}
        ),
        "drizzle/meta/0001_snapshot.json": json.dumps(
            {"id": "b", "prevId": "a", "tables": {"users": {"p": 1}}}
        ),
    },
    "sqitch": {
        "sqitch.plan": _PLAN,
        "deploy/one.sql": f"BEGIN;\n{_ONE}COMMIT;\n",
        "revert/one.sql": "BEGIN;\nDROP TABLE users;\nCOMMIT;\n",
        "deploy/two.sql": f"BEGIN;\n{_TWO}COMMIT;\n",
        "revert/two.sql": f"BEGIN;\n{_UNDO}COMMIT;\n",
        "verify/two.sql": "SELECT plan FROM users;\n",
    },
}
IDS = {
    "golang-migrate": ("1", "2"),
    "sqlx": ("20240101000001", "20240101000002"),
    "dbmate": ("20240101000001", "20240101000002"),
    "goose": ("1", "2"),
    "flyway": ("1.0", "1.1"),
    "prisma": ("20240101000001_one", "20240101000002_two"),
    "drizzle": ("0000_one", "0001_two"),
    "sqitch": ("one", "two"),
}
NEXT = {
    "golang-migrate": ("db/000003_undo_two.up.sql", "3"),
    "sqlx": ("migrations/20240101000003_undo_two.sql", "20240101000003"),
    "dbmate": ("db/20240101000003_undo_two.sql", "20240101000003"),
    "goose": ("db/00003_undo_two.sql", "3"),
    "flyway": ("sql/V1_2__undo_two.sql", "1.2"),
    "prisma": (
        "prisma/migrations/20240101000003_undo_two/migration.sql",
        "20240101000003_undo_two",
    ),
    "drizzle": ("drizzle/0002_undo_two.sql", "0002_undo_two"),
    "sqitch": ("deploy/undo_two.sql", "undo_two"),
}


def history_of(tool: str) -> History:
    """Return the one history of a tool's tree."""
    (found,) = histories(TREES[tool])
    return found


@pytest.mark.parametrize("tool", TREES)
def test_history(tool: str) -> None:
    history = history_of(tool)
    assert history.tool == tool
    assert tuple(one.id for one in history.migrations) == IDS[tool]
    assert [one.parents for one in history.migrations] == [(), (IDS[tool][0],)]
    assert (history.heads, history.problems) == ((IDS[tool][1],), ())
    second = history.migrations[1]
    assert [(one.verb, one.target) for one in second.operations] == [
        ("add_column", "users.plan"),
        ("create_index", "users.ix_plan"),
    ]
    assert second.kind == "additive"
    none = tool in {"sqlx", "prisma", "drizzle"}
    assert second.lint.verdict == ("missing" if none else "inverse")
    assert (second.down_sql is None) is none


@pytest.mark.parametrize("tool", TREES)
def test_inverse(tool: str) -> None:
    history = history_of(tool)
    rendered = inverse(history, [IDS[tool][1]], *tree(TREES[tool]))
    assert rendered.complete, rendered.gaps
    assert (rendered.path, rendered.id) == NEXT[tool]
    plain = [one.replace('"', "") for one in rendered.sql]
    assert plain == ["DROP INDEX ix_plan", "ALTER TABLE users DROP COLUMN plan"]
    assert rendered.reads_as == "release"
    files = {**TREES[tool], rendered.path: rendered.content.decode()}
    files |= {path: content.decode() for path, content in rendered.more.items()}
    (after,) = histories(files)
    assert after.heads == (rendered.id,)
    made = after.migrations[-1]
    assert [one.verb for one in made.operations] == ["drop_index", "drop_column"]
    if made.down_sql is not None:
        assert made.lint.verdict == "lossy"


def test_definitions_come_from_earlier_migrations() -> None:
    files = {
        **TREES["prisma"],
        "prisma/migrations/20240101000003_less/migration.sql": 'ALTER TABLE "users" DROP COLUMN "order";\n',
        "prisma/migrations/20240101000004_none/migration.sql": 'DROP TABLE "users";\n',
    }
    (history,) = histories(files)
    rendered = inverse(history, ["20240101000003_less", "20240101000004_none"], *tree(files))
    assert rendered.complete, rendered.gaps
    assert rendered.sql == (
        'CREATE TABLE "users" (\n    "id" serial PRIMARY KEY,\n    "plan" varchar(20)\n)',
        'CREATE INDEX "ix_plan" ON "users" ("plan")',
        'ALTER TABLE "users" ADD COLUMN "order" text NOT NULL DEFAULT \'x\'',
    )
    assert rendered.reads_as == "provide"


def test_drizzle_writes_its_books() -> None:
    rendered = inverse(history_of("drizzle"), ["0001_two"], *tree(TREES["drizzle"]))
    journal: dict[str, Any] = json.loads(rendered.more["drizzle/meta/_journal.json"])
    assert journal["entries"][:2] == _JOURNAL["entries"]
    assert journal["entries"][2] == {
        "idx": 2, "version": "7", "when": 201, "tag": "0002_undo_two", "breakpoints": True,
    }  # fmt: skip
    snapshot: dict[str, Any] = json.loads(rendered.more["drizzle/meta/0002_snapshot.json"])
    assert snapshot["tables"] == {"users": {}}
    assert snapshot["prevId"] == "b"
    assert snapshot["id"] not in {"a", "b"}
    assert b"--> statement-breakpoint" in rendered.content


def test_sqitch_writes_its_plan() -> None:
    rendered = inverse(history_of("sqitch"), ["two"], *tree(TREES["sqitch"]))
    assert sorted(rendered.more) == ["revert/undo_two.sql", "sqitch.plan", "verify/undo_two.sql"]
    plan = rendered.more["sqitch.plan"].decode()
    assert plan.startswith(_PLAN)
    assert plan.splitlines()[-1].startswith("undo_two 2024-01-02T03:04:07Z Ann <ann@x.org>")
    assert rendered.content.decode().startswith("-- Deploy shop:undo_two to pg\n\nBEGIN;\n")
    assert "ADD COLUMN" in rendered.more["revert/undo_two.sql"].decode()


def test_goose_wraps_statements_with_semicolons_inside() -> None:
    body = "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; RETURN 1; END; $$ LANGUAGE plpgsql;"
    files = {
        "db/00001_f.sql": f"-- +goose Up\n-- +goose StatementBegin\n{body}\n-- +goose StatementEnd\n"
    }
    (history,) = histories(files)
    rendered = inverse(history, ["1"], *tree(files))
    assert rendered.sql == ("DROP FUNCTION f",)
    down = rendered.content.decode().partition("-- +goose Down")[2]
    assert down.strip() == f"-- +goose StatementBegin\n{body}\n-- +goose StatementEnd"


@pytest.mark.parametrize(
    ("up", "down", "verdict"),
    [
        ("CREATE VIEW v AS SELECT 1;", "DROP VIEW v;", "inverse"),
        ("CREATE VIEW v AS SELECT 1;", "DROP VIEW w;", "partial"),
        ("CREATE VIEW v AS SELECT 1;", "-- nothing\n", "empty"),
        ("INSERT INTO a VALUES (1);", "DELETE FROM a;", "lossy"),
        ("CREATE TABLE a (b int);", "DROP TABLE IF EXISTS a CASCADE;", "inverse"),
        ("CREATE TABLE a (b int); CREATE TABLE c (d int);", "DROP TABLE a;", "partial"),
        ("ALTER TABLE a ADD CONSTRAINT k UNIQUE (b);", "ALTER TABLE a DROP CONSTRAINT k;", "inverse"),
        ("ALTER TABLE a RENAME TO b;", "ALTER TABLE b RENAME TO a;", "inverse"),
        ("ALTER TABLE a RENAME COLUMN x TO y;", "ALTER TABLE a RENAME COLUMN y TO x;", "inverse"),
        ("ALTER TABLE a ALTER x SET NOT NULL;", "ALTER TABLE a ALTER x DROP NOT NULL;", "inverse"),
        ("ALTER TABLE a ALTER x SET DEFAULT 1;", "SELECT 1;", "empty"),
        ("DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN null; END $$;",
         "DROP TYPE m;", "inverse"),
        ("DO $$ BEGIN FOR i IN 1..2 LOOP EXECUTE 'x'; END LOOP; END $$;", "DROP TYPE m;", "unknown"),
        (_FUNCTION + "CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();",
         "DROP TRIGGER t ON a; DROP FUNCTION f();", "inverse"),
        ("CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();", "DROP TRIGGER t ON b;", "partial"),
        ("GRANT SELECT ON a TO bob;", "REVOKE SELECT ON a FROM bob;", "inverse"),
        ("FROBNICATE a;", "DROP TABLE b;", "unknown"),
    ],
)  # fmt: skip
def test_raw_sql(up: str, down: str, verdict: str) -> None:
    (history,) = histories({"db/1_a.up.sql": up, "db/1_a.down.sql": down})
    assert history.migrations[0].lint.verdict == verdict, history.migrations[0].lint


def test_mysql() -> None:
    up = (
        "CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT, `b` varchar(9) DEFAULT 'x', "
        "PRIMARY KEY (`id`), KEY `k` (`b`)) ENGINE=InnoDB;"
    )
    files = {
        "db/1_a.up.sql": up,
        "db/1_a.down.sql": "DROP TABLE `a`;",
        "db/2_b.up.sql": "ALTER TABLE `a` MODIFY `b` text NOT NULL, DROP INDEX `k`;",
        "db/2_b.down.sql": "",
    }
    (history,) = histories(files, "mysql")
    rendered = inverse(history, ["2"], *tree(files), dialect="mysql")
    assert rendered.sql == (
        "CREATE INDEX `k` ON `a` (`b`)",
        "ALTER TABLE `a` MODIFY COLUMN `b` varchar(9) DEFAULT 'x'",
    )


def test_numbers_that_two_have_are_a_problem() -> None:
    files = {f"db/1_{name}.up.sql": _ONE for name in ("a", "b")}
    (history,) = histories(files)
    assert history.problems == ("two migrations are called 1",)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 9_000,
        "'" * 9_999,
        "CREATE TABLE a (" * 2_000,
        "$$" * 999,
        ";" * 9_999,
        "\ud800",
    ],
)
def test_hostile_sql_is_data(text: str) -> None:
    content = {"db/1_a.up.sql": text.encode("utf-8", "surrogatepass")}
    listing, _ = tree({"db/1_a.up.sql": ""})
    from blastradius.migrations import read

    (history,) = read(listing, content.get)
    inverse(history, ["1"], listing, content.get)


def test_hostile_books_are_data() -> None:
    for text in ("{", "[" * 99_999, '{"entries": 1}', '{"entries": [{"idx": "a", "tag": 1}, 3]}'):
        assert histories({"d/meta/_journal.json": text, "d/0000_a.sql": _ONE}) == ()
    assert histories({"sqitch.plan": "\n@@@\n[\n%\nx" * 99})[0].problems
