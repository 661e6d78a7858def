"""Column lineage against the cases that other projects' test suites state.

    python -m benchmarks.accuracy.lineage CHECKOUT [--openlineage CHECKOUT] [--sqlglot CHECKOUT]
        [--peers PYTHON] [--show] [--tables]

CHECKOUT is a checkout of reata/sqllineage, the others of OpenLineage/OpenLineage and of
tobymao/sqlglot; their tests are read as text and as syntax trees, none of their code is run.
``--peers`` names an interpreter that has sqllineage and sqlglot, to answer sqllineage's cases.
A case counts when the set of (source column, target column) pairs is exactly the expected one, end
to end over all statements of the text. About a third of the cases, chosen by a digest of their text,
is kept apart: of those only the figures are printed.

Conventions of the suite that are met by renaming here, on both sides: a column without a name (an
expression) is ``<expr>``; a column that may be of several tables has no table. A case of sqlglot is
about one column of its query.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.accuracy.lineage_cases import Case, sqllineage_cases
from benchmarks.accuracy.lineage_openlineage import openlineage_cases
from benchmarks.accuracy.lineage_sqlglot import sqlglot_cases
from blastradius.languages.sql.extraction import extract
from blastradius.languages.sql.lineage import lineage
from blastradius.languages.sql.lookups import decoded
from blastradius.model.lineage import LineageEdge, LineageRelation

Node = tuple[str, str | None]
Pair = tuple[Node, Node]

_PLAIN = re.compile(r"[\w$*#@ -]+")
_UNNAMED = re.compile(r"_col_\d+")
# The one nearest to ANSI in which a projection may name another.
_LATERAL_DIALECT = "redshift"
_DIALECTS = {
    "ansi": "",
    "sparksql": "spark",
    "greenplum": "postgres",
    "mariadb": "mysql",
    "vertica": "postgres",
    "impala": "hive",
    "db2": "",
    "soql": "",
}


def ours(case: Case) -> tuple[frozenset[Pair], tuple[LineageRelation, ...]]:
    """Return our pairs end to end, and the relations."""
    dialect = _DIALECTS.get(case.dialect, case.dialect)
    if case.lateral and not dialect:
        dialect = _LATERAL_DIALECT
    summary = decoded(extract(case.sql.encode(), dialect))
    edges, relations, _ = lineage(summary, case.schema)
    pairs = frozenset(_normal(pair) for pair in _end_to_end(edges))
    if case.suite == "sqlglot":
        asked = {target for _, target in expected(case)}
        pairs = frozenset(pair for pair in pairs if pair[1] in asked)
    return pairs, relations


def _end_to_end(edges: Iterable[LineageEdge]) -> set[Pair]:
    """Return (first, last) of every chain of values, as the suite states them."""
    above: dict[Node, set[Node]] = {}
    read: set[Node] = set()
    for edge in edges:
        if edge.kind != "value":
            continue
        table, _, column = edge.source.rpartition(".")
        source = (column, None if edge.certainty == "ambiguous" else table)
        table, _, column = edge.target.rpartition(".")
        above.setdefault((column, table), set()).add(source)
        if source != (column, table):
            read.add(source)
    pairs: set[Pair] = set()
    for target in above:
        if target in read:
            continue
        waiting, seen = [target], {target}
        while waiting:
            node = waiting.pop()
            for source in above.get(node, ()):
                if source not in above or source == node:
                    pairs.add((source, target))
                elif source not in seen:
                    seen.add(source)
                    waiting.append(source)
    return pairs


def _normal(pair: Pair) -> Pair:
    (column, table), (written, target) = pair
    return (_name(column), _plain_table(table)), (_name(written), _plain_table(target))


def _name(column: str) -> str:
    plain = column.lower().strip('`"[]')
    return "<expr>" if _UNNAMED.fullmatch(plain) or not _PLAIN.fullmatch(plain) else plain


def _plain_table(table: str | None) -> str | None:
    return None if table is None else re.sub(r'[`"\[\]]', "", table.lower())


def expected(case: Case) -> frozenset[Pair]:
    """Return what the suite states."""
    return frozenset(_normal(pair) for pair in case.columns or ())


def by_peers(python: str, cases: Sequence[Case]) -> list[dict[str, frozenset[Pair] | None]]:
    """Return for each case what each peer says, None where it failed."""
    asked = [
        {"sql": one.sql, "dialect": one.dialect, "schema": one.schema, "lateral": one.lateral}
        for one in cases
    ]
    script = Path(__file__).with_name("lineage_peers.py")
    run = subprocess.run(  # noqa: S603 - the interpreter that the caller names
        [python, str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return [
        {
            name: None
            if pairs is None
            else frozenset(_normal((tuple(one), tuple(two))) for one, two in pairs)
            for name, pairs in row.items()
        }
        for row in json.loads(run.stdout)
    ]


def tables_right(case: Case, relations: Iterable[LineageRelation]) -> bool:
    """Tell whether the tables read from outside and left written are the expected ones."""
    read = {one.name for one in relations if one.read}
    written = {one.name for one in relations if one.written and not one.name.startswith("<")}
    reads, writes = set(case.reads or ()), set(case.writes or ())
    both = reads & writes
    return read - (written - both) == reads and written - (read - both) == writes


def _line(name: str, right: Sequence[bool], apart: Sequence[bool]) -> str:
    kept = [one for one, far in zip(right, apart, strict=True) if far]
    seen = [one for one, far in zip(right, apart, strict=True) if not far]
    parts = [("all", list(right)), ("looked at", seen), ("kept apart", kept)]
    texts = [
        f"{label} {sum(each)}/{len(each)} ({sum(each) / max(len(each), 1):.1%})"
        for label, each in parts
    ]
    return f"{name:12} " + "   ".join(texts)


def _read(args: argparse.Namespace) -> tuple[list[Case], int]:
    """Return the cases of all suites, and how many tests state something else."""
    found, unread = sqllineage_cases(args.checkout)
    left = len(unread)
    for checkout, read in ((args.openlineage, openlineage_cases), (args.sqlglot, sqlglot_cases)):
        if checkout is not None:
            more, others = read(checkout)
            found += more
            left += others
    return found, left


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--openlineage", type=Path)
    parser.add_argument("--sqlglot", type=Path)
    parser.add_argument("--peers")
    parser.add_argument("--show", action="store_true", help="the wrong ones of those looked at")
    parser.add_argument("--tables", action="store_true", help="the cases about tables, not columns")
    args = parser.parse_args()
    found, left = _read(args)
    cases = [one for one in found if (one.columns is None) == args.tables]
    answers = [ours(one) for one in cases]
    if args.tables:
        right = [tables_right(one, said[1]) for one, said in zip(cases, answers, strict=True)]
    else:
        right = [said[0] == expected(one) for one, said in zip(cases, answers, strict=True)]
    print(f"{len(cases)} cases; {left} tests state something else")
    suites = list(dict.fromkeys(one.suite for one in cases))
    for suite in suites if len(suites) > 1 else ():
        chosen = [place for place, one in enumerate(cases) if one.suite == suite]
        print(_line(suite, [right[one] for one in chosen], [cases[one].apart for one in chosen]))
    print(_line("blastradius", right, [one.apart for one in cases]))
    if args.peers and not args.tables:
        cases = [one for one in cases if one.suite == "sqllineage"]
        apart = [one.apart for one in cases]
        peers = by_peers(args.peers, cases)
        for name in sorted({name for row in peers for name in row}):
            theirs = [row.get(name) == expected(one) for row, one in zip(peers, cases, strict=True)]
            print(_line(name, theirs, apart))
    if args.show:
        for case, said, good in zip(cases, answers, right, strict=True):
            if not good and not case.apart:
                print(f"\n== {case.name} ({case.dialect})\n{case.sql.strip()}")
                if args.tables:
                    print("expected", sorted(case.reads or ()), sorted(case.writes or ()))
                    print("relations", [(one.name, one.read, one.written) for one in said[1]])
                else:
                    print("lost ", sorted(expected(case) - said[0], key=str))
                    print("extra", sorted(said[0] - expected(case), key=str))


if __name__ == "__main__":
    main()
