"""Migrations: what they do, whether their way back is one, and what no way back brings back."""

from __future__ import annotations

import pytest

from blastradius.model.analysis import Effect
from tests.changedtree import found

ALEMBIC = '''\
"""add plan"""
from alembic import op
import sqlalchemy as sa

revision = "b2f1"
down_revision = "a1c0"


def upgrade():
    op.add_column("users", sa.Column("plan", sa.String()))
    op.create_index("ix_plan", "users", ["plan"])


def downgrade():
    op.drop_index("ix_plan")
    op.drop_column("users", "plan")
'''
DOWN = ALEMBIC.index("def downgrade")


def alembic(upgrade: str, downgrade: str, follows: str = '"a1c0"') -> str:
    return (
        f'revision = "b2f1"\ndown_revision = {follows}\n\ndef upgrade():\n    {upgrade}\n\n'
        f"def downgrade():\n    {downgrade}\n"
    )


def only(effects: dict[tuple[str, str], Effect]) -> Effect:
    (effect,) = effects.values()
    return effect


def test_an_added_column_goes_down_to_the_revision_before() -> None:
    effect = only(found({}, {"db/versions/b2f1_plan.py": ALEMBIC}))
    assert (effect.domain, effect.tool, effect.target) == ("database", "alembic", "revision b2f1")
    assert effect.action == "migrates: add column users.plan, create index ix_plan"
    assert effect.inverse.argv == ("alembic", "downgrade", "a1c0")
    assert effect.reversibility == "compensatable"
    assert [one.line for one in effect.evidence] == [10, 11]


@pytest.mark.parametrize(
    ("upgrade", "downgrade", "flaw"),
    [
        ('op.add_column("t", sa.Column("c"))', "pass", "does nothing"),
        ('op.add_column("t", sa.Column("c"))', "raise NotImplementedError", "raises"),
        (
            'op.create_table("t"); op.add_column("u", sa.Column("c"))',
            'op.drop_column("u", "c")',
            "create_table",
        ),
    ],
)
def test_a_downgrade_that_is_no_inverse_is_no_command(
    upgrade: str, downgrade: str, flaw: str
) -> None:
    effect = only(found({}, {"v/x.py": alembic(upgrade, downgrade)}))
    assert effect.inverse.argv is None
    assert flaw in effect.inverse.summary
    assert effect.reversibility == "compensatable"


def test_a_missing_downgrade_is_said() -> None:
    text = ALEMBIC[:DOWN]
    assert "no downgrade" in only(found({}, {"v/x.py": text})).inverse.summary


@pytest.mark.parametrize(
    "upgrade",
    [
        'op.drop_column("users", "plan")',
        'op.drop_table("users")',
        'op.execute("DELETE FROM users")',
        'op.execute("""UPDATE users SET plan = NULL""")',
        'op.get_bind(); op.execute(sa.text("DROP TABLE users"))',
    ],
)
def test_rows_that_went_do_not_come_back_with_a_downgrade(upgrade: str) -> None:
    effect = only(found({}, {"v/x.py": alembic(upgrade, 'op.execute("SELECT 1")')}))
    assert effect.reversibility == "irreversible"
    assert "backup" in effect.inverse.summary


def test_batch_operations_name_their_table() -> None:
    text = alembic(
        'with op.batch_alter_table("users") as batch:\n        batch.add_column(sa.Column("plan"))',
        'with op.batch_alter_table("users") as batch:\n        batch.drop_column("plan")',
    )
    assert only(found({}, {"v/x.py": text})).action == "migrates: add column users.plan"


@pytest.mark.parametrize(
    ("follows", "argv"),
    [
        ("None", ("alembic", "downgrade", "base")),
        ('("a", "b")', None),
    ],
)
def test_the_first_revision_and_a_merge(follows: str, argv: tuple[str, ...] | None) -> None:
    text = alembic('op.create_index("i", "t", [])', 'op.drop_index("i")', follows)
    effect = only(found({}, {"v/x.py": text}))
    assert (effect.inverse.argv, effect.reversibility) == (argv, "reversible")


