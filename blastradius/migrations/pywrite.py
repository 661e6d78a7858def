"""Steps → calls on Alembic's ``op``, from the pieces of the definitions that they were read from."""

from __future__ import annotations

from collections.abc import Callable

from blastradius.migrations.carrying import Carried
from blastradius.migrations.records import Column, Constraint, Do, Index, Sql, Thing
from blastradius.migrations.sqlwrite import UnwritableError, Writer
from blastradius.migrations.values import (
    HOLE,
    Made,
    Member,
    Members,
    Ref,
    Value,
)

_TYPES = {"primary": "primary", "unique": "unique", "foreign": "foreignkey", "check": "check"}
_DEEPEST = 60
_KEPT = frozenset({"autoincrement", "comment", "quote"})


class PyWriter:
    """Writes calls, and notes in ``carried`` what they import."""

    def __init__(self, carried: Carried, dialect: str) -> None:
        self._carried = carried
        self._sql = Writer(dialect)

    def statements(self, do: Do) -> list[str]:
        """Return the statements of one step.

        Raises:
            UnwritableError: its definition cannot be written.
        """
        self._carried.need("from alembic import op")
        if _in_sql(do):
            self._carried.need("import sqlalchemy as sa")
            return [f"op.execute(sa.text({_escaped(one)!r}))" for one in self._sql.statements(do)]
        writer: Callable[[Do], list[str]] | None = getattr(self, f"_{do.verb}", None)
        if writer is None:
            return [f"op.execute({one!r})" for one in self._sql.statements(do)]
        return writer(do)

    def _call(self, name: str, table: str, *args: str, **keywords: str) -> str:
        schema, _, bare = table.rpartition(".")
        said = [one if one != "{table}" else repr(bare) for one in args]
        said += [f"{key}={value}" for key, value in keywords.items()]
        said += [f"schema={schema!r}"] if schema else []
        return f"op.{name}({', '.join(said)})"

    def _batched(self, do: Do, lines: list[str]) -> list[str]:
        """Return calls on ``op`` as calls on a batch, where the step stood in one."""
        if not do.batch:
            return lines
        schema, _, bare = do.table.rpartition(".")
        extra = f", schema={schema!r}" if schema else ""
        head = f"with op.batch_alter_table({bare!r}{extra}) as batch_op:"
        inner = [
            one.replace("op.", "    batch_op.", 1)
            .replace(f"({bare!r}, ", "(", 1)
            .replace(f", {bare!r}", "", 1)
            .replace(f", schema={schema!r}", "", 1)
            for one in lines
        ]
        return ["\n".join([head, *inner])]

    def _create_table(self, do: Do) -> list[str]:
        parts = [self.column(one) for one in do.parts if isinstance(one, Column)]
        parts += [self.constraint(one) for one in do.parts if isinstance(one, Constraint)]
        inner = "".join(f"\n    {one}," for one in parts)
        schema, _, bare = do.table.rpartition(".")
        tail = f"\n    schema={schema!r}," if schema else ""
        return [f"op.create_table(\n    {bare!r},{inner}{tail}\n)"]

    def _drop_table(self, do: Do) -> list[str]:
        return [self._call("drop_table", do.table, "{table}")]

    def _rename_table(self, do: Do) -> list[str]:
        return [self._call("rename_table", do.table, "{table}", repr(do.new.rpartition(".")[2]))]

    def _add_column(self, do: Do) -> list[str]:
        line = self._call("add_column", do.table, "{table}", self.column(do.parts[0]))
        return self._batched(do, [line])

    def _drop_column(self, do: Do) -> list[str]:
        return self._batched(do, [self._call("drop_column", do.table, "{table}", repr(do.name))])

    def _alter_column(self, do: Do) -> list[str]:
        new, old, change = do.parts[0], do.old, do.change
        if change is None:
            return []
        keywords: dict[str, str] = {}
        if do.new:
            keywords["new_column_name"] = repr(do.new)
        if change.type:
            keywords["type_"] = self.code(new.type_from)
        if change.nullable:
            keywords["nullable"] = repr(new.nullable)
        if change.default:
            keywords["server_default"] = self._default(new) if new.default else "None"
        if old is not None and old.type_from is not None and not isinstance(old.type_from, Sql):
            keywords["existing_type"] = self.code(old.type_from)
        if change.type and new.type != (old.type if old else None) and "type_" in keywords:
            cast = self._cast(new)
            keywords |= {"postgresql_using": repr(f"{do.name}::{cast}")} if cast else {}
        if not change.nullable and old is not None and old.nullable is not None:
            keywords["existing_nullable"] = repr(old.nullable)
        line = self._call("alter_column", do.table, "{table}", repr(do.name), **keywords)
        return self._batched(do, [line])

    def _cast(self, new: Column) -> str:
        plain = self._sql.dialect == "postgres" and new.type and not new.type.startswith("~")
        return new.type or "" if plain else ""

    def _create_constraint(self, do: Do) -> list[str]:
        one: Constraint = do.parts[0]
        name = "None" if one.auto else repr(one.name)
        columns = repr(list(one.columns))
        if one.kind == "foreign":
            target, _, rest = (one.rule or "").partition("(")
            inside, _, actions = rest.partition(")")
            source, _, bare = do.table.rpartition(".")
            other, _, referent = target.rpartition(".")
            args = [name, repr(bare), repr(referent), columns, repr(inside.split(","))]
            args += [f"{key}={value!r}" for key, value in _actions(actions).items()]
            args += [f"source_schema={source!r}"] if source else []
            args += [f"referent_schema={other!r}"] if other else []
            line = f"op.create_foreign_key({', '.join(args)})"
            return self._batched(do, [line])
        if one.kind in {"primary", "unique"}:
            verb = "create_primary_key" if one.kind == "primary" else "create_unique_constraint"
            return self._batched(do, [self._call(verb, do.table, name, "{table}", columns)])
        if one.kind == "check" and isinstance(one.source, Made):
            said = one.source.get(2 if one.source.callee.startswith("create_") else 0, "sqltext")
            text = said if said is not None else one.source.get(2, "condition")
            line = self._call("create_check_constraint", do.table, name, "{table}", self.code(text))
            return self._batched(do, [line])
        raise UnwritableError(f"constraint {one.name} cannot be written")

    def _drop_constraint(self, do: Do) -> list[str]:
        keywords = {"type_": repr(_TYPES[do.kind])} if do.kind in _TYPES else {}
        line = self._call("drop_constraint", do.table, repr(do.name), "{table}", **keywords)
        return self._batched(do, [line])

    def _create_index(self, do: Do) -> list[str]:
        one: Index = do.parts[0]
        if not isinstance(one.source, Made):
            columns = ", ".join(repr(name) for name in one.columns)
            unique = {"unique": "True"} if (one.rule or "").startswith("unique") else {}
            if one.rule not in {"", "unique"}:
                raise UnwritableError(f"index {one.name} cannot be written")
            said = [repr(one.name), "{table}", f"[{columns}]"]
            return [self._call("create_index", one.table, *said, **unique)]
        made = one.source
        given = made.get(2, "columns") if made.callee == "create_index" else list(made.args[1:])
        keywords = {
            key: self.code(value)
            for key, value in made.keywords.items()
            if key
            not in {
                "schema",
                "if_not_exists",
                "index_name",
                "table_name",
                "columns",
                "name",
                "_table",
            }
        }
        plain = all(isinstance(value, str) for value in given)
        columns = repr(list(one.columns)) if plain else self.code(given)
        line = self._call("create_index", one.table, repr(one.name), "{table}", columns, **keywords)
        return self._batched(do, [line])

    def _drop_index(self, do: Do) -> list[str]:
        keywords = {"postgresql_concurrently": "True"} if do.concurrent else {}
        schema, _, bare = do.table.rpartition(".")
        extra = {"table_name": repr(bare)} if bare else {}
        extra |= {"schema": repr(schema)} if schema else {}
        said = ", ".join([repr(do.name), *(f"{k}={v}" for k, v in (extra | keywords).items())])
        if do.batch:
            return self._batched(do, [f"op.drop_index({do.name!r})"])
        return [f"op.drop_index({said})"]

    def _create_object(self, do: Do) -> list[str]:
        thing: Thing = do.parts[0]
        if do.kind == "type" and isinstance(thing.source, Made):
            return [f"{self._enum(thing.source)}.create(op.get_bind(), checkfirst=True)"]
        return [f"op.execute({one!r})" for one in self._sql.statements(do)]

    def _drop_object(self, do: Do) -> list[str]:
        return [f"op.execute({one!r})" for one in self._sql.statements(do)]

    def _enum(self, made: Made) -> str:
        kept = {key: value for key, value in made.keywords.items() if key in {"name", "schema"}}
        self._carried.need("from sqlalchemy.dialects import postgresql")
        args = [self.code(one) for one in made.args]
        first = made.args[0] if made.args else None
        if isinstance(first, Members):
            args = [repr(name) for name, _ in first.values]
            kept.setdefault("name", first.name.lower())
        args += [f"{key}={self.code(value)}" for key, value in kept.items()]
        return f"postgresql.ENUM({', '.join(args)})"

    def column(self, column: Column) -> str:
        """Return a ``sa.Column(…)``."""
        self._carried.need("import sqlalchemy as sa")
        parts = [repr(column.name), self._column_type(column)]
        made = column.rest_from
        if isinstance(made, Made):
            parts += [
                self.code(one)
                for one in made.args
                if isinstance(one, Made) and one.last in {"Identity", "Computed"}
            ]
            parts += [
                f"{key}={self.code(value)}" for key, value in made.keywords.items() if key in _KEPT
            ]
        if column.nullable is not None:
            parts.append(f"nullable={column.nullable!r}")
        if column.default:
            parts.append(f"server_default={self._default(column)}")
        return f"sa.Column({', '.join(parts)})"

    def _column_type(self, column: Column) -> str:
        kind = column.type_from
        native = isinstance(kind, Made) and kind.last in {"Enum", "ENUM"}
        if (
            native
            and kind.keywords.get("native_enum") is not False
            and self._sql.dialect == "postgres"
        ):
            # The type itself is a step of its own.
            return f"{self._enum(kind)[:-1]}, create_type=False)"
        return self.code(kind)

    def _default(self, column: Column) -> str:
        said = column.default_from
        if isinstance(said, Sql):
            return f"sa.text({said.text!r})"
        return self.code(said)

    def constraint(self, one: Constraint) -> str:
        """Return a constraint as it stands in ``create_table``."""
        name = "" if one.auto else f", name={one.name!r}"
        columns = ", ".join(repr(column) for column in one.columns)
        if one.kind == "primary":
            return f"sa.PrimaryKeyConstraint({columns}{name})"
        if one.kind == "unique":
            return f"sa.UniqueConstraint({columns}{name})"
        if one.kind == "foreign" and one.rule is not None:
            target, _, rest = one.rule.partition("(")
            inside, _, actions = rest.partition(")")
            remote = ", ".join(repr(f"{target}.{column}") for column in inside.split(","))
            more = "".join(f", {key}={value!r}" for key, value in _actions(actions).items())
            return f"sa.ForeignKeyConstraint([{columns}], [{remote}]{name}{more})"
        if one.kind == "check" and isinstance(one.source, Made):
            said = one.source.get(0, "sqltext")
            if one.source.callee == "create_check_constraint":
                said = one.source.get(2, "condition")
            return f"sa.CheckConstraint({self.code(said)}{name})"
        raise UnwritableError(f"constraint {one.name} cannot be written")

    def code(self, value: Value, depth: int = 0) -> str:
        """Return a value as an expression.

        Raises:
            UnwritableError: it is not known, or is defined in the file it was read from.
        """
        if (isinstance(value, str) and HOLE in value) or depth > _DEEPEST:
            raise UnwritableError("it needs a value that is not known")
        if value is None or isinstance(value, (str, int, float, bool, bytes)):
            return repr(value)
        if isinstance(value, list):
            return f"[{', '.join(self.code(one, depth + 1) for one in value)}]"
        if isinstance(value, tuple):
            return f"({''.join(f'{self.code(one, depth + 1)}, ' for one in value)})"
        if isinstance(value, dict):
            pairs = (
                f"{self.code(key, depth + 1)}: {self.code(one, depth + 1)}"
                for key, one in value.items()
            )
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, Member):
            return self.code(value.value, depth + 1)
        if isinstance(value, Ref):
            return self._ref(value.dotted)
        if isinstance(value, Made) and (value.owner is None or value.callee.startswith(".")):
            said = [self.code(one, depth + 1) for one in value.args]
            said += [f"{key}={self.code(one, depth + 1)}" for key, one in value.keywords.items()]
            owner = self.code(value.owner, depth + 1) if value.owner is not None else ""
            callee = f"{owner}{value.callee}" if owner else self._ref(value.callee)
            return f"{callee}({', '.join(said)})"
        raise UnwritableError("it needs a value that is not known")

    def _ref(self, dotted: str) -> str:
        if ":" in dotted or "." not in dotted:
            raise UnwritableError(
                f"{dotted.rpartition(':')[2]} is defined in the file it stands in"
            )
        if dotted.startswith("sqlalchemy.dialects."):
            _, _, dialect, *rest = dotted.split(".")
            self._carried.need(f"from sqlalchemy.dialects import {dialect}")
            return ".".join([dialect, *rest])
        if dotted.startswith("sqlalchemy."):
            self._carried.need("import sqlalchemy as sa")
            return f"sa.{dotted.removeprefix('sqlalchemy.')}"
        module, _, name = dotted.rpartition(".")
        self._carried.need(f"from {module} import {name}")
        return name


def _in_sql(do: Do) -> bool:
    """Tell a step whose pieces are SQL."""
    for one in do.parts:
        kinds = [getattr(one, name, None) for name in ("type_from", "default_from", "source")]
        if any(isinstance(kind, Sql) for kind in kinds):
            return True
    return False


def _escaped(text: str) -> str:
    return text.replace(":", "\\:")


def _actions(text: str) -> dict[str, object]:
    """Return the actions of a foreign key as the keywords that say them."""
    found: dict[str, object] = {}
    words = text.split()
    for number, word in enumerate(words):
        if word in {"delete", "update"} and number and words[number - 1] == "on":
            rest = words[number + 1 :]
            said = rest[:2] if rest[:1] in (["set"], ["no"]) else rest[:1]
            found[f"on{word}"] = " ".join(said).upper()
        elif word == "deferrable":
            found["deferrable"] = True
        elif word == "initially" and number + 1 < len(words):
            found["initially"] = words[number + 1].upper()
    return found
