"""Lineage cases of OpenLineage's SQL parser, read out of its Rust tests without running them.

A case is a call with SQL in literals, and the expectation that stands between it and the next call.
What is built by code (a loop over names) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.accuracy.lineage_cases import Case

_FOLDER = "integration/sql/impl/tests"
_CALL = re.compile(r"\b(?:test_(?:multiple_)?sql(?:_dialect)?|parse_sql)\(")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RAW = re.compile(r'r#?"(.*?)"#?', re.DOTALL)
_DIALECT = re.compile(r"&(\w+?)Dialect\b")
_NAMES = {"bigquery", "snowflake", "redshift", "mysql", "hive", "databricks", "mssql"}
_SPELT = {"generic": "ansi", "ms": "tsql", "mssql": "tsql", "postgresql": "postgres"}
_SIDES = re.compile(r"\b(in_tables|out_tables):")
_META = re.compile(
    r"(descendant|lineage)?:?\s*(?:vec!\[)?\s*ColumnMeta\s*\{\s*origin:\s*(None|Some\(([^{}]*?)\)),"
    r'\s*name:\s*"([^"]*)"',
    re.DOTALL,
)


def openlineage_cases(checkout: Path) -> tuple[list[Case], int]:
    """Return the cases, and how many calls state something else or are made by code."""
    found: list[Case] = []
    left = 0
    for path in sorted((checkout / _FOLDER).rglob("*.rs")):
        for number, test in enumerate(path.read_text().split("#[test]")[1:]):
            named = re.search(r"fn (\w+)", test)
            name = f"{path.stem}.{named[1] if named else number}"
            calls = [*_CALL.finditer(test)]
            for at, call in enumerate(calls):
                end = calls[at + 1].start() if at + 1 < len(calls) else len(test)
                made = list(_cases(name, test[call.start() : end]))
                left += not made
                found += made
    return found, left


def _cases(name: str, text: str) -> Iterator[Case]:
    depth = 0
    end = len(text)
    for place, character in enumerate(_TEXT.sub(lambda one: "_" * len(one[0]), text)):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ")" and not depth:
            end = place
            break
    call, rest = text[:end], text[end:]
    texts = [_plain(one) for one in _TEXT.findall(call)] or [*_RAW.findall(call)]
    if not texts or "format!" in call:
        return
    dialect = "postgres"
    if "_dialect(" in call and texts[-1] in _NAMES | {"postgres", "generic", "ansi"}:
        dialect = texts.pop()
    elif known := _DIALECT.search(call):
        dialect = known[1].lower()
    dialect = _SPELT.get(dialect, dialect)
    sql = "".join(texts) if "concat!" in call else ";\n".join(texts)
    if "ColumnLineage {" in rest:
        yield Case("openlineage", name, sql, dialect, {}, _columns(rest))
    sides = _tables(rest)
    if sides is not None:
        yield Case("openlineage", name, sql, dialect, {}, None, *sides)


def _plain(text: str) -> str:
    text = re.sub(r"\\\n\s*", "", text)
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def _columns(
    text: str,
) -> frozenset[tuple[tuple[str, str | None], tuple[str, str | None]]]:
    pairs = set()
    target: tuple[str, str | None] = ("", None)
    for role, _, origin, column in _META.findall(text):
        named = _TEXT.search(origin)
        table = named[1].lower() if named else None
        if role == "descendant":
            name = "<expr>" if re.fullmatch(r"_\d+", column) else column.lower()
            target = (name, table or "<query>")
        else:
            pairs.add(((column.lower(), table), target))
    return frozenset(pairs)


def _tables(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the tables read and written, None when the expectation is not spelt out."""
    parts = _SIDES.split(text)
    if len(parts) != 5:  # noqa: PLR2004 - before, and twice a name with what follows it
        return None
    sides = {}
    for side, told in ((parts[1], parts[2]), (parts[3], parts[4])):
        held = told.partition("}")[0]
        if "vec![" not in held and "tables(" not in held:
            return None
        if re.search(
            r"\b(?!tables|table|vec|to_string|DbTableMeta|new\w*|true|false)[a-z_]+\(", held
        ):
            return None
        # They keep the quotes as written; names are compared without.
        sides[side] = frozenset(
            re.sub(r'[`"\[\]]', "", _plain(one)).lower() for one in _TEXT.findall(held)
        )
    return sides["in_tables"], sides["out_tables"]
