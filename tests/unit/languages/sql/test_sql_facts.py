"""Definitions, digests, groups and lines: what a file of SQL states about itself."""

from __future__ import annotations

import pytest

from blastradius.languages import sql
from blastradius.model.facts import Definition, FieldGroup

GOLD = """\
-- what the day was like
CREATE OR REPLACE VIEW gold.daily AS
SELECT
    o.user_id,
    AVG(o.hrv_score)
        AS hrv
FROM silver.oura AS o
LEFT JOIN silver.garmin AS g
    ON g.user_id = o.user_id
WHERE g.stress > 3
GROUP BY o.user_id;
"""


def definitions(text: str) -> dict[str, Definition]:
    return {one.name: one for one in sql.extract(text.encode()).definitions}


def test_a_relation_and_its_columns_are_defined_with_their_lines() -> None:
    found = sql.extract(GOLD.encode()).definitions
    assert [(one.name, one.kind, one.line, one.end, one.parent) for one in found] == [
        ("gold.daily", "relation", 2, 11, -1),
        ("gold.daily.user_id", "column", 4, 4, 0),
        ("gold.daily.hrv", "column", 5, 6, 0),
    ]
    assert found[0].shape == "user_id, hrv"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n    o.user_id,", " o.user_id,"),
        ("-- what the day was like", "/* other words */"),
        ("AVG(o.hrv_score)", "avg( O.HRV_SCORE )"),
        ("WHERE", "where -- only these\n"),
        ("AS o\n", "o\n"),
    ],
)
def test_white_space_comments_and_case_are_no_change(old: str, new: str) -> None:
    assert old in GOLD
    before, after = definitions(GOLD), definitions(GOLD.replace(old, new))
    assert {name: (one.shape, one.body) for name, one in before.items()} == {
        name: (one.shape, one.body) for name, one in after.items()
    }


def test_another_alias_for_a_table_is_no_change() -> None:
    assert {name: one.body for name, one in definitions(GOLD).items()} == {
        name: one.body
        for name, one in definitions(GOLD.replace("o.", "x.").replace("AS o\n", "AS x\n")).items()
    }


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("AVG(o.hrv_score)", "MAX(o.hrv_score)", {"gold.daily.hrv"}),
        ("AVG(o.hrv_score)", "AVG(o.hrv)", {"gold.daily.hrv"}),
        ("g.stress > 3", "g.stress > 4", {"gold.daily"}),
        ("LEFT JOIN", "JOIN", {"gold.daily"}),
        ("GROUP BY o.user_id", "GROUP BY o.user_id, o.day", {"gold.daily"}),
        ("silver.garmin", "silver.polar", {"gold.daily"}),
    ],
)
def test_a_change_of_rows_is_told_from_a_change_of_a_column(
    old: str, new: str, changed: set[str]
) -> None:
    before, after = definitions(GOLD), definitions(GOLD.replace(old, new))
    assert {name for name in before if before[name].body != after[name].body} == changed


def test_a_change_inside_a_cte_reaches_the_columns_that_come_of_it() -> None:
    text = "CREATE TABLE x AS WITH c AS (SELECT a + 1 AS p, b AS q FROM t) SELECT p, q FROM c"
    before, after = definitions(text), definitions(text.replace("a + 1", "a + 2"))
    assert {name for name in before if before[name].body != after[name].body} == {"x.p"}


def test_a_filter_inside_a_cte_changes_the_rows() -> None:
    text = "CREATE TABLE x AS WITH c AS (SELECT a FROM t WHERE b) SELECT a FROM c"
    before, after = definitions(text), definitions(text.replace("WHERE b", "WHERE NOT b"))
    assert {name for name in before if before[name].body != after[name].body} == {"x"}


def test_the_argument_of_a_macro_is_part_of_the_expression() -> None:
    text = "SELECT {{ cast_to('a', kind=1) }} AS a FROM t {{ dedupe(1) }}"
    before = definitions(text)
    other_cast = definitions(text.replace("kind=1", "kind=2"))
    assert {name for name in before if before[name].body != other_cast[name].body} == {"<query>.a"}
    other_clause = definitions(text.replace("dedupe(1)", "dedupe(2)"))
    assert {name for name in before if before[name].body != other_clause[name].body} == {"<query>"}


def test_a_declared_column_has_its_type_as_shape() -> None:
    found = definitions("CREATE TABLE s.x (a INT NOT NULL, b STRING); ALTER TABLE s.y ADD c DATE")
    assert {name: (one.kind, one.shape) for name, one in found.items()} == {
        "s.x": ("relation", "a, b"),
        "s.x.a": ("column", "int not null"),
        "s.x.b": ("column", "text"),
        "s.y.c": ("column", "date"),
    }


def test_statements_on_one_table_are_one_relation() -> None:
    found = sql.extract(
        b"CREATE TABLE x (a INT);\nINSERT INTO x (a) SELECT p FROM t;\nUPDATE x SET b = 1"
    ).definitions
    assert [one.name for one in found] == ["x", "x.a", "x.b"]


def test_a_star_is_in_the_shape() -> None:
    found = definitions("CREATE VIEW v AS SELECT *, a + 1 AS b FROM s.t")
    assert found["v"].shape == "s.t.*, b"


def test_groups_say_what_stands_together() -> None:
    facts = sql.extract(GOLD.encode())
    declared, *consumed = facts.groups
    assert (declared.role, declared.scope) == ("declare", 0)
    assert [(site.name, site.line, site.definition) for site in declared.sites] == [
        ("user_id", 4, 1),
        ("hrv", 5, 2),
    ]
    assert declared.anchors == ("gold.daily", "silver.oura", "silver.garmin")
    assert read(consumed) == {
        ("silver.oura",): {("user_id", 4), ("hrv_score", 5)},
        ("silver.garmin",): {("user_id", 9), ("stress", 10)},
    }


def read(groups: list[FieldGroup]) -> dict[tuple[str, ...], set[tuple[str, int]]]:
    return {one.anchors: {(site.name, site.line) for site in one.sites} for one in groups}


def test_lines_survive_templates_and_line_ends() -> None:
    text = "{{ config(\n  a=1\n) }}\r\n{% if x %}\r\n{% endif %}\r\nSELECT\r\n  a,\r\n  b\r\nFROM t"
    assert {name: one.line for name, one in definitions(text).items()} == {
        "<query>": 6,
        "<query>.a": 7,
        "<query>.b": 8,
    }


def test_a_macro_is_defined_with_its_parameters() -> None:
    facts = sql.extract(
        b"{# doc #}\n{% macro m(col,  n=1) %}\n{{ col }} + {{ f('x') }}\n{% endmacro %}"
    )
    (macro,) = facts.definitions
    assert (macro.name, macro.kind, macro.shape) == ("m", "function", "(col, n=1)")
    assert (macro.line, macro.end) == (2, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    facts = sql.extract("SELECT a AS größe FROM t".encode(encoding))
    assert [one.name for one in facts.definitions] == ["<query>", "<query>.größe"]


def test_an_empty_file_is_understood() -> None:
    facts = sql.extract(b"-- nothing\n")
    assert (facts.parsed, facts.definitions, facts.problems) == ("full", (), ())
