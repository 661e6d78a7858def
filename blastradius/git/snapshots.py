"""Snapshots: HEAD, index and work tree as one private commit, taken without touching any of them.

The commit's tree holds ``work`` (every file that git tracks or does not ignore, byte for byte: no
filter, no line ends), ``index`` (the index file as it is), ``staged`` (its entries as trees, a tree
for each stage, so that no garbage collection takes them), ``modes`` (permission bits that git does not
record), ``state`` (what git notes of an unfinished merge), ``apart`` (paths that were left out) and
``meta``. Its parents are the commits that it names. The same state gives the same commit.

What is ignored is not in it, nor what is inside of other repositories: of a submodule, the commit that
is checked out.
"""

from __future__ import annotations

import json
import os

from msgspec import Struct

from blastradius.errors import CheckpointError, RepositoryError
from blastradius.git.openat import Tick
from blastradius.git.paths import decode_path
from blastradius.git.repository import Repository
from blastradius.git.trees import list_tree
from blastradius.model.source import TreeEntry

REFS = "refs/blastradius/checkpoints/"
"""Below it stands a ref for each checkpoint's commit: what keeps it from being collected."""
RUNS = "refs/blastradius/runs/"
"""The same for what runs keep of uncommitted work."""
STATES = (
    "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE", "CHERRY_PICK_HEAD", "REVERT_HEAD",
    "SQUASH_MSG",
)  # fmt: skip
"""Files in which git notes an operation that one commit ends; they come back with the index."""

VERSION = 1
FILE, EXECUTABLE = "100644", "100755"
PLAIN = {FILE: 0o644, EXECUTABLE: 0o755}
"""The permission bits of what has no others noted."""


class Snapshot(Struct, frozen=True):
    """What a snapshot's commit says.

    Attributes:
        commit: its id.
        head: the commit that HEAD was at, None before the first one.
        branch: the full name of the branch that was checked out, empty when HEAD was detached.
        worktree: which linked worktree, empty for the main one.
        waiting: the operation that was not finished, empty for none.
        bare: there was no work tree; then all below is empty.
        tips: other branches that are part of it: full name → commit, None where there was none.
        index: the index file's blob, empty where there was none.
        states: name → blob of git's notes (see `STATES`).
        work: path → entry of every file, sorted.
        modes: path → permission bits of files and folders that are not 0644 or 0755.
        apart: paths that were left out: neither kept nor brought back.
    """

    commit: str
    head: str | None
    branch: str
    worktree: str
    waiting: str
    bare: bool
    tips: dict[str, str | None] = {}
    index: str = ""
    states: dict[str, str] = {}
    work: dict[str, TreeEntry] = {}
    modes: dict[str, int] = {}
    apart: tuple[str, ...] = ()

    def mode_of(self, path: str) -> int:
        """Return the permission bits of a file."""
        return self.modes.get(path, PLAIN.get(self.work[path].mode, 0o644))


def load(repo: Repository, commit: str) -> Snapshot:
    """Read a snapshot back from its commit.

    Raises:
        CheckpointError: it is missing, damaged, or was not made by `capture`.
    """
    try:
        rows = _rows(repo, commit)
        meta = json.loads(repo.git("cat-file", "blob", rows["meta"]))
        modes, apart = (
            repo.git("cat-file", "blob", rows[name]).split(b"\0")[:-1]
            for name in ("modes", "apart")
        )
        if meta["v"] != VERSION:
            raise CheckpointError(
                "the checkpoint is of another version of blastradius",
                "restore it with that version",
            )
        if meta["head"] is not None:
            repo.git("rev-parse", "--verify", "--quiet", f"{meta['head']}^{{tree}}")
        return Snapshot(
            commit, meta["head"], meta["branch"], meta["worktree"], meta["waiting"], meta["bare"],
            meta["tips"], rows.get("index", ""),
            {path: one.oid for path, one in list_tree(repo, rows["state"]).items()},
            list_tree(repo, rows["work"]),
            {decode_path(one[7:]): int(one[:6], 8) for one in modes},
            tuple(decode_path(one) for one in apart),
        )  # fmt: skip
    except (RepositoryError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"the checkpoint's commit {commit[:12]} is missing or damaged",
            "`git fsck` shows what is damaged; nothing was touched",
        ) from error


def keep(repo: Repository, ref: str, commit: str, tick: Tick) -> None:
    """Let a private ref name a snapshot's commit; it must not exist, or name it already.

    Raises:
        CheckpointError: the ref cannot be written.
    """
    tick(f"update-ref {ref}")
    finished = repo.invoke("update-ref", ref, commit, "0" * len(commit))
    known = repo.invoke("rev-parse", "--verify", "--quiet", ref).out.decode().strip()
    if finished.code != 0 and known != commit:
        raise CheckpointError(f"cannot write {ref}: {finished.err.strip()}", "free some space")


def refs(repo: Repository, below: str = REFS) -> dict[str, str]:
    """Return full name → commit of all private refs of checkpoints, or of runs."""
    raw = repo.git("for-each-ref", "--format=%(refname)%00%(objectname)", below)
    return dict(line.decode().split("\0", 1) for line in raw.splitlines())


def drop(repo: Repository, ref: str, commit: str, tick: Tick) -> None:
    """Remove a private ref, if it still names that commit."""
    tick(f"update-ref -d {ref}")
    repo.git("update-ref", "-d", ref, commit)


def head_branch(repo: Repository) -> str:
    """Return the full name of the branch that is checked out, empty when HEAD is detached."""
    finished = repo.invoke("symbolic-ref", "--quiet", "HEAD")
    return decode_path(finished.out).removesuffix("\n") if finished.code == 0 else ""


def worktree_name(repo: Repository) -> str:
    """Return which linked worktree a repository is, empty for the main one."""
    if repo.git_dir == repo.common_dir:
        return ""
    return os.fsdecode(os.fsencode(repo.git_dir.name))


def _rows(repo: Repository, commit: str) -> dict[str, str]:
    raw = repo.git("ls-tree", "-z", "--full-tree", "--end-of-options", f"{commit}^{{tree}}")
    rows: dict[str, str] = {}
    for line in raw.split(b"\0")[:-1]:
        head, _, name = line.partition(b"\t")
        rows[name.decode()] = head.decode("ascii").split(" ")[2]
    return rows
