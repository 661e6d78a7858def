"""Which of a tree's migrations each database has applied."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from msgspec import Struct

from blastradius.adapters.database import versions
from blastradius.adapters.database.booking import journal_in
from blastradius.adapters.database.catalog import fingerprint
from blastradius.adapters.database.places import Kind, Place, kind_of, session
from blastradius.adapters.database.versions import Ledger
from blastradius.errors import StoppedError
from blastradius.migrations import History
from blastradius.model.plan import Fingerprint
from blastradius.world import World

Read = Callable[[str], bytes | None]


class Known(Struct, frozen=True):
    """A database as it is.

    Attributes:
        place: where it is.
        kind: of which kind.
        digest: of its URL.
        state: its fingerprint.
        ledgers: its version tables, and what each says is applied.
    """

    place: Place
    kind: Kind
    digest: str
    state: Fingerprint
    ledgers: tuple[tuple[Ledger, frozenset[str]], ...]

    def ledger(self, tool: str, table: str = "") -> Ledger | None:
        """Return the version table of a tool; None when it has none here."""
        return next(
            (one for one, _ in self.ledgers if one.tool == tool and table in ("", one.table)), None
        )

    def said(self, tool: str, table: str = "") -> frozenset[str]:
        """Return what the tool's version table says."""
        return frozenset(
            one
            for ledger, found in self.ledgers
            if ledger.tool == tool and table in ("", ledger.table)
            for one in found
        )


def look(place: Place, world: World) -> Known:
    """Read a database's state and its version tables, in one transaction that cannot write.

    Raises:
        StoppedError: it cannot be reached or read.
    """
    url = place.url(world)
    with session(url, place.name, timeout=60, write=False) as live, live.reading():
        found = tuple(
            (one, frozenset(versions.applied(live, one.tool, one.table) or ()))
            for one in versions.ledgers(live)
        )
        return Known(place, kind_of(url), place.digest(world), fingerprint(live), found)


def looked(places: Mapping[str, str], world: World) -> tuple[list[Known], list[StoppedError]]:
    """Read all databases; those that cannot be reached are errors, returned."""
    found: list[Known] = []
    errors: list[StoppedError] = []
    for name, where in sorted(places.items()):
        try:
            found.append(look(Place(name, where), world))
        except StoppedError as error:
            errors.append(error)
    return found, errors


def applied_of(known: Known, history: History, read: Read, table: str) -> frozenset[str]:
    """Return the ids of a history that a database has applied.

    Alembic and golang-migrate write down where they stand only: what leads there was applied.
    """
    said = known.said(history.tool, table)
    ids = [one.id for one in history.migrations]
    match history.tool:
        case "alembic":
            return frozenset(_ancestors(history, said))
        case "golang-migrate":
            at = {_number(one) for one in said}
            last = max((place for place, one in enumerate(ids) if _number(one) in at), default=-1)
            return frozenset(ids[: last + 1])
        case "django" | "sqitch":
            return frozenset(one for one in ids if f"{history.label}.{one}" in said)
        case "drizzle":
            when = journal_in(read(posixpath.join(history.folder, "meta/_journal.json")))
            return frozenset(one for one in ids if str(when.get(one)) in said)
        case "goose" | "sqlx":
            numbers = {_number(one) for one in said}
            return frozenset(one for one in ids if _number(one) in numbers)
        case _:
            return frozenset(one for one in ids if one in said)


def _number(text: str) -> str:
    return text.lstrip("0") or "0"


def _ancestors(history: History, heads: frozenset[str]) -> set[str]:
    parents = {one.id: one.parents for one in history.migrations}
    found: set[str] = set()
    pending = [one for one in heads if one in parents]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += [parent for parent in parents[one] if parent in parents]
    return found


def strangers(known: Known, histories: tuple[History, ...], tool: str, table: str) -> list[str]:
    """Return what a version table says that no migration of the trees is, sorted."""
    ids: set[str] = set()
    for one in histories:
        if one.tool == tool:
            prefix = f"{one.label}." if tool in {"django", "sqitch"} else ""
            ids |= {prefix + migration.id for migration in one.migrations}
    if tool == "django":
        labels = {one.label for one in histories if one.tool == tool}
        return sorted(
            one for one in known.said(tool, table) - ids if one.partition(".")[0] in labels
        )
    if tool == "drizzle":
        return []
    bare = {_number(one) for one in ids}
    return sorted(one for one in known.said(tool, table) if _number(one) not in bare)
