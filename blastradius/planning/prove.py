"""What a revert set is shown to be, beyond being consistent."""

from __future__ import annotations

from collections.abc import Mapping

from blastradius.model.source import TreeEntry


def strayed(
    gone: frozenset[str],
    kept: frozenset[str],
    trees: tuple[Mapping[str, TreeEntry], Mapping[str, TreeEntry], Mapping[str, TreeEntry]],
) -> tuple[str, ...]:
    """Return the paths that the reverted tree has otherwise than undoing these commits allows.

    A path that no undone commit touched must be as at head; one that only undone commits touched
    must be as it was before the range.

    Args:
        gone: the paths that the commits which go touched, by every name that they had since.
        kept: the paths that those touched which stay.
        trees: path → entry before the range, at head, and in the reverted tree.
    """
    base, head, reverted = trees
    found = [
        path
        for path in {**base, **head, **reverted}
        if (path not in gone and head.get(path) != reverted.get(path))
        or (path in gone and path not in kept and base.get(path) != reverted.get(path))
    ]
    return tuple(sorted(found))
