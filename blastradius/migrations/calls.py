"""What a call that is not followed is about: a type, a connection, a statement, a query."""

from __future__ import annotations

from blastradius.migrations.values import Made, Method, Ref, Value

_WRITES = frozenset({"insert", "update", "delete"})
_MADE_TYPES = frozenset({"Enum", "ENUM", "DOMAIN", "Sequence", "CreateSequence"})


def writes_rows_only(text: str) -> bool:
    """Tell statements that touch rows or settings, and no schema, by their first word."""
    words = text.lstrip(" \t\n;(").split(None, 1)
    return bool(words) and words[0].upper() in {
        *("SELECT", "INSERT", "UPDATE", "DELETE", "SET", "LOCK", "RESET", "VACUUM", "ANALYZE"),
        *("VALUES", "COPY", "SHOW", "BEGIN", "COMMIT", "REINDEX", "WITH", "MERGE", "PRAGMA"),
        "TRUNCATE",
    }


def is_type(value: Value) -> bool:
    """Tell a type of a database of its own, or what holds one."""
    if isinstance(value, Method) and value.name == "type":
        return True
    return isinstance(value, Made) and value.last in _MADE_TYPES


def takes_bind(made: Made) -> bool:
    """Tell a call that is given ``op`` or a connection of it."""
    for one in (*made.args, *made.keywords.values()):
        if isinstance(one, Ref) and one.dotted == "alembic.op":
            return True
        if isinstance(one, Made) and one.last in {"get_bind", "Session", "connect"}:
            return True
    return False


def built(value: Made) -> str:
    """Return which statement an expression of SQLAlchemy builds, empty when it builds none."""
    found: Value = value
    for _ in range(60):
        if not isinstance(found, Made):
            return ""
        if found.last in _WRITES or found.last in {"select", "exists", "union"}:
            return found.last
        found = found.owner.owner if isinstance(found.owner, Method) else found.owner
    return ""


def queries(made: Made) -> bool:
    """Tell a call on a query of a session."""
    found: Value = made
    for _ in range(60):
        if not isinstance(found, (Made, Method)):
            return False
        if isinstance(found, Made) and found.last == "query":
            return True
        found = found.owner
    return False
