"""Edges that dbt makes between files: macros, variables, configuration, schema files, docs, metrics.

The projects were read and their templates rendered when the SQL language was linked
(`blastradius.languages.dbt`); here is what leads from SQL to YAML, to Markdown, to seeds, and back.
References between models are edges of the SQL language itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.bridges import env
from blastradius.bridges.base import View
from blastradius.model.symbols import Linked, Tier

if TYPE_CHECKING:
    from blastradius.languages.dbt.edges import Edges
    from blastradius.languages.dbt.world import World

NAME = "dbt"
# Also of what rendering gives the SQL language: the number counts changes of `languages.dbt`.
VERSION = "3"
_MOST_PLACES = 8


def link(view: View) -> Linked:
    """Return the edges of every dbt project in the tree."""
    tables = view.tables.get("sql")
    if tables is None or tables.dbt is None:
        return Linked()
    from blastradius.languages.dbt.edges import Edges  # noqa: PLC0415 - only dbt pays
    from blastradius.languages.dbt.file_edges import add_file_edges  # noqa: PLC0415 - only dbt pays
    from blastradius.languages.dbt.yaml_edges import YamlEdges  # noqa: PLC0415 - only dbt pays
    from blastradius.languages.sql.lookups import decoded  # noqa: PLC0415 - only dbt pays

    edges = Edges()
    for space in tables.dbt.spaces:
        own = {
            path: decoded(view.files[path].facts) for path in space.rendered if path in view.files
        }
        add_file_edges(space, own, view.options.source, edges)
        YamlEdges(space, tables, view.options, edges).add()
    _add_environment(view, edges)
    world: World = tables.dbt
    return world.weakened(edges.linked())


def _add_environment(view: View, edges: Edges) -> None:
    """Lead from what a template reads of the environment to where the tree sets it."""
    read = [edge for edge in edges.linked().edges if edge.kind == "env"]
    places = env.defined(view) if read else {}
    for edge in read:
        name = edge.target.removeprefix("env:")
        found = places.get(name, ())
        tier: Tier = "likely" if len(found) == 1 else "heuristic"
        for symbol in found[:_MOST_PLACES]:
            edges.add(edge.source, symbol, "env", edge.path, edge.line, tier, name)
