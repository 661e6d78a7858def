"""Annotations as types: ``Foo | None`` is an instance of Foo, ``list[Foo]`` a container of them.

String annotations are parsed; what does not parse names nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import Kind, Op, item_key
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]

_TRANSPARENT = frozenset(
    ["Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Mapped"]
)
_CONTAINERS = frozenset(
    """list List set Set frozenset FrozenSet tuple Tuple Sequence MutableSequence Collection
    Iterable Iterator Generator AsyncIterable AsyncIterator AsyncGenerator deque Deque
    AbstractSet ContextManager AsyncContextManager AbstractContextManager
    AbstractAsyncContextManager""".split()  # noqa: SIM905 - a word list reads best as words
)
# Containers whose elements by key are the second argument; iterating them gives the first.
_MAPPINGS = frozenset(
    ["dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"]
)
_LONGEST = 2_000


def annotation(rec: Recorder, node: ast.expr | None, visit: Visit) -> int:
    """Walk an annotation, record what it names, and return the node of a value of that type."""
    if node is None:
        return UNKNOWN
    return _type(rec, node, visit)


def _type(rec: Recorder, node: ast.expr, visit: Visit) -> int:
    if isinstance(node, ast.Constant):
        return _literal(rec, node, visit)
    if isinstance(node, (ast.Name, ast.Attribute)):
        base = _chain(rec, node, visit)
        if rec.nodes.rows[base][0] == Op.SELF:
            return base
        return rec.nodes.derive(Op.INSTANCE, base)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return rec.nodes.choice(_type(rec, one, visit) for one in _union(node))
    if isinstance(node, ast.Subscript):
        return _subscript(rec, node, visit)
    if isinstance(node, (ast.Tuple, ast.List)):
        for one in node.elts:
            _type(rec, one, visit)
        return UNKNOWN
    if isinstance(node, ast.Starred):
        return _type(rec, node.value, visit)
    visit(rec, node)
    return UNKNOWN


def _union(node: ast.expr) -> list[ast.expr]:
    parts: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def _chain(rec: Recorder, node: ast.expr, visit: Visit) -> int:
    names: list[str] = []
    line = node.end_lineno or node.lineno
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        visit(rec, node)
        return UNKNOWN
    value = rec.name(node.id)
    for name in reversed(names):
        value = rec.nodes.attr(value, name)
    rec.refer(Kind.ANNOTATION, value, line)
    if (names[0] if names else node.id) == "Self" and rec.klass is not None:
        return rec.nodes.make(Op.SELF, rec.klass.definition, "Self")
    return value


def _literal(rec: Recorder, node: ast.Constant, visit: Visit) -> int:
    text = node.value
    if not isinstance(text, str):
        return LITERAL if text is None else UNKNOWN
    if len(text) > _LONGEST:
        return UNKNOWN
    try:
        parsed = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return UNKNOWN
    for one in ast.walk(parsed):
        if isinstance(one, ast.expr):
            one.lineno = one.end_lineno = node.lineno
    # One small word may be a remark or the name of an axis: nobody misses it.
    remark = text.islower() and text.isidentifier()
    rec.guard += remark
    value = _type(rec, parsed, visit)
    rec.guard -= remark
    return value


def _subscript(rec: Recorder, node: ast.Subscript, visit: Visit) -> int:
    _chain_or_visit(rec, node.value, visit)
    last = dotted(node.value).rpartition(".")[2]
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if last == "Literal" or not arguments:
        return LITERAL
    if last == "Annotated":
        kept = _type(rec, arguments[0], visit)
        for one in arguments[1:]:
            visit(rec, one)
        return kept
    types = [_type(rec, one, visit) for one in arguments]
    if last in _MAPPINGS | _CONTAINERS:
        return _container(rec, last, arguments, types)
    return _special_form(rec, last, types, node)


def _special_form(rec: Recorder, name: str, types: list[int], node: ast.Subscript) -> int:
    if name in _TRANSPARENT:
        return types[0]
    if name == "Union":
        return rec.nodes.choice(types)
    if name in {"type", "Type"}:
        return rec.nodes.derive(Op.TYPE, types[0])
    if name in {"Awaitable", "Coroutine"}:
        return rec.nodes.derive(Op.FUTURE, types[-1])
    if name == "Callable":
        return rec.nodes.derive(Op.GIVES, types[-1])
    if name in {"TypeGuard", "TypeIs"}:
        return LITERAL
    # A generic class of ours: an instance of the class, whatever it is a class of.
    return rec.nodes.derive(Op.INSTANCE, again(rec, node.value))


def _container(rec: Recorder, name: str, arguments: list[ast.expr], types: list[int]) -> int:
    if name in _MAPPINGS:
        return rec.nodes.row(Op.MAPPING, types[1], types[0]) if len(types) > 1 else UNKNOWN
    if _uniform(arguments, name):
        return rec.nodes.derive(Op.GENERIC, types[0])
    return rec.made([(item_key(number), one) for number, one in enumerate(types)])


def _uniform(arguments: list[ast.expr], container: str) -> bool:
    """Tell whether all elements have the first argument's type: not so for tuple[A, B]."""
    if container not in {"tuple", "Tuple"} or len(arguments) == 1:
        return True
    last = arguments[-1]
    return isinstance(last, ast.Constant) and last.value is Ellipsis


def _chain_or_visit(rec: Recorder, node: ast.expr, visit: Visit) -> None:
    if isinstance(node, (ast.Name, ast.Attribute)):
        _chain(rec, node, visit)
    else:
        visit(rec, node)


def again(rec: Recorder, node: ast.expr) -> int:
    """Return the node of a chain that was walked already."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return UNKNOWN
    value = rec.name(node.id)
    for name in reversed(names):
        value = rec.nodes.attr(value, name)
    return value
