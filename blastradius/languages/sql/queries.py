"""SELECT, WITH and the set operations: a query becomes a `Shape`, in one pass over its tree."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from blastradius.languages.sql.expressions import (
    Walk,
    column_parts,
    is_doubtful,
    is_macro,
    line_of,
    plain_rank,
    type_text,
)
from blastradius.languages.sql.names import HOLE
from blastradius.languages.sql.scopes import LATERAL_ALIASES, Scope
from blastradius.languages.sql.shapes import (
    MOST_COLUMNS,
    Branch,
    Column,
    Shape,
    Star,
    digest,
    union,
)
from blastradius.languages.sql.sources import (
    add_sources,
    alias_of,
    first_line,
    table_source,
    values_shape,
)
from blastradius.languages.sql.stars import changed, fields, lined, once, spread, without
from blastradius.languages.sql.structs import struct_of
from blastradius.languages.sql.summary import TRANSFORM, RowKind

# Dialects where a CTE may name itself without the word RECURSIVE.
_RECURSIVE_WITHOUT_WORD = frozenset({"tsql", "oracle", "teradata", "fabric"})

_WRAPPERS = frozenset({exp.Alias, exp.Aliases, exp.Paren})
_CLAUSES: tuple[tuple[str, RowKind], ...] = (
    ("prewhere", "filter"),
    ("where", "filter"),
    ("connect", "filter"),
    ("group", "group"),
    ("having", "having"),
    ("qualify", "window"),
    ("distribute", "order"),
    ("cluster", "order"),
    ("sort", "order"),
    ("order", "order"),
    ("limit", "filter"),
    ("offset", "filter"),
)


def query_shape(node: exp.Expr, around: Scope) -> Shape:
    """Return what a query puts out. ``around`` holds the queries and CTEs that it can see."""
    if isinstance(node, exp.Select):
        return _select(node, around)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, around)
    if isinstance(node, exp.Subquery):
        return _wrapped(node, around)
    scope = Scope(around.recorder, around, around.ctes)
    if isinstance(node, exp.From):
        return query_shape(node.this, around)
    return _no_select(node, scope)


def _no_select(node: exp.Expr, scope: Scope) -> Shape:
    """Resolve what stands for a query without being one."""
    if isinstance(node, exp.Values):
        return values_shape(node, [], scope, query_shape)
    if isinstance(node, exp.Table):
        return table_source(node, scope, query_shape).shape
    if isinstance(node, exp.DML) and isinstance(node.args.get("returning"), exp.Returning):
        return _returned(node, scope)
    # A CTE may hold an INSERT … RETURNING, or the call of a macro that writes the query.
    walk = Walk(scope, query_shape)
    for part in node.args.values():
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, exp.Expr):
                walk.visit(one, TRANSFORM)
    return Shape([Branch([Star(-1, walk.first, value=walk.value)])], walk.value.digest)


def _returned(node: exp.Expr, scope: Scope) -> Shape:
    """Resolve the rows that an INSERT, UPDATE or DELETE gives back: columns of its table."""
    scope.ctes = with_ctes(node, scope)
    table = node.this.this if isinstance(node.this, exp.Schema) else node.this
    if isinstance(table, exp.Table):
        scope.sources.append(table_source(table, scope, query_shape))
    texts = add_sources(node, scope, query_shape)
    if isinstance(where := node.args.get("where"), exp.Expr):
        texts.append(_clause(where, "filter", scope, Shape([])))
    items: list[list[Column | Star]] = [[]]
    for place, projection in enumerate(node.args["returning"].expressions):
        _project(projection, place, scope, items)
    return Shape([Branch(branch) for branch in items], digest(["returned", *texts]))


def with_ctes(node: exp.Expr, around: Scope) -> dict[str, Shape]:
    """Return the CTEs visible inside ``node``: those around it and its own."""
    clause = node.args.get("with_")
    if clause is None:
        return around.ctes
    ctes = dict(around.ctes)
    open_to_itself = bool(clause.args.get("recursive")) or (
        around.recorder.dialect in _RECURSIVE_WITHOUT_WORD
    )
    for cte in clause.expressions:
        name, names = alias_of(cte)
        scope = Scope(around.recorder, around, ctes)
        body = cte.this
        if open_to_itself and isinstance(body, exp.SetOperation):
            # Its rows come of the first part, through whatever the second does to them.
            anchor = query_shape(_leftmost(body), scope)
            scope = Scope(around.recorder, around, {**ctes, name: _called(anchor, names, scope)})
        ctes[name] = _called(query_shape(body, scope), names, scope)
    return ctes


def _called(shape: Shape, names: Sequence[str], scope: Scope) -> Shape:
    return shape.renamed(names, scope.recorder, 0)


def _leftmost(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.SetOperation):
        node = node.this
    return node


def _wrapped(node: exp.Expr, around: Scope) -> Shape:
    """Resolve ``(query)``, which may carry its own WITH, ORDER BY and LIMIT."""
    ctes = with_ctes(node, around)
    inner = Scope(around.recorder, around.outer, ctes, around.sources, around.shared)
    shape = query_shape(node.this, inner)
    return _ordered(node, shape, inner)


def _ordered(node: exp.Expr, shape: Shape, around: Scope) -> Shape:
    """Take in the clauses after a set operation or a closing parenthesis."""
    texts = [shape.rows]
    scope = Scope(around.recorder, around, around.ctes)
    for branch in shape.branches:
        for name, column in branch.named.items():
            scope.aliases.setdefault(name, column.value)
    scope.aliases_first = True
    for key in ("order", "limit", "offset"):
        clause = node.args.get(key)
        if isinstance(clause, exp.Expr):
            texts.append(_clause(clause, "order", scope, shape))
    return Shape(shape.branches, digest(texts)) if len(texts) > 1 else shape


def _set_operation(node: exp.Expr, around: Scope) -> Shape:
    """Resolve a chain of UNION, EXCEPT, INTERSECT; it hangs to the left and may be long."""
    chain: list[exp.Expr] = []
    while isinstance(node, exp.SetOperation):
        chain.append(node)
        node = node.this
    scope = Scope(around.recorder, around.outer, with_ctes(chain[0], around), around.sources)
    for link in chain[1:]:
        scope.ctes = with_ctes(link, scope)
    shape = query_shape(node, scope)
    for link in reversed(chain):
        right = query_shape(link.expression, scope)
        if isinstance(link, exp.Union):
            by_name = bool(link.args.get("by_name"))
            right = right if by_name else _by_place(right, shape, link, scope)
            shape = union(shape, right, by_name=by_name)
        else:
            shape = _less(link, shape, right, scope)
        if link.args.get("distinct"):
            _all_rows("distinct", shape, scope)
        shape = _ordered(link, shape, scope)
    return shape


def _by_place(right: Shape, left: Shape, link: exp.Expr, scope: Scope) -> Shape:
    """Return the columns of ``SELECT * FROM t`` by position, as many as the left side has."""
    columns = left.columns
    if columns is None or not any(branch.only_star for branch in right.branches):
        return right
    line = first_line(link.expression)
    names = [column.name for column in columns]
    return Shape(
        [
            Shape([branch]).renamed(names, scope.recorder, line).branches[0]
            if branch.only_star
            else branch
            for branch in right.branches
        ],
        right.rows,
    )


def _less(link: exp.Expr, left: Shape, right: Shape, scope: Scope) -> Shape:
    """EXCEPT and INTERSECT: the right side only decides which rows stay."""
    _all_rows("filter", right, scope)
    rows = digest((link.key, left.rows, right.rows, *(_texts(right))))
    return Shape(left.branches, rows)


def _texts(shape: Shape) -> list[str]:
    return [
        item.value.digest
        for branch in shape.branches
        for item in branch.items
        if item.value is not None
    ]


def _all_rows(kind: RowKind, shape: Shape, scope: Scope) -> None:
    for branch in shape.branches:
        named = [item.value for item in branch.items if isinstance(item, Column)]
        for value in named:
            scope.recorder.add_rows(kind, value)


def _select(node: exp.Expr, around: Scope) -> Shape:
    recorder = around.recorder
    scope = Scope(recorder, around, with_ctes(node, around))
    scope.windows = {one.name.lower(): one for one in node.args.get("windows") or ()}
    texts = ["select", *add_sources(node, scope, query_shape)]
    scope.aliases_beside = recorder.dialect in LATERAL_ALIASES
    items: list[list[Column | Star]] = [[]]
    for place, projection in enumerate(node.expressions):
        _project(projection, place, scope, items)
    if excluded := node.args.get("exclude"):
        items = [without(branch, {one.name.lower() for one in excluded}) for branch in items]
    if str(node.args.get("kind") or "").upper() == "VALUE":
        items = [_of_value(branch) for branch in items]
    shape = Shape([Branch(branch[:MOST_COLUMNS]) for branch in items])
    distinct = node.args.get("distinct")
    scope.aliases_last = True
    if isinstance(distinct, exp.Expr):
        texts.append("distinct")
        if isinstance(on := distinct.args.get("on"), exp.Expr):
            texts.append(_clause(on, "distinct", scope, shape))
        else:
            _all_rows("distinct", shape, scope)
    for key, kind in _CLAUSES:
        clause = node.args.get(key)
        if isinstance(clause, exp.Expr):
            scope.aliases_first = key in {"order", "sort", "cluster", "distribute"}
            scope.aliases_last = key != "where"
            texts += [key, _clause(clause, kind, scope, shape)]
    shape.rows = digest(texts)
    return shape


def _of_value(items: list[Column | Star]) -> list[Column | Star]:
    """``SELECT AS VALUE x``: each row is x, and its fields are the columns."""
    only = items[0] if len(items) == 1 else None
    return fields(only.value, only.line) if isinstance(only, Column) else items


def _clause(clause: exp.Expr, kind: RowKind, scope: Scope, shape: Shape) -> str:
    """Note what a clause reads, and return its digest; ``GROUP BY 2`` means the second column."""
    walk = Walk(scope, query_shape)
    walk.visit(clause, TRANSFORM)
    value = walk.value
    scope.recorder.add_rows(kind, value)
    if kind in {"group", "order"}:
        columns = shape.columns or []
        for one in clause.expressions:
            number = one.this if isinstance(one, exp.Ordered) else one
            if isinstance(number, exp.Literal) and not number.args.get("is_string"):
                place = str(number.this)
                if place.isdecimal() and 0 < int(place[:6]) <= len(columns):
                    scope.recorder.add_rows(kind, columns[int(place[:6]) - 1].value)
    return value.digest


def _project(
    projection: exp.Expr, place: int, scope: Scope, items: list[list[Column | Star]]
) -> None:
    """Add one projection's columns to each of ``items``: a star over a union has branches."""
    node = projection.this if isinstance(projection, exp.Column) else projection
    if isinstance(node, exp.Star):
        spread(_star(projection, node, scope), items)
        return
    if isinstance(projection, exp.Dot) and isinstance(projection.expression, exp.Star):
        walk = Walk(scope, query_shape)
        walk.visit(projection.this, TRANSFORM)
        value = walk.value
        value.struct = struct_of(projection.this, scope, query_shape)
        star = projection.expression
        spread([changed(fields(value, walk.first), star, _replaced(star, scope))], items)
        return
    if isinstance(projection, exp.Anonymous) and is_macro(projection):
        # A macro alone may write any number of columns.
        walk = Walk(scope, query_shape)
        walk.visit(projection, TRANSFORM)
        spread([[Star(-1, walk.first, value=walk.value)]], items)
        return
    spread([_columns(projection, place, scope)], items)


