"""Assignments: what they bind, and the definitions that come of them.

At module and class level a bound name is a definition (variable, attribute) and owns its value:
what the value names, the variable depends on. ``self.x = …`` in a method defines an attribute of
the class.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from blastradius.languages.python import containers, marks
from blastradius.languages.python.annotations import annotation
from blastradius.languages.python.expressions import chain, visit
from blastradius.languages.python.nodes import LITERAL, UNKNOWN
from blastradius.languages.python.own import GUARDED, Kind, Op, Store
from blastradius.languages.python.recorder import Draft, Recorder, digest
from blastradius.languages.python.scopes import ScopeKind
from blastradius.languages.python.signatures import text_of

_DEFINING = frozenset({ScopeKind.MODULE, ScopeKind.CLASS})


def assign(rec: Recorder, node: ast.Assign) -> None:
    """Walk ``a = b = value``."""
    _public(rec, node.targets, node.value)
    _assignment(rec, node.targets, node.value, node)


def annotated(rec: Recorder, node: ast.AnnAssign) -> None:
    """Walk ``a: type = value``; the annotation is the name's type, whatever the value is."""
    _public(rec, [node.target], node.value)
    _assignment(rec, [node.target], node.value, node, node.annotation)


def augmented(rec: Recorder, node: ast.AugAssign) -> None:
    """Walk ``a += value``: the name keeps what it was and is one thing more."""
    target = node.target
    if isinstance(target, ast.Name) and rec.scope.kind in _DEFINING:
        if target.id == "__all__" and rec.scope.kind is ScopeKind.MODULE:
            _add_public(rec, node.value)
        known = _definitions(rec).get(target.id)
        if known is not None and rec.drafts[known].kind in {"variable", "attribute"}:
            _value(rec, known, node.value)
            return
    rec.out.append(f"{type(node.op).__name__}=")
    value = visit(rec, node.value)
    if isinstance(target, ast.Name):
        rec.out.append(target.id)
        known = rec.name(target.id)
        rec.refer(Kind.STORE, known, node.lineno)
        if isinstance(node.op, ast.Add) and value > LITERAL:
            rec.stores.append((Store.EXTEND, known, "", value))
        if target.id not in rec.scope.globals and target.id not in rec.scope.bindings:
            rec.bind(target.id, UNKNOWN)
        rec.scope.holds(target.id, None)
    else:
        bind(rec, target, UNKNOWN)


