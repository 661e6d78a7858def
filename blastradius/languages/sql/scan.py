"""The last resort for a statement that no parser takes: the names after FROM, JOIN and INTO."""

from __future__ import annotations

import re
from bisect import bisect_right

from blastradius.languages.sql.names import without_holes

# What never closes is matched too, so that nobody looks for its end again and again.
_SKIPPED = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\\n]|''|\\.)*(?P<closing>'?)", re.DOTALL)
PART = r"(?:`[^`\n]+`|\"[^\"\n]+\"|\[[^\]\n]+\]|[A-Za-z_][\w$-]*)"
_AFTER = re.compile(
    rf"\b(FROM|JOIN|INTO|UPDATE|TABLE|VIEW)\s+(?:ONLY\s+|IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rf"({PART}(?:\s*\.\s*{PART}){{0,3}})(\s*\()?",
    re.IGNORECASE,
)
_NAMED_WITH = re.compile(rf"(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)({PART})\s+AS\s*\(", re.IGNORECASE)
_UNQUOTED = re.compile(r"[`\"\[\]\s]")
_NO_NAMES = frozenset({"select", "unnest", "lateral", "values", "set", "from", "table"})


def scan(text: str, first_line: int = 1) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return what ``text`` seems to read and to write, as (name, line), in order, each once.

    Strings and comments are left out; so are names that a WITH of the text makes itself.
    """
    plain = _SKIPPED.sub(_blank, text)
    starts = [match.end() for match in re.finditer("\n", plain)]
    own = {plain_name(match.group(1)) for match in _NAMED_WITH.finditer(plain)}
    reads: dict[str, int] = {}
    writes: dict[str, int] = {}
    for match in _AFTER.finditer(plain):
        name = plain_name(match.group(2))
        if not name or name in own or name in _NO_NAMES:
            continue
        word = match.group(1).upper()
        if match.group(3) and word in {"FROM", "JOIN"}:
            continue  # a table function
        line = first_line + bisect_right(starts, match.start(2))
        (reads if word in {"FROM", "JOIN"} else writes).setdefault(name, line)
    return list(reads.items()), list(writes.items())


def _blank(match: re.Match[str]) -> str:
    """Return blanks for a comment or a string; an apostrophe that no other closes is none."""
    return match[0] if match["closing"] == "" else re.sub(r"[^\n]", " ", match[0])


def plain_name(written: str) -> str:
    """Return the dotted name that ``written`` quotes in any dialect's way; empty if computed."""
    return without_holes(_UNQUOTED.sub("", written).split("."))
