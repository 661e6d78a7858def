from __future__ import annotations

from blastradius.index.blob import facts_of, version_of
from blastradius.languages import registry

# Double quotes are a string in MySQL and an identifier nearly everywhere else.
QUOTED = b'CREATE TABLE s.t AS SELECT "a" AS b FROM s.u'


def test_a_configured_dialect_decides_how_sql_is_read() -> None:
    as_string, as_column = (facts_of("sql", QUOTED, name) for name in ("mysql", "postgres"))
    assert as_string.own != as_column.own


def test_a_configured_dialect_also_holds_for_sql_inside_python() -> None:
    source = b"query = '''" + QUOTED + b"'''\n"
    as_string, as_column = (facts_of("python", source, name) for name in ("mysql", "postgres"))
    assert as_string.embedded == as_column.embedded
    assert as_string.embedded_facts != as_column.embedded_facts


def test_facts_read_in_one_dialect_are_not_taken_for_those_of_another() -> None:
    sql = registry.get("sql")
    assert len({version_of(sql), version_of(sql, "mysql"), version_of(sql, "postgres")}) == 3
