"""COPY, LOAD, UNLOAD, swaps and renames: rows that get from place to place without a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec
from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.commands import Move, MoveKind, moves
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.places import place_name, place_of
from blastradius.languages.sql.queries import query_shape
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scan import plain_name, scan
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Shape, Star
from blastradius.languages.sql.sources import relation_of, table_parts
from blastradius.languages.sql.summary import Statement, StatementKind

_TABLES = frozenset({"", "TABLE", "VIEW", "MATERIALIZED VIEW", "MATERIALIZED", "ICEBERG TABLE"})
# Elsewhere a new name without a schema is one in the session's own.
_RENAMES_IN_PLACE = frozenset({"", "postgres", "redshift", "bigquery", "tsql", "oracle", "sqlite"})
# A rename and a swap hand over the columns too; a partition that moves fills those that are there.
_KINDS: dict[MoveKind, StatementKind] = {
    "renamed": "create",
    "swapped": "create",
    "moved": "merge",
    "loaded": "insert",
    "unloaded": "insert",
}


def moved(move: Move, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Return the record of one move; None when it says nothing that lasts."""
    if move.kind == "unloaded":
        return unloaded(_table(move.source, parsed, recorder), move.target, parsed, recorder)
    if move.kind == "loaded":
        source, target = _place(move.source, parsed.line, recorder), plain_name(move.target)
    else:
        old, target = plain_name(move.source), plain_name(move.target)
        if move.kind == "renamed":
            target = _in_place(old, target, recorder.dialect)
            if old in recorder.temporary:
                recorder.temporary[target] = recorder.temporary.pop(old)
                return None
        source = recorder.read(old, parsed.line) if old else -1
    if not target:
        return None
    given = recorder.placeholders.get(target)
    index = recorder.relation(given.name if given else target)
    shape = Shape([Branch([Star(source, parsed.line)])], move.kind)
    made = closed(_KINDS[move.kind], index, shape, parsed, recorder)
    return msgspec.structs.replace(made, positional=move.kind == "loaded")


def unloaded(
    shape: Shape | None, place: str, parsed: Parsed, recorder: Recorder
) -> Statement | None:
    """Return the record of rows that are written to a place of files.

    Args:
        shape: the rows; None: nothing is known of them.
        place: as it is written; empty: to a client, or computed.
        parsed: the statement.
        recorder: the file's record.
    """
    shape = shape or Shape([Branch([Star(-1, parsed.line)])])
    name = place_name(place)
    if not name:
        return closed("other", -1, Shape([], shape.rows), parsed, recorder)
    return closed("insert", recorder.relation(name, "path"), shape, parsed, recorder)


def query_unloaded(
    inner: Sequence[Parsed], move: Move, parsed: Parsed, recorder: Recorder
) -> Statement | None:
    """Return the record of the rows of a query, parsed on its own, that are written to a place."""
    recorder.begin()
    tree = inner[0].tree if len(inner) == 1 else None
    shape = given_out(tree, parsed, recorder) if tree is not None else None
    if shape is None:
        for name, line in scan(move.query, parsed.line + move.line)[0]:
            recorder.read(name, line)
    return unloaded(shape, move.target, parsed, recorder)


def _table(name: str, parsed: Parsed, recorder: Recorder) -> Shape | None:
    plain = plain_name(name)
    if not plain:
        return None
    return Shape([Branch([Star(recorder.read(plain, parsed.line), parsed.line)])], plain)


def _place(text: str, line: int, recorder: Recorder) -> int:
    name = place_name(text)
    return recorder.read(name, line, "path") if name else -1


def _in_place(old: str, new: str, dialect: str) -> str:
    folder = old.rpartition(".")[0]
    if "." in new or not folder or dialect not in _RENAMES_IN_PLACE:
        return new
    return f"{folder}.{new}"


def filled_from(
    table: exp.Expr,
    names: Sequence[str],
    sources: Iterable[exp.Expr],
    parsed: Parsed,
    recorder: Recorder,
) -> Statement:
    """Return the record of rows of files, or of a query over files, that come into ``table``.

    Args:
        table: the node of the target.
        names: its columns that are filled, empty for all.
        sources: literals, stages, or one query.
        parsed: the statement.
        recorder: the file's record.
    """
    stars: list[Star] = []
    shape: Shape | None = None
    for source in sources:
        if isinstance(source, exp.Query):
            shape = query_shape(source, Scope(recorder))
        elif place := place_of(source, recorder.dialect):
            stars.append(Star(recorder.read(place, parsed.line, "path"), parsed.line))
    opened = [Branch([one]) for one in stars] or [Branch([Star(-1, parsed.line)])]
    shape = shape or Shape(opened[:1])
    if names and shape.closed:
        shape, names = shape.renamed(names, recorder, 0), ()
    name = relation_of(table, recorder.placeholders)
    target = recorder.relation(name) if name else -1
    made = closed("insert", target, shape, parsed, recorder)
    return msgspec.structs.replace(made, positional=not names, names=tuple(names))


