"""Bringing a branch back to a commit: forward or, where nobody else has it, back; else by a new commit.

A protected branch, and one whose commits a remote-tracking branch has, is never moved back: what
others have seen stays, and a commit on top has the tree that is wanted. Refs change by compare and
swap, so that a move of somebody else's in between is refused rather than lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from msgspec import Struct

from blastradius.errors import CheckpointError, DriftError
from blastradius.git import run
from blastradius.git.openat import Tick
from blastradius.git.paths import decode_path
from blastradius.git.repository import Repository
from blastradius.git.run import printable
from blastradius.model.source import display_path

PROTECTED = ("main", "master", "trunk", "develop", "release*")
"""Names of branches that are never moved back; ``*`` stands for anything."""

_HEADS = "refs/heads/"
_NOBODY = "blastradius <blastradius@localhost>"


class Move(Struct, frozen=True):
    """What happens to one ref.

    Attributes:
        ref: its full name.
        how: none: it is there already, or has the tree that is wanted. set: it is moved, or made.
            delete: it goes. commit: a new commit on top has the wanted tree.
        old: what it is now, None where it does not exist.
        wanted: the commit that is wanted, None for none.
        why: why a commit is made instead of a move; empty otherwise.
    """

    ref: str
    how: Literal["none", "set", "delete", "commit"]
    old: str | None
    wanted: str | None
    why: str = ""


def planned(repo: Repository, ref: str, wanted: str | None, protected: Iterable[str] = ()) -> Move:
    """Return how a ref gets to a commit; nothing is changed.

    Args:
        repo: the repository.
        ref: ``refs/heads/…``.
        wanted: the commit, None for a branch without commits.
        protected: patterns of branch names on top of `PROTECTED`.

    Raises:
        CheckpointError: another worktree has the branch checked out.
    """
    old = _commit(repo, ref)
    if old == wanted:
        return Move(ref, "none", old, wanted)
    if old is None:
        return Move(ref, "set", old, wanted)
    _refuse_elsewhere(repo, ref)
    if wanted is not None and _is_ancestor(repo, old, wanted):
        return Move(ref, "set", old, wanted)  # forward: nothing that was there goes
    why = _kept_why(repo, ref, old, wanted, (*PROTECTED, *protected))
    if why:
        same = _tree(repo, old) == _tree(repo, wanted)
        return Move(ref, "none" if same else "commit", old, wanted, why)
    return Move(ref, "delete" if wanted is None else "set", old, wanted)


def carried_out(repo: Repository, move: Move, message: str, tick: Tick) -> str | None:
    """Carry out a move and return the commit that the ref is at then.

    Raises:
        DriftError: somebody else moved the ref meanwhile.
        RepositoryError: git fails.
    """
    if move.how == "none":
        return move.old
    new = move.wanted
    if move.how == "commit":
        new = _commit_on(repo, str(move.old), _tree(repo, move.wanted), message, tick)
    zero = "0" * len(repo.empty_tree)
    ends = ["-d", move.ref, str(move.old)] if new is None else [move.ref, new, move.old or zero]
    tick(f"update-ref {move.ref}")
    finished = repo.invoke("update-ref", "-m", f"blastradius: {message}", *ends)
    if finished.code != 0:
        said = finished.err.strip().splitlines()
        raise DriftError(
            f"{display_path(move.ref)} cannot be moved: {said[-1] if said else 'git did not say why'}",
            "somebody else moved it meanwhile, or git is at work: run it again",
        )
    return new


def check_out(repo: Repository, branch: str, head: str | None, message: str, tick: Tick) -> None:
    """Let HEAD name a branch, or be detached at a commit; index and work tree are not touched.

    Raises:
        RepositoryError: git fails.
    """
    current = repo.invoke("symbolic-ref", "--quiet", "HEAD")
    named = decode_path(current.out).removesuffix("\n") if current.code == 0 else ""
    if branch and named != branch:
        tick(f"symbolic-ref HEAD {branch}")
        repo.git("symbolic-ref", "-m", f"blastradius: {message}", "HEAD", branch)
    elif not branch and head is not None and (named or repo.head() != head):
        tick("update-ref HEAD")
        repo.git("update-ref", "--no-deref", "-m", f"blastradius: {message}", "HEAD", head)


def _kept_why(
    repo: Repository, ref: str, old: str, wanted: str | None, patterns: Iterable[str]
) -> str:
    name = ref.removeprefix(_HEADS)
    if any(fnmatchcase(name, pattern) for pattern in patterns):
        return f"{display_path(name)} is protected"
    lost = [old, *([f"^{wanted}"] if wanted is not None else [])]
    every = _count(repo, *lost)
    where = "--branches" if repo.work_tree is None else "--remotes"
    if repo.work_tree is None or _count(repo, *lost, "--not", where) != every:
        return f"others can have commits of {display_path(name)}"
    return ""


def _count(repo: Repository, *words: str) -> int:
    return int(repo.git("rev-list", "--count", *words, "--"))


def _commit(repo: Repository, ref: str) -> str | None:
    finished = repo.invoke("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return finished.out.decode().strip() if finished.code == 0 else None


def _tree(repo: Repository, commit: str | None) -> str:
    if commit is None:
        return repo.empty_tree
    return repo.git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()


def _is_ancestor(repo: Repository, commit: str, of: str) -> bool:
    return repo.invoke("merge-base", "--is-ancestor", commit, of).code == 0


def _refuse_elsewhere(repo: Repository, ref: str) -> None:
    is_main = repo.git_dir == repo.common_dir
    raw = repo.git("worktree", "list", "--porcelain", "-z")
    for number, one in enumerate(raw.split(b"\0\0")):
        fields = dict(line.partition(b" ")[::2] for line in one.split(b"\0") if line)
        place = decode_path(fields.get(b"worktree", b""))
        # The first is the main one; of a submodule git tells another folder than the work tree.
        own = number == 0 if is_main else place == str(repo.work_tree)
        if decode_path(fields.get(b"branch", b"")) == ref and not own:
            raise CheckpointError(
                f"{display_path(ref)} is checked out in another worktree, {display_path(place)}",
                "restore it there, or check out something else there",
            )


def _commit_on(repo: Repository, parent: str, tree: str, message: str, tick: Tick) -> str:
    author, committer = (_who(repo, kind) for kind in ("AUTHOR", "COMMITTER"))
    env: dict[str, str] = {}
    for kind, who in (("AUTHOR", author), ("COMMITTER", committer)):
        name, _, mail = who.partition(" <")
        env |= {f"GIT_{kind}_NAME": name, f"GIT_{kind}_EMAIL": mail.removesuffix(">")}
    tick("commit-tree")
    words = (
        "-c",
        "core.fsync=all",
        "-c",
        "core.fsyncMethod=fsync",
        "commit-tree",
        tree,
        "-p",
        parent,
    )
    text = f"{message}\n".encode("utf-8", "surrogateescape")
    return repo.git(*words, "-F", "-", stdin=text, env=env).decode().strip()


def _who(repo: Repository, kind: str) -> str:
    """Return the user's name and address as git has them, else a name that says what wrote it."""
    place = ("-c", "user.useConfigOnly=true", *repo.place)
    finished = run.invoke(place, ("var", f"GIT_{kind}_IDENT"), users_config=True)
    said = printable(finished.out).rpartition(">")[0]
    return f"{said}>" if finished.code == 0 and said else _NOBODY
