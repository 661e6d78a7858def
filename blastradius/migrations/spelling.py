"""Normal forms: names, types and defaults that are spelled otherwise and mean the same."""

from __future__ import annotations

import hashlib
import re

_SYNONYMS = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "decimal": "numeric",
    "float8": "double precision",
    "double": "double precision",
    "float": "double precision",
    "float4": "real",
    "char": "char",
    "character": "char",
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "bit varying": "varbit",
}
_SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
_SERIAL |= {"serial4": "integer", "serial8": "bigint", "serial2": "smallint"}
_WITH_PRECISION = re.compile(
    r"^(?P<base>[^(]*?)\s*\((?P<inside>[^)]*)\)\s*(?P<tail>.*)$", re.DOTALL
)
_CAST = re.compile(
    r"::\s*(?:[\w.\"]+|character varying|timestamp with(?:out)? time zone)(?:\(\d+\))?(?:\[\])?"
)
_NOW = frozenset({"current_timestamp", "now()", "current_timestamp()", "localtimestamp"})
_LONGEST = 63
_FAMILIES = {
    "text": frozenset({"varchar", "text", "char"}),
    "number": frozenset({"integer", "bigint", "smallint", "numeric", "real", "double precision"}),
    "time": frozenset({"date", "timestamp", "timestamptz"}),
    "json": frozenset({"json", "jsonb"}),
    "boolean": frozenset({"boolean"}),
    "uuid": frozenset({"uuid"}),
    "bytea": frozenset({"bytea"}),
}
_AUTO = re.compile(r"^(?:pk|fk|uq|ck|ix)_", re.IGNORECASE)


def folded(name: str) -> str:
    """Return a name as the database knows it: quotes off, else small letters."""
    if len(name) > 1 and name[0] in '"`[' and name[-1] in '"`]':
        return name[1:-1].replace('""', '"')
    return name.lower()


def qualified(parts: list[str]) -> str:
    """Return a dotted name without the schema that all are in by default."""
    if len(parts) > 1 and parts[0] in {"public", "main", "dbo"}:
        parts = parts[1:]
    return ".".join(parts)


def sql_type(text: str) -> tuple[str, bool]:
    """Return the normal form of a type in SQL, and whether it is a serial."""
    flat = " ".join(text.lower().split()).replace("( ", "(").replace(" )", ")").replace(", ", ",")
    flat = flat.replace(" (", "(").replace('"', "").replace("`", "").removeprefix("public.")
    array = ""
    while flat.endswith("[]"):
        flat, array = flat[:-2].strip(), array + "[]"
    if flat in _SERIAL:
        return _SERIAL[flat] + array, True
    match = _WITH_PRECISION.match(flat)
    if match is not None:
        base = f"{match['base']} {match['tail']}".strip()
        inside = match["inside"].replace(" ", "")
        return f"{_SYNONYMS.get(base, base)}({inside}){array}", False
    return _SYNONYMS.get(flat, flat) + array, False


def family(kind: str | None) -> str:
    """Return the family of a type within which PostgreSQL converts by itself, empty where unknown."""
    base = (kind or "").partition("(")[0]
    if base.endswith("[]"):
        return ""
    return next((name for name, several in _FAMILIES.items() if base in several), "")


def truncated(name: str) -> str:
    """Return an automatic name as SQLAlchemy cuts it to PostgreSQL's length."""
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.md5(name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{name[: _LONGEST - 8]}_{digest[-4:]}"


def sql_default(text: str) -> str:
    """Return the normal form of a default's expression: casts, outer parentheses and spaces off."""
    flat = " ".join(_CAST.sub("", text).split()).strip()
    while flat.startswith("(") and flat.endswith(")") and _wraps(flat):
        flat = flat[1:-1].strip()
    low = flat if "'" in flat else flat.lower()
    if low.lower() in _NOW:
        return "now()"
    if low.lower() == "null":
        return ""
    if len(low) > 1 and low[0] == low[-1] == "'":
        inside = low[1:-1]
        if re.fullmatch(r"-?\d+(?:\.\d+)?", inside):
            return inside
        if inside.lower() in {"true", "false", "t", "f"}:
            return {"t": "true", "f": "false"}.get(inside.lower(), inside.lower())
    return low


def expression(text: str) -> str:
    """Return an expression or the text of an object without what its layout says."""
    return re.sub(r"\s*([(),=<>])\s*", r"\1", " ".join(text.split())).lower().replace('"', "")


def condition(text: str) -> str:
    """Return the normal form of a condition: without casts, parentheses and what PostgreSQL rewrites."""
    flat = _CAST.sub("", expression(text)).replace("=any(array[", " in(").replace("])", ")")
    flat = flat.replace("<>all(array[", " not in(").replace("~~*", "ilike").replace("~~", "like")
    return re.sub(r"[()\s]|(?:::[\w\[\]]+)", "", flat)


def auto_name(kind: str, table: str, columns: tuple[str, ...], dialect: str) -> str:
    """Return the name that a database gives to a constraint without one."""
    bare = table.rpartition(".")[2]
    if dialect == "postgres":
        if kind == "primary":
            return f"{bare}_pkey"[:_LONGEST]
        joined = "_".join(columns)
        tail = {"unique": "key", "foreign": "fkey", "check": "check", "exclude": "excl"}.get(
            kind, kind
        )
        return (f"{bare}_{joined}_{tail}" if joined else f"{bare}_{tail}")[:_LONGEST]
    return f"{kind}({bare}:{','.join(columns)})"


def by_convention(name: str) -> bool:
    """Tell a name that the naming convention of a SQLAlchemy project probably made."""
    return _AUTO.match(name) is not None


def _wraps(text: str) -> bool:
    depth = 0
    for number, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and number < len(text) - 1:
            return False
    return depth == 0
