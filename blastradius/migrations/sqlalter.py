"""ALTER TABLE: each of its actions as one step."""

from __future__ import annotations

from dataclasses import replace

from blastradius.migrations.lexing import Cursor, Word, commas
from blastradius.migrations.records import Change, Column, Constraint, Do, Index, Sql, Thing, Verb
from blastradius.migrations.spelling import expression, sql_default, sql_type
from blastradius.migrations.sqlparts import column, constraint, is_constraint

_NO_SCHEMA = frozenset({"OWNER", "VALIDATE", "CLUSTER", "REPLICA", "ORDER", "FORCE", "NO"})


def alter_table(cursor: Cursor, dialect: str) -> list[Do]:
    """Return the steps of an ALTER TABLE whose first words are read."""
    cursor.exists()
    cursor.take_any("ONLY")
    table = cursor.name()
    cursor.take("*")
    spelled = _table_text(cursor)
    found: list[Do] = []
    for words in commas(cursor.rest()):
        one = Cursor(cursor.statement, words)
        text = one.text(words)
        origin = Sql(f"ALTER TABLE {spelled} {text}")
        found += [replace(do, origin=origin) for do in _action(one, table, dialect)]
    return found


def _table_text(cursor: Cursor) -> str:
    """Return the table's name as the statement spells it."""
    spelled = Cursor(cursor.statement, cursor.statement.words)
    spelled.take("ALTER")
    spelled.take_any("FOREIGN")
    spelled.take("TABLE")
    spelled.exists()
    spelled.take_any("ONLY")
    start = spelled.at
    spelled.name()
    return spelled.text(spelled.words[start : spelled.at])


def _action(cursor: Cursor, table: str, dialect: str) -> list[Do]:  # noqa: PLR0911 - one case each
    first = cursor.take_any("ADD", "DROP", "ALTER", "RENAME", "MODIFY", "CHANGE", "SET", "ENABLE")
    if first == "ADD":
        return _add(cursor, table, dialect)
    if first == "DROP":
        return _drop(cursor, table)
    if first == "ALTER":
        return _alter_column(cursor, table, dialect)
    if first == "RENAME":
        return _rename(cursor, table)
    if first in {"MODIFY", "CHANGE"}:
        return _modify(cursor, table, dialect, renames=first == "CHANGE")
    if first == "SET" and cursor.take("SCHEMA"):
        bare = table.rpartition(".")[2]
        schema = cursor.name()
        return [
            Do("rename_table", 1, table, new=bare if schema == "public" else f"{schema}.{bare}")
        ]
    if first == "ENABLE" or cursor.peek() == "DISABLE":
        return _switch(cursor, table, on=first == "ENABLE")
    if cursor.peek() in _NO_SCHEMA:
        return [Do("nothing", 1)]
    said = expression(cursor.text(cursor.words))
    return [Do("unknown", 1, table, why=f"alter table {table} {said[:40]} is not understood")]


def _switch(cursor: Cursor, table: str, *, on: bool) -> list[Do]:
    """ENABLE and DISABLE of row security or of triggers."""
    words = cursor.rest()
    what = expression(cursor.text(words if on else words[1:]))
    thing = Thing("switch", f"{table}.{what}", table, "")
    if "row level security" in what:
        verb: Verb = "create_object" if on else "drop_object"
        parts = (thing,) if on else ()
        return [Do(verb, 1, table, thing.name, kind="switch", parts=parts, lenient=True)]
    return [Do("nothing", 1)]


def _add(cursor: Cursor, table: str, dialect: str) -> list[Do]:
    if is_constraint(cursor.words[cursor.at :]):
        made = constraint(cursor, table, dialect)
        if isinstance(made, Constraint):
            return [Do("create_constraint", 1, table, made.name, kind=made.kind, parts=(made,))]
        if isinstance(made, Index):
            return [Do("create_index", 1, table, made.name, parts=(made,))]
        return [Do("unknown", 1, table, why=f"a constraint of {table} is not understood")]
    cursor.take("COLUMN")
    lenient = cursor.exists()
    inner = Cursor(cursor.statement, cursor.words[cursor.at :])
    if inner.peek() == "(":  # MySQL: ADD (a int, b int)
        parts = [
            column(Cursor(cursor.statement, one), table, dialect) for one in commas(inner.group())
        ]
    else:
        parts = [column(inner, table, dialect)]
    return [
        Do("add_column", 1, table, one[0].name, parts=tuple(one), lenient=lenient)
        for one in parts
        if isinstance(one[0], Column)
    ]


