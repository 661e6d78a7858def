"""tsconfig.json and jsconfig.json: which name is which file, by ``paths`` and ``baseUrl``."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import NamedTuple

from blastradius.languages.javascript import jsonc

Source = Callable[[str], bytes | None]
_NAMES = ("tsconfig.json", "jsconfig.json")
_DEEPEST = 12
_MOST_REFERENCES = 40


class Pattern(NamedTuple):
    """``prefix*suffix`` → targets in the tree, with a ``*`` for what the star matched."""

    prefix: str
    suffix: str
    star: bool
    targets: tuple[str, ...]


class Project(NamedTuple):
    """What one configuration says, its parents' included. ``base`` is None where no baseUrl is.

    ``roots`` are folders whose files stand as if in one (``rootDirs``).
    """

    base: str | None = None
    patterns: tuple[Pattern, ...] = ()
    roots: tuple[str, ...] = ()

    def overlaid(self, place: str) -> list[str]:
        """Return where else a place is, in the other folders of ``rootDirs``."""
        homes = [one for one in self.roots if one == "." or place.startswith(f"{one}/")]
        if not homes:
            return []
        home = max(homes, key=len)
        rest = place if home == "." else place[len(home) + 1 :]
        return [f"{one}/{rest}" if one != "." else rest for one in self.roots if one != home]

    def matches(self, name: str) -> list[str]:
        """Return the places that ``paths`` gives a name, those of the longest prefix first."""
        for one in self.patterns:
            if not one.star and one.prefix == name:
                return list(one.targets)
            fits = one.star and len(name) >= len(one.prefix) + len(one.suffix)
            if fits and name.startswith(one.prefix) and name.endswith(one.suffix):
                middle = name[len(one.prefix) : len(name) - len(one.suffix)]
                return [target.replace("*", middle) for target in one.targets]
        return []


class Projects:
    """The configurations of a tree, read when they are first asked for."""

    def __init__(
        self, paths: frozenset[str], source: Source, package: Callable[[str], str]
    ) -> None:
        self._paths = paths
        self._source = source
        self._package = package
        self._known: dict[str, Project] = {}
        self._options: dict[str, dict[str, tuple[str, object]]] = {}
        self._folders: dict[str, tuple[Project, ...]] = {}

    def of(self, folder: str) -> tuple[Project, ...]:
        """Return the configurations of a folder and of those above it, the nearest first."""
        known = self._folders.get(folder)
        if known is None:
            here = [
                self._load(path)
                for path in (posixpath.join(folder, name) for name in _NAMES)
                if path in self._paths
            ][:1]
            above = self.of(posixpath.dirname(folder)) if folder else ()
            known = self._folders[folder] = (*here, *above)
        return known

    def _load(self, path: str) -> Project:
        known = self._known.get(path)
        if known is None:
            said = self._merged(path, 0)
            known = _project(said)
            if not known.patterns and known.base is None:
                known = self._of_references(path, known)
            self._known[path] = known
        return known

    def _of_references(self, path: str, own: Project) -> Project:
        """A configuration that only lists others (``references``) speaks through them."""
        listed = jsonc.read(self._source(path)).get("references")
        patterns: list[Pattern] = []
        base = own.base
        for one in (listed if isinstance(listed, list) else [])[:_MOST_REFERENCES]:
            target = jsonc.text(jsonc.mapping(one).get("path"))
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            found = place if place in self._paths else posixpath.join(place, _NAMES[0])
            if (
                target
                and found in self._paths
                and posixpath.dirname(found) == posixpath.dirname(path)
            ):
                other = _project(self._merged(found, 0))
                patterns += other.patterns
                base = base if base is not None else other.base
        return Project(base, tuple(dict.fromkeys(patterns)), own.roots)

    def _merged(self, path: str, depth: int) -> Mapping[str, tuple[str, object]]:
        """Return option → (folder of the configuration that says it, value)."""
        known = self._options.get(path)
        if known is not None or path not in self._paths:
            return known or {}
        said: dict[str, tuple[str, object]] = {}
        self._options[path] = said  # one that extends itself adds nothing
        if depth > _DEEPEST:
            return said
        found = jsonc.read(self._source(path))
        folder = posixpath.dirname(path)
        for parent in jsonc.texts(found.get("extends")):
            said.update(self._merged(self._parent(parent, folder), depth + 1))
        options = jsonc.mapping(found.get("compilerOptions"))
        for name in ("baseUrl", "paths", "rootDirs"):
            if name in options:
                said[name] = (folder, options[name])
        return said

    def _parent(self, name: str, folder: str) -> str:
        if name.startswith((".", "/")):
            place = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
        else:
            parts = name.split("/")
            count = 2 if name.startswith("@") else 1
            home = self._package("/".join(parts[:count]))
            if not home:
                return ""
            place = posixpath.normpath(posixpath.join(home, *parts[count:]))
        several = (place, f"{place}.json", posixpath.join(place, _NAMES[0]))
        return next((one for one in several if one in self._paths), "")


def _project(said: Mapping[str, tuple[str, object]]) -> Project:
    base: str | None = None
    if "baseUrl" in said:
        folder, value = said["baseUrl"]
        base = _joined(folder, jsonc.text(value))
    patterns = []
    if "paths" in said:
        folder, value = said["paths"]
        home = base if base is not None else folder
        for name, targets in jsonc.mapping(value).items():
            prefix, star, suffix = name.partition("*")
            places = tuple(_joined(home, one) for one in jsonc.texts(targets))
            patterns.append(Pattern(prefix, suffix, bool(star), places))
    patterns.sort(key=lambda one: (one.star, -len(one.prefix), one.prefix, one.suffix))
    folder, value = said.get("rootDirs", ("", []))
    roots = tuple(_joined(folder, one) for one in jsonc.texts(value))
    return Project(base, tuple(patterns), roots)


def _joined(folder: str, place: str) -> str:
    place = place.replace("${configDir}", ".")
    return posixpath.normpath(posixpath.join(folder, place)).removeprefix("./")
