"""Bringing a checkpoint back, all of it or some scopes: shown first, and undone by a checkpoint itself.

Before anything is touched, the present state of the same scopes is taken as another checkpoint.
Whoever runs it again after a killed process ends in the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from blastradius.checkpoints import bringing, records
from blastradius.checkpoints.checking import snapshot_of
from blastradius.checkpoints.code import CodeRestorer
from blastradius.checkpoints.taking import Schema, Wanted, take
from blastradius.checkpoints.uses import uses_of
from blastradius.errors import (
    BlastRadiusError,
    CheckpointError,
    CompensationError,
    UsageError,
)
from blastradius.git.snapshots import refs
from blastradius.model.checkpoint import RESTORATION_SCHEMA, Checkpoint, Restoration, Scope
from blastradius.model.run import Verification
from blastradius.world import World


class How(Struct, frozen=True):
    """How a checkpoint shall be restored.

    Attributes:
        scopes: which parts, empty for all that it has.
        apply: do it; else only say what would be done.
        remove_orphans: what was not there then may be removed.
        protected: names of branches that are not moved back, on top of the usual ones.
        schemas: the schemas of databases as they are now, to compare.
    """

    scopes: tuple[Scope, ...] = ()
    apply: bool = False
    remove_orphans: bool = False
    protected: tuple[str, ...] = ()
    schemas: tuple[Schema, ...] = ()


def restore(world: World, name: str, how: How) -> Restoration:
    """Restore a checkpoint, or say what that would do.

    Args:
        world: the repository.
        name: see `blastradius.checkpoints.records.find`.
        how: see `How`.

    Raises:
        CheckpointError: it is missing, expired or damaged, or a path cannot be written; what was
            restored so far was taken back.
        DriftError: somebody changed something meanwhile; as above.
        CompensationError: taking back failed as well.
        UsageError: it has nothing of a scope that was asked for.
    """
    checkpoint = records.find(world, name)
    records.refuse_expired(checkpoint)
    scopes = _scopes(checkpoint, how.scopes)
    parts = _parts(world, checkpoint, scopes, how)
    for part in parts:
        part.look()
    undo = ""
    if how.apply:
        for part in parts:
            part.refuse()
        undo = _taken_before(world, checkpoint, scopes, parts)
        try:
            for part in parts:
                part.bring_back()
            _refuse_differing(parts)
        except BaseException as error:
            _taken_back(world, undo, parts, error)
            raise
    compared = bringing.compared_schemas(checkpoint, how.schemas) if "database" in scopes else []
    waiting = [
        f"run {one} is not finished and will find things changed: resume or abort it first"
        for one in uses_of(world).waiting
    ]
    return _told(checkpoint, scopes, how, undo, parts, (compared, waiting))


def _scopes(checkpoint: Checkpoint, asked: Iterable[Scope]) -> tuple[Scope, ...]:
    missing = [one for one in asked if one not in checkpoint.scopes]
    if missing:
        raise UsageError(
            f"checkpoint {checkpoint.id} has no {missing[0]}",
            f"it has {', '.join(checkpoint.scopes)}",
        )
    wanted = tuple(asked) or checkpoint.scopes
    return tuple(one for one in checkpoint.scopes if one in wanted)


def _parts(
    world: World, checkpoint: Checkpoint, scopes: Sequence[Scope], how: How
) -> list[bringing.Part]:
    found: list[bringing.Part] = []
    if "code" in scopes and checkpoint.code is not None:
        ref = records.ref_of(checkpoint.id)
        if refs(world.repo).get(ref) != checkpoint.code.commit:
            raise CheckpointError(
                f"checkpoint {checkpoint.id} is damaged: {ref} is gone or another",
                "take a new checkpoint; nothing was touched",
            )
        target = snapshot_of(world, checkpoint)
        assert target is not None  # noqa: S101 - it has code
        message = f"Restore checkpoint {checkpoint.id}"
        found.append(
            CodeRestorer(world, target, message, how.protected, remove_orphans=how.remove_orphans)
        )
    gone = how.remove_orphans
    if "files" in scopes:
        found += [
            bringing.FileRestorer(world, one, remove_orphans=gone) for one in checkpoint.files
        ]
    if "folders" in scopes:
        found += [
            bringing.FolderRestorer(world, one, remove_orphans=gone) for one in checkpoint.folders
        ]
    return found


def _taken_before(
    world: World, checkpoint: Checkpoint, scopes: Sequence[Scope], parts: Sequence[bringing.Part]
) -> str:
    """Take the present state as a checkpoint and return its id."""
    kept = tuple(one for one in scopes if one != "database")
    if not kept:
        return ""
    code = next((one for one in parts if isinstance(one, CodeRestorer)), None)
    wanted = Wanted(
        kept,
        tuple(one.path for one in checkpoint.files),
        tuple(one.path for one in checkpoint.folders),
        reason=f"before checkpoint {checkpoint.id} was restored",
    )
    taken = take(
        world,
        wanted,
        also=code.target.work if code is not None else (),
        tips=code.tips() if code is not None else {},
    )
    if code is not None and taken.capture is not None:
        code.look_again(taken.capture)
    return taken.checkpoint.id


def _refuse_differing(parts: Sequence[bringing.Part]) -> None:
    for one in (one for part in parts for one in part.differing()):
        raise CheckpointError(
            f"{one} is not as the checkpoint has it, after it was restored",
            "somebody else writes there, or the disk is damaged; it was taken back",
        )


def _taken_back(
    world: World, undo: str, parts: Sequence[bringing.Part], error: BaseException
) -> None:
    """Bring back the state before; what somebody else changed meanwhile is left alone.

    Raises:
        CompensationError: that failed as well.
    """
    if not undo:
        return
    try:
        before = records.read(world, undo)
        for part in reversed(parts):
            part.take_back(before)
    except (BlastRadiusError, OSError) as failed:
        first, second = (
            one.what if isinstance(one, BlastRadiusError) else str(one) for one in (error, failed)
        )
        raise CompensationError(
            f"{first}; and what was restored so far could not be taken back: {second}",
            f"mend that, then: blastradius checkpoint restore {undo} --apply --remove-orphans",
        ) from error


def _told(
    checkpoint: Checkpoint,
    scopes: tuple[Scope, ...],
    how: How,
    undo: str,
    parts: Sequence[bringing.Part],
    said: tuple[list[str], list[str]],
) -> Restoration:
    compared, waiting = said
    orphans = tuple(one for part in parts for one in part.orphans)
    before, expected = (bringing.digest_of(part.digests(side) for part in parts) for side in (0, 2))
    now = bringing.digest_of(part.digests(1) for part in parts) if how.apply else ""
    return Restoration(
        RESTORATION_SCHEMA,
        checkpoint.id,
        checkpoint.time,
        how.apply,
        undo,
        scopes,
        tuple(change for part in parts for change in part.changes),
        orphans,
        orphans if how.apply and how.remove_orphans else (),
        Verification(
            before, now if how.apply else "", expected, match=how.apply and now == expected
        ),
        (*waiting, *(one for part in parts for one in part.warnings)),
        (*compared, *(one for part in parts for one in part.next_actions)),
    )
