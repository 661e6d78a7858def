"""The state of a database as SQLAlchemy's inspector sees it: a digest for each thing of its schema.

Left out is what is not schema: rows, counters, statistics, owners, the order of columns (one that
went and came back stands last). The rows of the tools' version tables are in: they say what the next
run of the tool would do.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from blastradius.adapters.database import versions
from blastradius.adapters.database.places import Session, saying
from blastradius.adapters.database.versions import digest
from blastradius.model.plan import Fingerprint

if TYPE_CHECKING:
    from sqlalchemy.engine.reflection import Inspector

_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=str)
Leaf = tuple[str, object]
Reflected = Mapping[str, Any]


def fingerprint(session: Session) -> Fingerprint:
    """Return the schema and the version rows, one leaf for each thing that has a name.

    It opens no transaction: the caller's, if there is one, is what it sees.

    Raises:
        StoppedError: the database cannot be read.
    """
    from sqlalchemy import inspect  # noqa: PLC0415 - an extra

    with saying(session.name, session.url, "reading the catalog"), warnings.catch_warnings():
        # SQLAlchemy warns of what it skips; those are read below, in `_skipped`.
        warnings.simplefilter("ignore")
        inspector = inspect(session.connection)
        found = dict(_leaves(session, inspector)) | dict(_skipped(session))
    found |= dict(versions.leaves(session))
    return Fingerprint({name: digest(found[name]) for name in sorted(found)})


def schemas(session: Session, inspector: Inspector) -> list[str | None]:
    """Return the schemas that are the user's; None for the one where names need no prefix."""
    if session.kind != "postgresql":
        return [None]
    default = inspector.default_schema_name
    names = [
        one
        for one in inspector.get_schema_names()
        if not one.startswith("pg_") and one != "information_schema"
    ]
    return [None if one == default else one for one in sorted(names)]


def _leaves(session: Session, inspector: Inspector) -> Iterator[Leaf]:
    for schema in schemas(session, inspector):
        dot = f"{schema}." if schema else ""
        if schema:
            yield f"schema {schema}", True
        yield from _tables(session, inspector, schema)
        for view in sorted(inspector.get_view_names(schema)):
            text = _plain(inspector.get_view_definition(view, schema))
            yield f"view {dot}{view}", _without_database(session, text)
        if session.kind == "postgresql":
            for view in sorted(inspector.get_materialized_view_names(schema)):
                yield f"view {dot}{view}", _plain(inspector.get_view_definition(view, schema))
            for one in inspector.get_enums(schema=schema or inspector.default_schema_name):  # type: ignore[attr-defined]
                yield f"type {dot}{one['name']}", one["labels"]
        if session.kind != "sqlite":
            for one in sorted(inspector.get_sequence_names(schema)):
                yield f"sequence {dot}{one}", True


def _skipped(session: Session) -> Iterator[Leaf]:
    """Yield SQLite's indexes over expressions, which the inspector leaves out."""
    if session.kind == "sqlite":
        for table, name, sql in session.rows(
            "SELECT tbl_name, name, sql FROM sqlite_master m WHERE type = 'index' AND sql IS NOT NULL "
            "AND EXISTS (SELECT 1 FROM pragma_index_info(m.name) i WHERE i.cid = -2)"
        ):
            yield f"index {table}.{name}", _plain(sql)


def _without_database(session: Session, text: object) -> object:
    """A copy of a MySQL database has another name, which the text of a view has in it."""
    if session.kind != "mysql" or not isinstance(text, str):
        return text
    return text.replace(session.quoted(session.url.database or "") + ".", "")


def _tables(session: Session, inspector: Inspector, schema: str | None) -> Iterator[Leaf]:
    dot = f"{schema}." if schema else ""
    keys = dict(inspector.get_multi_pk_constraint(schema))
    foreign = dict(inspector.get_multi_foreign_keys(schema))
    indexes = dict(inspector.get_multi_indexes(schema))
    unique = dict(inspector.get_multi_unique_constraints(schema))
    checks = dict(inspector.get_multi_check_constraints(schema))
    for at, columns in inspector.get_multi_columns(schema).items():
        table = f"{dot}{at[1]}"
        yield f"table {table}", True
        for column in columns:
            yield f"column {table}.{column['name']}", _column(session, dict(column))
        key: Any = keys.get(at)
        if key and key["constrained_columns"]:
            yield f"key {table}", key["constrained_columns"]
        yield from _named("foreign key", table, foreign.get(at, ()), _foreign)
        yield from _named("unique", table, unique.get(at, ()), _unique)
        yield from _named("check", table, checks.get(at, ()), _check)
        yield from _named("index", table, _own(indexes.get(at, ())), _index)


def _named(
    kind: str, table: str, found: Iterable[Any], normal: Callable[[Reflected], object]
) -> Iterator[Leaf]:
    """Yield a leaf each; what has no name is told apart by what it says, and counted."""
    nameless: dict[str, int] = {}
    for one in sorted(found, key=lambda one: (str(one.get("name")), _encoder.encode(normal(one)))):
        value = normal(one)
        name = one.get("name") or digest(value)[:8]
        nameless[name] = nameless.get(name, 0) + 1
        again = f" ({nameless[name]})" if nameless[name] > 1 else ""
        yield f"{kind} {table}.{name}{again}", value


def _column(session: Session, column: dict[str, Any]) -> object:
    try:
        kind = column["type"].compile(session.connection.dialect)
    except Exception:  # noqa: BLE001 - a type that SQLAlchemy does not know prints its own name
        kind = repr(column["type"])
    return [
        kind,
        getattr(column["type"], "collation", None),
        bool(column["nullable"]),
        _plain(column.get("default")),
        _encoder.encode(column.get("computed")).decode(),
        {
            key: value
            for key, value in (column.get("identity") or {}).items()
            if key in {"always", "start", "increment"}
        },
        bool(column.get("autoincrement") is True),
    ]


def _foreign(one: Reflected) -> object:
    options = {key: value for key, value in one.get("options", {}).items() if value}
    return [
        one["constrained_columns"],
        one.get("referred_schema"),
        one["referred_table"],
        one["referred_columns"],
        options,
    ]


def _unique(one: Reflected) -> object:
    return one["column_names"]


def _check(one: Reflected) -> object:
    return _plain(one["sqltext"])


def _index(one: Reflected) -> object:
    options = {
        key: value
        for key, value in one.get("dialect_options", {}).items()
        if value and not key.endswith("_include")
    }
    return [
        one["column_names"],
        one.get("expressions"),
        bool(one["unique"]),
        one.get("include_columns"),
        _encoder.encode({key: str(value) for key, value in options.items()}).decode(),
    ]


def _own(found: Iterable[Any]) -> list[Any]:
    """Leave out the indexes that only serve a unique constraint, which stands for itself."""
    return [one for one in found if not one.get("duplicates_constraint")]


def _plain(text: object) -> object:
    """Return an expression with its white space made one blank."""
    return re.sub(r"\s+", " ", text).strip() if isinstance(text, str) else text
