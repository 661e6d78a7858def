"""Facts of all files of a tree → one graph's edges, over every language and bridge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from blastradius.bridges.base import FileView, View
from blastradius.bridges.registry import bridges
from blastradius.index.blob import facts_of
from blastradius.index.edges import EdgeTable
from blastradius.index.graph import CONTAINS
from blastradius.index.kept import KeptLinks
from blastradius.languages.base import Language, Memo, ReadMany, Source
from blastradius.model.facts import Facts
from blastradius.model.symbols import Edge, Linked, Outcome, Unresolved


def _nothing(_path: str) -> bytes | None:
    return None


def _no_content(_path: str) -> str:
    return ""


def _one_by_one(language: str, texts: Sequence[tuple[bytes, str]]) -> list[Facts | None]:
    return [facts_of(language, text, dialect) for text, dialect in texts]


class _Memory:
    """A `Memo` that lasts as long as its holder."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self._kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self._kept[kind, key] = value


@dataclass(frozen=True, slots=True)
class Options:
    """What linking is told by the configuration and by the tree; a `languages.base.LinkOptions`."""

    source_roots: tuple[str, ...] = ()
    dialect: str = ""
    paths: frozenset[str] = frozenset()
    source: Source = _nothing
    content: Callable[[str], str] = _no_content
    memo: Memo = field(default_factory=_Memory)
    read_many: ReadMany = _one_by_one


# A migration follows another one's being there, not each table in it.
_FOLLOWS = "migration"
# Part of the key of cached links: raise it when linking itself changes.
LINK_VERSION = "5"


class Tally(Struct, frozen=True, array_like=True):
    """How the references of one language ended: resolved, and the rest by outcome."""

    resolved: int
    unresolved: dict[Outcome, int]


class LinkedTree(Struct, frozen=True, array_like=True):
    """The edges of a tree, the references that dangle, and the tallies for the report.

    ``edges`` is a tuple, or an `EdgeTable` of a tree that is kept.
    ``dangling`` holds the internal unresolved references only: they name a place in this tree.
    """

    edges: Sequence[Edge]
    dangling: tuple[Unresolved, ...]
    tallies: dict[str, Tally]


class _Packed(Struct, frozen=True, array_like=True):
    edges: msgspec.Raw
    dangling: tuple[Unresolved, ...]
    tallies: dict[str, Tally]


_PACKED = msgspec.msgpack.Decoder(_Packed)


def tabled(linked: LinkedTree) -> LinkedTree:
    """Return the same links with their edges as an `EdgeTable`."""
    return LinkedTree(EdgeTable.of(linked.edges), linked.dangling, linked.tallies)


def pack_tree(linked: LinkedTree) -> bytes:
    """Return the links of a tree as bytes.

    Raises:
        UnicodeEncodeError: a name in it is no text.
    """
    edges = EdgeTable.of(linked.edges).to_bytes()
    return msgspec.msgpack.encode(_Packed(msgspec.Raw(edges), linked.dangling, linked.tallies))


def unpack_tree(packed: bytes) -> LinkedTree:
    """Return the links of a tree that `pack_tree` packed.

    Raises:
        ValueError: the bytes are damaged, or from another kind of machine.
    """
    found = _PACKED.decode(packed)
    return LinkedTree(EdgeTable.from_bytes(found.edges), found.dangling, found.tallies)


def link(files: Mapping[str, FileView], options: Options) -> LinkedTree:
    """Link a whole tree: each language by itself, then the bridges in their order.

    Args:
        files: path → facts, of every file that a language reads.
        options: source roots, dialect, all paths of the tree.
    """
    tables: dict[str, Any] = {}
    parts: list[tuple[str, Linked]] = []
    for language, own in _by_language(files):
        facts = {path: view.facts for path, view in own.items()}
        known = language.tables(facts, options)
        tables[language.NAME] = known
        linker = KeptLinks(language, known, options, LINK_VERSION)
        parts += [(language.NAME, linker.link(path, facts[path])) for path in own]
    edges = [edge for _, part in parts for edge in part.edges]
    shared: dict[str, Any] = {}
    for bridge in bridges():
        view = View(files, options.paths, tables, tuple(edges), options, shared)
        part = bridge.link(view)
        parts.append((bridge.NAME, part))
        edges += part.edges
    edges += _containment(files, edges)
    dangling = tuple(one for _, part in parts for one in part.unresolved if one.internal)
    return LinkedTree(_merged(edges), dangling, _tallies(parts))


