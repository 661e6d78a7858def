"""A schema as far as migrations tell it, and what one step makes of it.

What was there before the first migration that can be read is not known: such a table is open, and what
a step says of it is taken for granted, in the schema from before as well. What an earlier step took away
is known to be gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from blastradius.migrations.records import (
    Change,
    Column,
    Constraint,
    Do,
    Index,
    Table,
    Thing,
)
from blastradius.migrations.spelling import by_convention, family

Key = tuple[str, ...]
Record = Any
"""`Column`, `Constraint`, `Index`, `Table` or `Thing`."""


class Schema:
    """Tables, columns, constraints, indexes and other objects, by their kind and names.

    Attributes:
        leaves: what is there.
        gone: what is known not to be there.
        maybe: what was dropped if it was there, and nothing tells whether it was.
        vague: something was run of which nobody can tell what it did.
        trusts: what is done to it is known to work: what that needs must have been there.
        before: the schema that assumptions are made about as well.
    """

    def __init__(self, before: Schema | None = None) -> None:
        self.before = before
        self.trusts = False
        self.leaves: dict[Key, Record] = dict(before.leaves) if before else {}
        self.gone: set[Key] = set(before.gone) if before else set()
        self.maybe: set[Key] = set(before.maybe) if before else set()
        self.vague: bool = before.vague if before is not None else False

    def put(self, key: Key, record: Record) -> None:
        """Let something be there."""
        self.leaves[key] = record
        self.gone.discard(key)

    def remove(self, key: Key) -> None:
        """Let something be gone."""
        self.leaves.pop(key, None)
        self.gone.add(key)

    def assume(self, key: Key, record: Record) -> Record:
        """Take for granted that something was there all along."""
        found = self.leaves.get(key)
        if found is None:
            self.put(key, record)
            if self.before is not None and (self.trusts or key not in self.before.gone):
                self.before.assume(key, record)
        return self.leaves[key]

    def doubt(self, key: Key) -> None:
        """Take away something of which nothing tells whether it was there."""
        one: Schema | None = self
        while one is not None:
            one.maybe.add(key)
            one = one.before
        self.gone.add(key)

    def table(self, name: str) -> Table | None:
        """Return a table, one that is assumed where nothing is known of it; None: it is gone."""
        key = ("table", name)
        found = self.leaves.get(key)
        if found is None and key not in self.gone:
            found = self.assume(key, Table(name, open=True))
        return found

    def find(self, key: Key, record: Record) -> Record | None:
        """Return what is at a key; ``record`` is assumed where its table may hold it."""
        found = self.leaves.get(key)
        if found is not None or (key in self.gone and not self.trusts):
            return found
        table = self.table(key[1]) if key[0] in {"column", "constraint"} else None
        if key[0] in {"column", "constraint"} and table is None:
            return None
        if table is None or table.open or self.vague or self.trusts:
            return self.assume(key, record)
        return None

    def columns(self, table: str) -> list[Column]:
        """Return the known columns of a table, in order of their names' keys."""
        return [one for key, one in self.leaves.items() if key[:2] == ("column", table)]

    def of_table(self, table: str) -> Iterator[tuple[Key, Record]]:
        """Yield all that goes with a table when it is dropped, the table itself too."""
        for key, one in list(self.leaves.items()):
            own = key[0] in {"table", "column", "constraint"} and key[1] == table
            if own or (isinstance(one, (Index, Thing)) and one.table == table):
                yield key, one

    def constraint(self, table: str, name: str, kind: str) -> Key | None:
        """Return the key of the constraint that is meant by a name; one of the kind alone will do."""
        key = ("constraint", table, name)
        if name and key in self.leaves:
            return key
        own = [
            (key, one)
            for key, one in self.leaves.items()
            if key[:2] == ("constraint", table) and (not kind or one.kind == kind)
        ]
        if kind == "primary" and own:
            return own[0][0]
        unnamed = [key for key, one in own if one.auto and not _other_kind(name, one)]
        if not name and len(own) == 1:
            return own[0][0]
        if by_convention(name):
            return _meant(name, unnamed, self)
        return unnamed[0] if kind and len(unnamed) == 1 else None


def _other_kind(name: str, one: Constraint) -> bool:
    """Tell a name that says another kind than the constraint is."""
    says = {"fk": "foreign", "uq": "unique", "ck": "check", "pk": "primary"}
    start, _, end = name.partition("_")[0], "", name.rpartition("_")[2]
    tails = {"fkey": "foreign", "key": "unique", "check": "check", "pkey": "primary"}
    said = says.get(start) or tails.get(end)
    return said is not None and said != one.kind


def _meant(name: str, keys: list[Key], schema: Schema) -> Key | None:
    """Return the constraint without a name of its own that a name would suit best."""
    suited = [
        key
        for key in keys
        if schema.leaves[key].columns
        and all(f"_{one}_" in f"_{name}_" for one in schema.leaves[key].columns)
    ]
    if not suited:
        return None
    return max(suited, key=lambda key: (len(schema.leaves[key].columns), key))


