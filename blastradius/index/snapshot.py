"""A tree with its facts and its graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from blastradius.bridges.base import FileView
from blastradius.index.graph import Graph
from blastradius.index.link import LinkedTree
from blastradius.model.facts import Definition
from blastradius.model.source import TreeEntry


class Place(NamedTuple):
    """Where a symbol is defined; ``definition`` is None for a file as a whole."""

    path: str
    line: int
    definition: Definition | None


class Snapshot:
    """One tree, understood.

    Args:
        tree: path → entry, every path of the tree.
        files: path → facts, of the files that a language reads.
        link: gives the edges between their symbols; called when they are first asked for.
    """

    def __init__(
        self,
        tree: Mapping[str, TreeEntry],
        files: Mapping[str, FileView],
        link: Callable[[], LinkedTree],
    ) -> None:
        self.tree = tree
        self.files = files
        self._link = link
        self._symbols: dict[str, dict[str, Definition]] = {}
        self._keys: dict[str, frozenset[str]] = {}

    @cached_property
    def linked(self) -> LinkedTree:
        """The edges between the symbols, and the references that dangle."""
        return self._link()

    @cached_property
    def graph(self) -> Graph:
        """The dependency graph of the tree."""
        return Graph(self.linked.edges)

    def symbols_of(self, path: str) -> Mapping[str, Definition]:
        """Return the symbols that the file at ``path`` defines; empty when there is no such file."""
        known = self._symbols.get(path)
        if known is None:
            view = self.files.get(path)
            known = {}
            if view is not None:
                for index, definition in enumerate(view.facts.definitions):
                    known.setdefault(view.scope_symbol(path, index), definition)
            self._symbols[path] = known
        return known

    def keeps(self, symbol: str, place: Place) -> bool:
        """Tell whether this tree still has what another tree has as ``symbol`` at ``place``.

        An item of a list is what its key says, not what stands at its number now.
        """
        key = place.definition.key if place.definition is not None else ""
        if not key:
            return self.place(symbol) is not None
        known = self._keys.get(place.path)
        if known is None:
            several = self.symbols_of(place.path).values()
            known = self._keys[place.path] = frozenset(one.key for one in several)
        return key in known

    def place(self, symbol: str) -> Place | None:
        """Return where ``symbol`` is defined, None when this tree does not define it."""
        language, _, rest = symbol.partition(":")
        if language == "file":
            return Place(rest, 1, None) if rest in self.tree else None
        if language == "sql":
            return self._sql_place(symbol)
        path = rest.partition("#")[0]
        if "#" not in rest:
            return Place(path, 1, None) if path in self.tree else None
        definition = self.symbols_of(path).get(symbol)
        return Place(path, definition.line, definition) if definition else None

    def _sql_place(self, symbol: str) -> Place | None:
        """Symbols of SQL carry no path: the first file that defines one is its place."""
        relation = symbol
        while relation:
            for path in self._relations.get(relation, ()):
                definition = self.symbols_of(path).get(symbol)
                if definition is not None:
                    return Place(path, definition.line, definition)
            relation = relation.rpartition(".")[0]
        return None

    @cached_property
    def _relations(self) -> Mapping[str, Sequence[str]]:
        """Symbol of each thing that SQL defines at its outermost → the files that do, by path."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.files):
            view = self.files[path]
            if view.language.NAME != "sql":
                continue
            for index, definition in enumerate(view.facts.definitions):
                if definition.parent < 0:
                    found[view.scope_symbol(path, index)].append(path)
        return found
