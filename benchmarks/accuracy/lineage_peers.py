"""What other tools say of the cases; runs under the interpreter of the environment they are in.

    python lineage_peers.py < cases.json > answers.json

Imports nothing of blastradius. A case is {sql, dialect, schema}; an answer is, for each tool, a list
of pairs [[column, table], [column, table]], or null where the tool failed.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

_SQLGLOT = {"ansi": "", "sparksql": "spark", "greenplum": "postgres", "mariadb": "mysql"}


def by_sqllineage(case: dict[str, Any]) -> list[Any]:
    """Return the answer of sqllineage, by the parser for the case's dialect."""
    from sqllineage.config import SQLLineageConfig  # noqa: PLC0415
    from sqllineage.core.metadata.dummy import DummyMetaDataProvider  # noqa: PLC0415
    from sqllineage.runner import LineageRunner  # noqa: PLC0415

    provider = DummyMetaDataProvider(case["schema"])
    with SQLLineageConfig(LATERAL_COLUMN_ALIAS_REFERENCE=case["lateral"]):
        runner = LineageRunner(case["sql"], dialect=case["dialect"], metadata_provider=provider)
        paths = set(runner.get_column_lineage())
    return [[_column(path[0]), _column(path[-1])] for path in paths]


def _column(column: Any) -> list[str | None]:  # noqa: ANN401 - a type of the peer's
    table = str(column.parent).removeprefix("<default>.") if column.parent is not None else None
    return [column.raw_name, table]


def by_sqlglot(case: dict[str, Any]) -> list[Any]:
    """Return the answer of sqlglot.lineage for each column that a statement's query puts out."""
    import sqlglot  # noqa: PLC0415
    from sqlglot import exp  # noqa: PLC0415

    dialect = _SQLGLOT.get(case["dialect"], case["dialect"])
    if case["lateral"] and not dialect:
        dialect = "redshift"
    schema: dict[str, Any] = {}
    for name, columns in case["schema"].items():
        *above, table = name.split(".")
        place = schema
        for part in above:
            place = place.setdefault(part, {})
        place[table] = dict.fromkeys(columns, "unknown")
    found: list[Any] = []
    for tree in sqlglot.parse(case["sql"], read=dialect):
        if isinstance(tree, exp.Insert | exp.Create) and isinstance(tree.expression, exp.Query):
            found += _of_query(tree, schema, dialect)
    return found


def _of_query(tree: Any, schema: dict[str, Any], dialect: str) -> Iterator[Any]:  # noqa: ANN401
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.lineage import lineage  # noqa: PLC0415

    target = tree.find(exp.Table)
    name = ".".join(part.name for part in target.parts)
    listed = (
        [one.name for one in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    )
    query = tree.expression
    if tree.args.get("with_"):
        query.set("with_", tree.args["with_"])
    qualified = _expanded(query, schema, dialect)
    for place, column in enumerate(qualified):
        node = lineage(column, query.copy(), schema=schema or {}, dialect=dialect)
        for leaf in node.walk():
            if isinstance(leaf.expression, exp.Table):
                source = ".".join(part.name for part in leaf.expression.parts)
                written = listed[place] if place < len(listed) else column
                yield [[leaf.name.rpartition(".")[2].strip('"'), source], [written, name]]


def _expanded(query: Any, schema: dict[str, Any], dialect: str) -> list[str]:  # noqa: ANN401
    from sqlglot.optimizer.qualify import qualify  # noqa: PLC0415

    tree = qualify(
        query.copy(), schema=schema or {}, dialect=dialect, validate_qualify_columns=False
    )
    return list(tree.named_selects)


def main() -> None:
    """Answer the cases on standard input."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    answers = []
    for case in json.load(sys.stdin):
        row: dict[str, Any] = {}
        for name, ask in (("sqllineage", by_sqllineage), ("sqlglot", by_sqlglot)):
            try:
                row[name] = ask(case)
            except ImportError:
                continue
            except Exception:  # noqa: BLE001 - a peer's failure is an answer
                row[name] = None
        answers.append(row)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
