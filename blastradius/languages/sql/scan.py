"""The last resort for a statement that no parser takes: the names after FROM, JOIN and INTO."""

from __future__ import annotations

import re
from bisect import bisect_right

from blastradius.languages.sql.names import without_holes

_SKIPPED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^'\\\n]|''|\\.)*'", re.DOTALL)
_PART = r"(?:`[^`\n]+`|\"[^\"\n]+\"|\[[^\]\n]+\]|[A-Za-z_][\w$-]*)"
_AFTER = re.compile(
    rf"\b(FROM|JOIN|INTO|UPDATE|TABLE|VIEW)\s+(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rf"({_PART}(?:\s*\.\s*{_PART}){{0,3}})(\s*\()?",
    re.IGNORECASE,
)
_NAMED_WITH = re.compile(rf"(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)({_PART})\s+AS\s*\(", re.IGNORECASE)
_UNQUOTED = re.compile(r"[`\"\[\]\s]")
_NO_NAMES = frozenset({"select", "unnest", "lateral", "values", "set", "from", "table"})


def scan(text: str, first_line: int = 1) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return what ``text`` seems to read and to write, as (name, line), in order, each once.

    Strings and comments are left out; so are names that a WITH of the text makes itself.
    """
    plain = _SKIPPED.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    starts = [match.end() for match in re.finditer("\n", plain)]
    own = {_name(match.group(1)) for match in _NAMED_WITH.finditer(plain)}
    reads: dict[str, int] = {}
    writes: dict[str, int] = {}
    for match in _AFTER.finditer(plain):
        name = _name(match.group(2))
        if not name or name in own or name in _NO_NAMES:
            continue
        word = match.group(1).upper()
        if match.group(3) and word in {"FROM", "JOIN"}:
            continue  # a table function
        line = first_line + bisect_right(starts, match.start(2))
        (reads if word in {"FROM", "JOIN"} else writes).setdefault(name, line)
    return list(reads.items()), list(writes.items())


def _name(written: str) -> str:
    return without_holes(_UNQUOTED.sub("", written).split("."))
