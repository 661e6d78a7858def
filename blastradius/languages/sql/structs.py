"""The fields of a STRUCT, through ARRAY_AGG, OFFSET and whatever else keeps a value what it is.

An array has the fields of its elements: UNNEST and an index only choose among them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from blastradius.languages.sql.expressions import (
    QueryResolver,
    Walk,
    column_parts,
    is_doubtful,
    line_of,
    plain_rank,
    shape_of,
)
from blastradius.languages.sql.names import HOLE
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Column, Star, Value, combined

# What an expression of these kinds gives has the fields of its first argument.
_KEEPING = (
    exp.Paren,
    exp.Alias,
    exp.Bracket,
    exp.ArrayAgg,
    exp.ArrayConcatAgg,
    exp.ArrayConcat,
    exp.AnyValue,
    exp.First,
    exp.Last,
    exp.FirstValue,
    exp.LastValue,
    exp.Lag,
    exp.Lead,
    exp.Max,
    exp.Min,
    exp.Window,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Distinct,
    exp.Order,
    exp.Limit,
    exp.Coalesce,
    exp.HavingMax,
    exp.Explode,
    exp.Posexplode,
    exp.Inline,
    exp.Unnest,
    exp.ArrayReverse,
    exp.ArrayDistinct,
)
_KNOWN = frozenset(
    {*_KEEPING, exp.Struct, exp.Array, exp.Dot, exp.Column, exp.If, exp.Case, exp.Subquery}
)
_DEEPEST = 60


def struct_of(
    node: exp.Expr, scope: Scope, resolve: QueryResolver, depth: int = 0
) -> Branch | None:
    """Return the fields of what ``node`` gives, None when they are not known."""
    kind = node.__class__
    if kind not in _KNOWN or depth > _DEEPEST:
        return None
    if kind is exp.Column:
        return _of_column(node, scope)
    held = scope.recorder.structs
    if id(node) not in held:
        held[id(node)] = _found(node, scope, resolve, depth)
    return held[id(node)]


def _found(node: exp.Expr, scope: Scope, resolve: QueryResolver, depth: int) -> Branch | None:
    kind = node.__class__
    if kind is exp.Struct:
        return Branch([_field(one, place, scope, resolve) for place, one in _numbered(node)])
    if kind is exp.Dot:
        return _of_field(node, scope, resolve, depth)
    if kind is exp.Subquery:
        return _of_query(node.this, scope, resolve)
    if isinstance(node, exp.If | exp.Case | exp.Coalesce):
        return _of_one(node, scope, resolve, depth)
    inner = _first(node)
    if isinstance(inner, exp.Query) and kind is exp.Array:
        return _of_query(inner, scope, resolve)
    return struct_of(inner, scope, resolve, depth + 1) if inner is not None else None


def _numbered(node: exp.Expr) -> list[tuple[int, exp.Expr]]:
    return [(place, one) for place, one in enumerate(node.expressions)]


def _first(node: exp.Expr) -> exp.Expr | None:
    found = node.args.get("this")
    if not isinstance(found, exp.Expr):
        given: Sequence[exp.Expr] = node.expressions
        found = given[0] if given else None
    return found if isinstance(found, exp.Expr) else None


def _of_one(node: exp.Expr, scope: Scope, resolve: QueryResolver, depth: int) -> Branch | None:
    """Return the fields of ``IF(x, a, b)``, ``COALESCE(a, b)`` or a CASE: those of each choice."""
    if isinstance(node, exp.Coalesce):
        choices = [node.this, *node.expressions]
    else:
        ifs = node.args.get("ifs") or [node]
        choices = [one.args.get("true") for one in ifs]
        choices.append(node.args.get("false" if isinstance(node, exp.If) else "default"))
    found = [
        fields
        for one in choices
        if isinstance(one, exp.Expr)
        and (fields := struct_of(one, scope, resolve, depth + 1)) is not None
    ]
    if not found:
        return None
    # The one that names its columns says which there are.
    found.sort(key=lambda one: bool(one.stars))
    items: list[Column | Star] = []
    for item in found[0].items:
        if isinstance(item, Column):
            held = item.value
            for other in found[1:]:
                value = scope.field(Value(struct=other), item.name, item.line)
                held = combined(held, value) if value is not None else held
            items.append(Column(item.name, held, item.line, item.end, item.type))
        else:
            items.append(item)
    return Branch(items)


def _of_column(node: exp.Expr, scope: Scope) -> Branch | None:
    if isinstance(node.args["this"], exp.Star):
        return None
    parts = column_parts(node)
    if HOLE in parts[0] or HOLE in parts[-1] or parts[0] in scope.recorder.placeholders:
        return None
    soft = is_doubtful(node, scope.recorder)
    return scope.resolve(parts, line_of(node.args["this"]), soft=soft).struct


def _field(node: exp.Expr, place: int, scope: Scope, resolve: QueryResolver) -> Column | Star:
    name, inner = "", node
    if isinstance(node, exp.PropertyEQ | exp.Alias | exp.Kwarg):
        name = node.this.name if not isinstance(node, exp.Alias) else node.alias
        inner = node.this if isinstance(node, exp.Alias) else node.expression
    elif isinstance(node, exp.Column):
        name = column_parts(node)[-1]
    elif isinstance(node, exp.Dot):
        name = node.expression.name
    walk = Walk(scope, resolve)
    walk.visit(inner, plain_rank(inner))
    value = walk.value
    value.struct = struct_of(inner, scope, resolve)
    return Column(name.lower() or f"_field_{place}", value, walk.first, walk.last)


def _of_field(node: exp.Expr, scope: Scope, resolve: QueryResolver, depth: int) -> Branch | None:
    value = field_value(node, scope, resolve, depth)
    return value.struct if value is not None else None


def field_value(
    node: exp.Expr, scope: Scope, resolve: QueryResolver, depth: int = 0
) -> Value | None:
    """Return the value of ``struct.name``, None when the fields of the struct are not known."""
    name = node.args.get("expression")
    if not isinstance(name, exp.Identifier):
        return None
    branch = struct_of(node.args["this"], scope, resolve, depth + 1)
    if branch is None:
        return None
    return scope.field(Value(struct=branch), name.name.lower(), line_of(name))


def _of_query(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> Branch | None:
    """``ARRAY(SELECT AS STRUCT …)`` has the query's columns; ``ARRAY(SELECT x …)`` those of x."""
    shape = shape_of(node, scope, resolve)
    if not shape.branches:
        return None
    branch = shape.branches[0]
    if isinstance(node, exp.Select) and str(node.args.get("kind") or "").upper() == "STRUCT":
        return branch
    only = branch.items[0] if len(branch.items) == 1 else None
    return only.value.struct if isinstance(only, Column) else None
