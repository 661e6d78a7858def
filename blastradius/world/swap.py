"""Putting a folder or file in the place of another in one step, or in steps that can be told apart.

Where the file system can exchange two names, there is one step and no state between. Where it cannot,
three renames do it: what is there goes aside, the new one takes its place, and what was put aside
takes the new one's old name. `finish` tells from the names alone how far that went, and ends it.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from blastradius.errors import DriftError
from blastradius.world.files import Files

_CANNOT = frozenset((errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP))


def swap(files: Files, new: Path, target: Path) -> None:
    """Exchange what two places hold: afterwards ``target`` is what ``new`` was, and the reverse.

    Where ``target`` is absent, ``new`` is afterwards. Both lie in one file system.

    Raises:
        DriftError: see `finish`.
        OSError: it cannot be done; `finish` ends what was begun.
    """
    finish(files, new, target)
    if not os.path.lexists(target):
        move(files, new, target)
        return
    try:
        files.exchange(new, target)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        move(files, target, aside_of(new))
        finish(files, new, target)


def finish(files: Files, new: Path, target: Path) -> None:
    """End a `swap` that was interrupted between two renames; else nothing happens.

    Raises:
        DriftError: somebody else put something in the place meanwhile.
        OSError: a name cannot be changed.
    """
    aside = aside_of(new)
    if not os.path.lexists(aside):
        return
    if not os.path.lexists(target):
        if not os.path.lexists(new):  # nobody's doing of ours: what was there comes back
            move(files, aside, target)
            return
        move(files, new, target)
    elif os.path.lexists(new):
        raise DriftError(
            f"{target} was made by somebody else while it was being put in place",
            f"what was there before is {aside}: keep one of them",
        )
    move(files, aside, new)


def aside_of(new: Path) -> Path:
    """Return where what was replaced stands for a moment, where names cannot be exchanged."""
    return new.with_name(f"{new.name}.aside")


def move(files: Files, source: Path, target: Path) -> None:
    """Rename to a name that is not there, durably on both sides."""
    files.replace(source, target)
    if source.parent != target.parent:
        files.sync_folder(source.parent)
