"""MySQL and MariaDB: each line of ``SHOW CREATE TABLE`` is what makes its column, key or constraint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blastradius.adapters.database.native import Ddl, Native, Thing
from blastradius.adapters.database.places import Session

_NAME = r"`(?:[^`]|``)+`"
_LINE = re.compile(
    rf"(?P<key>PRIMARY KEY)|(?P<unique>UNIQUE )?(?P<index>(?:FULLTEXT |SPATIAL )?KEY) (?P<name>{_NAME})"
    rf"|CONSTRAINT (?P<constraint>{_NAME}) (?P<what>FOREIGN KEY|CHECK)|(?P<column>{_NAME}) "
)
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_DEFINER = re.compile(r" DEFINER=`[^`]*`@`[^`]*`")


def read(session: Session) -> Native:
    """Return the schema of the database that the URL names."""
    return Native({f"{one.kind} {key}": one for key, one in _things(session)})


def _things(session: Session) -> Iterator[tuple[str, Thing]]:
    names = session.rows(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_schema = DATABASE() ORDER BY table_name"
    )
    views = []
    for name, kind in names:
        quoted = session.quoted(name)
        if kind == "BASE TABLE":
            yield from _table(quoted, session.rows(f"SHOW CREATE TABLE {quoted}")[0][1])
        elif kind == "VIEW":
            views.append(quoted)
        elif kind == "SEQUENCE":
            text = session.rows(f"SHOW CREATE SEQUENCE {quoted}")[0][1]
            yield quoted, Thing("sequence", "", quoted, text)
    for kind, column in (("FUNCTION", 2), ("PROCEDURE", 2)):
        for (name,) in session.rows(
            "SELECT routine_name FROM information_schema.routines "
            "WHERE routine_schema = DATABASE() AND routine_type = :kind ORDER BY 1",
            kind=kind,
        ):
            quoted = session.quoted(name)
            text = session.rows(f"SHOW CREATE {kind} {quoted}")[0][column]
            yield quoted, Thing("function", "", quoted, text or "", {"kind": kind})
    for view in views:
        text = session.rows(f"SHOW CREATE VIEW {view}")[0][1]
        yield view, Thing("view", "", view, _local(session, _DEFINER.sub("", text)))
    for name, table in session.rows(
        "SELECT trigger_name, event_object_table FROM information_schema.triggers "
        "WHERE trigger_schema = DATABASE() ORDER BY action_order, trigger_name"
    ):
        text = session.rows(f"SHOW CREATE TRIGGER {session.quoted(name)}")[0][2]
        quoted = session.quoted(name)
        yield quoted, Thing("trigger", session.quoted(table), quoted, _DEFINER.sub("", text))


def _local(session: Session, text: str) -> str:
    """Leave out the database's own name, so that a copy's text is the same."""
    return text.replace(session.quoted(session.url.database or "") + ".", "")


def _table(table: str, text: str) -> Iterator[tuple[str, Thing]]:
    head, _, body = text.partition("(\n")
    body, _, tail = body.rpartition("\n)")
    made = Thing("table", table, table, head, {"tail": _COUNTER.sub("", tail).strip()})
    yield table, made
    for line in body.split("\n"):
        one = line.strip().removesuffix(",")
        found = _LINE.match(one)
        if found is None:
            yield f"{table} {one}", Thing("line", table, one, one)
        elif found["column"]:
            text = one.removeprefix(found["column"]).strip()
            yield f"{table}.{found['column']}", Thing("column", table, found["column"], text)
        elif found["key"]:
            yield table, Thing("key", table, "PRIMARY", one)
        elif found["index"]:
            yield f"{table}.{found['name']}", Thing("index", table, found["name"], one)
        else:
            kind = "foreign" if found["what"] == "FOREIGN KEY" else "check"
            yield f"{table}.{found['constraint']}", Thing(kind, table, found["constraint"], one)


def difference(now: Native, goal: Native) -> Ddl:
    """Return the DDL from one schema to the other; each statement ends a transaction here."""
    gone = [now.things[key] for key in now.things if goal.things.get(key) != now.things[key]]
    came = [goal.things[key] for key in goal.things if now.things.get(key) != goal.things[key]]
    old, new = set(now.of("table")), set(goal.of("table"))
    kept = {now.things[key].table for key in old & new}
    before = [*_dropped(gone, old - new, kept, goal), *_made(came, old, kept, now, goal)]
    return Ddl(tuple(before), tuple(_finished(came, kept)))


def _dropped(gone: list[Thing], tables: set[str], kept: set[str], goal: Native) -> Iterator[str]:
    for one in gone:
        if one.kind in {"trigger", "view", "function", "sequence"}:
            kind = one.parts.get("kind", one.kind.upper())
            yield f"DROP {kind} IF EXISTS {one.name}"
    for one in gone:
        if one.table in kept and one.kind == "foreign":
            yield f"ALTER TABLE {one.table} DROP FOREIGN KEY {one.name}"
    yield from (f"DROP TABLE {key.removeprefix('table ')}" for key in sorted(tables))
    for one in gone:
        if one.table not in kept:
            continue
        if one.kind == "check":
            yield f"ALTER TABLE {one.table} DROP CONSTRAINT {one.name}"
        elif one.kind == "index":
            yield f"ALTER TABLE {one.table} DROP INDEX {one.name}"
        elif one.kind == "column" and f"column {one.table}.{one.name}" not in goal.things:
            yield f"ALTER TABLE {one.table} DROP COLUMN {one.name}"


def _made(
    came: list[Thing], old: set[str], kept: set[str], now: Native, goal: Native
) -> Iterator[str]:
    for key, table in goal.of("table").items():
        if key in old:
            continue
        lines = [
            one.text if one.kind != "column" else f"{one.name} {one.text}"
            for one in goal.things.values()
            if one.table == table.table and one.kind in {"column", "key", "index", "check", "line"}
        ]
        yield f"{table.text} (\n  " + ",\n  ".join(lines) + f"\n) {table.parts['tail']}"
    for one in came:
        if one.kind == "sequence":
            yield one.text
        if one.table not in kept:
            continue
        if one.kind == "column":
            was = f"column {one.table}.{one.name}" in now.things
            verb = "MODIFY" if was else "ADD"
            place = "" if was else _place(one, goal)
            yield f"ALTER TABLE {one.table} {verb} COLUMN {one.name} {one.text}{place}"
        elif one.kind == "key":
            drop = "DROP PRIMARY KEY, " if f"key {one.table}" in now.things else ""
            yield f"ALTER TABLE {one.table} {drop}ADD {one.text}"
        elif one.kind == "table" and one.parts != now.things[f"table {one.table}"].parts:
            yield f"ALTER TABLE {one.table} {one.parts['tail']}"


def _place(column: Thing, goal: Native) -> str:
    before = ""
    for one in goal.of("column").values():
        if one.table == column.table:
            if one.name == column.name:
                break
            before = one.name
    return f" AFTER {before}" if before else " FIRST"


def _finished(came: list[Thing], kept: set[str]) -> Iterator[str]:
    for kinds in (("index", "check"), ("foreign",)):
        for one in came:
            if one.kind in kinds and (one.table in kept or one.kind == "foreign"):
                yield f"ALTER TABLE {one.table} ADD {one.text}"
    for kind in ("function", "view", "trigger"):
        for one in came:
            if one.kind == kind:
                yield one.text
