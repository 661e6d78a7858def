"""What is run on a database, cut into units: each is one transaction, or one statement that ends any.

Where DDL is transactional (PostgreSQL, SQLite) all is one unit, so that a crash leaves the state before
or after and nothing between. No token row is written: the version row and the schema tell already
whether the commit took, and a table of ours would be left behind in a database that is not ours. Only
where DDL ends transactions (MySQL), and two states between units could not be told apart, a marker
table stands while the step runs, and its last unit drops it.
"""

from __future__ import annotations

import re

from msgspec import Struct

from blastradius.adapters.database.places import Kind
from blastradius.adapters.database.reach import refuse_reaching_out
from blastradius.adapters.database.split import is_transaction_word
from blastradius.adapters.database.versions import MARKER

_DML = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE | re.DOTALL
)
_ALONE = re.compile(
    r"\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY|REINDEX\b.*CONCURRENTLY"
    r"|VACUUM|CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+SYSTEM)\b",
    re.IGNORECASE,
)


class Statement(Struct, frozen=True):
    """One statement, values in it; ``alone``: the tool ran it outside of a transaction."""

    sql: str
    alone: bool = False


class Unit(Struct, frozen=True):
    """Statements that take effect together; not ``together``: one that ends any transaction itself."""

    statements: tuple[str, ...]
    together: bool


class Script(Struct, frozen=True):
    """Units in order; ``reads``: what it writes was made of rows that it read."""

    units: tuple[Unit, ...]
    reads: bool = False

    @property
    def text(self) -> str:
        """All statements, for a person."""
        return "".join(f"{one};\n" for unit in self.units for one in unit.statements)


def script(statements: tuple[Statement, ...], kind: Kind, *, reads: bool = False) -> Script:
    """Cut statements into units as this kind of database must have them.

    Raises:
        StoppedError: one reaches out of its database.
    """
    units: list[Unit] = []
    pending: list[str] = []
    for one in statements:
        if is_transaction_word(one.sql):
            continue
        refuse_reaching_out(one.sql, kind)
        alone = one.alone or bool(_ALONE.match(one.sql))
        if kind == "mysql":
            alone = _DML.match(one.sql) is None
        if not alone:
            pending.append(one.sql)
            continue
        if pending:
            units.append(Unit(tuple(pending), together=True))
            pending = []
        units.append(Unit((one.sql,), together=False))
    if pending:
        units.append(Unit(tuple(pending), together=True))
    return Script(tuple(units), reads)


def marked(plain: Script, run: str) -> Script:
    """Return a script whose states between units can all be told apart."""
    units = [
        Unit(
            (f"CREATE TABLE {MARKER} (run VARCHAR(100), place VARCHAR(20), what TEXT)",),
            together=False,
        )
    ]
    first = f"INSERT INTO {MARKER} (run, place) VALUES ('{_word(run)}', '0')"
    units.append(Unit((first,), together=True))
    for number, unit in enumerate(plain.units, 1):
        note = f"UPDATE {MARKER} SET place = '{number}'"
        if unit.together:
            units.append(Unit((*unit.statements, note), together=True))
        else:
            units += [unit, Unit((note,), together=True)]
    units.append(Unit((f"DROP TABLE {MARKER}",), together=False))
    return Script(tuple(units), plain.reads)


def shown(sql: str) -> str:
    """Return how a statement begins, up to where a value could stand."""
    start = re.split(
        r"['\"(=]|\bVALUES\b|\bSET\b|\bDEFAULT\b",
        " ".join(sql.split()),
        maxsplit=1,
        flags=re.IGNORECASE,
    )
    return start[0][:60].strip() or sql.split(None, 1)[0]


def _word(run: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", run)[:100]
