"""PIVOT and UNPIVOT: which columns they take away and which they make, as far as told."""

from __future__ import annotations

from sqlglot import exp

from blastradius.languages.sql.expressions import QueryResolver, Walk, column_parts
from blastradius.languages.sql.scopes import Scope, Source
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, Value, merge
from blastradius.languages.sql.summary import AGGREGATE, TRANSFORM


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
    named = [one.name.lower() for one in pivot.args.get("columns") or ()]
    columns: list[Column | Star] = []
    for place, name in enumerate(named):
        # The parser lists them value by value, each with all aggregates.
        value = values[place % len(values)] if values else Value()
        columns.append(Column(name, _with(value, by.value)))
    if not named:
        every = Value()
        for value in [*values, by.value]:
            merge(every.sources, value.sources, 0)
        columns.append(Star(-1, by.first, value=every))
    return columns, gone


def _unpivoted(
    pivot: exp.Expr, inner: Scope, resolve: QueryResolver
) -> tuple[list[Column | Star], set[str]]:
    gone: set[str] = set()
    names: list[str] = [
        one.name.lower() for expression in pivot.expressions for one in _identifiers(expression)
    ]
    walk = Walk(inner, resolve)
    for field in pivot.args.get("fields") or ():
        if isinstance(field.this, exp.Expr):
            names += [one.name.lower() for one in _identifiers(field.this)]
        for source in field.expressions:
            column = source.this if isinstance(source, exp.PivotAlias) else source
            walk.visit(column, TRANSFORM)
            gone |= _names_in(column)
    return [Column(name, walk.value, walk.first, walk.last) for name in names], gone


def _with(value: Value, other: Value) -> Value:
    both = Value(dict(value.sources), value.digest)
    merge(both.sources, other.sources, 0)
    return both


def _names_in(node: exp.Expr) -> set[str]:
    return {column_parts(one)[-1] for one in node.find_all(exp.Column)}


def _identifiers(node: exp.Expr) -> list[exp.Expr]:
    return list(node.find_all(exp.Identifier))
