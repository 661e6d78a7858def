"""The range's traces outside git: what the detectors see of it."""

from __future__ import annotations

from collections.abc import Mapping

from blastradius.api.history import History
from blastradius.api.workspace import Workspace
from blastradius.domains.base import ChangeView
from blastradius.domains.inventory import Survey, survey
from blastradius.model.source import FileChange, TreeEntry


def effects_of(changes: tuple[FileChange, ...], history: History, workspace: Workspace) -> Survey:
    """Return the effects of what differs between base and head, and which detectors failed."""
    return effects_in(changes, history.head.tree, workspace)


def effects_in(
    changes: tuple[FileChange, ...], tree: Mapping[str, TreeEntry], workspace: Workspace
) -> Survey:
    """Return the effects of changes; ``tree`` is what they led to: path → entry."""
    old = {change.path: change.old for change in changes}
    new = {change.path: change.new for change in changes}

    def read(entry: TreeEntry | None) -> bytes | None:
        return workspace.read(entry.oid) if entry is not None else None

    view = ChangeView(
        changes=changes,
        old=lambda path: read(old.get(path)),
        new=lambda path: read(new.get(path) or tree.get(path)),
        paths=frozenset(tree),
    )
    return survey(view)
