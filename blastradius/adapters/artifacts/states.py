"""What state an output folder is in, and where what will replace it stands."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from pathlib import Path

import msgspec

from blastradius.adapters.artifacts.model import STAGED
from blastradius.errors import CheckpointError
from blastradius.git.paths import encode_path
from blastradius.model.plan import Fingerprint
from blastradius.model.source import display_path
from blastradius.world import World
from blastradius.world.folders import Entry, Manifest, manifest, place_in
from blastradius.world.swap import aside_of

LEAVES = 400
"""Up to so many entries each has a leaf of its own; above, each name right in the folder has one."""
BETWEEN = "between two renames"


def target_of(path: str, world: World) -> Path:
    """Return where an output folder is.

    Raises:
        CheckpointError: there is no work tree, or the path leads out of it.
    """
    if world.repo.work_tree is None:
        raise CheckpointError(
            "a bare repository has no output folders", "name a work tree by --repo"
        )
    return place_in(world.repo.work_tree, path)


def berth_of(path: str, step: str, world: World) -> Path:
    """Return where the folder stands that will take the place.

    That is in the run's own folder, or beside the target where that is another file system: names
    are exchanged within one only.
    """
    target = target_of(path, world)
    inside = world.folder / STAGED / step / "new"
    if _device(target.parent) == _device(inside.parent):
        return inside
    return target.with_name(f".blastradius-{world.run}-{target.name}")


def observed(path: str, step: str, world: World) -> Fingerprint:
    """Return the state of an output folder as it is now.

    Raises:
        CheckpointError: it cannot be read.
    """
    if os.path.lexists(aside_of(berth_of(path, step, world))):
        return between(path)
    return fingerprint(path, manifest(target_of(path, world)))


def between(path: str) -> Fingerprint:
    """Return the state in which a swap without an exchange of names was interrupted."""
    return Fingerprint({path: BETWEEN})


def fingerprint(path: str, found: Manifest) -> Fingerprint:
    """Return the state that a manifest is, each leaf named by its path in the repository."""
    if len(found.entries) <= LEAVES:
        rows = found.entries.items()
        return Fingerprint({_name(path, inner): _said(entry) for inner, entry in rows})
    groups: dict[str, list[tuple[bytes, Entry]]] = defaultdict(list)
    for inner, entry in found.entries.items():
        groups[inner.partition("/")[0]].append((encode_path(inner), entry))
    return Fingerprint(
        {
            _name(path, top): hashlib.sha256(msgspec.msgpack.encode(rows)).hexdigest()
            for top, rows in groups.items()
        }
    )


def _name(path: str, inner: str) -> str:
    if not inner:
        return path
    shown = display_path(inner)
    # What is not UTF-8 cannot stand in a plan; its bytes keep two such names apart.
    return f"{path}/{shown}" if shown == inner else f"{path}/{shown} ({encode_path(inner).hex()})"


def _said(entry: Entry) -> str:
    return (
        f"{entry.kind}:{entry.mode:o}:{entry.digest}"
        if entry.digest
        else f"{entry.kind}:{entry.mode:o}"
    )


def _device(place: Path) -> int:
    while True:
        try:
            return place.stat().st_dev
        except (FileNotFoundError, NotADirectoryError):
            place = place.parent
