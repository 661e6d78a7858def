"""A changed tree from two dictionaries: path → text before and after."""

from __future__ import annotations

from collections.abc import Mapping

from blastradius.domains.base import ChangeView
from blastradius.domains.inventory import inventory
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange, FileStatus, TreeEntry

Tree = Mapping[str, str | bytes]


def view_of(old: Tree, new: Tree, renames: Mapping[str, str] | None = None) -> ChangeView:
    """Return the view of old → new; ``renames`` maps new paths to old ones."""
    renames = renames or {}
    entry = TreeEntry("100644", "0" * 40)
    changes = []
    for path in sorted({*old, *new} - set(renames.values())):
        before = renames.get(path, path)
        status: FileStatus = "modified" if before == path else "renamed"
        if before not in old:
            status = "added"
        elif path not in new:
            status = "deleted"
        elif status == "modified" and old[before] == new[path]:
            continue
        changes.append(
            FileChange(
                path,
                status,
                before,
                entry if before in old else None,
                entry if path in new else None,
            )
        )

    def content(tree: Tree, path: str) -> bytes | None:
        text = tree.get(path)
        return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text

    return ChangeView(
        changes=tuple(changes),
        old=lambda path: content(old, renames.get(path, path)),
        new=lambda path: content(new, path),
        paths=frozenset(new),
    )


def found(
    old: Tree, new: Tree, domain: str = "", renames: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Effect]:
    """Return the effects of old → new by (tool, target), optionally of one domain only."""
    effects = inventory(view_of(old, new, renames))
    return {(one.tool, one.target): one for one in effects if not domain or one.domain == domain}
