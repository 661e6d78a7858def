"""package.json: which packages the tree holds, and which file a name of theirs means."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from blastradius.languages.javascript import jsonc
from blastradius.languages.javascript.probe import probe, source_of
from blastradius.languages.javascript.projects import Source

_MOST_PACKAGES = 5_000
_DEEPEST = 8
_ITEM = re.compile(r"\s+-\s*['\"]?([^'\"#\s]+)|^-\s*['\"]?([^'\"#\s]+)")
_CONDITIONS = ("source", "development", "types", "typings", "import", "module", "node", "require")
_FIRST = {name: number for number, name in enumerate(_CONDITIONS)}
_DECLARES = (".d.ts", ".d.mts", ".d.cts")
_FIELDS = ("source", "types", "typings", "module", "main")


class Package(NamedTuple):
    """One package: its folder, what its package.json says, and whether a workspace lists it."""

    folder: str
    said: Mapping[str, object]
    member: bool


class Packages:
    """The packages of a tree."""

    def __init__(self, paths: frozenset[str], source: Source) -> None:
        self._paths = paths
        self._source = source
        self._by_folder: dict[str, Package] = {}
        self._by_name: dict[str, list[Package]] = defaultdict(list)
        found = sorted(
            one
            for one in paths
            if posixpath.basename(one) == "package.json" and "node_modules/" not in one
        )[:_MOST_PACKAGES]
        said = {posixpath.dirname(one): jsonc.read(source(one)) for one in found}
        lists = {folder: self._workspaces(folder, one) for folder, one in said.items()}
        for folder, one in said.items():
            member = any(
                _listed(posixpath.relpath(folder or ".", home or "."), patterns)
                for home, patterns in lists.items()
                if patterns and (not home or folder.startswith(f"{home}/"))
            )
            package = Package(folder, one, member)
            self._by_folder[folder] = package
            name = jsonc.text(one.get("name"))
            if name:
                self._by_name[name].append(package)

    def _workspaces(self, folder: str, said: Mapping[str, object]) -> tuple[str, ...]:
        listed = said.get("workspaces")
        patterns = jsonc.texts(listed) or jsonc.texts(jsonc.mapping(listed).get("packages"))
        pnpm = posixpath.join(folder, "pnpm-workspace.yaml")
        if pnpm in self._paths:
            patterns += _items(self._source(pnpm))
        lerna = posixpath.join(folder, "lerna.json")
        if lerna in self._paths:
            patterns += jsonc.texts(jsonc.read(self._source(lerna)).get("packages"))
        return patterns

    def around(self, folder: str) -> Package | None:
        """Return the package that a folder belongs to."""
        while True:
            if folder in self._by_folder:
                return self._by_folder[folder]
            if not folder:
                return None
            folder = posixpath.dirname(folder)

    def folder_of(self, name: str) -> str:
        """Return the folder of the only package of that name; empty for none or several."""
        several = self._by_name.get(name, [])
        return (several[0].folder or ".") if len(several) == 1 else ""

    def named(self, name: str, near: str) -> tuple[Package, str] | None:
        """Return the package that an import's name starts with, and the rest as ``./x`` or ``.``."""
        parts = name.split("/")
        count = 2 if name.startswith("@") else 1
        several = self._by_name.get("/".join(parts[:count]), [])
        if not several:
            return None
        rest = "/".join(parts[count:])
        best = max(
            several, key=lambda one: (one.member, len(_common(one.folder, near)), one.folder)
        )
        return best, f"./{rest}" if rest else "."

    def entry(self, package: Package, subpath: str) -> str:
        """Return the file that ``subpath`` of a package means, empty when the tree does not hold it."""
        folder, said = package.folder, package.said
        targets: list[str] = []
        if "exports" in said:
            targets = list(_exported(said["exports"], subpath))
        elif subpath == ".":
            targets = [jsonc.text(said.get(name)) for name in _FIELDS]
        declared = ""
        for target in targets:
            place = posixpath.normpath(posixpath.join(folder, target)) if target else ""
            found = place and (probe(place, self._paths) or source_of(folder, target, self._paths))
            if found and not found.endswith(_DECLARES):
                return found
            declared = declared or found  # what runs comes before what declares its types
        if declared:
            return declared
        rest = "" if subpath == "." else subpath[2:]
        homes = ("", "src") if rest or "exports" not in said else ("src", "")
        for home in homes:
            found = probe(posixpath.normpath(posixpath.join(folder, home, rest)), self._paths)
            if found:
                return found
        return source_of(folder, rest, self._paths) if rest and "exports" not in said else ""

    def private(self, package: Package, name: str) -> tuple[str, ...]:
        """Return the places that ``imports`` of the package gives ``#name``."""
        return tuple(_exported(package.said.get("imports"), name))


def _items(source: bytes | None) -> tuple[str, ...]:
    """Return the list under ``packages:`` of a pnpm-workspace.yaml."""
    found: list[str] = []
    inside = False
    for line in (source or b"")[:100_000].decode("utf-8", "replace").splitlines():
        if line.startswith("packages:"):
            inside = True
        elif inside and (item := _ITEM.match(line)):
            found.append(item.group(1) or item.group(2))
        elif line.strip() and not line.startswith((" ", "#", "-")):
            inside = False
    return tuple(found)


def _listed(folder: str, patterns: tuple[str, ...]) -> bool:
    wanted = [one.removeprefix("./").rstrip("/") for one in patterns if not one.startswith("!")]
    return any(
        folder == one
        or (fnmatchcase(folder, one) and ("**" in one or folder.count("/") == one.count("/")))
        or ("**" in one and fnmatchcase(folder, one.replace("**/", "")))
        for one in wanted
    )


def _common(one: str, other: str) -> list[str]:
    shared = []
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        shared.append(left)
    return shared


def _exported(said: object, subpath: str) -> Iterator[str]:
    """Yield what ``exports`` gives a subpath, under every condition, the likeliest sources first."""
    keys = jsonc.mapping(said)
    if not any(key.startswith((".", "#")) for key in keys):
        if subpath == ".":
            yield from _leaves(said)
        return
    if subpath in keys:
        yield from _leaves(keys[subpath])
        return
    for key in sorted(keys, key=lambda one: (-len(one.partition("*")[0]), one)):
        before, star, after = key.partition("*")
        fits = star and len(subpath) >= len(before) + len(after)
        if fits and subpath.startswith(before) and subpath.endswith(after):
            middle = subpath[len(before) : len(subpath) - len(after)]
            yield from (one.replace("*", middle) for one in _leaves(keys[key]))
            return


def _leaves(said: object) -> Iterator[str]:
    waiting: list[tuple[object, int]] = [(said, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            yield one
        elif depth < _DEEPEST and isinstance(one, list):
            waiting += [(each, depth + 1) for each in reversed(one)]
        elif depth < _DEEPEST and isinstance(one, dict):
            order = sorted(one, key=lambda name: _FIRST.get(name, len(_FIRST)))
            waiting += [(one[name], depth + 1) for name in reversed(order)]
