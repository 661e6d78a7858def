"""Where the packages of a build come from: those that are installed, when they are the right ones."""

from __future__ import annotations

import hashlib
import json
import posixpath
from contextlib import suppress
from pathlib import Path
from typing import Any

from blastradius.adapters.artifacts.model import Command, Modules
from blastradius.adapters.artifacts.node import LOCKS, lock_of, manager_of, workspace_folders
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.domains.documents import entries
from blastradius.git.repository import Repository

_INSTALL = {
    "npm": ("ci", "--ignore-scripts", "--no-audit", "--no-fund"),
    "pnpm": ("install", "--frozen-lockfile", "--ignore-scripts"),
    "yarn": ("install", "--frozen-lockfile", "--ignore-scripts"),
    "bun": ("install", "--frozen-lockfile", "--ignore-scripts"),
}
_YARN_LATER = ("install", "--immutable", "--mode=skip-build")
_KEYS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_MAX_BYTES = 64 << 20


def modules_for(tree: TreeFiles, now: TreeFiles, repo: Repository, root: str) -> Modules | None:
    """Return what a build in ``root`` of ``tree`` gets its packages from, None where they cannot be had.

    Args:
        tree: the reverted tree.
        now: the tree that is undone, which says what is installed where there is no lock file.
        repo: the repository; its work tree holds what is installed.
        root: the package's folder.
    """
    manifest = posixpath.join(root, "package.json")
    if manifest not in tree or not any(_wanted(tree, manifest)):
        return Modules()
    assert repo.work_tree is not None  # noqa: S101 - asked of outputs in a work tree only
    live = repo.work_tree
    folders = tuple(
        path
        for folder in workspace_folders(tree, root)
        if (live / (path := posixpath.join(folder, "node_modules"))).is_dir()
        and not (live / path).is_symlink()
    )
    lock = lock_of(tree, root)
    if not lock:
        same = _wanted(tree, manifest) == _wanted(now, manifest)
        return Modules(folders) if folders and same else None
    if folders and _is_installed(tree, live, repo.object_format, lock):
        return Modules(folders)
    manager = manager_of(tree, root)
    words = _INSTALL[manager]
    if manager == "yarn" and "__metadata:" in tree.text(lock):
        words = _YARN_LATER
    return Modules((), Command(posixpath.dirname(lock), manager, words))


def installed_for(tree: TreeFiles, live: Path, object_format: str, root: str) -> bool:
    """Tell whether what lies in ``node_modules`` is what the tree's lock file says, if there is one."""
    lock = lock_of(tree, root)
    return not lock or _is_installed(tree, live, object_format, lock)


def _wanted(tree: TreeFiles, path: str) -> list[tuple[str, str, str]]:
    return [
        (key, name, value.text)
        for key in _KEYS
        for name, value, _line in entries(tree.node(path, key))
    ]


def _is_installed(tree: TreeFiles, live: Path, object_format: str, lock: str) -> bool:
    folder = live / posixpath.dirname(lock) / "node_modules"
    manager = LOCKS[posixpath.basename(lock)]
    content = _read(live / lock)
    is_same = content is not None and _blob_id(content, object_format) == tree.oid(lock)
    if manager == "npm":
        hidden = _packages(_read(folder / ".package-lock.json"))
        said = _packages(tree.content(lock))
        if hidden is not None and said is not None:
            return _fits(hidden, said)
    if manager == "pnpm":
        inner = _read(folder / ".pnpm" / "lock.yaml")
        if inner is not None:
            return _blob_id(inner, object_format) == tree.oid(lock)
    return is_same and folder.is_dir()


def _fits(hidden: dict[str, Any], said: dict[str, Any]) -> bool:
    """Tell whether what npm says it installed is what a lock file asks for."""
    wanted = {name: one for name, one in said.items() if name}
    for name, one in wanted.items():
        may_miss = one.get("optional") or one.get("devOptional") or one.get("peer")
        if name not in hidden and not may_miss and "node_modules" in name.split("/"):
            return False
    return all(
        name in wanted and one.get("version") == wanted[name].get("version")
        for name, one in hidden.items()
        if name
    )


def _packages(content: bytes | None) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError, TypeError, KeyError):
        found = json.loads(content or b"")["packages"]
        if isinstance(found, dict) and all(isinstance(one, dict) for one in found.values()):
            return found
    return None


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _MAX_BYTES:
            return path.read_bytes()
    return None


def _blob_id(content: bytes, object_format: str) -> str:
    seen = hashlib.new(object_format, b"blob %d\0" % len(content), usedforsecurity=False)
    seen.update(content)
    return seen.hexdigest()
