"""Tables and columns from outside SQL: ORM classes, migrations, schema files, test data."""

from __future__ import annotations

from tests.linkedtree import Texts, edges_of, pairs, snapshot_of

CLASS = """\
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mail = Column("email", String)
    org_id = Column(ForeignKey("orgs.id"))


class Org(Base):
    __tablename__ = "orgs"
    id = Column(Integer)
"""
MIGRATION = """\
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer()),
        sa.Column("email", sa.String()),
    )
    op.add_column("users", sa.Column("org_id", sa.Integer()))


def downgrade():
    op.drop_table("users")
    op.add_column("users", sa.Column("old", sa.Integer()))
"""


def schema(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edges_of(texts, "schema"))


def test_a_class_maps_the_table_that_a_migration_makes() -> None:
    found = schema({"models.py": CLASS.partition("\n\n\n")[0] + "\n", "m/1.py": MIGRATION})
    up, user = "python:m/1.py#upgrade", "python:models.py#User"
    assert found == {
        (user, "sql:users", "certain"),
        (f"{user}.id", "sql:users.id", "certain"),
        (f"{user}.mail", "sql:users.email", "certain"),
        ("sql:users", up, "certain"),
        ("sql:users.id", up, "certain"),
        ("sql:users.email", up, "certain"),
        ("sql:users.org_id", up, "certain"),
        (f"{user}.org_id", "sql:users.org_id", "certain"),
    }


def test_a_class_makes_its_table_where_nothing_else_does() -> None:
    found = schema({"models.py": CLASS})
    assert ("sql:users.email", "python:models.py#User.mail", "certain") in found
    assert ("python:models.py#User.org_id", "sql:orgs.id", "certain") in found


def test_a_class_maps_the_table_of_sql_and_queries_reach_it() -> None:
    found = schema(
        {"models.py": CLASS, "db/users.sql": "CREATE TABLE users (id INT, email TEXT);\n"}
    )
    assert ("python:models.py#User", "sql:users", "certain") in found
    assert not [one for one in found if one[0].startswith("sql:users")]


def test_django_names_tables_by_app_and_model() -> None:
    texts = {
        "shop/models.py": "class Book(models.Model):\n    title = models.CharField(max_length=3)\n",
        "shop/migrations/0001.py": (
            "class Migration:\n    operations = [\n        migrations.CreateModel(\n"
            '            name="Book",\n            fields=[("title", models.CharField())],\n'
            "        ),\n    ]\n"
        ),
    }
    found = schema(texts)
    assert ("python:shop/models.py#Book.title", "sql:shop_book.title", "likely") in found
    made = "python:shop/migrations/0001.py#Migration.operations"
    assert ("sql:shop_book.title", made, "likely") in found
    assert ("sql:shop_book", made, "likely") in found


QUERY = "CREATE TABLE w.nights AS SELECT night_id, hrv_score, deep_min FROM raw.nights;\n"


def test_a_schema_file_beside_a_query_lists_its_columns() -> None:
    listed = "fields:\n" + "".join(f"  - name: {one}\n" for one in ("night_id", "hrv_score"))
    texts = {"w/nights/query.sql": QUERY, "w/nights/schema.yaml": listed}
    assert schema(texts) == {
        (
            f"yaml:w/nights/schema.yaml#fields[{place}]",
            f"sql:w.nights.{name}",
            "certain",
        )
        for place, name in enumerate(("night_id", "hrv_score"))
    }


def test_a_listed_column_that_the_query_lacks_is_drift() -> None:
    listed = "columns:\n  - name: night_id\n  - name: hrv_score\n  - name: gone\n"
    texts = {"w/nights.sql": QUERY, "w/nights.yaml": listed}
    assert {one.name for one in snapshot_of(texts).linked.dangling} == {"gone"}
    assert {tier for _, _, tier in schema(texts)} == {"likely"}


def test_a_list_of_other_names_or_in_another_folder_is_not_the_query_s() -> None:
    other = "columns:\n  - name: alpha\n  - name: beta\n  - name: hrv_score\n"
    assert schema({"w/nights.sql": QUERY, "w/nights.yaml": other}) == set()
    listed = "columns:\n  - name: night_id\n  - name: hrv_score\n"
    assert schema({"w/nights.sql": QUERY, "v/nights.yaml": listed}) == set()


def test_test_data_is_called_after_its_table() -> None:
    texts = {
        "sql/p/w/nights/query.sql": "SELECT 1 AS night_id\n",
        "tests/sql/p/w/nights/test_one/p.w.nights.yaml": "- night_id: 1\n",
        "tests/sql/p/w/nights/test_one/expect.yaml": "- night_id: 1\n",
        "tests/sql/p/w/nights/test_one/nights.yaml": "- night_id: 1\n",
        "data/w.nights.yaml": "- night_id: 1\n",
    }
    here = "yaml:tests/sql/p/w/nights/test_one"
    assert schema(texts) == {
        (f"{here}/p.w.nights.yaml", "sql:w.nights", "certain"),
        (f"{here}/expect.yaml", "sql:w.nights", "likely"),
    }


def test_a_migration_s_own_queries_make_no_columns() -> None:
    looking = MIGRATION.replace(
        "\n\ndef downgrade",
        '    rows = sa.sql.table("users", sa.Column("seen"))\n\n\ndef downgrade',
        1,
    )
    assert "sql:users.seen" not in {one[0] for one in schema({"m/1.py": looking})}


def test_a_config_that_says_where_rows_go_writes_the_table() -> None:
    texts = {
        "load.yaml": "destination_table: raw.nights\nsource_table: raw.days\n",
        "t.sql": "CREATE TABLE raw.nights (a INT);\nCREATE TABLE raw.days (a INT);\n",
    }
    assert pairs(edges_of(texts, "write")) == {
        ("sql:raw.nights", "yaml:load.yaml#destination_table", "certain")
    }
    assert {one for _, one, _ in pairs(edges_of(texts, "read"))} == {"sql:raw.days"}
