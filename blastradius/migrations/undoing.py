"""The inverse of a step on the schema from before it, from the definitions that earlier steps gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from blastradius.migrations.applying import apply
from blastradius.migrations.catalog import Key, Schema, key_of
from blastradius.migrations.records import (
    Change,
    Column,
    Constraint,
    Do,
    Index,
    Table,
    Thing,
    Verb,
)
from blastradius.migrations.spelling import auto_name, family

_MAKES: dict[str, Verb] = {
    "table": "create_table",
    "column": "add_column",
    "constraint": "create_constraint",
    "index": "create_index",
    "object": "create_object",
}
_ORDER = {"table": 0, "column": 1, "constraint": 2, "index": 3, "object": 4}


@dataclass(slots=True)
class Undone:
    """Steps that undo one, and in words what they cannot, what is lost, what to mind."""

    steps: list[Do] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    loses: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)


def undo(do: Do, before: Schema) -> Undone:
    """Return what undoes a step.

    Args:
        do: the step.
        before: the schema that it was taken on; it is not changed.
    """
    if do.verb == "nothing":
        return Undone()
    if do.verb == "unknown":
        return Undone(gaps=[do.why or "it cannot be read"])
    if do.verb == "rows":
        what = f"rows of {do.table}" if do.table else "rows"
        return Undone(cautions=[f"{what} that it wrote stay as they are"])
    base = Schema(before)
    base.before = None
    after = Schema(base)
    if _idle(do, base):
        return Undone()
    apply(after, do)
    return _UNDOES[do.verb](do, base, after)


def _idle(do: Do, before: Schema) -> bool:
    """Tell a step that says IF [NOT] EXISTS and had nothing to do, as far as is known."""
    if not do.lenient:
        return False
    key = key_of(do)
    if do.verb.startswith(("create_", "add_")):
        return key in before.leaves
    return do.verb.startswith("drop_") and key in before.gone


def _create_table(do: Do, _before: Schema, _after: Schema) -> Undone:
    return Undone([_do(do, "drop_table", do.table)], loses=[f"table {do.table} and its rows"])


def _drop_table(do: Do, before: Schema, after: Schema) -> Undone:
    table = before.leaves.get(("table", do.table))
    if table is None or table.open:
        return Undone(gaps=[f"how table {do.table} was made is in no migration that can be read"])
    parts: list[object] = [table]
    rest: list[Do] = []
    for key, one in _gone(before, after):
        if isinstance(one, Constraint) and key[1] == do.table:
            parts.append(_named(one, do.table))
        elif isinstance(one, Column) and key[1] == do.table:
            parts.append(one)
        elif not isinstance(one, Table):
            rest.append(_restored(do, key, one))
    unknown = [one.name for one in parts if isinstance(one, Column) and one.type is None]
    gaps = [f"the type of {do.table}.{name} is not known" for name in unknown]
    made = _do(do, "create_table", do.table, parts=tuple(_as_made(parts)))
    rest += _sequences(do, parts)
    gaps += [gap for one in rest if (gap := _lacking(one))]
    kept = [one for one in rest if not _lacking(one)]
    return Undone([made, *kept] if not unknown else [], gaps, cautions=[_rows(f"of {do.table}")])


def _as_made(parts: list[object]) -> Iterator[object]:
    """Yield the parts of a table as a new one has them: its sequences have its name."""
    for one in parts:
        if isinstance(one, Column) and (one.extra or "").startswith("serial "):
            yield replace(one, extra="serial")
        else:
            yield one


def _sequences(do: Do, parts: list[object]) -> Iterator[Do]:
    """Yield the steps that give sequences the names that they had from an earlier name of the table."""
    for one in parts:
        if isinstance(one, Column) and (one.extra or "").startswith("serial "):
            first = (one.extra or "").partition(" ")[2]
            step = _do(do, "rename_object", "", f"{do.table}_{one.name}_seq", kind="sequence")
            yield replace(step, new=f"{first}_{one.name}_seq")


def _rename_table(do: Do, _before: Schema, _after: Schema) -> Undone:
    return Undone([replace(_do(do, "rename_table", do.new), new=do.table)])


def _add_column(do: Do, _before: Schema, _after: Schema) -> Undone:
    first = [
        _do(do, "drop_index", do.table, one.name) for one in do.parts if isinstance(one, Index)
    ]
    dropped = _do(do, "drop_column", do.table, do.name)
    return Undone([*first, dropped], loses=[f"column {do.table}.{do.name} and its values"])


def _drop_column(do: Do, before: Schema, after: Schema) -> Undone:
    column = before.leaves.get(key_of(do))
    if column is None or column.type is None:
        return Undone(
            gaps=[f"how {do.table}.{do.name} was defined is in no migration that can be read"]
        )
    found = Undone([_do(do, "add_column", do.table, do.name, parts=(column,))])
    found.cautions.append(f"the values of {do.table}.{do.name} do not come back")
    if column.nullable is False and not column.default and not column.extra:
        found.cautions.append(
            f"{do.table}.{do.name} is NOT NULL without a default: where the table has rows it fails"
        )
    for key, one in _gone(before, after):
        if key == key_of(do):
            continue
        restored = _restored(do, key, one)
        gap = _lacking(restored)
        if gap:
            found.gaps.append(gap)
        else:
            found.steps.append(restored)
    return found


def _alter_column(do: Do, before: Schema, after: Schema) -> Undone:
    old = before.leaves.get(("column", do.table, do.name))
    change = do.change or Change()
    if old is None:
        return Undone(gaps=[f"how {do.table}.{do.name} was is not known"])
    new = after.leaves.get(("column", do.table, do.new or do.name)) or old
    gaps = [
        f"what {field_name} {do.table}.{do.name} had is not known"
        for field_name in ("type", "nullable", "default")
        if getattr(change, field_name) and getattr(old, field_name) is None
    ]
    if change.extra and old.extra != new.extra:
        gaps.append(f"how {do.table}.{do.name} made its values is not known")
    back = Change(
        type=change.type and old.type is not None and old.type != new.type,
        nullable=change.nullable and old.nullable is not None and old.nullable != new.nullable,
        default=change.default and old.default is not None and old.default != new.default,
        name="y" if do.new and do.new != do.name else "",
    )
    if back == Change():
        return Undone(gaps=gaps)
    name = do.new or do.name
    step = _do(do, "alter_column", do.table, name, parts=(old,))
    step = replace(step, new=do.name if back.name else "", change=back, old=new)
    whole = change.extra  # MySQL says all of a column in one statement
    found = Undone([step] if whole else _with_default(step, old, new), gaps)
    if back.nullable and old.nullable is False:
        found.cautions.append(
            f"{do.table}.{do.name} is NOT NULL again: rows without a value make it fail"
        )
    if back.type:
        found.cautions.append(f"values of {do.table}.{do.name} must fit type {old.type} again")
    return found


def _with_default(step: Do, old: Column, now: Column) -> list[Do]:
    """Return an alteration in steps: a default is of the type that the column has when it is set."""
    change = step.change
    if change is None or not change.type or not old.default:
        return [step]
    plain = replace(step, change=replace(change, default=False))
    name = step.new or step.name
    only = replace(step, name=name, new="", change=Change(default=True))
    found = [plain, only]
    if now.default and family(old.type) != family(now.type):
        none = replace(old, default="", default_from=None)
        found.insert(0, replace(only, name=step.name, parts=(none,)))
    return found


def _create_constraint(do: Do, before: Schema, after: Schema) -> Undone:
    found = Undone([_do(do, "drop_constraint", do.table, do.name, kind=do.kind)])
    for key, one in before.leaves.items():
        now = after.leaves.get(key)
        if isinstance(one, Column) and now is not None and one.nullable and now.nullable is False:
            change = Change(nullable=True)
            step = _do(do, "alter_column", key[1], one.name, parts=(one,))
            found.steps.append(replace(step, change=change, old=now))
    return found


def _drop_constraint(do: Do, before: Schema, after: Schema) -> Undone:
    return _all_back(do, before, after, f"constraint {do.name} of {do.table}")


def _all_back(do: Do, before: Schema, after: Schema, what: str) -> Undone:
    found = Undone()
    for key, one in _gone(before, after):
        restored = _restored(do, key, one)
        gap = _lacking(restored)
        if gap:
            found.gaps.append(gap)
        else:
            found.steps.append(restored)
    if not found.steps and not found.gaps and not do.lenient:
        found.gaps.append(f"how {what} was defined is in no migration that can be read")
    return found


def _rename(do: Do, _before: Schema, _after: Schema) -> Undone:
    return Undone([replace(_do(do, do.verb, do.table, do.new, kind=do.kind), new=do.name)])


def _create_index(do: Do, _before: Schema, _after: Schema) -> Undone:
    step = _do(do, "drop_index", do.table, do.name)
    return Undone([replace(step, concurrent=do.concurrent)])


def _drop_index(do: Do, before: Schema, after: Schema) -> Undone:
    found = _all_back(do, before, after, f"index {do.name}")
    found.steps = [replace(one, concurrent=do.concurrent) for one in found.steps]
    return found


def _create_object(do: Do, _before: Schema, _after: Schema) -> Undone:
    step = _do(do, "drop_object", do.table, do.name, kind=do.kind, parts=do.parts)
    return Undone([step])


def _drop_object(do: Do, before: Schema, after: Schema) -> Undone:
    return _all_back(do, before, after, f"{do.kind} {do.name}")


def _alter_object(do: Do, before: Schema, _after: Schema) -> Undone:
    if do.kind == "enum value":
        return Undone(gaps=[f"no database takes the value {do.new} out of type {do.name} again"])
    if do.kind == "rename value":
        old, _, new = do.new.partition(">")
        return Undone(
            [replace(_do(do, "alter_object", "", do.name, kind=do.kind), new=f"{new}>{old}")]
        )
    thing = before.leaves.get(key_of(do))
    if thing is None:
        return Undone([_do(do, "drop_object", do.table, do.name, kind=do.kind, parts=do.parts)])
    if thing.rule is None or (thing.source is None and do.kind != "comment"):
        return Undone(gaps=[f"what {do.kind} {do.name} was is in no migration that can be read"])
    if do.kind == "type":
        return Undone(gaps=[f"the values of type {do.name} cannot be put back by one statement"])
    return Undone([_do(do, "alter_object", do.table, do.name, kind=do.kind, parts=(thing,))])


def _gone(before: Schema, after: Schema) -> list[tuple[Key, object]]:
    """Return what a step took away, tables first and what stands on columns after them."""
    lost = [(key, one) for key, one in before.leaves.items() if key not in after.leaves]
    # Columns keep the order in which they were made: all else is told apart by its key.
    return sorted(lost, key=lambda item: _ORDER[item[0][0]])


def _named(one: Constraint, table: str) -> Constraint:
    """Return a constraint with its name said, where a new one would get another."""
    made = auto_name(one.kind, table, one.columns, "postgres")
    loose = one.kind in {"check", "exclude"} or "(" in one.name
    return replace(one, auto=False) if one.auto and one.name != made and not loose else one


def _restored(do: Do, key: Key, one: object) -> Do:
    if isinstance(one, Constraint):
        one = _named(one, key[1])
    verb = _MAKES[key[0]]
    table = one.table if isinstance(one, Index | Thing) else key[1]
    kind = one.kind if isinstance(one, Constraint | Thing) else ""
    return _do(do, verb, table, key[-1], kind=kind, parts=(one,))


def _lacking(do: Do) -> str:
    """Say why a step that makes something anew cannot be written, empty when it can."""
    if not do.parts:
        return ""
    one = do.parts[0]
    if isinstance(one, Index) and (one.rule is None or not one.columns):
        return f"how index {one.name} was defined is not known"
    if isinstance(one, Constraint) and (not one.kind or one.rule is None):
        return f"how constraint {one.name} of {do.table} was defined is not known"
    if isinstance(one, Thing) and one.kind != "comment" and one.source is None:
        return f"how {one.kind} {one.name} was defined is not known"
    return ""


def _rows(what: str) -> str:
    return f"the rows {what} do not come back"


def _do(
    do: Do,
    verb: Verb,
    table: str,
    name: str = "",
    *,
    kind: str = "",
    parts: tuple[object, ...] = (),
) -> Do:
    return Do(verb, do.line, table, name, kind=kind, parts=parts, batch=do.batch)


_UNDOES: dict[str, Callable[[Do, Schema, Schema], Undone]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_constraint": _create_constraint,
    "drop_constraint": _drop_constraint,
    "rename_constraint": _rename,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "rename_index": _rename,
    "create_object": _create_object,
    "drop_object": _drop_object,
    "rename_object": _rename,
    "alter_object": _alter_object,
}
