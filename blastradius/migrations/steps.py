"""Steps as a migration tells of them: operations, kind, tables."""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.migrations.model import Gravity, MigrationKind, Operation
from blastradius.migrations.records import Do

_GRAVITY: dict[str, Gravity] = {
    "create_table": "add",
    "add_column": "add",
    "create_object": "add",
    "drop_table": "drop",
    "drop_column": "drop",
    "drop_object": "index",
    "rename_table": "alter",
    "alter_table": "alter",
    "alter_column": "alter",
    "rename_object": "alter",
    "alter_object": "alter",
    "rename_constraint": "alter",
    "rename_index": "index",
    "create_constraint": "index",
    "drop_constraint": "index",
    "create_index": "index",
    "drop_index": "index",
    "rows": "rows",
    "unknown": "raw",
}
_DESTRUCTIVE = frozenset({"drop"})
_TRANSFORMING = frozenset({"alter", "rows"})
_WRITES_ONLY_NEW = frozenset({"insert", "copy"})


def gravity_of(do: Do) -> Gravity:
    """Return how hard a step is on what was stored."""
    if do.verb == "rows":
        if do.name in _WRITES_ONLY_NEW:
            return "alter"
        return "drop" if do.name == "truncate" else "rows"
    if do.verb == "drop_object" and do.kind in {"schema", "database"}:
        return "drop"
    return _GRAVITY.get(do.verb, "raw")


def operations_of(steps: Sequence[Do]) -> tuple[Operation, ...]:
    """Return the operations, in order."""
    return tuple(
        Operation(_verb(one), one.table, _part(one), one.line, gravity_of(one))
        for one in steps
        if one.verb != "nothing"
    )


def kind_of(steps: Sequence[Do]) -> MigrationKind:
    """Return what a migration is by its gravest step; what cannot be read makes it unknown."""
    found = {gravity_of(one) for one in steps if one.verb != "nothing"}
    if found & _DESTRUCTIVE:
        return "destructive"
    if "raw" in found:
        return "unknown"
    taken = any(one.verb in {"drop_constraint", "drop_index", "drop_object"} for one in steps)
    return "transforming" if found & _TRANSFORMING or taken else "additive"


def tables_of(steps: Sequence[Do]) -> tuple[str, ...]:
    """Return the tables that steps touch, sorted."""
    return tuple(sorted({name for one in steps for name in (one.table, _renamed(one)) if name}))


def _renamed(do: Do) -> str:
    return do.new if do.verb == "rename_table" else ""


def _verb(do: Do) -> str:
    if do.verb == "unknown":
        return "sql" if "SQL" in do.why or "statement" in do.why else "unknown"
    if do.verb == "rows":
        return f"{do.name or 'write'} rows"
    if do.verb.endswith("_object"):
        return do.verb.replace("object", do.kind.replace(" ", "_") or "object")
    return do.verb


def _part(do: Do) -> str:
    return "" if do.verb in {"rows", "create_table", "drop_table", "rename_table"} else do.name
