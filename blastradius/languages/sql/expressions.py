"""One walk over an expression: its leaves, its lines, a digest that aliases do not alter.

The tree is the parser's own, neither copied nor rewritten. What costs is the number of nodes, so
nodes are told apart by one look-up of their class.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from blastradius.languages.sql.mask import CALL_PREFIX
from blastradius.languages.sql.names import HOLE
from blastradius.languages.sql.recorder import Recorder
from blastradius.languages.sql.scopes import UNITS, Scope
from blastradius.languages.sql.shapes import Column, Shape, Value, digest
from blastradius.languages.sql.summary import AGGREGATE, FUNCTION_PREFIX, IDENTITY, TRANSFORM

QueryResolver = Callable[[exp.Expr, Scope], Shape]

# Chains of these are as deep as they are long: `a AND b AND c` hangs to the left.
_CHAINS = (exp.And, exp.Or, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe)
_USER_DEFINED = frozenset({"userdefined", "user-defined"})
# Set by the parser for its own use, or said by the class already.
_UNTOLD = frozenset({"quoted", "copy", "big_int", "nested", "is_string"})


class Walk:
    """The state of one walk. After `visit`: `value`, `first` and `last` line (0: none known)."""

    __slots__ = ("_resolve", "_scope", "_soft", "_text", "_unit_here", "first", "last", "sources")

    def __init__(self, scope: Scope, resolve: QueryResolver) -> None:
        self._scope = scope
        self._resolve = resolve
        self._text: list[str] = []
        self._soft = False
        self._unit_here = False
        self.sources: dict[int, int] = {}
        self.first = 0
        self.last = 0

    @property
    def value(self) -> Value:
        """Return leaves and digest of what was visited."""
        return Value(self.sources, digest(self._text))

    def visit(self, node: exp.Expr, rank: int) -> None:
        """Take in ``node``, whose value goes through a step of ``rank`` on its way up."""
        self._scope.recorder.step()
        special = _SPECIAL.get(node.__class__)
        if special is not None:
            special(self, node, rank)
        elif isinstance(node, exp.Query):
            self._query(node, rank)
        else:
            self._plain(node, AGGREGATE if isinstance(node, exp.AggFunc) else rank)

    def _plain(self, node: exp.Expr, rank: int) -> None:
        if node._meta:  # noqa: SLF001 - .meta would create a dict on each node
            self.take_line(node)
        text = self._text
        text.append(node.key)
        rank = rank or TRANSFORM
        before = self._unit_here
        # DATE_TRUNC(x, MONTH): only some dialects' parsers know that the second is no column.
        self._unit_here = (
            isinstance(node, exp.Func) and len(node.args) > 1 and not isinstance(node, exp.AggFunc)
        )
        for name, argument in node.args.items():
            if argument is None or argument is False or name in _UNTOLD:
                continue
            if isinstance(argument, exp.Expr):
                text.append(name)
                self.visit(argument, rank)
            elif isinstance(argument, list):
                text.append(name)
                for one in argument:
                    if isinstance(one, exp.Expr):
                        self.visit(one, rank)
                    else:
                        text.append(str(one))
            else:
                text.append(str(argument))
        text.append(")")
        self._unit_here = before

    def take_line(self, node: exp.Expr | None) -> None:
        """Count the line of ``node`` among those of the expression."""
        line = line_of(node) if node is not None else 0
        if line:
            self.first = min(self.first, line) if self.first else line
            self.last = max(self.last, line)

    def take_column(self, node: exp.Expr, rank: int) -> None:
        """Take in a column, or ``t.*``."""
        named = node.args["this"]
        if isinstance(named, exp.Star):
            self._row_of(node)
            return
        parts = column_parts(node)
        line = line_of(named) or self.last
        self.take_line(named)
        recorder = self._scope.recorder
        if HOLE in parts[-1] or HOLE in parts[0]:
            self._text.append("?")
            return
        if len(parts) == 1 and parts[0] in recorder.placeholders:
            relation = recorder.placeholders[parts[0]]
            recorder.read(relation.name, line, relation.kind)
            self._text.append(relation.name)
            return
        soft = self._soft or (self._unit_here and parts[0] in UNITS)
        soft = soft or is_doubtful(node, recorder)
        value = self._scope.resolve(parts, line, soft=soft)
        self._text.append(value.digest or ".".join(parts))
        self._take(value, rank)

    def _take(self, value: Value, rank: int) -> None:
        sources = self.sources
        self._scope.recorder.step(len(value.sources))
        for reference, kind in value.sources.items():
            strongest = max(kind, rank)
            if sources.get(reference, -1) < strongest:
                sources[reference] = strongest

    def _row_of(self, node: exp.Expr) -> None:
        """Take in ``t.*`` inside an expression: the whole row of ``t``."""
        parts = column_parts(node)[:-1]
        for scope in self._scope.chain():
            for source in scope.sources:
                if parts and parts[-1] in (source.alias, source.placeholder):
                    for branch in source.shape.branches:
                        row = scope.recorder.row(branch, line_of(node.args["this"]) or self.last)
                        self._text.append(row.digest)
                        self._take(row, TRANSFORM)
                    return

    def take_star(self, node: exp.Expr, rank: int) -> None:
        """Take in the star of COUNT(*): it asks for rows, not for columns."""
        self._text.append("*")
        self.take_line(node)
        line = line_of(node) or self.last
        recorder = self._scope.recorder
        for scope in self._scope.chain():
            for source in scope.sources:
                for star in (one for branch in source.shape.branches for one in branch.stars):
                    if star.relation >= 0:
                        row = recorder.reference(((star.relation, ""),), line, soft=star.soft)
                        self.sources.setdefault(row, rank)
            break

    def take_identifier(self, node: exp.Expr, rank: int) -> None:
        """Take in a bare name that is no column."""
        del rank
        self.take_line(node)
        self._text.append(node.name.lower())

    def take_literal(self, node: exp.Expr, rank: int) -> None:
        """Take in a constant."""
        del rank
        self.take_line(node)
        self._text.append(("'" if node.args.get("is_string") else "#") + str(node.args["this"]))

    def take_paren(self, node: exp.Expr, rank: int) -> None:
        """Take in what the parentheses hold."""
        self.visit(node.args["this"], rank)

    def take_alias(self, node: exp.Expr, rank: int) -> None:
        """Take in a named value (of a struct, of an aggregate)."""
        self._text.append(node.alias.lower())
        self.visit(node.args["this"], rank)

    def take_chain(self, node: exp.Expr, rank: int) -> None:
        """Take in ``a AND b AND …`` without a frame for each link."""
        links: list[exp.Expr] = []
        while node.__class__ in _CHAINS:
            links.append(node)
            node = node.args["this"]
        rank = rank or TRANSFORM
        self.visit(node, rank)
        for link in reversed(links):
            self._text.append(link.key)
            self.visit(link.args["expression"], rank)

    def take_dot(self, node: exp.Expr, rank: int) -> None:
        """Take in ``struct.field``: where the fields are known, that field alone."""
        from blastradius.languages.sql.structs import (  # noqa: PLC0415 - each needs the other
            field_value,
        )

        if isinstance(node.args["expression"], exp.Anonymous):
            # A function of a dataset or schema: what stands before the dot is no column.
            call = node.args["expression"]
            above = [one.name.lower() for one in node.args["this"].find_all(exp.Identifier)]
            self._plain(call, rank)
            self._call(call, above)
            return
        value = field_value(node, self._scope, self._resolve)
        if value is None:
            self._plain(node, rank)
            return
        self.take_line(node.args["expression"])
        self._text.append(value.digest)
        self._take(value, rank)

    def _query(self, node: exp.Expr, rank: int) -> None:
        shape = shape_of(node, self._scope, self._resolve)
        self._text += ["query", shape.rows]
        rank = rank or TRANSFORM
        for branch in shape.branches:
            for item in branch.items:
                value = item.value
                if isinstance(item, Column) and value is not None:
                    self._text.append(value.digest)
                    self._take(value, rank)
            if branch.stars:
                row = self._scope.recorder.row(branch, branch.stars[0].line)
                self._text.append(row.digest)
                self._take(row, rank)

    def take_anonymous(self, node: exp.Expr, rank: int) -> None:
        """Take in a function that the parser does not know; a macro's arguments may be columns."""
        before = self._soft
        self._soft = before or is_macro(node)
        self._plain(node, rank)
        self._soft = before
        self._call(node, [])

    def _call(self, node: exp.Expr, above: list[str]) -> None:
        name = node.args["this"]
        last = str(name.name if isinstance(name, exp.Expr) else name).lower()
        if not is_macro(node) and HOLE not in last:
            parts = [*above, *last.split(".")]
            recorder = self._scope.recorder
            index = recorder.call(FUNCTION_PREFIX + ".".join(parts), line_of(node) or self.last)
            self.sources.setdefault(index, TRANSFORM)

    def take_window(self, node: exp.Expr, rank: int) -> None:
        """Take in ``f(x) OVER (…)``; of ``OVER w`` also what the query's window ``w`` holds."""
        self._plain(node, rank)
        named = node.args.get("alias")
        window = self._scope.windows.get(named.name.lower()) if named is not None else None
        if window is not None:
            for part in (*(window.args.get("partition_by") or ()), window.args.get("order")):
                if isinstance(part, exp.Expr):
                    self.visit(part, TRANSFORM)

    def take_field(self, node: exp.Expr, rank: int) -> None:
        """Take in ``STRUCT(x AS name)`` or ``name => x``: the name is no column."""
        self._text.append(node.args["this"].name.lower())
        self.visit(node.args["expression"], rank or TRANSFORM)


