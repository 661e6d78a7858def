"""What one file of SQL states about relations and columns: the own record in `Facts.own`.

Everything is resolved down to relations that the file does not define in passing: common table
expressions, subqueries, aliases and temporary tables are gone. What needs other files (the columns
behind a star, which of two tables has a column) stays open as a `StarItem` or as alternatives of a
`Reference`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

RelationKind = Literal["table", "ref", "source", "this", "function", "path"]
RowKind = Literal["filter", "join", "group", "having", "order", "window", "distinct"]
StatementKind = Literal[
    "create",
    "declare",
    "insert",
    "merge",
    "update",
    "delete",
    "alter",
    "drop",
    "query",
    "function",
    "other",
]
# Stands before the name of a relation of kind `function`.
FUNCTION_PREFIX = "function:"

IDENTITY, TRANSFORM, AGGREGATE = 0, 1, 2
"""How a value gets to a column, from untouched to folded over rows."""


class Relation(Struct, frozen=True, array_like=True, gc=False):
    """A relation that the file names. ``kind`` says whether a template function named it.

    A user-defined function is one of kind ``function``: using it is reading its (only) row. A file,
    a folder of files or a stage is one of kind ``path``, called as the text writes it.
    """

    name: str
    kind: RelationKind = "table"


class Reference(Struct, frozen=True, array_like=True, gc=False):
    """One use of a column, at ``line``.

    ``alternatives`` are (index of relation, column): exactly one of them is meant; the column
    is empty when the whole row is, ``@2`` is the third by position (``@2/4!b``: of 4 besides
    ``b``), ``@5:a`` the one at the place that ``a`` has in relation 5. ``fallback`` holds those
    of the outer query, meant only when none of the first has it. ``soft``: the text may not be
    a column at all (a macro's argument, a struct's field), so that its absence says nothing.
    ``seen``: meant only where a relation is known to have the column; ``unless``: not meant
    where one of these is known to be there.
    """

    alternatives: tuple[tuple[int, str], ...]
    line: int
    soft: bool = False
    fallback: tuple[tuple[int, str], ...] = ()
    seen: bool = False
    unless: tuple[tuple[int, str], ...] = ()


class OutputItem(Struct, frozen=True, array_like=True, gc=False, tag_field="item", tag=0):
    """A column that a statement puts out. ``sources``: (index of reference, IDENTITY …)."""

    name: str
    line: int
    end: int
    sources: tuple[tuple[int, int], ...] = ()
    type: str = ""
    digest: str = ""


class StarItem(Struct, frozen=True, array_like=True, gc=False, tag_field="item", tag=1):
    """All columns of a relation, less ``without``; relation -1: columns that cannot be known.

    ``renames`` are (column there, column here). ``dedupe``: NATURAL JOIN, so columns that the query
    has already are left out. ``sources``: what columns that cannot be known are made of.
    """

    relation: int
    line: int
    without: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    dedupe: bool = False
    sources: tuple[tuple[int, int], ...] = ()


Item = OutputItem | StarItem


class Statement(Struct, frozen=True, array_like=True, gc=False):
    """One statement.

    Attributes:
        kind: what it does.
        target: index of the relation that it writes, -1 for none.
        line: first line. end: last line.
        reads: (index of relation, line), each relation once.
        branches: the output; more than one when a UNION could not be aligned without knowing
            columns. Branches after the first give no names of their own.
        rows: (kind, index of reference): what decides which rows come out.
        others: indexes of references that must exist but decide nothing.
        by_name: which branches are aligned with the first by the names of their columns.
        names: what the target calls the columns by position, where stars hide which they are.
        positional: the columns go to those of the target by position (INSERT without a list).
        alters: (``add``, ``drop`` or ``rename``, column, its new name).
        digest: of everything that decides which rows come out.
    """

    kind: StatementKind
    target: int
    line: int
    end: int
    reads: tuple[tuple[int, int], ...] = ()
    branches: tuple[tuple[Item, ...], ...] = ()
    rows: tuple[tuple[RowKind, int], ...] = ()
    others: tuple[int, ...] = ()
    positional: bool = False
    alters: tuple[tuple[str, str, str], ...] = ()
    digest: str = ""
    names: tuple[str, ...] = ()
    by_name: tuple[int, ...] = ()


class MacroUse(Struct, frozen=True, array_like=True, gc=False):
    """A call of a template macro. ``macro``: index of the macro that calls, -1 for the file.

    ``words`` are the names among its text arguments: columns, or models that the macro refers to.
    """

    name: str
    line: int
    macro: int = -1
    words: tuple[str, ...] = ()


class TemplateRef(Struct, frozen=True, array_like=True, gc=False):
    """``ref(…)`` or ``source(…)`` anywhere in the template; ``name`` as in `Relation`."""

    name: str
    kind: RelationKind
    line: int
    macro: int = -1


class Summary(Struct, frozen=True, array_like=True, gc=False):
    """One file. ``missing``: (name, line) of columns that no query of this file puts out."""

    dialect: str = ""
    relations: tuple[Relation, ...] = ()
    references: tuple[Reference, ...] = ()
    statements: tuple[Statement, ...] = ()
    macros: tuple[str, ...] = ()
    uses: tuple[MacroUse, ...] = ()
    refs: tuple[TemplateRef, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    dynamic: tuple[int, ...] = ()
