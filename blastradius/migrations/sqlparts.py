"""Definitions in SQL: columns, constraints and indexes, as they stand between parentheses."""

from __future__ import annotations

from dataclasses import replace

from blastradius.migrations.lexing import Cursor, Statement, Word, commas
from blastradius.migrations.records import Column, Constraint, Index, Sql
from blastradius.migrations.spelling import (
    auto_name,
    condition,
    expression,
    folded,
    sql_default,
    sql_type,
)

Part = Column | Constraint | Index
_COLUMN_ENDS = frozenset(
    {
        "NOT",
        "NULL",
        "DEFAULT",
        "PRIMARY",
        "UNIQUE",
        "REFERENCES",
        "CHECK",
        "CONSTRAINT",
        "GENERATED",
    }
    | {"COLLATE", "AUTO_INCREMENT", "AUTOINCREMENT", "COMMENT", "ON", "AS", "STORAGE", "FIRST"}
    | {"AFTER", "USING", "INVISIBLE", "KEY", "DEFERRABLE", "INITIALLY"}
)
_TABLE_PARTS = frozenset(
    {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "KEY", "INDEX", "LIKE"}
    | {"FULLTEXT", "SPATIAL"}
)


def is_constraint(words: tuple[Word, ...]) -> bool:
    """Tell an element of a table that is no column."""
    return bool(words) and not words[0].quoted and words[0].upper in _TABLE_PARTS


def element(statement: Statement, words: tuple[Word, ...], table: str, dialect: str) -> list[Part]:
    """Return what one element between the parentheses of CREATE TABLE defines."""
    if is_constraint(words):
        made = constraint(Cursor(statement, words), table, dialect)
        return [made] if made is not None else []
    return column(Cursor(statement, words), table, dialect)


def column(cursor: Cursor, table: str, dialect: str) -> list[Part]:
    """Return a column, then the constraints that stand in its definition."""
    name = cursor.name()
    kind = _type_words(cursor)
    type_text = cursor.text(kind)
    normal, serial = sql_type(type_text)
    nullable, default, default_from, extra = True, "", None, "serial" if serial else ""
    constraints: list[Part] = []
    rest: list[str] = []
    while not cursor.done:
        start = cursor.at
        if cursor.take("NOT", "NULL"):
            nullable = False
            continue
        if cursor.take("NULL"):
            continue
        if cursor.take("DEFAULT"):
            words = _expression(cursor)
            default_from = Sql(cursor.text(words))
            default = sql_default(default_from.text)
            continue
        made = _inline(cursor, table, name, dialect)
        if made is not None:
            constraints.append(made)
            nullable = nullable and made.kind != "primary"
            continue
        if cursor.at == start:
            cursor.at += 1
            if cursor.words[start].upper in {"GENERATED", "COLLATE", "AS", "ON", "AUTO_INCREMENT"}:
                _expression(cursor)
                extra = (
                    f"{extra} {expression(cursor.text(cursor.words[start : cursor.at]))}".strip()
                )
        rest.append(cursor.text(cursor.words[start : cursor.at]))
    nullable = nullable and not serial
    if default.startswith("nextval("):
        default, extra = "", "serial"
    kept = Sql(" ".join(one for one in rest if one))
    return [
        Column(name, normal, nullable, default, extra, Sql(type_text), default_from, kept),
        *constraints,
    ]


def constraint(cursor: Cursor, table: str, dialect: str) -> Constraint | Index | None:
    """Return a constraint of a table, or a key of MySQL's; None for what defines neither."""
    start = cursor.at
    named = cursor.name() if cursor.take("CONSTRAINT") else ""
    if cursor.peek() in {"KEY", "INDEX", "FULLTEXT", "SPATIAL"}:
        return _mysql_key(cursor, table)
    made = _kind(cursor, table, named)
    if made is None:
        return None
    cursor.at = len(cursor.words)
    source = Sql(cursor.text(cursor.words[start:]))
    if made.name:
        return replace(made, source=source)
    return replace(
        made, name=auto_name(made.kind, table, made.columns, dialect), auto=True, source=source
    )


def _kind(cursor: Cursor, _table: str, name: str) -> Constraint | None:
    if cursor.take("PRIMARY", "KEY"):
        return Constraint(name, "primary", _columns(cursor), "")
    if cursor.take("UNIQUE"):
        cursor.take_any("KEY", "INDEX")
        if cursor.take("USING", "INDEX"):
            return Constraint(name, "unique", (), None)
        named = "" if cursor.peek() == "(" else cursor.name()
        extra = "nulls not distinct" if cursor.take("NULLS", "NOT", "DISTINCT") else ""
        return Constraint(name or named, "unique", _columns(cursor), extra)
    if cursor.take("FOREIGN", "KEY"):
        columns = _columns(cursor)
        return _references(cursor, Constraint(name, "foreign", columns))
    if cursor.take("CHECK"):
        words = cursor.group()
        # Which columns a check names decides the name that PostgreSQL gives it, and is not known.
        return Constraint(name, "check", (), condition(cursor.text(words)))
    if cursor.take("EXCLUDE"):
        return Constraint(name, "exclude", (), expression(cursor.text(cursor.rest())))
    return None


