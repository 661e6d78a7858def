"""Texts that were made to hurt: bounded in depth, size and work, and never an exception."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blastradius.languages import sql
from blastradius.languages.sql.mask import mask
from blastradius.languages.sql.scan import scan
from blastradius.model.facts import Facts
from tests.unit.languages.sql.sql_reading import FIXTURES, cases, summary_of, tree

DEEP = {
    "parentheses": "SELECT " + "(" * 3000 + "1" + ")" * 3000 + " FROM t",
    "calls": "SELECT " + "f(" * 2000 + "a" + ")" * 2000 + " FROM t",
    "subqueries": "SELECT a FROM (" * 800 + "SELECT a FROM t" + ") AS q" * 800,
    "casts": "SELECT a" + "::int" * 5000 + " FROM t",
    "not": "SELECT " + "NOT " * 5000 + "a FROM t",
    "minus": "SELECT " + "- " * 5000 + "a FROM t",
    "case": "SELECT " + "CASE WHEN a THEN " * 500 + "1" + " END" * 500 + " FROM t",
    "brackets": "SELECT a" + "[0]" * 5000 + " FROM t",
    "blocks": "{% if a %}" * 3000 + "SELECT a FROM t" + "{% endif %}" * 3000,
    "braces": "SELECT " + "{{ f(" * 3000 + " a FROM t",
    "dots": "SELECT " + "a." * 5000 + "b FROM t",
    "ends": "{% if a %}" * 3000 + "{% endfor %}" * 3000 + "SELECT a FROM t",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_depth_is_a_problem_not_an_exception(text: str) -> None:
    facts = sql.extract(text.encode())
    if facts.parsed != "full":
        assert facts.problems
    if "braces" not in text and facts.parsed != "full":
        assert ("t", "table") in [(one.name, one.kind) for one in summary_of(facts).relations]


@pytest.mark.parametrize("word", ["AND", "OR", "+", "||"])
def test_a_long_chain_is_understood_whole(word: str) -> None:
    facts = sql.extract(
        f"SELECT {f' {word} '.join(f'a{n}' for n in range(3000))} AS x FROM t".encode()
    )
    assert facts.parsed == "full"
    (statement,) = summary_of(facts).statements
    assert len(statement.branches[0][0].sources) == 3000


def test_a_long_union_is_understood_whole() -> None:
    facts = sql.extract(
        " UNION ALL ".join(f"SELECT a{n} AS a FROM t{n}" for n in range(1500)).encode()
    )
    assert facts.parsed == "full"
    assert len(summary_of(facts).relations) == 1501


def test_columns_that_double_with_each_step_are_bounded() -> None:
    steps = [f"c{n} AS (SELECT *, * FROM c{n - 1})" for n in range(1, 40)]
    text = f"WITH c0 AS (SELECT a, b FROM t), {', '.join(steps)} SELECT * FROM c39"
    facts = sql.extract(text.encode())
    assert len(facts.definitions) < 20_000


def test_joins_of_unions_of_stars_are_bounded() -> None:
    union = " UNION ALL ".join(f"SELECT * FROM t{n}" for n in range(300))
    joins = "c AS a JOIN c AS b ON a.x = b.x JOIN c AS d ON d.y = a.y"
    text = f"WITH c AS ({union}) SELECT * FROM {joins}"
    tables, linked = tree({"m/x.sql": text})
    assert "m/x.sql" in linked
    assert sql.columns_of(tables, "sql:m.x") is None


def test_a_file_too_large_says_so() -> None:
    facts = sql.extract(b"SELECT 1;\n" * 500_000)
    assert (facts.parsed, len(facts.problems)) == ("failed", 1)


def test_too_many_statements_are_scanned() -> None:
    facts = sql.extract(b"SELECT a FROM t;" * 5_001 + b"SELECT b FROM last_one")
    assert facts.parsed == "partial"
    assert "last_one" in {one.name for one in summary_of(facts).relations}


TEXTS = [case.query for path in FIXTURES.glob("*.sql") for case in cases(path.stem)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 400), st.integers(0, 60), st.text(max_size=12))
def test_a_damaged_text_still_gives_facts(text: str, start: int, length: int, put: str) -> None:
    facts = sql.extract((text[:start] + put + text[start + length :]).encode("utf-8", "replace"))
    assert isinstance(facts, Facts)
    assert facts.parsed == "full" or facts.problems


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["{{ ref('x') }}", "{{ a\n}}", "{% if b %}", "{% else %}", "{% endif %}", "{# c\n #}",
             "SELECT", "\n", " a ", ",", "FROM", "{{", "%}", "'", '"', "{% for x in y %}",
             "{% endfor %}",
             "{% macro m() %}", "{% endmacro %}", "-- d\n", "${e}", "(", ")"]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_masking_keeps_every_line_in_its_place(parts: list[str]) -> None:
    text = " ".join(parts)
    for variant in mask(text):
        assert variant.text.count("\n") == text.count("\n")
        if "{{" not in re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL):
            assert "{{ ref" not in variant.text


def test_the_scan_skips_strings_comments_and_own_names() -> None:
    text = """WITH own AS (SELECT 1 FROM "S"."A") -- FROM no
SELECT 'FROM not_this', x FROM own JOIN `p.q.r` ON /* JOIN nor_this */ y
INSERT INTO [s].[t] FROM unnest(z)"""
    assert scan(text) == ([("s.a", 1), ("p.q.r", 2)], [("s.t", 3)])


def test_facts_are_a_function_of_the_bytes() -> None:
    for text in TEXTS[:40]:
        assert sql.extract(text.encode()) == sql.extract(text.encode())


@pytest.mark.parametrize("shape", ["STRUCT({} AS a, b AS b).a", "DATE({})", "ARRAY[{}]"])
def test_types_within_types_are_not_parsed_for_ever(shape: str) -> None:
    text = "a"
    for _ in range(60):
        text = shape.format(text)
    facts = sql.extract(f"SELECT {text} AS x FROM t".encode(), "bigquery")
    assert [one.what for one in facts.problems] == ["nested too deeply"]
    (statement,) = summary_of(facts).statements
    assert [summary_of(facts).relations[one].name for one, _ in statement.reads] == ["t"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT STARTS_WITH() FROM t", "syntax: StartsWith lacks a part"),
        ("INSERT INTO , 'secret' SELECT 1", "syntax: Expected table name but got"),
        ("SELECT 'secret", "syntax: error tokenizing"),
    ],
)
def test_what_a_problem_says_is_the_same_in_every_run_and_quotes_nothing(
    text: str, said: str
) -> None:
    assert [one.what for one in sql.extract(text.encode(), "bigquery").problems] == [said]


@pytest.mark.parametrize(
    "text", ["'" + "\\'" * 50_000, "/* " * 50_000, "-- " * 50_000, "don't " * 20_000]
)
def test_strings_and_comments_without_an_end_are_passed_in_one_go(text: str) -> None:
    assert scan(f"{text}\nFROM t")[0] in ([("t", 2)], [])