_SPECIAL: dict[type[exp.Expr], Callable[[Walk, exp.Expr, int], None]] = {
    exp.Column: Walk.take_column,
    exp.Star: Walk.take_star,
    exp.Identifier: Walk.take_identifier,
    exp.Literal: Walk.take_literal,
    exp.Paren: Walk.take_paren,
    exp.Alias: Walk.take_alias,
    exp.Anonymous: Walk.take_anonymous,
    exp.PropertyEQ: Walk.take_field,
    exp.Kwarg: Walk.take_field,
    exp.Window: Walk.take_window,
    exp.Dot: Walk.take_dot,
    **dict.fromkeys(_CHAINS, Walk.take_chain),
}


def shape_of(node: exp.Expr, scope: Scope, resolve: QueryResolver) -> Shape:
    """Return what a query inside an expression puts out; each is resolved once."""
    held = scope.recorder.shapes
    shape = held.get(id(node))
    if shape is None:
        shape = held[id(node)] = resolve(node, scope)
    return shape


def column_parts(node: exp.Expr) -> list[str]:
    """Return catalog, schema, table and column of a column node, as far as given, lower-cased."""
    args = node.args
    table = args.get("table")
    if table is None:
        return [_name(args["this"])]
    above = (args.get("catalog"), args.get("db"), table, args["this"])
    return [_name(part) for part in above if part is not None]