def test_a_migration_that_was_edited_or_taken_away_is_not_run_again() -> None:
    path = "v/x.py"
    edited = only(found({path: ALEMBIC}, {path: ALEMBIC.replace("String", "Text")}))
    assert edited.action.startswith("migration edited")
    assert edited.evidence[0].line == 10
    gone = only(found({path: ALEMBIC}, {}))
    assert gone.action.startswith("migration taken away")
    renamed = only(found({path: ALEMBIC}, {"v/y.py": ALEMBIC}, renames={"v/y.py": path}))
    assert renamed.action.startswith("migration renamed")
    assert {one.inverse.argv for one in (edited, gone, renamed)} == {None}


def test_python_that_is_no_migration_or_does_not_parse_is_none() -> None:
    assert not found({}, {"v/x.py": "revision = 1\n"}, "database")
    assert not found({}, {"v/x.py": "down_revision = revision = (\n"}, "database")
    assert not found({}, {"v/x.py": "down_revision = " + "(" * 3_000}, "database")


DJANGO = """\
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_more"), ("auth", "0001_initial")]
    operations = [
        migrations.AddField(model_name="order", name="plan", field=models.TextField()),
        OPERATION
    ]
"""


@pytest.mark.parametrize(
    ("operation", "reversibility", "argv", "says"),
    [
        ("", "compensatable", True, "add field order.plan"),
        ('migrations.RemoveField("order", "x"),', "irreversible", True, "remove field"),
        ("migrations.RunPython(forward),", "irreversible", False, "run python"),
        ("migrations.RunPython(forward, backward),", "compensatable", True, "run python"),
        ("migrations.RunPython(f, reverse_code=b),", "compensatable", True, "run python"),
        ('migrations.RunSQL("X"),', "irreversible", False, "run sql"),
    ],
)
def test_django_migrates_back_unless_an_operation_has_no_reverse(
    operation: str,
    reversibility: str,
    argv: bool,  # noqa: FBT001 - a table's column
    says: str,
) -> None:
    path = "src/shop/migrations/0003_plan.py"
    effect = only(found({}, {path: DJANGO.replace("OPERATION", operation)}))
    assert (effect.tool, effect.target, effect.reversibility) == (
        "django",
        "shop.0003_plan",
        reversibility,
    )
    expected = ("python", "manage.py", "migrate", "shop", "0002_more") if argv else None
    assert effect.inverse.argv == expected
    assert says in effect.action


def test_djangos_first_migration_goes_back_to_zero() -> None:
    text = DJANGO.replace('[("shop", "0002_more"), ("auth", "0001_initial")]', "[]")
    effect = only(found({}, {"shop/migrations/0001_initial.py": text.replace("OPERATION", "")}))
    assert effect.inverse.argv == ("python", "manage.py", "migrate", "shop", "zero")


SQL = "ALTER TABLE users ADD COLUMN plan text;\n"


@pytest.mark.parametrize(
    ("files", "tool", "target", "argv", "says"),
    [
        ({"prisma/migrations/20260101120000_plan/migration.sql": SQL}, "prisma",
         "20260101120000_plan", None, "migrate diff"),
        ({"drizzle/0001_x.sql": SQL, "drizzle/meta/_journal.json": "{}"}, "drizzle",
         "0001_x", None, "no way down"),
        ({"sql/V2__plan.sql": SQL}, "flyway", "V2__plan", None, "no undo script"),
        ({"sql/V2__plan.sql": SQL, "sql/U2__plan.sql": "x"}, "flyway", "V2__plan",
         ("flyway", "undo", "-target=2"), "paid editions"),
        ({"m/3_plan.up.sql": SQL, "m/3_plan.down.sql": "ALTER TABLE users DROP plan;"},
         "golang-migrate", "3_plan", None, "3_plan.down.sql"),
        ({"m/3_plan.up.sql": SQL}, "golang-migrate", "3_plan", None, "no 3_plan.down.sql"),
        ({"db/1_plan.sql": f"-- migrate:up\n{SQL}-- migrate:down\nALTER TABLE users DROP plan;\n"},
         "dbmate", "1_plan", ("dbmate", "rollback"), "one step down"),
        ({"db/1_plan.sql": f"-- migrate:up\n{SQL}-- migrate:down\n"}, "dbmate", "1_plan", None, "empty"),
        ({"db/1_plan.sql": f"-- +goose Up\n{SQL}-- +goose Down\nSELECT 1;\n"}, "goose", "1_plan",
         ("goose", "down"), "one step down"),
        ({"deploy/plan.sql": SQL, "revert/plan.sql": "x", "sqitch.plan": "plan"}, "sqitch", "plan",
         ("sqitch", "revert", "--to", "plan^"), "before plan"),
        ({"db/c.sql": f"--liquibase formatted sql\n--changeset a:1\n{SQL}"}, "liquibase", "c.sql",
         None, "name no rollback"),
    ],
)  # fmt: skip
def test_sql_migrations_are_told_by_their_tools_layout(
    files: dict[str, str], tool: str, target: str, argv: tuple[str, ...] | None, says: str
) -> None:
    effect = found({}, files, "database")[tool, target]
    assert effect.action == "migrates: add column to users"
    assert effect.inverse.argv == argv
    assert says in effect.inverse.summary
    assert effect.reversibility == "compensatable"


