"""The files of one tree as text, JSON and TOML; what cannot be read is absent, never an error."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from blastradius.domains.documents import get, whole
from blastradius.git.blobs import BlobReader
from blastradius.git.repository import Repository
from blastradius.git.trees import SUBMODULE, SYMLINK, list_tree
from blastradius.languages.yaml.nodes import Node

_MAX_TEXT = 1_000_000
_MAX_BYTES = 64 << 20


class TreeFiles:
    """A tree's files, read when asked for.

    Args:
        repo: the repository.
        treeish: a tree or a commit.

    Attributes:
        entries: path → entry, as `list_tree` gives them.

    Raises:
        RepositoryError: there is no such tree.
    """

    def __init__(self, repo: Repository, treeish: str) -> None:
        self.entries = list_tree(repo, treeish)
        self._reader = BlobReader(repo, _MAX_BYTES)
        self._texts: dict[str, str] = {}

    def close(self) -> None:
        """End the process that reads."""
        self._reader.close()

    def __contains__(self, path: str) -> bool:
        return path in self.entries

    def oid(self, path: str) -> str:
        """Return the id of a path's blob, empty when there is none."""
        entry = self.entries.get(path)
        return entry.oid if entry is not None else ""

    def text(self, path: str) -> str:
        """Return a file's text, empty when there is none, or it is binary or too large."""
        entry = self.entries.get(path)
        if entry is None or entry.mode in {SUBMODULE, SYMLINK}:
            return ""
        if path not in self._texts:
            content = self.content(path) or b""
            is_text = len(content) <= _MAX_TEXT and b"\0" not in content
            self._texts[path] = content.decode("utf-8", "replace") if is_text else ""
        return self._texts[path]

    def content(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is none or it is too large to be looked into."""
        entry = self.entries.get(path)
        found = self._reader.read(entry.oid) if entry is not None else None
        return found if isinstance(found, bytes) else None

    def node(self, path: str, *names: str) -> Node | None:
        """Return a value of a JSON or YAML file by its keys, None when there is none."""
        return get(whole(self.text(path)), *names)

    def toml(self, path: str) -> Mapping[str, Any]:
        """Return a TOML file's table, empty when there is none or it is broken."""
        try:
            return tomllib.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}

    def names_in(self, folder: str) -> set[str]:
        """Return the names of the files right in a folder."""
        return self._by_folder.get(folder, set())

    def folders_with(self, name: str) -> list[str]:
        """Return the folders that hold a file of that name, sorted."""
        return sorted(folder for folder, names in self._by_folder.items() if name in names)

    @cached_property
    def _by_folder(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in self.entries:
            above, _, name = path.rpartition("/")
            found.setdefault(above, set()).add(name)
        return found
