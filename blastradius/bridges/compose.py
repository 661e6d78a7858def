"""Compose files: services, networks, volumes, secrets and configs that name each other.

https://docs.docker.com/reference/compose-file/: what resolves is certain. A file beside it that says
more of the same service (an override) depends on the base by convention: likely.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from blastradius.bridges.base import View
from blastradius.bridges.found import EXPLICIT, INFERRED, Found, Site
from blastradius.bridges.keyed import Keyed, keyed_files
from blastradius.model.symbols import Linked

NAME = "compose"
VERSION = "1"

# Key of a service → the top-level key whose members it names.
_NAMED = {
    "depends_on": "services",
    "links": "services",
    "volumes_from": "services",
    "networks": "networks",
    "volumes": "volumes",
    "secrets": "secrets",
    "configs": "configs",
}
_BASES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def link(view: View) -> Linked:
    """Return the edges of kind ``config`` and ``path`` of all compose files."""
    files = keyed_files(view)
    found = Found()
    for file in files.values():
        if is_compose(file):
            _compose(file, files, view.paths, found)
    return found.linked()


def is_compose(file: Keyed) -> bool:
    """Tell whether the file is a compose file: by its name, or by services that have images."""
    services = file.at(-1, "services")
    if services is None:
        return False
    if "compose" in posixpath.basename(file.path).lower():
        return True
    return any(
        file.at(one, "image") is not None or file.at(one, "build") is not None
        for one in file.below(services).values()
    )


def _compose(file: Keyed, files: Mapping[str, Keyed], paths: frozenset[str], found: Found) -> None:
    services = file.below(file.at(-1, "services"))
    for name, service in services.items():
        for word, above in _NAMED.items():
            targets = file.below(file.at(-1, above))
            for value, index in _names(file, file.at(service, word)):
                site = Site(file.symbol(index), file.path, file.line(index), value)
                target = targets.get(value.partition(":")[0])
                if target is not None:
                    found.edge(site, file.symbol(target), "config", EXPLICIT)
                elif above == "services":
                    _elsewhere(file, value, files, site, found)
        _extends(file, service, files, found)
        _build(file, service, paths, found)
        base = _base(file, files)
        inherited = base.at(-1, "services", name) if base is not None else None
        if base is not None and inherited is not None:
            site = Site(file.symbol(service), file.path, file.line(service), name)
            found.edge(site, base.symbol(inherited), "config", INFERRED)


def _names(file: Keyed, index: int | None) -> Iterator[tuple[str, int]]:
    """Yield the names of a list, of a mapping's keys, or of the ``source`` of its items."""
    if index is None:
        return
    yield from file.words(index)
    yield from file.below(index).items()
    for item in file.listed(index):
        source = file.at(item, "source")
        if source is not None and file.text(source):
            yield file.text(source), source


def _elsewhere(
    file: Keyed, value: str, files: Mapping[str, Keyed], site: Site, found: Found
) -> None:
    """A service that this file does not have: of the base beside it, else it dangles."""
    base = _base(file, files)
    target = base.at(-1, "services", value.partition(":")[0]) if base is not None else None
    if base is not None and target is not None:
        found.edge(site, base.symbol(target), "config", EXPLICIT)
    else:
        found.miss(site, internal=base is None and file.at(-1, "include") is None)


def _base(file: Keyed, files: Mapping[str, Keyed]) -> Keyed | None:
    folder, name = posixpath.split(file.path)
    if name in _BASES or "compose" not in name:
        return None
    return next(
        (
            files[path]
            for path in (posixpath.join(folder, base) for base in _BASES)
            if path in files and path != file.path
        ),
        None,
    )


def _extends(file: Keyed, service: int, files: Mapping[str, Keyed], found: Found) -> None:
    extends = file.at(service, "extends")
    if extends is None:
        return
    named = file.at(extends, "service")
    index = named if named is not None else extends
    value, other = file.text(index), file
    where = file.text(file.at(extends, "file"))
    if where:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), where))
        if path not in files:
            return
        other = files[path]
    target = other.at(-1, "services", value) if value else None
    site = Site(file.symbol(index), file.path, file.line(index), value)
    if target is not None:
        found.edge(site, other.symbol(target), "config", EXPLICIT)
    elif value:
        found.miss(site, internal=True)


def _build(file: Keyed, service: int, paths: frozenset[str], found: Found) -> None:
    """``build: ./web`` reads ``web/Dockerfile``; ``env_file`` the file that it names."""
    here = posixpath.dirname(file.path)
    build = file.at(service, "build")
    if build is not None:
        context = file.at(build, "context")
        folder = file.text(context if context is not None else build) or "."
        named = file.at(build, "dockerfile")
        name = file.text(named) or "Dockerfile"
        index = named if named is not None else context if context is not None else build
        _file(file, index, posixpath.join(here, folder, name), paths, found)
    for value, index in file.words(file.at(service, "env_file")):
        _file(file, index, posixpath.join(here, value), paths, found)


def _file(file: Keyed, index: int, path: str, paths: frozenset[str], found: Found) -> None:
    wanted = posixpath.normpath(path)
    if wanted in paths:
        site = Site(file.symbol(index), file.path, file.line(index), wanted)
        found.edge(site, f"file:{wanted}", "path", EXPLICIT)