def relink(files: Mapping[str, FileView], paths: Collection[str], options: Options) -> LinkedTree:
    """Link only the files at ``paths`` against a whole tree, languages only.

    What a tree that differs little from a known one says anew: its changed files' edges and dangling
    references. Other files are the same text; what their references lose is seen from the other side,
    by the definitions that went.
    """
    wanted = frozenset(paths)
    parts: list[tuple[str, Linked]] = []
    for language, own in _by_language(files):
        if wanted.isdisjoint(own):
            continue
        facts = {path: view.facts for path, view in own.items()}
        tables = language.tables(facts, options)
        parts += [
            (language.NAME, language.link(path, facts[path], tables))
            for path in own
            if path in wanted
        ]
    dangling = tuple(one for _, part in parts for one in part.unresolved if one.internal)
    return LinkedTree(
        _merged([edge for _, part in parts for edge in part.edges]), dangling, _tallies(parts)
    )


def _by_language(
    files: Mapping[str, FileView],
) -> list[tuple[Language, dict[str, FileView]]]:
    found: dict[str, dict[str, FileView]] = defaultdict(dict)
    for path in sorted(files):
        found[files[path].language.NAME][path] = files[path]
    return [(next(iter(own.values())).language, own) for _, own in sorted(found.items())]


def _containment(files: Mapping[str, FileView], edges: Collection[Edge]) -> list[Edge]:
    """A file that is named as a whole depends on every definition in it.

    Only files (and config keys, which are read with all that is below them) that something refers to
    get such edges: containment by itself is no reason for anything.
    """
    keyed = {
        view.language.NAME for view in files.values() if getattr(view.language, "KEYED", False)
    }
    named = {
        edge.target.removeprefix("file:")
        for edge in edges
        if edge.target.startswith("file:") and edge.kind != _FOLLOWS
    }
    named |= {
        place.partition("#")[0]
        for language, _, place in (edge.target.partition(":") for edge in edges)
        if language in keyed
    }
    contained: list[Edge] = []
    for path in sorted(named):
        view = files.get(path)
        if view is None:
            continue
        whole = view.scope_symbol(path, -1)
        symbols = [view.scope_symbol(path, index) for index in range(len(view.facts.definitions))]
        if whole != f"file:{path}":
            contained.append(_contains(f"file:{path}", whole, path, 1))
        for definition, symbol in zip(view.facts.definitions, symbols, strict=True):
            parent = symbols[definition.parent] if definition.parent >= 0 else whole
            if parent != symbol:
                contained.append(_contains(parent, symbol, path, definition.line))
    return contained


def _contains(parent: str, child: str, path: str, line: int) -> Edge:
    return Edge(parent, child, CONTAINS, "certain", 1.0, path, line)


def _merged(edges: Collection[Edge]) -> tuple[Edge, ...]:
    """Keep one edge for each (source, target, kind, place), the most confident; no self edges."""
    best: dict[tuple[str, str, str, str, int], Edge] = {}
    for edge in edges:
        if edge.source == edge.target:
            continue
        key = (edge.source, edge.target, edge.kind, edge.path, edge.line)
        known = best.get(key)
        if known is None or edge.confidence > known.confidence:
            best[key] = edge
    return tuple(best.values())


def _tallies(parts: Collection[tuple[str, Linked]]) -> dict[str, Tally]:
    resolved: dict[str, int] = defaultdict(int)
    rest: dict[str, dict[Outcome, int]] = defaultdict(lambda: defaultdict(int))
    for name, part in parts:
        resolved[name] += part.resolved
        for one in part.unresolved:
            rest[name][one.outcome] += 1
    return {name: Tally(resolved[name], dict(rest[name])) for name in sorted(resolved)}
