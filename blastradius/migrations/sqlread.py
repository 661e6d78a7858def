"""SQL text → the steps that it takes; what is not understood is one step that says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from blastradius.migrations.lexing import Cursor, Statement, commas, statements
from blastradius.migrations.records import Column, Constraint, Do, Index, Sql, Table, Thing
from blastradius.migrations.spelling import condition, expression
from blastradius.migrations.sqlalter import alter_table
from blastradius.migrations.sqlparts import element
from blastradius.migrations.values import HOLE

_ROWS = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "COPY", "REPLACE", "WITH"})
_QUIET = frozenset(
    {"SELECT", "SET", "RESET", "SHOW", "BEGIN", "COMMIT", "START", "END", "ROLLBACK", "PRAGMA"}
    | {"VACUUM", "ANALYZE", "LOCK", "USE", "VALUES", "REINDEX", "REFRESH", "CLUSTER", "EXPLAIN"}
    | {"OPTIMIZE", "CHECKPOINT", "DECLARE", "UNLOCK", "SAVEPOINT", "RELEASE", "NOTIFY", "DISCARD"}
)
_OBJECTS = frozenset(
    {
        "TYPE",
        "DOMAIN",
        "VIEW",
        "FUNCTION",
        "PROCEDURE",
        "AGGREGATE",
        "TRIGGER",
        "SCHEMA",
        "SEQUENCE",
    }
    | {"EXTENSION", "POLICY", "RULE", "PUBLICATION", "COLLATION", "STATISTICS", "ROLE", "USER"}
    | {"DATABASE", "SERVER", "EVENT", "ROUTINE", "SUBSCRIPTION", "LANGUAGE", "CAST", "OPERATOR"}
)
_BEFORE_KIND = frozenset(
    {"OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "EXTERNAL", "VIRTUAL"}
    | {
        "UNIQUE",
        "CONSTRAINT",
        "RECURSIVE",
        "MATERIALIZED",
        "FOREIGN",
        "FULLTEXT",
        "SPATIAL",
        "EVENT",
    }
)
TEMPORARY = "temporary"
"""The rule of a table that is gone when the session ends."""
_ON_TABLE = frozenset({"trigger", "policy", "rule"})
_ONE_KIND = {"procedure": "function", "aggregate": "function", "routine": "function"}
_BLOCK = re.compile(
    r"\bBEGIN\b(?P<inside>.*?)(?:\bEXCEPTION\b.*)?\bEND\b\s*;?\s*\Z", re.IGNORECASE | re.DOTALL
)
_BRANCH = re.compile(r"\bIF\b.*?\bTHEN\b|\bEND\s+IF\b\s*;?", re.IGNORECASE | re.DOTALL)
_BEYOND = re.compile(r"\b(?:LOOP|EXECUTE|ELSE|ELSIF|FOR|WHILE|PERFORM|CALL)\b", re.IGNORECASE)


def steps(text: str, dialect: str, line: int = 1) -> list[Do]:
    """Return what a SQL text does, in order.

    Args:
        text: statements; `values.HOLE` stands for what is not known of them.
        dialect: whose SQL it is, as sqlglot calls it.
        line: the line of the file where the text begins.
    """
    found = statements(text, dialect)
    if found is None:
        return [Do("unknown", line, why="SQL that cannot be told apart", origin=Sql(text[:2000]))]
    done: list[Do] = []
    for one in found:
        for do in _of_statement(one, dialect):
            origin = do.origin if do.origin is not None else Sql(one.sql)
            placed = replace(do, line=line + one.line - 1, origin=origin)
            if not placed.readable or HOLE in one.heads:
                placed = replace(placed, verb="unknown", why="SQL with a name that is not known")
            done.append(placed)
    return done


def _of_statement(statement: Statement, dialect: str) -> list[Do]:
    cursor = Cursor(statement)
    first = cursor.take_any("CREATE", "DROP", "ALTER", "COMMENT", "RENAME", "GRANT", "REVOKE", "DO")
    if first:
        return _READERS[first](cursor, dialect)
    word = cursor.peek()
    if word in _ROWS:
        return [Do("rows", 1, table=_written(cursor), name=word.lower())]
    if word in _QUIET:
        return [Do("nothing", 1)]
    return [Do("unknown", 1, why=f"a statement that begins with {statement.words[0].text[:30]}")]


def _written(cursor: Cursor) -> str:
    """Return the table that a statement writes to."""
    for number, word in enumerate(cursor.words):
        if word.upper in {"INTO", "UPDATE", "FROM", "TRUNCATE", "COPY"} and not word.literal:
            cursor.at = number + 1
            cursor.take_any("TABLE", "ONLY")
            cursor.take_any("ONLY")
            found = cursor.name()
            if found and found != HOLE:
                return found
    return ""


def _create(cursor: Cursor, dialect: str) -> list[Do]:
    before = set()
    while cursor.peek() in _BEFORE_KIND and not (
        cursor.peek() == "EVENT" and cursor.peek(1) != "TRIGGER"
    ):
        before.add(cursor.peek())
        cursor.at += 1
    if cursor.take("TABLE"):
        return _create_table(cursor, dialect, temporary=bool(before & {"TEMP", "TEMPORARY"}))
    if cursor.take("INDEX"):
        return _create_index(cursor, unique="UNIQUE" in before)
    kind = cursor.take_any(*_OBJECTS).lower()
    if not kind:
        return [_lost(cursor)]
    lenient = cursor.exists()
    name, table, rule = _object(cursor, kind, created=True)
    body = expression(cursor.statement.sql.partition(name)[2] or cursor.statement.sql)
    kind = _ONE_KIND.get(kind, kind)
    thing = Thing(kind, name, table, rule or body, Sql(cursor.statement.sql))
    if "REPLACE" in before:
        return [Do("alter_object", 1, table, name, kind=kind, parts=(thing,))]
    return [Do("create_object", 1, table, name, kind=kind, parts=(thing,), lenient=lenient)]


def _object(cursor: Cursor, kind: str, *, created: bool) -> tuple[str, str, str]:
    """Return the name of an object, its table and, for enums, its normal form."""
    name = cursor.name()
    table = rule = ""
    if kind in _ON_TABLE:
        table = _table_of(cursor, kind)
    elif kind == "type" and created and cursor.take("AS", "ENUM"):
        rule = "enum " + ",".join(word.text[1:-1] for word in cursor.group() if word.literal)
    elif kind in {"schema", "extension"}:
        rule = " "  # its options are no part of what a catalog shows
    return (f"{table}.{name}" if table else name), table, rule


def _table_of(cursor: Cursor, kind: str) -> str:
    word = "TO" if kind == "rule" else "ON"
    while not cursor.done:
        if cursor.take(word):
            cursor.take_any("ONLY")
            return cursor.name()
        cursor.at += 1
    return ""


def _create_table(cursor: Cursor, dialect: str, *, temporary: bool) -> list[Do]:
    lenient = cursor.exists()
    name = cursor.name()
    if temporary:
        return [Do("create_table", 1, name, parts=(Table(name, True, TEMPORARY),), lenient=True)]  # noqa: FBT003 - a record's own fields
    if cursor.peek() != "(":
        rest = cursor.text(cursor.rest())
        return [
            Do(
                "create_table",
                1,
                name,
                parts=(Table(name, True, None, Sql(rest)),),  # noqa: FBT003 - a record's own fields
                lenient=lenient,
            )
        ]
    parts: list[object] = []
    like = False
    for words in commas(cursor.group()):
        like = like or words[0].upper == "LIKE"
        parts += element(cursor.statement, words, name, dialect)
    rest = cursor.text(cursor.rest())
    table = Table(name, like, expression(rest), Sql(rest))
    primary = [one for one in parts if isinstance(one, Constraint) and one.kind == "primary"]
    keys = {column for one in primary for column in one.columns}
    settled = [
        replace(one, nullable=False) if isinstance(one, Column) and one.name in keys else one
        for one in parts
    ]
    return [Do("create_table", 1, name, parts=(table, *settled), lenient=lenient)]


def _create_index(cursor: Cursor, *, unique: bool) -> list[Do]:
    concurrent = cursor.take("CONCURRENTLY")
    lenient = cursor.exists()
    name = "" if cursor.peek() == "ON" else cursor.name()
    if not cursor.take("ON"):
        return [_lost(cursor)]
    cursor.take_any("ONLY")
    table = cursor.name()
    method = cursor.name() if cursor.take("USING") else ""
    columns = tuple(
        expression(cursor.text(one)).removesuffix(" asc") for one in commas(cursor.group())
    )
    rest = _where(cursor.text(cursor.rest()))
    rule = index_rule(unique=unique, method=method, rest=rest)
    made = name or f"{table}_{'_'.join(columns)}_idx"
    index = Index(made, table, columns, rule, Sql(cursor.statement.sql), auto=not name)
    return [
        Do("create_index", 1, table, made, parts=(index,), lenient=lenient, concurrent=concurrent)
    ]


def _where(text: str) -> str:
    before, where, after = expression(text).partition("where")
    return f"{before}where {condition(after)}" if where else before


def index_rule(*, unique: bool, method: str = "", rest: str = "") -> str:
    """Return the normal form of what an index is besides its table and columns."""
    kind = "unique " if unique else ""
    by = "" if method in {"", "btree"} else f"using {method} "
    return f"{kind}{by}{rest}".strip()


def _drop(cursor: Cursor, _dialect: str) -> list[Do]:
    cursor.take_any("MATERIALIZED", "FOREIGN", "TEMPORARY", "TEMP")
    cursor.take_any("EVENT") if cursor.peek(1) == "TRIGGER" else None
    kind = cursor.take_any("TABLE", "INDEX", *_OBJECTS).lower()
    if not kind:
        return [_lost(cursor)]
    concurrent = cursor.take("CONCURRENTLY")
    lenient = cursor.exists()
    found: list[Do] = []
    cascade = any(word.upper == "CASCADE" for word in cursor.words[cursor.at :])
    for words in commas(cursor.rest()):
        one = Cursor(cursor.statement, words)
        if kind == "table":
            do = Do("drop_table", 1, one.name(), lenient=lenient, cascade=cascade)
        elif kind == "index":
            name = one.name()
            do = Do("drop_index", 1, one.name() if one.take("ON") else "", name, lenient=lenient)
            do = replace(do, concurrent=concurrent)
        else:
            name, table, _ = _object(one, kind, created=False)
            made = _ONE_KIND.get(kind, kind)
            do = Do("drop_object", 1, table, name, kind=made, lenient=lenient, cascade=cascade)
        found.append(do)
    return found or [_lost(cursor)]


def _alter(cursor: Cursor, dialect: str) -> list[Do]:  # noqa: PLR0911 - one case each
    cursor.take_any("MATERIALIZED", "FOREIGN", "EVENT")
    if cursor.take("TABLE"):
        return alter_table(cursor, dialect)
    kind = cursor.take_any("INDEX", *_OBJECTS).lower()
    lenient = cursor.exists()
    if kind == "index":
        name = cursor.name()
        if cursor.take("RENAME", "TO"):
            return [Do("rename_index", 1, "", name, cursor.name(), lenient=lenient)]
        return [_lost(cursor)]
    if not kind:
        return [_lost(cursor)]
    name, table, _ = _object(cursor, kind, created=False)
    kind = _ONE_KIND.get(kind, kind)
    if cursor.take("RENAME", "TO"):
        return [Do("rename_object", 1, table, name, cursor.name(), kind=kind)]
    if kind == "type" and cursor.take("ADD", "VALUE"):
        cursor.exists()
        value = cursor.peek().strip("'")
        return [Do("alter_object", 1, "", name, value, kind="enum value", concurrent=True)]
    if kind == "type" and cursor.take("RENAME", "VALUE"):
        old = cursor.peek().strip("'")
        cursor.at += 2
        return [
            Do("alter_object", 1, "", name, f"{old}>{cursor.peek().strip(chr(39))}", "rename value")
        ]
    if kind in {"role", "user", "database"} or cursor.take("OWNER"):
        return [Do("nothing", 1)]
    return [_lost(cursor)]


def _comment(cursor: Cursor, _dialect: str) -> list[Do]:
    cursor.take("ON")
    words = cursor.rest()
    at = next((n for n, word in enumerate(words) if word.upper == "IS"), len(words))
    about = words[:at]
    said = cursor.text(words[at + 1 :])
    name = expression(cursor.text(about)).replace("public.", "")
    table = Cursor(cursor.statement, about[1:]).name() if len(about) > 1 else ""
    if about and about[0].upper == "COLUMN":
        table = table.rpartition(".")[0]
    if said.upper() in {"NULL", "''"}:
        return [Do("drop_object", 1, table, name, kind="comment", lenient=True)]
    thing = Thing("comment", name, table, said, Sql(cursor.statement.sql))
    return [Do("alter_object", 1, table, name, kind="comment", parts=(thing,))]


def _rename(cursor: Cursor, _dialect: str) -> list[Do]:
    if not cursor.take("TABLE"):
        return [_lost(cursor)]
    found = []
    for words in commas(cursor.rest()):
        one = Cursor(cursor.statement, words)
        old = one.name()
        found.append(Do("rename_table", 1, old, new=one.name() if one.take("TO") else ""))
    return found


def _grant(cursor: Cursor, _dialect: str) -> list[Do]:
    given = cursor.words[0].upper == "GRANT"
    words = cursor.rest()
    said = expression(cursor.text(words)).replace(" from ", " to ")
    at = next((n for n, word in enumerate(words) if word.upper == "ON"), len(words))
    inner = Cursor(cursor.statement, words[at + 1 :])
    inner.take_any("TABLE")
    table = inner.name()
    if not given:
        return [Do("drop_object", 1, table, said, kind="grant", lenient=True)]
    thing = Thing("grant", said, table, "", Sql(cursor.statement.sql))
    return [Do("create_object", 1, table, said, kind="grant", parts=(thing,), lenient=True)]


def _block(cursor: Cursor, dialect: str) -> list[Do]:
    """``DO $$ BEGIN … END $$``: what stands inside, where that is plain statements and guards."""
    body = next((word.text for word in cursor.words if word.literal), "")
    inside = _BLOCK.search(re.sub(r"\A\$\w*\$|\$\w*\$\Z", "", body))
    if inside is None or _BEYOND.search(inside["inside"]):
        return [_lost(cursor, "a DO block")]
    found = steps(_BRANCH.sub(" ", inside["inside"]), dialect)
    return [replace(one, lenient=True, origin=Sql(cursor.statement.sql)) for one in found]


def _lost(cursor: Cursor, what: str = "") -> Do:
    said = what or " ".join(cursor.statement.heads[:3]).lower()
    return Do("unknown", 1, why=f"{said} is not understood")


_READERS: dict[str, Callable[[Cursor, str], list[Do]]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "COMMENT": _comment,
    "RENAME": _rename,
    "GRANT": _grant,
    "REVOKE": _grant,
    "DO": _block,
}
