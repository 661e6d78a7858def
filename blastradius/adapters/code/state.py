"""The state of a branch and of what is checked out of it, as leaves: ref, index entries, files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from blastradius.errors import CheckpointError
from blastradius.git.durable import hashed
from blastradius.git.openat import DRAFT, WorkFolder
from blastradius.git.paths import decode_path, encode_path
from blastradius.git.repository import Repository
from blastradius.git.trees import SUBMODULE, SYMLINK
from blastradius.model.plan import Fingerprint
from blastradius.model.source import TreeEntry, display_path

_FILE, _EXECUTABLE = "100644", "100755"
_USER_MAY_RUN = 0o100


def leaf_name(path: str) -> str:
    """Return a path as it stands in a leaf: printable, and no two alike."""
    shown = display_path(path)
    if shown.encode() == encode_path(path):
        return shown
    return f"{shown} ({hashlib.sha256(encode_path(path)).hexdigest()[:8]})"


def shown_entry(entry: TreeEntry | None) -> str:
    """Return the value of an index entry's or a file's leaf, empty for none."""
    return f"{entry.mode} {entry.oid}" if entry is not None else ""


def fingerprint(
    ref: str,
    tip: str,
    head: str,
    index: Mapping[str, TreeEntry | None],
    files: Mapping[str, TreeEntry | None],
) -> Fingerprint:
    """Return the fingerprint of a branch and of the paths of it that a step touches.

    Args:
        ref: full name of the branch, or HEAD.
        tip: the commit it points to, empty where there is no such branch.
        head: what HEAD says where the branch is checked out, else empty.
        index: touched path → entry.
        files: touched path → mode and blob id of the file's raw bytes.
    """
    leaves = {f"ref {ref}": tip, "HEAD": head}
    leaves |= {f"index {leaf_name(path)}": shown_entry(one) for path, one in index.items()}
    leaves |= {f"file {leaf_name(path)}": shown_entry(one) for path, one in files.items()}
    return Fingerprint({name: value for name, value in leaves.items() if value})


def tip_of(repo: Repository, ref: str) -> str:
    """Return the commit that a ref points to, empty where there is none."""
    finished = repo.invoke(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    )
    return finished.out.decode("ascii").strip() if finished.code == 0 else ""


def head_of(repo: Repository) -> str:
    """Return what HEAD says: the full name of a branch, or a commit when it is detached."""
    finished = repo.invoke("symbolic-ref", "--quiet", "HEAD")
    if finished.code == 0:
        return finished.out.decode("utf-8", "surrogateescape").strip()
    return repo.head() or ""


def index_entries(repo: Repository, paths: Iterable[str]) -> dict[str, TreeEntry | None]:
    """Return path → entry of the index; an unmerged path has none that equals anything."""
    wanted = set(paths)
    found: dict[str, TreeEntry | None] = dict.fromkeys(sorted(wanted))
    for line in repo.git("ls-files", "--stage", "-z").split(b"\0")[:-1]:
        head, _, raw = line.partition(b"\t")
        path = decode_path(raw)
        if path in wanted:
            mode, oid, stage = head.decode("ascii").split(" ")
            found[path] = TreeEntry(mode if stage == "0" else f"unmerged-{stage}", oid)
    return found


def sparse_paths(repo: Repository, paths: Iterable[str]) -> frozenset[str]:
    """Return those of some paths that git keeps in the index only: a sparse checkout leaves them out."""
    listed = repo.git("ls-files", "-t", "-z").split(b"\0")
    out = {decode_path(line[2:]) for line in listed if line.startswith(b"S ")}
    return frozenset(out.intersection(paths))


def file_entries(
    folder: WorkFolder, paths: Sequence[str], object_format: str
) -> dict[str, TreeEntry | None]:
    """Return path → mode and blob id of the raw bytes on disk, None where nothing is.

    A folder that holds nothing but some of the paths is nothing of its own.

    Raises:
        CheckpointError: a file cannot be read.
    """
    known = with_folders(paths)
    return {path: _file_entry(folder, path, object_format, known) for path in paths}


def with_folders(paths: Iterable[str]) -> frozenset[str]:
    """Return paths, and every folder above one of them with a slash at its end."""
    found = set(paths)
    for path in tuple(found):
        above = path.rpartition("/")[0]
        while above and f"{above}/" not in found:
            found.add(f"{above}/")
            above = above.rpartition("/")[0]
    return frozenset(found)


def stranger_in(folder: WorkFolder, path: str, known: frozenset[str]) -> str | None:
    """Return the first path in a folder that is none of those known, None where there is none.

    Args:
        folder: the work tree.
        path: the folder in it.
        known: from `with_folders`.
    """
    left = [path]
    while left:
        top = left.pop()
        for name in folder.names(top):
            one = f"{top}/{decode_path(os.fsencode(name))}"
            if one in known or name.startswith(DRAFT):
                continue
            if f"{one}/" not in known:
                return one
            left.append(one)
    return None


def _file_entry(
    folder: WorkFolder, path: str, object_format: str, known: frozenset[str]
) -> TreeEntry | None:
    found = folder.look(path)
    if found is None:
        return None
    if found.kind == "link":
        content = folder.target(path)
        return TreeEntry(SYMLINK, blob_id(content, object_format))
    if found.kind == "folder":
        inside = Path(folder.root, os.fsdecode(encode_path(path)))
        if (inside / ".git").exists():
            return TreeEntry(SUBMODULE, Repository.open(inside).head() or "")
        return TreeEntry("folder", "") if stranger_in(folder, path, known) else None
    if found.kind == "other":
        return TreeEntry("other", "")
    mode = _EXECUTABLE if found.mode & _USER_MAY_RUN else _FILE
    return TreeEntry(mode, hashed(folder.pieces(path), object_format))


def blob_id(content: bytes, object_format: str) -> str:
    """Return the id that git gives a blob."""
    digest = hashlib.new(object_format, usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content) + content)
    return digest.hexdigest()


def content_on_disk(folder: WorkFolder, path: str) -> tuple[int, bytes] | None:
    """Return the permission bits and bytes of a file, or (-1, goal) of a link; None for nothing.

    Raises:
        CheckpointError: it cannot be read, or is neither.
    """
    found = folder.look(path)
    if found is None:
        return None
    if found.kind == "link":
        return -1, folder.target(path)
    if found.kind != "file":
        raise CheckpointError(
            f"{display_path(path)} is a {found.kind}, where git has a file", "move it away"
        )
    pieces = folder.pieces(path)
    next(pieces)
    return found.mode, b"".join(pieces)
