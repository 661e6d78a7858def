"""The walk over functions and classes: shape, parameters, body digest, scopes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from blastradius.languages.python import fields
from blastradius.languages.python.annotations import annotation
from blastradius.languages.python.constructors import made_from
from blastradius.languages.python.expressions import chain, visit
from blastradius.languages.python.metaclasses import leaves_names
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import (
    KIND_BITS,
    ClassFlag,
    FunctionFlag,
    Kind,
    ModuleFlag,
    Op,
)
from blastradius.languages.python.recorder import ClassDraft, Recorder, digest
from blastradius.languages.python.scopes import BUILTINS, Scope, ScopeKind
from blastradius.languages.python.signatures import (
    KEYWORDS,
    TRANSPARENT,
    VARIADIC,
    AnyFunction,
    Parameter,
    class_shape,
    decorator_name,
    dotted,
    function_flags,
    function_shape,
    parameter_shape,
    parameters,
)

Walk = Callable[[Recorder, Iterable[ast.stmt]], None]

_DYNAMIC_METHODS = frozenset({"__getattr__", "__getattribute__", "__setattr__"})
_FIELD_DECORATORS = frozenset(
    ["dataclass", "attrs", "attr", "define", "frozen", "mutable", "s", "dataclasses"]
)
_FIELD_BASES = frozenset(
    ["NamedTuple", "TypedDict", "BaseModel", "Struct", "BaseSettings", "SQLModel"]
)
_MARKING = frozenset(
    ["final", "total_ordering", "runtime_checkable", "unique", "deprecated", "verify"]
)
_COLUMN_CALLS = ("Field", "Column", "column", "field")
_MOST_RETURNS = 6
_MOST_YIELDS = 20
_PLAIN_METACLASSES = frozenset({"ABCMeta", "abc.ABCMeta"})


def function(rec: Recorder, node: AnyFunction, walk: Walk) -> None:
    """Define a function or method with its parameters, and walk its body in a scope of its own."""
    method = rec.klass is not None and rec.scope.kind is ScopeKind.CLASS
    flags = function_flags(node, method=method)
    index = _define(rec, node, "method" if method else "function")
    draft = rec.drafts[index]
    draft.shape = function_shape(node)
    several = list(parameters(node.args))
    define_parameters(rec, index, several)
    if method and rec.klass is not None:
        rec.klass.members.setdefault(node.name, index)
        if node.name in _DYNAMIC_METHODS:
            rec.klass.flags |= ClassFlag.DYNAMIC
    rec.bind(node.name, rec.nodes.make(Op.DEF, index, node.name))
    out, rec.out = rec.out, []
    with type_scope(rec, node):
        returns = _head(rec, node, index, several)
        generator, returned = _body(rec, node, index, (several, flags), walk)
    draft.contents = [digest(rec.out)]
    rec.out = out
    _decorated(rec, node, index)
    if generator:
        flags |= FunctionFlag.GENERATOR
    if returns <= LITERAL and generator:
        returns = rec.made([("", one) for one in returned[:_MOST_YIELDS]])
    elif returns == UNKNOWN and len(set(returned)) <= _MOST_RETURNS:
        returns = rec.nodes.choice(returned)
    rec.add_function(index, len(several), flags, returns)
    if rec.scope.kind is ScopeKind.MODULE and node.name == "__getattr__":
        rec.flags |= ModuleFlag.DYNAMIC


def _decorated(rec: Recorder, node: AnyFunction | ast.ClassDef, index: int) -> None:
    """Record the calls that decorators are, and what they make of the function or class."""
    value = rec.nodes.make(Op.RAW, index, node.name)
    opaque = False
    for decorator in reversed(node.decorator_list):
        if decorator_name(decorator) in TRANSPARENT:
            continue
        function = rec.decorators.get(id(decorator), UNKNOWN)
        before, rec.owner = rec.owner, index
        rec.handed(function, [value], decorator.lineno, Kind.DECORATOR)
        rec.owner = before
        if function > LITERAL:
            row = len(rec.calls)
            value = rec.nodes.row(Op.CALL, function, row)
            opaque = True
    if opaque:
        rec.drafts[index].values = [value]


def _define(rec: Recorder, node: AnyFunction | ast.ClassDef, kind: str) -> int:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    parent = rec.scope.definition if rec.scope.kind is not ScopeKind.TYPES else rec.owner
    return rec.define(node.name, kind, first, node.end_lineno or node.lineno, parent)


def define_parameters(rec: Recorder, index: int, several: Sequence[Parameter]) -> None:
    """Define the parameters right after their function, which linking relies on."""
    function_name = rec.drafts[index].name
    for one in several:
        line = one.node.lineno
        number = rec.define("", "parameter", line, one.node.end_lineno or line, index)
        rec.drafts[number].name = f"{function_name}({one.node.arg})"


def _head(rec: Recorder, node: AnyFunction, index: int, several: Sequence[Parameter]) -> int:
    """Walk decorators, defaults and annotations, which the function owns; return its type."""
    before, rec.owner = rec.owner, index
    for decorator in node.decorator_list:
        _decorator(rec, decorator)
    for offset, one in enumerate(several, 1):
        rec.out = []
        if one.default is not None:
            rec.drafts[index + offset].values = [visit(rec, one.default)]
        content = digest(rec.out)
        rec.drafts[index + offset].shape = parameter_shape(one, content)
    returns = annotation(rec, node.returns, visit)
    rec.out = []
    rec.owner = before
    return returns


def _decorator(rec: Recorder, node: ast.expr) -> None:
    if isinstance(node, (ast.Name, ast.Attribute)):
        value = chain(rec, node)
        rec.refer(Kind.DECORATOR, value, node.end_lineno or node.lineno)
    else:
        mark = len(rec.references)
        value = visit(rec, node)
        for number in range(mark, len(rec.references)):
            kind, *rest = rec.references[number]
            if kind & KIND_BITS == Kind.CALL:
                kind += Kind.DECORATOR - Kind.CALL
                rec.references[number] = (kind, rest[0], rest[1], rest[2], rest[3])
    rec.decorators[id(node)] = value


def _body(
    rec: Recorder,
    node: AnyFunction,
    index: int,
    head: tuple[Sequence[Parameter], int],
    walk: Walk,
) -> tuple[bool, list[int]]:
    """Walk the body; tell whether it is a generator, and the nodes of what it returns."""
    several, flags = head
    before = rec.receiver, rec.returns, rec.generator, rec.via
    guards = rec.guard, rec.import_guard, rec.call_guard
    outer, rec.yields = rec.yields, []
    rec.generator, rec.returns, rec.via = False, [], ""
    scope = rec.new_scope(ScopeKind.FUNCTION, index)
    first = several[0].node.arg if several and several[0].kind not in (VARIADIC, KEYWORDS) else ""
    receiver = _receiver(rec, node, flags, first)
    if receiver != UNKNOWN:
        rec.receiver = first
    elif any(one.node.arg == rec.receiver for one in several):
        rec.receiver = ""  # shadowed
    # The body runs later, when the try around the definition guards nothing any more.
    rec.guard = rec.import_guard = rec.call_guard = 0
    looked, rec.looked = rec.looked, set(rec.looked)
    raised, rec.raised = rec.raised, {}
    with rec.within(rec.scope, index):
        for number, one in enumerate(several):
            first_one = number == 0 and receiver != UNKNOWN
            bound = receiver if first_one else _parameter(rec, one, index + 1 + number)
            scope.bind(one.node.arg, bound)
    rec.out = []
    with rec.within(scope, index):
        walk(rec, _without_docstring(node.body))
    result = rec.generator, (rec.yields if rec.generator else rec.returns) or []
    rec.yields, rec.looked, rec.raised = outer, looked, raised
    rec.receiver, rec.returns, rec.generator, rec.via = before
    rec.guard, rec.import_guard, rec.call_guard = guards
    return result


def _receiver(rec: Recorder, node: AnyFunction, flags: int, first: str) -> int:
    """Return the node of a method's first parameter, unknown for functions and static methods."""
    if not flags & FunctionFlag.METHOD or rec.klass is None or not first:
        return UNKNOWN
    definition = rec.klass.definition
    if flags & FunctionFlag.CLASSMETHOD or node.name == "__new__":
        return rec.nodes.make(Op.CLS, definition, first)
    if flags & FunctionFlag.STATIC:
        return UNKNOWN
    return rec.nodes.make(Op.SELF, definition, first)