def given_out(source: exp.Expr, parsed: Parsed, recorder: Recorder) -> Shape | None:
    """Return the shape of what a COPY takes out: a query's rows, or those of a table."""
    if isinstance(source, exp.Query):
        return query_shape(source, Scope(recorder))
    table = source.this if isinstance(source, exp.Schema) else source
    if not isinstance(table, exp.Table):
        return None
    known = recorder.temporary.get(".".join(table_parts(table)))
    return known or _table(relation_of(table, recorder.placeholders), parsed, recorder)


def copied(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Return the record of a COPY: files into a table, or a table or a query out to files."""
    files = tree.args.get("files") or []
    named = tree.this
    inward = bool(tree.args.get("kind"))
    if inward and (place := place_of(named, recorder.dialect)):
        shape = next((given_out(one, parsed, recorder) for one in files), None)
        return unloaded(shape, place, parsed, recorder)
    if not inward:
        place = next((one for one in (place_of(each) for each in files) if one), "")
        return unloaded(given_out(named, parsed, recorder), place, parsed, recorder)
    table = named.this if isinstance(named, exp.Schema) else named
    if not isinstance(table, exp.Table):
        return None
    return filled_from(table, column_names(named), files, parsed, recorder)


def loaded(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Return the record of LOAD DATA, of Hive and Spark or of BigQuery."""
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(table, exp.Table):
        return None
    files = tree.args.get("files")
    path = tree.args.get("inpath")
    sources = [path] if isinstance(path, exp.Expr) else []
    if isinstance(files, exp.Expr):
        sources += _uris(files)
    return filled_from(table, column_names(tree.this), sources, parsed, recorder)


def exported(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Return the record of BigQuery's EXPORT DATA."""
    options = tree.args.get("options")
    places = _uris(options) if isinstance(options, exp.Expr) else []
    place = places[0].name if places else ""
    return unloaded(given_out(tree.this, parsed, recorder), place, parsed, recorder)


def _uris(options: exp.Expr) -> list[exp.Expr]:
    """Return the addresses among options."""
    return [
        text
        for one in options.expressions
        if isinstance(one, exp.Property) and one.name.lower() in {"uri", "uris"}
        for text in (one.args.get("value") or one).find_all(exp.Literal)
        if text.is_string
    ]


def column_names(node: exp.Expr) -> list[str]:
    """Return the column names in ``t (a, b)``."""
    if not isinstance(node, exp.Schema):
        return []
    return [
        one.name.lower()
        for one in node.expressions
        if isinstance(one, exp.Identifier | exp.ColumnDef | exp.Column)
    ]


def expanded(statements: Iterable[Parsed]) -> Iterator[Parsed]:
    """Yield each statement, or the several that it stands for, one for each target."""
    for one in statements:
        tree = one.tree if one.whole else None
        if isinstance(tree, exp.MultitableInserts):
            yield from (replace(one, tree=insert) for insert in _inserts(tree))
        elif isinstance(tree, exp.Alter):
            yield from _alterations(tree, one)
        elif isinstance(tree, exp.Command | exp.Execute) and (found := moves(one.text)):
            yield from (replace(one, move=move) for move in found)
        else:
            yield one


def _alterations(tree: exp.Expr, parsed: Parsed) -> Iterator[Parsed]:
    actions = tree.args.get("actions") or []
    of_table = str(tree.args.get("kind") or "").upper() in _TABLES
    named = ".".join(table_parts(tree.this)) if isinstance(tree.this, exp.Table) else ""
    rest = []
    for action in actions:
        given = "source" if isinstance(action, exp.ReplacePartition) else "this"
        known = isinstance(action, exp.AlterRename | exp.SwapTable | exp.ReplacePartition)
        other = action.args.get(given) if known else None
        if not (of_table and named and isinstance(other, exp.Table)):
            rest.append(action)
            continue
        there = ".".join(table_parts(other))
        if isinstance(action, exp.SwapTable):
            yield replace(parsed, move=Move("swapped", there, named))
            yield replace(parsed, move=Move("swapped", named, there))
        elif given == "source":
            yield replace(parsed, move=Move("moved", there, named))
        else:
            yield replace(parsed, move=Move("renamed", named, there))
    if rest or not actions:
        tree.set("actions", rest)
        yield parsed


def _inserts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield one INSERT for each target of a statement that has several, all with its source."""
    source = tree.args.get("source")
    for one in tree.expressions:
        conditional = isinstance(one, exp.ConditionalInsert)
        insert = one.this if conditional else one
        if not isinstance(insert, exp.Insert) or not isinstance(source, exp.Expr):
            continue
        body = insert.args.get("expression")
        condition = one.args.get("expression") if conditional else None
        if isinstance(body, exp.Select) and body.args.get("from_") is None and not conditional:
            # Hive: each of the queries goes over the one source in front of them all.
            body.set("from_", exp.From(this=source))
        elif conditional:
            given = body.expressions[:1] if isinstance(body, exp.Values) else []
            columns = given[0].expressions if given else [exp.Star()]
            whole = exp.Subquery(this=source)
            body = exp.Select(expressions=columns, from_=exp.From(this=whole))
            if isinstance(condition, exp.Expr):
                body.set("where", exp.Where(this=condition))
            insert.set("expression", body)
        yield insert
