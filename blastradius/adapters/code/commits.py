"""The commits of a code step: written before anything is touched, put on the branch by one swap."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from blastradius.adapters.code.state import head_of, tip_of
from blastradius.errors import DriftError, StoppedError, UsageError
from blastradius.git import run
from blastradius.git.openat import refuse_path
from blastradius.git.repository import Repository
from blastradius.git.standing import checked_out_at, unfinished
from blastradius.git.trees import list_tree
from blastradius.model.plan import Step
from blastradius.model.source import display_path
from blastradius.world import World

_IDENTITY = tuple(
    f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")
)


class NewCommit(Struct, frozen=True):
    """A commit to write: the tree it has, and its message without trailers of the run."""

    tree: str
    message: str


class CodeArgs(Struct, frozen=True):
    """What a code step does.

    Attributes:
        ref: full name of the branch, or HEAD when it is detached.
        tip: the commit it points to before, empty for a branch that is made.
        start: the commit that the first new one builds on.
        commits: what is added, in order.
        checkout: the branch is checked out in this work tree, which follows it.
    """

    ref: str
    tip: str
    start: str
    commits: tuple[NewCommit, ...]
    checkout: bool

    @property
    def tree(self) -> str:
        """The id of the tree at the end."""
        return self.commits[-1].tree


_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_REF = re.compile(r"HEAD\Z|refs/heads/[^-\s\0][^\s\0]*\Z")


def refuse_malformed(args: CodeArgs, repo: Repository) -> None:
    """Refuse what no plan of ours says: a plan may come from a file of somebody else's.

    Raises:
        UsageError: an id or a ref is none.
    """
    ids = [args.start, *(one.tree for one in args.commits), *([args.tip] if args.tip else [])]
    right = _REF.match(args.ref) and args.commits and all(map(_ID.match, ids))
    # Commits are added to a branch: another start would take away those in between.
    right = right and args.start == (args.tip or args.start)
    right = right and not any("\0" in one.message for one in args.commits)
    if args.ref != "HEAD":
        right = right and repo.invoke("check-ref-format", args.ref).code == 0
    if not right:
        raise UsageError(
            "the plan's code step is none that blastradius makes", "make the plan again"
        )


def refuse_unready(args: CodeArgs, world: World) -> None:
    """Refuse before anything is written where the commits could not be made or put in place.

    Raises:
        DriftError: what is checked out is not what the plan was made for.
        StoppedError: an operation waits, or the plan's trees are not in the repository.
        CheckpointError: a tree has a path that no work tree may have.
    """
    waiting = unfinished(world.repo)
    if args.checkout and waiting:
        raise StoppedError(f"a {waiting} is not finished here", "finish or abort it first")
    found = head_of(world.repo)
    held = args.ref if args.checkout else found
    if found != (args.tip if args.ref == "HEAD" else held):
        raise DriftError(
            f"HEAD is at {display_path(found)}, not where the plan's commits shall go",
            "check that out, or make the plan again",
        )
    elsewhere = "" if args.checkout else checked_out_at(world.repo, args.ref)
    if elsewhere:
        raise StoppedError(
            f"{args.ref.removeprefix('refs/heads/')} is checked out in another work tree, "
            f"{display_path(elsewhere)}, which would keep the old files",
            "run it there, or let --branch NAME take the commits",
        )
    kinds = [(args.start, "commit"), *((one.tree, "tree") for one in args.commits)]
    asked = "".join(f"{oid}\n" for oid, _ in kinds).encode()
    out = world.repo.git("cat-file", "--batch-check", stdin=asked).decode("ascii")
    if [tuple(line.split(" ")[:2]) for line in out.splitlines()] != kinds:
        raise StoppedError(
            "a tree or commit of the plan is not in this repository", "make the plan again here"
        )
    known = list_tree(world.repo, args.start)
    for tree in dict.fromkeys(one.tree for one in args.commits):
        for path in list_tree(world.repo, tree).keys() - known.keys():
            refuse_path(path)


def write_commits(args: CodeArgs, step: Step, world: World) -> str:
    """Write the commits, keep the last by a private ref, and return its id.

    Raises:
        StoppedError: git does not know who commits.
    """
    env = identity(world)
    parent = args.start
    for one in args.commits:
        message = f"{one.message}\nBlastradius-Run: {world.run}\n"
        world.tick("git commit-tree")
        out = world.repo.git(
            "-c", "core.fsync=committed", "-c", "core.fsyncMethod=fsync", "-c", "i18n.commitEncoding=utf-8",
            "commit-tree", one.tree, "-p", parent, "-F", "-",
            stdin=message.encode("utf-8", "surrogateescape"), env=env,
        )  # fmt: skip
        parent = out.decode("ascii").strip()
    world.tick("git update-ref private")
    world.repo.git("update-ref", f"refs/blastradius/runs/{world.run}/{step.id}", parent)
    return parent


def swap_ref(world: World, ref: str, old: str, new: str) -> None:
    """Let a branch point from ``old`` to ``new`` (empty: no such branch) if it still points to ``old``.

    Raises:
        DriftError: it points somewhere else; it was not touched.
    """
    if tip_of(world.repo, ref) == new:
        return
    zero = "0" * len(old or new)
    world.tick(f"git update-ref {ref}")
    words = ("-d", ref, old) if not new else (ref, new, old or zero)
    finished = world.repo.invoke(
        "-c", "core.fsync=committed,reference", "-c", "core.fsyncMethod=fsync",
        "update-ref", "--no-deref", "-m", f"blastradius: run {world.run}", "--create-reflog", *words,
        env=identity(world),
    )  # fmt: skip
    if finished.code != 0:
        found = tip_of(world.repo, ref)
        if found == new:
            return
        raise DriftError(
            f"{ref} could not be moved: it is at {found[:12] or 'nothing'}",
            "somebody else moved or holds it; make the plan again",
        )


def identity(world: World) -> Mapping[str, str]:
    """Return who commits, as the user's own git would have it.

    Raises:
        StoppedError: git does not know.
    """
    given = {name: world.environment[name] for name in _IDENTITY if name in world.environment}
    found = dict(given)
    for who in ("AUTHOR", "COMMITTER"):
        finished = run.invoke(
            world.repo.place, ("var", f"GIT_{who}_IDENT"), env=given, users_config=True
        )
        words = finished.out.decode("utf-8", "surrogateescape").strip()
        name, found_mail, rest = words.partition(" <")
        mail = rest.partition(">")[0]
        if finished.code != 0 or not found_mail:
            raise StoppedError(
                "git does not know who commits",
                'git config user.name "..." and git config user.email "..." say it',
            )
        found[f"GIT_{who}_NAME"], found[f"GIT_{who}_EMAIL"] = name, mail
    return found
