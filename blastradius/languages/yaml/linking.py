"""References within YAML → edges: aliases, merges, includes, and ``$ref`` pointers."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from blastradius.languages.base import LinkOptions
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.collect import Reference
from blastradius.languages.yaml.nodes import Node
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked, Unresolved

_DECODER = msgspec.msgpack.Decoder(tuple[Reference, ...])
_NIL = b"\xc0"
_LONGEST_POINTER = 100


@dataclass(frozen=True, slots=True)
class Tables:
    """What linking one file needs of the tree.

    ``names`` has the addresses in each YAML file, ``paths`` all files of the tree, ``folders`` the
    files directly in each folder.
    """

    names: Mapping[str, frozenset[str]]
    paths: frozenset[str]
    folders: Mapping[str, Sequence[str]]


def tables(files: Mapping[str, Facts], options: LinkOptions) -> Tables:
    """Return the lookups over all YAML files of a tree."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path in options.paths:
        folders[posixpath.dirname(path)].append(path)
    names = {
        path: frozenset(one.name for one in facts.definitions) for path, facts in files.items()
    }
    return Tables(names, options.paths, dict(folders))


def symbol(path: str, definitions: Sequence[Definition], index: int) -> str:
    """Return ``yaml:<path>#<address>``; ``yaml:<path>`` for the file."""
    return f"yaml:{path}#{definitions[index].name}" if index >= 0 else f"yaml:{path}"


def link(path: str, facts: Facts, known: Tables) -> Linked:
    """Return the edges of one file to places of YAML, and the includes that lead nowhere."""
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for one in references(facts):
        source = symbol(path, facts.definitions, one.scope)
        if one.kind in {"alias", "merge"}:
            targets = [symbol(path, facts.definitions, one.target)]
        elif one.kind == "include":
            targets = _included(one.value, path, known)
        else:
            targets = _pointed(one.value, path, known)
        edges += (
            Edge(source, target, one.kind, "certain", 0.99, path, one.line, one.value)
            for target in targets
        )
        if not targets:
            local = one.value.startswith("#") or any(_places(one.value.partition("#")[0], path))
            unresolved.append(
                Unresolved(
                    path,
                    one.line,
                    one.value,
                    "unresolved" if local else "external",
                    internal=local,
                    source=source,
                )
            )
    return Linked(tuple(edges), tuple(unresolved), len(edges))


def references(facts: Facts) -> tuple[Reference, ...]:
    """Return the references that `collect` wrote into ``facts.own``."""
    return _DECODER.decode(facts.own) if bytes(facts.own) != _NIL else ()


def _included(value: str, path: str, known: Tables) -> list[str]:
    """Return what an include names: a file, or the YAML files below a folder."""
    for wanted in _places(value.partition("#")[0], path):
        if wanted in known.paths:
            return [f"yaml:{wanted}" if wanted in known.names else f"file:{wanted}"]
        inside = sorted(one for one in known.folders.get(wanted, ()) if one in known.names)
        if inside:
            return [f"yaml:{one}" for one in inside]
    return []


def _places(value: str, path: str) -> Iterator[str]:
    """Yield where a relative path may lead: from the file's folder, then from the root."""
    if not value or not _is_local(value):
        return
    for start in (posixpath.dirname(path), ""):
        place = posixpath.normpath(posixpath.join(start, value))
        if place != ".." and not place.startswith("../"):
            yield place


def _pointed(value: str, path: str, known: Tables) -> list[str]:
    """Return the address that a JSON pointer leads to (RFC 6901), the whole file without one."""
    file, _, pointer = value.partition("#")
    if file:
        found = [one for one in _places(file, path) if one in known.paths][:1]
        if not found:
            return []
        path = found[0]
        if path not in known.names:
            return [f"file:{path}"]
    parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    name = ""
    for part in parts[:_LONGEST_POINTER]:
        key = below(name, Node("scalar", 0, 0, "str", part))
        name = key if key in known.names.get(path, ()) else f"{name}[{part}]"
    if name and name not in known.names.get(path, ()):
        return []
    return [f"yaml:{path}#{name}" if name else f"yaml:{path}"]


def _is_local(value: str) -> bool:
    return "://" not in value and not value.startswith(("/", "~")) and "$" not in value