def _parameter(rec: Recorder, one: Parameter, index: int) -> int:
    """Return the node of a parameter: of its type where the annotation says one."""
    known = annotation(rec, one.node.annotation, visit)
    if known > LITERAL:
        op, base, _ = rec.nodes.rows[known]
        if op == Op.INSTANCE and rec.nodes.rows[base][0] == Op.NAME and _builtin(rec, base):
            return known
        rec.drafts[index].typed = known
    return rec.nodes.make(Op.PARAM, index, one.node.arg)


def _builtin(rec: Recorder, node: int) -> bool:
    name = rec.nodes.strings[rec.nodes.rows[node][2]]
    return name in BUILTINS and not rec.bound_above(name)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return body[1:] if isinstance(first.value.value, str) else body
    return body


def class_definition(rec: Recorder, node: ast.ClassDef, walk: Walk) -> None:
    """Define a class and walk its body."""
    index = _define(rec, node, "class")
    draft = rec.drafts[index]
    draft.shape = class_shape(node)
    if rec.scope.kind is ScopeKind.CLASS and rec.klass is not None:
        rec.klass.members.setdefault(node.name, index)
    rec.bind(node.name, rec.nodes.make(Op.DEF, index, node.name))
    out, rec.out = rec.out, []
    before = rec.klass, rec.receiver
    with type_scope(rec, node):
        klass = _class_head(rec, node, index)
        rec.out = []
        rec.classes.append(klass)
        rec.klass, rec.receiver = klass, ""
        with rec.within(rec.new_scope(ScopeKind.CLASS, index), index):
            walk(rec, node.body)
    draft.contents = [digest(rec.out)]
    rec.out = out
    rec.klass, rec.receiver = before
    klass.slots = _slots(node)
    klass.fields = made_from(node)
    fields.annotated_class(rec, index, _field_members(node, klass))