def bind(rec: Recorder, target: ast.expr, value: int) -> None:
    """Bind a target that is no definition of its own: loop, with, unpacking inside functions."""
    if isinstance(target, ast.Name):
        rec.out.append(target.id)
        rec.bind(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        rec.out.append(f"t{len(target.elts)}")
        for position, one in enumerate(target.elts):
            bind(rec, one, containers.unpacked(rec, target.elts, position, value))
    elif isinstance(target, ast.Starred):
        bind(rec, target.value, value)
    elif isinstance(target, ast.Attribute):
        _store(rec, target, value, (), None)
    elif isinstance(target, ast.Subscript):
        visit(rec, target)
        # Walked just now: the same text gives the same node.
        mark, before = len(rec.out), len(rec.references)
        if value > LITERAL and not _heavy(target.value):
            key = containers.constant_key(target.slice)
            rec.stores.append((Store.ITEM, chain(rec, target.value), key, value))
        del rec.out[mark:]
        del rec.references[before:]
    else:
        visit(rec, target)


def _heavy(node: ast.expr) -> bool:
    """Tell whether walking the expression again would do more than name things."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, (ast.Constant, ast.Name)):
            return True
        node = node.value
    return not isinstance(node, ast.Name)


def extend_public(rec: Recorder, node: ast.expr) -> None:
    """Recognise ``__all__.extend([...])`` and ``__all__.append("x")`` at module level."""
    if rec.scope.kind is not ScopeKind.MODULE or not isinstance(node, ast.Call):
        return
    function = node.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return
    if function.value.id != "__all__" or not node.args:
        return
    if function.attr == "extend":
        _add_public(rec, node.args[0])
    elif function.attr == "append":
        _add_public(rec, ast.List(elts=[node.args[0]], ctx=ast.Load()))
    else:
        rec.public_known = False


def _definitions(rec: Recorder) -> dict[str, int]:
    if rec.scope.kind is ScopeKind.CLASS and rec.klass is not None:
        return rec.klass.members
    return rec.variables


def _names(targets: Sequence[ast.expr]) -> list[ast.Name]:
    """Return the plain names among the targets, unpacked ones too."""
    found: list[ast.Name] = []
    rest = list(reversed(targets))
    while rest:
        one = rest.pop()
        if isinstance(one, ast.Name):
            found.append(one)
        elif isinstance(one, (ast.Tuple, ast.List)):
            rest += reversed(one.elts)
        elif isinstance(one, ast.Starred):
            rest.append(one.value)
    return found


def _assignment(
    rec: Recorder,
    targets: Sequence[ast.expr],
    value: ast.expr | None,
    node: ast.stmt,
    note: ast.expr | None = None,
) -> None:
    names = _names(targets) if rec.scope.kind in _DEFINING else []
    line, end = node.lineno, node.end_lineno or node.lineno
    drafts = [rec.variable(one.id, line, end) for one in names]
    if not drafts:
        _local(rec, targets, value, note)
        return
    start = len(rec.out)
    before, rec.owner = (rec.owner, rec.via), drafts[0]
    known = _typed(rec, drafts[0], note)
    rec.via = names[0].id if names[0].id in marks.TABLE_NAMES else rec.via
    held = visit(rec, value) if value is not None else UNKNOWN
    rec.owner, rec.via = before
    content = digest(rec.out, start) if value is not None else ""
    del rec.out[start:]
    single = len(targets) > 1 or isinstance(targets[0], ast.Name)
    parts = _parts(rec, targets, held)
    for position, (one, index) in enumerate(zip(names, drafts, strict=True)):
        variable = rec.nodes.make(Op.DEF, index, one.id)
        rec.scope.bind(one.id, variable)
        if note is None and parts.get(one, UNKNOWN) > LITERAL:
            rec.scope.holds(one.id, rec.nodes.row(Op.KNOWN, variable, parts[one]))
        draft = rec.drafts[index]
        if content:
            draft.contents.append(content if single else f"{content}{position}")
        _hold(draft, known if note is not None else parts.get(one, UNKNOWN), note)
        if position and single:
            # b of `a = b = value` is what a is.
            rec.refer_from(index, rec.nodes.make(Op.DEF, drafts[0], names[0].id), line)
    for target in targets:
        _rest(rec, target, held)


def _parts(rec: Recorder, targets: Sequence[ast.expr], held: int) -> dict[ast.expr, int]:
    """Return the node of what each plain name among the targets is bound to."""
    found: dict[ast.expr, int] = {}
    rest = [(one, held) for one in reversed(targets)]
    while rest:
        one, value = rest.pop()
        if isinstance(one, ast.Name):
            found[one] = value
        elif isinstance(one, (ast.Tuple, ast.List)):
            rest += [
                (inner, containers.unpacked(rec, one.elts, position, value))
                for position, inner in enumerate(one.elts)
            ]
        elif isinstance(one, ast.Starred):
            rest.append((one.value, value))
    return found


def _typed(rec: Recorder, index: int, note: ast.expr | None) -> int:
    if note is None:
        return UNKNOWN
    rec.drafts[index].shape = text_of(note)
    mark = len(rec.out)
    known = annotation(rec, note, visit)
    del rec.out[mark:]  # the annotation is the shape, not the content
    return known


def _value(rec: Recorder, index: int, value: ast.expr) -> None:
    start = len(rec.out)
    before, rec.owner = rec.owner, index
    visit(rec, value)
    rec.owner = before
    rec.drafts[index].contents.append(digest(rec.out, start))
    del rec.out[start:]


def _hold(draft: Draft, value: int, note: ast.expr | None) -> None:
    if note is not None:
        draft.typed = value
    else:
        draft.values.append(value)


def _rest(rec: Recorder, target: ast.expr, held: int) -> None:
    """Bind what is no plain name among the targets of a module-level assignment."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for position, one in enumerate(target.elts):
            _rest(rec, one, containers.unpacked(rec, target.elts, position, held))
    elif isinstance(target, (ast.Attribute, ast.Subscript)):
        bind(rec, target, held)


def _local(
    rec: Recorder, targets: Sequence[ast.expr], value: ast.expr | None, note: ast.expr | None
) -> None:
    rec.out.append(f"={len(targets)}")
    start = len(rec.out)
    known = annotation(rec, note, visit) if note is not None else UNKNOWN
    held = visit(rec, value) if value is not None else UNKNOWN
    content = rec.out[start:]
    for target in targets:
        if isinstance(target, ast.Attribute):
            _store(rec, target, held, content, note, known)
        elif note is not None and isinstance(target, ast.Name):
            rec.out.append(target.id)
            rec.bind(target.id, held)
            rec.scope.annotated[target.id] = known
            rec.scope.holds(target.id, None)
        else:
            bind(rec, target, held)


def _store(
    rec: Recorder,
    target: ast.Attribute,
    held: int,
    content: Sequence[str],
    note: ast.expr | None,
    known: int = UNKNOWN,
) -> None:
    """``self.x = value`` defines an attribute; ``other.x = value`` uses one."""
    base = target.value
    rec.out.append(f".{target.attr}=")
    if not (isinstance(base, ast.Name) and base.id == rec.receiver and rec.klass):
        owner = chain(rec, base)
        node = rec.nodes.attr(owner, target.attr)
        if held > LITERAL and owner > LITERAL:
            rec.stores.append((Store.ATTRIBUTE, owner, target.attr, held))
        rec.stored.setdefault(target.attr)
        rec.refer(Kind.STORE, node, target.end_lineno or target.lineno)
        return
    klass = rec.klass
    index = klass.members.get(target.attr)
    if index is None:
        line = target.lineno
        index = rec.define(target.attr, "attribute", line, line, klass.definition)
        klass.members[target.attr] = index
    draft = rec.drafts[index]
    if draft.kind != "attribute":
        return  # a property's setter
    if note is not None and not draft.shape:
        draft.shape = text_of(note)
    if content:
        draft.contents.append(digest(list(content)))
    _hold(draft, known if note is not None else held, note)


def _public(rec: Recorder, targets: Sequence[ast.expr], value: ast.expr | None) -> None:
    if rec.scope.kind is not ScopeKind.MODULE or value is None:
        return
    if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
        rec.public = []
        _add_public(rec, value)


def _add_public(rec: Recorder, node: ast.expr) -> None:
    if rec.public is None:
        rec.public = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        _add_public(rec, node.left)
        _add_public(rec, node.right)
        return
    if not isinstance(node, (ast.List, ast.Tuple)):
        rec.public_known = False
        return
    for one in node.elts:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            rec.public.append(one.value)
            # Guarded: in a package it may be a submodule that only the star import loads.
            rec.refer(Kind.REFERENCE | GUARDED, rec.name(one.value), one.lineno)
        else:
            rec.public_known = False
