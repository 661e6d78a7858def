"""Columns that are told by their place: unions of stars, lists of names, INSERT without a list."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from tests.unit.languages.sql.sql_reading import dangling, edges, tree

DDL = "CREATE TABLE s.t (a INT, b INT);\nCREATE TABLE s.u (p INT, q INT);"


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (
            "SELECT p, q FROM s.u UNION ALL SELECT * FROM s.t",
            ["p -> s.t.a", "p -> s.u.p", "q -> s.t.b", "q -> s.u.q"],
        ),
        (
            "WITH c AS (SELECT * FROM s.u UNION ALL SELECT * FROM s.t) SELECT q FROM c",
            ["q -> s.t.b (likely)", "q -> s.u.q"],
        ),
        (
            "WITH c AS (SELECT * FROM s.u UNION ALL BY NAME SELECT q, p FROM s.v) SELECT q FROM c",
            ["q -> s.u.q", "q -> s.v.q"],
        ),
        ("WITH c (x, y) AS (SELECT * FROM s.t) SELECT y FROM c", ["y -> s.t.b"]),
        ("SELECT y FROM s.t AS z (x, y)", ["y -> s.t.b"]),
        ("SELECT z.w FROM (SELECT 1 AS one, * FROM s.t) AS z (v, w, x)", ["w -> s.t.a"]),
    ],
)
def test_a_place_behind_a_star_is_the_column_that_stands_there(
    query: str, values: list[str]
) -> None:
    _, linked = tree({"ddl.sql": DDL, "m/x.sql": query})
    assert [one.removeprefix("m.x.") for one in edges(linked, "value")] == values
    assert dangling(linked) == []


def test_a_column_added_in_the_middle_moves_those_behind_it() -> None:
    query = "SELECT * FROM s.u UNION ALL SELECT * FROM s.t"
    before = tree({"ddl.sql": DDL, "m/x.sql": query})[1]
    moved = DDL.replace("(a INT, b INT)", "(z INT, b INT)")
    after = tree({"ddl.sql": moved, "m/x.sql": query})[1]
    assert "m.x.p -> s.t.a" in edges(before, "value")
    assert "m.x.p -> s.t.z" in edges(after, "value")


def test_branches_with_unlike_numbers_of_columns_dangle() -> None:
    more = DDL.replace("b INT", "b INT, c INT")
    _, linked = tree(
        {"ddl.sql": more, "m/x.sql": "SELECT * FROM s.u\nUNION ALL\nSELECT * FROM s.t"}
    )
    assert dangling(linked) == ["m/x.sql:3 3 columns in a union with 2"]


def test_a_surplus_column_of_an_insert_without_a_list_dangles() -> None:
    more = DDL.replace("b INT", "b INT, c INT")
    _, linked = tree({"ddl.sql": more, "m/x.sql": "INSERT INTO s.u SELECT * FROM s.t"})
    assert dangling(linked) == ["m/x.sql:1 3 columns for the 2 of s.u"]


def test_an_insert_with_a_list_takes_a_star_by_position() -> None:
    _, linked = tree({"ddl.sql": DDL, "m/x.sql": "INSERT INTO s.u (q, p) SELECT * FROM s.t"})
    assert edges(linked, "value") == ["s.u.p -> s.t.b", "s.u.q -> s.t.a"]


def test_a_view_with_a_list_of_names_has_those_columns() -> None:
    tables, linked = tree(
        {"ddl.sql": DDL, "m/v.sql": "CREATE VIEW s.v (x, y) AS SELECT * FROM s.t"}
    )
    assert sql.columns_of(tables, "sql:s.v") == ("x", "y")
    assert edges(linked, "value") == ["s.v.x -> s.t.a", "s.v.y -> s.t.b"]


def test_behind_a_star_over_the_unknown_a_name_may_be_any_column() -> None:
    _, linked = tree({"m/v.sql": "CREATE VIEW s.v (x, y) AS SELECT k, t.* FROM s.t AS t"})
    assert edges(linked, "value") == ["s.v.x -> s.t.k", "s.v.y -> s.t (likely)"]
