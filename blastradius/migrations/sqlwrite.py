"""Steps → SQL of a dialect, from the pieces of the definitions that they were read from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from blastradius.migrations.records import Column, Constraint, Do, Index, Sql, Table, Thing
from blastradius.migrations.spelling import condition

_SIMPLE = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "authorization",
        "between",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "full",
        "grant",
        "group",
        "groups",
        "having",
        "in",
        "index",
        "initially",
        "inner",
        "intersect",
        "into",
        "is",
        "join",
        "key",
        "keys",
        "leading",
        "left",
        "like",
        "limit",
        "lock",
        "match",
        "natural",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "over",
        "primary",
        "range",
        "rank",
        "references",
        "returning",
        "right",
        "row",
        "rows",
        "select",
        "session_user",
        "set",
        "some",
        "table",
        "then",
        "to",
        "trailing",
        "trigger",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "values",
        "view",
        "when",
        "where",
        "window",
        "with",
    ]
)
_NAMED = re.compile(r"\ACONSTRAINT\s+(?:\"[^\"]+\"|`[^`]+`|[\w$]+)\s+", re.IGNORECASE)
_CREATE = re.compile(r"\ACREATE\s+(?!OR\s+REPLACE)", re.IGNORECASE)


class UnwritableError(Exception):
    """A step cannot be written; its message says why, in words for a person."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes SQL for one dialect; ``quotes``: the source quotes every name."""

    dialect: str
    quotes: bool = False

    def name(self, name: str) -> str:
        """Return a name that may be dotted, quoted where it must be or where the source does."""
        return ".".join(self._one(part) for part in name.split("."))

    def _one(self, name: str) -> str:
        if not self.quotes and _SIMPLE.match(name) and name not in _RESERVED:
            return name
        mark = "`" if self.dialect == "mysql" else '"'
        return f"{mark}{name.replace(mark, mark * 2)}{mark}"

    def statements(self, do: Do) -> list[str]:  # noqa: C901, PLR0911 - one case each
        """Return the statements of one step, without semicolons.

        Raises:
            UnwritableError: it has no SQL, or its definition is not SQL.
        """
        match do.verb:
            case "create_table":
                return [self._create_table(do)]
            case "drop_table":
                return [f"DROP TABLE {self.name(do.table)}"]
            case "rename_table":
                new = do.new if self.dialect == "mysql" else do.new.rpartition(".")[2]
                return [f"ALTER TABLE {self.name(do.table)} RENAME TO {self.name(new)}"]
            case "add_column":
                return [f"ALTER TABLE {self.name(do.table)} ADD COLUMN {self.column(do.parts[0])}"]
            case "drop_column":
                return [f"ALTER TABLE {self.name(do.table)} DROP COLUMN {self._one(do.name)}"]
            case "alter_column":
                return self._alter_column(do)
            case "create_constraint":
                return [self._add(do.table, self.constraint(do.parts[0]))]
            case "drop_constraint":
                return [self._drop_constraint(do)]
            case "rename_constraint":
                said = f"RENAME CONSTRAINT {self._one(do.name)} TO {self._one(do.new)}"
                return [f"ALTER TABLE {self.name(do.table)} {said}"]
            case "create_index" | "drop_index" | "rename_index":
                return [self._index(do)]
        return self._object(do)

    def _add(self, table: str, said: str) -> str:
        if self.dialect == "sqlite":
            raise UnwritableError(f"SQLite adds no constraint to {table} once it is made")
        return f"ALTER TABLE {self.name(table)} ADD {said}"

    def column(self, column: Column, *, key: bool = False) -> str:
        """Return a column's definition; ``key``: it is the primary key."""
        if not isinstance(column.type_from, Sql):
            raise UnwritableError(f"the type of column {column.name} is not in SQL")
        parts = [self._one(column.name), column.type_from.text]
        parts += ["PRIMARY KEY"] if key else []
        if isinstance(column.rest_from, Sql):
            parts.append(column.rest_from.text)
        if column.nullable is False and not key:
            parts.append("NOT NULL")
        if isinstance(column.default_from, Sql) and column.default:
            parts.append(f"DEFAULT {column.default_from.text}")
        return " ".join(part for part in parts if part)

    def constraint(self, one: Constraint) -> str:
        """Return a constraint as it stands in CREATE TABLE or after ADD."""
        columns = ", ".join(self._one(name) for name in one.columns)
        if one.kind == "primary":
            said = f"PRIMARY KEY ({columns})"
        elif one.kind == "unique" and one.rule == "":
            said = f"UNIQUE ({columns})"
        elif one.kind == "foreign" and one.rule is not None:
            said = f"FOREIGN KEY ({columns}) {self._references(one)}"
        elif isinstance(one.source, Sql):
            said = _NAMED.sub("", one.source.text)
            if one.kind == "check" and condition(said.partition("(")[2]) != condition(
                f"{one.rule})"
            ):
                raise UnwritableError(
                    f"constraint {one.name} names columns that were renamed since"
                )
        else:
            raise UnwritableError(f"constraint {one.name} is not in SQL")
        return said if one.auto else f"CONSTRAINT {self._one(one.name)} {said}"

    def _references(self, one: Constraint) -> str:
        target, _, rest = (one.rule or "").partition("(")
        inside, _, actions = rest.partition(")")
        columns = ", ".join(self._one(name) for name in inside.split(",") if name)
        found = f"REFERENCES {self.name(target)}" + (f" ({columns})" if columns else "")
        return f"{found}{actions.upper()}"

    def _create_table(self, do: Do) -> str:
        keys = [
            one
            for one in do.parts
            if isinstance(one, Constraint) and one.kind == "primary" and one.auto
        ]
        alone = keys[0].columns[0] if keys and len(keys[0].columns) == 1 else ""
        lines = [
            self.column(one, key=one.name == alone) for one in do.parts if isinstance(one, Column)
        ]
        lines += [
            self.constraint(one)
            for one in do.parts
            if isinstance(one, Constraint) and not (alone and one is keys[0])
        ]
        table = next((one for one in do.parts if isinstance(one, Table)), None)
        tail = table.rest_from.text if table and isinstance(table.rest_from, Sql) else ""
        inner = ",\n".join(f"    {line}" for line in lines)
        return f"CREATE TABLE {self.name(do.table)} (\n{inner}\n) {tail}".rstrip()

    def _alter_column(self, do: Do) -> list[str]:  # noqa: C901 - one case each
        table, new = self.name(do.table), do.parts[0]
        change = do.change
        found: list[str] = []
        if change is None:
            return found
        name = do.name
        if do.new:
            found.append(
                f"ALTER TABLE {table} RENAME COLUMN {self._one(do.name)} TO {self._one(do.new)}"
            )
            name = do.new
        if not (change.type or change.nullable or change.default):
            return found
        if self.dialect == "sqlite":
            raise UnwritableError(
                f"SQLite does not alter column {do.table}.{do.name}: make the table anew"
            )
        if self.dialect == "mysql":
            whole = self.column(new)
            return [*found, f"ALTER TABLE {table} MODIFY COLUMN {whole}"]
        head = f"ALTER TABLE {table} ALTER COLUMN {self._one(name)}"
        if change.default and not new.default:
            found.append(f"{head} DROP DEFAULT")
        if change.type:
            if not isinstance(new.type_from, Sql):
                raise UnwritableError(f"the type of {do.table}.{name} is not in SQL")
            kind = new.type_from.text
            found.append(f"{head} TYPE {kind} USING {self._one(name)}::{kind}")
        if change.nullable:
            found.append(f"{head} {'DROP' if new.nullable else 'SET'} NOT NULL")
        if change.default and new.default:
            if not isinstance(new.default_from, Sql):
                raise UnwritableError(f"the default of {do.table}.{name} is not in SQL")
            found.append(f"{head} SET DEFAULT {new.default_from.text}")
        return found

    def _drop_constraint(self, do: Do) -> str:
        if self.dialect == "sqlite":
            raise UnwritableError(f"SQLite drops no constraint of {do.table}: make the table anew")
        table = f"ALTER TABLE {self.name(do.table)}"
        if self.dialect == "mysql" and do.kind in {"primary", "foreign", "unique"}:
            said = {"primary": "PRIMARY KEY", "foreign": "FOREIGN KEY", "unique": "INDEX"}[do.kind]
            return f"{table} DROP {said}" + (
                "" if do.kind == "primary" else f" {self._one(do.name)}"
            )
        return f"{table} DROP CONSTRAINT {self._one(do.name)}"

    def _index(self, do: Do) -> str:
        word = "INDEX CONCURRENTLY" if do.concurrent and self.dialect == "postgres" else "INDEX"
        if do.verb == "drop_index":
            schema = do.table.rpartition(".")[0] if self.dialect == "postgres" else ""
            name = f"{self.name(schema)}." if schema and "." not in do.name else ""
            on = f" ON {self.name(do.table)}" if self.dialect == "mysql" else ""
            return f"DROP {word} {name}{self.name(do.name)}{on}"
        if do.verb == "rename_index":
            if self.dialect == "mysql":
                said = f"RENAME INDEX {self._one(do.name)} TO {self._one(do.new)}"
                return f"ALTER TABLE {self.name(do.table)} {said}"
            return f"ALTER INDEX {self.name(do.name)} RENAME TO {self._one(do.new)}"
        index: Index = do.parts[0]
        plain = all(_SIMPLE.match(one) for one in index.columns) and index.rule in {"", "unique"}
        if plain:
            unique = "UNIQUE " if index.rule else ""
            columns = ", ".join(self._one(one) for one in index.columns)
            return f"CREATE {unique}{word} {self._one(index.name)} ON {self.name(index.table)} ({columns})"
        if isinstance(index.source, Sql) and not index.auto:
            return index.source.text
        raise UnwritableError(f"index {index.name} is not in SQL")

    def _object(self, do: Do) -> list[str]:
        thing: Thing | None = do.parts[0] if do.parts else None
        if do.kind == "comment":
            said = thing.rule if thing is not None and do.verb != "drop_object" else "NULL"
            return [f"COMMENT ON {do.name.upper() if '.' not in do.name else do.name} IS {said}"]
        if do.kind == "rename value":
            old, _, new = do.new.partition(">")
            return [f"ALTER TYPE {self.name(do.name)} RENAME VALUE '{old}' TO '{new}'"]
        if do.verb == "rename_object":
            new = self._one(do.new.rpartition(".")[2])
            return [f"ALTER {do.kind.upper()} {self.name(do.name)} RENAME TO {new}"]
        if do.verb == "drop_object":
            return [self._drop_object(do, thing)]
        if thing is None or not isinstance(thing.source, Sql):
            raise UnwritableError(f"{do.kind} {do.name} is not in SQL")
        text = thing.source.text
        if do.verb == "alter_object" and do.kind in {"function", "view", "trigger"}:
            text = _CREATE.sub("CREATE OR REPLACE ", text)
        return [text]

    def _drop_object(self, do: Do, thing: Thing | None) -> str:
        if do.kind == "grant":
            said = re.sub(r" to (?=[^ ]+\Z)", " FROM ", do.name)
            return f"REVOKE {said}"
        if do.kind == "switch":
            return f"ALTER TABLE {self.name(do.table)} DISABLE ROW LEVEL SECURITY"
        bare = do.name.removeprefix(f"{do.table}.") if do.table else do.name
        on = f" ON {self.name(do.table)}" if do.table else ""
        kind = do.kind.upper()
        text = thing.source.text if thing is not None and isinstance(thing.source, Sql) else ""
        if do.kind == "view" and re.match(r"CREATE\s+MATERIALIZED", text, re.IGNORECASE):
            kind = "MATERIALIZED VIEW"
        if do.kind == "function" and re.match(
            r"CREATE\s+(?:OR\s+REPLACE\s+)?PROCEDURE", text, re.IGNORECASE
        ):
            kind = "PROCEDURE"
        return f"DROP {kind} {self.name(bare)}{on}"
