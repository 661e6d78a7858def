"""The inverse of applied migrations, by their tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from blastradius.migrations import invertalembic, invertdjango, invertsql
from blastradius.migrations.model import History, Rendered
from blastradius.migrations.sources import Sources
from blastradius.model.source import TreeEntry


def inverse(
    history: History,
    migrations: Sequence[str],
    listing: Mapping[str, TreeEntry],
    read: Callable[[str], bytes | None],
    dialect: str,
    label: str,
) -> Rendered:
    """Return the next migration of a history, which undoes others; see `blastradius.migrations`."""
    known = {one.id for one in history.migrations}
    absent = sorted(set(migrations) - known)
    if not migrations or absent:
        what = (
            f"not in {history.folder}: {', '.join(absent)}" if absent else "no migration is named"
        )
        raise ValueError(what)
    sources = Sources(listing, read)
    chosen = frozenset(migrations)
    if history.tool == "alembic":
        return invertalembic.inverse(history, chosen, sources, dialect, label)
    if history.tool == "django":
        return invertdjango.inverse(history, chosen, sources, label)
    return invertsql.inverse(history, chosen, sources, dialect, label)
