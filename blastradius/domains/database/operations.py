"""What a migration does, and how far its inverse brings the database back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from blastradius.domains.base import ChangeView, Kind, Undo, literal, sites
from blastradius.model.analysis import Certainty, Effect, Reversibility
from blastradius.model.source import FileChange

Gravity = Literal["index", "add", "alter", "drop", "rows", "raw"]

# What remains to be done after the inverse ran, by the gravest operation.
REVERSIBILITY: dict[Gravity, Reversibility] = {
    "index": "reversible",
    "add": "compensatable",  # the inverse drops what was written since
    "alter": "compensatable",
    "raw": "compensatable",
    "drop": "irreversible",  # no inverse brings dropped rows back
    "rows": "irreversible",
}
_ORDER: tuple[Gravity, ...] = ("index", "add", "alter", "raw", "rows", "drop")
VERIFY = (
    "the catalog's fingerprint (tables, columns, indexes, constraints) equals the one from before, "
    "the tool's version table names the expected version, and the rows of touched tables count right"
)


class Operation(Struct, frozen=True):
    """One step of a migration: ``verb`` as the tool calls it, what it touches, its line."""

    verb: str
    target: str
    line: int
    gravity: Gravity


def gravest(operations: Iterable[Operation]) -> Gravity:
    """Return the gravity of the operation that is hardest to undo."""
    return max((one.gravity for one in operations), key=_ORDER.index, default="raw")


def told(operations: Iterable[Operation], limit: int = 6) -> str:
    """Return the operations in words: ``add column users.plan, drop table a``."""
    counted = Counter(
        f"{one.verb.replace('_', ' ')} {literal(one.target)}".strip() for one in operations
    )
    parts = [f"{text} ({count} times)" if count > 1 else text for text, count in counted.items()]
    more = f", and {len(parts) - limit} more" if len(parts) > limit else ""
    return ", ".join(parts[:limit]) + more


def edited(view: ChangeView, change: FileChange, kind: Kind, target: str) -> Effect | None:
    """Return the effect of a migration that is not new: edited, moved, or taken away.

    None for a new one, which its own tool's reader describes.
    """
    if change.status in {"added", "copied"}:
        return None
    evidence = sites(view, change)
    if change.status == "deleted":
        return kind.effect(
            target,
            "migration taken away: databases that ran it keep what it did",
            "compensatable",
            evidence,
            Undo(
                "bring the file back before any tool runs; its version stands in the version table",
                VERIFY,
            ),
            "likely",
        )
    if change.status == "renamed" and not view.added_lines(change.path):
        action = "migration renamed: databases that ran it know the old name"
    else:
        action = "migration edited: databases that ran it before are not changed by the edit"
    summary = "restore the file as it was; what the edit adds needs a migration of its own"
    certainty: Certainty = "likely"
    return kind.effect(target, action, "compensatable", evidence, Undo(summary, VERIFY), certainty)


def lines_of(operations: Iterable[Operation]) -> Iterator[int]:
    """Yield the lines of the operations."""
    return (one.line for one in operations)
