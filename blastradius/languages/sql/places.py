"""Places of files (a path, an address, a stage): relations that no text declares."""

from __future__ import annotations

import re

from sqlglot import exp

from blastradius.languages.sql.names import HOLE

_LONGEST = 300
# What opens a place may be in its address: it is no part of the name.
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@(?=[^/])")
_FORMATS = frozenset(
    {"avro", "binaryfile", "csv", "delta", "iceberg", "json", "orc", "parquet", "text", "xml"}
)
_SUFFIXES = (".csv", ".parquet", ".json", ".jsonl", ".ndjson", ".tsv", ".gz", ".orc", ".avro")
_READERS = re.compile(
    r"(?:read_(?:csv|csv_auto|json|json_auto|json_objects|ndjson|ndjson_auto|parquet|text|blob)"
    r"|parquet_scan|s3|s3cluster|gcs|url|hdfs|file)\Z",
    re.IGNORECASE,
)


def place_name(text: str) -> str:
    """Return the name of a place; empty for none, and for one that is computed at run time.

    A stage's name is the same in whatever case; logins, and the signature behind ``?``, are left
    out of addresses.
    """
    name = text.strip()
    if name.startswith("@"):
        stage, slash, path = name.partition("/")
        name = f"{stage.lower()}{slash}{path}"
    elif "://" in name:
        name = _LOGIN.sub("", name).partition("?")[0]
    if not name or HOLE in name or len(name) > _LONGEST or "\n" in name:
        return ""
    return name


def place_of(node: exp.Expr, dialect: str = "") -> str:
    """Return the place that a node in FROM, INTO or TO stands for, empty when it is another thing."""
    if isinstance(node, exp.Literal):
        return place_name(node.name) if node.is_string else ""
    if not isinstance(node, exp.Table):
        return ""
    named = node.this
    if isinstance(named, exp.Literal):
        return place_of(named)
    if isinstance(named, exp.Var):
        return place_name(named.name) if named.name.startswith("@") else ""
    if isinstance(named, exp.Identifier):
        return _quoted(node, named, dialect)
    return _read_by(named)


def _quoted(table: exp.Table, named: exp.Identifier, dialect: str) -> str:
    """Return the place that a quoted name is: an address, Spark's ``csv.`a/b```, DuckDB's file."""
    text = named.name
    if not named.args.get("quoted"):
        return ""
    of_format = table.db.lower() in _FORMATS and not table.catalog and "/" in text
    of_file = dialect == "duckdb" and not table.db and text.lower().endswith(_SUFFIXES)
    return place_name(text) if "://" in text or of_format or of_file else ""


def _read_by(call: object) -> str:
    """Return the place that a function reads its rows from."""
    if isinstance(call, exp.ReadCSV):
        given = [call.this]
    elif isinstance(call, exp.ReadParquet) or (
        isinstance(call, exp.Anonymous) and _READERS.match(str(call.this))
    ):
        given = call.expressions
    else:
        return ""
    return place_of(given[0]) if given and isinstance(given[0], exp.Literal) else ""
