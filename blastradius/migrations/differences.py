"""What differs between two schemas, as far as it is known of both, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blastradius.migrations.catalog import Key, Record, Schema
from blastradius.migrations.records import Column, Constraint, Index, Table, Thing
from blastradius.migrations.satypes import UNSURE
from blastradius.migrations.spelling import by_convention
from blastradius.migrations.sqlread import TEMPORARY


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: where it stands, and what of it in words."""

    key: Key
    said: str


def differences(before: Schema, after: Schema, between: Schema | None = None) -> list[Difference]:
    """Return what of ``before`` is otherwise in ``after``, in order of the keys.

    Args:
        before: the schema as it should be.
        after: the schema as it is.
        between: the schema that ``after`` was made from; what is as there was not brought back.
    """
    keys = before.leaves.keys() | after.leaves.keys()
    keys -= before.maybe
    changed = [key for key in keys if before.leaves.get(key) is not after.leaves.get(key)]
    lost: dict[Key, Record] = {}
    stays: dict[Key, Record] = {}
    found: list[Difference] = []
    for key in sorted(changed):
        old, new = before.leaves.get(key), after.leaves.get(key)
        if any(isinstance(one, Table) and one.rule == TEMPORARY for one in (old, new)):
            continue
        if old is None:
            stays[key] = new
        elif new is None:
            lost[key] = old
        else:
            mid = between.leaves.get(key) if between is not None else None
            found += [Difference(key, said) for said in _changed(old, new, mid)]
    _pair(lost, stays, found)
    found += [
        Difference(key, f"{_called(key, one)} does not come back") for key, one in lost.items()
    ]
    found += [Difference(key, f"{_called(key, one)} stays") for key, one in stays.items()]
    return _without_parts(sorted(found, key=lambda one: (one.key, one.said)))


def _without_parts(found: list[Difference]) -> list[Difference]:
    """Of a table that stays or does not come back its columns need not be named."""
    whole = {one.key[1] for one in found if one.key[0] == "table"}
    return [
        one
        for one in found
        if one.key[0] not in {"column", "constraint"} or one.key[1] not in whole
    ]


def _pair(lost: dict[Key, Record], stays: dict[Key, Record], found: list[Difference]) -> None:
    """Take out what is the same under another name, where one of the names is nobody's choice."""
    for key, one in list(lost.items()):
        for other_key, other in list(stays.items()):
            if type(one) is not type(other) or not isinstance(one, (Constraint, Index)):
                continue
            if key[:2] != other_key[:2] and not isinstance(one, Index):
                continue
            alike = not list(_changed(replace(one, name=""), replace(other, name=""), None))
            if not alike:
                continue
            free = one.auto or other.auto
            loose = free and (
                by_convention(key[-1])
                or by_convention(other_key[-1])
                or getattr(one, "kind", "") in {"check", "exclude", ""}
            )
            if not loose:
                found.append(Difference(key, f"{_called(key, one)} comes back as {other_key[-1]}"))
            del lost[key], stays[other_key]
            break


def _called(key: Key, one: Record) -> str:
    if isinstance(one, Column):
        return f"column {key[1]}.{one.name}"
    if isinstance(one, Table):
        return f"table {one.name}"
    if isinstance(one, Constraint):
        return f"{one.kind} constraint {key[2]} of {key[1]}".strip()
    if isinstance(one, Index):
        return f"index {one.name}"
    return f"{one.kind} {one.name}"


def _changed(old: Record, new: Record, mid: Record | None) -> list[str]:  # noqa: PLR0911 - one case each
    if type(old) is not type(new):
        return []
    if isinstance(old, Column):
        return _column(old, new, mid if isinstance(mid, Column) else None)
    if isinstance(old, Constraint):
        if old.kind and new.kind and old.kind != new.kind:
            return [f"constraint {old.name} is another"]
        if old.kind and new.kind and old.columns != new.columns and _said(old) and _said(new):
            return [f"constraint {old.name} is on other columns"]
        return [f"constraint {old.name} is another"] if _other(old.rule, new.rule) else []
    if isinstance(old, Index):
        if old.table and new.table and (old.columns != new.columns and old.columns and new.columns):
            return [f"index {old.name} is on other columns"]
        return [f"index {old.name} is another"] if _other(old.rule, new.rule) else []
    if isinstance(old, Thing) and _other(old.rule, new.rule):
        if old.kind == "type" and old.rule and new.rule and _values(old.rule) == _values(new.rule):
            return [f"type {old.name} has its values in another order"]
        return [f"{old.kind} {old.name} is another"]
    return []


def _values(rule: str) -> list[str]:
    return sorted(rule.partition(" ")[2].split(","))


def _said(one: Constraint) -> bool:
    return bool(one.columns) and one.kind not in {"check", "exclude"}


def _other(old: str | None, new: str | None) -> bool:
    return old is not None and new is not None and old != new


def _column(old: Column, new: Column, mid: Column | None) -> list[str]:
    found = []
    for field in ("type", "nullable", "default", "extra"):
        was, now = getattr(old, field), getattr(new, field)
        if was == now:
            continue
        unsure = was is None or now is None or _unsure(was) or _unsure(now)
        if unsure and (mid is None or getattr(mid, field) is not now or now is None):
            continue  # brought back by somebody who knows better
        if field == "extra" and unsure:
            continue
        found.append(f"{field} of column {old.name} is {_shown(now)}, was {_shown(was)}")
    return found


def _unsure(value: object) -> bool:
    return isinstance(value, str) and value.startswith(UNSURE)


def _shown(value: object) -> str:
    if value is None:
        return "not known"
    return str(value).removeprefix(UNSURE) if value != "" else "none"
