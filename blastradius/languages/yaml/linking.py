"""References within a language of keys and values → edges: aliases, merges, includes, ``$ref``.

Written for YAML and parametrised by the language's name, since JSON, TOML and INI have the same
tree of keys.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from blastradius.languages.base import LinkOptions
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node, Reference
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked, Unresolved

_DECODER = msgspec.msgpack.Decoder(tuple[Reference, ...])
_NIL = b"\xc0"
_LONGEST_POINTER = 100


@dataclass(frozen=True, slots=True)
class Tables:
    """What linking one file needs of the tree.

    ``names`` has the addresses in each file of the language, ``paths`` all files of the tree,
    ``folders`` the files directly in each folder.
    """

    names: Mapping[str, frozenset[str]]
    paths: frozenset[str]
    folders: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class KeyedLinks:
    """The linking half of a language of keys.

    ``name`` is the language's NAME; ``endings`` may be left out where a file is named (``./base``
    for ``base.json``).
    """

    name: str
    endings: tuple[str, ...] = ()

    def symbol(self, path: str, definitions: Sequence[Definition], index: int) -> str:
        """Return ``json:<path>#<address>``; ``json:<path>`` for the file."""
        place = f"{self.name}:{path}"
        return f"{place}#{definitions[index].name}" if index >= 0 else place

    def tables(self, files: Mapping[str, Facts], options: LinkOptions) -> Tables:
        """Return the lookups over all files of the language in a tree."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in options.paths:
            folders[posixpath.dirname(path)].append(path)
        names = {
            path: frozenset(one.name for one in facts.definitions) for path, facts in files.items()
        }
        return Tables(names, options.paths, dict(folders))

    def link(self, path: str, facts: Facts, tables: Tables) -> Linked:
        """Return the edges of one file to others, and the references that lead nowhere."""
        edges: list[Edge] = []
        unresolved: list[Unresolved] = []
        for one in references(facts):
            source = self.symbol(path, facts.definitions, one.scope)
            targets = self._targets(one, path, facts, tables)
            edges += (
                Edge(source, target, one.kind, "certain", 0.99, path, one.line, one.value)
                for target in targets
            )
            if targets:
                continue
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

    def _targets(
        self, reference: Reference, path: str, facts: Facts, tables: Tables
    ) -> Sequence[str]:
        if reference.kind in {"alias", "merge"} or reference.target >= 0:
            return [self.symbol(path, facts.definitions, reference.target)]
        if reference.kind == "include":
            return self._included(reference.value, path, tables)
        return self._pointed(reference.value, path, tables)

    def _included(self, value: str, path: str, known: Tables) -> list[str]:
        """Return what an include names: a file, or the files of the language in a folder."""
        for place in _places(value.partition("#")[0], path):
            for wanted in (place, *(place + ending for ending in self.endings)):
                if wanted in known.paths:
                    return [f"{self.name}:{wanted}" if wanted in known.names else f"file:{wanted}"]
            inside = sorted(one for one in known.folders.get(place, ()) if one in known.names)
            if inside:
                return [f"{self.name}:{one}" for one in inside]
        return []

    def _pointed(self, value: str, path: str, known: Tables) -> list[str]:
        """Return the address that a JSON pointer leads to (RFC 6901), the file without one."""
        file, _, pointer = value.partition("#")
        if file:
            found = [one for one in _places(file, path) if one in known.paths][:1]
            if not found:
                return []
            path = found[0]
            if path not in known.names:
                return [f"file:{path}"]
        parts = [
            unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]
        ]
        name = ""
        for part in parts[:_LONGEST_POINTER]:
            key = below(name, Node("scalar", 0, 0, "str", part))
            name = key if key in known.names.get(path, ()) else f"{name}[{part}]"
        if name and name not in known.names.get(path, ()):
            return []
        return [f"{self.name}:{path}#{name}" if name else f"{self.name}:{path}"]


def references(facts: Facts) -> tuple[Reference, ...]:
    """Return the references that were written into ``facts.own``."""
    return _DECODER.decode(facts.own) if bytes(facts.own) != _NIL else ()


def _places(value: str, path: str) -> Iterator[str]:
    """Yield where a relative path may lead: from the file's folder, then from the root."""
    if not value or "://" in value or value.startswith(("/", "~")) or "$" in value:
        return
    for start in (posixpath.dirname(path), ""):
        place = posixpath.normpath(posixpath.join(start, value))
        if place != ".." and not place.startswith("../"):
            yield place


_YAML = KeyedLinks("yaml")
symbol, tables, link = _YAML.symbol, _YAML.tables, _YAML.link
