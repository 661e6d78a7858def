"""One parsed statement → `Statement`: what it writes, from what, decided by which columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec
from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.definitions import altered, declared
from blastradius.languages.sql.expressions import Walk
from blastradius.languages.sql.names import QUERY
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.queries import query_shape, with_ctes
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scan import scan
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Column, Shape, Star, combined, digest
from blastradius.languages.sql.sources import (
    relation_of,
    table_parts,
    table_source,
)
from blastradius.languages.sql.summary import (
    TRANSFORM,
    Statement,
)
from blastradius.languages.sql.writes import deleted, indexed, merged, updated

_TEMPORARY = (exp.TemporaryProperty,)
_QUERY_START = re.compile(r"\s*(?:\(\s*)*(?:SELECT|WITH|FROM)\b", re.IGNORECASE)


def statement(parsed: Parsed, recorder: Recorder, title: str = QUERY) -> Statement | None:
    """Return the record of one statement, None when it says nothing about relations.

    Args:
        parsed: the statement.
        recorder: the file's record; grows.
        title: the name for the rows of a query without a target.
    """
    recorder.begin()
    tree = parsed.tree
    if isinstance(tree, exp.Command) and parsed.whole:
        return None
    if tree is None or isinstance(tree, exp.Command):
        return scanned(parsed, recorder, title)
    for kinds, build in _BUILDERS:
        if isinstance(tree, kinds):
            return build(tree, parsed, recorder, title)
    return _other(tree, parsed, recorder)


def _query(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    shape = query_shape(tree, _root(recorder))
    into = tree.args.get("into")
    if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
        temporary = bool(into.args.get("temporary")) or into.this.name.startswith("#")
        return _created(into.this, shape, temporary, parsed, recorder)
    return closed("query", recorder.relation(title), shape, parsed, recorder)


def _create(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    named = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    kind = str(tree.args.get("kind") or "").upper()
    if not isinstance(named, exp.Table) or not {"TABLE", "VIEW"} & set(kind.split()):
        # A function's or procedure's body: its parameters are no columns.
        recorder.procedural = recorder.procedural or kind in {"FUNCTION", "PROCEDURE"}
        if isinstance(tree.this, exp.Index) and isinstance(tree.this.args.get("table"), exp.Table):
            return indexed(tree.this, parsed, recorder)
        return _other(tree, parsed, recorder)
    body = tree.args.get("expression")
    scope = _root(recorder)
    scope.ctes = with_ctes(tree, scope)
    if isinstance(body, exp.Query):
        shape = query_shape(body, scope)
        if isinstance(tree.this, exp.Schema):
            names = [one.name.lower() for one in tree.this.expressions]
            shape = shape.renamed(names, lambda branch: recorder.row(branch, parsed.line))
        properties = tree.args.get("properties")
        temporary = properties is not None and any(
            isinstance(one, _TEMPORARY) for one in properties.expressions
        )
        return _created(named, shape, temporary, parsed, recorder)
    name = relation_of(named, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    return closed("declare", target, declared(tree, recorder), parsed, recorder)


def _created(
    table: exp.Expr,
    shape: Shape,
    temporary: bool,  # noqa: FBT001 - private, and both callers name it
    parsed: Parsed,
    recorder: Recorder,
) -> Statement | None:
    name = relation_of(table, recorder.placeholders)
    if temporary:
        # Its readers in this script see through it; nobody else can.
        recorder.temporary[".".join(table_parts(table))] = shape
        return closed("other", -1, Shape([], shape.rows), parsed, recorder)
    return closed("create", recorder.relation(name) if name else -1, shape, parsed, recorder)


def _insert(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    named = tree.this
    names: list[str] = []
    if isinstance(named, exp.Schema):
        names = [one.name.lower() for one in named.expressions]
        named = named.this
    if not isinstance(named, exp.Table):
        return _other(tree, parsed, recorder)
    scope = _root(recorder)
    scope.ctes = with_ctes(tree, scope)
    body = tree.args.get("expression")
    shape = query_shape(body, scope) if isinstance(body, exp.Expr) else Shape([Branch([])])
    by_name = bool(tree.args.get("by_name"))
    if names:
        shape = shape.renamed(names, lambda branch: recorder.row(branch, parsed.line))
        shape = Shape([_only(branch, names) for branch in shape.branches], shape.rows)
    held = recorder.temporary.get(".".join(table_parts(named)))
    if held is not None:
        _pour(shape, held)
        return closed("other", -1, Shape([], shape.rows), parsed, recorder)
    name = relation_of(named, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    made = closed("insert", target, shape, parsed, recorder)
    return msgspec.structs.replace(made, positional=not names and not by_name)


def _only(branch: Branch, names: Sequence[str]) -> Branch:
    """Keep the columns that the INSERT lists: nothing else can be written."""
    return Branch([branch.named[name] for name in names if name in branch.named])


def _pour(shape: Shape, into: Shape) -> None:
    """Add the sources of inserted rows to a temporary table, by position."""
    for branch in into.branches[:1]:
        given = shape.columns or []
        held = [one for one in branch.items if isinstance(one, Column)]
        for column, source in zip(held, given, strict=False):
            column.value = combined(column.value, source.value)


def _copy(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Record a COPY of files into a table, or of a table out to files."""
    if not isinstance(tree.this, exp.Table) or not tree.args.get("kind"):
        return _other(tree, parsed, recorder)
    del title
    name = relation_of(tree.this, recorder.placeholders)
    shape = Shape([Branch([Star(-1, parsed.line)])])
    return closed("insert", recorder.relation(name) if name else -1, shape, parsed, recorder)


