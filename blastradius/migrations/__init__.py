"""Migrations of databases, read as text: chains, what each does, is its way down true, its inverse.

Alembic, Django, Prisma, Drizzle, golang-migrate, dbmate, goose, sqitch, Flyway and sqlx. Python is
read through ``ast`` and SQL through a tokenizer; nothing of the repository is ever imported or run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from blastradius.migrations.model import (
    LIES,
    Changed,
    Gravity,
    History,
    Lint,
    Migration,
    MigrationKind,
    Operation,
    ReadsAs,
    Rendered,
    Tool,
    Verdict,
)
from blastradius.model.source import TreeEntry

__all__ = [
    "LIES",
    "Changed",
    "Gravity",
    "History",
    "Lint",
    "Migration",
    "MigrationKind",
    "Operation",
    "ReadsAs",
    "Rendered",
    "Tool",
    "Verdict",
    "added",
    "inverse",
    "read",
]

Read = Callable[[str], bytes | None]
"""Path → bytes of a file of the tree, None when it is absent or unreadable."""


def read(
    listing: Mapping[str, TreeEntry], read: Read, *, dialect: str = "postgres"
) -> tuple[History, ...]:
    """Return the histories of a tree, by tool, folder and label.

    Args:
        listing: path → entry of every file of the tree, as `git.trees.list_tree` gives it.
        read: path → bytes.
        dialect: the database that is meant where a migration asks which one runs it, and whose SQL
            it is: ``postgres``, ``mysql`` or ``sqlite``.
    """
    from blastradius.migrations.reading import histories  # noqa: PLC0415 - only who asks pays for it

    return histories(listing, read, dialect)


def added(old: Sequence[History], new: Sequence[History]) -> tuple[Changed, ...]:
    """Return what a range did to the histories that it touched, in order of their keys.

    Args:
        old: the histories of the tree before the range.
        new: those of the tree after it.
    """
    from blastradius.migrations.ranges import changed  # noqa: PLC0415 - only who asks pays for it

    return changed(old, new)


def inverse(
    history: History,
    migrations: Sequence[str],
    listing: Mapping[str, TreeEntry],
    read: Read,
    *,
    dialect: str = "postgres",
    label: str = "",
) -> Rendered:
    """Return a new migration after the heads whose way up undoes others, and way down redoes them.

    Args:
        history: of the tree where the new migration goes, as `read` gave it.
        migrations: ids of the migrations that were applied and are to be undone, in any order.
        listing: that tree.
        read: path → bytes in that tree.
        dialect: as for `read`.
        label: words for the new migration's name; by default those of what it undoes.

    Raises:
        ValueError: there are no ``migrations``, or one of them is not in the history.
    """
    from blastradius.migrations.inverting import inverse as render  # noqa: PLC0415 - only who asks pays for it

    return render(history, migrations, listing, read, dialect, label)
