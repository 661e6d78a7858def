from __future__ import annotations

import subprocess
import sys

import pytest

from blastradius.languages import sql
from blastradius.languages.sql.dialects import candidates, stated_dialect
from tests.unit.languages.sql.sql_reading import summary_of


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("-- dialect: snowflake\nSELECT 1", "snowflake"),
        ("-- sqlfluff:dialect:postgresql\nSELECT 1", "postgres"),
        ("#standardSQL\nSELECT 1", "bigquery"),
        ("-- dialect: klingon\nSELECT 1", None),
        ("SELECT 1 -- the dialect: ours", None),
    ],
)
def test_what_a_file_says_of_itself(text: str, dialect: str | None) -> None:
    assert stated_dialect(text) == dialect


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("SELECT SAFE_CAST(a AS INT64) FROM `p.d.t`", "bigquery"),
        ('SELECT a FROM t WHERE zone = "America/Los_Angeles"', "bigquery"),
        ("SELECT v:a.b::string FROM t, LATERAL FLATTEN(x)", "snowflake"),
        ("CREATE TABLE t (id BIGSERIAL, doc JSONB)", "postgres"),
        ("CREATE TABLE t (id INT AUTO_INCREMENT) ENGINE=InnoDB", "mysql"),
        ("SELECT TOP 5 [a] FROM [dbo].[t] WHERE d < GETDATE()", "tsql"),
        ("INSERT OVERWRITE TABLE t SELECT a FROM u LATERAL VIEW EXPLODE(x) y AS a", "spark"),
        ("CREATE TABLE t (a INT) ENGINE = MergeTree", "clickhouse"),
        ("SELECT a FROM t", ""),
    ],
)
def test_the_guess(text: str, dialect: str) -> None:
    tries, clear = candidates(text)
    assert tries[0] == dialect
    assert clear == bool(dialect)


def test_the_dialect_that_can_read_the_text_wins() -> None:
    # No mark gives it away; only these parsers take the syntax.
    facts = sql.extract(b"SELECT a FROM t QUALIFY 1 = ROW_NUMBER() OVER (ORDER BY b); PIVOT t ON a")
    assert facts.parsed == "full" or facts.problems
    assert summary_of(facts).relations


def test_the_configured_dialect_is_taken_as_it_is() -> None:
    text = b'SELECT "a" FROM t'
    assert [len(one.sources) for one in _first_branch(text, "bigquery")] == [0]
    assert [len(one.sources) for one in _first_branch(text, "postgres")] == [1]


def _first_branch(text: bytes, dialect: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return summary_of(sql.extract(text, dialect)).statements[0].branches[0]


PROGRAM = """
import sys
from types import SimpleNamespace
import msgspec
from blastradius.languages import sql
from blastradius.model.facts import Facts
facts = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Facts)
options = SimpleNamespace(paths=frozenset(), dialect="", source_roots=())
tables = sql.tables({"m/x.sql": facts}, options)
assert sql.link("m/x.sql", facts, tables).edges
assert sql.symbol("m/x.sql", facts.definitions, 0) == "sql:m.x"
assert "sqlglot" in sql.VERSION
sys.exit("sqlglot" in sys.modules)
"""


def test_linking_does_not_import_the_parser() -> None:
    import msgspec

    packed = msgspec.msgpack.encode(sql.extract(b"SELECT a FROM t"))
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=packed, check=False)
    assert done.returncode == 0
