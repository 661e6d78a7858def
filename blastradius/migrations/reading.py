"""The histories of a tree: every tool's, in one order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blastradius.migrations import alembic, django, sqltools
from blastradius.migrations.model import History
from blastradius.migrations.sources import Sources
from blastradius.model.source import TreeEntry


def histories(
    listing: Mapping[str, TreeEntry], read: Callable[[str], bytes | None], dialect: str
) -> tuple[History, ...]:
    """Return the histories of all tools, by tool, folder and label."""
    sources = Sources(listing, read)
    found = alembic.histories(sources, dialect)
    found += django.histories(sources, dialect)
    found += sqltools.histories(sources, dialect)
    return tuple(sorted(found, key=lambda one: one.key))
