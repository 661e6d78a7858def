"""The graph for Mermaid, which Markdown of the common forges draws: a ``flowchart``.

Ids are numbers of ours and labels are quoted. Within the quotes Mermaid knows neither backslashes
nor quotes, but entities: whatever it, Markdown or HTML could take for its own is written as one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blastradius.reports.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blastradius.model.questions import DependencyGraph

# Letters, digits and what no reader of the text gives a meaning; `_` and `*` are Markdown's.
_SPECIAL = re.compile(r"[^\w ./:,=@+-]|_", re.ASCII)
_ARROWS = {"certain": "-->", "likely": "-.->", "heuristic": "-.->"}


def pieces(graph: DependencyGraph) -> Iterator[str]:
    """Yield the text piece by piece, ending in a newline."""
    yield "flowchart LR\n"
    number = {node.id: f"n{place}" for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        yield f'  {number[node.id]}["{escaped(node.id)}"]\n'
    for edge in graph.edges:
        times = f" x{edge.count}" if edge.count > 1 else ""
        doubt = "" if edge.tier == "certain" else f", {edge.tier}"
        label = escaped(f"{edge.kind}{times}{doubt}")
        arrow = _ARROWS[edge.tier]
        yield f'  {number[edge.source]} {arrow}|"{label}"| {number[edge.target]}\n'


def escaped(text: str) -> str:
    """Return ``text`` so that it stands within quotes and is shown as it is."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", printable(text))
