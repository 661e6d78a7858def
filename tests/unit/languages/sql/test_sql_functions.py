"""Functions and procedures that SQL creates: what they are, what they read, who calls them."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from tests.unit.languages.sql.sql_reading import dangling, edges, tree

PLUS = "CREATE FUNCTION ds.plus(x INT64) RETURNS INT64 AS (x + 1)"


def test_a_function_is_a_definition_with_its_signature() -> None:
    facts = sql.extract(PLUS.encode(), "bigquery")
    (one,) = facts.definitions
    assert (one.name, one.kind, one.shape) == (
        "function:ds.plus",
        "routine",
        "(x bigint) -> bigint",
    )
    assert sql.symbol("udf/plus.sql", facts.definitions, 0) == "sql:function:ds.plus"


def test_its_body_changes_with_its_text_but_not_with_white_space() -> None:
    def body(text: str) -> str:
        return sql.extract(text.encode(), "bigquery").definitions[0].body

    assert body(PLUS) == body(PLUS.replace(" AS ", "\n  AS "))
    assert body(PLUS) != body(PLUS.replace("1", "2"))


def test_only_the_columns_that_went_through_a_function_depend_on_it() -> None:
    query = "WITH c AS (SELECT ds.plus(a) AS p, b FROM ds.t) SELECT p * 2 AS q, b FROM c"
    _, linked = tree({"udf/plus.sql": PLUS, "m/x.sql": query})
    assert edges(linked, "call") == ["m.x.q -> function:ds.plus"]


def test_one_in_a_filter_decides_the_rows() -> None:
    _, linked = tree({"u.sql": PLUS, "m/x.sql": "SELECT a FROM ds.t WHERE ds.plus(a) > 1"})
    assert edges(linked, "call") == ["m.x -> function:ds.plus"]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("ds.plus(a)", ["m.x.p -> function:ds.plus"]),
        ("project.ds.plus(a)", ["m.x.p -> function:ds.plus"]),
        ("`project.ds.plus`(a)", ["m.x.p -> function:ds.plus"]),
        ("plus(a)", ["m.x.p -> function:ds.plus (likely)"]),
        ("other.plus(a)", []),
        ("lower(a)", []),
        ("their_own(a)", []),
    ],
)
def test_a_call_means_the_function_whose_name_agrees(call: str, found: list[str]) -> None:
    _, linked = tree({"udf/plus.sql": PLUS, "m/x.sql": f"SELECT {call} AS p FROM ds.t"})
    assert edges(linked, "call") == found
    assert dangling(linked) == []


def test_a_function_depends_on_what_its_body_reads_and_not_on_its_parameters() -> None:
    text = (
        "CREATE FUNCTION ds.most(k INT64) AS ((SELECT MAX(v) FROM ds.lim WHERE key = k));\n"
        "CREATE TABLE ds.lim (key INT64, v INT64);"
    )
    _, linked = tree({"udf/most.sql": text})
    assert edges(linked) == [
        "function:ds.most -> ds.lim read",
        "function:ds.most -> ds.lim.key reference",
        "function:ds.most -> ds.lim.v reference",
    ]
    assert dangling(linked) == []


def test_a_body_in_quotes_is_read_on_its_own_lines() -> None:
    text = (
        "CREATE FUNCTION s.f() RETURNS INT LANGUAGE sql AS $$\n"
        "  SELECT\n    v\n  FROM s.lim\n$$;\nCREATE TABLE s.lim (k INT);"
    )
    _, linked = tree({"f.sql": text})
    assert edges(linked, "read") == ["function:s.f -> s.lim"]
    assert dangling(linked) == ["f.sql:3 s.lim.v"]


def test_what_a_procedure_writes_is_written() -> None:
    text = (
        "CREATE PROCEDURE s.p() LANGUAGE plpgsql AS $$\nBEGIN\n"
        "INSERT INTO s.x (a) SELECT b FROM s.t;\nEND $$"
    )
    _, linked = tree({"p.sql": text})
    assert edges(linked, "value") == ["s.x.a -> s.t.b"]


def test_a_body_of_another_language_is_not_read_as_sql() -> None:
    text = "CREATE FUNCTION d.f(x INT64) RETURNS INT64 LANGUAGE js AS '''SELECT a FROM d.t'''"
    _, linked = tree({"f.sql": text})
    assert edges(linked) == []
