"""Throwing checkpoints away: never one that an unfinished run may need, and then what nobody names."""

from __future__ import annotations

import datetime as dt
import re

from msgspec import Struct

from blastradius.checkpoints import records
from blastradius.checkpoints.uses import Uses, content_of, uses_of
from blastradius.git.snapshots import REFS, RUNS, drop, refs
from blastradius.model.checkpoint import PRUNE_SCHEMA, CheckpointLine, Kept, Pruned
from blastradius.world import World
from blastradius.world.files import DRAFT

_OBJECT = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Which(Struct, frozen=True):
    """Which checkpoints go besides those that expired: those older than this, all but so many."""

    older_than: dt.timedelta | None = None
    keep_last: int | None = None


def prune(world: World, which: Which, *, apply: bool) -> Pruned:
    """Remove checkpoints, or say what would be removed.

    Args:
        world: the repository.
        which: see `Which`; what expired goes in any case.
        apply: do it.

    Raises:
        CheckpointError, RepositoryError: something cannot be removed.
    """
    over = _old_runs(uses_of(world), which)
    uses = uses_of(world, over)
    lines = records.listed(world).checkpoints
    going, kept = _chosen(lines, which, uses)
    left = [one.id for one in lines if one.id not in going]
    orphaned = _orphaned_refs(world, left, uses)
    warnings = [f"{one.id}: {one.problem}" for one in lines if one.state == "damaged"]
    if uses.unreadable:
        warnings.append(f"{uses.unreadable} cannot be read: all that it may need is kept")
    run_refs = {ref: at for ref, at in refs(world.repo, RUNS).items() if _run_of(ref) in over}
    if apply:
        for ref, commit in run_refs.items():
            drop(world.repo, ref, commit, world.tick)
        for run in over:
            world.files.remove_tree(world.home / "runs" / run)
        for oid in going:
            world.files.remove(records.path_of(world, oid))
        for ref, commit in orphaned.items():
            drop(world.repo, ref, commit, world.tick)
        _tidy(world)
    named = _named(world, left, uses)
    unnamed = [] if uses.unreadable else [one for one in world.store.names() if one not in named]
    size = _removed if apply else _size
    freed = sum(size(world, one) for one in unnamed)
    return Pruned(
        PRUNE_SCHEMA, apply, tuple(going), tuple(kept), tuple(orphaned), len(unnamed), freed,
        tuple(warnings), tuple(over),
    )  # fmt: skip


def _old_runs(uses: Uses, which: Which) -> list[str]:
    """Return the runs that ended longer ago than that: they can be aborted no more."""
    if which.older_than is None or uses.unreadable:
        return []
    now, found = dt.datetime.now(dt.UTC), []
    for run, at in uses.ended.items():
        try:
            age = now - dt.datetime.fromisoformat(at)
        except (ValueError, TypeError):
            continue
        if age > which.older_than:
            found.append(run)
    return found


def _run_of(ref: str) -> str:
    return ref.removeprefix(RUNS).partition("/")[0]


def _chosen(
    lines: tuple[CheckpointLine, ...], which: Which, uses: Uses
) -> tuple[list[str], list[Kept]]:
    now = dt.datetime.now(dt.UTC)
    going: list[str] = []
    kept: list[Kept] = []
    sound = [one for one in lines if one.state != "damaged"]
    for place, one in enumerate(sound):
        age = now - dt.datetime.fromisoformat(one.time)
        beyond = which.keep_last is not None and place >= which.keep_last
        if which.older_than is not None:
            beyond = age > which.older_than and (which.keep_last is None or beyond)
        if one.state != "expired" and not beyond:
            continue
        if uses.unreadable:
            kept.append(Kept(one.id, f"{uses.unreadable} cannot be read and may need it"))
        elif any(one.id.encode() in text for text in uses.unfinished):
            kept.append(Kept(one.id, "a run that is not finished may need it"))
        else:
            going.append(one.id)
    return going, kept


def _orphaned_refs(world: World, left: list[str], uses: Uses) -> dict[str, str]:
    """Return the private refs of checkpoints that are gone, or will be, or never were recorded."""
    found: dict[str, str] = {}
    for ref, commit in refs(world.repo).items():
        oid = ref.removeprefix(REFS).partition("/")[0]
        in_use = uses.unreadable or any(oid.encode() in text for text in uses.every)
        if oid not in left and not in_use:
            found[ref] = commit
    return found


def _named(world: World, left: list[str], uses: Uses) -> frozenset[str]:
    """Return the ids of all objects that a record or a run names; a damaged record counts as well."""
    texts = [*uses.every, *(content_of(records.path_of(world, one)) or b"" for one in left)]
    return frozenset(found.decode() for text in texts for found in _OBJECT.findall(text))


def _tidy(world: World) -> None:
    """Remove what killed processes left: no other is at work while the lock is held."""
    world.files.remove_tree(world.home / "scratch")
    for draft in (world.home / "store").glob(f"{DRAFT}*"):
        world.files.remove(draft)


def _size(world: World, oid: str) -> int:
    return world.store.size(oid)


def _removed(world: World, oid: str) -> int:
    return world.store.remove(oid)
