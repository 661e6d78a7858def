from __future__ import annotations

import pytest

from blastradius.languages import sql
from blastradius.languages.sql.names import relation_of_path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("silver/oura_sleep.sql", "silver.oura_sleep"),
        ("etl/Silver/Oura.SQL", "silver.oura"),
        ("oura.sql", "oura"),
        ("sql/silver.oura_sleep.sql", "silver.oura_sleep"),
        ("sql/proj/silver/oura_sleep/query.sql", "silver.oura_sleep"),
        ("sql/proj/silver/oura_sleep/view.sql", "silver.oura_sleep"),
        ("query.sql", "query"),
        ("dbt/models/staging/oura/stg_oura.sql", "stg_oura"),
        ("snapshots/oura_history.sql", "oura_history"),
        ("dags/sql/load.sql.j2", "sql.load"),
    ],
)
def test_what_a_path_calls_a_relation(path: str, name: str) -> None:
    assert relation_of_path(path) == name


@pytest.mark.parametrize(
    ("path", "claimed"),
    [("a.sql", True), ("a.SQL", True), ("a.sql.jinja", True), ("a.hql", True), ("a.py", False)],
)
def test_claims(path: str, claimed: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert sql.claims(path) == claimed


def symbols(path: str, text: str) -> list[str]:
    found = sql.extract(text.encode()).definitions
    return [sql.symbol(path, found, index) for index in range(-1, len(found))]


def test_a_named_target_is_its_name() -> None:
    assert symbols("x/y.sql", "CREATE TABLE P.S.T AS SELECT A FROM u") == [
        "file:x/y.sql",
        "sql:p.s.t",
        "sql:p.s.t.a",
    ]


def test_a_bare_query_is_called_after_its_file() -> None:
    assert symbols("silver/x.sql", "SELECT a FROM u")[1:] == ["sql:silver.x", "sql:silver.x.a"]


def test_a_second_bare_query_is_no_table() -> None:
    assert symbols("silver/x.sql", "SELECT a FROM u; SELECT b FROM u")[3:] == [
        "sql:silver.x~2",
        "sql:silver.x~2.b",
    ]


def test_a_query_beside_a_named_target_is_only_a_look() -> None:
    found = symbols(
        "silver/x.sql", "CREATE TABLE silver.x AS SELECT a FROM u; SELECT b FROM silver.x"
    )
    assert found[1:] == [
        "sql:silver.x",
        "sql:silver.x.a",
        "sql:silver.x~query",
        "sql:silver.x~query.b",
    ]


def test_a_snapshot_is_called_as_its_block_says() -> None:
    text = (
        "{% snapshot Orders_Hist %} SELECT a FROM {{ source('raw', 'orders') }} {% endsnapshot %}"
    )
    assert symbols("snapshots/any.sql", text)[1:] == ["sql:orders_hist", "sql:orders_hist.a"]
