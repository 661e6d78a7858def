"""What was found out about a range and its revert set → which way to undo fits, with the commands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from blastradius.api.answer import Trial
from blastradius.changes.leaks import leaks
from blastradius.errors import BlastRadiusError
from blastradius.git.blobs import is_binary
from blastradius.git.pending import is_dirty
from blastradius.git.repository import Repository
from blastradius.git.scratch import Reverted
from blastradius.git.standing import Standing, standing
from blastradius.git.trees import changes_of, diff_trees
from blastradius.model.analysis import Advice, RevertSet
from blastradius.model.source import STAGED, WORKTREE, Commit, CommitRange, FileChange
from blastradius.planning.advise import Case
from blastradius.planning.advise import advise as advice_for
from blastradius.planning.commands import Revert, Way

Changes = Mapping[str, Sequence[FileChange]]
# With more reverts than this they are not tried a second time: the order was.
_TRIED = 200


def advise(
    trial: Trial,
    chosen: RevertSet,
    span: CommitRange,
    repository: Repository,
    kept: Collection[str] = (),
) -> Advice:
    """Return the way to undo that fits the facts. Nothing is run but questions to git.

    Args:
        trial: the set as it was tried out.
        chosen: the answer made of it.
        span: the range as it was asked for, of whole commits.
        repository: where it stands.
        kept: what was asked to stay.

    Raises:
        RepositoryError: an object is missing or corrupt.
        StorageError: the scratch cannot be written.
    """
    changes = _changes(trial, span)
    here = standing(repository, span)
    goes = {one.id for one in chosen.commits}
    drawn = {one.id for one in chosen.commits if one.reason != "target"}
    found = leaks(changes, lambda oids: _texts(trial, oids), trial.history.head.tree)
    scratch = trial.workspace.scratch
    return advice_for(
        Case(
            way=_with_later(_way(trial, chosen, span, changes), trial, span, here),
            standing=here,
            commits=len(span.commits),
            asked=len(goes - drawn),
            goes=len(goes),
            waves=sum(any(_commit(one) in drawn for one in wave) for wave in chosen.order),
            files=len(chosen.files),
            kept=bool(kept),
            empty=chosen.tree is not None and chosen.tree == scratch.trees.tree_of(span.head),
            merge=_merge(trial, chosen, span, (changes, goes), here),
            dirty=_dirty(trial, span),
            leaks=found.leaks,
            unread=found.unread,
        )
    )


def _changes(trial: Trial, span: CommitRange) -> Changes:
    if trial.split.level == "commit":
        return trial.history.changes
    return changes_of(trial.workspace.scratch.view, span)


def _texts(trial: Trial, oids: Sequence[str]) -> Mapping[str, bytes | None]:
    return {
        oid: blob if isinstance(blob, bytes) and not is_binary(blob) else None
        for oid, blob in trial.workspace.blobs.read_many(oids)
    }


def _commit(name: str) -> str:
    return name.partition(":")[0]


def _dirty(trial: Trial, span: CommitRange) -> bool | None:
    if _pending(span):
        return None
    try:
        return is_dirty(trial.workspace.scratch)
    except BlastRadiusError:  # a file that cannot be read is of no concern to the range
        return None


def _pending(span: CommitRange) -> str:
    last = span.commits[-1].id if span.commits else ""
    return last if last in {STAGED, WORKTREE} else ""


def _way(trial: Trial, chosen: RevertSet, span: CommitRange, changes: Changes) -> Way:
    scratch = trial.workspace.scratch
    held = {commit for commit, files in changes.items() if files}
    goes = {one.id for one in chosen.commits if one.whole}
    base = scratch.trees.tree_of(span.base)
    reverts = _reverts(chosen, span)
    parts = any(not one.whole for one in chosen.commits)
    every = trial.history.to_revert(trial.history.atoms) if chosen.level == "commit" else ()
    return Way(
        base=span.base,
        head=span.head,
        level=chosen.level if parts else "commit",
        whole=held <= goes and chosen.tree == base,
        reverts=reverts,
        every=tuple(Revert(one, trial.history.is_merge(one)) for one in every),
        goal=tuple(dict.fromkeys(map(_commit, chosen.goal))),
        fits=_fits(trial, chosen, span, reverts),
        conflicts=chosen.conflicts,
        from_base=_from_base(trial, chosen, span),
        pending=_pending(span),
        mends=sum(one.kind == "site" for one in chosen.fix_forward),
    )


def _reverts(chosen: RevertSet, span: CommitRange) -> tuple[Revert, ...]:
    """Return what git is given to revert, in order; nothing where parts of commits go."""
    if chosen.tree is None or any(not one.whole for one in chosen.commits):
        return ()
    if chosen.level == "commit":
        how = {one.id: one.how for one in chosen.commits}
        listed = [one for wave in chosen.order for one in wave]
        return tuple(
            Revert(one, how[one] == "mainline")
            for one in listed
            if how.get(one) in {"revert", "mainline"}
        )
    goes = {one.id for one in chosen.commits if one.how != "nothing"}
    newest = [one for one in reversed(span.commits) if one.id in goes]
    return tuple(Revert(one.id, len(one.parents) > 1) for one in newest)


def _fits(trial: Trial, chosen: RevertSet, span: CommitRange, reverts: Sequence[Revert]) -> bool:
    """Tell whether the reverts, one after another, end in the tree that was checked."""
    if chosen.tree is None or not reverts:
        return False
    if len(reverts) > _TRIED:
        return bool(chosen.steps) and chosen.steps[-1].tree == chosen.tree
    return _replayed(trial, span, span.head, reverts).tree == chosen.tree


def _with_later(way: Way, trial: Trial, span: CommitRange, here: Standing) -> Way:
    """Return the way with what its reverts run into at HEAD, where commits lie on top of the range."""
    if not here.on_top or here.head is None:
        return way
    clashes = [_clash(trial, span, here.head, one) for one in (way.reverts, way.every)]
    return replace(way, later=clashes[0], every_later=clashes[1])


def _clash(
    trial: Trial, span: CommitRange, head: str, reverts: Sequence[Revert]
) -> tuple[str, ...] | None:
    if not reverts or len(reverts) > _TRIED:
        return None
    return _replayed(trial, span, head, reverts).conflicts


def _replayed(trial: Trial, span: CommitRange, start: str, reverts: Sequence[Revert]) -> Reverted:
    """Return what the reverts give one after another, or what the first that conflicts gave."""
    scratch = trial.workspace.scratch
    by_id = {one.id: one for one in span.commits}
    done = Reverted(scratch.trees.tree_of(start))
    for one in reverts:
        if done.tree is not None:
            done = scratch.revert(done.tree, by_id[one.id])
    return done


def _from_base(trial: Trial, chosen: RevertSet, span: CommitRange) -> tuple[str, ...] | None:
    """Return the paths to bring back from before the range, None where that is not the answer."""
    if chosen.tree is None:
        return None
    base = trial.history.base.tree
    found: set[str] = set()
    for change in diff_trees(trial.workspace.scratch.view, span.head, chosen.tree):
        if base.get(change.path) != change.new:
            return None
        found.add(change.path)
        if change.status == "renamed":
            if change.old_path in base:
                return None
            found.add(change.old_path)
    return tuple(sorted(found))


def _merge(
    trial: Trial,
    chosen: RevertSet,
    span: CommitRange,
    going: tuple[Changes, Collection[str]],
    here: Standing,
) -> str:
    """Return the merge that brought in just what goes, empty when there is none."""
    if chosen.level != "commit" or chosen.tree is None:
        return ""
    changes, goes = going
    held = {one for one in goes if changes.get(one)}
    scratch = trial.workspace.scratch
    for merge in _first_parents(span):
        brought = trial.history.brought.get(merge.id)
        if brought is None or not held <= brought | {merge.id}:
            continue
        # The tree decides: a merge may have brought in what is not of the range, or an own change.
        if held and scratch.revert(span.head, merge).tree == chosen.tree:
            return merge.id
    joined = here.joined
    if joined is None or not joined.brought <= {one.id for one in span.commits}:
        return ""
    return joined.id if held == {one for one in joined.brought if changes.get(one)} else ""


def _first_parents(span: CommitRange) -> Iterator[Commit]:
    by_id = {one.id: one for one in span.commits}
    found = by_id.get(span.head)
    while found is not None:
        yield found
        found = by_id.get(found.parents[0]) if found.parents else None
