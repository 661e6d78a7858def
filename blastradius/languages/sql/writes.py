"""UPDATE, DELETE and MERGE: statements that change rows of a relation which others define."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.expressions import Walk, column_parts
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.queries import query_shape, with_ctes
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, combined, digest
from blastradius.languages.sql.sources import (
    add_join,
    add_source,
    add_sources,
    alias_of,
    relation_of,
    table_parts,
    table_source,
)
from blastradius.languages.sql.summary import TRANSFORM, RowKind, Statement

_ASSIGNMENTS = (exp.EQ, exp.PropertyEQ)


def updated(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement:
    """Return the record of an UPDATE."""
    scope = Scope(recorder)
    scope.ctes = with_ctes(tree, scope)
    meant = _meant(tree)
    if meant is not tree.this:
        # SQL Server: UPDATE alias … FROM the table itself, which is read there as well.
        texts = add_sources(tree, scope, query_shape)
        name = relation_of(meant, recorder.placeholders)
        target = recorder.relation(name) if name else -1
        recorder.reads.pop(target, None)
    else:
        target = _target_source(tree.this, scope)
        texts = [str(target), *add_sources(tree, scope, query_shape)]
    texts += _joins_of(tree.this, scope)
    columns = _assigned(tree.expressions, scope)
    texts += _conditions(tree, scope)
    shape = Shape([Branch(list(columns))], digest(texts))
    return closed("update", target, shape, parsed, recorder)


def _meant(tree: exp.Expr) -> exp.Expr:
    """Return the table that an UPDATE writes: what it names may be an alias from its FROM."""
    named: exp.Expr = tree.this
    if len(table_parts(named)) > 1:
        return named
    from_ = tree.args.get("from_")
    first = [from_.this] if isinstance(from_, exp.From) else []
    joined = [one for source in first for one in source.args.get("joins") or ()]
    joined += tree.args.get("joins") or ()
    for source in [*first, *(join.this for join in joined)]:
        if isinstance(source, exp.Table) and alias_of(source)[0] == table_parts(named)[0]:
            return source
    return named


def deleted(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement:
    """Return the record of a DELETE."""
    scope = Scope(recorder)
    scope.ctes = with_ctes(tree, scope)
    target = _target_source(tree.this, scope)
    using = tree.args.get("using")
    texts = [
        text
        for one in (using if isinstance(using, list) else [])
        if isinstance(one, exp.Table | exp.Subquery)
        for text in add_source(one, scope, query_shape)
    ]
    texts += [*_joins_of(tree.this, scope), *_conditions(tree, scope)]
    return closed("delete", target, Shape([Branch([])], digest(texts)), parsed, recorder)


def merged(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement:
    """Return the record of a MERGE."""
    scope = Scope(recorder)
    scope.ctes = with_ctes(tree, scope)
    target = _target_source(tree.this, scope)
    texts = [str(target)]
    if isinstance(using := tree.args.get("using"), exp.Expr):
        texts += add_source(using, scope, query_shape)
    texts += _conditions(tree, scope, ("on",), "join")
    columns: dict[str, Column] = {}
    stars: dict[int, Star] = {}
    whens = tree.args.get("whens")
    for when in whens.expressions if isinstance(whens, exp.Expr) else ():
        texts += _conditions(when, scope, ("condition",))
        then = when.args.get("then")
        for column in _written(then, scope) if isinstance(then, exp.Expr) else ():
            if isinstance(column, Star):
                stars.setdefault(column.relation, column)
                continue
            held = columns.setdefault(column.name, column)
            if held is not column:
                held.value = combined(held.value, column.value)
    shape = Shape([Branch([*columns.values(), *stars.values()])], digest(texts))
    return closed("merge", target, shape, parsed, recorder)


def indexed(index: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement:
    """Return the record of a CREATE INDEX: it asks for columns of its table, and writes none."""
    scope = Scope(recorder)
    scope.sources.append(table_source(index.args["table"], scope, query_shape))
    walk = Walk(scope, query_shape)
    if isinstance(parameters := index.args.get("params"), exp.Expr):
        walk.visit(parameters, TRANSFORM)
    return closed("other", -1, Shape([], walk.value.digest), parsed, recorder)


def _written(then: exp.Expr, scope: Scope) -> Sequence[Column | Star]:
    """Return the columns that one branch of a MERGE writes."""
    names, values = then.args.get("this"), then.args.get("expression")
    whole_row = [names, *then.expressions] if isinstance(then, exp.Update | exp.Insert) else []
    if any(isinstance(one, exp.Star) or _is_row(one) for one in whole_row):
        # UPDATE SET *, INSERT *, INSERT ROW: the columns of the source, by name.
        return [item for one in scope.sources[1:2] for item in one.shape.branches[0].items]
    if isinstance(then, exp.Update):
        return _assigned(then.expressions, scope)
    if not (isinstance(names, exp.Tuple) and isinstance(values, exp.Tuple)):
        return []
    pairs = zip(names.expressions, values.expressions, strict=False)
    return [_column(name, value, scope) for name, value in pairs]


def _is_row(node: object) -> bool:
    return isinstance(node, exp.Var) and node.name.upper() == "ROW"


def _assigned(assignments: Iterable[exp.Expr], scope: Scope) -> list[Column]:
    return [
        _column(one.this, one.expression, scope)
        for one in assignments
        if isinstance(one, _ASSIGNMENTS) and isinstance(one.expression, exp.Expr)
    ]


def _column(name: exp.Expr, value: exp.Expr, scope: Scope) -> Column:
    walk = Walk(scope, query_shape)
    walk.visit(value, 0 if isinstance(value, exp.Column) else TRANSFORM)
    walk.take_line(name.this if isinstance(name, exp.Column) else name)
    written = column_parts(name)[-1] if isinstance(name, exp.Column) else name.name.lower()
    return Column(written, walk.value, walk.first, walk.last)


def _target_source(table: exp.Expr, scope: Scope) -> int:
    """Make the written relation readable in the statement's clauses; return its index."""
    recorder = scope.recorder
    before = dict(recorder.reads)
    source = table_source(table, scope, query_shape)
    recorder.reads = before
    scope.sources.append(source)
    name = relation_of(table, recorder.placeholders)
    return recorder.relation(name) if name else -1


def _joins_of(table: exp.Expr, scope: Scope) -> list[str]:
    return [
        text
        for join in table.args.get("joins") or ()
        for text in add_join(join, scope, query_shape)
    ]


def _conditions(
    tree: exp.Expr,
    scope: Scope,
    keys: Sequence[str] = ("where", "order", "limit"),
    kind: RowKind = "filter",
) -> list[str]:
    texts = []
    for key in keys:
        clause = tree.args.get(key)
        if isinstance(clause, exp.Expr):
            walk = Walk(scope, query_shape)
            walk.visit(clause, TRANSFORM)
            value = walk.value
            scope.recorder.add_rows(kind, value)
            texts.append(value.digest)
    return texts
