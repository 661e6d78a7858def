"""The walk over expressions: what they name, what they are, what they say.

Each visitor returns the node of the expression's value (0 when nothing is known) and appends its
normalised content to ``rec.out``. How deep it recurses is bounded by Python's own recursion limit,
which `extract` turns into the tolerant path.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from blastradius.languages.python import calls, containers, fields, marks, paths, strings
from blastradius.languages.python.narrowing import narrow, within
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.operators import COMPARISONS, UNARY, compared, operated
from blastradius.languages.python.own import Kind, Op
from blastradius.languages.python.recorder import READING, Recorder, puts
from blastradius.languages.python.scopes import ScopeKind
from blastradius.languages.python.signatures import parameter_shape, parameters

Visitor = Callable[[Recorder, Any], int]


def visit(rec: Recorder, node: ast.AST) -> int:
    """Walk one expression and return the node of its value."""
    return VISITORS.get(type(node), _generic)(rec, node)


def visit_all(rec: Recorder, nodes: Iterable[ast.AST]) -> None:
    """Walk several expressions."""
    for node in nodes:
        visit(rec, node)


def chain(rec: Recorder, node: ast.expr) -> int:
    """Walk a dotted chain without recording a reference; return its node."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        rec.out.append(node.id)
        value = rec.name(node.id)
        raised = rec.raised.get((node.id, names[-1])) if names and rec.raised else None
        if raised is not None:
            rec.out.append(names.pop())
            value = raised
    else:
        if names and names[-1] in READING:
            rec.reads(node)
        value = visit(rec, node)
    attr = rec.nodes.attr
    for name in reversed(names):
        value = attr(value, name)
    if names:
        rec.out.append("." + ".".join(names))
        if "__dict__" in names and puts(names):
            rec.mark_dynamic_class()
    return value


def _name(rec: Recorder, node: ast.Name) -> int:
    rec.out.append(node.id)
    value = rec.name(node.id)
    rec.refer(Kind.REFERENCE, value, node.lineno)
    return value


def _attribute(rec: Recorder, node: ast.Attribute) -> int:
    value = chain(rec, node)
    rec.refer(Kind.REFERENCE, value, node.end_lineno or node.lineno)
    return value


