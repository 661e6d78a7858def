"""What one look at a repository needs: the trees, what is undone between them, what lies there."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct

from blastradius.adapters.artifacts.stale import changed_paths
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.adapters.base import Request
from blastradius.errors import CheckpointError
from blastradius.git import run
from blastradius.git.paths import encode_path
from blastradius.model.source import STAGED, WORKTREE
from blastradius.world import World
from blastradius.world.folders import place_in

_PLACEHOLDERS = frozenset((".gitkeep", ".keep", ".gitignore"))


class Sight(Struct, frozen=True):
    """A repository with a work tree, and what is undone in it.

    Attributes:
        request: what shall be undone.
        world: the doors.
        live: the work tree.
        tree_id: the reverted tree's id.
        tree: the reverted tree.
        newer: the tree with what is undone.
        older: the tree without it.
        changed: the paths in which these two differ.
        was_reset: HEAD does not hold what is undone any more, so that only what lies around does.
    """

    request: Request
    world: World
    live: Path
    tree_id: str
    tree: TreeFiles
    newer: TreeFiles
    older: TreeFiles
    changed: tuple[str, ...]
    was_reset: bool

    def is_there(self, path: str) -> bool:
        """Tell whether something is at a path of the work tree that can be reached without a link."""
        try:
            return os.path.lexists(place_in(self.live, path))
        except (CheckpointError, OSError):
            return False

    def tracked(self, path: str) -> tuple[str, ...]:
        """Return the files that git holds at or below a path, in either of the trees."""
        return tuple(
            one
            for one in sorted(self.newer.entries.keys() | self.tree.entries.keys())
            if one == path or one.startswith(path + "/")
        )

    def is_gits(self, path: str) -> bool:
        """Tell whether git holds what lies at a path, beyond what only keeps a folder there."""
        found = self.tracked(path)
        return any(
            posixpath.basename(one) not in _PLACEHOLDERS
            or self.newer.entries.get(one) != self.tree.entries.get(one)
            for one in found
        )

    def is_ignored(self, path: str) -> bool:
        """Tell whether git's rules of this repository ignore a path."""
        git_dir = self.world.repo.git_dir
        place = ("-C", str(self.live), f"--git-dir={git_dir}", f"--work-tree={self.live}")
        # check-ignore knows no literal paths.
        asked = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
        found = run.invoke(place, (*asked, "--", path)).out.split(b"\0")
        return encode_path(path) in {one.rstrip(b"/") for one in found}


@contextmanager
def looked(request: Request, world: World) -> Iterator[Sight | None]:
    """Yield what there is to see, None where nothing is undone or there is no work tree.

    Raises:
        RepositoryError: a tree cannot be read.
    """
    if world.repo.work_tree is None or not request.at:
        yield None
        return
    tree_id = _tree_id(request.tree, world)
    pair = _pair(request, tree_id, world)
    if pair is None:
        yield None
        return
    newer, older = pair
    with (
        closing(TreeFiles(world.repo, tree_id)) as tree,
        closing(TreeFiles(world.repo, newer)) as undone,
        _opened(older, tree_id, tree, world) as back,
    ):
        yield Sight(
            request=request,
            world=world,
            live=world.repo.work_tree,
            tree_id=tree_id,
            tree=tree,
            newer=undone,
            older=back,
            changed=tuple(changed_paths(undone, back)),
            was_reset=newer != request.at,
        )


@contextmanager
def _opened(treeish: str, known_id: str, known: TreeFiles, world: World) -> Iterator[TreeFiles]:
    """Yield the files of a tree, which may be the one that is known."""
    if treeish == known_id:
        yield known
        return
    with closing(TreeFiles(world.repo, treeish)) as found:
        yield found


def _pair(request: Request, tree: str, world: World) -> tuple[str, str] | None:
    """Return what is undone: HEAD's tree against the reverted one, or a range that HEAD lacks."""
    if _tree_id(request.at, world) != tree:
        return request.at, tree
    base, head = request.analysis.range.base, request.analysis.range.head
    if head in {STAGED, WORKTREE}:
        return None
    if world.repo.invoke("merge-base", "--is-ancestor", head, request.at).code == 0:
        return None
    return head, base


def _tree_id(treeish: str, world: World) -> str:
    asked = ("rev-parse", "--verify", "--end-of-options", f"{treeish}^{{tree}}")
    return world.repo.git(*asked).decode("ascii").split()[-1]
