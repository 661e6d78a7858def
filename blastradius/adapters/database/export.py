"""Files of a commit written into a folder, straight from git's objects: no checkout, no filter."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from blastradius.errors import StoppedError
from blastradius.git.blobs import BlobReader
from blastradius.git.trees import SYMLINK, list_tree
from blastradius.world import World

_MAX_BYTES = 256 << 20
_MAX_FILE = 4 << 20


def export(world: World, tree: str, folder: Path) -> None:
    """Write a commit's files below a folder; symbolic links and what is large are left out.

    Raises:
        StoppedError: it is too much, or cannot be written.
        RepositoryError: an object is missing.
    """
    world.tick(f"export {tree[:12]}")
    entries = {
        path: one for path, one in list_tree(world.repo, tree).items()
        if one.mode.startswith("100") and one.mode != SYMLINK and _is_safe(path)
    }  # fmt: skip
    paths: dict[str, list[str]] = {}
    for path, one in entries.items():
        paths.setdefault(one.oid, []).append(path)
    left = _MAX_BYTES
    try:
        with BlobReader(world.repo, _MAX_FILE) as reader:
            for oid, content in reader.read_many(sorted(paths)):
                if not isinstance(content, bytes):
                    continue
                left -= len(content) * len(paths[oid])
                if left < 0:
                    raise StoppedError(
                        f"the files of {tree[:12]} are more than {_MAX_BYTES >> 20} MiB to write out"
                    )
                for path in paths[oid]:
                    write(folder, path, content)
    except OSError as error:
        raise StoppedError(
            f"the files of {tree[:12]} cannot be written out: {error.strerror}", "free some space"
        ) from None


def write(folder: Path, path: str, content: bytes) -> None:
    """Write one file below a folder.

    Raises:
        StoppedError: its path would lead out of it.
    """
    if not _is_safe(path):
        raise StoppedError(f"{path[:80]!r} is no path of a file in a repository")
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _is_safe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and not {"..", ".git", "/"} & set(parts)