def _slots(node: ast.ClassDef) -> tuple[str, ...] | None:
    """Return what ``__slots__`` lists, None where it is missing, computed, or set more than once."""
    found = [
        one.value
        for one in node.body
        if isinstance(one, (ast.Assign, ast.AnnAssign))
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name) and target.id == "__slots__"
    ]
    if len(found) != 1:
        return None
    several = found[0].elts if isinstance(found[0], (ast.Tuple, ast.List, ast.Set)) else found
    names = [
        one.value for one in several if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return tuple(names) if len(names) == len(several) else None


def _class_head(rec: Recorder, node: ast.ClassDef, index: int) -> ClassDraft:
    flags = 0
    bases: list[int] = []
    rec_owner, rec.owner = rec.owner, index
    for decorator in node.decorator_list:
        _decorator(rec, decorator)
        if decorator_name(decorator) in _FIELD_DECORATORS:
            flags |= ClassFlag.FIELDS
        elif not _leaves_alone(decorator):
            flags |= ClassFlag.DECORATED
    for base in node.bases:
        bases.append(_base(rec, base))
        if dotted(base).rpartition(".")[2] in _FIELD_BASES:
            flags |= ClassFlag.FIELDS
    metaclass = UNKNOWN
    for keyword in node.keywords:
        value = visit(rec, keyword.value)
        metaclass = value if keyword.arg == "metaclass" else metaclass
        if keyword.arg is None or (
            keyword.arg == "metaclass" and dotted(keyword.value) not in _PLAIN_METACLASSES
        ):
            flags |= ClassFlag.METACLASS
    rec.owner = rec_owner
    flags |= ClassFlag.LEAVES if leaves_names(node) else 0
    klass = ClassDraft(index, tuple(bases), flags)
    klass.metaclass = metaclass
    return klass


def _leaves_alone(decorator: ast.expr) -> bool:
    """Tell whether the decorator gives back the class as it was: only marks it, or adds operators."""
    return decorator_name(decorator) in _MARKING or "pytest.mark." in dotted(decorator)


def _base(rec: Recorder, node: ast.expr) -> int:
    """Walk one base class; ``Base[X]`` is Base."""
    if isinstance(node, ast.Subscript):
        base = _base(rec, node.value)
        annotation(rec, node.slice, visit)
        return base
    if isinstance(node, (ast.Name, ast.Attribute)):
        value = chain(rec, node)
        rec.refer(Kind.INHERIT, value, node.end_lineno or node.lineno)
        return value
    visit(rec, node)
    return UNKNOWN


def _field_members(node: ast.ClassDef, klass: ClassDraft) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for one in node.body:
        name = None
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            name = one.target.id
        elif isinstance(one, ast.Assign) and len(one.targets) == 1 and _is_column(one.value):
            target = one.targets[0]
            name = target.id if isinstance(target, ast.Name) else None
        if name and name in klass.members:
            found.append((name, one.lineno, klass.members[name]))
    return found


def _is_column(node: ast.expr) -> bool:
    """Tell whether the value is how an ORM or a schema declares a field."""
    return isinstance(node, ast.Call) and dotted(node.func).endswith(_COLUMN_CALLS)


@contextmanager
def type_scope(rec: Recorder, node: ast.AST) -> Iterator[Scope]:
    """Open the scope of type parameters (``def f[T]``), where the syntax has them."""
    several = getattr(node, "type_params", None)
    if not several:
        yield rec.scope
        return
    scope = rec.new_scope(ScopeKind.TYPES, rec.scope.definition)
    for one in several:
        scope.bind(one.name, LITERAL)
    with rec.within(scope, rec.owner):
        for one in several:
            if getattr(one, "bound", None) is not None:
                annotation(rec, one.bound, visit)
        yield scope
