"""The walk over statements: bindings, imports, definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from blastradius.languages.python import assignments, definitions, patterns
from blastradius.languages.python.annotations import again
from blastradius.languages.python.expressions import iterated, visit, visit_all
from blastradius.languages.python.narrowing import leaves, narrow
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import ImportFlag, Op
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

Walker = Callable[[Recorder, Any], None]

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_NAME_ERRORS = frozenset({"NameError", "AttributeError"})
_CALL_ERRORS = frozenset({"TypeError"})


def walk(rec: Recorder, body: Iterable[ast.stmt]) -> None:
    """Walk statements in order."""
    for statement in body:
        walker = _WALKERS.get(type(statement))
        if walker is None:
            rec.out.append(type(statement).__name__)
        else:
            walker(rec, statement)


def _block(rec: Recorder, word: str, body: Sequence[ast.stmt]) -> None:
    rec.out.append(f"{word}{len(body)}")
    walk(rec, body)


def _expression(rec: Recorder, node: ast.Expr) -> None:
    value = node.value
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return  # a docstring, or a string that does nothing
    rec.out.append("expr")
    assignments.extend_public(rec, value)
    visit(rec, value)


def _import(rec: Recorder, node: ast.Import) -> None:
    for one in node.names:
        flags = rec.import_flags()
        if one.asname:
            flags |= ImportFlag.WHOLE
        bound = one.asname or one.name.partition(".")[0]
        rec.out.append(f"import {one.name} as {bound}")
        rec.bind(bound, rec.add_import(node.lineno, 0, one.name, "", flags))


def _import_from(rec: Recorder, node: ast.ImportFrom) -> None:
    module, level = node.module or "", node.level
    if level == 0 and module == "__future__":
        return
    for one in node.names:
        line = one.lineno
        flags = rec.import_flags()
        rec.out.append(f"from {'.' * level}{module} import {one.name} as {one.asname}")
        if one.name == "*":
            rec.add_import(line, level, module, "*", flags | ImportFlag.STAR)
        else:
            rec.bind(one.asname or one.name, rec.add_import(line, level, module, one.name, flags))


def _return(rec: Recorder, node: ast.Return) -> None:
    rec.out.append("return")
    value = visit(rec, node.value) if node.value else LITERAL
    if rec.returns is not None:
        rec.returns.append(value)


def _delete(rec: Recorder, node: ast.Delete) -> None:
    rec.out.append(f"del{len(node.targets)}")
    for target in node.targets:
        if isinstance(target, ast.Name):
            rec.out.append(target.id)
            rec.bind(target.id, UNKNOWN)
        else:
            visit(rec, target)


def _for(rec: Recorder, node: ast.For | ast.AsyncFor) -> None:
    rec.out.append(type(node).__name__)
    rec.reads(node.iter)
    source = visit(rec, node.iter)
    if isinstance(node, ast.For):
        element = iterated(rec, source, node.iter.lineno)
    else:
        rec.implicit_call(source, "__aiter__", node.iter.lineno)
        element = rec.nodes.element(source)
    with rec.scope.branch(repeats=True):
        assignments.bind(rec, node.target, element)
        _block(rec, "body", node.body)
        _block(rec, "else", node.orelse)


def _while(rec: Recorder, node: ast.While) -> None:
    rec.out.append("while")
    with rec.scope.branch(repeats=True):
        visit(rec, node.test)
        narrow(rec, node.test, holds=True)
        _block(rec, "body", node.body)
        _block(rec, "else", node.orelse)


def _if(rec: Recorder, node: ast.If) -> None:
    # A long chain of elif nests one level each: walk it in a loop.
    with ExitStack() as branches:
        while True:
            _then(rec, node)
            left = leaves(node.body)
            if not left:
                branches.enter_context(rec.scope.branch())
            narrow(rec, node.test, holds=False)
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node = node.orelse[0]
        with rec.scope.branch():
            _block(rec, "else", node.orelse)
    if node.orelse and not left and leaves(node.orelse):
        narrow(rec, node.test, holds=True)


def _then(rec: Recorder, node: ast.If) -> None:
    rec.out.append("if")
    visit(rec, node.test)
    typing = dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING"
    rec.typing_guard += typing
    with rec.scope.branch():
        narrow(rec, node.test, holds=True)
        _block(rec, "then", node.body)
    rec.typing_guard -= typing


def _with(rec: Recorder, node: ast.With | ast.AsyncWith) -> None:
    asynchronous = isinstance(node, ast.AsyncWith)
    rec.out.append(f"{type(node).__name__}{len(node.items)}")
    suppressed: set[str] = set()
    for item in node.items:
        value = visit(rec, item.context_expr)
        suppressed |= _suppressed(item.context_expr)
        prefix = "a" if asynchronous else ""
        line = item.context_expr.lineno
        rec.implicit_call(value, f"__{prefix}enter__", line)
        rec.implicit_call(value, f"__{prefix}exit__", line)
        if item.optional_vars is not None:
            assignments.bind(rec, item.optional_vars, rec.nodes.derive(Op.ENTER, value))
            _raised(rec, item)
    _guarded(rec, node.body, suppressed)


def _raised(rec: Recorder, item: ast.withitem) -> None:
    """``with pytest.raises(C) as e``: ``e.value`` is a C; of unittest it is ``e.exception``."""
    call, target = item.context_expr, item.optional_vars
    if not (isinstance(call, ast.Call) and call.args and isinstance(target, ast.Name)):
        return
    attribute = _RAISERS.get(dotted(call.func).rpartition(".")[2])
    first = call.args[0]
    if attribute and isinstance(first, (ast.Name, ast.Attribute)):
        node = rec.nodes.derive(Op.INSTANCE, again(rec, first))
        rec.raised[target.id, attribute] = node
    else:
        rec.raised = {key: one for key, one in rec.raised.items() if key[0] != target.id}


_RAISERS = {"raises": "value", "assertRaises": "exception", "assertRaisesRegex": "exception"}


def _suppressed(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in {
        "suppress",
        "raises",
    }:
        return {dotted(one).rpartition(".")[2] for one in node.args}
    return set()


def _guarded(rec: Recorder, body: Sequence[ast.stmt], caught: set[str]) -> None:
    imports, names = not caught.isdisjoint(_IMPORT_ERRORS), not caught.isdisjoint(_NAME_ERRORS)
    rec.import_guard += imports
    calls = not caught.isdisjoint(_CALL_ERRORS)
    rec.guard += names
    rec.call_guard += calls
    _block(rec, "body", body)
    rec.call_guard -= calls
    rec.import_guard -= imports
    rec.guard -= names


def _try(rec: Recorder, node: ast.Try) -> None:
    rec.out.append(f"{type(node).__name__}{len(node.handlers)}")
    caught = {name for handler in node.handlers for name in _caught(handler)}
    with rec.scope.branch():
        _guarded(rec, node.body, caught)
    for handler in node.handlers:
        rec.out.append(f"except {handler.name}")
        error = _error(rec, handler.type) if handler.type is not None else UNKNOWN
        if handler.name:
            rec.bind(handler.name, error)
        # What stands in for a missing module may be missing too: Python 2 names, other packages.
        with rec.scope.branch():
            _guarded(rec, handler.body, caught & {"ImportError", "ModuleNotFoundError"})
    with rec.scope.branch():
        _block(rec, "else", node.orelse)
    _block(rec, "finally", node.finalbody)


def _error(rec: Recorder, node: ast.expr) -> int:
    """Walk what a handler catches and return the node of what it catches then."""
    value = visit(rec, node)
    if not isinstance(node, ast.Tuple):
        return rec.nodes.derive(Op.INSTANCE, value)
    if not all(isinstance(one, (ast.Name, ast.Attribute)) for one in node.elts):
        return UNKNOWN
    several = [again(rec, one) for one in node.elts]
    return rec.nodes.choice(rec.nodes.derive(Op.INSTANCE, one) for one in several)


def _caught(handler: ast.ExceptHandler) -> list[str]:
    if handler.type is None:
        return ["BaseException"]
    several = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [dotted(one).rpartition(".")[2] for one in several]


def _raise(rec: Recorder, node: ast.Raise) -> None:
    rec.out.append("raise")
    for part in (node.exc, node.cause):
        rec.out.append("-" if part is None else "+")
        if part is not None:
            value = visit(rec, part)
            if not isinstance(part, ast.Call):
                rec.handed(value, (), part.lineno)  # `raise Class` makes an instance


def _assert(rec: Recorder, node: ast.Assert) -> None:
    rec.out.append("assert")
    visit_all(rec, [node.test] if node.msg is None else [node.test, node.msg])
    narrow(rec, node.test, holds=True)


def _global(rec: Recorder, node: ast.Global) -> None:
    rec.out.append("global " + ",".join(node.names))
    if rec.scope.parent is not None:
        rec.scope.globals.update(node.names)
        for name in node.names:
            rec.others.setdefault(name)


def _nonlocal(rec: Recorder, node: ast.Nonlocal) -> None:
    rec.out.append("nonlocal " + ",".join(node.names))
    rec.scope.nonlocals.update(node.names)


def _match(rec: Recorder, node: ast.Match) -> None:
    rec.out.append(f"match{len(node.cases)}")
    subject = visit(rec, node.subject)
    for case in node.cases:
        with rec.scope.branch():
            patterns.pattern(rec, case.pattern, subject)
            patterns.matched(rec, case.pattern, node.subject)
            if case.guard is not None:
                visit(rec, case.guard)
            _block(rec, "case", case.body)


def _type_alias(rec: Recorder, node: Any) -> None:  # noqa: ANN401 - ast.TypeAlias, Python 3.12 on
    rec.out.append("type")
    with definitions.type_scope(rec, node):
        value = visit(rec, node.value)
    assignments.bind(rec, node.name, value)


def _function(rec: Recorder, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    definitions.function(rec, node, walk)


def _class(rec: Recorder, node: ast.ClassDef) -> None:
    definitions.class_definition(rec, node, walk)


_WALKERS: dict[type, Walker] = {
    ast.Expr: _expression,
    ast.Assign: assignments.assign,
    ast.AnnAssign: assignments.annotated,
    ast.AugAssign: assignments.augmented,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Return: _return,
    ast.Delete: _delete,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.If: _if,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
if hasattr(ast, "TypeAlias"):
    _WALKERS[ast.TypeAlias] = _type_alias
