"""PIVOT and UNPIVOT: which columns they take away and which they make, as far as told."""

from __future__ import annotations

from sqlglot import exp

from blastradius.languages.sql.expressions import QueryResolver, Walk, column_parts
from blastradius.languages.sql.scopes import Scope, Source
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, Value, merge
from blastradius.languages.sql.summary import AGGREGATE, TRANSFORM

# Elsewhere what tells the rows apart comes before their values.
_VALUES_FIRST = frozenset({"bigquery", "tsql"})


def pivoted(shape: Shape, pivot: exp.Expr, scope: Scope, resolve: QueryResolver) -> Shape:
    """Return the shape of ``shape`` after ``pivot``."""
    inner = Scope(scope.recorder, scope.outer, scope.ctes, [Source("", shape)])
    if pivot.args.get("unpivot"):
        made, gone = _unpivoted(pivot, inner, resolve)
    else:
        made, gone = _pivoted(pivot, inner, resolve)
    branches = [Branch([*_left(branch, gone), *made]) for branch in shape.branches]
    return Shape(branches, shape.rows)


def _left(branch: Branch, gone: set[str]) -> list[Column | Star]:
    return [
        item.less(gone) if isinstance(item, Star) else item
        for item in branch.items
        if isinstance(item, Star) or item.name not in gone
    ]


def _pivoted(
    pivot: exp.Expr, inner: Scope, resolve: QueryResolver
) -> tuple[list[Column | Star], set[str]]:
    gone: set[str] = set()
    values: list[Value] = []
    for aggregate in pivot.expressions:
        walk = Walk(inner, resolve)
        walk.visit(aggregate, AGGREGATE)
        values.append(walk.value)
        gone |= _names_in(aggregate)
    by = Walk(inner, resolve)
    for field in pivot.args.get("fields") or ():
        if isinstance(field.this, exp.Expr):
            by.visit(field.this, TRANSFORM)
            gone |= _names_in(field.this)
    # It tells the rows apart, and is no part of any value.
    inner.recorder.add_rows("group", by.value)
    named = [one.name.lower() for one in pivot.args.get("columns") or ()]
    columns: list[Column | Star] = []
    for place, name in enumerate(named):
        # The parser lists them value by value, each with all aggregates.
        value = values[place % len(values)] if values else Value()
        columns.append(Column(name, value))
    if not named:
        every = Value()
        for value in values:
            merge(every.sources, value.sources, 0)
        columns.append(Star(-1, by.first, value=every))
    return columns, gone


def _unpivoted(
    pivot: exp.Expr, inner: Scope, resolve: QueryResolver
) -> tuple[list[Column | Star], set[str]]:
    gone: set[str] = set()
    values = [one.name.lower() for given in pivot.expressions for one in _identifiers(given)]
    names: list[str] = []
    whole = Walk(inner, resolve)
    walks = [Walk(inner, resolve) for _ in values]
    for field in pivot.args.get("fields") or ():
        if isinstance(field.this, exp.Expr):
            names += [one.name.lower() for one in _identifiers(field.this)]
        for source in field.expressions:
            column = source.this if isinstance(source, exp.PivotAlias) else source
            whole.visit(column, TRANSFORM)
            gone |= _names_in(column)
            parts = column.expressions if isinstance(column, exp.Tuple) else [column]
            for place, walk in enumerate(walks):
                # One of a group of columns for each of the values.
                walk.visit(parts[place] if len(parts) == len(walks) else column, TRANSFORM)
    told = [Column(name, whole.value, whole.first, whole.last) for name in names]
    held = [
        Column(name, walk.value, walk.first, walk.last)
        for name, walk in zip(values, walks, strict=True)
    ]
    first = pivot.args.get("value_columns_first") or inner.recorder.dialect in _VALUES_FIRST
    return [*held, *told] if first else [*told, *held], gone


def renamed(shape: Shape, names: list[str], scope: Scope, line: int) -> Shape:
    """Return what a pivot makes with its columns called ``names``, as its alias lists them all.

    Those before what it makes may stand behind a star: they are told by their place in the
    relation, less what the pivot took away.
    """
    branches = [_listed(branch, names, scope, line) for branch in shape.branches]
    known = [one for one in branches if one is not None]
    if len(known) == len(branches):
        return Shape(known, shape.rows)
    return shape.renamed(names, scope.recorder, line)


def _listed(branch: Branch, names: list[str], scope: Scope, line: int) -> Branch | None:
    star = branch.stars[0] if len(branch.stars) == 1 else None
    if star is None or star.relation < 0 or star.renames or star.dedupe:
        return None
    at = branch.items.index(star)
    behind = branch.items[at + 1 :]
    count = len(names) - len(behind) - at
    if count < 0 or any(set("!:/") & set(name) for name in star.without):
        return None
    middle = [
        Column(names[at + place], scope.recorder.place(star, place, line, count), line, line)
        for place in range(count)
    ]
    outer = zip([*names[:at], *names[at + count :]], [*branch.items[:at], *behind], strict=True)
    kept = [
        Column(name, one.value, one.line, one.end, one.type)
        for name, one in outer
        if isinstance(one, Column)
    ]
    return Branch([*kept[:at], *middle, *kept[at:]])


def _names_in(node: exp.Expr) -> set[str]:
    return {column_parts(one)[-1] for one in node.find_all(exp.Column)}


def _identifiers(node: exp.Expr) -> list[exp.Expr]:
    return list(node.find_all(exp.Identifier))
