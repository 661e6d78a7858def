"""DDL in SQL files that no migration tool claims: what someone runs by hand or a script runs."""

from __future__ import annotations

from blastradius.domains.base import ChangeView, Kind, Undo, sites
from blastradius.domains.database.ddl import of_sql
from blastradius.domains.database.operations import (
    REVERSIBILITY,
    VERIFY,
    gravest,
    lines_of,
    told,
)
from blastradius.domains.pipelines import is_rebuilt
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

KIND = Kind("database", "sql")


def effects(view: ChangeView, change: FileChange) -> list[Effect] | None:
    """Return the effects of one SQL file, None when it has no DDL among the lines that changed."""
    if not change.path.endswith((".sql", ".ddl")):
        return None
    text = view.after(change)
    if text is None or is_rebuilt(view, change.path, text):
        return None
    added = frozenset(view.added_lines(change.path))
    operations = [one for one in of_sql(text) if one.line in added]
    if not operations:
        return None
    return [
        KIND.effect(
            change.path,
            f"if it was run: {told(operations)}",
            REVERSIBILITY[gravest(operations)],
            sites(view, change, lines_of(operations)),
            Undo(
                "find out where the file was run; write the opposite statements and rehearse them on "
                "a copy, taking dropped or rewritten rows from a backup",
                VERIFY,
            ),
            "possible",
        )
    ]
