"""Bringing a snapshot back: work tree, index, git's notes of a merge, branch and HEAD.

What differs is worked out first and shown; only that is written. Each path comes into place by one
rename, and whoever runs it again after a killed process ends in the same state, since it compares
what is there with what is wanted. A path that somebody changed after it was looked at is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from blastradius.errors import CheckpointError, DriftError
from blastradius.git import branches, run
from blastradius.git.capture import Capture
from blastradius.git.contents import Contents
from blastradius.git.indexfile import refuse_lock, write_index, write_note
from blastradius.git.openat import Tick, WorkFolder, refuse_collisions, refuse_path
from blastradius.git.paths import decode_path, encode_path
from blastradius.git.proof import put_entry
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.snapshots import STATES, Snapshot, worktree_name
from blastradius.git.standing import unfinished
from blastradius.git.trees import SUBMODULE, SYMLINK
from blastradius.model.source import TreeEntry, display_path

_LONG = frozenset({"rebase", "bisect"})
_SHOWN = 3


class Difference(Struct, frozen=True):
    """What bringing a snapshot back would do to the present state.

    Attributes:
        writes: paths whose bytes or kind are written.
        modes: paths of which only the permission bits change.
        orphans: files that are there now and were not then: removed with consent only.
        blocking: those of them that stand where something has to be written.
        submodules: paths whose checked out commit is another; these are left to a person.
        index: the index is another.
        states: git's notes of an operation that change.
        moves: what happens to branches.
        checks_out: HEAD will name another branch, or be detached elsewhere.
    """

    writes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    index: bool = False
    states: tuple[str, ...] = ()
    moves: tuple[branches.Move, ...] = ()
    checks_out: bool = False


def compared(
    repo: Repository, target: Snapshot, now: Capture, protected: Iterable[str] = ()
) -> Difference:
    """Return what differs between a snapshot and the present state; nothing is changed.

    Args:
        repo: the repository.
        target: what shall come back.
        now: the present state, captured with ``also`` the paths of ``target``.
        protected: names of branches that are not moved back, on top of the usual ones.

    Raises:
        CheckpointError: the snapshot belongs elsewhere, holds paths that no tree may have, or git is
            in the middle of a rebase.
    """
    _refuse(repo, target, now)
    here = now.snapshot
    apart = {*target.apart, *here.apart}
    writes, modes, submodules = [], [], []
    for path, entry in target.work.items():
        if path in apart:
            continue
        known = here.work.get(path)
        if entry.mode == SUBMODULE:
            if known != entry:
                submodules.append(path)
        elif known is None or known.oid != entry.oid or _type(known) != _type(entry):
            writes.append(path)
        elif entry.mode != SYMLINK and here.mode_of(path) != target.mode_of(path):
            modes.append(path)
    more = [
        path
        for path, entry in here.work.items()
        if path not in target.work and path not in apart and entry.mode != SUBMODULE
    ]
    blocking = _blocking(writes, more)
    hidden = _ignored_then(repo, target, [one for one in more if one not in blocking])
    return Difference(
        tuple(writes),
        tuple(modes),
        tuple(one for one in more if one not in hidden),
        tuple(sorted(blocking)),
        tuple(submodules),
        not target.bare and here.index != target.index,
        tuple(one for one in STATES if here.states.get(one) != target.states.get(one)),
        tuple(_moves(repo, target, protected)),
        (here.branch, here.head if not here.branch else "")
        != (target.branch, target.head if not target.branch else ""),
    )


def put_back(
    repo: Repository,
    target: Snapshot,
    now: Capture,
    difference: Difference,
    tick: Tick,
    *,
    message: str,
    remove_orphans: bool = False,
) -> None:
    """Bring a snapshot back; may be run again after it was ended at any point.

    Args:
        repo: the repository.
        target: what shall come back.
        now: the present state, which a ref keeps.
        difference: what `compared` said of these two.
        tick: called before each operation that changes something.
        message: one line for the reflog, and for a commit that is made.
        remove_orphans: files that were not there then may be removed.

    Raises:
        CheckpointError: orphans stand in the way, an object is damaged, or a path cannot be written.
        DriftError: somebody changed a path, or moved a branch, meanwhile.
    """
    refuse_blocked(repo, difference, remove_orphans=remove_orphans)
    if repo.work_tree is not None:
        _files(repo, target, now, difference, tick, remove_orphans=remove_orphans)
        with Contents(repo) as contents:
            if difference.index:
                write_index(repo, target.index, contents, tick)
            for name in difference.states:
                write_note(repo, name, target.states.get(name), contents, tick)
    for move in difference.moves:
        branches.carried_out(repo, move, message, tick)
    branches.check_out(repo, target.branch, target.head, message, tick)


def refuse_blocked(repo: Repository, difference: Difference, *, remove_orphans: bool) -> None:
    """Refuse what could not be done, before anything is touched.

    Raises:
        CheckpointError: orphans stand in the way and may not go, or git is at work on the index.
    """
    if difference.blocking and not remove_orphans:
        shown = ", ".join(map(display_path, difference.blocking[:_SHOWN]))
        raise CheckpointError(
            f"{shown} stand{'s' * (len(difference.blocking) == 1)} where the checkpoint has "
            "something else",
            "--remove-orphans removes what was not there then; nothing was touched",
        )
    if repo.work_tree is not None:
        refuse_lock(repo)


def _refuse(repo: Repository, target: Snapshot, now: Capture) -> None:
    if target.bare != (repo.work_tree is None) or target.worktree != worktree_name(repo):
        where = f"the worktree {target.worktree}" if target.worktree else "the main work tree"
        raise CheckpointError(
            f"the checkpoint was taken in {'a bare repository' if target.bare else where}",
            "restore it there: name its folder with --repo",
        )
    for path in target.work:
        refuse_path(path)
    if repo.invoke("config", "--type=bool", "--get", "core.ignorecase").out.strip() == b"true":
        refuse_collisions(target.work)
    waiting = unfinished(repo)
    if waiting in _LONG:
        raise CheckpointError(
            f"a {waiting} is not finished",
            f"end it first: git {waiting} {'reset' if waiting == 'bisect' else '--abort'}",
        )
    nested = set(now.nested)
    for path in target.work:
        parts = path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        if nested & above and path not in target.apart and target.work[path].mode != SUBMODULE:
            raise CheckpointError(
                f"another repository stands where {display_path(path)!r} was",
                "move it away; nothing was touched",
            )


def _type(entry: TreeEntry) -> Literal["file", "link", "other"]:
    if entry.mode == SYMLINK:
        return "link"
    return "other" if entry.mode == SUBMODULE else "file"


def _blocking(writes: list[str], more: list[str]) -> set[str]:
    """Return the files now that stand in the place of a folder then, or the other way round."""
    folders = {
        "/".join(parts[:depth])
        for parts in (path.split("/") for path in writes)
        for depth in range(1, len(parts))
    }
    files = set(writes)
    found = set()
    for path in more:
        parts = path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if path in folders or files & above:
            found.add(path)
    return found


def _ignored_then(repo: Repository, target: Snapshot, paths: list[str]) -> frozenset[str]:
    """Return the paths that the snapshot's own .gitignore files hide: it says nothing of them."""
    rules = {
        path: entry
        for path, entry in target.work.items()
        if path.rpartition("/")[2] == ".gitignore" and entry.mode not in {SYMLINK, SUBMODULE}
    }
    if not rules or not paths:
        return frozenset()
    with Scratch(repo) as scratch, Contents(repo) as contents:
        root = scratch.folder / "rules"
        root.mkdir()
        folder = WorkFolder(root, lambda _what: None, durable=False)
        for path, entry in rules.items():
            folder.put(path, 0o600, contents.pieces(entry.oid), {})
        own = scratch.view.git_dir
        # This command knows no literal paths; hence the dots.
        place = (
            "-C",
            str(root),
            f"--git-dir={own}",
            f"--work-tree={root}",
            "--no-literal-pathspecs",
        )
        asked = b"".join(b"./" + encode_path(path) + b"\0" for path in paths)
        words = ("-c", "core.bare=false", "check-ignore", "--no-index", "-z", "--stdin")
        out = run.checked(place, words, stdin=asked, accept=(0, 1)).out
    return frozenset(decode_path(one.removeprefix(b"./")) for one in out.split(b"\0")[:-1])


