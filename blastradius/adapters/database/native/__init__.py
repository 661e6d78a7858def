"""The schema in the database's own words, read from its own catalog.

It serves two ends. It is the second way to look, which shares nothing with SQLAlchemy's inspector,
and by which `verify` judges. And since each thing's text is what would make it again, the difference
of two schemas is DDL: so a scratch copy is made, and so a compensation finds its way from any state.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from blastradius.adapters.database.places import Session


class Thing(Struct, frozen=True):
    """One thing of a schema.

    Attributes:
        kind: table, column, key, foreign, check, unique, index, view, sequence, type, function, trigger.
        table: the table that it belongs to, as in the key of that table; empty where none.
        name: its own name, quoted, with its schema where it has one of its own.
        text: what makes it, or the part that does.
        parts: what of it is changed by itself: a column's default, say.
    """

    kind: str
    table: str
    name: str
    text: str
    parts: dict[str, str] = {}


class Native(Struct, frozen=True):
    """A schema.

    Attributes:
        things: key (kind and name) → thing, in the order in which they can be made.
        making: key → the text as it was written, where a thing's own is normalised to be compared.
    """

    things: dict[str, Thing]
    making: dict[str, str] = {}

    def of(self, *kinds: str) -> dict[str, Thing]:
        """Return the things of some kinds, in order."""
        return {key: one for key, one in self.things.items() if one.kind in kinds}

    def differing(self, other: Native) -> tuple[str, ...]:
        """Return the keys of what is not the same in both, sorted."""
        keys = self.things.keys() | other.things.keys()
        return tuple(sorted(key for key in keys if self.things.get(key) != other.things.get(key)))

    def tables_of(self, keys: tuple[str, ...]) -> set[str]:
        """Return the tables that some of its things belong to."""
        found = {self.things[key].table for key in keys if key in self.things}
        return found - {""}


class Fill(Struct, frozen=True):
    """Values that stand in another table while one is made anew: which, the key, the columns."""

    source: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


class Ddl(Struct, frozen=True):
    """Statements from one schema to another: those before rows are filled in, and those after."""

    before: tuple[str, ...]
    after: tuple[str, ...]


def read(session: Session) -> Native:
    """Return the schema.

    Raises:
        StoppedError: it cannot be read.
    """
    if session.kind == "postgresql":
        from blastradius.adapters.database.native import postgresql  # noqa: PLC0415 - one of three

        return postgresql.read(session)
    if session.kind == "mysql":
        from blastradius.adapters.database.native import mysql  # noqa: PLC0415 - one of three

        return mysql.read(session)
    from blastradius.adapters.database.native import sqlite  # noqa: PLC0415 - one of three

    return sqlite.read(session)


def difference(
    session: Session, now: Native, goal: Native, fills: Mapping[str, Fill] | None = None
) -> Ddl:
    """Return the DDL that makes ``goal`` of ``now``; rows of what stays are kept.

    Args:
        session: says which kind of database it is.
        now: the schema as it is.
        goal: the schema as it shall be.
        fills: for SQLite: table → where the values of columns that come back are.
    """
    if session.kind == "postgresql":
        from blastradius.adapters.database.native import postgresql  # noqa: PLC0415 - one of three

        return postgresql.difference(now, goal)
    if session.kind == "mysql":
        from blastradius.adapters.database.native import mysql  # noqa: PLC0415 - one of three

        return mysql.difference(now, goal)
    from blastradius.adapters.database.native import sqlite  # noqa: PLC0415 - one of three

    return sqlite.difference(now, goal, fills or {})
