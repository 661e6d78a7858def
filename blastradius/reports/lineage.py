"""A lineage as text: each column that is written, and below it what it comes of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blastradius.model.lineage import Lineage, LineageEdge
from blastradius.reports.base import Options
from blastradius.reports.display import printable

_SURE = frozenset({"concrete", "row"})


def render(lineage: Lineage, options: Options) -> str:
    """Return the report, ending in a newline; ``options.limit`` cuts the list of problems."""
    lines: list[str] = []
    by_relation: dict[str, list[LineageEdge]] = {}
    for edge in lineage.edges:
        by_relation.setdefault(edge.target.rpartition(".")[0], []).append(edge)
    for relation, edges in by_relation.items():
        lines += [relation, *_columns(edges), ""]
    for one in lineage.relations:
        if one.written and one.name not in by_relation:
            lines += [one.name, "  (nothing that is known goes into it)", ""]
    if not lines:
        lines += ["no statement here writes or reads a relation", ""]
    lines += _problems(lineage, options.limit)
    return "\n".join(printable(line) for line in lines).rstrip("\n") + "\n"


def _columns(edges: Iterable[LineageEdge]) -> Iterator[str]:
    values: dict[str, list[LineageEdge]] = {}
    rows: dict[str, list[str]] = {}
    for edge in edges:
        if edge.kind == "value":
            values.setdefault(edge.target.rpartition(".")[2], []).append(edge)
        else:
            rows.setdefault(edge.transform, []).append(_source(edge))
    room = max(map(len, values), default=0)
    for column, found in values.items():
        head = f"  {column:<{room}}"
        for edge in found:
            yield f"{head}  <- {_source(edge)}  ({edge.transform}, line {edge.line})"
            head = " " * (room + 2)
    for kind, sources in rows.items():
        yield f"  rows: {kind} by {', '.join(dict.fromkeys(sources))}"


def _source(edge: LineageEdge) -> str:
    if edge.certainty in _SURE:
        return edge.source
    return f"{edge.source} {'?' if edge.certainty == 'ambiguous' else '(columns not known)'}"


def _problems(lineage: Lineage, limit: int) -> Iterator[str]:
    if not lineage.problems:
        return
    shown = lineage.problems[:limit] if limit else lineage.problems
    yield f"not understood ({len(lineage.problems)}):"
    for one in shown:
        yield f"  line {one.line}: {one.what}"
    if len(shown) < len(lineage.problems):
        yield f"  … and {len(lineage.problems) - len(shown)} more (--limit 0 shows all)"
