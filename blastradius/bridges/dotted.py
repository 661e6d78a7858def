"""A dotted name in config → the Python symbol that it names.

``connector: oura_connector.OuraConnector`` is an explicit reference when its first part is a module
of this tree and every part resolves: certain. A dotted word whose root is not ours is no reference.
"""

from __future__ import annotations

from blastradius.bridges.base import View
from blastradius.languages.python import resolve_dotted
from blastradius.model.symbols import Edge, Linked, Unresolved

NAME = "dotted"
VERSION = "1"


def link(view: View) -> Linked:
    """Return an edge of kind ``dotted`` for each dotted mention that names Python of this tree."""
    tables = view.tables.get("python")
    if tables is None:
        return Linked()
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for path, file in view.files.items():
        if file.language.NAME == "python":
            continue  # dotted strings in Python itself are another, weaker evidence
        for mention in file.facts.mentions:
            if mention.flavor != "dotted":
                continue
            found = resolve_dotted(tables, mention.value)
            if found is None:
                continue
            source = file.scope_symbol(path, mention.scope)
            if not found.symbol:
                unresolved.append(
                    Unresolved(
                        path,
                        mention.line,
                        mention.value,
                        "unresolved",
                        internal=True,
                        source=source,
                    )
                )
                continue
            edges.append(
                Edge(
                    source,
                    found.symbol,
                    "dotted",
                    found.tier,
                    found.confidence,
                    path,
                    mention.line,
                    mention.value,
                )
            )
    return Linked(tuple(edges), tuple(unresolved), len(edges))
