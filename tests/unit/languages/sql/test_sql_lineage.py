"""Lineage of one text: what is seen through, what is told of a schema, and that nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.api.lineage import lineage
from blastradius.errors import UsageError
from tests.unit.languages.sql.sql_reading import FIXTURES, cases

TEXTS = [case.query for path in sorted(FIXTURES.glob("*.sql")) for case in cases(path.stem)]


def pairs(text: str, dialect: str = "", **schema: list[str]) -> list[str]:
    found = lineage(text, dialect=dialect, schema=schema)
    return [f"{one.source} -> {one.target}" for one in found.edges if one.kind == "value"]


@pytest.mark.parametrize(
    ("dialect", "text", "found"),
    [
        ("", "WITH c AS (SELECT a AS b FROM t) SELECT b FROM c", ["t.a -> <query>.b"]),
        ("", "CREATE TEMP TABLE c AS SELECT a FROM t; INSERT INTO x SELECT a FROM c", ["t.a -> x.a"]),
        ("", "CREATE TABLE c AS SELECT a FROM t; INSERT INTO x SELECT * FROM c",
         ["t.a -> c.a", "c.a -> x.a"]),
        ("", "SELECT a FROM t; SELECT b FROM u", ["t.a -> <query>.a", "u.b -> <query>~2.b"]),
        ("", "MERGE INTO x USING t ON x.k = t.k WHEN MATCHED THEN UPDATE SET a = t.b", ["t.b -> x.a"]),
        ("", "UPDATE x SET a = t.b FROM t WHERE t.k = x.k", ["t.b -> x.a"]),
        ("snowflake", "SELECT f.value AS v FROM t, LATERAL FLATTEN(INPUT => t.l) AS f",
         ["t.l -> <query>.v"]),
        ("spark", "SELECT v FROM t LATERAL VIEW EXPLODE(l) e AS v", ["t.l -> <query>.v"]),
    ],
)  # fmt: skip
def test_a_statement_writes_what_its_columns_come_of(
    dialect: str, text: str, found: list[str]
) -> None:
    assert pairs(text, dialect) == found


def test_a_column_that_one_of_two_tables_has_is_that_tables() -> None:
    text = "SELECT b FROM t JOIN u ON t.k = u.k"
    assert pairs(text) == ["t.b -> <query>.b", "u.b -> <query>.b"]
    assert {one.certainty for one in lineage(text).edges if one.kind == "value"} == {"ambiguous"}
    assert pairs(text, t=["k"], u=["k", "b"]) == ["u.b -> <query>.b"]


def test_an_insert_without_a_list_writes_the_declared_columns_by_position() -> None:
    assert pairs("INSERT INTO x SELECT a, b FROM t", x=["p", "q"]) == ["t.a -> x.p", "t.b -> x.q"]


def test_what_is_behind_a_star_is_unknown_or_declared() -> None:
    (edge,) = lineage("INSERT INTO x SELECT * FROM t").edges
    assert (edge.source, edge.target, edge.certainty) == ("t.*", "x.*", "wildcard")
    assert pairs("INSERT INTO x SELECT * FROM t", t=["a"]) == ["t.a -> x.a"]


def test_the_relations_are_told_with_what_is_known_of_their_columns() -> None:
    found = lineage("INSERT INTO x (p) SELECT a FROM t; DROP TABLE y", schema={"t": ["a", "b"]})
    assert [(one.name, one.read, one.written, one.columns, one.complete) for one in found.relations] == [
        ("t", True, False, ("a", "b"), True),
        ("x", False, True, ("p",), False),
    ]  # fmt: skip


def test_an_unknown_dialect_is_said() -> None:
    with pytest.raises(UsageError, match="no SQL dialect 'klingon'"):
        lineage("SELECT 1", dialect="klingon")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["", "bigquery", "snowflake", "tsql", "postgres", "spark"]),
)
def test_whatever_stands_there_has_an_answer(
    one: str, other: str, cut: float, start: float, dialect: str
) -> None:
    text = one[: int(len(one) * cut)] + " " + other[int(len(other) * start) :]
    schema = {"t": ["a", "b"], "u": ["b", "c"], "s.x": ["a"]}
    found = lineage(text, dialect=dialect, schema=schema)
    assert found == lineage(text, dialect=dialect, schema=schema)