def _name(node: exp.Expr) -> str:
    name = node.args.get("this")
    # .name looks through wrappers; nearly always there are none.
    return (name if isinstance(name, str) else str(node.name)).lower()


def is_doubtful(node: exp.Expr, recorder: Recorder) -> bool:
    """Tell whether ``"text"`` alone may be a string: the dialect, which would say, is a guess."""
    quoted = bool(node.args["this"].args.get("quoted"))
    return quoted and not recorder.certain and node.args.get("table") is None


def is_macro(node: exp.Expr) -> bool:
    """Tell whether a function call stands for a template's expression."""
    return str(node.args["this"]).startswith(CALL_PREFIX)


def placeholder_of(node: exp.Expr, recorder: Recorder) -> str:
    """Return the placeholder of a relation that ``node`` is, empty when it is none."""
    if not recorder.placeholders or not isinstance(node, exp.Column):
        return ""
    name: str = node.name
    return name if name in recorder.placeholders and len(column_parts(node)) == 1 else ""


def line_of(node: exp.Expr) -> int:
    """Return the line that the parser noted on this very node, 0 when it noted none."""
    meta = node._meta  # noqa: SLF001 - .meta would create a dict on each node
    return int(meta.get("line", 0)) if meta else 0


def plain_rank(node: exp.Expr) -> int:
    """Return the rank to start a projection with: a bare column is untouched."""
    return IDENTITY if node.__class__ in {exp.Column, exp.Paren, exp.Alias} else TRANSFORM


def type_text(node: exp.Expr | None) -> str:
    """Return a data type as lower-case text, such as ``decimal(10, 2)`` or ``array<text>``."""
    if node is None:
        return ""
    if not isinstance(node, exp.DataType):
        return node.name.lower()
    kind = node.args.get("this")
    name = str(getattr(kind, "value", kind)).lower()
    inner = node.args.get("expressions") or []
    texts = [type_text(one) if isinstance(one, exp.DataType) else _parameter(one) for one in inner]
    if not texts:
        return str(node.args.get("kind") or name).lower() if name in _USER_DEFINED else name
    return (
        f"{name}<{', '.join(texts)}>" if node.args.get("nested") else f"{name}({', '.join(texts)})"
    )


def _parameter(node: exp.Expr) -> str:
    if isinstance(node, exp.ColumnDef):
        return f"{node.name.lower()} {type_text(node.args.get('kind'))}"
    return node.name.lower()
