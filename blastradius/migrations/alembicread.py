"""Events of a trace → steps: what each call on Alembic's ``op`` does to a schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from blastradius.migrations.records import Change, Column, Constraint, Do, Index, Thing, Verb
from blastradius.migrations.satypes import (
    column_parts,
    constraint_of,
    default_form,
    enum_name,
    enum_type,
    folded_name,
    foreign_key,
    index_of,
    named,
    table_parts,
    type_form,
)
from blastradius.migrations.spelling import condition
from blastradius.migrations.sqlread import steps
from blastradius.migrations.trace import Event
from blastradius.migrations.values import HOLE, Made, Method, Opaque, Value, items, text_of

_IN_TRANSACTION = "works on an index concurrently within a transaction"
# How many arguments a call must have at least, besides those that have a default.
_NEEDS = {"drop_constraint": 2, "create_index": 3, "create_foreign_key": 5, "add_column": 2}
_NEEDS |= {"drop_column": 2, "create_unique_constraint": 3, "rename_table": 2, "drop_index": 1}


def of_events(events: list[Event], dialect: str) -> list[Do]:
    """Return the steps of a trace; what raises is no step."""
    found: list[Do] = []
    for event in events:
        found += [
            replace(one, why=_IN_TRANSACTION) if _refused(one, event, dialect) else one
            for one in of_event(event, dialect)
        ]
    return found


def _refused(do: Do, event: Event, dialect: str) -> bool:
    """Tell what PostgreSQL refuses within a transaction, which Alembic opens by default."""
    plain = do.verb in {"create_index", "drop_index"} and do.concurrent
    return dialect == "postgres" and plain and not event.alone


def of_event(event: Event, dialect: str) -> list[Do]:
    """Return the steps of one event, in order."""
    if event.kind == "sql":
        return steps_of_sql(event, dialect)
    if event.kind == "rows":
        return [Do("rows", event.line)]
    if event.kind == "unknown":
        return [Do("unknown", event.line, why=event.text)]
    if event.kind == "type" and event.made is not None:
        return [_type(event.made, event.line, dialect)]
    if event.kind != "op" or event.made is None:
        return []
    reader = _READERS.get(event.made.callee)
    if reader is None:
        return [Do("unknown", event.line, why=f"op.{event.made.callee} is not known")]
    batch = event.table is not None
    made = _with_table(event) if batch else event.made
    given = len(made.args) + len(made.keywords)
    if not batch and given < _NEEDS.get(made.callee, 0) and not _starred(made):
        why = f"calls op.{made.callee} with too few arguments"
        return [Do("nothing", event.line, why=why)]
    done = reader(made, dialect)
    return [_settled(one, event, batch=batch) for one in done]


def _starred(made: Made) -> bool:
    return any(isinstance(one, Opaque) for one in made.args)


def steps_of_sql(event: Event, dialect: str) -> list[Do]:
    """Return the steps of SQL text; what is not known of it is one step that says so."""
    text = event.text.lstrip()
    if HOLE in text[:12] or not text:
        return [Do("unknown", event.line, why="SQL that is put together when it runs")]
    found = steps(event.text, dialect)
    lenient = event.guarded
    return [
        replace(one, line=event.line, lenient=one.lenient or lenient, guarded=lenient)
        for one in found
    ]


def _settled(do: Do, event: Event, *, batch: bool) -> Do:
    lenient = do.lenient or event.guarded
    placed = replace(
        do,
        line=event.line,
        origin=do.origin or event.made,
        batch=batch,
        lenient=lenient,
        guarded=event.guarded,
    )
    if not placed.readable:
        return replace(placed, verb="unknown", why=f"op.{placed.verb} on what is not known")
    return placed


def _with_table(event: Event) -> Made:
    """Return a call on a batch as the same call on ``op``, which names its table."""
    made, batch = event.made, event.table
    assert made is not None  # noqa: S101 - of_event asked
    assert batch is not None  # noqa: S101 - of_event asked
    keywords = dict(made.keywords)
    if batch.schema is not None:
        keywords["schema"] = batch.schema
    at = 1 if made.callee in _TABLE_SECOND else 0
    keywords.setdefault("_table", batch.table)
    args = list(made.args)
    if made.callee in _TABLE_SECOND and not args:
        args.insert(0, _named(made))
    args.insert(at, batch.table)
    return replace(made, args=tuple(args), keywords=keywords)


def _named(made: Made) -> Value:
    for keyword in ("constraint_name", "index_name", "name"):
        if keyword in made.keywords:
            return made.keywords[keyword]
    return None


def _table(made: Made, position: int, keyword: str = "table_name") -> str:
    said = made.get(
        position, keyword, made.keywords.get("_table", made.get(position, "source_table"))
    )
    schema = made.keywords.get("schema", made.keywords.get("source_schema"))
    name = folded_name(said)
    return f"{schema}.{name}" if isinstance(schema, str) and schema != "public" else name


def _type(made: Made, line: int, dialect: str) -> Do:
    owner = made.owner
    checks = made.get(1, "checkfirst", False)
    lenient = checks is not False
    if isinstance(owner, Made) and (thing := enum_type(owner, dialect)) is not None:
        if made.callee == ".create":
            parts = (thing,)
            return Do(
                "create_object", line, "", thing.name, kind="type", parts=parts, lenient=lenient
            )
        return Do("drop_object", line, "", thing.name, kind="type", lenient=lenient, origin=owner)
    if isinstance(owner, Made) and (owner.last in {"Enum", "ENUM"} and dialect != "postgres"):
        return Do("nothing", line)
    if isinstance(owner, Made) and owner.last in {"Sequence", "CreateSequence"} and owner.args:
        name = folded_name(owner.args[0])
        verb: Verb = "create_object" if made.callee == ".create" else "drop_object"
        found = (Thing("sequence", name, "", "", owner),) if verb == "create_object" else ()
        return Do(verb, line, "", name, kind="sequence", parts=found, lenient=lenient)
    return Do("unknown", line, why="a type is made or dropped that is not known")


def _create_table(made: Made, dialect: str) -> list[Do]:
    table = _table(made, 0)
    parts = table_parts(made.args[1:], table, dialect)
    comment = made.keywords.get("comment")
    if isinstance(comment, str):
        parts.append(Thing("comment", f"table {table}", table, f"'{comment}'"))
    lenient = made.keywords.get("if_not_exists") is True
    types: list[Do] = []
    for one in parts:
        if isinstance(one, Column) and (thing := enum_type(one.type_from, dialect)) is not None:
            kind = one.type_from
            if isinstance(kind, Made) and kind.last == "ARRAY":
                kind = kind.get(0, "item_type")
            if kind.keywords.get("create_type") is False:
                continue
            if any(other.name == thing.name for other in types):
                continue  # one table makes it once
            do = Do("create_object", 1, "", thing.name, kind="type", parts=(thing,), origin=thing)
            types.append(do)
    return [*types, Do("create_table", 1, table, parts=tuple(parts), lenient=lenient)]


def _drop_table(made: Made, _dialect: str) -> list[Do]:
    return [Do("drop_table", 1, _table(made, 0), lenient=made.keywords.get("if_exists") is True)]


def _rename_table(made: Made, _dialect: str) -> list[Do]:
    old = _table(made, 0, "old_table_name")
    schema = made.keywords.get("schema")
    new = folded_name(made.get(1, "new_table_name"))
    prefix = f"{schema}." if isinstance(schema, str) and schema != "public" else ""
    return [Do("rename_table", 1, old, new=prefix + new)]


def _add_column(made: Made, dialect: str) -> list[Do]:
    table = _table(made, 0)
    column = made.get(1, "column")
    if not isinstance(column, Made) or column.last != "Column":
        return [Do("unknown", 1, table, why=f"a column of {table} that is not known")]
    parts = column_parts(column, table, dialect)
    first = parts[0]
    name = first.name if isinstance(first, Column) else HOLE
    lenient = made.keywords.get("if_not_exists") is True
    return [Do("add_column", 1, table, name, parts=tuple(parts), lenient=lenient)]


def _drop_column(made: Made, _dialect: str) -> list[Do]:
    said = made.get(1, "column_name")
    if isinstance(said, Made) and said.last == "Column":
        said = said.get(0, "name")
    lenient = made.keywords.get("if_exists") is True
    return [Do("drop_column", 1, _table(made, 0), folded_name(said), lenient=lenient)]


def _alter_column(made: Made, dialect: str) -> list[Do]:
    table, name = _table(made, 0), folded_name(made.get(1, "column_name"))
    said = made.keywords
    kind, default = said.get("type_"), said.get("server_default", False)
    nullable = said.get("nullable")
    new = Column(
        name,
        type_form(kind, dialect) if kind is not None else None,
        nullable if isinstance(nullable, bool) else None,
        default_form(default) if default is not False else None,
        None,
        kind,
        default,
    )
    renamed = said.get("new_column_name", said.get("name"))
    change = Change(
        type=kind is not None,
        nullable=nullable is not None,
        default=default is not False,
        name="y" if isinstance(renamed, str) else "",
        automatic=kind is not None and dialect == "postgres" and "postgresql_using" not in said,
    )
    was = said.get("existing_server_default", False)
    before = said.get("existing_nullable")
    old = Column(
        name,
        type_form(said.get("existing_type"), dialect),
        before if isinstance(before, bool) else None,
        default_form(was) if was not in (False, None) else None,
        None,
        said.get("existing_type"),
        was if was is not False else None,
    )
    target = folded_name(renamed) if renamed is not None else ""
    found = [Do("alter_column", 1, table, name, target, parts=(new,), change=change, old=old)]
    comment = said.get("comment", False)
    if comment is not False:
        found.append(_comment(f"column {table}.{target or name}", table, comment))
    return found


def _comment(name: str, table: str, said: Value) -> Do:
    if isinstance(said, str) and said:
        thing = Thing("comment", name, table, f"'{said}'")
        return Do("alter_object", 1, table, name, kind="comment", parts=(thing,))
    return Do("drop_object", 1, table, name, kind="comment", lenient=True)


def _table_comment(made: Made, _dialect: str) -> list[Do]:
    table = _table(made, 0)
    said = made.get(1, "comment") if made.callee == "create_table_comment" else None
    return [_comment(f"table {table}", table, said)]


def _create_index(made: Made, _dialect: str) -> list[Do]:
    table = _table(made, 1)
    columns = items(made.get(2, "columns"))
    index = index_of(made.get(0, "index_name"), table, columns or (), made.keywords, made)
    if columns is None:
        index = replace(index, rule=None)
    return [
        Do(
            "create_index",
            1,
            table,
            index.name,
            parts=(index,),
            lenient=made.keywords.get("if_not_exists") is True,
            concurrent=made.keywords.get("postgresql_concurrently") is True,
        )
    ]


def _drop_index(made: Made, _dialect: str) -> list[Do]:
    said = made.get(1, "table_name", made.keywords.get("_table"))
    table = _table(made, 1) if isinstance(said, str) else ""
    lenient = made.keywords.get("if_exists") is True
    concurrent = made.keywords.get("postgresql_concurrently") is True
    name = folded_name(made.get(0, "index_name"))
    return [Do("drop_index", 1, table, name, lenient=lenient, concurrent=concurrent)]


def _constraint(made: Made, dialect: str) -> list[Do]:
    """``create_*_constraint(name, table, …)`` and ``create_primary_key``."""
    table = _table(made, 1)
    name = made.get(0, "constraint_name")
    as_made = replace(made, keywords={**made.keywords, "name": name})
    if made.callee == "create_check_constraint":
        text = text_of(made.get(2, "condition"))
        rule = condition(text) if text is not None and HOLE not in text else None
        record = named(Constraint("", "check", (), rule), as_made, table, dialect)
    elif made.callee == "create_exclude_constraint":
        record = named(Constraint("", "exclude", (), None), as_made, table, dialect)
    else:
        kind = "primary" if made.callee == "create_primary_key" else "unique"
        columns = tuple(folded_name(one) for one in items(made.get(2, "columns")) or (HOLE,))
        record = named(Constraint("", kind, columns, ""), as_made, table, dialect)
    return [Do("create_constraint", 1, table, record.name, kind=record.kind, parts=(record,))]


def _foreign(made: Made, dialect: str) -> list[Do]:
    """``create_foreign_key(name, source, referent, local columns, remote columns)``."""
    table = _table(made, 1, "source_table")
    referent = folded_name(made.get(2, "referent_table"))
    schema = made.keywords.get("referent_schema")
    if isinstance(schema, str) and schema != "public":
        referent = f"{schema}.{referent}"
    local = tuple(folded_name(one) for one in items(made.get(3, "local_cols")) or (HOLE,))
    remote = ",".join(folded_name(one) for one in items(made.get(4, "remote_cols")) or (HOLE,))
    name = made.get(0, "constraint_name")
    as_made = replace(made, keywords={**made.keywords, "name": name})
    record = foreign_key(as_made, table, local, (referent, remote), dialect)
    return [Do("create_constraint", 1, table, record.name, kind="foreign", parts=(record,))]


def _drop_constraint(made: Made, _dialect: str) -> list[Do]:
    said = made.get(0, "constraint_name")
    table = _table(made, 1)
    kinds = {"foreignkey": "foreign", "unique": "unique", "primary": "primary", "check": "check"}
    kind = kinds.get(str(made.get(2, "type_")), "")
    if said is None:
        return [
            Do(
                "drop_constraint",
                1,
                table,
                "",
                kind=kind,
                why=f"drops a constraint of {table} without its name",
            )
        ]
    lenient = made.keywords.get("if_exists") is True
    return [Do("drop_constraint", 1, table, folded_name(said), kind=kind, lenient=lenient)]


def _rows(made: Made, _dialect: str) -> list[Do]:
    table = made.get(0, "table")
    name = table.args[0] if isinstance(table, Made) and table.args else ""
    return [Do("rows", 1, name if isinstance(name, str) else "", "insert")]


def _sync_enum(made: Made, _dialect: str) -> list[Do]:
    """``op.sync_enum_values`` of alembic-postgresql-enum: the type has these values from now on."""
    name = made.get(1, "enum_name")
    values = items(made.get(2, "new_values"))
    if (
        not isinstance(name, str)
        or values is None
        or not all(isinstance(one, str) for one in values)
    ):
        return [Do("unknown", 1, why="an enum that is not known")]
    thing = Thing("type", name, "", f"enum {','.join(values)}", made)
    return [Do("alter_object", 1, "", name, kind="type", parts=(thing,))]


_TABLE_SECOND = frozenset(
    {"create_index", "drop_index", "create_foreign_key", "create_unique_constraint"}
    | {"create_check_constraint", "create_primary_key", "create_exclude_constraint"}
    | {"drop_constraint"}
)
_READERS: dict[str, Callable[[Made, str], list[Do]]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_table_comment": _table_comment,
    "drop_table_comment": _table_comment,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_unique_constraint": _constraint,
    "create_check_constraint": _constraint,
    "create_primary_key": _constraint,
    "create_exclude_constraint": _constraint,
    "create_foreign_key": _foreign,
    "drop_constraint": _drop_constraint,
    "bulk_insert": _rows,
    "sync_enum_values": _sync_enum,
}
_ = (Index, Method, constraint_of, enum_name)
