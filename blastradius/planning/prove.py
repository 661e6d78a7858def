"""What a revert set is shown to be, beyond being consistent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blastradius.model.source import FileChange, TreeEntry


def strayed(
    undone: Sequence[Sequence[FileChange]],
    stay: Sequence[Sequence[FileChange]],
    trees: tuple[Mapping[str, TreeEntry], Mapping[str, TreeEntry], Mapping[str, TreeEntry]],
) -> tuple[str, ...]:
    """Return the paths that the reverted tree has otherwise than undoing these commits allows.

    A path that no undone commit touched must be as at head; one that only undone commits touched
    must be as it was before the range.

    Args:
        undone: the changes of each commit that goes.
        stay: the changes of each that stays.
        trees: path → entry before the range, at head, and in the reverted tree.
    """
    base, head, reverted = trees
    gone, kept = _paths(undone), _paths(stay)
    found = [
        path
        for path in {**base, **head, **reverted}
        if (path not in gone and head.get(path) != reverted.get(path))
        or (path in gone and path not in kept and base.get(path) != reverted.get(path))
    ]
    return tuple(sorted(found))


def _paths(commits: Sequence[Sequence[FileChange]]) -> frozenset[str]:
    return frozenset(
        path
        for changes in commits
        for change in changes
        for path in (
            (change.path,) if change.status == "copied" else (change.path, change.old_path)
        )
    )
