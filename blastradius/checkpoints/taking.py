"""Taking a checkpoint: everything is kept first, proven to come back, and only then recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from msgspec import Struct

from blastradius.checkpoints import records
from blastradius.checkpoints.checking import prove
from blastradius.checkpoints.places import content, named, place_of
from blastradius.errors import CheckpointError, UsageError
from blastradius.git.capture import Capture, capture
from blastradius.git.snapshots import keep
from blastradius.model.checkpoint import (
    SCHEMA,
    SCOPES,
    Checkpoint,
    CodePart,
    FilePart,
    FolderPart,
    SchemaPart,
    Scope,
)
from blastradius.model.source import display_path
from blastradius.world import World, folders

_SHOWN = 3


class Schema(Struct, frozen=True):
    """A database's schema as it was read: name → the leaves of its fingerprint, and its DDL."""

    database: str
    leaves: dict[str, str]
    ddl: str


class Wanted(Struct, frozen=True):
    """What a checkpoint shall hold.

    Attributes:
        scopes: which kinds of state.
        files: declared files: below the work tree, or absolute.
        folders: folders below the work tree.
        schemas: schemas of databases.
        reason: in the user's words.
        expires: how long it may be restored, None for ever.
    """

    scopes: tuple[Scope, ...] = SCOPES
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    schemas: tuple[Schema, ...] = ()
    reason: str = ""
    expires: dt.timedelta | None = None


class Taken(Struct, frozen=True):
    """A checkpoint that was taken, and the capture of its code; None without that scope."""

    checkpoint: Checkpoint
    capture: Capture | None


def create(world: World, wanted: Wanted) -> Checkpoint:
    """Take a checkpoint; nothing but blastradius's own folder, objects and a private ref is written.

    Raises:
        CheckpointError: something cannot be kept, or does not come back as it was.
        UsageError: there is nothing to keep.
    """
    return take(world, wanted).checkpoint


def take(
    world: World,
    wanted: Wanted,
    *,
    also: Iterable[str] = (),
    tips: Mapping[str, str | None] | None = None,
) -> Taken:
    """Take a checkpoint, with ``also`` and ``tips`` as in `blastradius.git.capture.capture`."""
    declared = named(world, wanted.files)
    inside = [one for one in declared if not one.startswith("/")]
    code: Capture | None = None
    if "code" in wanted.scopes:
        # What is declared may be secret: it goes to the encrypted store alone.
        code = capture(world.repo, world.tick, apart=inside, also=also, tips=tips)
    files = tuple(_file(world, one) for one in declared) if "files" in wanted.scopes else ()
    kept = (
        tuple(_folder(world, one) for one in _plain(wanted)) if "folders" in wanted.scopes else ()
    )
    schemas = tuple(
        SchemaPart(one.database, one.leaves, world.store.put(one.ddl.encode()))
        for one in (wanted.schemas if "database" in wanted.scopes else ())
    )
    if code is None and not (files or kept or schemas):
        raise UsageError(
            f"there is nothing to keep of {', '.join(wanted.scopes)}",
            "declare files and folders under [tool.blastradius.checkpoint], or name them",
        )
    now = dt.datetime.now(dt.UTC)
    bare = Checkpoint(
        SCHEMA, "", _stamp(now), wanted.reason, _stamp(now + wanted.expires) if wanted.expires else None,
        _code(code), files, kept, schemas, tuple(_warnings(code)),
    )  # fmt: skip
    checkpoint = records.sealed(bare, world)
    prove(world, checkpoint)
    if checkpoint.code is not None:
        keep(world.repo, records.ref_of(checkpoint.id), checkpoint.code.commit, world.tick)
    records.save(checkpoint, world)
    return Taken(checkpoint, code)


def _stamp(time: dt.datetime) -> str:
    return time.isoformat(timespec="milliseconds")


def _code(found: Capture | None) -> CodePart | None:
    if found is None:
        return None
    one = found.snapshot
    return CodePart(one.commit, one.head, one.branch, one.waiting, len(one.work), found.nested)


def _file(world: World, declared: str) -> FilePart:
    found = content(place_of(world, declared), declared)
    if found is None:
        return FilePart(declared, "", 0, 0, "")
    raw, mode = found
    return FilePart(declared, world.store.put(raw), mode, len(raw), world.key.digest(raw))


def _folder(world: World, path: str) -> FolderPart:
    assert world.repo.work_tree is not None  # noqa: S101 - `_plain` asked
    place = folders.place_in(world.repo.work_tree, path)
    oid = folders.keep(place, world.store)
    found = folders.kept(oid, world.store)
    return FolderPart(path, oid, found.digest, len(found.entries), found.size)


def _plain(wanted: Wanted) -> list[str]:
    found = {
        "/".join(part for part in one.split("/") if part not in {"", "."}) for one in wanted.folders
    }
    for one in found:
        if not one or one.startswith("/"):
            raise UsageError(f"{one!r} is no folder below the work tree", "name one that is")
        if any(other != one and other.startswith(f"{one}/") for other in found):
            raise CheckpointError(
                f"{display_path(one)} and a folder in it are both declared", "declare the outer one"
            )
    return sorted(found)


def _warnings(code: Capture | None) -> list[str]:
    if code is None:
        return []
    found = []
    if code.nested:
        shown = ", ".join(map(display_path, code.nested[:_SHOWN]))
        more = len(code.nested) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        found.append(f"other repositories inside of this one are not in it: {shown}{rest}")
    if code.snapshot.waiting:
        found.append(f"a {code.snapshot.waiting} was not finished")
    return found
