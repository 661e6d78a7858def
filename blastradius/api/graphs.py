"""A snapshot's graph as it is shown: every symbol, or one node a file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator

from blastradius.index.graph import Graph
from blastradius.index.snapshot import Snapshot
from blastradius.model.questions import GraphEdge, Node
from blastradius.model.symbols import TIER_CAP, TIERS, Edge, Tier, weakest

NodeOf = Callable[[str], Node]
Shown = tuple[tuple[Node, ...], tuple[GraphEdge, ...]]
# Parts that nothing refers to would be nine nodes in ten, and say nothing.
_PARTS = frozenset({"parameter", "field", "key", "item"})


def symbol_graph(
    snapshot: Snapshot, node_of: NodeOf, kinds: Collection[str], least: float
) -> Shown:
    """Return every symbol that is defined or used, and the edges between them.

    Parts (parameters, fields, keys, items) are nodes only where an edge touches them.

    Args:
        snapshot: the tree.
        node_of: symbol → its kind and place.
        kinds: of the edges wanted; empty for all.
        least: confidence below which edges are left out.
    """
    edges = [
        GraphEdge(one.source, one.target, one.kind, one.tier, one.confidence, one.path, one.line)
        for one in _wanted(snapshot.graph, kinds, least)
    ]
    names = {end for edge in edges for end in (edge.source, edge.target)}
    for path in snapshot.files:
        for symbol, one in snapshot.symbols_of(path).items():
            if one.kind not in _PARTS:
                names.add(symbol)
    return tuple(node_of(one) for one in sorted(names)), tuple(sorted(edges, key=_order))


def file_graph(snapshot: Snapshot, node_of: NodeOf, kinds: Collection[str], least: float) -> Shown:
    """Return the files, and how they depend on each other.

    What is defined in no file (a table that code fills) is no node: whoever depends on it depends on
    the files that it depends on itself.

    Args:
        snapshot: the tree.
        node_of: symbol → its kind and place.
        kinds: of the edges wanted; empty for all. Behind what no file defines, any are followed.
        least: confidence below which edges are left out.
    """
    homes: dict[str, str] = {}
    graph = snapshot.graph
    for name in graph.nodes:
        path = node_of(name).path
        homes[name] = f"file:{path}" if path else ""
    beyond = _Beyond(graph, homes, least)
    found: dict[tuple[str, str, str], GraphEdge] = {}
    for edge in _wanted(graph, kinds, least):
        source = homes[edge.source]
        if not source:
            continue
        ends = [(homes[edge.target], edge.tier, edge.confidence)]
        if not homes[edge.target]:
            ends = [
                (home, weakest(edge.tier, tier), edge.confidence * confidence)
                for home, tier, confidence in beyond.files(edge.target)
            ]
        for target, tier, confidence in ends:
            worth = round(min(confidence, TIER_CAP[tier]), 4)
            if target != source and worth >= least:
                key = (source, target, edge.kind)
                one = GraphEdge(*key, tier, worth, edge.path, edge.line)
                known = found.get(key)
                found[key] = one if known is None else _together(known, one)
    paths = [path for path, entry in snapshot.tree.items() if entry.mode.startswith("100")]
    nodes = {f"file:{path}" for path in paths}
    nodes |= {end for source, target, _ in found for end in (source, target)}
    edges = sorted(found.values(), key=_order)
    return tuple(node_of(one) for one in sorted(nodes)), tuple(edges)


class _Beyond:
    """The files that lie behind symbols which no file defines.

    Args:
        graph: the dependency graph.
        homes: symbol → the file that defines it, empty for none.
        least: confidence below which edges are not followed.
    """

    def __init__(self, graph: Graph, homes: dict[str, str], least: float) -> None:
        self._graph = graph
        self._homes = homes
        self._least = least
        self._known: dict[str, list[tuple[str, Tier, float]]] = {}

    def files(self, symbol: str) -> list[tuple[str, Tier, float]]:
        """Return (file, weakest tier, product of confidences) of the nearest files behind it."""
        found = self._known.get(symbol)
        if found is None:
            found = self._known[symbol] = list(self._walk(symbol))
        return found

    def _walk(self, symbol: str) -> Iterator[tuple[str, Tier, float]]:
        waiting: deque[tuple[str, Tier, float]] = deque([(symbol, TIERS[0], 1.0)])
        seen = {symbol}
        while waiting:
            name, tier, confidence = waiting.popleft()
            for edge in self._graph.dependencies(name):
                if edge.confidence < self._least:
                    continue
                end = weakest(tier, edge.tier), confidence * edge.confidence
                home = self._homes[edge.target]
                if home and home not in seen:
                    seen.add(home)
                    yield home, *end
                elif not home and edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append((edge.target, *end))


def _wanted(graph: Graph, kinds: Collection[str], least: float) -> Iterator[Edge]:
    for edge in graph.edges:
        if (not kinds or edge.kind in kinds) and edge.confidence >= least:
            yield edge


def _together(known: GraphEdge, other: GraphEdge) -> GraphEdge:
    """Return two edges between the same files as one."""
    best = min(known, other, key=lambda one: (TIERS.index(one.tier), -one.confidence))
    first = min(known, other, key=lambda one: (one.path, one.line))
    return GraphEdge(
        known.source,
        known.target,
        known.kind,
        best.tier,
        best.confidence,
        first.path,
        first.line,
        known.count + other.count,
    )


def _order(edge: GraphEdge) -> tuple[str, str, str, str, int]:
    return edge.source, edge.target, edge.kind, edge.path, edge.line
