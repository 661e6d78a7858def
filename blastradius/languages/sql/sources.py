"""What stands in FROM, JOIN and LATERAL: each becomes a `Source` of the query's scope."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from blastradius.languages.sql.expressions import (
    QueryResolver,
    Walk,
    column_parts,
    is_macro,
    line_of,
    placeholder_of,
)
from blastradius.languages.sql.names import HOLE, without_holes
from blastradius.languages.sql.pivots import pivoted, renamed
from blastradius.languages.sql.places import place_of
from blastradius.languages.sql.scopes import Scope, Source
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, Value, digest
from blastradius.languages.sql.stars import lined
from blastradius.languages.sql.structs import struct_of
from blastradius.languages.sql.summary import TRANSFORM, Relation

# Dialects in which an array of a source's rows is named like a table.
_CORRELATED = frozenset({"bigquery", "redshift"})
# The elements of what these give are no structs.
_OF_SCALARS = (
    exp.GenerateDateArray,
    exp.GenerateTimestampArray,
    exp.GenerateSeries,
    exp.Split,
)
# A node's line is found among its first few parts, or it has none.
_FAR_ENOUGH = 200


def add_sources(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> list[str]:
    """Add the sources of a SELECT, UPDATE or DELETE; return texts for the digest of its rows."""
    texts: list[str] = []
    from_ = node.args.get("from_")
    if isinstance(from_, exp.From):
        texts += add_source(from_.this, scope, resolve)
    for lateral in node.args.get("laterals") or ():
        texts += add_source(lateral, scope, resolve)
    for join in node.args.get("joins") or ():
        texts += add_join(join, scope, resolve)
    return texts


def add_join(join: exp.Expr, scope: Scope, resolve: QueryResolver) -> list[str]:
    """Add what a JOIN brings, and note the columns that it is decided by."""
    texts = [str(join.args.get(key) or "") for key in ("method", "side", "kind")]
    if "NATURAL" in texts[0].upper():
        scope.natural = True
    texts += add_source(join.this, scope, resolve)
    for key in ("on", "match_condition"):
        condition = join.args.get(key)
        if isinstance(condition, exp.Expr):
            walk = Walk(scope, resolve)
            walk.visit(condition, TRANSFORM)
            scope.recorder.add_rows("join", walk.value)
            texts.append(walk.value.digest)
    for shared in join.args.get("using") or ():
        name = shared.name.lower()
        scope.shared.setdefault(name, set()).add(len(scope.sources) - 1)
        value = scope.resolve([name], line_of(shared), soft=False)
        scope.recorder.add_rows("join", value)
        texts.append(value.digest)
    return texts


def add_source(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> list[str]:
    """Add one source, and what is joined to it inside its parentheses."""
    if isinstance(node, exp.Final) and isinstance(node.this, exp.Expr):
        node = node.this
    alias, names = alias_of(node)
    if isinstance(node, exp.Table):
        source = table_source(node, scope, resolve)
    elif _is_group(node):
        return _add_group(node, alias, scope, resolve)
    elif isinstance(node, exp.Query):
        # A derived table sees the queries around this one, not its neighbours.
        around = Scope(scope.recorder, scope.outer, scope.ctes)
        source = Source(alias, resolve(node, around))
    elif isinstance(node, exp.Lateral) and isinstance(node.this, exp.Query):
        source = Source(alias, resolve(node.this, scope))
    else:
        source = Source(alias, _made_up(node, names, scope, resolve))
        names = []
    shape = source.shape
    for pivot in node.args.get("pivots") or ():
        shape = pivoted(shape, pivot, scope, resolve)
        given, listed = alias_of(pivot)
        shape = renamed(shape, listed, scope, first_line(pivot)) if listed else shape
        source.alias = given or source.alias
    if names:
        shape = shape.renamed(names, scope.recorder, first_line(node))
    source.shape = shape
    scope.sources.append(source)
    return [source.shape.rows, *_joined_to(node, scope, resolve)]


def _joined_to(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> list[str]:
    """Add what is joined to a source inside its parentheses."""
    texts: list[str] = []
    for lateral in node.args.get("laterals") or ():
        texts += add_source(lateral, scope, resolve)
    if isinstance(node, exp.Table | exp.Subquery):
        for join in node.args.get("joins") or ():
            texts += add_join(join, scope, resolve)
    return texts


def _is_group(node: exp.Expr) -> bool:
    """Tell whether ``node`` is a table, or a join of some, in parentheses."""
    while isinstance(node, exp.Subquery):
        inner = node.this
        if isinstance(inner, exp.Table):
            return True
        if isinstance(inner, exp.Subquery) and (inner.alias or inner.args.get("joins")):
            return True
        node = inner
    return False


def _add_group(node: exp.Expr, alias: str, scope: Scope, resolve: QueryResolver) -> list[str]:
    """Add ``(a JOIN b) AS alias``: under an alias its members can no longer be named."""
    inner = Scope(scope.recorder, scope.outer, scope.ctes) if alias else scope
    texts = add_source(node.this, inner, resolve)
    if alias:
        items = [item for one in inner.sources for item in one.shape.branches[0].items]
        scope.sources.append(Source(alias, Shape([Branch(items)], digest(texts))))
    for join in node.args.get("joins") or ():
        texts += add_join(join, scope, resolve)
    return texts


def table_source(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> Source:
    """Return the source that a table's name stands for: a CTE, a temporary table or a relation."""
    recorder = scope.recorder
    alias, _ = alias_of(node)
    parts = table_parts(node)
    if place := place_of(node, recorder.dialect):
        line = first_line(node)
        index = recorder.read(place, line, "path")
        return Source(alias, Shape([Branch([Star(index, line)])], place))
    variable = isinstance(node.this, exp.Parameter) and parts[-1] not in recorder.temporary
    if variable or not isinstance(node.this, exp.Identifier | exp.Dot | exp.Parameter):
        return Source(alias, _made_up(node.this, [], scope, resolve))
    line = first_line(node)
    known = scope.ctes.get(parts[0]) if len(parts) == 1 else None
    known = known or recorder.temporary.get(".".join(parts))
    if known is not None:
        return Source(alias or parts[-1], known, tuple(parts))
    if len(parts) > 1 and recorder.dialect in _CORRELATED:
        array = _array_of_source(parts, line, scope)
        if array is not None:
            return Source(alias or parts[-1], array)
    relation = recorder.placeholders.get(parts[-1])
    name = relation.name if relation else without_holes(parts)
    if not name:
        # The name is computed at run time: its columns can be anything.
        return Source(alias or HOLE, opaque(Value(digest="?"), line))
    index = recorder.read(name, line, relation.kind if relation else "table")
    own = tuple(name.split("."))
    shape = Shape([Branch([Star(index, line)])], name)
    return Source(alias or own[-1], shape, own, parts[-1] if relation else "")


