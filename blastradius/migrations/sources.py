"""Files of the tree, read once and within bounds; Python as syntax trees, modules found by name."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Callable, Mapping

from blastradius.languages.python.source import decode_source
from blastradius.model.source import TreeEntry

MOST_BYTES = 2_000_000
MOST_FILES = 20_000
_REGULAR = frozenset({"100644", "100755", "100664"})


class Sources:
    """The tree as the readers of migrations see it: regular files only, each read once.

    A symlink's bytes are a path, and no submodule has any: neither is ever read.
    """

    def __init__(
        self, listing: Mapping[str, TreeEntry], read: Callable[[str], bytes | None]
    ) -> None:
        self.paths: frozenset[str] = frozenset(
            path for path, entry in listing.items() if entry.mode in _REGULAR and _plain(path)
        )
        self._read = read
        self._bytes: dict[str, bytes | None] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self._modules: dict[str, list[str]] | None = None

    def bytes(self, path: str) -> bytes | None:
        """Return the bytes of a file, None when it is absent, binary or too large."""
        if path not in self.paths:
            return None
        if path not in self._bytes:
            content = self._read(path)
            whole = content is not None and len(content) <= MOST_BYTES and b"\0" not in content
            self._bytes[path] = content if whole else None
        return self._bytes[path]

    def text(self, path: str) -> str | None:
        """Return the text of a file that is UTF-8 or nearly so, with newlines as line ends."""
        content = self.bytes(path)
        if content is None:
            return None
        text = content.decode("utf-8", "replace").removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def tree(self, path: str) -> ast.Module | None:
        """Return the syntax tree of a Python file, None when it has none."""
        if path not in self._trees:
            content = self.bytes(path)
            self._trees[path] = parsed(decode_source(content)[0]) if content is not None else None
        return self._trees[path]

    def module(self, dotted: str, near: str) -> str | None:
        """Return the path of the module ``dotted`` that a file at ``near`` imports, None if not sure.

        Where several end alike, the one that shares most folders with ``near``; two of them: none.
        """
        if self._modules is None:
            self._modules = {}
            for path in sorted(self.paths):
                if path.endswith(".py"):
                    stem = path.removesuffix(".py").removesuffix("/__init__")
                    self._modules.setdefault(posixpath.basename(stem), []).append(path)
        tail = dotted.replace(".", "/")
        found = [
            path
            for path in self._modules.get(posixpath.basename(tail), ())
            if f"/{path}".endswith((f"/{tail}.py", f"/{tail}/__init__.py"))
        ]
        if len(found) < 2:  # noqa: PLR2004 - one, or none
            return found[0] if found else None
        shared = sorted(((_shared(path, near), path) for path in found), reverse=True)
        return shared[0][1] if shared[0][0] > shared[1][0] else None


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of Python text, None when it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def strings(value: ast.expr | None) -> tuple[str, ...]:
    """Return the strings of a literal: of one, or of the items of a tuple, list or set."""
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List, ast.Set)) else [value]
    return tuple(
        one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _plain(path: str) -> bool:
    """Tell whether a path stays below the root, whatever the tree says it is called."""
    parts = path.split("/")
    return not any(part in {"", ".", "..", ".git"} for part in parts)


def _shared(path: str, near: str) -> int:
    count = 0
    for one, other in zip(path.split("/"), near.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
