r"""The graph for Graphviz: a ``digraph`` whose nodes are numbered and labelled.

In a quoted string of DOT only ``"`` needs a backslash, but labels know escapes of their own
(``\n``, ``\N``), so that a backslash is doubled. What could be taken for HTML is quoted, never
bare; what cannot be seen is shown as `blastradius.reports.display` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.questions import DependencyGraph, GraphEdge, Node

_STYLES = {"certain": "solid", "likely": "dashed", "heuristic": "dotted"}


def pieces(graph: DependencyGraph) -> Iterator[str]:
    """Yield the text piece by piece, ending in a newline."""
    yield 'digraph dependencies {\n  rankdir="LR";\n  node [shape="box"];\n'
    number = {node.id: f"n{place}" for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        yield f"  {number[node.id]} [{_node(node)}];\n"
    for edge in graph.edges:
        yield f"  {number[edge.source]} -> {number[edge.target]} [{_edge(edge)}];\n"
    yield "}\n"


def _node(node: Node) -> str:
    place = f"{node.path}:{node.line}" if node.path else "defined in no file here"
    return f"label={quoted(node.id)}, tooltip={quoted(f'{node.kind}, {place}')}"


def _edge(edge: GraphEdge) -> str:
    times = f" x{edge.count}" if edge.count > 1 else ""
    said = f"{edge.path}:{edge.line} ({edge.tier}, {edge.confidence:.2f})"
    return (
        f'label={quoted(edge.kind + times)}, tooltip={quoted(said)}, style="{_STYLES[edge.tier]}"'
    )


def quoted(text: str) -> str:
    """Return ``text`` as a string of DOT that shows it as it is."""
    shown = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    # An ampersand would begin an entity.
    return '"' + shown.replace("&", "&amp;") + '"'