def constant_text(value: object) -> str:
    """Return the content of a constant: its type and value, however it is written."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"i{value:x}"
    return f"{type(value).__name__} {value!r}"


def _constant(rec: Recorder, node: ast.Constant) -> int:
    value = node.value
    if isinstance(value, str):
        rec.out.append(f"s{value}")
        strings.string(rec, value, node.lineno)
    else:
        rec.out.append(constant_text(value))
    return LITERAL


def _joined(rec: Recorder, node: ast.JoinedStr) -> int:
    rec.out.append(f"f{len(node.values)}")
    strings.formatted(rec, _pieces(rec, node), node.lineno)
    return LITERAL


def _pieces(rec: Recorder, node: ast.JoinedStr) -> list[str | None]:
    """Walk an f-string and return its constant parts, None for what is computed."""
    pieces: list[str | None] = []
    for one in node.values:
        if isinstance(one, ast.Constant):
            text = str(one.value)
            rec.out.append(f"s{text}")
            pieces.append(text)
        else:
            _generic(rec, one)
            pieces.append(None)
    return pieces


def _concatenation(rec: Recorder, node: ast.BinOp) -> int:
    """Walk ``a + b + c``; where it starts with a string it is one string with holes."""
    parts: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
        parts.append(left.right)
        left = left.left
    parts.append(left)
    parts.reverse()
    rec.out.append(f"+{len(parts)}")
    if not any(_is_text(part) for part in parts):
        value = visit(rec, parts[0])
        for part in parts[1:]:
            value = operated(rec, ast.Add, value, visit(rec, part), node.lineno)
        return value
    pieces: list[str | None] = []
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            rec.out.append(f"s{part.value}")
            pieces.append(part.value)
        elif isinstance(part, ast.JoinedStr):
            rec.out.append(f"f{len(part.values)}")
            pieces += _pieces(rec, part)
        else:
            visit(rec, part)
            pieces.append(None)
    strings.formatted(rec, pieces, node.lineno)
    return LITERAL


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _binary(rec: Recorder, node: ast.BinOp) -> int:
    if isinstance(node.op, ast.Add):
        return _concatenation(rec, node)
    if isinstance(node.op, ast.Div):
        return _divided(rec, node)
    # Long chains lean to the left: walk down them without recursion.
    rights: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and not isinstance(left.op, (ast.Add, ast.Div)):
        rights.append(left)
        left = left.left
    value = visit(rec, left)
    for one in reversed(rights):
        rec.out.append(type(one.op).__name__)
        value = operated(rec, type(one.op), value, visit(rec, one.right), one.lineno)
    return value


def _divided(rec: Recorder, node: ast.BinOp) -> int:
    left, right = paths.division(rec, node, visit)
    return operated(rec, ast.Div, left, right, node.lineno)


def _compare(rec: Recorder, node: ast.Compare) -> int:
    rec.out.append(f"Compare{len(node.ops)}")
    left = compared(rec, node.left, visit)
    for operator, one in zip(node.ops, node.comparators, strict=True):
        rec.out.append(type(operator).__name__)
        rec.reads(one)
        right = compared(rec, one, visit)
        if isinstance(operator, (ast.In, ast.NotIn)):
            rec.implicit_call(right, "__contains__", node.lineno)
        elif type(operator) in COMPARISONS:
            method, mirrored = COMPARISONS[type(operator)]
            rec.implicit_call(left, method, node.lineno)
            rec.implicit_call(right, mirrored, node.lineno)
        left = right
    return LITERAL


def _unary(rec: Recorder, node: ast.UnaryOp) -> int:
    rec.out.append(type(node.op).__name__)
    value = visit(rec, node.operand)
    method = UNARY.get(type(node.op), "__bool__")
    rec.implicit_call(value, method, node.lineno)
    return LITERAL if isinstance(node.op, ast.Not) or value == LITERAL else UNKNOWN


def _boolean(rec: Recorder, node: ast.BoolOp) -> int:
    rec.out.append(f"{type(node.op).__name__}{len(node.values)}")
    values: list[int] = []
    with within(rec):
        for one in node.values:
            values.append(visit(rec, one))
            narrow(rec, one, holds=isinstance(node.op, ast.And))
    return rec.nodes.choice(values)


def _either(rec: Recorder, node: ast.IfExp) -> int:
    rec.out.append("?")
    visit(rec, node.test)
    with within(rec):
        narrow(rec, node.test, holds=True)
        body = visit(rec, node.body)
    with within(rec):
        narrow(rec, node.test, holds=False)
        return rec.nodes.choice((body, visit(rec, node.orelse)))


def _walrus(rec: Recorder, node: ast.NamedExpr) -> int:
    rec.out.append(f":={node.target.id}")
    value = visit(rec, node.value)
    rec.bind(node.target.id, value)
    return value


def _await(rec: Recorder, node: ast.Await) -> int:
    rec.out.append("await")
    return rec.nodes.derive(Op.AWAIT, visit(rec, node.value))


def _yield(rec: Recorder, node: ast.Yield | ast.YieldFrom) -> int:
    rec.generator = True
    rec.out.append(type(node).__name__)
    value = visit(rec, node.value) if node.value is not None else LITERAL
    if isinstance(node, ast.YieldFrom):
        rec.implicit_call(value, "__iter__", node.lineno)
        value = rec.nodes.element(value)
    rec.yields.append(value)
    return UNKNOWN


def _starred(rec: Recorder, node: ast.Starred) -> int:
    rec.out.append("Starred")
    return visit(rec, node.value)


def _subscript(rec: Recorder, node: ast.Subscript) -> int:
    store = isinstance(node.ctx, ast.Store)
    rec.out.append("[]" if not store else "[]=")
    if isinstance(node.ctx, ast.Load):  # ``globals()[name]`` brings no name in
        rec.reads(node.value)
    value = visit(rec, node.value)
    if fields.columns(rec, node):
        return UNKNOWN
    fields.subscript(rec, node, store=store)
    marks.subscript(rec, node)
    before, rec.via = rec.via, ""
    key = node.slice
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        rec.out.append(f"s{key.value}")  # a key names a field, nothing else
    else:
        visit(rec, key)
    rec.via = before
    name = "setitem" if store else "delitem" if isinstance(node.ctx, ast.Del) else "getitem"
    rec.implicit_call(value, f"__{name}__", node.lineno)
    if isinstance(key, ast.Slice):
        return containers.sliced(rec, key, value)
    return rec.nodes.item(value, containers.constant_key(key))


def _dict(rec: Recorder, node: ast.Dict) -> int:
    return fields.dict_literal(rec, node, visit)


def _sequence(rec: Recorder, node: ast.List | ast.Tuple | ast.Set) -> int:
    rec.out.append(f"{type(node).__name__}{len(node.elts)}")
    marks.pair(rec, node.elts)
    return fields.sequence(rec, node.elts, visit)


def _lambda(rec: Recorder, node: ast.Lambda) -> int:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [one for one in (arguments.vararg, arguments.kwarg) if one]
    rec.out.append("lambda " + ",".join(one.arg for one in every))
    visit_all(rec, arguments.defaults)
    visit_all(rec, [one for one in arguments.kw_defaults if one is not None])
    scope = rec.new_scope(ScopeKind.FUNCTION, rec.owner)
    several = list(parameters(arguments))
    index = rec.add_lambda(
        node.lineno, [(one.node.arg, parameter_shape(one, "")) for one in several]
    )
    for number, parameter in enumerate(several):
        name = parameter.node.arg
        scope.bind(name, rec.nodes.make(Op.PARAM, index - 1 - number, name))
    before = rec.generator, rec.yields, rec.inside
    rec.yields, rec.inside = [], index
    with rec.within(scope, rec.owner):
        returns = visit(rec, node.body)
    rec.generator, rec.yields, rec.inside = before
    rec.add_function(index, len(several), 0, returns)
    return rec.nodes.make(Op.DEF, index, "<lambda>")


def _comprehension(
    rec: Recorder, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
) -> int:
    rec.out.append(f"{type(node).__name__}{len(node.generators)}")
    rec.reads(node.generators[0].iter)
    source = visit(rec, node.generators[0].iter)  # evaluated outside the comprehension
    scope = rec.new_scope(ScopeKind.COMPREHENSION, rec.owner)
    with rec.within(scope, rec.owner):
        for number, one in enumerate(node.generators):
            value = source if number == 0 else visit(rec, one.iter)
            element = iterated(rec, value, node.lineno)
            _loop_target(rec, one.target, element)
            rec.out.append(f"if{len(one.ifs)}")
            for test in one.ifs:
                visit(rec, test)
                narrow(rec, test, holds=True)
        if isinstance(node, ast.DictComp):
            visit(rec, node.key)
            held = visit(rec, node.value)
        else:
            held = visit(rec, node.elt)
    return rec.made([("", held)])


def iterated(rec: Recorder, value: int, line: int) -> int:
    """Record that a loop walks the value; return the node of an element."""
    rec.implicit_call(value, "__iter__", line)
    if value > LITERAL:
        iterator = rec.nodes.derive(Op.CALL, rec.nodes.attr(value, "__iter__"))
        rec.implicit_call(iterator, "__next__", line)
    return rec.nodes.element(value)


def _loop_target(rec: Recorder, target: ast.expr, value: int) -> None:
    if isinstance(target, ast.Name):
        rec.out.append(target.id)
        rec.scope.bind(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        rec.out.append(f"t{len(target.elts)}")
        for position, one in enumerate(target.elts):
            _loop_target(rec, one, containers.unpacked(rec, target.elts, position, value))
    elif isinstance(target, ast.Starred):
        _loop_target(rec, target.value, value)
    else:
        visit(rec, target)


def _generic(rec: Recorder, node: ast.AST) -> int:
    """Walk any other node: its class, its plain fields, its children."""
    rec.out.append(type(node).__name__)
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            visit(rec, value)
        elif isinstance(value, list):
            rec.out.append(f"#{len(value)}")
            for one in value:
                if isinstance(one, ast.AST):
                    visit(rec, one)
        else:
            rec.out.append(str(value))  # None too: a[1:] is not a[:1]
    return UNKNOWN


def _call(rec: Recorder, node: ast.Call) -> int:
    return calls.call(rec, node, visit, chain)


VISITORS: dict[type, Visitor] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.IfExp: _either,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Compare: _compare,
    ast.UnaryOp: _unary,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Dict: _dict,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Call: _call,
}
