"""Turns what was resolved into the record of a statement."""

from __future__ import annotations

from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.shapes import Column, Shape, Star
from blastradius.languages.sql.summary import Item, OutputItem, StarItem, Statement, StatementKind


def closed(
    kind: StatementKind, target: int, shape: Shape, parsed: Parsed, recorder: Recorder
) -> Statement:
    """Close the statement: what no output and no clause uses was still asked for by name."""
    branches = tuple(tuple(_item(one, parsed) for one in branch.items) for branch in shape.branches)
    used = {index for _, index in recorder.rows}
    for branch in shape.branches:
        for column in branch.items:
            if isinstance(column, Column):
                used.update(column.value.sources)
    return Statement(
        kind,
        target,
        parsed.line,
        parsed.end,
        tuple(recorder.reads.items()),
        branches,
        tuple(recorder.rows),
        tuple(index for index in recorder.touched if index not in used),
        digest=shape.rows,
        by_name=tuple(place for place, one in enumerate(shape.branches) if one.by_name),
    )


def _item(item: Column | Star, parsed: Parsed) -> Item:
    if isinstance(item, Column):
        line = item.line or parsed.line
        sources = tuple(item.value.sources.items())
        return OutputItem(
            item.name, line, max(item.end, line), sources, item.type, item.value.digest
        )
    return StarItem(
        item.relation,
        item.line or parsed.line,
        tuple(sorted(item.without)),
        item.renames,
        item.dedupe,
        tuple(item.value.sources.items()) if item.value is not None else (),
    )
