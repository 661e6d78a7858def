"""Where imports start from: source roots, and the module that a dotted name denotes.

A folder is a root when it is the parent of a topmost package, when it is a repository's ``src``,
when it holds plain scripts, or when the configuration says so. A name that several roots could
mean is taken from the root nearest to the importing file.
"""

from __future__ import annotations

import posixpath
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from msgspec import Struct

from blastradius.languages.watch import Watch

SUFFIXES = (".py", ".pyi")
# Modules that are no Python text, beside those whose text we read.
_BINARY = frozenset({".pyx", ".pxd", ".so", ".pyd", ".c", ".cpp", ".rs", ".ipynb"})
# Questions about the tree's folders (`languages.watch`).
ABSOLUTE, RELATIVE, SUBMODULE = "absolute", "relative", "submodule"
COMPILED, DANGLES = "compiled", "dangles"
_CONVENTIONAL = frozenset({"src", "lib", "plugins", "dags", "python"})


class Rank(IntEnum):
    """How sure an answer is: read off the text, one step of inference away, or a guess."""

    CERTAIN = 0
    LIKELY = 1
    HEURISTIC = 2


class Module(Struct, frozen=True, array_like=True):
    """A module of the tree: its file, or a folder without ``__init__`` (``path`` empty).

    ``folder`` is where its submodules are; empty and not a package for plain modules.
    """

    path: str
    folder: str
    rank: int
    package: bool


class _Root(NamedTuple):
    folder: str
    rank: int
    plain: bool  # a folder of scripts, no packages' parent


