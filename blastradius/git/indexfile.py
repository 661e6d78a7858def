"""The index and git's notes beside it, written whole: under git's own lock, durable, by one rename."""

from __future__ import annotations

import os
from contextlib import suppress

from blastradius.errors import CheckpointError, DriftError
from blastradius.git.contents import Contents
from blastradius.git.openat import Tick
from blastradius.git.repository import Repository

_LOCK, _DRAFT = "index.lock", "index.blastradius-draft"


def refuse_lock(repo: Repository) -> None:
    """Refuse to go on while git works on the index.

    Raises:
        CheckpointError: another process holds the lock.
    """
    lock, draft = repo.git_dir / _LOCK, repo.git_dir / _DRAFT
    with suppress(FileNotFoundError):
        # One that a killed process of ours left is the same file as its draft.
        if lock.samefile(draft):
            lock.unlink()
    if lock.exists():
        raise CheckpointError(
            "git is at work here: there is an index.lock",
            "wait for it to end; if no git runs, remove the file",
        )


def write_index(repo: Repository, oid: str, contents: Contents, tick: Tick) -> None:
    """Let the index be the bytes of a blob; empty: there is none.

    Raises:
        DriftError: git took the lock meanwhile.
        CheckpointError: it cannot be written.
    """
    lock, draft, index = (repo.git_dir / name for name in (_LOCK, _DRAFT, "index"))
    try:
        tick("write index")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "wb") as file:
            for piece in contents.pieces(oid) if oid else ():
                file.write(piece)
            file.flush()
            tick("fsync index")
            os.fsync(handle)
        tick("lock index")
        os.link(draft, lock)
        tick("rename index")
        if oid:
            lock.replace(index)
        else:
            index.unlink(missing_ok=True)
            lock.unlink()
        draft.unlink(missing_ok=True)
    except FileExistsError as error:
        raise DriftError("git is at work here: there is an index.lock", "run it again") from error
    except OSError as error:
        raise CheckpointError(
            f"cannot write the index: {error.strerror}", "mend that and run it again"
        ) from error


def write_note(
    repo: Repository, name: str, oid: str | None, contents: Contents, tick: Tick
) -> None:
    """Let one of git's notes be the bytes of a blob; None: there is none.

    Raises:
        CheckpointError: it cannot be written.
    """
    place = repo.git_dir / name
    draft = repo.git_dir / f"{name}.blastradius-draft"
    try:
        tick(f"write {name}")
        if oid is None:
            place.unlink(missing_ok=True)
            return
        with draft.open("wb") as file:
            file.writelines(contents.pieces(oid))
            file.flush()
            os.fsync(file.fileno())
        tick(f"rename {name}")
        draft.replace(place)
    except OSError as error:
        raise CheckpointError(
            f"cannot write {name}: {error.strerror}", "mend that and run it again"
        ) from error
