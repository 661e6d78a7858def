"""What a folder of migrations is: a chain, what each step does, and whether its way down is true.

Everything here is read from text; nothing is run, and nothing is known of any database.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Tool = Literal[
    "alembic",
    "django",
    "prisma",
    "drizzle",
    "golang-migrate",
    "dbmate",
    "goose",
    "sqitch",
    "flyway",
    "sqlx",
]
Gravity = Literal["index", "add", "alter", "drop", "rows", "raw"]
MigrationKind = Literal["additive", "transforming", "destructive", "unknown"]
Verdict = Literal["inverse", "missing", "raising", "empty", "partial", "lossy", "unknown"]
ReadsAs = Literal["provide", "release", "both"]

LIES: frozenset[Verdict] = frozenset({"missing", "raising", "empty", "partial"})
"""The verdicts that say: after the way down the schema is not what it was before the way up."""


class Operation(Struct, frozen=True):
    """One step of a migration.

    Attributes:
        verb: what it does, in words of the tools: ``add_column``, ``drop_table``, ``sql``.
        table: the table that it touches, empty where it is about something else.
        column: the column, or the name of an index, a constraint, a type; may be empty.
        line: where it stands, 1-based, in `Migration.path` (for a helper: where it is called).
        gravity: how hard its inverse is on what was stored.
    """

    verb: str
    table: str
    column: str
    line: int
    gravity: Gravity

    @property
    def target(self) -> str:
        """The table and what of it, as ``users.plan``."""
        return ".".join(part for part in (self.table, self.column) if part)


class Lint(Struct, frozen=True):
    """Does the way down invert the way up?

    ``inverse``: schema and rows come back. ``lossy``: the schema comes back, rows do not (dropped,
    rewritten, or written since). ``missing``: there is no way down. ``raising``: it raises, or must
    fail. ``empty``: it does nothing, although the way up changes the schema. ``partial``: something
    is left, lost or comes back otherwise. ``unknown``: what it does cannot be read.

    Attributes:
        verdict: see above.
        why: one sentence.
        line: where that shows, in the file of the way down.
        lacks: what differs from before after up and down, a phrase each.
    """

    verdict: Verdict
    why: str = ""
    line: int = 1
    lacks: tuple[str, ...] = ()


class Migration(Struct, frozen=True):
    """One migration.

    Attributes:
        id: what the tool's version table holds for it: Alembic's revision, Django's name (without
            the app), golang-migrate's and sqlx's number, the name of a Prisma folder, Drizzle's tag,
            Flyway's version, sqitch's change.
        path: the file that runs on the way up.
        paths: all its files, that one first: down, undo, revert, verify, snapshot.
        parents: the ids that it follows in this history; where only numbers order: the one before.
        line: where it says its id, 1-based.
        operations: what it does on the way up, in order.
        kind: by its gravest operation.
        tables: the tables that it touches, sorted.
        up_sql: the SQL of the way up, None for Python migrations.
        down_sql: the SQL of the way down, None for Python migrations and where there is none.
        transactional: whether the tool may run it in one transaction.
        lint: see `Lint`.
    """

    id: str
    path: str
    paths: tuple[str, ...]
    parents: tuple[str, ...]
    line: int
    operations: tuple[Operation, ...]
    kind: MigrationKind
    tables: tuple[str, ...]
    up_sql: str | None
    down_sql: str | None
    transactional: bool
    lint: Lint


class History(Struct, frozen=True):
    """The migrations of one tool in one folder.

    Attributes:
        tool: whose they are.
        folder: where new ones go, without a slash at its end.
        label: Django's app label, sqitch's project, else empty.
        migrations: parents before children; among those that may stand side by side by id.
        heads: ids that nothing follows, sorted.
        problems: what is wrong with the chain, a sentence each: several heads, absent parents,
            cycles, two of one id, files that cannot be read.
    """

    tool: Tool
    folder: str
    label: str
    migrations: tuple[Migration, ...]
    heads: tuple[str, ...]
    problems: tuple[str, ...] = ()

    def find(self, name: str) -> Migration | None:
        """Return the migration with that id, None when there is none."""
        return next((one for one in self.migrations if one.id == name), None)

    @property
    def key(self) -> tuple[str, str, str]:
        """Tool, folder and label: which histories of two trees are one."""
        return self.tool, self.folder, self.label


class Changed(Struct, frozen=True):
    """What a range did to one history.

    Attributes:
        history: it as it is after the range; before the range where it is gone after it.
        added: migrations that came, in order.
        edited: those whose files changed, as they are now. A database that ran one before has what
            it did then.
        renamed: (before, after) of those that have another id or file, and do the same.
        removed: those that went, as they were.
    """

    history: History
    added: tuple[Migration, ...]
    edited: tuple[Migration, ...] = ()
    renamed: tuple[tuple[Migration, Migration], ...] = ()
    removed: tuple[Migration, ...] = ()


class Rendered(Struct, frozen=True):
    """A new migration whose way up is the inverse of others that were applied.

    Attributes:
        path: where it goes.
        content: its bytes.
        more: further files to write, path → bytes, such as the way down, Drizzle's journal or a
            sqitch plan; some of them are there already and are replaced.
        name: what a person calls it.
        id: what the tool's version table will hold.
        inverts: ids of the migrations it undoes, newest first.
        sql: its statements for the tools that run SQL, else empty.
        loses: what running it drops, a phrase each.
        reads_as: ``provide``: it brings back what older code needs; ``release``: it drops what only
            newer code used; ``both``.
        complete: whether it undoes all of the schema; False where there are `gaps`.
        gaps: what it cannot undo, each with ``path:line``; a person must.
        cautions: what may make it fail on a table that has rows, or what rows it leaves as they are.
    """

    path: str
    content: bytes
    more: dict[str, bytes]
    name: str
    id: str
    inverts: tuple[str, ...]
    sql: tuple[str, ...]
    loses: tuple[str, ...]
    reads_as: ReadsAs
    complete: bool
    gaps: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
