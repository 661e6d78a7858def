"""One step on a schema: what it makes of it, and whether a database would refuse it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from blastradius.migrations.catalog import (
    Schema,
    altered,
    dropped_column,
    key_of,
    known_as,
    renamed_column,
    renamed_table,
)
from blastradius.migrations.records import Column, Constraint, Do, Index, Table, Thing
from blastradius.migrations.spelling import family


def apply(schema: Schema, do: Do) -> str:
    """Take a step, and return why a database would refuse it; empty when it would not.

    A step that is refused is taken all the same where that makes sense: what was read so far may be
    less than there is.
    """
    act = _ACTS.get(do.verb)
    return act(schema, do) if act is not None else ""


def _unknown(schema: Schema, _do: Do) -> str:
    schema.vague = True
    return ""


def _create_table(schema: Schema, do: Do) -> str:
    there = schema.leaves.get(("table", do.table))
    if there is not None and do.lenient:
        return ""
    refused = f"table {do.table} is there already" if there is not None and not there.open else ""
    for key, _ in list(schema.of_table(do.table)):
        schema.remove(key)
    for one in do.parts:
        _place(schema, do.table, one)
    return refused


def _place(schema: Schema, table: str, one: object) -> None:
    if isinstance(one, Table):
        schema.put(("table", table), one)
    elif isinstance(one, Column):
        schema.put(("column", table, one.name), one)
    elif isinstance(one, Constraint):
        schema.put(("constraint", table, one.name), one)
    elif isinstance(one, Index):
        schema.put(("index", one.name), one)
    elif isinstance(one, Thing):
        schema.put(("object", one.kind, one.name), one)


def _absent(schema: Schema, do: Do) -> bool:
    """Tell what says IF EXISTS of something that is not there, or that nothing else tells of."""
    key = key_of(do)
    if not do.lenient or key in schema.leaves:
        return False
    table = schema.leaves.get(("table", do.table)) if key[0] != "table" else None
    unsure = table is None or table.open or schema.vague or do.guarded
    if unsure and (key not in schema.gone or do.guarded):
        schema.doubt(key)
    schema.gone.add(key)
    return True


def _drop_table(schema: Schema, do: Do) -> str:
    if _absent(schema, do):
        return ""
    if schema.table(do.table) is None:
        return "" if do.lenient else f"table {do.table} is not there"
    refers = [
        (key, one)
        for key, one in schema.leaves.items()
        if isinstance(one, Constraint) and one.referred == do.table and key[1] != do.table
    ]
    for key, _ in list(schema.of_table(do.table)):
        schema.remove(key)
    for key, _ in refers:
        if do.cascade:
            schema.remove(key)
    if refers and not do.cascade:
        return f"{refers[0][0][1]} still refers to table {do.table}"
    return ""


def _rename_table(schema: Schema, do: Do) -> str:
    if schema.table(do.table) is None:
        return f"table {do.table} is not there"
    renamed_table(schema, do.table, do.new)
    return ""


def _add_column(schema: Schema, do: Do) -> str:
    if schema.table(do.table) is None:
        return f"table {do.table} is not there"
    if ("column", do.table, do.name) in schema.leaves:
        if do.lenient:
            return ""
        refused = f"column {do.table}.{do.name} is there already"
    else:
        refused = ""
    for one in do.parts:
        _place(schema, do.table, one)
    return refused


def _drop_column(schema: Schema, do: Do) -> str:
    if _absent(schema, do):
        return ""
    if schema.find(key_of(do), Column(do.name)) is None:
        return "" if do.lenient else f"column {do.table}.{do.name} is not there"
    dropped_column(schema, do.table, do.name)
    return ""


def _alter_column(schema: Schema, do: Do) -> str:
    key = ("column", do.table, do.name)
    old = schema.find(key, do.old or Column(do.name))
    if old is None:
        return f"column {do.table}.{do.name} is not there"
    if do.old is not None:
        known = known_as(old, do.old)
        if known != old and schema.before is not None and schema.before.leaves.get(key) == old:
            schema.before.put(key, known)
        old = known
    refused = ""
    if do.change is not None and do.parts:
        new = altered(old, do.parts[0], do.change)
        if do.change.automatic and not _casts(schema, old.type, new.type):
            refused = f"{do.table}.{do.name} cannot become {new.type} from {old.type} without USING"
        schema.put(key, new)
    if do.new and do.new != do.name:
        renamed_column(schema, do.table, do.name, do.new)
    return refused


def _casts(schema: Schema, old: str | None, new: str | None) -> bool:
    """Tell whether PostgreSQL turns one type into another by itself; so what is not known."""
    families = (family(old), family(new))
    if ("object", "type", new or "") in schema.leaves:
        return old == new or families[0] == ""
    return "" in families or families[0] == families[1] or families[1] == "text"


def _create_constraint(schema: Schema, do: Do) -> str:
    if schema.table(do.table) is None:
        return f"table {do.table} is not there"
    there = ("constraint", do.table, do.name) in schema.leaves
    for one in do.parts:
        _place(schema, do.table, one)
        if isinstance(one, Constraint) and one.kind == "primary":
            _not_null(schema, do.table, one)
    return f"constraint {do.name} is there already" if there and not do.lenient else ""


def _not_null(schema: Schema, table: str, key: Constraint) -> None:
    for name in key.columns:
        found = schema.leaves.get(("column", table, name))
        if found is not None:
            schema.put(("column", table, name), replace(found, nullable=False))


def _drop_constraint(schema: Schema, do: Do) -> str:
    if schema.table(do.table) is None:
        return f"table {do.table} is not there"
    meant = schema.constraint(do.table, do.name, do.kind)
    if meant is not None:
        found = schema.leaves[meant]
        schema.remove(meant)
        if found.auto and do.name and meant[2] != do.name and schema.before is not None:
            # Now its name is known: that is what it was called before as well.
            if schema.before.leaves.get(meant) == found:
                schema.before.remove(meant)
                named = replace(found, name=do.name, auto=False)
                schema.before.put(("constraint", do.table, do.name), named)
            schema.gone.add(("constraint", do.table, do.name))
        return ""
    key = ("constraint", do.table, do.name)
    if _absent(schema, do):
        return ""
    if schema.find(key, Constraint(do.name, do.kind)) is None:
        return "" if do.lenient else f"constraint {do.name} of {do.table} is not there"
    schema.remove(key)
    return ""


def _rename_constraint(schema: Schema, do: Do) -> str:
    meant = schema.constraint(do.table, do.name, "") or ("constraint", do.table, do.name)
    found = schema.find(meant, Constraint(do.name, ""))
    if found is None:
        return f"constraint {do.name} of {do.table} is not there"
    schema.remove(meant)
    schema.put(("constraint", do.table, do.new), replace(found, name=do.new, auto=False))
    return ""


def _create_index(schema: Schema, do: Do) -> str:
    there = schema.leaves.get(("index", do.name))
    if there is not None and do.lenient:
        return ""
    if schema.table(do.table) is None:
        return f"table {do.table} is not there"
    for one in do.parts:
        _place(schema, do.table, one)
    return f"index {do.name} is there already" if there is not None else ""


def _drop_index(schema: Schema, do: Do) -> str:
    if _absent(schema, do):
        return ""
    key = key_of(do)
    found = schema.leaves.get(key)
    if found is None:
        if key in schema.gone and not schema.trusts:
            return "" if do.lenient else f"index {do.name} is not there"
        table = schema.leaves.get(("table", do.table)) if do.table else None
        if table is not None and not (table.open or schema.vague or schema.trusts):
            return "" if do.lenient else f"index {do.name} is not there"
        schema.assume(key, Index(do.name, do.table))
    schema.remove(key)
    return ""


def _rename_index(schema: Schema, do: Do) -> str:
    key = ("index", do.name)
    found = schema.leaves.get(key)
    if found is None:
        owners = [one for one in schema.leaves if one[0] == "constraint" and one[2] == do.name]
        if owners:  # the index of a key, which has its name
            return _rename_constraint(schema, replace(do, table=owners[0][1]))
        if key in schema.gone:
            return f"index {do.name} is not there"
        found = schema.assume(key, Index(do.name, do.table))
    schema.remove(key)
    schema.put(("index", do.new), replace(found, name=do.new))
    return ""


def _create_object(schema: Schema, do: Do) -> str:
    key = key_of(do)
    there = key in schema.leaves
    if there and do.lenient:
        return ""
    for one in do.parts:
        schema.put(key, one)
    return f"{do.kind} {do.name} is there already" if there else ""


def _drop_object(schema: Schema, do: Do) -> str:
    key = key_of(do)
    if key in schema.gone:
        return "" if do.lenient else f"{do.kind} {do.name} is not there"
    if key not in schema.leaves and not do.lenient:
        schema.assume(key, Thing(do.kind, do.name, do.table))
    schema.remove(key)
    if do.kind == "type" and not do.cascade:
        for other, one in schema.leaves.items():
            if isinstance(one, Column) and one.type in {do.name, f"{do.name}[]"}:
                return f"column {other[1]}.{one.name} still is of type {do.name}"
    return ""


def _rename_sequence(schema: Schema, do: Do) -> None:
    """Give the sequence of a serial column the name that another table's would have, or its own."""
    for key, one in list(schema.leaves.items()):
        if isinstance(one, Column) and (one.extra or "").startswith("serial"):
            tail = f"_{one.name}_seq"
            held = (one.extra or "").partition(" ")[2] or key[1]
            if f"{held}{tail}" == do.name and do.new.endswith(tail):
                first = do.new.removesuffix(tail)
                extra = "serial" if first == key[1] else f"serial {first}"
                schema.put(key, replace(one, extra=extra))


