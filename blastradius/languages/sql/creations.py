"""CREATE, INSERT, COPY and what else fills a relation, also one that lives only in its script."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.definitions import declared
from blastradius.languages.sql.expressions import Walk, plain_rank
from blastradius.languages.sql.movements import column_names, unloaded
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.queries import query_shape, with_ctes
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.routines import KINDS, defined
from blastradius.languages.sql.scopes import Scope, Source
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, Value, combined, digest
from blastradius.languages.sql.sources import alias_of, relation_of, table_parts, table_source
from blastradius.languages.sql.summary import TRANSFORM, Statement
from blastradius.languages.sql.writes import indexed


def created(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Return the record of a CREATE of whatever kind."""
    del title
    named = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    kind = str(tree.args.get("kind") or "").upper()
    if not isinstance(named, exp.Table) or not {"TABLE", "VIEW"} & set(kind.split()):
        if kind in KINDS and (made := defined(tree, parsed, recorder)) is not None:
            # Its parameters are no columns.
            recorder.procedural = True
            return made
        if isinstance(tree.this, exp.Index) and isinstance(tree.this.args.get("table"), exp.Table):
            return indexed(tree.this, parsed, recorder)
        return _other_body(tree, parsed, recorder)
    body = tree.args.get("expression")
    properties = tree.args.get("properties")
    passing = properties is not None and any(
        isinstance(one, exp.TemporaryProperty) for one in properties.expressions
    )
    passing = passing or ".".join(table_parts(named)) in recorder.passing
    if isinstance(body, exp.Query):
        scope = Scope(recorder)
        scope.ctes = with_ctes(tree, scope)
        names = column_names(tree.this)
        return filled(named, query_shape(body, scope), parsed, recorder, names, passing=passing)
    shape = declared(tree, recorder)
    if passing:
        recorder.temporary[".".join(table_parts(named))] = shape
        return closed("other", -1, Shape([], shape.rows), parsed, recorder)
    name = relation_of(named, recorder.placeholders)
    return closed("declare", recorder.relation(name) if name else -1, shape, parsed, recorder)


def filled(
    table: exp.Expr,
    shape: Shape,
    parsed: Parsed,
    recorder: Recorder,
    names: Sequence[str] = (),
    *,
    passing: bool,
) -> Statement | None:
    """Return the record of a query that makes ``table``.

    Args:
        table: the relation that is made.
        shape: what the query puts out.
        parsed: the statement.
        recorder: the file's record.
        names: the columns of the relation by position; empty: those of the query.
        passing: readers in this script see through it; nobody else can read it.
    """
    if passing:
        shape = shape.renamed(names, recorder, parsed.line)
        recorder.temporary[".".join(table_parts(table))] = shape
        return closed("other", -1, Shape([], shape.rows), parsed, recorder)
    if names and shape.closed:
        shape, names = shape.renamed(names, recorder, 0), ()
    name = relation_of(table, recorder.placeholders)
    made = closed("create", recorder.relation(name) if name else -1, shape, parsed, recorder)
    return msgspec.structs.replace(made, names=tuple(names)) if names else made


