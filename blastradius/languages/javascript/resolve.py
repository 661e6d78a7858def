"""The name of a module in an import → a file of this tree, as TypeScript resolves it."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from blastradius.languages.base import LinkOptions
from blastradius.languages.javascript.ignored import Ignored
from blastradius.languages.javascript.packages import Packages
from blastradius.languages.javascript.probe import probe
from blastradius.languages.javascript.projects import Projects

CERTAIN, LIKELY = 0, 1
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ALIASES = ("@/", "~/", "@@/", "~~/", "src/")
_LEAST_TAIL = 1


class Resolved(NamedTuple):
    """Where a name leads: ``path`` in the tree, or empty. ``missing``: it must be here and is not."""

    path: str = ""
    rank: int = CERTAIN
    missing: bool = False


EXTERNAL = Resolved()


class Resolver:
    """The resolution of names over one tree; answers are kept."""

    def __init__(self, options: LinkOptions) -> None:
        self._paths = options.paths
        self._packages = Packages(options.paths, options.source)
        self._projects = Projects(options.paths, options.source, self._packages.folder_of)
        self._ignored = Ignored(options.paths, options.source)
        self._known: dict[tuple[str, str], Resolved] = {}

    def resolve(self, said_in: str, name: str) -> Resolved:
        """Return what ``name`` means in an import of the file ``said_in``."""
        folder = posixpath.dirname(said_in)
        known = self._known.get((folder, name))
        if known is None:
            known = self._known[folder, name] = self._resolve(folder, name)
        return known

    def _resolve(self, folder: str, name: str) -> Resolved:
        name = name.rpartition("!")[2].partition("?")[0]
        if name.startswith(("./", "../")) or name in {".", ".."}:
            return self._relative(folder, name)
        if not name or _SCHEME.match(name):
            return EXTERNAL
        if name.startswith("/"):
            return self._rooted(folder, name)
        if name.startswith("#"):
            found = self._private(folder, name)
            if found is not None:
                return found
        return self._by_project(folder, name) or self._by_package(folder, name)

    def _relative(self, folder: str, name: str) -> Resolved:
        base = posixpath.normpath(posixpath.join(folder, name))
        if base == ".." or base.startswith("../"):
            return EXTERNAL
        base = "" if base == "." else base
        found = probe(base, self._paths) if not name.endswith(("/", ".")) else ""
        found = found or probe(posixpath.join(base, "index"), self._paths)
        if not found:
            found = self._folder(base)
        others = [one for known in self._projects.of(folder)[:1] for one in known.overlaid(base)]
        found = found or next((hit for one in others if (hit := probe(one, self._paths))), "")
        if found:
            return Resolved(found)
        return Resolved(missing=not any(self._ignored.covers(one) for one in (base, *others)))

    def _folder(self, base: str) -> str:
        """Return what a folder's own package.json gives as its entry."""
        package = self._packages.around(base)
        if package is None or package.folder != base or not base:
            return ""
        return self._packages.entry(package, ".")

    def _rooted(self, folder: str, name: str) -> Resolved:
        """``/src/x`` is the web server's root: the package's folder."""
        package = self._packages.around(folder)
        home = package.folder if package else ""
        found = probe(posixpath.join(home, name.lstrip("/")), self._paths)
        return Resolved(found, LIKELY) if found else EXTERNAL

    def _private(self, folder: str, name: str) -> Resolved | None:
        package = self._packages.around(folder)
        if package is None:
            return None
        for target in self._packages.private(package, name):
            if target.startswith("."):
                place = posixpath.normpath(posixpath.join(package.folder, target))
                found = probe(place, self._paths)
                if found:
                    return Resolved(found)
        return None

    def _by_project(self, folder: str, name: str) -> Resolved | None:
        for number, project in enumerate(self._projects.of(folder)):
            rank = CERTAIN if number == 0 else LIKELY
            places = project.matches(name)
            for place in places:
                found = probe(place, self._paths, data=False) or self._folder(place)
                if found:
                    return Resolved(found, rank)
            if project.base is not None:
                base = "" if project.base == "." else project.base
                found = probe(posixpath.join(base, name), self._paths, data=False)
                if found:
                    return Resolved(found, rank)
        return None

    def _by_package(self, folder: str, name: str) -> Resolved:
        named = self._packages.named(name, folder)
        if named is not None:
            package, rest = named
            found = self._packages.entry(package, rest)
            if found:
                own = self._packages.around(folder) == package
                return Resolved(found, CERTAIN if package.member or own else LIKELY)
            return EXTERNAL
        return self._by_alias(folder, name)

    def _by_alias(self, folder: str, name: str) -> Resolved:
        """A bundler's alias that no configuration here tells: the only place that fits."""
        prefix = next((one for one in _ALIASES if name.startswith(one)), "")
        if not prefix:
            return EXTERNAL
        rest = name if prefix == "src/" else name[len(prefix) :]
        package = self._packages.around(folder)
        home = package.folder if package else ""
        found: dict[str, None] = {}
        at = folder
        while True:
            for below in ("", "src", "app", "client", "lib"):
                hit = probe(posixpath.normpath(posixpath.join(at, below, rest)), self._paths)
                if hit:
                    found[hit] = None
            if at == home or not at:
                break
            at = posixpath.dirname(at)
        return Resolved(next(iter(found)), LIKELY) if len(found) == 1 else EXTERNAL
