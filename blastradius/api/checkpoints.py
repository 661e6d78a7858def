"""Checkpoints from outside: configuration and databases read, the lock held."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from blastradius import checkpoints
from blastradius.api.workspace import Warn, own_config
from blastradius.checkpoints.pruning import Which
from blastradius.checkpoints.restoring import How
from blastradius.checkpoints.spans import parse_span
from blastradius.checkpoints.taking import Schema, Wanted
from blastradius.config import Config
from blastradius.errors import UsageError
from blastradius.git.repository import Repository
from blastradius.model.checkpoint import (
    SCOPES,
    Checked,
    Checkpoint,
    CheckpointList,
    Pruned,
    Restoration,
    Scope,
)
from blastradius.world import World
from blastradius.world.lock import held

if TYPE_CHECKING:
    from blastradius.adapters.database.places import Session

_RUN = "checkpoint"


class Asked(Struct, frozen=True):
    """What a checkpoint is taken of.

    Attributes:
        scopes: empty for all.
        files: files on top of those that the configuration declares: absolute, or below the caller's
            folder.
        folders: folders on top of those that the configuration declares, below the work tree.
        databases: name → the variable that holds its URL, on top of the configuration's.
        reason: in the user's words.
        expires: such as ``7d``, empty for never.
    """

    scopes: tuple[Scope, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    databases: dict[str, str] = {}
    reason: str = ""
    expires: str = ""


def create(
    repo: str | Path,
    asked: Asked,
    *,
    config: Config | None = None,
    environment: Mapping[str, str] | None = None,
    warn: Warn | None = None,
) -> Checkpoint:
    """Take a checkpoint of HEAD, index, work tree and of what is declared.

    Raises:
        RepositoryError: no repository.
        ConfigError: the configuration has a mistake.
        UsageError: there is nothing to keep, or a path or length of time cannot be meant.
        CheckpointError: something cannot be kept, or does not come back as it was.
        StoppedError: a database cannot be asked.
        JournalError: another process is at work.
    """
    world = _world(repo, environment)
    settings = config or own_config(world.repo, warn)
    scopes = asked.scopes or SCOPES
    declared = settings.checkpoint
    expires = asked.expires or declared.expires
    databases = {**settings.databases, **asked.databases} if asked.databases else {}
    if "database" in asked.scopes and not databases:
        databases = dict(settings.databases)
        if not databases:
            raise UsageError(
                "--scope database names no database", "--database NAME=VARIABLE names one"
            )
    wanted = Wanted(
        scopes,
        (*declared.files, *map(_absolute, asked.files)),
        (*declared.folders, *(_below(world, one) for one in asked.folders)),
        _schemas(world, databases) if "database" in scopes else (),
        asked.reason,
        parse_span(expires) if expires else None,
    )
    if world.repo.work_tree is None:
        wanted = _bare(wanted)
    with held(world.home, world.files, "taking a checkpoint"):
        return checkpoints.create(world, wanted)


def listed(repo: str | Path) -> CheckpointList:
    """Return all checkpoints of a repository, newest first.

    Raises:
        RepositoryError: no repository.
    """
    return checkpoints.listed(_world(repo, None))


def verify(repo: str | Path, name: str) -> Checked:
    """Read a checkpoint whole and bring it back into a scratch folder.

    Raises:
        RepositoryError: no repository.
        CheckpointError: it is missing, expired or damaged.
        JournalError: another process is at work.
    """
    world = _world(repo, None)
    with held(world.home, world.files, "checking a checkpoint"):
        return checkpoints.verify(world, name)


def restore(  # noqa: PLR0913 - the options of one call, all by keyword
    repo: str | Path,
    name: str,
    *,
    scopes: Sequence[Scope] = (),
    apply: bool = False,
    remove_orphans: bool = False,
    databases: Mapping[str, str] | None = None,
    config: Config | None = None,
    environment: Mapping[str, str] | None = None,
    warn: Warn | None = None,
) -> Restoration:
    """Bring a checkpoint back, or say what that would do.

    Raises:
        RepositoryError, ConfigError, UsageError, JournalError: as `create`.
        CheckpointError: it is missing, expired or damaged, or something cannot be written.
        DriftError: somebody changed something meanwhile.
    """
    world = _world(repo, environment)
    settings = config or own_config(world.repo, warn)
    how = How(
        tuple(scopes),
        apply,
        remove_orphans,
        settings.checkpoint.protected,
        _schemas(world, databases or {}),
    )
    with held(world.home, world.files, "restoring a checkpoint"):
        return checkpoints.restore(world, name, how)


def prune(
    repo: str | Path, *, older_than: str = "", keep_last: int | None = None, apply: bool = False
) -> Pruned:
    """Remove checkpoints that expired and those that are named, or say which.

    Args:
        repo: a folder of the repository.
        older_than: such as ``30d``: those go as well.
        keep_last: so many of the newest stay; without ``older_than`` all others go.
        apply: do it.

    Raises:
        RepositoryError: no repository.
        UsageError: a length of time cannot be meant.
        JournalError: another process is at work.
    """
    world = _world(repo, None)
    which = Which(parse_span(older_than) if older_than else None, keep_last)
    with held(world.home, world.files, "pruning checkpoints"):
        return checkpoints.prune(world, which, apply=apply)


def _world(repo: str | Path, environment: Mapping[str, str] | None) -> World:
    return World(Repository.open(repo), _RUN, environment=environment)


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path.strip() else path


def _below(world: World, folder: str) -> str:
    root = world.repo.work_tree
    if root is None:
        raise UsageError(f"{folder} needs a work tree, and this repository is bare", "leave it out")
    path = Path(folder).absolute()
    real = Path(os.path.realpath(path.parent)) / path.name
    if not real.is_relative_to(root) or real == root:
        raise UsageError(f"{folder} is no folder below the work tree", "name one that is")
    return str(real.relative_to(root))


def _bare(wanted: Wanted) -> Wanted:
    """Leave out what a repository without a work tree cannot have."""
    absolute = tuple(one for one in wanted.files if os.path.isabs(one))  # noqa: PTH117 - a text
    return Wanted(wanted.scopes, absolute, (), wanted.schemas, wanted.reason, wanted.expires)


def _schemas(world: World, databases: Mapping[str, str]) -> tuple[Schema, ...]:
    return tuple(_schema(world, name, where) for name, where in sorted(databases.items()))


def _schema(world: World, name: str, where: str) -> Schema:
    from blastradius.adapters.database.catalog import fingerprint  # noqa: PLC0415 - an extra
    from blastradius.adapters.database.places import Place, session  # noqa: PLC0415 - an extra

    place = Place(name, where)
    with session(place.url(world), name, write=False) as found, found.reading():
        return Schema(name, fingerprint(found).leaves, _ddl(found))


def _ddl(found: Session) -> str:
    """Return the statements that would make the schema, for a person to read."""
    from blastradius.adapters.database import native  # noqa: PLC0415 - an extra

    made = native.difference(found, native.Native({}), native.read(found))
    return "".join(f"{one.rstrip().rstrip(';')};\n" for one in (*made.before, *made.after))
