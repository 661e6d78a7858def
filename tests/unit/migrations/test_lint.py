"""Does a downgrade invert its upgrade: each way in which it may not."""

from __future__ import annotations

import pytest

from tests.unit.migrations.folders import histories, lint_of, revision

_TABLE = (
    'op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), '
    'sa.Column("name", sa.String(40), nullable=True), sa.Column("plan", sa.Text(), server_default="x"))\n'
    'op.create_index("ix_name", "users", ["name"])\n'
    'op.create_unique_constraint("uq_plan", "users", ["plan"])'
)
_ADD = 'op.add_column("users", sa.Column("age", sa.Integer()))'

TRUE = {
    "add, drop": (_ADD, 'op.drop_column("users", "age")'),
    "nothing": ("pass", "pass"),
    "a table with all of it": (
        'op.create_table("a", sa.Column("id", sa.Integer()))\nop.create_index("i", "a", ["id"])',
        'op.drop_table("a")',
    ),
    "an alteration and back": (
        'op.alter_column("users", "name", nullable=False)',
        'op.alter_column("users", "name", nullable=True)',
    ),
    "a rename": ('op.rename_table("users", "people")', 'op.rename_table("people", "users")'),
    "a column renamed": (
        'op.alter_column("users", "name", new_column_name="n")',
        'op.alter_column("users", "n", new_column_name="name")',
    ),
    "SQL both ways": (
        'op.execute("ALTER TABLE users ADD COLUMN age integer")',
        'op.execute("ALTER TABLE users DROP COLUMN age")',
    ),
    "SQL one way": (_ADD, 'op.execute("ALTER TABLE users DROP COLUMN age")'),
    "in batches": (
        'with op.batch_alter_table("users") as batch:\n    batch.add_column(sa.Column("age", sa.Integer()))',
        'with op.batch_alter_table("users") as batch:\n    batch.drop_column("age")',
    ),
    "in a loop": (
        'for name in ("a", "b"):\n    op.add_column("users", sa.Column(name, sa.Text()))',
        'for name in ["a", "b"]:\n    op.drop_column("users", name)',
    ),
    "a type of its own": (
        'postgresql.ENUM("a", "b", name="mood").create(op.get_bind())',
        'op.execute("DROP TYPE mood")',
    ),
    "a guard": (
        f'if not sa.inspect(op.get_bind()).has_table("users"):\n    return\n{_ADD}',
        'if sa.inspect(op.get_bind()).has_table("users"):\n    op.drop_column("users", "age")',
    ),
    "another dialect": (
        f'{_ADD}\nif op.get_bind().dialect.name == "mysql":\n    op.drop_table("users")',
        'op.drop_column("users", "age")',
    ),
    "a temporary table": (
        f'{_ADD}\nop.execute("CREATE TEMP TABLE t AS SELECT 1")',
        'op.drop_column("users", "age")',
    ),
}

