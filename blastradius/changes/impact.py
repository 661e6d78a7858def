"""Changed symbols → everything that depends on them, each with the chain that shows why.

Bohner and Arnold's starting impact set and impact set. What was added or changed is followed in the
graph of head; what is gone was followed by its users in the graph of base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blastradius.graph.reach import strongest
from blastradius.index.graph import CONTAINS, Graph
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import Impact, SymbolChange, WitnessStep
from blastradius.model.symbols import TIER_CAP, TIERS, Edge

_PARTS = frozenset({"parameter", "field", "key", "item"})


def impact(
    base: Snapshot,
    head: Snapshot,
    changes: Sequence[SymbolChange],
    *,
    max_depth: int | None = None,
    min_confidence: float = 0.0,
) -> tuple[Impact, ...]:
    """Return the symbols that the changes reach, nearest and most certain first.

    The witness of each is its most reliable chain: the best weakest tier, then the highest product
    of confidences, then the fewest edges. Changed symbols themselves are not repeated.

    Args:
        base: the tree before the range.
        head: the tree after it.
        changes: the changed symbols.
        max_depth: longest witness in edges; None for no bound.
        min_confidence: impacts below it are left out (0–1).
    """
    past = _with_parts(base, _gone(changes))
    now = _with_parts(head, (one.symbol for one in changes if one.kind in {"added", "renamed"}))
    now |= {one.symbol for one in changes if one.kind != "removed"}
    seeds = now | past
    found = {one.symbol: one for one in reached(base, base.graph, past, max_depth)}
    found.update({one.symbol: one for one in reached(head, head.graph, now, max_depth)})
    return tuple(
        sorted(
            (
                one
                for one in found.values()
                if one.symbol not in seeds and one.confidence >= min_confidence
            ),
            key=lambda one: (TIERS.index(one.tier), one.distance, one.path, one.line, one.symbol),
        )
    )


def _gone(changes: Iterable[SymbolChange]) -> Iterator[str]:
    for one in changes:
        if one.kind == "removed":
            yield one.symbol
        elif one.before:
            yield one.before


def reached(
    snapshot: Snapshot, graph: Graph, symbols: Iterable[str], max_depth: int | None = None
) -> list[Impact]:
    """Return everything that depends on ``symbols``, themselves included where they do.

    Args:
        snapshot: says where symbols are defined.
        graph: the snapshot's, or a part of it.
        symbols: those that the graph does not know lead nowhere.
        max_depth: longest witness in edges; None for no bound.
    """
    seeds = sorted({graph.number[one] for one in symbols if one in graph.number})
    if not seeds:
        return []
    confidence, rank = graph.reliability
    best = strongest(graph.backward, seeds, confidence, rank, max_depth=max_depth)
    found = []
    for node in best.nodes:
        chain = [graph.edges[edge] for edge in best.path(node)]
        # A container is a way to those who use it whole, not something that is reached itself.
        if chain and chain[-1].kind != CONTAINS:
            found.append(_impact(snapshot, graph.nodes[node], chain))
    return found


def _with_parts(snapshot: Snapshot, symbols: Iterable[str]) -> set[str]:
    """A definition that came or went, came or went with all that it contains."""
    wanted = set(symbols)
    for path in {place.path for one in wanted if (place := snapshot.place(one))}:
        view = snapshot.files.get(path)
        if view is None:
            continue
        names = [view.scope_symbol(path, index) for index in range(len(view.facts.definitions))]
        for index, definition in enumerate(view.facts.definitions):
            inside = definition.parent >= 0 and names[definition.parent] in wanted
            if inside and definition.kind in _PARTS:
                wanted.add(names[index])
    return wanted


def _impact(snapshot: Snapshot, symbol: str, chain: Sequence[Edge]) -> Impact:
    place = snapshot.place(symbol)
    tier = TIERS[max(TIERS.index(edge.tier) for edge in chain)]
    confidence = 1.0
    for edge in chain:
        confidence *= edge.confidence
    # The chain runs from the change outwards: the last edge's source is the symbol itself.
    return Impact(
        symbol,
        place.path if place else chain[-1].path,
        place.line if place else chain[-1].line,
        len(chain),
        round(min(confidence, TIER_CAP[tier]), 4),
        tier,
        tuple(
            WitnessStep(edge.source, edge.target, edge.kind, edge.path, edge.line)
            for edge in reversed(chain)
        ),
    )
