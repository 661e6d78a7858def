"""Statements that move rows without a query, and that the parser leaves as text or does not take.

Only their heads are looked at: which table, file or query gives, and which takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from blastradius.languages.sql.scan import PART

_N = rf"({PART}(?:\s*\.\s*{PART}){{0,3}})"
_TEXT = r"N?'((?:[^']|'')*)'"
_COMMENTS = re.compile(
    r"('(?:[^']|'')*'?|\"[^\"\n]*\"?|`[^`\n]*`?)|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)
# Heads are short; a text that only looks like one is not searched to its end.
_LONGEST_HEAD = 4_000

MoveKind = Literal["renamed", "swapped", "moved", "loaded", "unloaded", "statement"]


@dataclass(frozen=True, slots=True)
class Move:
    """``target`` gets the rows of ``source``: names as they are written, empty when not named.

    kind: ``renamed`` (the source is gone), ``swapped`` (one of the two ways), ``moved`` (rows go from
    table to table), ``loaded`` (the source is a place of files), ``unloaded`` (the target is one;
    ``query`` gives the rows, or the source does), ``statement`` (``query`` is one that is run).
    ``line``: lines of the statement that stand before the query.
    """

    kind: MoveKind
    source: str
    target: str
    query: str = ""
    line: int = 0


def moves(text: str) -> tuple[Move, ...]:
    """Return what a statement moves; empty when it is none of those that are known here."""
    plain = _COMMENTS.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text).strip()
    word = plain[:20].split(None, 1)[0].upper() if plain else ""
    for pattern, build in _FORMS.get(word, ()):
        found = pattern.search(plain, 0, len(plain) if word in _LONG else _LONGEST_HEAD)
        if found is not None:
            return tuple(build(found))
    return ()


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(r"\A" + text.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _from_second(kind: MoveKind) -> Callable[[re.Match[str]], Iterator[Move]]:
    """Return a builder for a form that names the target first."""

    def built(found: re.Match[str]) -> Iterator[Move]:
        yield Move(kind, found[2], found[1])

    return built


def _from_first(kind: MoveKind) -> Callable[[re.Match[str]], Iterator[Move]]:
    """Return a builder for a form that names the source first."""

    def built(found: re.Match[str]) -> Iterator[Move]:
        yield Move(kind, found[1], found[2])

    return built


def _swapped(found: re.Match[str]) -> Iterator[Move]:
    yield Move("swapped", found[2], found[1])
    yield Move("swapped", found[1], found[2])


def _renamed(found: re.Match[str]) -> Iterator[Move]:
    for old, new in re.findall(rf"{_N}\s+TO\s+{_N}", found[1], re.IGNORECASE):
        yield Move("renamed", old, new)


def _called(found: re.Match[str]) -> Iterator[Move]:
    """SQL Server renames by a procedure; a column's new name is an affair of `ALTER TABLE`."""
    if (found[3] or "OBJECT").upper() == "OBJECT":
        folder = found[1].rpartition(".")[0]
        yield Move("renamed", found[1], f"{folder}.{found[2]}" if folder else found[2])


def _unloaded(found: re.Match[str]) -> Iterator[Move]:
    group = next(one for one in ("quoted", "dollar", "plain") if found[one] is not None)
    query = found[group].replace("''", "'") if group == "quoted" else found[group]
    yield Move("unloaded", "", found["place"], query, _lines_before(found, group))


def _into_file(found: re.Match[str]) -> Iterator[Move]:
    between = "\n" * found.string.count("\n", found.end(1), found.start(3))
    yield Move("unloaded", "", found[2], f"{found[1]}{between or ' '}{found[3]}")


def _directory(found: re.Match[str]) -> Iterator[Move]:
    yield Move("unloaded", "", found[1], found[2], _lines_before(found, 2))


def _piped(found: re.Match[str]) -> Iterator[Move]:
    yield Move("statement", "", "", found[2], _lines_before(found, 2))


def _lines_before(found: re.Match[str], group: str | int) -> int:
    return found.string.count("\n", 0, found.start(group))


