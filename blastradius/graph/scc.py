"""Strongly connected components, and the graph between them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from blastradius.graph.csr import Csr


@dataclass(frozen=True, slots=True)
class Components:
    """Which component each node belongs to.

    Attributes:
        of: component number of each node. count: how many components there are.

    Numbers are in reverse topological order: an edge never leads to a component of a higher number.
    """

    of: array[int]
    count: int

    def members(self) -> list[list[int]]:
        """Return the nodes of each component, ascending."""
        groups: list[list[int]] = [[] for _ in range(self.count)]
        for node, component in enumerate(self.of):
            groups[component].append(node)
        return groups


def components(csr: Csr) -> Components:
    """Find the strongly connected components, in time linear in nodes and edges.

    Tarjan's algorithm (1972) with Pearce's single number a node (2016): ``low`` is the node's place
    in the search, lowered to the earliest open node it leads back to. An explicit trail stands for
    the call stack, so depth is bounded by memory only.
    """
    nodes = csr.nodes
    done = nodes + 1
    low = [0] * nodes  # 0: not seen; done: its component is complete
    of = array("i", [-1]) * nodes
    indptr, indices = csr.indptr, csr.indices
    open_nodes: list[int] = []
    clock = count = 0
    for root in range(nodes):
        if low[root]:
            continue
        clock += 1
        low[root] = clock
        trail: list[tuple[int, int, Iterator[int]]] = [
            (root, clock, iter(indices[indptr[root] : indptr[root + 1]].tolist()))
        ]
        while trail:
            node, entered, targets = trail[-1]
            lowest = low[node]
            for target in targets:
                seen = low[target]
                if not seen:
                    low[node] = lowest
                    clock += 1
                    low[target] = clock
                    fresh = iter(indices[indptr[target] : indptr[target + 1]].tolist())
                    trail.append((target, clock, fresh))
                    break
                if seen < lowest:  # noqa: PLR1730 - min() costs a call on every edge
                    lowest = seen
            else:
                trail.pop()
                if lowest < entered:
                    low[node] = lowest
                    open_nodes.append(node)
                    above = trail[-1][0]
                    low[above] = min(low[above], lowest)
                    continue
                # All open nodes that were entered later belong to this one's component.
                while open_nodes and low[open_nodes[-1]] >= entered:
                    member = open_nodes.pop()
                    low[member] = done
                    of[member] = count
                low[node] = done
                of[node] = count
                count += 1
    return Components(of, count)


def condense(csr: Csr, found: Components) -> Csr:
    """Return the graph between components, without loops and with one edge for each pair.

    ``edge`` keeps the caller's numbers: the smallest of the edges that one stands for.
    """
    crossing: dict[tuple[int, int], int] = {}
    for node, own in enumerate(found.of):
        for slot in range(csr.indptr[node], csr.indptr[node + 1]):
            pair = (own, found.of[csr.indices[slot]])
            if pair[0] != pair[1]:
                edge = csr.edge[slot]
                crossing[pair] = min(edge, crossing.get(pair, edge))
    ordered = sorted((source, edge, target) for (source, target), edge in crossing.items())
    degree = [0] * (found.count + 1)
    for source, group in groupby(ordered, key=lambda one: one[0]):
        degree[source + 1] = sum(1 for _ in group)
    code = csr.edge.format
    return Csr(
        memoryview(array(code, accumulate(degree))),
        memoryview(array("i", [target for _, _, target in ordered])),
        memoryview(array(code, [edge for _, edge, _ in ordered])),
    )
