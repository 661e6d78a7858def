"""Reading a checkpoint whole, and bringing it back into a scratch folder, to see that it can be."""

from __future__ import annotations

import hashlib
import secrets

from blastradius.checkpoints import records
from blastradius.errors import CheckpointError
from blastradius.git.contents import Contents
from blastradius.git.proof import differing, write_all
from blastradius.git.snapshots import Snapshot, load, refs
from blastradius.model.checkpoint import CHECK_SCHEMA, Checked, Checkpoint
from blastradius.model.source import display_path
from blastradius.world import World, folders

_SCRATCH = "scratch"
_AGAIN = "take a new checkpoint; nothing was touched"


def verify(world: World, name: str) -> Checked:
    """Read all of a checkpoint and bring it back into a scratch folder.

    Args:
        world: the repository.
        name: see `blastradius.checkpoints.records.find`.

    Raises:
        CheckpointError: it is missing, expired or damaged.
    """
    checkpoint = records.find(world, name)
    records.refuse_expired(checkpoint)
    code = checkpoint.code
    if code is not None and refs(world.repo).get(records.ref_of(checkpoint.id)) != code.commit:
        raise CheckpointError(
            f"checkpoint {checkpoint.id} is damaged: {records.ref_of(checkpoint.id)} is gone or another",
            _AGAIN,
        )
    return prove(world, checkpoint)


def prove(world: World, checkpoint: Checkpoint) -> Checked:
    """Bring a checkpoint back into a scratch folder and compare.

    Raises:
        CheckpointError: something is missing, damaged, or does not come back as it was.
    """
    told = []
    if checkpoint.code is not None:
        told.append(_code(world, checkpoint.code.commit))
    for file in checkpoint.files:
        if not file.object:
            told.append(f"{display_path(file.path)}: there was no such file")
            continue
        content = world.store.get(file.object)
        if len(content) != file.size or world.key.digest(content) != file.digest:
            raise CheckpointError(
                f"the kept {display_path(file.path)} is not what the record says", _AGAIN
            )
        told.append(f"{display_path(file.path)}: {file.size:,} bytes")
    for folder in checkpoint.folders:
        found = folders.prove(folder.object, world.store, world.files, world.home / _SCRATCH)
        if found.digest != folder.digest:
            raise CheckpointError(
                f"the kept {display_path(folder.path)} is not what the record says", _AGAIN
            )
        told.append(f"{display_path(folder.path)}: {folder.entries:,} entries")
    for schema in checkpoint.schemas:
        world.store.check(schema.object)
        told.append(f"database {schema.database}: {len(schema.leaves):,} parts of its schema")
    return Checked(CHECK_SCHEMA, checkpoint.id, checkpoint.time, tuple(told))


def snapshot_of(world: World, checkpoint: Checkpoint) -> Snapshot | None:
    """Return the snapshot of a checkpoint's code, None where it has none; its objects are read.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    if checkpoint.code is None:
        return None
    with Contents(world.repo) as contents:
        contents.check(checkpoint.code.commit)
    return load(world.repo, checkpoint.code.commit)


def _code(world: World, commit: str) -> str:
    with Contents(world.repo) as contents:
        contents.check(commit)
    found = load(world.repo, commit)
    scratch = world.home / _SCRATCH / f"code-{secrets.token_hex(6)}"
    try:
        world.files.make_folder(scratch)
        write_all(world.repo, found, scratch, world.tick)
        bad = differing(scratch, found, world.repo.object_format)
        _check_index(world, found)
    except OSError as error:
        raise CheckpointError(
            f"cannot write below {scratch.parent}: {error.strerror}", "free some space"
        ) from error
    finally:
        world.files.remove_tree(scratch)
    if bad:
        raise CheckpointError(f"{display_path(bad[0])} does not come back as it was", _AGAIN)
    return f"code: {len(found.work):,} files and the index"


def _check_index(world: World, found: Snapshot) -> None:
    """See that an index file is whole: it ends with the hash of all before it, or with zeros."""
    if not found.index:
        return
    with Contents(world.repo) as contents:
        raw = b"".join(contents.pieces(found.index))
    width = hashlib.new(world.repo.object_format, usedforsecurity=False).digest_size
    digest = hashlib.new(world.repo.object_format, raw[:-width], usedforsecurity=False).digest()
    if raw[:4] != b"DIRC" or raw[-width:] not in {digest, bytes(width)}:
        raise CheckpointError("the index is damaged", "git status shows whether git can read it")