def _drop(cursor: Cursor, table: str) -> list[Do]:
    cascade = cursor.words[-1].upper == "CASCADE"
    if cursor.take("CONSTRAINT"):
        lenient = cursor.exists()
        return [Do("drop_constraint", 1, table, cursor.name(), lenient=lenient, cascade=cascade)]
    if cursor.take("PRIMARY", "KEY"):
        return [Do("drop_constraint", 1, table, "", kind="primary")]
    if cursor.take("FOREIGN", "KEY") or cursor.take("CHECK"):
        return [Do("drop_constraint", 1, table, cursor.name())]
    if cursor.take_any("INDEX", "KEY"):
        return [Do("drop_index", 1, table, cursor.name())]
    cursor.take("COLUMN")
    lenient = cursor.exists()
    return [Do("drop_column", 1, table, cursor.name(), lenient=lenient, cascade=cascade)]


def _alter_column(cursor: Cursor, table: str, dialect: str) -> list[Do]:  # noqa: C901, PLR0911 - one case each
    if cursor.take_any("CONSTRAINT", "INDEX"):
        return [Do("nothing", 1)]
    cursor.take("COLUMN")
    name = cursor.name()

    def changed(new: Column, change: Change) -> list[Do]:
        return [Do("alter_column", 1, table, name, parts=(new,), change=change)]

    if cursor.take("SET", "NOT", "NULL"):
        return changed(Column(name, nullable=False), Change(nullable=True))
    if cursor.take("DROP", "NOT", "NULL"):
        return changed(Column(name, nullable=True), Change(nullable=True))
    if cursor.take("SET", "DEFAULT"):
        text = cursor.text(cursor.rest())
        new = Column(name, default=sql_default(text), default_from=Sql(text))
        return changed(new, Change(default=True))
    if cursor.take("DROP", "DEFAULT"):
        return changed(Column(name, default=""), Change(default=True))
    if cursor.take("TYPE") or cursor.take("SET", "DATA", "TYPE"):
        words: list[Word] = []
        while not cursor.done and cursor.peek() not in {"USING", "COLLATE"}:
            words.append(cursor.words[cursor.at])
            cursor.at += 1
        text = cursor.text(tuple(words))
        new = Column(name, type=sql_type(text)[0], type_from=Sql(text))
        using = any(word.upper == "USING" for word in cursor.words[cursor.at :])
        return changed(new, Change(type=True, automatic=dialect == "postgres" and not using))
    if cursor.take_any("SET", "DROP", "ADD", "RESET"):
        if cursor.peek() in {"STATISTICS", "STORAGE", "COMPRESSION", "("}:
            return [Do("nothing", 1)]
        said = expression(cursor.text(cursor.rest()))
        return changed(Column(name, extra=None if said else ""), Change(extra=True))
    return [Do("unknown", 1, table, name, why=f"how {table}.{name} is altered is not understood")]


def _rename(cursor: Cursor, table: str) -> list[Do]:
    if cursor.take("CONSTRAINT"):
        old = cursor.name()
        cursor.take("TO")
        return [Do("rename_constraint", 1, table, old, cursor.name())]
    if cursor.take("INDEX") or cursor.take("KEY"):
        old = cursor.name()
        cursor.take("TO")
        return [Do("rename_index", 1, table, old, cursor.name())]
    if cursor.take("TO") or cursor.take("AS"):
        new = cursor.name()
        schema = table.rpartition(".")[0]
        full = f"{schema}.{new}" if schema and "." not in new else new
        return [Do("rename_table", 1, table, new=full)]
    cursor.take("COLUMN")
    old = cursor.name()
    cursor.take("TO")
    return [
        Do(
            "alter_column",
            1,
            table,
            old,
            cursor.name(),
            parts=(Column(old),),
            change=Change(name="y"),
        )
    ]


def _modify(cursor: Cursor, table: str, dialect: str, *, renames: bool) -> list[Do]:
    """MySQL: MODIFY and CHANGE say the whole column again."""
    cursor.take("COLUMN")
    old = cursor.name() if renames else ""
    made = column(Cursor(cursor.statement, cursor.words[cursor.at :]), table, dialect)[0]
    if not isinstance(made, Column):
        return []
    new = made.name if renames and made.name != old else ""
    whole = Change(type=True, nullable=True, default=True, extra=True, name="y" if new else "")
    return [Do("alter_column", 1, table, old or made.name, new, parts=(made,), change=whole)]
