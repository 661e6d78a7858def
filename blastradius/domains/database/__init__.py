"""Schemas and rows of databases: migrations of every common tool, and DDL in plain SQL.

Files are read as text (Python migrations through ``ast``); no migration is ever imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blastradius.domains.base import ChangeView, deployed
from blastradius.domains.database import alembic, classes, django, files, plain
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "database"

# The first that claims a file describes it.
_READERS: tuple[Callable[[ChangeView, FileChange], list[Effect] | None], ...] = (
    alembic.effects,
    django.effects,
    files.effects,
    classes.effects,
    plain.effects,
)


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each migration or DDL file that the range touched."""
    for change in deployed(view):
        yield from _of_file(view, change)


def _of_file(view: ChangeView, change: FileChange) -> list[Effect]:
    for reader in _READERS:
        found = reader(view, change)
        if found is not None:
            return found
    return []
