"""ORM classes and migrations in Python ↔ tables and columns of SQL.

A class with ``__tablename__`` (SQLAlchemy, SQLModel), ``db_table`` or Django columns maps a table; its
column attributes map columns. The table itself stands where it is made: a ``CREATE TABLE`` in SQL, a
migration (alembic ``op.create_table``, Django ``CreateModel``), or, where there is neither, the class.
So the class depends on the table, and the table on what makes it. Names that the class spells out are
explicit; Django's ``<app>_<model>`` is its documented default.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import EXPLICIT, INFERRED, Found, Site, Sure
from blastradius.languages.python.marks import TABLE_NAMES
from blastradius.languages.sql import resolve
from blastradius.model.facts import Definition, Mention
from blastradius.model.symbols import Linked

NAME = "orm"
VERSION = "1"

_MAKERS = frozenset({"create_table", "add_column", "Table"})
_OPERATIONS = _MAKERS | {"alter_column", "create_index", "drop_column", "drop_table", "table"}
# What operations are called on; ``table("x", …)`` and ``Table("x", …)`` may be imported by name.
_HEADS = frozenset({"batch_op", "db", "op", "operations", "sa", "schema", "sql", "sqlalchemy"})
_TABLE = re.compile(r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*){0,2}\Z")


class _Column(NamedTuple):
    """A column's name, the symbol that makes or maps it, and its line."""

    name: str
    symbol: str
    line: int


class _Mapped(NamedTuple):
    """A table as Python has it: by a class (``made`` False) or by a migration's operation.

    ``whole``: the operation makes the table, not only a column of it.
    """

    table: str
    path: str
    symbol: str
    line: int
    columns: tuple[_Column, ...]
    made: bool
    sure: Sure
    whole: bool = True


def link(view: View) -> Linked:
    """Return edges of kind ``schema``: class → table → migration, and so for their columns."""
    found = Found()
    mapped = [
        one
        for path, file in view.files.items()
        if file.language.NAME == "python"
        for one in (*_classes(path, file), *_operations(path, file))
    ]
    made = {one.table for one in mapped if one.made and one.whole}
    tables = view.tables.get("sql")
    for one in mapped:
        relation = f"sql:{one.table}"
        known = resolve(tables, one.table) if tables is not None else ()
        if one.made:
            _made(one, known[0] if len(known) == 1 else relation, found)
        elif len(known) == 1:
            _mapped(one, known[0], found)
        elif one.table in made:
            _mapped(one, relation, found)
        elif not known:
            # Nothing else makes the table: the class does (``create_all``), and its readers need it.
            _made(one, relation, found)
    _foreign_keys(view, {one.table for one in mapped}, found)
    return found.linked()


def _foreign_keys(view: View, tables: set[str], found: Found) -> None:
    """``ForeignKey("users.id")`` needs the column ``id`` of ``users``."""
    for path, file in view.files.items():
        for mention in file.facts.mentions:
            table, _, column = mention.value.rpartition(".")
            if mention.flavor == "table" and mention.via.endswith("ForeignKey") and table in tables:
                site = Site(
                    file.scope_symbol(path, mention.scope), path, mention.line, mention.value
                )
                found.edge(site, f"sql:{table}.{column}", "schema", EXPLICIT)


def _made(one: _Mapped, relation: str, found: Found) -> None:
    """The relation depends on what makes it."""
    if one.whole:
        found.edge(Site(relation, one.path, one.line, one.table), one.symbol, "schema", one.sure)
    for column in one.columns:
        site = Site(f"{relation}.{column.name.lower()}", one.path, column.line, column.name)
        found.edge(site, column.symbol, "schema", one.sure)


def _mapped(one: _Mapped, relation: str, found: Found) -> None:
    """The class depends on the relation that it maps."""
    found.edge(Site(one.symbol, one.path, one.line, one.table), relation, "schema", one.sure)
    for column in one.columns:
        site = Site(column.symbol, one.path, column.line, column.name)
        found.edge(site, f"{relation}.{column.name.lower()}", "schema", one.sure)