def _array_of_source(parts: list[str], line: int, scope: Scope) -> Shape | None:
    """Return the rows of ``FROM t, t.array``, None when no source before it is called so."""
    if not any(parts[0] == source.alias for source in scope.sources):
        return None
    value = scope.resolve(parts, line, soft=False)
    if value.struct is not None:
        return Shape([Branch(lined(list(value.struct.items), line))], value.digest)
    return opaque(value, line)


def _made_up(node: exp.Expr, names: list[str], scope: Scope, resolve: QueryResolver) -> Shape:
    """Return the shape of rows that a function or a list of values makes."""
    if isinstance(node, exp.Values):
        return values_shape(node, names, scope, resolve)
    line = first_line(node)
    given: list[Column | Star] = []
    walk = Walk(scope, resolve)
    if isinstance(node, exp.Anonymous) and is_macro(node):
        # A macro that was given a relation most often passes its columns on.
        relations = [one for one in node.expressions if placeholder_of(one, scope.recorder)]
        for one in relations:
            named = scope.recorder.placeholders[placeholder_of(one, scope.recorder)]
            index = scope.recorder.read(named.name, first_line(one), named.kind)
            given.append(Star(index, line, soft=True))
    else:
        for part in _inputs(node):
            walk.visit(part, TRANSFORM)
    value = walk.value
    element = node.expressions[0] if isinstance(node, exp.Unnest) and node.expressions else None
    if element is not None:
        value.struct = struct_of(element, scope, resolve)
    if value.struct is not None and len(names) < 2:  # noqa: PLR2004 - the one is the row's own name
        made = lined(list(value.struct.items), line)
        return Shape([Branch([*made, *_offset(node, value, line)])], value.digest)
    columns = [Column(name, value, line, line) for name in names]
    if len(names) == 1 and isinstance(element, _OF_SCALARS):
        return Shape([Branch([*columns, *_offset(node, value, line)])], value.digest)
    columns += _offset(node, value, line)
    alias = node.args.get("alias")
    if names and isinstance(alias, exp.TableAlias) and alias.args.get("this") is not None:
        return Shape([Branch([*columns])], value.digest)  # f(…) AS t (a, b): no others
    return Shape([Branch([*columns, *given, Star(-1, line, value=value)])], value.digest)