def renamed_table(schema: Schema, old: str, new: str) -> None:
    """Move all of a table to another name."""
    for key, one in list(schema.of_table(old)):
        schema.remove(key)
        if isinstance(one, Table):
            schema.put(("table", new), replace(one, name=new))
        elif isinstance(one, Index):
            schema.put(key, replace(one, table=new))
        elif isinstance(one, Thing):
            name = one.name.replace(f"{old}.", f"{new}.", 1)
            schema.put(("object", one.kind, name), replace(one, table=new, name=name))
        else:
            if isinstance(one, Column) and (one.extra or "").startswith("serial"):
                # Its sequence keeps the name that it was given with the table.
                one = replace(one, extra=_sequence(one.extra, old, new))  # noqa: PLW2901 - as it is from here on
            schema.put((key[0], new, *key[2:]), one)
    for key, one in list(schema.leaves.items()):
        if isinstance(one, Constraint) and one.referred == old:
            rule = one.rule.replace(f"{old}(", f"{new}(", 1) if one.rule else one.rule
            schema.put(key, replace(one, referred=new, rule=rule))


def _sequence(extra: str | None, old: str, new: str) -> str:
    first = (extra or "").partition(" ")[2] or old
    return "serial" if first == new else f"serial {first}"


def renamed_column(schema: Schema, table: str, old: str, new: str) -> None:
    """Give a column another name, in what names it too."""
    word = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")

    def swapped(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word.sub(new, one) for one in columns)

    for key, one in list(schema.leaves.items()):
        if key == ("column", table, old):
            schema.remove(key)
            schema.put(("column", table, new), replace(one, name=new))
        elif isinstance(one, Constraint) and key[1] == table:
            rule = (
                word.sub(new, one.rule)
                if one.kind in {"check", "exclude"} and one.rule
                else one.rule
            )
            schema.put(key, replace(one, columns=swapped(one.columns), rule=rule))
        elif isinstance(one, Constraint) and one.referred == table and one.rule:
            schema.put(key, replace(one, rule=_referring(one.rule, word, new)))
        elif isinstance(one, Index) and one.table == table:
            rule = word.sub(new, one.rule) if one.rule else one.rule
            schema.put(key, replace(one, columns=swapped(one.columns), rule=rule))
        elif isinstance(one, Thing) and one.kind == "comment" and one.table == table:
            name = word.sub(new, one.name)
            if name != one.name:
                schema.remove(key)
                schema.put(("object", "comment", name), replace(one, name=name))


def dropped_column(schema: Schema, table: str, name: str) -> None:
    """Drop a column, and what the database drops with it: constraints and indexes that name it."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for key, one in list(schema.leaves.items()):
        with_it = key == ("column", table, name)
        if isinstance(one, Constraint) and key[1] == table:
            said = one.rule if one.kind in {"check", "exclude"} else ""
            with_it = name in one.columns or bool(said and word.search(said))
        elif isinstance(one, Constraint) and one.referred == table and one.rule:
            inside = one.rule.partition("(")[2].partition(")")[0]
            with_it = name in inside.split(",")
        elif isinstance(one, Index) and one.table == table:
            with_it = any(word.search(part) for part in (*one.columns, one.rule or ""))
        elif isinstance(one, Thing) and one.kind == "comment":
            with_it = one.name == f"column {table}.{name}"
        if with_it:
            schema.remove(key)


def _referring(rule: str, word: re.Pattern[str], new: str) -> str:
    head, _, rest = rule.partition("(")
    inside, _, tail = rest.partition(")")
    return f"{head}({word.sub(new, inside)}){tail}"


def altered(old: Column, new: Column, change: Change) -> Column:
    """Return a column as an ``alter_column`` leaves it."""
    found = old
    if change.type:
        found = replace(found, type=new.type, type_from=new.type_from)
        if (found.extra or "").startswith("serial") and family(new.type) != "number":
            found = replace(found, extra=None)  # its default may or may not have gone with it
    if change.nullable:
        found = replace(found, nullable=new.nullable)
    if change.default:
        serial = (found.extra or "").startswith("serial")
        extra = "" if serial else found.extra
        found = replace(found, default=new.default, default_from=new.default_from, extra=extra)
    if change.extra:
        found = replace(found, extra=new.extra)
    return found


def known_as(old: Column, said: Column) -> Column:
    """Return a column with what a writer says it was, where that is not known."""
    return replace(
        old,
        type=said.type if old.type is None else old.type,
        nullable=said.nullable if old.nullable is None else old.nullable,
        default=said.default if old.default is None else old.default,
        type_from=said.type_from if old.type_from is None else old.type_from,
        default_from=said.default_from if old.default_from is None else old.default_from,
    )


def key_of(do: Do) -> Key:
    """Return where the record of a step stands."""
    kind = {"column": "column", "constraint": "constraint"}.get(do.verb.partition("_")[2], "")
    if kind:
        return (kind, do.table, do.name)
    if do.verb.endswith("_index"):
        return ("index", do.name)
    if do.verb.endswith("_object"):
        return ("object", do.kind, do.name)
    return ("table", do.table)
