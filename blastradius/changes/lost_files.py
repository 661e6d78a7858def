"""Restored text that names a file which came and went within the range.

Neither head nor base has an edge for it: at head the text is gone, before the range the file was not
there. So the bridge of paths is asked about the changed files, as if the files that went were there.
"""

from __future__ import annotations

from collections.abc import Collection

from blastradius.bridges import paths as named_paths
from blastradius.bridges.base import View
from blastradius.changes.breaks import Dangling, LineMap
from blastradius.index.snapshot import Snapshot
from blastradius.languages.base import LinkOptions


def lost_files(
    reverted: Snapshot,
    changed: Collection[str],
    from_head: LineMap,
    removed: Collection[str],
    options: LinkOptions,
) -> list[Dangling]:
    """Return the restored uses of files that the reverted tree does not have.

    Args:
        reverted: the tree as it would be.
        changed: the paths that differ between head and the reverted tree.
        from_head: path → (line at head → line in the reverted file) for lines that survive.
        removed: the paths that commits of the range deleted or moved away.
        options: what linking was told of the reverted tree.
    """
    missing = frozenset(removed) - reverted.tree.keys()
    files = {path: reverted.files[path] for path in changed if path in reverted.files}
    if not missing or not files:
        return []
    view = View(files, frozenset(reverted.tree) | missing, {}, (), options)
    found = []
    for edge in named_paths.link(view).edges:
        if edge.target.removeprefix("file:") not in missing:
            continue
        if edge.line in from_head(edge.path).values():
            continue  # it stood there at head, and dangled
        found.append(
            Dangling(
                "restored-use",
                edge.path,
                edge.line,
                edge.source,
                edge.target,
                edge.needs,
                edge.kind,
                edge.confidence,
                edge.tier,
            )
        )
    return found