def _offset(node: exp.Expr, value: Value, line: int) -> list[Column]:
    offset = node.args.get("offset")
    if not isinstance(offset, exp.Expr):
        return []
    return [Column(offset.name.lower(), value, line, line)]


def _inputs(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Unnest | exp.Anonymous | exp.Tuple):
        return [one for one in node.expressions if isinstance(one, exp.Expr)]
    inner = node.args.get("this")
    if isinstance(node, exp.Lateral | exp.TableFromRows) and isinstance(inner, exp.Expr):
        return [inner]
    return [node]


def values_shape(node: exp.Expr, names: list[str], scope: Scope, resolve: QueryResolver) -> Shape:
    """Return the shape of VALUES; its columns are called ``names``, else column1 and so on."""
    rows = [row for row in node.expressions if isinstance(row, exp.Tuple)]
    width = max((len(row.expressions) for row in rows), default=len(names))
    columns: list[Column] = []
    for place in range(min(width, 1_000)):
        walk = Walk(scope, resolve)
        for row in rows:
            if place < len(row.expressions):
                walk.visit(row.expressions[place], TRANSFORM)
        name = names[place] if place < len(names) else f"column{place + 1}"
        columns.append(Column(name, walk.value, walk.first, walk.last))
    return Shape([Branch(list(columns))], digest(one.value.digest for one in columns))


def opaque(value: Value, line: int) -> Shape:
    """Return a shape of unknown columns that all come of ``value``."""
    return Shape([Branch([Star(-1, line, value=value)])], value.digest)


def alias_of(node: exp.Expr) -> tuple[str, list[str]]:
    """Return the alias of a source and the names that it gives to columns, lower-cased.

    ``UNNEST(x) AS u`` of BigQuery names the only column: it is both.
    """
    alias = node.args.get("alias")
    if isinstance(alias, exp.Identifier):
        return alias.name.lower(), []
    if not isinstance(alias, exp.TableAlias):
        return "", []
    named = alias.args.get("this")
    names = [one.name.lower() for one in alias.args.get("columns") or ()]
    if named is None:
        return (names[0] if len(names) == 1 else ""), names
    return named.name.lower(), names


def table_parts(node: exp.Expr) -> list[str]:
    """Return catalog, schema and name of a table node, as far as given, lower-cased."""
    table = node.args["this"]
    if isinstance(table, exp.Parameter):
        return [f"@{table.name.lower()}"]
    if isinstance(table, exp.Identifier) and table.args.get("temporary"):
        return [f"#{table.name.lower()}"]
    if isinstance(table, exp.Dot):
        last = [one.name.lower() for one in table.flatten() if isinstance(one, exp.Identifier)]
    elif isinstance(table, exp.Column):
        last = column_parts(table)
    else:
        last = [table.name.lower()]
    above = (node.args.get("catalog"), node.args.get("db"))
    return [one.name.lower() for one in above if isinstance(one, exp.Expr) and one.name] + last


def relation_of(node: exp.Expr, placeholders: Mapping[str, Relation]) -> str:
    """Return the name of the relation that a table node writes to, empty when it is computed."""
    if isinstance(node.args["this"], exp.Parameter):
        return ""
    parts = table_parts(node)
    relation = placeholders.get(parts[-1])
    return relation.name if relation else without_holes(parts)


def first_line(node: exp.Expr) -> int:
    """Return the line of the first part of ``node`` that has one, 0 when none has."""
    stack = [node]
    looked = 0
    while stack and looked < _FAR_ENOUGH:
        one = stack.pop()
        looked += 1
        if line := line_of(one):
            return line
        below = [
            inner
            for argument in one.args.values()
            for inner in (argument if isinstance(argument, list) else [argument])
            if isinstance(inner, exp.Expr)
        ]
        stack += reversed(below)
    return 0
