"""The dependency graph of one tree: symbols as strings outside, ints inside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from blastradius.graph.csr import Csr
from blastradius.index.edges import EdgeTable
from blastradius.model.symbols import TIERS, Edge

if TYPE_CHECKING:
    import networkx as nx

CONTAINS = "contains"


class Graph:
    """Symbols and the edges between them; ``source`` of an edge depends on its ``target``.

    Args:
        edges: in any order; those of an `EdgeTable` are not made before they are asked for.
        isolated: symbols to hold although no edge touches them.

    Attributes:
        edges: as given. nodes: the all symbols, sorted.
    """

    def __init__(self, edges: Iterable[Edge], isolated: Collection[str] = ()) -> None:
        self._table = edges if isinstance(edges, EdgeTable) and not isolated else None
        self.edges: Sequence[Edge] = tuple(edges) if self._table is None else self._table
        if self._table is not None:
            self.nodes = self._table.names
            return
        names = {edge.source for edge in self.edges}
        names.update(edge.target for edge in self.edges)
        names.update(isolated)
        self.nodes = tuple(sorted(names))

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Symbol → its node number, the place in ``nodes``."""
        return {name: index for index, name in enumerate(self.nodes)}

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        number = self.number
        return (
            [number[edge.source] for edge in self.edges],
            [number[edge.target] for edge in self.edges],
        )

    @cached_property
    def forward(self) -> Csr:
        """From each node to its dependencies; edge numbers are places in ``edges``."""
        if self._table is not None:
            return self._table.adjacency.forward
        sources, targets = self._ends
        return Csr.build(len(self.nodes), sources, targets)

    @cached_property
    def backward(self) -> Csr:
        """From each node to its dependents; edge numbers as in ``forward``."""
        if self._table is not None:
            return self._table.adjacency.backward
        sources, targets = self._ends
        return Csr.build(len(self.nodes), targets, sources)

    @cached_property
    def reliability(self) -> tuple[Sequence[float], Sequence[int]]:
        """Confidence (0–1) and rank of the tier (0 is certain) of each edge."""
        ranks = {tier: rank for rank, tier in enumerate(TIERS)}
        if self._table is not None:
            return (
                self._table.each(lambda _kind, _tier, confidence: confidence),
                self._table.each(lambda _kind, tier, _confidence: ranks[tier]),
            )
        return (
            [edge.confidence for edge in self.edges],
            [ranks[edge.tier] for edge in self.edges],
        )

    def dependents(self, symbol: str) -> Iterator[Edge]:
        """Yield the edges whose target is ``symbol``."""
        node = self.number.get(symbol)
        if node is not None:
            for edge in self.backward.edges_of(node):
                yield self.edges[edge]

    def dependencies(self, symbol: str) -> Iterator[Edge]:
        """Yield the edges whose source is ``symbol``."""
        node = self.number.get(symbol)
        if node is not None:
            for edge in self.forward.edges_of(node):
                yield self.edges[edge]

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Return the graph for networkx; edge attributes are those of `Edge`."""
        import networkx as nx  # noqa: PLC0415 - 200 ms that only this call should pay

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from(self.nodes)
        for edge in self.edges:
            graph.add_edge(
                edge.source,
                edge.target,
                kind=edge.kind,
                tier=edge.tier,
                confidence=edge.confidence,
                path=edge.path,
                line=edge.line,
            )
        return graph
