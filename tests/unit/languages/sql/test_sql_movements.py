"""Rows that move without a query: through files, by a new name, by a swap, in one bound."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from blastradius.languages.sql.commands import moves
from blastradius.languages.sql.lookups import columns_of
from blastradius.languages.sql.parsing import MOST_TOKENS
from blastradius.languages.sql.summary import OutputItem
from tests.unit.languages.sql.sql_reading import edges, summary_of, tree


def test_rows_travel_from_table_to_table_by_a_file() -> None:
    _, linked = tree(
        {
            "out.sql": "-- dialect: redshift\nUNLOAD ('SELECT a FROM t') TO 's3://b/x'",
            "in.sql": "-- dialect: redshift\nCOPY u FROM 's3://b/x'",
        }
    )
    assert edges(linked, "read") == ["s3://b/x -> t", "u -> s3://b/x"]
    assert "u.a -> s3://b/x.a" in edges(linked, "value")


def test_a_place_is_no_table_that_is_called_like_its_end() -> None:
    _, linked = tree(
        {"out.sql": "COPY (SELECT a FROM t) TO 's3://b/x.csv'", "q.sql": "SELECT a FROM csv"}
    )
    assert "q -> csv" in edges(linked, "read")


def test_a_file_of_the_tree_is_found_from_its_top_and_beside() -> None:
    _, linked = tree(
        {"etl/load.sql": "COPY t FROM 'data/x.csv';\nCOPY u FROM './y.csv'"},
        ("data/x.csv", "etl/y.csv", "y.csv"),
    )
    assert edges(linked, "path") == [
        "t -> file:data/x.csv (likely)",
        "u -> file:y.csv (likely)",
    ]


def test_a_new_name_has_the_columns_of_the_old() -> None:
    tables, linked = tree(
        {
            "m/1.sql": "CREATE TABLE s.old (a int, b int)",
            "m/2.sql": "-- dialect: postgres\nALTER TABLE s.old RENAME TO new",
            "q.sql": "SELECT a FROM s.new",
        }
    )
    assert columns_of(tables, "sql:s.new") == ("a", "b")
    assert "s.new.a -> s.old.a" in edges(linked, "value")
    assert not [one for each in linked.values() for one in each.unresolved if one.internal]


def test_a_renamed_temporary_table_is_seen_through() -> None:
    text = "CREATE TEMP TABLE x AS SELECT a FROM t; ALTER TABLE x RENAME TO y; SELECT a FROM y"
    names = {one.name for one in summary_of(sql.extract(text.encode())).relations}
    assert names == {"t", "<query>"}


def test_swapped_tables_lack_no_column_that_either_has() -> None:
    _, linked = tree(
        {
            "a.sql": "CREATE TABLE s.a (x int)",
            "b.sql": "CREATE TABLE s.b (x int, y int)",
            "swap.sql": "-- dialect: snowflake\nALTER TABLE s.a SWAP WITH s.b",
            "q.sql": "SELECT y FROM s.a",
        }
    )
    assert {"s.a -> s.b", "s.b -> s.a"} <= set(edges(linked, "read"))
    assert not [one for each in linked.values() for one in each.unresolved if one.internal]


def test_the_lines_of_a_query_in_a_string_are_those_of_the_file() -> None:
    text = "-- dialect: redshift\nUNLOAD ('\nSELECT a\nFROM t') TO 's3://b/x'"
    (statement,) = summary_of(sql.extract(text.encode())).statements
    assert (statement.branches[0][0].line, statement.reads[0][1]) == (3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE " + "a." * 50_000,
        "RENAME TABLE " + "a TO b, " * 50_000,
        "UNLOAD ('" + "''" * 50_000,
        "SELECT " + "INTO OUTFILE 'x' " * 20_000,
        "INSERT OVERWRITE DIRECTORY 'x' " + "SELEC " * 50_000,
        "CREATE PIPE " + "AS COPY INT " * 50_000,
        "/* " * 50_000,
        "'" * 99_999,
    ],
)
def test_a_head_is_found_or_not_in_one_go(text: str) -> None:
    assert len(moves(text)) < 5_000


def test_what_is_too_long_is_read_up_to_there_and_then_only_scanned() -> None:
    rows = ",\n".join("(1, 2)" for _ in range(MOST_TOKENS // 5))
    text = f"CREATE TABLE a AS SELECT x FROM b;\nINSERT INTO c VALUES\n{rows};\nINSERT INTO d SELECT y FROM e"
    facts = sql.extract(text.encode())
    summary = summary_of(facts)
    assert [one.what for one in facts.problems] == ["too long: the rest is only scanned for names"]
    assert facts.problems[0].line == 2
    (made,) = summary.statements[0].branches[0]
    assert isinstance(made, OutputItem)
    assert made.name == "x"
    assert "e" in {summary.relations[number].name for number, _ in summary.statements[1].reads}
