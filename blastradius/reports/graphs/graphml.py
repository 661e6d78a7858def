"""The graph as GraphML, as networkx, igraph, Gephi and yEd read it: a directed multigraph.

XML has no way at all to write most control characters and half of a surrogate pair: they are shown
as `blastradius.reports.display` does. A symbol that holds one has that form for its id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from blastradius.reports.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.questions import DependencyGraph

_NODE_KEYS = {"kind": "string", "path": "string", "line": "int"}
_EDGE_KEYS = {
    "kind": "string",
    "tier": "string",
    "confidence": "double",
    "path": "string",
    "line": "int",
    "count": "int",
}
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns
    http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""


def pieces(graph: DependencyGraph) -> Iterator[str]:
    """Yield the text piece by piece, ending in a newline."""
    yield _HEAD
    for which, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for name, kind in keys.items():
            yield (
                f'<key id="{which}_{name}" for="{which}" attr.name="{name}" attr.type="{kind}"/>\n'
            )
    yield '<graph edgedefault="directed">\n'
    for node in graph.nodes:
        yield f"<node id={_attribute(node.id)}>{_data('node', _NODE_KEYS, node)}</node>\n"
    for number, edge in enumerate(graph.edges):
        ends = f"source={_attribute(edge.source)} target={_attribute(edge.target)}"
        yield f'<edge id="e{number}" {ends}>{_data("edge", _EDGE_KEYS, edge)}</edge>\n'
    yield "</graph>\n</graphml>\n"


def _data(which: str, keys: dict[str, str], value: object) -> str:
    return "".join(
        f'<data key="{which}_{name}">{escape(printable(str(getattr(value, name))))}</data>'
        for name in keys
    )


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