def _alter(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    if not isinstance(tree.this, exp.Table):
        return None
    name = relation_of(tree.this, recorder.placeholders)
    if not name:
        return None
    relation = recorder.relation(name)
    alters, columns = altered(tree, relation, recorder)
    if not alters and not recorder.touched:
        return None
    made = closed("alter", relation, Shape([Branch(list(columns))]), parsed, recorder)
    return msgspec.structs.replace(made, alters=alters)


def _drop(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    tables = [*(tree.args.get("tables") or ()), *(tree.args.get("expressions") or ()), tree.this]
    table = next((one for one in tables if isinstance(one, exp.Table)), None)
    if table is None:
        return None
    recorder.temporary.pop(".".join(table_parts(table)), None)
    name = relation_of(table, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    return closed("drop", target, Shape([]), parsed, recorder)


def _other(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Record what any other statement reads: every query and every table inside it."""
    walk = Walk(_root(recorder), query_shape)
    procedural, recorder.procedural = recorder.procedural, True
    for node in tree.walk(prune=lambda one: isinstance(one, exp.Query)):
        if isinstance(node, exp.Query):
            walk.visit(node, TRANSFORM)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            table_source(node, _root(recorder), query_shape)
    recorder.procedural = procedural
    if not recorder.reads:
        return None
    return closed("other", -1, Shape([], walk.value.digest), parsed, recorder)


def scanned(parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    """Record the names in a statement without a tree; what it writes has unknown columns."""
    reads, writes = scan(parsed.text, parsed.line)
    for name, line in reads:
        relation = recorder.placeholders.get(name)
        recorder.read(*((relation.name, line, relation.kind) if relation else (name, line)))
    target = writes[0][0] if writes else ""
    if not reads and not target:
        return None
    hidden = Shape([Branch([Star(-1, parsed.line)])], digest(parsed.text.split()))
    if not target and _QUERY_START.match(parsed.text):
        return closed("query", recorder.relation(title), hidden, parsed, recorder)
    return closed("other", recorder.relation(target) if target else -1, hidden, parsed, recorder)


def with_scanned_reads(made: Statement, parsed: Parsed, recorder: Recorder) -> Statement:
    """Return the record of a statement that was only pieced together, with all that it names."""
    reads = dict(made.reads)
    for name, line in scan(parsed.text, parsed.line)[0]:
        if name not in recorder.placeholders:
            reads.setdefault(recorder.relation(name), line)
    return msgspec.structs.replace(made, reads=tuple(reads.items()))


def _root(recorder: Recorder) -> Scope:
    return Scope(recorder)


def _changing(build: Callable[[exp.Expr, Parsed, Recorder], Statement]) -> _Builder:
    """Return a builder for a statement whose target must be a plain table."""

    def built(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
        del title
        if not isinstance(tree.this, exp.Table):
            return _other(tree, parsed, recorder)
        return build(tree, parsed, recorder)

    return built


_Builder = Callable[[exp.Expr, Parsed, Recorder, str], Statement | None]
_BUILDERS: tuple[tuple[type[exp.Expr], _Builder], ...] = (
    (exp.Query, _query),
    (exp.Create, _create),
    (exp.Insert, _insert),
    (exp.Update, _changing(updated)),
    (exp.Delete, _changing(deleted)),
    (exp.Merge, _changing(merged)),
    (exp.Alter, _alter),
    (exp.Copy, _copy),
    (exp.Drop, _drop),
)
