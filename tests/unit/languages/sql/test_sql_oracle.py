"""Leaves of columns, compared with those that sqlglot's own lineage finds when told the schema."""

from __future__ import annotations

import pytest
from sqlglot import exp, lineage

from tests.unit.languages.sql.sql_reading import tree

SCHEMA = {
    "t": ["id", "k", "a", "b", "c", "day"],
    "u": ["uid", "k", "x", "y"],
    "v": ["vid", "p", "q", "a"],
}
DDL = "".join(
    f"CREATE TABLE {table} ({', '.join(f'{column} INT' for column in columns)});\n"
    for table, columns in SCHEMA.items()
)

QUERIES = [
    "SELECT a, b AS c2, a + b AS d FROM t",
    "SELECT t.a, u.x FROM t JOIN u ON t.id = u.uid",
    "SELECT b, x, p FROM t, u, v WHERE t.id = u.uid AND v.vid = u.uid AND t.a = 1 AND v.a = 2",
    "SELECT x, b FROM t LEFT JOIN u ON t.id = u.uid",
    "SELECT COUNT(*) AS n, SUM(a) AS s, MAX(b) AS m FROM t GROUP BY c",
    "SELECT * FROM t",
    "SELECT u.*, t.a FROM t JOIN u ON t.k = u.k",
    "SELECT CASE WHEN a > 1 THEN b ELSE c END AS z FROM t",
    "SELECT COALESCE(a, b) AS z, CAST(c AS TEXT) AS w FROM t",
    "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t",
    "SELECT SUM(a) OVER (PARTITION BY b) AS s, LAG(c) OVER (ORDER BY id) AS l FROM t",
    "WITH c AS (SELECT a AS z, b FROM t) SELECT z, b FROM c",
    "WITH c AS (SELECT * FROM t), d AS (SELECT a, b FROM c) SELECT a + b AS s FROM d",
    "WITH c AS (SELECT *, a + b AS s FROM t) SELECT * FROM c",
    "WITH c AS (SELECT a FROM t), d AS (SELECT x FROM u) SELECT a, x FROM c CROSS JOIN d",
    "WITH t AS (SELECT a, b FROM t) SELECT a FROM t",
    "WITH c (m, n) AS (SELECT a, b FROM t) SELECT n, m FROM c",
    "SELECT q.z FROM (SELECT a AS z, b FROM t) AS q",
    "SELECT q.z FROM (SELECT r.a AS z FROM (SELECT * FROM t) AS r) AS q",
    "SELECT a FROM t UNION ALL SELECT x FROM u",
    "SELECT a, b FROM t UNION SELECT x, y FROM u UNION ALL SELECT p, q FROM v",
    "WITH c AS (SELECT a AS z FROM t UNION ALL SELECT x FROM u) SELECT z * 2 AS zz FROM c",
    "SELECT * FROM (SELECT a, b FROM t UNION ALL SELECT x, y FROM u) AS q",
    "WITH c AS (SELECT * FROM t UNION ALL SELECT id, k, a, b, c, day FROM t) SELECT a FROM c",
    "SELECT k, a, x FROM t JOIN u USING (k)",
    "SELECT MAX(q.s) AS m FROM (SELECT SUM(a) AS s, k FROM t GROUP BY k) AS q",
    "SELECT DISTINCT a, b FROM t ORDER BY a",
    "SELECT a FROM t WHERE b IN (SELECT x FROM u)",
    "SELECT a || '-' || b AS j, UPPER(c) AS up FROM t",
    "SELECT a FROM (SELECT a, ROW_NUMBER() OVER (ORDER BY day) AS rn FROM t) AS q WHERE rn = 1",
    "WITH a AS (SELECT a FROM t), b AS (SELECT a FROM a), c AS (SELECT a FROM b) SELECT a FROM c",
    "SELECT t1.a AS a1, t2.a AS a2 FROM t AS t1 JOIN t AS t2 ON t1.id = t2.k",
    "SELECT v.a AS va, t.a AS ta FROM v JOIN t ON v.vid = t.id",
    "WITH c AS (SELECT t.*, u.x FROM t JOIN u ON t.k = u.k) SELECT x, day, a FROM c",
    "SELECT a AS b, b AS a FROM t",
    "SELECT NULLIF(a, 0) / NULLIF(b, 0) AS r FROM t WHERE c > 0 GROUP BY a, b HAVING COUNT(*) > 1",
    "SELECT (SELECT MAX(x) FROM u) AS m, a FROM t",
    "SELECT 1 AS one, 'x' AS txt, a FROM t",
    "SELECT (a), ((b)) AS bb, -c AS neg FROM t",
    "WITH RECURSIVE r AS (SELECT id FROM t UNION ALL SELECT u.k FROM u, r) SELECT id FROM r",
]


def by_sqlglot(query: str, column: str) -> set[str]:
    schema = {table: dict.fromkeys(columns, "INT") for table, columns in SCHEMA.items()}
    found = lineage.lineage(column, query, schema=schema)
    return {
        f"{node.source.name}.{node.name.rpartition('.')[2]}".lower().replace('"', "")
        for node in found.walk()
        if isinstance(node.source, exp.Table)
    }


@pytest.mark.parametrize("query", QUERIES)
def test_the_leaves_are_those_of_the_oracle(query: str) -> None:
    tables, linked = tree({"ddl.sql": DDL, "m/o.sql": query})
    ours: dict[str, set[str]] = {}
    for edge in linked["m/o.sql"].edges:
        # That COUNT(*) depends on the rows of its table is more than the oracle says.
        if edge.kind == "value" and "." in edge.target:
            name = edge.source.removeprefix("sql:m.o.")
            ours.setdefault(name, set()).add(edge.target.removeprefix("sql:"))
    columns = tables.columns("m.o")
    assert columns.complete
    theirs = {column: by_sqlglot(query, column) for column in columns.names}
    assert ours == {column: leaves for column, leaves in theirs.items() if leaves}
