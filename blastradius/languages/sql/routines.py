"""Functions and procedures that the text itself creates, and the calls of them.

A call is a reference to the row of a relation of kind ``function``, so that it travels with the
value: what a column comes of includes the functions that it went through.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlglot import exp

from blastradius.languages.sql.closing import closed
from blastradius.languages.sql.expressions import Walk, type_text
from blastradius.languages.sql.parsing import Parsed
from blastradius.languages.sql.queries import query_shape
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scopes import Scope
from blastradius.languages.sql.shapes import Branch, Column, Shape, Value, digest
from blastradius.languages.sql.sources import table_parts
from blastradius.languages.sql.summary import FUNCTION_PREFIX, TRANSFORM, Statement

KINDS = frozenset({"FUNCTION", "PROCEDURE", "MACRO"})
_SQL = frozenset({"", "sql", "plpgsql", "plsql", "snowflake"})


def defined(tree: exp.Expr, parsed: Parsed, recorder: Recorder) -> Statement | None:
    """Return the record of a CREATE FUNCTION, PROCEDURE or MACRO: signature, body, what it reads."""
    head = tree.this
    named = head.this if isinstance(head, exp.UserDefinedFunction) else head
    if not isinstance(named, exp.Table):
        return None
    name = FUNCTION_PREFIX + ".".join(table_parts(named))
    parameters = [one for one in head.expressions if isinstance(head, exp.UserDefinedFunction)]
    outer = recorder.parameters
    recorder.parameters = outer | {one.name.lower() for one in parameters if one.name}
    walk = Walk(Scope(recorder), query_shape)
    body = tree.args.get("expression")
    for query in _queries(body):
        walk.visit(query, TRANSFORM)
    if str(tree.args.get("kind")).upper() != "PROCEDURE":
        recorder.parameters = outer  # the statements of a procedure's body may yet come
    text = digest([_signature(tree, parameters), *parsed.text.split()])
    value = Value(walk.value.sources, text)
    signature = _signature(tree, parameters)
    column = Column("()", value, parsed.line, parsed.end, signature)
    target = recorder.relation(name, "function")
    return closed("function", target, Shape([Branch([column])], text), parsed, recorder)


def _signature(tree: exp.Expr, parameters: list[exp.Expr]) -> str:
    given = ", ".join(_parameter(one) for one in parameters)
    properties = tree.args.get("properties")
    returned = [
        type_text(one.this) if isinstance(one.this, exp.DataType) else one.this.sql().lower()
        for one in (properties.expressions if properties is not None else ())
        if isinstance(one, exp.ReturnsProperty) and isinstance(one.this, exp.Expr)
    ]
    return f"({given})" + (f" -> {returned[0]}" if returned else "")


def _parameter(node: exp.Expr) -> str:
    kind = type_text(node.args.get("kind")) if isinstance(node, exp.ColumnDef) else ""
    return f"{node.name.lower()} {kind}".strip()


def _queries(body: object) -> Iterator[exp.Expr]:
    """Yield what of a body the parser has read: an expression, or the queries in a block."""
    if isinstance(body, exp.Expr) and not isinstance(body, exp.Heredoc | exp.Literal | exp.Command):
        yield body


def body_text(parsed: Parsed) -> str:
    """Return the text of a body that stands in quotes, moved to its own lines; empty for none.

    ``AS $$ … $$`` and ``AS '…'`` hold SQL where the language is not said to be another.
    """
    tree = parsed.tree
    if not isinstance(tree, exp.Create) or str(tree.args.get("kind")).upper() not in KINDS:
        return ""
    body = tree.args.get("expression")
    if not isinstance(body, exp.Heredoc | exp.Literal | exp.RawString):
        return ""
    properties = tree.args.get("properties")
    language = [
        str(one.this.name if isinstance(one.this, exp.Expr) else one.this).lower()
        for one in (properties.expressions if properties is not None else ())
        if isinstance(one, exp.LanguageProperty)
    ]
    text = str(body.this)
    if (language[0] if language else "") not in _SQL or not text.strip():
        return ""
    before = parsed.text.partition(text)[0]
    line = parsed.line + (before.count("\n") if before != parsed.text else 0)
    return "\n" * (line - 1) + text


def as_part_of(made: Statement, function: Statement) -> Statement:
    """Return what a query in a function's body reads, as a statement of the function's own."""
    return msgspec.structs.replace(made, kind="function", target=function.target, names=())
