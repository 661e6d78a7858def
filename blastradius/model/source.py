"""What git says: commits, ranges, tree entries and changed paths.

Paths are ``str`` decoded with ``surrogateescape``, so that names which are not UTF-8 survive a round
trip; `display_path` makes them printable.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FileStatus = Literal["added", "modified", "deleted", "renamed", "copied", "type"]

STAGED = "staged"
WORKTREE = "worktree"


class Commit(Struct, frozen=True):
    """One commit. ``id`` is the full hash, or ``staged`` / ``worktree`` for what is not committed.

    ``time`` is the committer time as ISO 8601 with offset.
    """

    id: str
    parents: tuple[str, ...]
    author: str
    time: str
    subject: str


class TreeEntry(Struct, frozen=True, array_like=True, gc=False):
    """One path of a tree: octal mode as git writes it (``100644``), object id."""

    mode: str
    oid: str


class FileChange(Struct, frozen=True):
    """One path that differs between two trees.

    ``old`` is None for an added path and ``new`` for a deleted one; ``old_path`` differs from
    ``path`` only for renames and copies.
    """

    path: str
    status: FileStatus
    old_path: str
    old: TreeEntry | None
    new: TreeEntry | None


class CommitRange(Struct, frozen=True):
    """The commits in question.

    ``base`` is the tree-ish before the range (empty tree's id for a root), ``head`` the tree-ish at
    its end, both full object ids; ``commits`` in topological order, oldest first. ``label`` is what
    the user wrote.
    """

    base: str
    head: str
    commits: tuple[Commit, ...]
    label: str


def display_path(path: str) -> str:
    r"""Return ``path`` as printable UTF-8: undecodable bytes become ``\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