def _classes(path: str, file: FileView) -> Iterator[_Mapped]:
    """Yield the ORM classes of a file with their columns."""
    definitions = file.facts.definitions
    columns: dict[int, list[_Column]] = defaultdict(list)
    django: set[int] = set()
    tables: dict[int, tuple[str, int]] = {}
    for mention in file.facts.mentions:
        scope = mention.scope
        if scope < 0 or definitions[scope].kind != "attribute":
            continue
        owner = definitions[scope].parent
        if mention.flavor == "column":
            symbol = file.scope_symbol(path, scope)
            columns[owner].append(_Column(mention.value, symbol, mention.line))
            if "models." in mention.via:
                django.add(owner)
        elif mention.flavor == "table" and mention.via in TABLE_NAMES:
            if mention.via == "db_table":
                owner = definitions[owner].parent  # class Meta
            if _TABLE.match(mention.value):
                tables[owner] = (mention.value.lower(), mention.line)
    tables |= _by_default(path, definitions, django - set(tables))
    for owner, (table, line) in sorted(tables.items()):
        if owner >= 0 and definitions[owner].kind == "class":
            sure = EXPLICIT if owner not in django else INFERRED
            symbol = file.scope_symbol(path, owner)
            yield _Mapped(table, path, symbol, line, tuple(columns[owner]), made=False, sure=sure)


def _by_default(
    path: str, definitions: Sequence[Definition], owners: Iterable[int]
) -> dict[int, tuple[str, int]]:
    """Return class → (table, line) of Django's models that do not name their table."""
    label = _app(path)
    return {
        owner: (
            f"{label}_{definitions[owner].name.rpartition('.')[2]}".lower(),
            definitions[owner].line,
        )
        for owner in owners
        if label and owner >= 0 and "Model" in definitions[owner].shape
    }


def _app(path: str) -> str:
    """Return Django's label of the app that a file of models or migrations belongs to."""
    parts = path.split("/")[:-1]
    while parts and parts[-1] in {"models", "migrations"}:
        parts.pop()
    return parts[-1] if parts else ""


def is_orm(via: str) -> bool:
    """Tell whether a table's name stands in an ORM class or a migration, which are read here."""
    head, _, last = via.rpartition(".")
    if via in TABLE_NAMES or last == "ForeignKey":
        return True
    if not head:
        return last in {"table", "Table"}
    return last in _OPERATIONS and head.rpartition(".")[2] in _HEADS


def _operations(path: str, file: FileView) -> Iterator[_Mapped]:
    """Yield what the operations of a migration make, each with the columns on its lines."""
    definitions = file.facts.definitions
    starts: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    columns: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for mention in file.facts.mentions:
        if mention.flavor == "column":
            columns[mention.scope].append((mention.line, mention.value))
        else:
            table = _operated(path, mention)
            if table is not None:
                last = mention.via.rpartition(".")[2]
                starts[mention.scope].append((mention.line, table, last))
    for scope, ops in sorted(starts.items()):
        if "downgrade" in (definitions[scope].name if scope >= 0 else ""):
            continue
        symbol = file.scope_symbol(path, scope)
        for (line, table, last), held in _by_operation(sorted(ops), columns[scope]).items():
            if not table:
                continue
            sure = EXPLICIT if last in _MAKERS else INFERRED
            several = tuple(_Column(name, symbol, at) for at, name in held)
            whole = last not in {"add_column", "AddField"}
            yield _Mapped(table, path, symbol, line, several, made=True, sure=sure, whole=whole)


def _operated(path: str, mention: Mention) -> str | None:
    """Return the table that an operation makes or adds to; empty for one that only looks at it."""
    last = mention.via.rpartition(".")[2]
    if mention.flavor == "name" and last in {"CreateModel", "AddField"}:
        return f"{_app(path)}_{mention.value}".lower()
    if mention.flavor != "table" or not is_orm(mention.via):
        return None
    return mention.value.lower() if last in _MAKERS and _TABLE.match(mention.value) else ""


def _by_operation(
    starts: list[tuple[int, str, str]], columns: list[tuple[int, str]]
) -> Mapping[tuple[int, str, str], list[tuple[int, str]]]:
    """Give each column to the last operation that starts before it, or on its line."""
    held: dict[tuple[int, str, str], list[tuple[int, str]]] = {one: [] for one in starts}
    for line, name in columns:
        before = [one for one in starts if one[0] <= line]
        if before:
            held[before[-1]].append((line, name))
    return held
