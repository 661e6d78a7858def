"""What a schema is made of, and one step that changes it: the same for Python and for SQL.

What is None is not known, and equals everything; every record keeps what it was read from, so that it
can be written out again as it was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from blastradius.migrations.values import HOLE, Value

Verb = Literal[
    "create_table",
    "drop_table",
    "rename_table",
    "alter_table",
    "add_column",
    "drop_column",
    "alter_column",
    "create_constraint",
    "drop_constraint",
    "rename_constraint",
    "create_index",
    "drop_index",
    "rename_index",
    "create_object",
    "drop_object",
    "rename_object",
    "alter_object",
    "rows",
    "nothing",
    "unknown",
]
CHANGES_SCHEMA = frozenset(
    {"create_table", "drop_table", "rename_table", "alter_table", "add_column", "drop_column"}
    | {"alter_column", "create_constraint", "drop_constraint", "rename_constraint", "unknown"}
    | {"create_index", "drop_index", "rename_index", "create_object", "drop_object"}
    | {"rename_object", "alter_object"}
)


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL as it stands in its source."""

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    ``type``, ``default`` and ``extra`` are normal forms to compare by; ``default`` is empty where
    there is none. ``type_from`` and ``default_from`` are what they were read from, ``rest_from`` what
    else the definition said.
    """

    name: str
    type: str | None = None
    nullable: bool | None = None
    default: str | None = None
    extra: str | None = None
    type_from: Value = None
    default_from: Value = None
    rest_from: Value = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint; ``auto``: its name is the database's choice. ``kind`` empty: not known."""

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    rule: str | None = None
    auto: bool = False
    source: Value = None
    referred: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An index; ``rule`` is its normal form: uniqueness, columns, condition."""

    name: str
    table: str
    columns: tuple[str, ...] = ()
    rule: str | None = None
    source: Value = None
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A type, view, function, trigger, sequence, extension, schema, comment, grant."""

    kind: str
    name: str
    table: str = ""
    rule: str | None = None
    source: Value = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table itself. ``open``: it was there before what can be read, so it may hold more."""

    name: str
    open: bool = False
    rule: str | None = None
    rest_from: Value = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an ``alter_column`` changes, and `Column` to what.

    ``automatic``: values are to become of the new type without saying how.
    """

    type: bool = False
    nullable: bool = False
    default: bool = False
    name: str = ""
    extra: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """One step.

    Attributes:
        verb: what it does.
        line: where it stands in its file.
        table: the table.
        name: of the column, constraint, index or object.
        new: the new name.
        parts: what is created: columns, constraints and indexes of a table; one record otherwise.
        change: what an ``alter_column`` changes.
        lenient: it says IF EXISTS or IF NOT EXISTS.
        cascade: it takes what depends along.
        guarded: it runs only where a test that is not known lets it.
        why: for ``unknown``: what cannot be read; for the others: why the call itself must fail.
        origin: what it was read from: a call (`values.Made`) or `Sql`.
        batch: it stands in a ``batch_alter_table``.
        old: for ``alter_column``: what the writer says the column was, unknown parts None.
        concurrent: it cannot run in a transaction.
    """

    verb: Verb
    line: int
    table: str = ""
    name: str = ""
    new: str = ""
    kind: str = ""
    parts: tuple[Any, ...] = ()
    change: Change | None = None
    old: Column | None = None
    lenient: bool = False
    cascade: bool = False
    why: str = ""
    origin: Value = None
    batch: bool = False
    concurrent: bool = False
    guarded: bool = False

    @property
    def readable(self) -> bool:
        """Whether every name in it is known."""
        return not any(HOLE in one for one in (self.table, self.name, self.new))
