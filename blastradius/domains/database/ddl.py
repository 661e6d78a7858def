"""Statements of plain SQL that change a schema or rows, found without a dialect's grammar."""

from __future__ import annotations

import re

from blastradius.domains.database.operations import Gravity, Operation
from blastradius.domains.lines import line_of

# Comments and string literals, so that what they quote is no statement.
_NOISE = re.compile(r"--[^\n]*|/\*|'(?:[^']|'')*'|\$\w*\$")
_BLANKED = re.compile(r"[^\n]")
_NAME = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?([\w.\"`\[\]-]+)"
_CREATE = r"CREATE\s+(?:OR\s+REPLACE\s+)?"
_ALTER = r"ALTER\s+TABLE\s+NAME\s[^;]*?\b"
_NOT_A_COLUMN = "CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|CHECK|INDEX|KEY"
_DROPPED_ELSE = f"{_NOT_A_COLUMN}|DEFAULT|NOT|EXPRESSION|IDENTITY"
_SHAPES: tuple[tuple[str, str, Gravity], ...] = (
    (r"DROP\s+TABLE\s+NAME", "drop table", "drop"),
    (r"DROP\s+(?:SCHEMA|DATABASE)\s+NAME", "drop schema", "drop"),
    (r"TRUNCATE\s+(?:TABLE\s+)?NAME", "truncate", "drop"),
    (rf"{_ALTER}DROP\s+(?:COLUMN\s+)?(?!{_DROPPED_ELSE})\w", "drop column of", "drop"),
    (r"DELETE\s+FROM\s+NAME", "delete rows of", "rows"),
    (r"UPDATE\s+NAME\s+SET\b", "update rows of", "rows"),
    (r"INSERT\s+INTO\s+NAME", "insert rows into", "alter"),
    (r"CREATE\s+(?:TEMP\w*\s+|UNLOGGED\s+|EXTERNAL\s+)?TABLE\s+NAME", "create table", "add"),
    (r"CREATE\s+OR\s+REPLACE\s+TABLE\s+NAME", "replace table", "alter"),
    (rf"{_CREATE}(?:MATERIALIZED\s+)?VIEW\s+NAME", "create view", "index"),
    (rf"{_CREATE}(?:FUNCTION|PROCEDURE|TRIGGER)\s+NAME", "create function", "alter"),
    (r"CREATE\s+(?:SCHEMA|DATABASE|TYPE|SEQUENCE|EXTENSION)\s+NAME", "create", "add"),
    (r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?NAME", "create index", "index"),
    (r"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?NAME", "drop index", "index"),
    (r"DROP\s+(?:MATERIALIZED\s+)?VIEW\s+NAME", "drop view", "index"),
    (rf"{_ALTER}ADD\s+(?:{_NOT_A_COLUMN})\b", "add constraint to", "index"),
    (rf"{_ALTER}ADD\s+(?:COLUMN\s+)?(?!{_NOT_A_COLUMN})\w", "add column to", "add"),
    (rf"{_ALTER}RENAME\b", "rename in", "alter"),
    (rf"{_ALTER}(?:ALTER|MODIFY|CHANGE)\b", "alter column of", "alter"),
    (r"GRANT\b[^;]*?\bON\s+(?:TABLE\s+)?NAME", "grant on", "alter"),
    (r"REVOKE\b[^;]*?\bON\s+(?:TABLE\s+)?NAME", "revoke on", "alter"),
)
_STATEMENTS = tuple(
    (re.compile(rf"\s*{shape.replace('NAME', _NAME)}", re.IGNORECASE), verb, gravity)
    for shape, verb, gravity in _SHAPES
)
_MAX_STATEMENT = 20_000
_MAX_STATEMENTS = 2_000


def of_sql(text: str, first_line: int = 1) -> list[Operation]:
    """Return the DDL and the row changes of a SQL text, with their lines."""
    clean = _without_noise(text)
    found: list[Operation] = []
    offset = 0
    for statement in clean.split(";")[:_MAX_STATEMENTS]:
        part = statement[:_MAX_STATEMENT]
        for pattern, verb, gravity in _STATEMENTS:
            match = pattern.match(part)
            if match is not None:
                line = first_line - 1 + line_of(clean, offset + len(part) - len(part.lstrip()))
                found.append(Operation(verb, match.group(1).strip('"`[]'), line, gravity))
        offset += len(statement) + 1
    return sorted(found, key=lambda one: one.line)


def _without_noise(text: str) -> str:
    """Blank comments, string literals and PostgreSQL's dollar quotes; lines stay."""
    parts: list[str] = []
    kept = 0
    absent: set[str] = set()
    for match in _NOISE.finditer(text):
        if match.start() < kept:
            continue
        opening, end = match.group(), match.end()
        if opening == "/*" or opening.startswith("$"):
            closing = "*/" if opening == "/*" else opening
            found = -1 if closing in absent else text.find(closing, end)
            if found < 0:
                absent.add(closing)
                continue
            end = found + len(closing)
        parts += (text[kept : match.start()], _BLANKED.sub(" ", text[match.start() : end]))
        kept = end
    return "".join((*parts, text[kept:]))
