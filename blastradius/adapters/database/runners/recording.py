"""Noting what a tool sends to a database, as statements with their values in them.

It is read by the programs beside it, which run in a Python that need not have this package.
"""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

READ = re.compile(r"\s*(?:SELECT|WITH|SHOW|PRAGMA|EXPLAIN|DESCRIBE|VALUES)\b", re.IGNORECASE)
CATALOG = re.compile(
    r"pg_catalog|pg_class|pg_type|pg_namespace|pg_constraint|pg_index|pg_attribute|information_schema"
    r"|sqlite_master|pragma_|django_migrations|django_content_type|auth_permission",
    re.IGNORECASE,
)


class Recorder:
    """The statements that were sent, and whether rows were read that are not the catalog's."""

    def __init__(self, own_table: str = "") -> None:
        self.statements: list[dict[str, Any]] = []
        self.reads = False
        self.own_table = own_table

    def note(self, sql: str, *, alone: bool = False) -> None:
        """Note one statement; what only reads is left out."""
        if READ.match(sql) and not self._acts(sql):
            has_table = re.search(r"\bFROM\b", sql, re.IGNORECASE)
            own = self.own_table and self.own_table in sql
            if has_table and not own and not CATALOG.search(sql):
                self.reads = True
            return
        self.statements.append({"sql": sql, "alone": alone})

    def _acts(self, sql: str) -> bool:
        """Whether something that reads by its first word changes something all the same."""
        word = sql.split(None, 1)[0].upper()
        if word == "WITH":
            return bool(re.search(r"\b(?:INSERT|UPDATE|DELETE)\b", sql, re.IGNORECASE))
        return word == "SELECT" and not re.search(r"\bFROM\b", sql, re.IGNORECASE) and "(" in sql

    def write(self, path: str) -> None:
        """Leave the result where only this user can read it."""
        raw = json.dumps({"statements": self.statements, "reads": self.reads}).encode()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)


def literal(value: Any) -> str:
    """Return a value as SQLite writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return "X'" + bytes(value).hex() + "'"
    if hasattr(value, "isoformat"):
        both = hasattr(value, "hour") and hasattr(value, "year")
        value = value.isoformat(" ") if both else value.isoformat()
    text = str(value)
    if "\0" in text:
        return "CAST(X'" + text.encode().hex() + "' AS TEXT)"
    return "'" + text.replace("'", "''") + "'"


def bound(kind: str, driver: Any, sql: str, values: Any) -> str:
    """Return a statement with its values in it, as the driver itself would send it."""
    if not values:
        return sql
    if kind == "sqlite":
        return with_question_marks(sql, list(values))
    if kind == "postgresql":
        if type(driver).__module__.startswith("psycopg2"):
            with driver.cursor() as cursor:
                return str(cursor.mogrify(sql, values).decode())
        import psycopg

        return psycopg.ClientCursor(driver).mogrify(sql, values)
    with driver.cursor() as cursor:
        made = cursor.mogrify(sql, values)
        return made.decode() if isinstance(made, bytes) else str(made)


def with_question_marks(sql: str, values: list[Any]) -> str:
    """Put values in the place of question marks outside of quotes and comments."""
    quoted = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/"
    pieces = re.split(rf"({quoted}|\?)", sql, flags=re.DOTALL)
    return "".join(literal(values.pop(0)) if piece == "?" else piece for piece in pieces)


def ended(main: Callable[[], None]) -> None:
    """Run a program; what it raises ends it with one line, not with a page that quotes values."""
    try:
        main()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a revision raises
        cause = getattr(error, "orig", None) or error.__cause__ or error
        words = cause.args[-1] if cause.args else ""
        lines = [one.strip() for one in str(words).splitlines() if one.strip()]
        raise SystemExit(f"{type(cause).__name__}: {lines[0] if lines else 'no reason'}") from None


def asked() -> dict[str, Any]:
    """Return what is asked, from standard input: nothing of it may be seen in a list of processes."""
    found: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    return found


def driver_of(kind: str) -> str:
    """Return SQLAlchemy's word for a driver that is here."""
    names = {
        "postgresql": (("psycopg", "postgresql+psycopg"), ("psycopg2", "postgresql+psycopg2")),
        "mysql": (("pymysql", "mysql+pymysql"), ("MySQLdb", "mysql+mysqldb")),
        "sqlite": (("sqlite3", "sqlite"),),
    }
    for module, word in names[kind]:
        if importlib.util.find_spec(module):
            return word
    raise SystemExit(f"this Python has no driver for {kind}: install {names[kind][0][0]}")