FALSE = {
    "missing": (_ADD, None),
    "empty": (_ADD, "pass"),
    "raising": (_ADD, "raise NotImplementedError()"),
    "raising, of a way up that does nothing": ("pass", 'raise RuntimeError("no way back")'),
    "a docstring only": (_ADD, '"""Nothing to do."""'),
    "print": (_ADD, 'print("nothing to do")'),
    "another column": (_ADD, 'op.drop_column("users", "name")'),
    "one of two": (
        f'{_ADD}\nop.create_index("i", "users", ["age"])\nop.drop_index("ix_name")',
        'op.drop_column("users", "age")',
    ),
    "an index goes with its column": (
        'op.drop_column("users", "name")',
        'op.add_column("users", sa.Column("name", sa.String(40)))',
    ),
    "type": (
        'op.drop_column("users", "plan")',
        'op.add_column("users", sa.Column("plan", sa.String(9)))',
    ),
    "nullable": (
        'op.alter_column("users", "name", type_=sa.Text(), nullable=False)',
        'op.alter_column("users", "name", type_=sa.String(40))',
    ),
    "default": (
        'op.alter_column("users", "plan", server_default=None)',
        'op.alter_column("users", "plan", server_default="y")',
    ),
    "a constraint with another name": (
        'op.drop_constraint("uq_plan", "users", type_="unique")',
        'op.create_unique_constraint("unique_plan", "users", ["plan"])',
    ),
    "without a name": (
        'op.create_foreign_key(None, "users", "users", ["age"], ["id"])',
        'op.drop_constraint(None, "users", type_="foreignkey")',
    ),
    "without a table": (
        'op.create_check_constraint("ck", "users", "id > 0")',
        'op.drop_constraint("ck")',
    ),
    "a type stays": (
        'op.create_table("a", sa.Column("m", sa.Enum("x", "y", name="mood")))',
        'op.drop_table("a")',
    ),
    "a value stays": ("op.execute(\"ALTER TYPE mood ADD VALUE 'z'\")", "pass"),
    "in the wrong order": (
        (
            'op.create_table("a", sa.Column("id", sa.Integer(), primary_key=True))\n'
            'op.create_table("b", sa.Column("a", sa.Integer(), sa.ForeignKey("a.id")))'
        ),
        'op.drop_table("a")\nop.drop_table("b")',
    ),
    "concurrently in a transaction": (
        (
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("i", "users", ["id"], postgresql_concurrently=True)'
        ),
        'op.drop_index("i", postgresql_concurrently=True)',
    ),
    "a function stays": (
        'op.execute("CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql")\n' + _ADD,
        'op.drop_column("users", "age")',
    ),
}

LOSSY = {
    "a column": (
        'op.drop_column("users", "plan")',
        (
            'op.add_column("users", sa.Column("plan", sa.Text(), server_default="x"))\n'
            'op.create_unique_constraint("uq_plan", "users", ["plan"])'
        ),
    ),
    "rows": ("op.execute(\"UPDATE users SET name = 'x'\")", "pass"),
    "rows by a session": (
        "session = sa.orm.Session(bind=op.get_bind())\nsession.query(object).delete()",
        "pass",
    ),
}

LOSSY["rows by a session of a factory"] = (
    (
        "factory = sa.orm.sessionmaker()\nsession = factory(bind=op.get_bind())\n"
        "for one in session.query(object):\n    one.x = 1\nsession.query(object).update({})"
    ),
    "pass",
)
LOSSY["rows in a batch"] = (
    'with op.batch_alter_table("users") as batch:\n    batch.execute("DELETE FROM users")',
    "pass",
)

UNKNOWN = {
    "SQL that is put together": (_ADD, "op.execute(open('down.sql').read())"),
    "a foreign helper": (_ADD, "from vendor import undo\nundo(op.get_bind())"),
    "a loop over what the database has": (
        _ADD,
        (
            'for one in sa.inspect(op.get_bind()).get_columns("users"):\n'
            '    op.drop_column("users", one["name"])'
        ),
    ),
}


@pytest.mark.parametrize("ways", TRUE.values(), ids=TRUE)
def test_true(ways: tuple[str, str]) -> None:
    lint = lint_of(*ways, before=_TABLE)
    assert (lint.verdict, lint.why) == ("inverse", "")


@pytest.mark.parametrize(("said", "ways"), FALSE.items(), ids=FALSE)
def test_false(said: str, ways: tuple[str, str | None]) -> None:
    lint = lint_of(*ways, before=_TABLE)
    expected = {
        "missing": "missing",
        "empty": "empty",
        "raising": "raising",
        "raising, of a way up that does nothing": "raising",
        "a docstring only": "empty",
        "print": "empty",
        "without a name": "raising",
        "without a table": "raising",
        "in the wrong order": "raising",
        "concurrently in a transaction": "raising",
        "a value stays": "empty",
    }
    assert lint.verdict == expected.get(said, "partial"), lint
    assert lint.why