class Roots:
    """Modules by name and by place.

    Args:
        python: paths of the files that Python reads.
        paths: every path of the tree.
        configured: folders that are source roots for certain.
        watch: notes what is asked.
    """

    def __init__(
        self,
        python: Iterable[str],
        paths: Iterable[str],
        configured: Sequence[str],
        watch: Watch,
    ) -> None:
        self._watch = watch
        # A notebook imports, and nothing imports it.
        self._files = frozenset(path for path in python if not path.endswith(".ipynb"))
        self._packages = {
            posixpath.dirname(path)
            for path in self._files
            if posixpath.basename(path) in {"__init__.py", "__init__.pyi"}
        }
        self._folders = _folders(self._files)
        self._foreign = {
            posixpath.splitext(path)[0].partition(".")[0]
            for path in paths
            if posixpath.splitext(path)[1] in _BINARY
        }
        self._configured = tuple(one.strip("/").removeprefix("./") for one in configured)
        self._tops = self._top_level()
        self._tails = self._by_tail()
        self._known: dict[tuple[str, str], Module | None] = {}

    def absolute(self, name: str, importer: str) -> Module | None:
        """Return the module that ``import name`` in ``importer`` means, None if not ours."""
        key = (name, posixpath.dirname(importer))
        self._watch.note(ABSOLUTE, *key)
        if key not in self._known:
            self._known[key] = self._absolute(name, importer)
        return self._known[key]

    def relative(self, level: int, name: str, importer: str) -> Module | None:
        """Return the module of ``from ..name import x`` in ``importer``; None outside the tree."""
        folder = posixpath.dirname(importer)
        self._watch.note(RELATIVE, str(level), name, folder)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        return self._down(folder, name, Rank.CERTAIN)

    def submodule(self, module: Module, name: str) -> Module | None:
        """Return the submodule ``name`` of a package, None when there is none."""
        if not module.package:
            return None
        self._watch.note(SUBMODULE, module.folder, name)
        return self._child(module.folder, name, module.rank)

    def foreign(self, module: Module, name: str) -> bool:
        """Tell whether ``name`` of the package is a file that we do not read (compiled)."""
        if not module.package:
            return False
        self._watch.note(COMPILED, module.folder, name)
        return posixpath.join(module.folder, name) in self._foreign

    def dangles(self, level: int, name: str, importer: str) -> bool:
        """Tell whether the name leads into a package of this tree and then to nothing.

        Only packages with an ``__init__`` are closed; and a module that a build step makes
        (a version file, protocol buffers) is missing in every tree.
        """
        first, _, rest = name.partition(".")
        self._watch.note(DANGLES, str(level), name, posixpath.dirname(importer))
        if level:
            folder = posixpath.dirname(importer)
            for _ in range(level - 1):
                folder = posixpath.dirname(folder)
            module = self._module(folder, Rank.CERTAIN)
            parts = name.split(".") if name else []
        else:
            module = self.absolute(first, importer)
            parts = rest.split(".") if rest else []
        for part in parts:
            if module is None or not module.package or module.rank != Rank.CERTAIN:
                return False
            child = self._child(module.folder, part, module.rank)
            if child is None:
                return bool(module.path) and not self.foreign(module, part) and not generated(part)
            if not child.package and part is not parts[-1]:
                return True
            module = child
        return False

    def _absolute(self, name: str, importer: str) -> Module | None:
        first, _, rest = name.partition(".")
        here = posixpath.dirname(importer)
        for root in self._candidates(first, here):
            found = self._from_root(root, first, rest)
            if found is not None:
                return found
        return self._by_suffix(name) if rest else None

    def _from_root(self, root: _Root, first: str, rest: str) -> Module | None:
        top = self._child(root.folder, first, root.rank)
        if top is None or not rest:
            return top
        return self._down(top.folder, rest, root.rank) if top.package else None

    def _candidates(self, first: str, here: str) -> list[_Root]:
        """Return the roots that have ``first``, the likeliest first."""
        if first in sys.stdlib_module_names:
            return []
        found = [
            (-self._nearness(root, here), root)
            for root in self._tops.get(first, ())
            if self._reachable(root, here)
        ]
        found.sort(key=lambda pair: (pair[0], pair[1].rank, pair[1].folder, pair[1].plain))
        return [self._ranked(root, near, here, found) for near, root in found]

    def _ranked(self, root: _Root, near: int, here: str, among: list[tuple[int, _Root]]) -> _Root:
        """A root is certain when the importer stands inside it and nothing else is as near."""
        rivals = {other.folder for other_near, other in among if other_near == near}
        if len(rivals) > 1:
            return root._replace(rank=Rank.LIKELY)
        if here == root.folder or (near and not root.plain):
            return root._replace(rank=Rank.CERTAIN)
        return root

    def _reachable(self, root: _Root, here: str) -> bool:
        if not root.plain or root.folder in self._configured:
            return True
        # A script finds what lies beside it or beside the script that runs it, nothing elsewhere.
        inside = here == root.folder or here.startswith(f"{root.folder}/") or not root.folder
        return inside or posixpath.basename(root.folder) in _CONVENTIONAL

    def _nearness(self, root: _Root, here: str) -> int:
        if root.folder in self._configured:
            return 1_000
        if not root.folder or here == root.folder or here.startswith(f"{root.folder}/"):
            return 1 + root.folder.count("/") + bool(root.folder)
        return 0

    def _down(self, folder: str, name: str, rank: int) -> Module | None:
        module = self._module(folder, rank)
        for part in name.split(".") if name else ():
            if module is None or not module.package:
                return None
            module = self._child(module.folder, part, rank)
        return module

    def _module(self, folder: str, rank: int) -> Module | None:
        for suffix in SUFFIXES:
            path = posixpath.join(folder, f"__init__{suffix}")
            if path in self._files:
                return Module(path, folder, rank, package=True)
        return Module("", folder, rank, package=True) if folder in self._folders else None

    def _child(self, folder: str, name: str, rank: int) -> Module | None:
        base = posixpath.join(folder, name)
        if base in self._packages:
            return self._module(base, rank)
        for suffix in SUFFIXES:
            if base + suffix in self._files:
                return Module(base + suffix, "", rank, package=False)
        return self._module(base, rank)

    def _top_level(self) -> dict[str, tuple[_Root, ...]]:
        tops: dict[str, set[_Root]] = defaultdict(set)
        for path in self._files:
            folder, base = posixpath.split(path)
            stem = base.rpartition(".")[0]
            if folder in self._packages:
                self._add_package(folder, tops)
            else:
                self._add_script(folder, stem, tops)
        # From the repository's root, folders such as `src`, and what is configured one can import
        # packages without ``__init__``, too.
        for root in {"", *self._configured, *self._sources()}:
            prefix = f"{root}/" if root else ""
            for folder in self._folders:
                if folder.startswith(prefix) and folder != root:
                    child = folder[len(prefix) :].partition("/")[0]
                    tops[child].add(_Root(root, Rank.CERTAIN, plain=False))
        return {name: tuple(sorted(roots)) for name, roots in tops.items()}

    def _add_package(self, folder: str, tops: dict[str, set[_Root]]) -> None:
        while (above := posixpath.dirname(folder)) in self._packages and above != folder:
            folder = above
        parent, name = posixpath.split(folder)
        if name:
            tops[name].add(_Root(parent, self._package_rank(parent), plain=False))

    def _package_rank(self, root: str) -> int:
        certain = not root or root in self._configured or posixpath.basename(root) in _CONVENTIONAL
        return Rank.CERTAIN if certain else Rank.LIKELY

    def _add_script(self, folder: str, stem: str, tops: dict[str, set[_Root]]) -> None:
        certain = not folder or folder in self._configured or posixpath.basename(folder) == "src"
        tops[stem].add(_Root(folder, Rank.CERTAIN if certain else Rank.LIKELY, plain=bool(folder)))

    def _sources(self) -> Iterable[str]:
        return {one for one in self._folders if posixpath.basename(one) in _CONVENTIONAL}

    def _by_tail(self) -> dict[str, tuple[str, ...]]:
        tails: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._files):
            tail = "/".join(path.rpartition(".")[0].removesuffix("/__init__").split("/")[-2:])
            tails[tail].append(path)
        return {tail: tuple(paths) for tail, paths in tails.items()}

    def _by_suffix(self, name: str) -> Module | None:
        """Return the one file whose path ends as the name does: the root is anybody's guess."""
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        parts = name.split(".")
        whole = "/".join(parts)
        found = [
            path
            for path in self._tails.get("/".join(parts[-2:]), ())
            if path.rpartition(".")[0].removesuffix("/__init__").endswith(f"/{whole}")
        ]
        if len(found) != 1:
            return None
        folder, base = posixpath.split(found[0])
        package = base.startswith("__init__.")
        return Module(found[0], folder if package else "", Rank.LIKELY, package=package)


def generated(module: str) -> bool:
    """Tell whether modules of this name are made by build steps and so are in no repository."""
    return module.strip("_").startswith("version") or module.endswith(("_pb2", "_pb2_grpc"))


def _folders(files: Iterable[str]) -> frozenset[str]:
    """Return every folder that holds Python somewhere below it."""
    found: set[str] = set()
    for path in files:
        folder = posixpath.dirname(path)
        while folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return frozenset(found)


def is_test(path: str) -> bool:
    """Tell from its path whether a file is a test, or stands beside tests."""
    *folders, name = path.split("/")
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name == "conftest.py"
        or not {"tests", "test", "testing"}.isdisjoint(folders)
    )