def _moves(repo: Repository, target: Snapshot, protected: Iterable[str]) -> Iterator[branches.Move]:
    wanted = dict(target.tips)
    if target.branch:
        wanted[target.branch] = target.head
    for ref, commit in wanted.items():
        move = branches.planned(repo, ref, commit, tuple(protected))
        if move.how != "none" or move.why:
            yield move


def _files(
    repo: Repository,
    target: Snapshot,
    now: Capture,
    difference: Difference,
    tick: Tick,
    *,
    remove_orphans: bool,
) -> None:
    assert repo.work_tree is not None  # noqa: S101 - asked of work trees only
    folder = WorkFolder(repo.work_tree, tick)
    with Contents(repo) as contents:
        for path in difference.blocking:
            _unchanged(folder, path, now)
            folder.remove(path)
        oids = (target.work[path].oid for path in difference.writes)
        for path, pieces in zip(difference.writes, contents.each(oids), strict=True):
            _unchanged(folder, path, now)
            put_entry(folder, path, target, pieces)
        for path in difference.modes:
            _unchanged(folder, path, now)
            folder.set_mode(path, target.mode_of(path))
        if remove_orphans:
            for path in difference.orphans:
                if path not in difference.blocking:
                    _unchanged(folder, path, now)
                    folder.remove(path)


def _unchanged(folder: WorkFolder, path: str, now: Capture) -> None:
    there = folder.look(path)
    seen = now.seen.get(path)
    stamp = None if there is None or there.kind == "folder" else there.stamp
    if stamp != seen:
        raise DriftError(
            f"{display_path(path)} changed while the checkpoint was being restored",
            "run it again",
        )
