"""Random chains of schema changes that databases accept, as Alembic revisions and as SQL."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

TYPES = {
    "sa.Integer()": "integer",
    "sa.String(40)": "varchar(40)",
    "sa.Text()": "text",
    "sa.Boolean()": "boolean",
    "sa.DateTime(timezone=True)": "timestamptz",
    "sa.Numeric(10, 2)": "numeric(10, 2)",
}
_DEFAULTS = {
    "sa.Integer()": "7",
    "sa.String(40)": "'x'",
    "sa.Text()": "'it''s'",
    "sa.Boolean()": "false",
}


@dataclass
class Chain:
    """Writes one step after the other, and knows what is there meanwhile."""

    chance: random.Random
    dialect: str = "postgres"
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    indexes: dict[str, tuple[str, str]] = field(default_factory=dict)
    uniques: dict[str, tuple[str, str]] = field(default_factory=dict)
    keyed: set[str] = field(default_factory=set)
    count: int = 0

    def step(self) -> tuple[str, str]:
        """Return the next step: a line of Python, and the same as SQL."""
        self.count += 1
        steps = [self.create_table, self.add_column, self.create_index, self.drop_column]
        steps += [self.rename_column, self.drop_table, self.drop_index, self.rename_table]
        if self.dialect == "postgres":
            steps += [self.alter, self.add_unique, self.drop_unique, self.refer]
        while True:
            found = self.chance.choice(steps)()
            if found is not None:
                return found

    def create_table(self) -> tuple[str, str] | None:
        """Make a table with a key and some columns."""
        if len(self.tables) > 4:
            return None
        name = f"t{self.count}"
        columns = {f"c{self.count}{letter}": self.chance.choice(list(TYPES)) for letter in "ab"}
        self.tables[name] = {"id": "sa.Integer()", **columns}
        said = [self._column(one, kind) for one, kind in columns.items()]
        python = ", ".join(one for one, _ in said)
        sql = ", ".join(one for _, one in said)
        key = "serial" if self.dialect == "postgres" else "integer"
        return (
            f'op.create_table("{name}", sa.Column("id", sa.Integer(), primary_key=True), {python})',
            f"CREATE TABLE {name} (id {key} PRIMARY KEY, {sql})",
        )

    def add_column(self) -> tuple[str, str] | None:
        """Add a column."""
        if not self.tables:
            return None
        table = self.chance.choice(sorted(self.tables))
        name, kind = f"c{self.count}", self.chance.choice(list(TYPES))
        self.tables[table][name] = kind
        python, sql = self._column(name, kind)
        return f'op.add_column("{table}", {python})', f"ALTER TABLE {table} ADD COLUMN {sql}"

    def drop_column(self) -> tuple[str, str] | None:
        """Drop a column; in SQLite one without an index."""
        found = self._any_column(free=self.dialect == "sqlite")
        if found is None:
            return None
        table, name = found
        del self.tables[table][name]
        for held in (self.indexes, self.uniques):
            for key in [key for key, place in held.items() if place == (table, name)]:
                del held[key]
        return f'op.drop_column("{table}", "{name}")', f"ALTER TABLE {table} DROP COLUMN {name}"

    def rename_column(self) -> tuple[str, str] | None:
        """Rename a column."""
        found = self._any_column()
        if found is None:
            return None
        table, name = found
        new = f"r{self.count}"
        self.tables[table][new] = self.tables[table].pop(name)
        for held in (self.indexes, self.uniques):
            held.update(
                {key: (table, new) for key, place in held.items() if place == (table, name)}
            )
        return (
            f'op.alter_column("{table}", "{name}", new_column_name="{new}")',
            f"ALTER TABLE {table} RENAME COLUMN {name} TO {new}",
        )

    def drop_table(self) -> tuple[str, str] | None:
        """Drop a table that nothing refers to."""
        free = sorted(self.tables.keys() - self.keyed)
        if not free or self.chance.random() < 0.5:
            return None
        table = self.chance.choice(free)
        del self.tables[table]
        for held in (self.indexes, self.uniques):
            for key in [key for key, place in held.items() if place[0] == table]:
                del held[key]
        return f'op.drop_table("{table}")', f"DROP TABLE {table}"

    def rename_table(self) -> tuple[str, str] | None:
        """Rename a table that no foreign key is on."""
        free = sorted(self.tables.keys() - self.keyed)
        if not free:
            return None
        table, new = self.chance.choice(free), f"n{self.count}"
        self.tables[new] = self.tables.pop(table)
        for held in (self.indexes, self.uniques):
            held.update({key: (new, place[1]) for key, place in held.items() if place[0] == table})
        return f'op.rename_table("{table}", "{new}")', f"ALTER TABLE {table} RENAME TO {new}"

    def create_index(self) -> tuple[str, str] | None:
        """Make an index on a column."""
        found = self._any_column()
        if found is None:
            return None
        table, column = found
        name = f"ix{self.count}"
        self.indexes[name] = (table, column)
        unique = self.chance.random() < 0.3
        python = f'op.create_index("{name}", "{table}", ["{column}"], unique={unique})'
        return python, f"CREATE {'UNIQUE ' if unique else ''}INDEX {name} ON {table} ({column})"

    def drop_index(self) -> tuple[str, str] | None:
        """Drop an index."""
        if not self.indexes:
            return None
        name = self.chance.choice(sorted(self.indexes))
        table, _ = self.indexes.pop(name)
        return f'op.drop_index("{name}", table_name="{table}")', f"DROP INDEX {name}"

    def add_unique(self) -> tuple[str, str] | None:
        """Make a unique constraint, with a name or without."""
        found = self._any_column()
        if found is None or found in self.uniques.values():
            return None
        table, column = found
        name = f"uq{self.count}"
        self.uniques[name] = found
        python = f'op.create_unique_constraint("{name}", "{table}", ["{column}"])'
        return python, f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({column})"

    def drop_unique(self) -> tuple[str, str] | None:
        """Drop a unique constraint."""
        if not self.uniques:
            return None
        name = self.chance.choice(sorted(self.uniques))
        table, _ = self.uniques.pop(name)
        python = f'op.drop_constraint("{name}", "{table}", type_="unique")'
        return python, f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def refer(self) -> tuple[str, str] | None:
        """Let a new column refer to a table."""
        if len(self.tables) < 2:
            return None
        table, other = self.chance.sample(sorted(self.tables), 2)
        name = f"f{self.count}"
        self.keyed |= {table, other}
        kind = (
            'sa.Column("'
            + name
            + f'", sa.Integer(), sa.ForeignKey("{other}.id", ondelete="CASCADE"))'
        )
        sql = f"{name} integer REFERENCES {other} (id) ON DELETE CASCADE"
        return f'op.add_column("{table}", {kind})', f"ALTER TABLE {table} ADD COLUMN {sql}"

    def alter(self) -> tuple[str, str] | None:
        """Change a column's type, default, or whether it may be null."""
        found = self._any_column()
        if found is None:
            return None
        table, name = found
        head = f"ALTER TABLE {table} ALTER COLUMN {name}"
        kind = self.tables[table][name]
        if kind == "sa.String(40)" and self.chance.random() < 0.5:
            self.tables[table][name] = "sa.Text()"
            return f'op.alter_column("{table}", "{name}", type_=sa.Text())', f"{head} TYPE text"
        if kind in _DEFAULTS and self.chance.random() < 0.5:
            default = _DEFAULTS[kind]
            said = f"sa.text({default!r})"
            return (
                f'op.alter_column("{table}", "{name}", server_default={said})',
                f"{head} SET DEFAULT {default}",
            )
        nullable = self.chance.random() < 0.5
        word = "DROP" if nullable else "SET"
        return (
            f'op.alter_column("{table}", "{name}", nullable={nullable})',
            f"{head} {word} NOT NULL",
        )

    def _any_column(self, *, free: bool = False) -> tuple[str, str] | None:
        taken = {*self.indexes.values(), *self.uniques.values()} if free else set()
        found = [
            (table, column)
            for table in sorted(self.tables)
            for column in sorted(self.tables[table])
            if column != "id" and (table, column) not in taken
        ]
        return self.chance.choice(found) if found else None

    def _column(self, name: str, kind: str) -> tuple[str, str]:
        python, sql = f'sa.Column("{name}", {kind}', f"{name} {TYPES[kind]}"
        if kind in _DEFAULTS and self.chance.random() < 0.4:
            python += f", server_default=sa.text({_DEFAULTS[kind]!r})"
            sql += f" DEFAULT {_DEFAULTS[kind]}"
            if self.chance.random() < 0.5:
                python, sql = f"{python}, nullable=False", f"{sql} NOT NULL"
        return f"{python})", sql