def cached(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Return the record of Spark's CACHE TABLE: with a query, it makes a view for the session."""
    del title
    body = tree.args.get("expression")
    if not isinstance(tree.this, exp.Table) or not isinstance(body, exp.Query):
        return None
    shape = query_shape(body, Scope(recorder))
    return filled(tree.this, shape, parsed, recorder, passing=True)


def variables(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Return the record of a DECLARE: a variable may be a table."""
    del title
    recorder.procedural = True
    for item in tree.expressions:
        kind = item.args.get("kind")
        if not isinstance(kind, exp.Schema):
            names = item.this if isinstance(item.this, list) else [item.this]
            recorder.parameters |= {one.name.lower() for one in names if one.name}
            continue
        columns: list[Column | Star] = [
            Column(one.name.lower(), Value()) for one in kind.expressions if one.name
        ]
        for named in item.this if isinstance(item.this, list) else [item.this]:
            recorder.temporary[f"@{named.name.lower()}"] = Shape([Branch(list(columns))])
    return _other_body(tree, parsed, recorder)


def inserted(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Return the record of an INSERT."""
    del title
    named = tree.this
    names = column_names(named)
    if isinstance(named, exp.Schema):
        named = named.this
    body = tree.args.get("expression")
    if isinstance(named, exp.Directory) and isinstance(body, exp.Query):
        shape = query_shape(body, Scope(recorder))
        return unloaded(shape, named.this.name, parsed, recorder)
    if not isinstance(named, exp.Table):
        return _other_body(tree, parsed, recorder)
    scope = Scope(recorder)
    scope.ctes = with_ctes(tree, scope)
    shape = query_shape(body, scope) if isinstance(body, exp.Expr) else Shape([Branch([])])
    if isinstance(body, exp.Values) and not names:
        # What the columns are called, the target's declaration says, which may not be here.
        shape = Shape([Branch([Star(-1, parsed.line)])], shape.rows)
    key = ".".join(table_parts(named))
    if key in recorder.temporary or key[:1] in {"#", "@"}:
        return _poured(key, shape, names, parsed, recorder)
    name = relation_of(named, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    positional = not names and not tree.args.get("by_name")
    if names and shape.closed:
        shape = shape.renamed(names, recorder, 0)
        shape = Shape([_only(branch, names) for branch in shape.branches], shape.rows)
        names = []
    shape = _updating(tree.args.get("conflict"), named, shape, recorder)
    made = closed("insert", target, shape, parsed, recorder)
    return msgspec.structs.replace(made, positional=positional, names=tuple(names))


def _updating(
    conflict: exp.Expr | None, table: exp.Expr, shape: Shape, recorder: Recorder
) -> Shape:
    """Take in ON CONFLICT DO UPDATE: a row that is there gets other values, also of itself."""
    if not isinstance(conflict, exp.Expr) or len(shape.branches) != 1:
        return shape
    scope = Scope(recorder)
    before = dict(recorder.reads)
    source = table_source(table, scope, query_shape)
    recorder.reads = before
    source.alias = alias_of(table)[0] or source.alias
    scope.sources += [source, Source("excluded", shape)]
    named = shape.branches[0].named
    for one in conflict.args.get("expressions") or ():
        column = named.get(one.this.name.lower()) if isinstance(one, exp.EQ) else None
        if column is None or not isinstance(one.expression, exp.Expr):
            continue
        walk = Walk(scope, query_shape)
        walk.visit(one.expression, plain_rank(one.expression))
        column.value = combined(column.value, walk.value)
    return shape


def _only(branch: Branch, names: Sequence[str]) -> Branch:
    """Keep the columns that the INSERT lists: nothing else can be written."""
    return Branch([branch.named[name] for name in names if name in branch.named])


def _poured(
    key: str, shape: Shape, names: Sequence[str], parsed: Parsed, recorder: Recorder
) -> Statement:
    """Add inserted rows to a table that lives only as long as the script."""
    if names:
        shape = shape.renamed(names, recorder, parsed.line)
    held = recorder.temporary.get(key)
    if held is None:
        recorder.temporary[key] = shape
    else:
        _pour(shape, held, names)
    return closed("other", -1, Shape([], shape.rows), parsed, recorder)


def _pour(shape: Shape, into: Shape, names: Sequence[str]) -> None:
    """Add the sources of rows to those of a table: by name where the INSERT lists some."""
    columns = shape.columns
    if columns is None:
        into.branches += shape.branches
        return
    for branch in into.branches[:1]:
        held = [one for one in branch.items if isinstance(one, Column)]
        if names:
            given = {column.name: column for column in columns}
            pairs = [(one, given[one.name]) for one in held if one.name in given]
        else:
            pairs = list(zip(held, columns, strict=False))
        for column, source in pairs:
            column.value = combined(column.value, source.value)


def everything_in(tree: exp.Expr, recorder: Recorder) -> Value:
    """Note what any statement reads: every query and every table inside it."""
    walk = Walk(Scope(recorder), query_shape)
    procedural, recorder.procedural = recorder.procedural, True
    for node in tree.walk(prune=lambda one: isinstance(one, exp.Query)):
        if isinstance(node, exp.Query):
            walk.visit(node, TRANSFORM)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            if isinstance(node.parent, exp.UserDefinedFunction):
                continue  # its own name
            table_source(node, Scope(recorder), query_shape)
    recorder.procedural = procedural
    return walk.value


def _other_body(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    value = everything_in(tree, recorder)
    if not recorder.reads:
        return None
    return closed("other", -1, Shape([], digest([value.digest])), parsed, recorder)
