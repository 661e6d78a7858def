"""Output folders that a checkpoint keeps, by the tree that was checked out when it was taken."""

from __future__ import annotations

from blastradius.checkpoints import records
from blastradius.errors import CheckpointError
from blastradius.git.snapshots import load
from blastradius.git.trees import list_tree
from blastradius.model.checkpoint import Checkpoint
from blastradius.world import World

_MOST = 200


def recorded_output(world: World, tree: str, path: str) -> str:
    """Return the store's object that keeps an output as it was when ``tree`` was checked out.

    Only of a checkpoint whose work tree was that tree, no file more or less, the newest first: what
    is ignored does not count. Empty where no whole checkpoint has it.
    """
    lines = [one for one in records.listed(world).checkpoints if one.state == "whole"]
    for line in lines[:_MOST]:
        if "folders" not in line.scopes or "code" not in line.scopes:
            continue
        try:
            checkpoint = records.read(world, line.id)
            found = next((one for one in checkpoint.folders if one.path == path), None)
            if found is not None and found.entries and _holds(checkpoint, world, tree, path):
                world.store.check(found.object)
                return found.object
        except CheckpointError:  # damaged since: the next one, or a build
            continue
    return ""


def _holds(checkpoint: Checkpoint, world: World, tree: str, path: str) -> bool:
    if checkpoint.code is None:
        return False
    work = load(world.repo, checkpoint.code.commit).work
    inside = f"{path}/"
    there = {name: one for name, one in work.items() if not name.startswith(inside)}
    wanted = list_tree(world.repo, tree)
    return there == {name: one for name, one in wanted.items() if not name.startswith(inside)}