_Form = tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Move]]]
# Forms that end in a query: it may be long.
_LONG = frozenset({"UNLOAD", "SELECT", "INSERT", "CREATE"})
_SP_RENAME = (
    rf"EXEC(?:UTE)? (?:(?:dbo|sys)\s*\.\s*)?sp_rename (?:@objname\s*=\s*)?{_TEXT}\s*,"
    rf"\s*(?:@newname\s*=\s*)?{_TEXT}(?:\s*,\s*(?:@objtype\s*=\s*)?N?'(\w+)')?"
)
_FORMS: dict[str, tuple[_Form, ...]] = {
    "RENAME": ((_pattern(r"RENAME TABLES? (.+)"), _renamed),),
    "EXCHANGE": ((_pattern(rf"EXCHANGE TABLES {_N} AND {_N}"), _swapped),),
    "ALTER": (
        (
            # Hive takes the partition out of the other table; elsewhere the two change places.
            _pattern(rf"ALTER TABLE {_N} EXCHANGE PARTITION\s*\([^()]*\)\s*WITH TABLE {_N}"),
            _from_second("moved"),
        ),
        (_pattern(rf"ALTER TABLE {_N} EXCHANGE PARTITION \w+ WITH TABLE {_N}"), _swapped),
        (
            _pattern(rf"ALTER TABLE {_N} SWITCH (?:PARTITION \S+ )?TO {_N}"),
            _from_first("moved"),
        ),
        (
            _pattern(rf"ALTER TABLE {_N} (?:ATTACH|REPLACE) PARTITION \S+ FROM {_N}"),
            _from_second("moved"),
        ),
        (_pattern(rf"ALTER TABLE {_N} MOVE PARTITION \S+ TO TABLE {_N}"), _from_first("moved")),
        (
            _pattern(rf"ALTER TABLE (?:IF EXISTS )?{_N} ATTACH PARTITION {_N} (?:FOR|DEFAULT)\b"),
            _from_second("moved"),
        ),
    ),
    "BULK": (
        (
            _pattern(rf"BULK INSERT {_N} FROM {_TEXT}\s*(?:WITH\s*\([^()]*\)\s*)?\Z"),
            _from_second("loaded"),
        ),
    ),
    "LOAD": (
        (
            _pattern(
                rf"LOAD DATA (?:(?:LOW_PRIORITY|CONCURRENT) )?(?:LOCAL )?INFILE {_TEXT} "
                rf"(?:(?:REPLACE|IGNORE) )?INTO TABLE {_N}"
            ),
            _from_first("loaded"),
        ),
    ),
    "EXEC": ((_pattern(_SP_RENAME), _called),),
    "EXECUTE": ((_pattern(_SP_RENAME), _called),),
    "UNLOAD": (
        (
            _pattern(
                r"UNLOAD\s*\(\s*(?:'(?P<quoted>(?:[^']|'')*)'|\$\$(?P<dollar>.*?)\$\$"
                r"|(?P<plain>(?:SELECT|WITH)\b.*?))\s*\)\s*TO '(?P<place>(?:[^']|'')*)'"
            ),
            _unloaded,
        ),
    ),
    "SELECT": (
        (
            _pattern(
                rf"(SELECT\b.*?)\bINTO (?:OUTFILE|DUMPFILE) {_TEXT}(?:(?!\bFROM\b).)*(FROM\b.*|\Z)"
            ),
            _into_file,
        ),
    ),
    "INSERT": (
        (
            _pattern(
                rf"INSERT OVERWRITE (?:LOCAL )?DIRECTORY {_TEXT}.*?((?:\bSELECT|\bWITH|\bFROM)\b.*)"
            ),
            _directory,
        ),
    ),
    "CREATE": (
        (
            _pattern(
                rf"CREATE (?:OR REPLACE )?PIPE (?:IF NOT EXISTS )?{_N}\b.*?\bAS (COPY INTO .*)"
            ),
            _piped,
        ),
    ),
}