def _columns(projection: exp.Expr, place: int, scope: Scope) -> list[Column | Star]:
    inner = projection
    while inner.__class__ in _WRAPPERS:
        inner = inner.args["this"]
    if inner.__class__ is exp.Column and (column := _bare_column(projection, inner, scope)):
        return [column]
    walk = Walk(scope, query_shape)
    walk.visit(inner, plain_rank(inner))
    value = walk.value
    value.struct = struct_of(inner, scope, query_shape)
    if isinstance(projection, exp.Aliases):
        names = [one.name.lower() for one in projection.args.get("expressions") or ()]
    else:
        names = [_output_name(projection, inner, place)]
        walk.take_line(projection.args.get("alias"))
    kind = type_text(inner.args.get("to")) if isinstance(inner, exp.Cast) else ""
    first = walk.first or first_line(projection)
    columns: list[Column | Star] = []
    for name in names:
        if HOLE in name:
            # The template decides what it is called, and maybe how many of it there are.
            columns.append(Star(-1, first, value=value))
            continue
        columns.append(Column(name, value, first, max(walk.last, first), kind))
        scope.aliases.setdefault(name, value)
    return columns


def _bare_column(projection: exp.Expr, inner: exp.Expr, scope: Scope) -> Column | None:
    """Return the column of ``x``, ``t.x`` or either AS y: most projections, so without a walk."""
    parts = column_parts(inner)
    named = inner.args["this"]
    alias = projection.args.get("alias") if projection is not inner else None
    name = parts[-1] if alias is None else alias.name.lower()
    recorder = scope.recorder
    if parts[0] in recorder.placeholders or HOLE in name or HOLE in parts[0] or HOLE in parts[-1]:
        return None
    line = line_of(named)
    value = scope.resolve(parts, line, soft=is_doubtful(inner, recorder))
    scope.aliases.setdefault(name, value)
    end = line_of(alias) if alias is not None else line
    return Column(name, value, line or end, max(end, line))


