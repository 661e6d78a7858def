"""SQLite: the text in ``sqlite_master``; a table that differs is made anew and its rows go over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from blastradius.adapters.database.native import Ddl, Fill, Native, Thing
from blastradius.adapters.database.places import Session

_DRAFT = "blastradius_draft_"
_HEAD = re.compile(
    r"\s*CREATE\s+(TEMP\s+|TEMPORARY\s+|VIRTUAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:\"(?:[^\"]|\"\")+\"|'(?:[^']|'')+'|\[[^\]]+\]|`[^`]+`|\w+)",
    re.IGNORECASE,
)


def read(session: Session) -> Native:
    """Return the schema of the file's main database."""
    found, making = {}, {}
    for one, sql in _things(session):
        key = f"{one.kind} {one.name}"
        found[key] = one
        if one.kind == "table":
            making[key] = sql
    return Native(found, making)


def _things(session: Session) -> Iterator[tuple[Thing, str]]:
    rows = session.rows(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid"
    )
    for kind, name, table, sql in rows:
        if kind != "table":
            owner = session.quoted(table) if kind != "view" else ""
            yield Thing(kind, owner, session.quoted(name), sql), sql
            continue
        quoted = session.quoted(name)
        yield Thing("table", quoted, quoted, _squeezed(called(sql, quoted))), sql
        columns = session.rows(
            "SELECT name, hidden FROM pragma_table_xinfo(:table) ORDER BY cid", table=name
        )
        for column, hidden in columns:
            if hidden == 0:
                # So that the columns that two forms of a table share can be told.
                full = f"{quoted}.{session.quoted(column)}"
                yield Thing("column", quoted, full, "", {"name": column}), ""


def called(sql: str, name: str) -> str:
    """Return what makes a table, with another name: ``ALTER TABLE … RENAME`` quotes it, for one."""
    found = _HEAD.match(sql)
    if found is None:
        return sql
    kind = "VIRTUAL " if (found[1] or "").strip().upper() == "VIRTUAL" else ""
    return f"CREATE {kind}TABLE {name} {sql[found.end() :].lstrip()}"


def _squeezed(text: str) -> str:
    """Return a table's text without what the ways to the same table leave different: white space."""
    pieces = re.split(
        r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*\n|/\*.*?\*/)", text, flags=re.DOTALL
    )
    made = []
    for number, piece in enumerate(pieces):
        if number % 2:
            made.append(" " if piece.startswith(("--", "/*")) else piece)
        else:
            made.append(re.sub(r"\s+", " ", piece))
    return re.sub(r" ?([(),]) ?", r"\1", "".join(made)).strip()


def difference(now: Native, goal: Native, fills: Mapping[str, Fill]) -> Ddl:
    """Return the DDL from one schema to the other."""
    gone = [now.things[key] for key in now.things if goal.things.get(key) != now.things[key]]
    came = [goal.things[key] for key in goal.things if now.things.get(key) != goal.things[key]]
    old, new = set(now.of("table")), set(goal.of("table"))
    rebuilt = {
        one.table for one in came if one.kind == "table" and f"table {one.table}" in old & new
    }
    before = [f"DROP {one.kind.upper()} IF EXISTS {one.name}" for one in gone
              if one.kind in {"view", "trigger"} and one.table not in rebuilt]  # fmt: skip
    # A trigger or view that names a table stands in the way while that is made anew.
    before += [f"DROP {one.kind.upper()} IF EXISTS {one.name}" for one in now.of("view", "trigger").values()
               if rebuilt and one not in gone]  # fmt: skip
    before += [f"DROP INDEX IF EXISTS {one.name}" for one in gone
               if one.kind == "index" and one.table not in rebuilt]  # fmt: skip
    before += [f"DROP TABLE {key.removeprefix('table ')}" for key in sorted(old - new)]
    before += [goal.making[key] for key in goal.of("table") if key not in old]
    for table in sorted(rebuilt):
        before += _rebuilt(table, now, goal, fills.get(table))
    after = [one.text for one in goal.of("index").values() if one in came or one.table in rebuilt]
    for kind in ("view", "trigger"):
        after += [one.text for one in goal.of(kind).values() if one in came or rebuilt]
    return Ddl(tuple(before), tuple(after))


def _rebuilt(table: str, now: Native, goal: Native, fill: Fill | None) -> Iterator[str]:
    draft = f'"{_DRAFT}{table[1:]}'
    theirs = set(_columns(now, table))
    shared = [one for one in _columns(goal, table) if one in theirs]
    yield called(goal.making[f"table {table}"], draft)
    plain = ", ".join(shared)
    there = ""
    if fill is not None:
        # A column that needs a value gets it at once: SQLite cannot say so of one later. Rows that
        # came since have none there, and get the column's default.
        back = [one for one in fill.columns if one not in theirs]
        on = " AND ".join(f"k.{one} = t.{one}" for one in fill.key)
        values = [f"t.{one}" for one in shared] + [f"k.{one}" for one in back]
        yield (
            f"INSERT INTO {draft} ({', '.join([*shared, *back])}) SELECT {', '.join(values)} "
            f"FROM {table} AS t JOIN {fill.source} AS k ON {on}"
        )
        there = f" AS t WHERE NOT EXISTS (SELECT 1 FROM {fill.source} AS k WHERE {on})"
    if shared:
        yield f"INSERT INTO {draft} ({plain}) SELECT {plain} FROM {table}{there}"
    yield f"DROP TABLE {table}"
    yield "PRAGMA legacy_alter_table = ON"
    yield f"ALTER TABLE {draft} RENAME TO {table}"
    yield "PRAGMA legacy_alter_table = OFF"


def _columns(schema: Native, table: str) -> list[str]:
    prefix = f"{table}."
    return [
        one.name.removeprefix(prefix) for one in schema.of("column").values() if one.table == table
    ]
