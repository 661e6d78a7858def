"""The answer of ``lineage``: its public JSON form is these types, key by key.

Names are ``table.column`` as SQL writes them, lower-cased and unquoted; ``*`` as the column stands
for all columns of a relation that are not known by name.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SCHEMA = "blastradius/lineage/1"

LineageKind = Literal["value", "row-set"]
LineageCertainty = Literal["concrete", "ambiguous", "wildcard", "row"]
Transform = Literal[
    "identity",
    "rename",
    "transform",
    "aggregate",
    "filter",
    "join",
    "group",
    "having",
    "order",
    "window",
    "distinct",
]


class LineageEdge(Struct, frozen=True):
    """What a column that is written comes of: ``target`` ← ``source``.

    Attributes:
        source: column that is read. ``table.*``: some or all of its columns.
        target: column that is written. ``table.*``: its rows, or columns that are not known.
        kind: ``value``: the source's value gets into the target's; ``row-set``: the source decides
            which rows the target has.
        transform: how, from ``identity`` to ``aggregate``, or which clause decides.
        certainty: ``concrete``: the very column; ``ambiguous``: one of several sources is meant,
            all of them are listed; ``wildcard``: what is behind a star is not known; ``row``: the
            whole row counts, as in ``COUNT(*)``.
        line: line of the text, 1-based.
    """

    source: str
    target: str
    kind: LineageKind
    transform: Transform
    certainty: LineageCertainty
    line: int


class LineageRelation(Struct, frozen=True):
    """A relation that the text names.

    ``columns`` are those that are known, in order; ``complete``: there are no others.
    """

    name: str
    read: bool
    written: bool
    columns: tuple[str, ...]
    complete: bool


class LineageProblem(Struct, frozen=True):
    """What could not be understood, and where (``line`` is 1-based, 0 for the whole text)."""

    line: int
    what: str


class Lineage(Struct, frozen=True):
    """Column lineage of one text, edges in the order of its statements and columns."""

    schema: str
    dialect: str
    edges: tuple[LineageEdge, ...]
    relations: tuple[LineageRelation, ...]
    problems: tuple[LineageProblem, ...]
