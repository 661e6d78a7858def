"""Strings that name something elsewhere, by their form and by who is given them."""

from __future__ import annotations

import pytest

from blastradius.languages.python.strings import looks_like_sql
from tests.unit.languages.python.trees import read


def mentions(source: str) -> list[tuple[str, str]]:
    return [(one.flavor, one.value) for one in read(source).mentions]


CASES = [
    ("open('config/app.yaml')", [("path", "config/app.yaml")]),
    ("X = 'app.yaml'", [("path", "app.yaml")]),
    ("X = './a/b.sql'", [("path", "./a/b.sql")]),
    ("X = 'data/raw'", [("path", "data/raw")]),
    ("glob('sql/**/*.sql')", [("glob", "sql/**/*.sql")]),
    ("X = Path(__file__).parent / 'config' / 'x.yaml'", [("path", "./config/x.yaml")]),
    ("X = Path('config') / 'x.yaml'", [("path", "config/x.yaml")]),
    ("X = Path('config', 'x.yaml')", [("path", "config/x.yaml")]),
    ("X = os.path.join(BASE, 'config', 'x.yaml')", [("path", "config/x.yaml")]),
    ("X = BASE / 'a' / name / 'b.json'", [("path", "a/{}/b.json")]),
    ("X = BASE.joinpath('a', 'b.json')", [("path", "a/b.json")]),
    ("X = f'sql/{name}.sql'", [("path", "sql/{}.sql")]),
    ("X = 'sql/' + name + '.sql'", [("path", "sql/{}.sql")]),
    ("X = f'{a}{b}'", []),
    ("X = 'https://x.org/a.json'", [("url", "https://x.org/a.json")]),
    ("X = 'application/json'", []),
    ("X = '/api/v1/users'", []),
    ("X = 'and/or or not'", []),
    ("X = '1/2'", []),
    ("X = 'pkg.mod.Class'", [("dotted", "pkg.mod.Class")]),
    ("X = 'silver.oura'", [("dotted", "silver.oura"), ("table", "silver.oura")]),
    ("mock.patch('pkg.mod.f')", [("dotted", "pkg.mod.f")]),
    ("store.insert('silver.oura', rows)", [("table", "silver.oura")]),
    ("frame.to_sql('nights', engine)", [("table", "nights")]),
    ("spark.table('raw.nights')", [("table", "raw.nights")]),
    ("store.write(f'{schema}.nights')", [("table", "{}.nights")]),
    ("os.environ['TOKEN']", [("env", "TOKEN")]),
    ("os.environ.get('TOKEN', 'x.yaml')", [("env", "TOKEN")]),
    ("os.getenv('TOKEN')", [("env", "TOKEN")]),
    ("getattr(x, 'run')", []),
    ("patch.object(x, 'run')", [("name", "run")]),
    ("print('hello there')", []),
    ("X = 'word'", []),
    ("X = '3.14'", []),
    ("X = 'e.g.'", []),
]


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[one[0] for one in CASES])
def test_what_a_string_may_name(source: str, expected: list[tuple[str, str]]) -> None:
    assert mentions(source) == expected


def test_a_mention_knows_its_place_and_its_user() -> None:
    facts = read(
        """
        CONFIG = "config/app.yaml"

        class A:
            def load(self):
                return pd.read_csv("data/nights.csv")

        SETTINGS = {"table": "silver.oura"}
        """
    )
    places = {
        one.value: (facts.definitions[one.scope].name, one.line, one.via) for one in facts.mentions
    }
    assert places["config/app.yaml"] == ("CONFIG", 2, "")
    assert places["data/nights.csv"] == ("A.load", 6, "pd.read_csv")
    assert places["silver.oura"] == ("SETTINGS", 8, "table")


def test_docstrings_and_keys_name_nothing() -> None:
    source = '"""See config/app.yaml."""\ndef f(x):\n    "data/a.csv"\n    return x["a/b.csv"]\n'
    assert mentions(source) == []


SQL = [
    "SELECT a FROM t",
    "select a, b from s.t where c = 1",
    "  -- why\n  WITH x AS (SELECT 1) SELECT * FROM x",
    "INSERT INTO t (a) VALUES (1)",
    "insert overwrite t select 1",
    "CREATE OR REPLACE TABLE t AS SELECT 1 AS a",
    "create temporary view v as select 1",
    "MERGE INTO t USING s ON t.a = s.a",
    "UPDATE t SET a = 1",
    "update s.t as x set a = 1",
    "DELETE FROM t WHERE a",
    "ALTER TABLE t ADD COLUMN a INT",
    "(SELECT a FROM t) UNION ALL (SELECT b FROM u)",
]
NOT_SQL = [
    "Select a stream from the list",
    "SELECT",
    "select one",
    "Create a new table",
    "create a table for me",
    "with great power",
    "update the set of streams",
    "Delete from here",
    "insert coin",
    "merge this into that",
    "dropdown table",
    "",
]


@pytest.mark.parametrize("text", SQL)
def test_statements_are_sql(text: str) -> None:
    assert looks_like_sql(text)


@pytest.mark.parametrize("text", NOT_SQL)
def test_sentences_are_not(text: str) -> None:
    assert not looks_like_sql(text)


def test_embedded_sql_keeps_lines_and_holes() -> None:
    facts = read(
        '''
        def load(db, day):
            db.execute(
                f"""
                SELECT score
                FROM {schema}.nights
                WHERE day = %(day)s
                """,
            )
        '''
    )
    (one,) = facts.embedded
    assert facts.definitions[one.scope].name == "load"
    assert (one.language, one.via, one.line, one.holes) == ("sql", "db.execute", 4, True)
    assert [line.strip() for line in one.text.splitlines()] == [
        "",
        "SELECT score",
        "FROM __hole__.nights",
        "WHERE day = __hole__",
        "",
    ]
    assert facts.mentions == ()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("X = 'SELECT a ' 'FROM t'", "SELECT a FROM t"),
        ("X = 'SELECT a FROM ' + table", "SELECT a FROM __hole__"),
        ("X = 'SELECT a FROM {t}'.format(t=t)", "SELECT a FROM {t}"),
        ("X = f'SELECT a FROM {s}.{t}'", "SELECT a FROM __hole__.__hole__"),
    ],
)
def test_sql_put_together(source: str, text: str) -> None:
    (one,) = read(source).embedded
    assert one.text == text
    assert one.holes == ("__hole__" in text)


def test_a_long_string_is_read_in_linear_time() -> None:
    for start in ("SELECT ", "MERGE INTO ", "UPDATE ", "WITH ", "CREATE ", "-- ", "((((", "a/" * 9):
        text = start + "x " * 60_000
        assert not read(f"X = {text!r}\n").embedded
        unspaced = start + "x" * 120_000
        assert not read(f"X = {unspaced!r}\n").embedded
