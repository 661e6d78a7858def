"""Declared files and folders outside of git: where they are, read and written without following a link."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from blastradius.errors import CheckpointError, UsageError
from blastradius.git.openat import WorkFolder, refuse_path
from blastradius.model.source import display_path
from blastradius.world import World

_MOST = 64 * 2**20


class Place(NamedTuple):
    """A file as a folder that is opened, and the path below it."""

    folder: WorkFolder
    path: str


def place_of(world: World, declared: str) -> Place:
    """Return where a declared file is.

    Args:
        world: the repository.
        declared: a path below the work tree, or an absolute one without links in it.

    Raises:
        UsageError: a relative path in a bare repository.
        CheckpointError: it leaves the work tree or is inside of a git directory.
    """
    if os.path.isabs(declared):  # noqa: PTH117 - a text, of which only the first character counts
        path = Path(declared)
        return Place(WorkFolder(path.parent, world.tick), path.name)
    if world.repo.work_tree is None:
        raise UsageError(
            f"{declared} needs a work tree, and this repository is bare", "name it whole"
        )
    refuse_path(declared)
    return Place(WorkFolder(world.repo.work_tree, world.tick), declared)


def named(world: World, declared: Iterable[str]) -> tuple[str, ...]:
    """Return declared paths in one spelling, sorted, each once.

    A path of the command line that lies below the work tree is told from there; another one is absolute,
    with the links of its folders resolved.

    Raises:
        UsageError: a path cannot be meant.
    """
    found = set()
    root = world.repo.work_tree
    for one in declared:
        if "\0" in one or not one.strip("/"):
            raise UsageError(f"{one!r} is no path of a file", "name a file")
        if not os.path.isabs(one):  # noqa: PTH117 - as above
            found.add("/".join(part for part in one.split("/") if part not in {"", "."}))
            continue
        path = Path(os.path.realpath(Path(one).parent)) / Path(one).name
        inside = root is not None and path.is_relative_to(os.path.realpath(root))
        found.add(str(path.relative_to(os.path.realpath(root))) if inside and root else str(path))
    return tuple(sorted(found))


def content(place: Place, declared: str) -> tuple[bytes, int] | None:
    """Return a file's bytes and permission bits, None where there is none.

    Raises:
        CheckpointError: it is no file, is too large, or cannot be read.
    """
    there = place.folder.look(place.path)
    if there is None:
        return None
    if there.kind != "file":
        what = {"link": "a link", "folder": "a folder"}.get(there.kind, "no file")
        raise CheckpointError(
            f"{display_path(declared)} is {what}", "declare the file itself, or a folder in folders"
        )
    parts, size = [], 0
    pieces = place.folder.pieces(place.path)
    next(pieces)  # its size as it was opened
    for piece in pieces:
        size += len(piece)
        if size > _MOST:
            raise CheckpointError(
                f"{display_path(declared)} has more than {_MOST >> 20} MiB",
                "declare the folder it is in, in folders",
            )
        parts.append(piece)
    return b"".join(parts), there.mode