def _references(cursor: Cursor, made: Constraint) -> Constraint:
    if not cursor.take("REFERENCES"):
        return made
    target = cursor.name()
    columns = _columns(cursor)
    actions = []
    while not cursor.done:
        start = cursor.at
        if cursor.take("ON", "DELETE") or cursor.take("ON", "UPDATE"):
            word = cursor.peek()
            cursor.at += 2 if word in {"SET", "NO"} else 1
            said = expression(cursor.text(cursor.words[start : cursor.at]))
            if not said.endswith("no action"):
                actions.append(said)
        elif cursor.take("DEFERRABLE"):
            actions.append("deferrable")
        elif cursor.take("INITIALLY"):
            actions.append(f"initially {cursor.peek().lower()}")
            cursor.at += 1
        elif cursor.take("NOT", "VALID") or cursor.take_any("MATCH", "NOT"):
            cursor.take_any("FULL", "SIMPLE", "DEFERRABLE")
        else:
            break
    rule = f"{target}({','.join(columns)}) {' '.join(sorted(actions))}".strip()
    return replace(made, rule=rule, referred=target)


def _inline(cursor: Cursor, table: str, column_name: str, dialect: str) -> Constraint | None:
    """Return the constraint that comes next in a column's definition, None when none does."""
    start = cursor.at
    name = cursor.name() if cursor.take("CONSTRAINT") else ""
    made: Constraint | None = None
    if cursor.take("PRIMARY", "KEY"):
        made = Constraint(name, "primary", (column_name,), "")
    elif cursor.take("UNIQUE"):
        cursor.take_any("KEY")
        made = Constraint(name, "unique", (column_name,), "")
    elif cursor.peek() == "REFERENCES":
        made = _references(cursor, Constraint(name, "foreign", (column_name,)))
    elif cursor.take("CHECK"):
        words = cursor.group()
        made = Constraint(name, "check", (column_name,), condition(cursor.text(words)))
    if made is None:
        cursor.at = start
        return None
    named = name or auto_name(made.kind, table, made.columns, dialect)
    said = cursor.text(cursor.words[start : cursor.at])
    kinds = {"primary": "PRIMARY KEY", "unique": "UNIQUE", "foreign": "FOREIGN KEY"}
    quoted = _quoted_first(cursor, column_name)
    if made.kind == "check":
        text = said
    elif made.kind == "foreign":
        text = f"{kinds['foreign']} ({quoted}) {said[said.upper().index('REFERENCES') :]}"
    else:
        text = f"{kinds[made.kind]} ({quoted})"
    return replace(made, name=named, auto=not name, source=Sql(text))


def _quoted_first(cursor: Cursor, name: str) -> str:
    word = cursor.words[0]
    return word.text if folded(word.text) == name else name


def _mysql_key(cursor: Cursor, table: str) -> Index | None:
    start = cursor.at
    kind = cursor.take_any("FULLTEXT", "SPATIAL").lower()
    cursor.take_any("KEY", "INDEX")
    name = "" if cursor.peek() == "(" else cursor.name()
    columns = _columns(cursor)
    cursor.at = len(cursor.words)
    made = name or (columns[0] if columns else "")
    source = Sql(cursor.text(cursor.words[start:]))
    return Index(made, table, columns, kind, source, auto=not name)


def _columns(cursor: Cursor) -> tuple[str, ...]:
    """Read names in parentheses, of expressions their normal form."""
    found = []
    for part in commas(cursor.group()):
        inner = Cursor(cursor.statement, part)
        name = inner.name()
        found.append(name if inner.done and name else expression(cursor.text(part)))
    return tuple(found)


def _type_words(cursor: Cursor) -> tuple[Word, ...]:
    start = cursor.at
    first = True
    while not cursor.done:
        word = cursor.words[cursor.at]
        if not first and not word.quoted and (word.upper in _COLUMN_ENDS):
            break
        if first and word.upper in _COLUMN_ENDS and not word.quoted:
            break  # SQLite lets a column be without a type
        if word.upper == "(":
            cursor.group()
        else:
            cursor.at += 1
        first = False
    return cursor.words[start : cursor.at]


def _expression(cursor: Cursor) -> tuple[Word, ...]:
    """Read an expression up to the next word that starts another part of a column's definition."""
    start = cursor.at
    while not cursor.done:
        word = cursor.words[cursor.at]
        begun = cursor.at > start
        if word.upper == "(":
            cursor.group()
            continue
        ends = _COLUMN_ENDS - {"NULL", "AS", "ON"} if begun else frozenset()
        ending = not word.quoted and not word.literal and word.upper in ends
        if ending and (word.upper != "NOT" or cursor.peek(1) == "NULL"):
            break
        if begun and word.upper == "NULL" and cursor.words[cursor.at - 1].upper != "::":
            break
        cursor.at += 1
    return cursor.words[start : cursor.at]
