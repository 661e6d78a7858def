"""SQLAlchemy's columns, types, defaults and constraints, as values of a trace → records."""

from __future__ import annotations

from dataclasses import replace

from blastradius.migrations.records import Column, Constraint, Index, Table, Thing
from blastradius.migrations.spelling import (
    auto_name,
    condition,
    expression,
    folded,
    sql_default,
    truncated,
)
from blastradius.migrations.sqlread import index_rule
from blastradius.migrations.values import (
    HOLE,
    Made,
    Member,
    Members,
    Ref,
    Value,
    items,
    spoken,
    text_of,
)

UNSURE = "~"
"""Begins the normal form of a type that only its own library knows how to write."""
_PLAIN = {
    "Text": "text",
    "UnicodeText": "text",
    "Integer": "integer",
    "INTEGER": "integer",
    "BigInteger": "bigint",
    "SmallInteger": "smallint",
    "Boolean": "boolean",
    "Date": "date",
    "LargeBinary": "bytea",
    "Interval": "interval",
    "Uuid": "uuid",
    "Double": "double precision",
    "DOUBLE_PRECISION": "double precision",
}
_SAME = frozenset(
    {"TEXT", "BIGINT", "SMALLINT", "BOOLEAN", "DATE", "BYTEA", "INTERVAL", "UUID", "JSON", "JSONB"}
    | {"INET", "CIDR", "MACADDR", "TSVECTOR", "HSTORE", "CITEXT", "REAL", "OID", "MONEY", "BLOB"}
    | {"TINYINT", "MEDIUMTEXT", "LONGTEXT", "DATETIME", "INT4RANGE", "TSRANGE", "TSTZRANGE"}
)
_COLUMN_FLAGS = frozenset(
    {
        "nullable",
        "server_default",
        "default",
        "primary_key",
        "index",
        "unique",
        "key",
        "type_",
        "name",
    }
    | {"onupdate", "info", "doc", "comment", "autoincrement", "quote", "system"}
)
_MOST_VARIANTS = 20
_INTEGERS = frozenset({"integer", "bigint", "smallint"})


def type_form(value: Value, dialect: str) -> str | None:
    """Return the normal form of a type, None where it is not known which one it is."""
    wanted = {"postgres": "postgresql"}.get(dialect, dialect)
    for _ in range(_MOST_VARIANTS):
        if not (isinstance(value, Made) and value.callee == ".with_variant" and value.args):
            break
        value = value.args[0] if wanted in (items(value.args[1:]) or ()) else value.owner
    if isinstance(value, Made):
        return _called(value, dialect)
    if isinstance(value, Ref):
        return _called(Made(value.dotted, (), {}, 0), dialect)
    return None


def _called(made: Made, dialect: str) -> str | None:  # noqa: PLR0911 - one case each
    name = made.last
    if name in {"String", "Unicode", "VARCHAR", "NVARCHAR", "CHAR", "AutoString"}:
        length = made.get(0, "length")
        base = "char" if name == "CHAR" else "varchar"
        return f"{base}({length})" if isinstance(length, int) else base
    if name in {"DateTime", "TIMESTAMP"}:
        return "timestamptz" if made.get(0, "timezone") is True else "timestamp"
    if name in {"Time", "TIME"}:
        return "timetz" if made.get(0, "timezone") is True else "time"
    if name in {"Numeric", "NUMERIC", "DECIMAL"}:
        parts = [made.get(0, "precision"), made.get(1, "scale")]
        said = ",".join(str(one) for one in parts if isinstance(one, int))
        return f"numeric({said})" if said else "numeric"
    if name in {"Float", "FLOAT"}:
        return "double precision" if made.get(0, "precision") is None else f"{UNSURE}float"
    if name == "ARRAY":
        inner = type_form(made.get(0, "item_type"), dialect)
        return f"{inner}[]" if inner is not None else None
    if name in {"Enum", "ENUM"}:
        return enum_name(made) or _as_text(made)
    if name in _PLAIN:
        return _PLAIN[name]
    return name.lower() if name in _SAME else f"{UNSURE}{name}"


def enum_name(made: Made) -> str:
    """Return the name of the database's type that an Enum is, empty when it is none or not known."""
    if made.keywords.get("native_enum") is False:
        return ""
    name = made.keywords.get("name")
    if isinstance(name, str):
        schema = made.keywords.get("schema")
        return f"{schema}.{folded(name)}" if isinstance(schema, str) else folded(name)
    first = made.args[0] if made.args else None
    return first.name.lower() if isinstance(first, Members) else ""


def _as_text(made: Made) -> str:
    """``native_enum=False``: text that is as long as the longest value, or as it says."""
    length = made.keywords.get("length")
    first = made.args[0] if made.args else None
    said = [one for one, _ in first.values] if isinstance(first, Members) else made.args
    if isinstance(length, int):
        return f"varchar({length})"
    if made.keywords.get("native_enum") is False and all(isinstance(one, str) for one in said):
        return f"varchar({max(map(len, said), default=0)})"
    return f"{UNSURE}enum"


