"""One parsed statement → `Statement`: what it writes, from what, decided by which columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec
from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.creations import (
    cached,
    created,
    everything_in,
    filled,
    inserted,
    variables,
)
from blastradius.languages.sql.definitions import altered
from blastradius.languages.sql.movements import copied, exported, loaded, moved
from blastradius.languages.sql.names import QUERY
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.queries import query_shape
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scan import scan
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Shape, Star, digest
from blastradius.languages.sql.sources import relation_of, table_parts
from blastradius.languages.sql.summary import Statement
from blastradius.languages.sql.writes import deleted, merged, updated

# They ask for no rows and no columns.
_SILENT = (exp.Use, exp.Describe, exp.Show, exp.Set, exp.Pragma, exp.Kill)
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
    if parsed.move is not None:
        return moved(parsed.move, parsed, recorder)
    if isinstance(tree, _SILENT) or (isinstance(tree, exp.Command) and parsed.whole):
        return None
    if tree is None or isinstance(tree, exp.Command):
        return scanned(parsed, recorder, title)
    for kinds, build in _BUILDERS:
        if isinstance(tree, kinds):
            return build(tree, parsed, recorder, title)
    return _other(tree, parsed, recorder)


def _query(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    shape = query_shape(tree, Scope(recorder))
    first = tree
    while isinstance(first, exp.SetOperation | exp.Subquery):
        first = first.this
    into = first.args.get("into")
    if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
        passing = bool(into.args.get("temporary")) or into.this.name.startswith("#")
        return filled(into.this, shape, parsed, recorder, passing=passing)
    return closed("query", recorder.relation(title), shape, parsed, recorder)


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


def passing(statements: Sequence[Parsed]) -> set[str]:
    """Return the tables that a script makes of queries, reads, and drops: none of them stays.

    One that nothing reads in between is no step on the way: it is how migrations go up and down.
    """
    made: dict[str, bool] = {}
    gone: set[str] = set()
    for one in statements:
        tree = one.tree
        if isinstance(tree, exp.Drop):
            gone.update(".".join(table_parts(table)) for table in _dropped(tree))
            continue
        text = one.text.lower()
        for key, read in made.items():
            made[key] = read or key.rpartition(".")[2] in text
        if isinstance(tree, exp.Create) and isinstance(tree.args.get("expression"), exp.Query):
            named = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
            if isinstance(named, exp.Table) and str(tree.args.get("kind")).upper() == "TABLE":
                key = ".".join(table_parts(named))
                gone.discard(key)
                made.setdefault(key, False)
    return {key for key, read in made.items() if read and key in gone}


def _dropped(tree: exp.Expr) -> list[exp.Expr]:
    tables = [*(tree.args.get("tables") or ()), *(tree.args.get("expressions") or ()), tree.this]
    return [one for one in tables if isinstance(one, exp.Table)]


def _drop(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    tables = _dropped(tree)
    if not tables:
        return None
    table = tables[0]
    gone = [recorder.temporary.pop(".".join(table_parts(one)), None) for one in tables]
    if gone[0] is not None:
        return None
    name = relation_of(table, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    return closed("drop", target, Shape([]), parsed, recorder)


def _truncated(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
    del title
    table = next((one for one in tree.expressions if isinstance(one, exp.Table)), None)
    name = relation_of(table, recorder.placeholders) if table is not None else ""
    if not name:
        return None
    return closed("delete", recorder.relation(name), Shape([Branch([])]), parsed, recorder)


def _other(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Record what any other statement reads: every query and every table inside it."""
    value = everything_in(tree, recorder)
    if not recorder.reads:
        return None
    return closed("other", -1, Shape([], value.digest), parsed, recorder)


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


def _changing(build: Callable[[exp.Expr, Parsed, Recorder], Statement]) -> _Builder:
    """Return a builder for a statement whose target must be a plain table."""

    def built(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
        del title
        if not isinstance(tree.this, exp.Table):
            return _other(tree, parsed, recorder)
        return build(tree, parsed, recorder)

    return built


def _moving(build: Callable[[exp.Expr, Parsed, Recorder], Statement | None]) -> _Builder:
    """Return a builder for a statement about files; what it is not sure of is only read."""

    def built(tree: exp.Expr, parsed: Parsed, recorder: Recorder, title: str) -> Statement | None:
        del title
        return build(tree, parsed, recorder) or _other(tree, parsed, recorder)

    return built


_Builder = Callable[[exp.Expr, Parsed, Recorder, str], Statement | None]
_BUILDERS: tuple[tuple[type[exp.Expr], _Builder], ...] = (
    (exp.Query, _query),
    (exp.Create, created),
    (exp.Cache, cached),
    (exp.Declare, variables),
    (exp.Insert, inserted),
    (exp.Update, _changing(updated)),
    (exp.Delete, _changing(deleted)),
    (exp.Merge, _changing(merged)),
    (exp.Alter, _alter),
    (exp.Copy, _moving(copied)),
    (exp.LoadData, _moving(loaded)),
    (exp.Export, _moving(exported)),
    (exp.Drop, _drop),
    (exp.TruncateTable, _truncated),
)
