"""Passwords in SQL are in nothing that is kept of a file, and nothing else is taken for one."""

from __future__ import annotations

import msgspec
import pytest

from blastradius.api.lineage import lineage
from blastradius.index.blob import facts_of
from blastradius.index.link import Options, link
from blastradius.languages import sql
from blastradius.languages.sql.veil import veiled
from tests.linkedtree import files_of
from tests.unit.languages.dbt.test_dbt_secrets import Memory

PASSWORD = "hunter2-and-more"  # noqa: S105 - the input of this test
SECRET = [
    f"CREATE USER a WITH PASSWORD '{PASSWORD}'",
    f"CREATE USER a IDENTIFIED BY '{PASSWORD}'",
    f"CREATE USER a IDENTIFIED WITH mysql_native_password BY '{PASSWORD}' REQUIRE SSL",
    f'CREATE USER a IDENTIFIED BY "{PASSWORD}"',
    f"ALTER ROLE a ENCRYPTED PASSWORD '{PASSWORD}'",
    f"CREATE LOGIN a WITH PASSWORD = N'{PASSWORD}'",
    f"SET PASSWORD FOR a = PASSWORD('{PASSWORD}')",
    f"COPY t FROM 's3://b/x' CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key={PASSWORD}'",
    f"COPY INTO t FROM 's3://b' CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = '{PASSWORD}')",
    f"COPY INTO t FROM 'https://host/b.csv?sv=1&sig={PASSWORD}'",
    f"SELECT * FROM dblink('host=a user=b password={PASSWORD} dbname=c', 'SELECT 1') AS t (a int)",
    f"SELECT * FROM OPENROWSET('SQLNCLI', 'Server=a;Uid=b;Pwd={PASSWORD};', 'SELECT 1')",
    f"CREATE SUBSCRIPTION s CONNECTION 'host=a password={PASSWORD}' PUBLICATION p",
    f"CREATE SECRET s (TYPE s3, SECRET '{PASSWORD}')",
    f"CREATE SERVER s OPTIONS (user 'u', password '{PASSWORD}')",
    f"SELECT a AS b FROM t WHERE api_token = '{PASSWORD}'",
    f"{{{{ connect(password='{PASSWORD}') }}}} SELECT 1",
    f"{{{{ connect({{'client_secret': '{PASSWORD}'}}) }}}} SELECT 1",
    f"SELECT '{PASSWORD}",
    f"-- don't\nCREATE USER a WITH PASSWORD '{PASSWORD}'",
]
OPEN = [
    "SELECT a FROM t JOIN u ON t.token = u.token AND t.password = u.password",
    "SELECT token, 'a' AS b, token::text, 'c' FROM t",
    "{{ surrogate_key(['id', 'token', 'amount', 'secret', 'x']) }}",
    'SELECT a FROM t JOIN u ON t.token = "Token"',
    "SELECT '{{ env_var(\"WAREHOUSE_PASSWORD\") }}' AS x",
    "CREATE USER a WITH PASSWORD '{{ var(\"password\") }}'",
    "CREATE USER a WITH PASSWORD '${DB_PASSWORD}'",
    "SELECT 'enter the password', 'or the token' FROM t -- password 'x'",
    "SELECT CASE WHEN is_secret THEN 'yes' END FROM t",
]


@pytest.mark.parametrize("text", SECRET)
def test_a_password_is_in_no_fact(text: str) -> None:
    facts = sql.extract(text.encode())
    assert PASSWORD.encode() not in msgspec.msgpack.encode(facts)
    assert PASSWORD not in str(msgspec.to_builtins(lineage(text)))


def test_a_password_in_sql_inside_another_file_is_in_no_fact() -> None:
    source = f"""Q = "SELECT a FROM t WHERE password = '{PASSWORD}'"
def f(db):
    db.execute("CREATE USER a PASSWORD '{PASSWORD}'")
"""
    facts = facts_of("python", source.encode())
    assert facts.embedded
    assert PASSWORD.encode() not in msgspec.msgpack.encode(facts)


@pytest.mark.parametrize("text", OPEN)
def test_what_is_no_password_stays(text: str) -> None:
    assert veiled(text) == text


def test_lines_stay_and_equal_passwords_stay_equal() -> None:
    one, two, other = (
        veiled(f"SELECT 1;\n\nCREATE USER a\nWITH PASSWORD\n'{word}';\nSELECT 2")
        for word in ("abc-1", "abc-1", "abc-2")
    )
    assert one == two != other
    assert one.count("\n") == 5
    assert one.splitlines()[-1] == "SELECT 2"


def test_a_template_that_writes_a_password_leaves_it_nowhere() -> None:
    tree = {
        "dbt_project.yml": "name: shop\nprofile: shop\n",
        "macros/m.sql": "{% macro grant() %}CREATE USER a PASSWORD '"
        + PASSWORD
        + "'{% endmacro %}",
        "models/a.sql": "{% set p = '" + PASSWORD[:8] + "' %}SELECT 1 AS a; {{ grant() }};\n"
        "CREATE USER b PASSWORD '{{ p }}" + PASSWORD[8:] + "'",
    }
    memory = Memory()
    source = {path: text.encode() for path, text in tree.items()}.get
    options = Options(paths=frozenset(tree), source=source, content=lambda path: path, memo=memory)
    link(files_of(tree), options)
    assert any(kind.startswith("dbt-rendered") for kind, _ in memory.kept)
    for packed in memory.kept.values():
        assert PASSWORD.encode() not in packed