def enum_type(value: Value, dialect: str) -> Thing | None:
    """Return the type that creating a table with such a column creates, None when it creates none."""
    if isinstance(value, Made) and value.last == "ARRAY":
        return enum_type(value.get(0, "item_type"), dialect)
    if not isinstance(value, Made) or value.last not in {"Enum", "ENUM"} or dialect != "postgres":
        return None
    name = enum_name(value)
    if not name:
        return None
    first = value.args[0] if value.args else None
    if isinstance(first, Members):
        said = [one for one, _ in first.values]
    else:
        said = [one.name if isinstance(one, Member) else spoken(one) for one in value.args]
    whole = bool(said) and not any(HOLE in one for one in said)
    return Thing("type", name, "", f"enum {','.join(said)}" if whole else None, value)


def default_form(value: Value) -> str | None:
    """Return the normal form of a server default, None where it is not known."""
    if value is None:
        return ""
    if isinstance(value, str):
        return sql_default("'" + value.replace("'", "''") + "'") if HOLE not in value else None
    text = text_of(value)
    if text is not None:
        return sql_default(text) if HOLE not in text else None
    if isinstance(value, Made):
        if value.callee.startswith("sqlalchemy.func.") or value.callee.endswith(".func.now"):
            return sql_default(f"{value.last}({','.join(spoken(one) for one in value.args)})")
        if value.last in {"true", "false"}:
            return value.last
        if value.last in {"null", "FetchedValue"}:
            return ""
    if isinstance(value, Member) and isinstance(value.value, str):
        return default_form(value.value)
    return None


def column_parts(made: Made, table: str, dialect: str) -> list[object]:
    """Return a Column, then the constraints and indexes that it brings."""
    args = list(made.args)
    given = made.keywords.get("name")
    name = folded_name(args.pop(0) if args and given is None else given)
    kind = made.keywords.get("type_")
    extra: list[str] = []
    found: list[object] = []
    for one in args:
        label = one.last if isinstance(one, (Made, Ref)) else ""
        if label == "ForeignKey" and isinstance(one, Made):
            found.append(_foreign(one, table, (name,), dialect))
        elif label in {"Identity", "Computed"} and isinstance(one, Made):
            extra.append(
                f"{label} {expression(' '.join(spoken(part) for part in one.args))}".strip()
            )
        elif label == "CheckConstraint" and isinstance(one, Made):
            found.append(_check(one, table, dialect, (name,)))
        elif kind is None and not (
            isinstance(one, Made) and one.last in {"Sequence", "DefaultClause"}
        ):
            kind = one
    primary = made.keywords.get("primary_key") is True
    nullable = made.keywords.get("nullable", not primary)
    normal = type_form(kind, dialect)
    if normal is None and found and kind is None:
        normal = f"{UNSURE}referred"  # a foreign key without a type has that of its target
    if primary:
        made_key = auto_name("primary", table, (name,), dialect)
        found.append(Constraint(made_key, "primary", (name,), "", True, None))  # noqa: FBT003 - a record's own fields
    found += _flagged(made, table, name, dialect)
    default = default_form(made.keywords.get("server_default"))
    if (default or "").startswith("nextval("):
        default, extra = "", ["serial"]
    column = Column(
        name,
        normal,
        nullable if isinstance(nullable, bool) else None,
        default,
        " ".join(extra),
        kind,
        made.keywords.get("server_default"),
        made,
    )
    comment = made.keywords.get("comment")
    if isinstance(comment, str):
        found.append(Thing("comment", f"column {table}.{name}", table, f"'{comment}'", None))
    return [column, *found]


def _flagged(made: Made, table: str, name: str, dialect: str) -> list[object]:
    """``index=True`` and ``unique=True`` of a column."""
    unique = made.keywords.get("unique") is True
    if made.keywords.get("index") is True:
        called = truncated(f"ix_{table.replace('.', '_')}_{name}")
        return [Index(called, table, (name,), index_rule(unique=unique), None, auto=True)]
    if unique:
        called = auto_name("unique", table, (name,), dialect)
        return [Constraint(called, "unique", (name,), "", True, None)]  # noqa: FBT003 - a record's own fields
    return []


def table_parts(values: tuple[Value, ...], table: str, dialect: str) -> list[object]:
    """Return what the arguments of ``create_table`` after its name define; the table first."""
    whole = True
    parts: list[object] = []
    for one in values:
        if not isinstance(one, Made):
            whole = False
        elif one.last == "Column":
            parts += column_parts(one, table, dialect)
        elif one.last == "Index":
            parts.append(index_of(one.get(0, "name"), table, one.args[1:], one.keywords, one))
        else:
            made = constraint_of(one, table, dialect)
            whole = whole and made is not None
            parts += [made] if made is not None else []
    return [Table(table, not whole, ""), *_keyed(parts)]


def _keyed(parts: list[object]) -> list[object]:
    """A table has one primary key, of all columns that say so; these are not null."""
    keys = [one for one in parts if isinstance(one, Constraint) and one.kind == "primary"]
    if len(keys) > 1 and all(one.auto for one in keys):
        columns = tuple(dict.fromkeys(name for one in keys for name in one.columns))
        parts = [one for one in parts if one not in keys] + [replace(keys[0], columns=columns)]
    named = {column for one in keys for column in one.columns}
    settled: list[object] = []
    for one in parts:
        if isinstance(one, Column) and one.name in named:
            serial = len(named) == 1 and one.type in _INTEGERS and one.default == ""
            one = replace(one, nullable=False, extra="serial" if serial else one.extra)  # noqa: PLW2901 - as it is from here on
        settled.append(one)
    return settled


