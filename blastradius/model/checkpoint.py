"""Checkpoints: what was kept of the code and of the state beside it, and what came of bringing it back."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from blastradius.model.run import Change, Verification

SCHEMA = "blastradius/checkpoint/1"
LIST_SCHEMA = "blastradius/checkpoints/1"
CHECK_SCHEMA = "blastradius/checkpoint-check/1"
RESTORATION_SCHEMA = "blastradius/restoration/1"
PRUNE_SCHEMA = "blastradius/prune/1"

Scope = Literal["code", "files", "folders", "database"]
SCOPES: tuple[Scope, ...] = ("code", "files", "folders", "database")


class CodePart(Struct, frozen=True):
    """HEAD, index and work tree.

    ``commit`` is the private commit that holds them, ``head`` what HEAD was at (None before the first
    commit), ``branch`` what was checked out (empty: detached), ``waiting`` an operation that was not
    finished, ``files`` how many files there are, ``nested`` other repositories inside, which are not in it.
    """

    commit: str
    head: str | None
    branch: str
    waiting: str
    files: int
    nested: tuple[str, ...] = ()


class FilePart(Struct, frozen=True):
    """A declared file: where, the store's object (empty: there was none), permission bits, size.

    ``path`` is below the work tree, or absolute. ``digest`` is keyed: it tells nobody what is in it.
    """

    path: str
    object: str
    mode: int
    size: int
    digest: str


class FolderPart(Struct, frozen=True):
    """A folder below the work tree: the store's object, the digest of its manifest, files and bytes."""

    path: str
    object: str
    digest: str
    entries: int
    size: int


class SchemaPart(Struct, frozen=True):
    """A database's schema: the leaves of its fingerprint, and the store's object of its DDL."""

    database: str
    leaves: dict[str, str]
    object: str


class Checkpoint(Struct, frozen=True):
    """One checkpoint, as its record has it.

    Attributes:
        schema: `SCHEMA`.
        id: 12 hex digits of the digest of all that follows.
        time: when it was taken, ISO 8601, UTC.
        reason: in the user's words.
        expires: when it may no longer be restored, None for never.
        code: see `CodePart`; None where that scope was left out.
        files: see `FilePart`.
        folders: see `FolderPart`.
        schemas: see `SchemaPart`.
        warnings: what it does not hold, a sentence each.
        seal: keyed digest over everything else: an edited record is refused.
    """

    schema: str
    id: str
    time: str
    reason: str
    expires: str | None
    code: CodePart | None
    files: tuple[FilePart, ...] = ()
    folders: tuple[FolderPart, ...] = ()
    schemas: tuple[SchemaPart, ...] = ()
    warnings: tuple[str, ...] = ()
    seal: str = ""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What it holds something of."""
        parts = {
            "code": self.code is not None,
            "files": bool(self.files),
            "folders": bool(self.folders),
            "database": bool(self.schemas),
        }
        return tuple(scope for scope in SCOPES if parts[scope])


class CheckpointLine(Struct, frozen=True):
    """A checkpoint in a list of them. ``problem`` says why it cannot be restored, empty when it can."""

    id: str
    time: str
    reason: str
    expires: str | None
    scopes: tuple[Scope, ...]
    state: Literal["whole", "expired", "damaged"]
    problem: str = ""


class CheckpointList(Struct, frozen=True):
    """All checkpoints of a repository, newest first. ``whole`` only says that the record is."""

    schema: str
    checkpoints: tuple[CheckpointLine, ...]


class Checked(Struct, frozen=True):
    """A checkpoint that was read whole and brought back into a scratch folder: what was looked at."""

    schema: str
    id: str
    time: str
    checked: tuple[str, ...]


class Restoration(Struct, frozen=True):
    """What restoring a checkpoint would do, or did.

    Attributes:
        schema: `RESTORATION_SCHEMA`.
        id: the checkpoint's.
        time: when that was taken.
        applied: False for a dry run: nothing was changed.
        undo: the checkpoint of the state before; restoring it takes this back. Empty for a dry run.
        scopes: what was restored.
        changes: what is put back, one entry for each thing.
        orphans: what is there now and was not then.
        removed: those of them that were removed.
        verification: digests over what was restored: as it was, as it is, and as the checkpoint has it.
        warnings: what is not as it was then, and cannot be brought back by this.
        next_actions: what is left for a person.
    """

    schema: str
    id: str
    time: str
    applied: bool
    undo: str
    scopes: tuple[Scope, ...]
    changes: tuple[Change, ...]
    orphans: tuple[str, ...]
    removed: tuple[str, ...]
    verification: Verification
    warnings: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()


class Kept(Struct, frozen=True):
    """A checkpoint that pruning leaves, and why."""

    id: str
    why: str


class Pruned(Struct, frozen=True):
    """What pruning would remove, or removed.

    ``removed`` are ids of checkpoints, ``refs`` private refs that no checkpoint is behind,
    ``objects`` how many objects of the store nobody names (after the removal), ``freed_bytes`` their
    bytes on disk. ``runs`` are runs that ended long ago, with what they kept: they can be aborted no more.
    """

    schema: str
    applied: bool
    removed: tuple[str, ...]
    kept: tuple[Kept, ...]
    refs: tuple[str, ...]
    objects: int
    freed_bytes: int
    warnings: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
