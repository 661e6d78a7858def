"""Imports and references of one file → edges, and what leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.languages.javascript.own import (
    EDGE_KINDS,
    NAMESPACE,
    SIDE_EFFECT,
    WHOLE,
    Import,
    ImportFlag,
    Reference,
)
from blastradius.languages.javascript.probe import declared_for
from blastradius.languages.javascript.resolve import CERTAIN
from blastradius.languages.javascript.tables import Found, Place, Tables
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

_CONFIDENCE: tuple[tuple[Tier, float], ...] = (("certain", 0.98), ("likely", 0.92))


def symbol(path: str, definitions: Sequence[Definition], index: int) -> str:
    """Return ``javascript:path#name``; the file itself, or its module, is ``javascript:path``."""
    name = definitions[index].name if index >= 0 else ""
    return f"javascript:{path}#{name}" if name else f"javascript:{path}"


def link(path: str, facts: Facts, tables: Tables) -> Linked:
    """Return the edges and the unresolved references of one file."""
    return _File(path, facts, tables).linked()


class _File:
    """The linking of one file."""

    def __init__(self, path: str, facts: Facts, tables: Tables) -> None:
        self._path = path
        self._definitions = facts.definitions
        self._tables = tables
        self._file = tables.files[path]
        self._edges: dict[tuple[str, str, str, int, str], int] = {}
        self._unresolved: dict[Unresolved, None] = {}
        self._resolved = 0

    def linked(self) -> Linked:
        """Return the edges in the order of the file, and what led nowhere."""
        for number, one in enumerate(self._file.own.imports):
            self._import(number, one)
        for reference in self._file.own.references:
            self._reference(reference)
        edges = tuple(
            Edge(source, target, kind, *_CONFIDENCE[rank], self._path, line, text)
            for (source, target, kind, line, text), rank in self._edges.items()
        )
        return Linked(edges, tuple(self._unresolved), self._resolved)

    def _symbol(self, found: Found) -> str:
        if found.place is Place.FILE:
            return f"file:{found.path}"
        definitions = self._tables.files[found.path].definitions
        return symbol(found.path, definitions, found.definition)

    def _import(self, number: int, one: Import) -> None:
        source = symbol(self._path, self._definitions, one.owner)
        found = self._tables.imported(self._path, number)
        text = one.module if one.name in _NAMELESS else f"{one.module}#{one.name}"
        if one.name.startswith("\0"):
            text = one.module
        if found.place is Place.MISSING:
            guarded = bool(one.flags & ImportFlag.GUARDED)
            self._miss(one.line, text, "unresolved", source, internal=not guarded)
            return
        if found.place in {Place.EXTERNAL, Place.UNKNOWN}:
            external = found.place is Place.EXTERNAL
            self._miss(one.line, text, "external" if external else "unresolved", source)
            return
        self._resolved += 1
        for path, definition in found.hops:
            hop = symbol(path, self._tables.files[path].definitions, definition)
            self._edge(source, hop, "import", one.line, text, found.rank)
        self._edge(source, self._symbol(found), "import", one.line, text, found.rank)
        types = declared_for(found.path, self._tables.files)
        declared = self._tables.exported(types, one.name) if types else None
        if declared is not None and declared.place is Place.DEFINITION:
            self._edge(source, self._symbol(declared), "import", one.line, text, found.rank)

    def _reference(self, one: Reference) -> None:
        source = symbol(self._path, self._definitions, one.owner)
        hands_on = one.owner >= 0 and self._definitions[one.owner].kind == "export"
        if hands_on and one.root >= 0 and not one.members:
            found = self._tables.imported(self._path, one.root)
            if found.place in _THERE:
                self._edge(source, self._symbol(found), "import", one.line, one.text, found.rank)
            return
        way = list(self._tables.chain(self._path, one.root, one.members, one.instance))
        own = one.instance == 0 and one.text.startswith("this.")
        last = len(way) - 1
        for number, found in enumerate(way):
            if found.place is Place.MISSING and number:
                self._miss(one.line, one.text, "unresolved", source, internal=not one.guarded)
            if found.place not in _THERE or number < one.skip:
                continue
            if found.place is Place.MODULE and number != last:
                continue
            self._resolved += number == last
            kind = EDGE_KINDS[one.kind] if number == len(one.members) else "reference"
            rank = CERTAIN if own and found.path == self._path else found.rank
            # A namespace that goes on as a value gives away all that is in its file.
            whole = found.place is Place.MODULE
            target = f"file:{found.path}" if whole else self._symbol(found)
            self._edge(source, target, "import" if hands_on else kind, one.line, one.text, rank)

    def _edge(self, source: str, target: str, kind: str, line: int, text: str, rank: int) -> None:
        if source == target:
            return
        key = source, target, kind, line, text
        self._edges[key] = min(rank, self._edges.get(key, rank))

    def _miss(
        self, line: int, name: str, outcome: Outcome, source: str, *, internal: bool = False
    ) -> None:
        self._unresolved.setdefault(
            Unresolved(self._path, line, name, outcome, internal=internal, source=source)
        )


_NAMELESS = frozenset({NAMESPACE, SIDE_EFFECT, WHOLE})
_THERE = frozenset({Place.DEFINITION, Place.MODULE, Place.FILE})
