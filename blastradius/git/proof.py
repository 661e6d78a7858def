"""Seeing that a snapshot can be brought back, and that it was."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from blastradius.git.contents import Contents
from blastradius.git.openat import Tick, WorkFolder
from blastradius.git.paths import encode_path
from blastradius.git.repository import Repository
from blastradius.git.snapshots import Snapshot
from blastradius.git.trees import SUBMODULE, SYMLINK


def write_all(repo: Repository, target: Snapshot, into: Path, tick: Tick) -> None:
    """Write all files of a snapshot into an empty folder, to see that it can be brought back.

    Raises:
        CheckpointError: an object is missing or damaged, or it cannot be written.
    """
    folder = WorkFolder(into, tick, durable=False)
    paths = [path for path, entry in target.work.items() if entry.mode != SUBMODULE]
    with Contents(repo) as contents:
        oids = (target.work[path].oid for path in paths)
        for path, pieces in zip(paths, contents.each(oids), strict=True):
            put_entry(folder, path, target, pieces)


def differing(root: Path, target: Snapshot, object_format: str) -> tuple[str, ...]:
    """Return the paths below a folder that are not as a snapshot has them.

    It shares nothing with how they were written: whole paths, opened one by one.
    """
    found = []
    for path, entry in target.work.items():
        if path in target.apart or entry.mode == SUBMODULE:
            continue
        wanted = 0 if entry.mode == SYMLINK else target.mode_of(path)
        place = root / os.fsdecode(encode_path(path))
        try:
            same = _observed(place, object_format) == (entry.mode == SYMLINK, wanted, entry.oid)
        except OSError:
            same = False
        if not same:
            found.append(path)
    return tuple(found)


def same_index(repo: Repository, oid: str) -> bool:
    """Tell whether git reads the same entries from the index as from the bytes of a blob."""
    words = ("ls-files", "--stage", "-v", "-z")
    if not oid:
        return not (repo.git_dir / "index").exists()
    with tempfile.NamedTemporaryFile() as file, Contents(repo) as contents:
        for piece in contents.pieces(oid):
            file.write(piece)
        file.flush()
        then = repo.git(*words, env={"GIT_INDEX_FILE": file.name})
    return repo.git(*words) == then


def _observed(place: Path, object_format: str) -> tuple[bool, int, str]:
    """Return whether it is a link, its permission bits, and its blob's id."""
    digest = hashlib.new(object_format, usedforsecurity=False)
    status = place.lstat()
    if stat.S_ISLNK(status.st_mode):
        content = os.fsencode(place.readlink())
        digest.update(b"blob %d\0" % len(content) + content)
        return True, 0, digest.hexdigest()
    if not stat.S_ISREG(status.st_mode):
        return False, -1, ""
    digest.update(b"blob %d\0" % status.st_size)
    with place.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return False, status.st_mode & 0o777, digest.hexdigest()


def put_entry(folder: WorkFolder, path: str, target: Snapshot, pieces: Iterator[bytes]) -> None:
    """Write one path of a snapshot, over what is there.

    Raises:
        CheckpointError: its object is missing or damaged, or it cannot be written.
    """
    if target.work[path].mode == SYMLINK:
        folder.put_link(path, b"".join(pieces), target.modes)
    else:
        folder.put(path, target.mode_of(path), pieces, target.modes)
