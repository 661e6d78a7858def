"""The records of checkpoints: one sealed JSON file each, refused when a byte of it was changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
from pathlib import Path

import msgspec

from blastradius.errors import CheckpointError
from blastradius.git.snapshots import REFS
from blastradius.model.checkpoint import (
    LIST_SCHEMA,
    SCHEMA,
    Checkpoint,
    CheckpointLine,
    CheckpointList,
)
from blastradius.world import World

FOLDER = "checkpoints"
_ID = re.compile(r"[0-9a-f]{12}\Z")
_LEAST = 4
_LIMIT = 64 * 2**20
_PURPOSE = b"checkpoint record"


def sealed(checkpoint: Checkpoint, world: World) -> Checkpoint:
    """Return a checkpoint with its id and its seal."""
    bare = msgspec.structs.replace(checkpoint, id="", seal="")
    oid = hashlib.sha256(encoded(bare)).hexdigest()[:12]
    named = msgspec.structs.replace(bare, id=oid)
    return msgspec.structs.replace(named, seal=_seal(named, world))


def encoded(checkpoint: Checkpoint) -> bytes:
    """Return the bytes of a record; paths that are not UTF-8 survive as escapes."""
    value = msgspec.to_builtins(checkpoint)
    return json.dumps(value, sort_keys=True, indent=1).encode("ascii") + b"\n"


def path_of(world: World, oid: str) -> Path:
    """Return the file of a record."""
    return world.home / FOLDER / f"{oid}.json"


def ref_of(oid: str) -> str:
    """Return the private ref that keeps a checkpoint's commit."""
    return f"{REFS}{oid}/code"


def save(checkpoint: Checkpoint, world: World) -> None:
    """Write a record, durably; from then on the checkpoint exists.

    Raises:
        CheckpointError: it cannot be written.
    """
    path = path_of(world, checkpoint.id)
    try:
        world.files.make_folder(path.parent)
        world.files.write(path, encoded(checkpoint))
    except OSError as error:
        raise CheckpointError(
            f"cannot write the checkpoint's record: {error.strerror or error}",
            "free some space, or make the folder writable",
        ) from error


def find(world: World, name: str) -> Checkpoint:
    """Return the checkpoint of an id, of the beginning of one, or the ``latest``.

    Raises:
        CheckpointError: there is none or several of that name, or its record is damaged.
    """
    ids = names(world)
    if name == "latest":
        lines = [one for one in listed(world).checkpoints if one.state != "damaged"]
        fitting = [lines[0].id] if lines else []
    else:
        enough = len(name) >= _LEAST and re.fullmatch("[0-9a-f]+", name)
        fitting = [one for one in ids if one.startswith(name)] if enough else []
    if len(fitting) != 1:
        what = "several checkpoints begin" if fitting else "there is no checkpoint"
        raise CheckpointError(
            f"{what} {'with ' if fitting else ''}{name[:80]!r}",
            "blastradius checkpoint list shows them",
        )
    return read(world, fitting[0])


def read(world: World, oid: str) -> Checkpoint:
    """Return the checkpoint of a full id.

    Raises:
        CheckpointError: its record is missing, damaged or was edited.
    """
    damaged = CheckpointError(
        f"checkpoint {oid} is damaged: its record was changed, or sealed with another key",
        "take a new checkpoint",
    )
    try:
        with path_of(world, oid).open("rb") as file:
            raw = file.read(_LIMIT)
        checkpoint = msgspec.convert(json.loads(raw), Checkpoint)
    except OSError as error:
        raise CheckpointError(
            f"checkpoint {oid} cannot be read: {error.strerror}", "take a new checkpoint"
        ) from error
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise damaged from error
    whole = encoded(checkpoint) == raw and checkpoint.schema == SCHEMA and checkpoint.id == oid
    bare = msgspec.structs.replace(checkpoint, seal="")
    if not whole or not hmac.compare_digest(_seal(bare, world), checkpoint.seal):
        raise damaged
    return checkpoint


def names(world: World) -> list[str]:
    """Return the ids of all records, whole or not, sorted."""
    folder = world.home / FOLDER
    found = [one.stem for one in folder.glob("*.json")] if folder.is_dir() else []
    return sorted(one for one in found if _ID.match(one))


def listed(world: World) -> CheckpointList:
    """Return all checkpoints, newest first; damaged ones last, with what is wrong."""
    lines = [_line(world, oid) for oid in names(world)]
    lines.sort(key=lambda one: (one.time, one.id), reverse=True)
    return CheckpointList(LIST_SCHEMA, tuple(lines))


def _line(world: World, oid: str) -> CheckpointLine:
    try:
        one = read(world, oid)
    except CheckpointError as error:
        return CheckpointLine(oid, "", "", None, (), "damaged", error.what)
    if is_expired(one):
        why = f"expired {one.expires}"
        return CheckpointLine(oid, one.time, one.reason, one.expires, one.scopes, "expired", why)
    return CheckpointLine(oid, one.time, one.reason, one.expires, one.scopes, "whole")


def is_expired(checkpoint: Checkpoint) -> bool:
    """Tell whether its time is over, by this machine's clock."""
    if checkpoint.expires is None:
        return False
    return dt.datetime.fromisoformat(checkpoint.expires) <= dt.datetime.now(dt.UTC)


def refuse_expired(checkpoint: Checkpoint) -> None:
    """Refuse a checkpoint whose time is over.

    Raises:
        CheckpointError: it is.
    """
    if is_expired(checkpoint):
        raise CheckpointError(
            f"checkpoint {checkpoint.id} expired {checkpoint.expires}",
            "take a new checkpoint; nothing was touched",
        )


def _seal(checkpoint: Checkpoint, world: World) -> str:
    key = world.key.derived(_PURPOSE)
    return hmac.new(key, encoded(checkpoint), hashlib.sha256).hexdigest()
