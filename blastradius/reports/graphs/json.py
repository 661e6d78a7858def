"""The graph as JSON: one node and one edge a line, so that a diff of two graphs can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blastradius.reports.json import compact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from blastradius.model.questions import DependencyGraph


def pieces(graph: DependencyGraph) -> Iterator[str]:
    """Yield the text of the object piece by piece, ending in a newline."""
    yield f'{{\n"schema": {compact(graph.schema)},\n'
    yield f'"at": {compact(graph.at)},\n"level": {compact(graph.level)},\n'
    for name, values in (
        ("nodes", graph.nodes),
        ("edges", graph.edges),
        ("problems", graph.problems),
    ):
        yield f'"{name}": ['
        yield from _lines(values)
        yield "],\n"
    yield f'"coverage": {compact(graph.coverage)}\n}}\n'


def _lines(values: Iterable[Any]) -> Iterator[str]:
    between = "\n"
    for value in values:
        yield f"{between}{compact(value)}"
        between = ",\n"
    if between != "\n":
        yield "\n"