def constraint_of(made: Made, table: str, dialect: str) -> Constraint | None:
    """Return a constraint object of SQLAlchemy as a record, None for what is none."""
    if made.last == "PrimaryKeyConstraint":
        return named(Constraint("", "primary", _names(made.args), ""), made, table, dialect)
    if made.last == "UniqueConstraint":
        return named(Constraint("", "unique", _names(made.args), ""), made, table, dialect)
    if made.last == "CheckConstraint":
        return _check(made, table, dialect)
    if made.last == "ExcludeConstraint":
        return named(Constraint("", "exclude", (), None), made, table, dialect)
    if made.last == "ForeignKeyConstraint":
        columns = _names(items(made.get(0, "columns")) or ())
        referred = _names(items(made.get(1, "refcolumns")) or ())
        return _foreign(made, table, columns, dialect, referred)
    return None


def _foreign(
    made: Made, table: str, columns: tuple[str, ...], dialect: str, referred: tuple[str, ...] = ()
) -> Constraint:
    targets = referred or (folded_name(made.get(0, "column")),)
    tables = {one.rpartition(".")[0] for one in targets}
    other = tables.pop() if len(tables) == 1 else HOLE
    inside = ",".join(one.rpartition(".")[2] for one in targets)
    return foreign_key(made, table, columns, (other, inside), dialect)


def foreign_key(
    made: Made, table: str, columns: tuple[str, ...], target: tuple[str, str], dialect: str
) -> Constraint:
    """Return a foreign key on (table, columns joined by commas), with its actions."""
    actions = []
    for keyword in ("ondelete", "onupdate"):
        said = made.keywords.get(keyword)
        if isinstance(said, str) and said.upper() != "NO ACTION":
            actions.append(f"on {keyword[2:]} {said.lower()}")
    if made.keywords.get("deferrable") is True:
        actions.append("deferrable")
    if isinstance(made.keywords.get("initially"), str):
        actions.append(f"initially {made.keywords['initially'].lower()}")
    rule = f"{target[0]}({target[1]}) {' '.join(sorted(actions))}".strip()
    known_rule = None if HOLE in rule else rule
    record = Constraint("", "foreign", columns, known_rule, False, None, target[0])  # noqa: FBT003 - a record's own fields
    return named(record, made, table, dialect)


def _check(made: Made, table: str, dialect: str, columns: tuple[str, ...] = ()) -> Constraint:
    text = text_of(made.get(0, "sqltext"))
    rule = condition(text) if text is not None and HOLE not in text else None
    return named(Constraint("", "check", columns, rule), made, table, dialect)


def named(record: Constraint, made: Made, table: str, dialect: str) -> Constraint:
    """Return a constraint with the name that it is given, else with the database's."""
    said = made.keywords.get("name")
    if isinstance(said, str):
        return replace(record, name=folded_name(said), source=made)
    auto = auto_name(record.kind, table, record.columns, dialect)
    return replace(record, name=auto, auto=True, source=made)


def index_of(
    name: Value, table: str, columns: tuple[Value, ...], keywords: dict[str, Value], made: Made
) -> Index:
    """Return an index of SQLAlchemy as a record."""
    said = tuple(_indexed(one) for one in columns)
    method = keywords.get("postgresql_using")
    where = text_of(keywords.get("postgresql_where"))
    rest = f"where {condition(where)}" if where else ""
    rule: str | None = index_rule(
        unique=keywords.get("unique") is True,
        method=method if isinstance(method, str) else "",
        rest=rest,
    )
    if any(HOLE in one for one in said) or (where is None and "postgresql_where" in keywords):
        rule = None
    called = folded_name(name)
    auto = not isinstance(name, str)
    made_name = f"ix_{table.replace('.', '_')}_{said[0] if said else ''}" if auto else called
    return Index(made_name, table, said, rule, made, auto=auto)


def _indexed(value: Value) -> str:
    text = text_of(value)
    if text is not None:
        return expression(text)
    if isinstance(value, Made) and value.callee in {".desc", ".asc"}:
        tail = " desc" if value.callee == ".desc" else ""
        return _indexed(value.owner) + tail
    if isinstance(value, Made) and value.last in {"desc", "column", "Column"} and value.args:
        return _indexed(value.args[0]) + (" desc" if value.last == "desc" else "")
    return HOLE


def folded_name(value: Value) -> str:
    """Return a name as SQLAlchemy quotes it: as it is said."""
    if isinstance(value, str):
        return truncated(value.removeprefix("public.")) if value else HOLE
    if isinstance(value, (Made, Member)):
        text = text_of(value) if isinstance(value, Made) else value.value
        return text if isinstance(text, str) else HOLE
    return HOLE


def _names(values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(folded_name(one) for one in values)
