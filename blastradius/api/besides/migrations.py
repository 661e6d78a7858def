"""Migrations whose file goes: a database that applied one keeps what it did."""

from __future__ import annotations

from blastradius.api.besides.scene import Scene
from blastradius.domains import database
from blastradius.domains.base import ChangeView
from blastradius.model.analysis import Effect, FixForward
from blastradius.model.source import FileChange

_BY_HAND = "sql"  # DDL in a file that no migration tool knows
_MIGRATES = "migrates:"


def find(scene: Scene) -> list[FixForward]:
    """Return the migrations that head has and the reverted tree has not, by path."""
    head = scene.head.tree
    added = tuple(
        FileChange(path, "added", path, None, head[path])
        for path in scene.gone_paths
        if head[path].mode.startswith("100")
    )
    view = ChangeView(
        changes=added,
        old=lambda _: None,
        new=lambda path: scene.text(scene.head, path),
        paths=frozenset(head),
    )
    found = [
        one
        for one in database.detect(view)
        if one.tool != _BY_HAND and one.action.startswith(_MIGRATES)
    ]
    return sorted((_mend(one) for one in found), key=lambda one: (one.path, one.line))


def _mend(effect: Effect) -> FixForward:
    place = effect.evidence[0]
    argv = effect.inverse.argv
    before = f", or before the file goes: {effect.inverse.summary}" if argv is not None else ""
    why = (
        "if any database has applied it, write a new migration that undoes it instead of deleting "
        f"the file{before}"
    )
    return FixForward(
        place.path, place.line, effect.target, why, "migration", (argv,) if argv is not None else ()
    )
