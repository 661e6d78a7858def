"""What merges chose: paths that both sides changed, of which a merge took one side's version whole.

Git's combined diff leaves such a path out, since the merge has it as one of its parents does. But what
the other side had changed there is gone, and undoing that later conflicts with nothing that the range
shows, unless the merge counts as having changed the path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from blastradius.git.paths import decode_path
from blastradius.git.scratch import Scratch
from blastradius.model.source import Commit, FileChange, FileStatus, TreeEntry

_TWO = 2
Changes = Mapping[str, Sequence[FileChange]]


def with_choices(commits: Sequence[Commit], changes: Changes, scratch: Scratch) -> Changes:
    """Return the changes, each merge with the paths of which it dropped a side, too.

    Args:
        commits: the range, oldest first.
        changes: commit → the paths that it changed; a merge has only what no parent has.
        scratch: where trees are read and merges are tried.

    Raises:
        RepositoryError: an object is missing or corrupt.
    """
    found = dict(changes)
    for merge, paths in _touched_twice(commits, changes):
        chosen = list(_chosen(merge, paths, scratch))
        if chosen:
            found[merge.id] = (*changes.get(merge.id, ()), *chosen)
    return found


def _touched_twice(
    commits: Sequence[Commit], changes: Changes
) -> Iterator[tuple[Commit, list[str]]]:
    """Yield each merge with the paths that two or more of its sides touched, each by itself."""
    reached: dict[str, int] = {}  # a bit for each commit
    for place, one in enumerate(commits):
        behind = [reached.get(parent, 0) for parent in one.parents]
        everything, common = 0, behind[0] if behind else 0
        for bits in behind:
            everything |= bits
            common &= bits
        reached[one.id] = everything | 1 << place
        if len(behind) < _TWO:
            continue
        seen: set[str] = set()
        twice: set[str] = set()
        for bits in behind:
            own = _touched(bits & ~common, commits, changes)
            twice |= seen & own
            seen |= own
        twice -= {change.path for change in changes.get(one.id, ())}
        if twice:
            yield one, sorted(twice)


def _touched(bits: int, commits: Sequence[Commit], changes: Changes) -> set[str]:
    found = set()
    while bits:
        place = (bits & -bits).bit_length() - 1
        bits &= bits - 1
        for change in changes.get(commits[place].id, ()):
            found |= {change.path, change.old_path}
    return found


def _chosen(merge: Commit, paths: Sequence[str], scratch: Scratch) -> Iterator[FileChange]:
    """Yield the paths that a merge has as one parent does, and git would have merged otherwise."""
    trees = scratch.trees
    here = trees.tree_of(scratch.object_of(merge.id))
    sides = [trees.tree_of(parent) for parent in merge.parents]
    merged: tuple[str, frozenset[str]] | None = None
    for path in paths:
        now = trees.lookup(here, path)
        before = [trees.lookup(side, path) for side in sides]
        other = next((one for one in before if one != now), None)
        if now not in before or all(one == now for one in before):
            continue
        merged = merged or _merged_by_git(merge, scratch)
        tree, conflicts = merged
        if not tree or path in conflicts or trees.lookup(tree, path) != now:
            yield _change(path, other, now)


def _merged_by_git(merge: Commit, scratch: Scratch) -> tuple[str, frozenset[str]]:
    """Return the tree that git's own merge of the parents gives, and where it conflicts.

    The tree is empty where git was not asked (of an octopus it merges one after another), or could
    not do it.
    """
    if len(merge.parents) > _TWO:
        return "", frozenset()
    finished = scratch.view.invoke("merge-tree", "--write-tree", "-z", *merge.parents)
    if finished.code not in (0, 1) or not finished.out:
        return "", frozenset()
    tree, *fields = finished.out.split(b"\0")
    staged = takewhile(bool, fields) if finished.code else ()
    conflicts = frozenset(decode_path(one.partition(b"\t")[2]) for one in staged)
    return tree.decode("ascii"), conflicts


def _change(path: str, old: TreeEntry | None, new: TreeEntry | None) -> FileChange:
    status: FileStatus = "deleted" if new is None else "added" if old is None else "modified"
    return FileChange(path, status, path, old, new)