def test_wrong_advice_about_prisma_is_not_given() -> None:
    effect = only(found({}, {"prisma/migrations/20260101120000_x/migration.sql": SQL}))
    assert "works on failed migrations only" in effect.inverse.summary


@pytest.mark.parametrize(
    ("statement", "reversibility", "says"),
    [
        ("DROP TABLE a;", "irreversible", "drop table a"),
        ("ALTER TABLE a DROP COLUMN b;", "irreversible", "drop column of a"),
        ("ALTER TABLE a DROP CONSTRAINT b;", None, ""),
        ("ALTER TABLE a ALTER COLUMN b TYPE int;", "compensatable", "alter column of a"),
        ("ALTER TABLE a ALTER COLUMN b DROP DEFAULT;", "compensatable", "alter column of a"),
        ("TRUNCATE a;", "irreversible", "truncate a"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON a (b);", "reversible", "create index i"),
        ("UPDATE a SET b = 1;", "irreversible", "update rows of a"),
        (
            "-- DROP TABLE a;\nCREATE TABLE b (c text DEFAULT 'DROP TABLE x;');",
            "compensatable",
            "create table b",
        ),
        ("CREATE TABLE b (x int); /* DROP TABLE a; */", "compensatable", "create table b"),
        ("SELECT 1;", None, ""),
    ],
)
def test_plain_ddl_is_an_effect_if_it_was_run(
    statement: str, reversibility: str | None, says: str
) -> None:
    effects = found({}, {"sql/by_hand.sql": statement}, "database")
    if reversibility is None:
        assert not effects
        return
    effect = only(effects)
    assert (effect.tool, effect.certainty, effect.reversibility) == (
        "sql",
        "possible",
        reversibility,
    )
    assert effect.action == f"if it was run: {says}"


def test_only_the_statements_that_came_count() -> None:
    old = "CREATE TABLE a (x int);\n"
    effect = only(found({"s.sql": old}, {"s.sql": old + "CREATE INDEX i ON a (x);\n"}, "database"))
    assert effect.action == "if it was run: create index i"
    assert [one.line for one in effect.evidence] == [2]


KNEX = "exports.up = (knex) => knex.schema.addColumn('users', 'plan');\n"


@pytest.mark.parametrize(
    ("path", "text", "tool", "argv"),
    [
        ("db/migrate/20260101120000_add_plan.rb",
         "class A < ActiveRecord::Migration[7.0]\n  def change\n    add_column :users, :plan\n  end\nend\n",
         "rails", ("bin/rails", "db:migrate:down", "VERSION=20260101120000")),
        ("migrations/1_plan.js",
         f"{KNEX}exports.down = (knex) => knex.schema.dropColumn('users', 'plan');\n",
         "knex", ("npx", "knex", "migrate:down", "1_plan.js")),
        ("migrations/1_plan.js",
         f"{KNEX}exports.down = () => {{}};\n",
         "knex", None),
    ],
)  # fmt: skip
def test_migrations_in_other_languages(
    path: str, text: str, tool: str, argv: tuple[str, ...] | None
) -> None:
    effect = only(found({}, {path: text}, "database"))
    assert (effect.tool, effect.inverse.argv) == (tool, argv)
    assert "users.plan" in effect.action


def test_tests_and_fixtures_are_nobodys_database() -> None:
    assert not found({}, {"tests/fixtures/V1__x.sql": SQL, "tests/versions/x.py": ALEMBIC})