@pytest.mark.parametrize("ways", LOSSY.values(), ids=LOSSY)
def test_lossy(ways: tuple[str, str]) -> None:
    assert lint_of(*ways, before=_TABLE).verdict == "lossy"


@pytest.mark.parametrize("ways", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(ways: tuple[str, str]) -> None:
    lint = lint_of(*ways, before=_TABLE)
    assert lint.verdict == "unknown"
    assert lint.why


def test_what_differs_is_named() -> None:
    lint = lint_of(
        'op.drop_column("users", "name")',
        'op.add_column("users", sa.Column("name", sa.Text()))',
        before=_TABLE,
    )
    assert lint.lacks == (
        "type of column name is text, was varchar(40)",
        "index ix_name does not come back",
    )
    assert lint.line == 14


def test_helpers_of_the_tree_are_followed() -> None:
    helper = (
        "from alembic import op\nimport sqlalchemy as sa\n\n"
        "def add(table, *names):\n    for name in names:\n"
        "        op.add_column(table, sa.Column(name, sa.Text()))\n\n"
        "def drop(table, *names):\n    for name in reversed_names(names):\n"
        "        op.drop_column(table, name)\n\n"
        "def reversed_names(names):\n    return list(names)\n"
    )
    top = "from app.shared.helpers import add, drop\n"
    files = {
        "app/shared/helpers.py": helper,
        "versions/a_first.py": revision("a", None, _TABLE, "pass"),
        "versions/b.py": revision(
            "b", "a", 'add("users", "x", "y")', 'drop("users", "x", "y")', top
        ),
        "versions/c.py": revision("c", "b", 'add("users", "z", "w")', 'drop("users", "z")', top),
    }
    (history,) = histories(files)
    second, third = history.migrations[1:]
    assert [one.target for one in second.operations] == ["users.x", "users.y"]
    assert second.lint.verdict == "inverse"
    assert (third.lint.verdict, third.lint.lacks) == ("partial", ("column users.w stays",))


@pytest.mark.parametrize(
    "text",
    [
        "def upgrade():\n"
        + "".join(f"{' ' * (n + 1)}if x:\n" for n in range(90))
        + " " * 91
        + "pass\n",
        "X = " + "+".join(["'a'"] * 3000) + "\n\ndef upgrade():\n    op.execute(X)\n",
        "def upgrade():\n    upgrade()\n",
        "def upgrade():\n    while True:\n        op.execute('x')\n",
        "def a():\n    b()\n    b()\n\ndef b():\n    a()\n    a()\n\ndef upgrade():\n    a()\n",
        (
            "def upgrade():\n    for a in range(1999):\n        for b in range(1999):\n"
            "            op.drop_table(str(a))\n"
        ),
        "def upgrade():\n    x = []\n    x.append(x)\n    op.execute(x)\n    op.drop_table(x == x)\n",
        (
            "import sqlalchemy as sa\n\ndef upgrade():\n    t, q = sa.Text(), sa.text('x')\n"
            "    for n in range(1999):\n        t, q = t.with_variant(t, 'a'), q.bindparams()\n"
            "    op.add_column('a', sa.Column('b', t))\n    op.execute(q)\n"
        ),
        (
            "def upgrade():\n    x = 'a'\n    for n in range(60):\n"
            "        x = x + x\n        x = x.replace('a', x)\n"
        ),
        "X = X\nY = [Y]\n\ndef upgrade():\n    op.execute(X)\n    op.drop_table(Y)\n",
        "def upgrade():\n    op.execute('(' * 100000)\n    op.execute(\"CREATE TABLE t (\" + '(' * 5000)\n",
        "def upgrade():\n    x = 'a' * 9**9**9\n    x = 10**9**9\n",
        "def upgrade(:\n",
        "\x00",
    ],
)
def test_hostile_revisions_are_data(text: str) -> None:
    head = 'from alembic import op\nrevision = "a"\ndown_revision = None\n'
    for history in histories({"versions/a.py": head + text}):
        assert history.migrations
