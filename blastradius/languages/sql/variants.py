"""Joins the readings of a template's branches into one: whatever any of them does may happen."""

from __future__ import annotations

from blastradius.languages.sql.shapes import digest
from blastradius.languages.sql.summary import Item, OutputItem, StarItem, Statement


def merged(readings: list[list[Statement]]) -> list[Statement]:
    """Return one list of statements; those of the first reading that others repeat are joined."""
    result = list(readings[0])
    for reading in readings[1:]:
        if len(reading) == len(result) and all(
            (one.kind, one.target) == (two.kind, two.target)
            for one, two in zip(result, reading, strict=True)
        ):
            result = [_both(one, two) for one, two in zip(result, reading, strict=True)]
        else:
            result += [one for one in reading if one not in result]
    return result


def _both(one: Statement, two: Statement) -> Statement:
    if one == two:
        return one
    reads = dict(one.reads)
    for relation, line in two.reads:
        reads.setdefault(relation, line)
    branches = one.branches
    if len(one.branches) == len(two.branches) == 1:
        branches = (_columns(one.branches[0], two.branches[0]),)
    elif one.branches != two.branches:
        branches = (*one.branches, *(two.branches if one.branches else ()))
    return Statement(
        one.kind,
        one.target,
        one.line,
        max(one.end, two.end),
        tuple(reads.items()),
        branches,
        tuple(dict.fromkeys((*one.rows, *two.rows))),
        tuple(dict.fromkeys((*one.others, *two.others))),
        one.positional,
        one.alters,
        digest((one.digest, two.digest)),
        one.names,
        one.by_name,
    )


def _columns(left: tuple[Item, ...], right: tuple[Item, ...]) -> tuple[Item, ...]:
    named = {item.name: item for item in right if isinstance(item, OutputItem)}
    joined: list[Item] = []
    for item in left:
        other = named.pop(item.name, None) if isinstance(item, OutputItem) else None
        joined.append(_column(item, other) if other and isinstance(item, OutputItem) else item)
    joined += named.values()
    joined += [item for item in right if isinstance(item, StarItem) and item not in joined]
    return tuple(joined)


def _column(left: OutputItem, right: OutputItem) -> OutputItem:
    sources = dict(right.sources)
    for reference, kind in left.sources:
        sources[reference] = max(kind, sources.get(reference, 0))
    same = left.digest == right.digest
    return OutputItem(
        left.name,
        left.line,
        max(left.end, right.end),
        tuple(sorted(sources.items())),
        left.type if left.type == right.type else "",
        left.digest if same else digest((left.digest, right.digest)),
    )