def _rename_object(schema: Schema, do: Do) -> str:
    if do.kind == "sequence" and key_of(do) not in schema.leaves:
        _rename_sequence(schema, do)
        return ""
    key = key_of(do)
    found = schema.leaves.get(key)
    if found is None:
        if key in schema.gone:
            return f"{do.kind} {do.name} is not there"
        found = schema.assume(key, Thing(do.kind, do.name, do.table))
    schema.remove(key)
    schema.put((key[0], key[1], do.new), replace(found, name=do.new))
    if do.kind == "type":
        for other, one in list(schema.leaves.items()):
            if isinstance(one, Column) and one.type == do.name:
                schema.put(other, replace(one, type=do.new))
    return ""


def _alter_object(schema: Schema, do: Do) -> str:
    if do.kind in {"enum value", "rename value"}:
        return _alter_enum(schema, do)
    key = key_of(do)
    for one in do.parts:
        schema.put(key, one)
    return ""


def _alter_enum(schema: Schema, do: Do) -> str:
    key = ("object", "type", do.name)
    found = schema.leaves.get(key)
    if found is None:
        found = schema.assume(key, Thing("type", do.name, "", f"enum ?{do.name}"))
    rule = found.rule or f"enum ?{do.name}"
    if do.kind == "enum value":
        values = rule.split(" ", 1)[-1].split(",")
        if do.new not in values:
            rule = f"{rule},{do.new}"
    else:
        old, _, new = do.new.partition(">")
        values = rule.split(" ", 1)[-1].split(",")
        if old in values:
            rule = "enum " + ",".join(new if one == old else one for one in values)
        else:
            undone = f" [{new}>{old}]"
            rule = rule.replace(undone, "") if undone in rule else f"{rule} [{old}>{new}]"
    schema.put(key, replace(found, rule=rule))
    return ""


_ACTS: dict[str, Callable[[Schema, Do], str]] = {
    "unknown": _unknown,
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_constraint": _create_constraint,
    "drop_constraint": _drop_constraint,
    "rename_constraint": _rename_constraint,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "rename_index": _rename_index,
    "create_object": _create_object,
    "drop_object": _drop_object,
    "rename_object": _rename_object,
    "alter_object": _alter_object,
}