def _output_name(projection: exp.Expr, inner: exp.Expr, place: int) -> str:
    alias = projection.alias
    if alias:
        return str(alias).lower()
    while isinstance(inner, exp.Cast | exp.Bracket):
        inner = inner.this
    if isinstance(inner, exp.Column):
        return column_parts(inner)[-1]
    if isinstance(inner, exp.Dot):
        return str(inner.expression.name).lower()
    return f"_col_{place}"


def _star(projection: exp.Expr, star: exp.Expr, scope: Scope) -> list[list[Column | Star]]:
    """Return what ``*`` or ``t.*`` stands for, as far as this file can tell."""
    qualifier = column_parts(projection)[:-1] if isinstance(projection, exp.Column) else []
    sources = scope.sources
    if qualifier:
        found = [one.find([*qualifier, ""]) for one in scope.chain()]
        found += [one.find_unaliased([*qualifier, ""]) for one in scope.chain()]
        named = next((one for one in found if one is not None and one[1] == [""]), None)
        if named is None:
            value = scope.resolve(qualifier, line_of(star), soft=True)
            return [changed(fields(value, line_of(star)), star, _replaced(star, scope))]
        sources = [named[0]]
    items: list[list[Column | Star]] = [[]]
    for number, source in enumerate(sources):
        scope.recorder.step(sum(len(branch.items) for branch in source.shape.branches))
        branches = [list(branch.items) for branch in source.shape.branches] or [[]]
        if number and not qualifier:
            branches = [once(branch, number, items[0], scope) for branch in branches]
        spread([lined(branch, line_of(star)) for branch in branches], items)
        if sum(map(len, items)) > MOST_COLUMNS:
            break
    replaced = _replaced(star, scope)
    return [changed(branch, star, replaced) for branch in items]


def _replaced(star: exp.Expr, scope: Scope) -> dict[str, Column]:
    return {
        column.name: column
        for one in star.args.get("replace") or ()
        for column in _columns(one, 0, scope)
        if isinstance(column, Column)
    }
