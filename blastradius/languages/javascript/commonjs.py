"""Exports as CommonJS has them: ``module.exports = …``, ``exports.x = …``."""

from __future__ import annotations

from tree_sitter import Node

from blastradius.languages.javascript.calls import loaded_by
from blastradius.languages.javascript.chains import chain_of
from blastradius.languages.javascript.declare import define_value, object_of
from blastradius.languages.javascript.modules import star
from blastradius.languages.javascript.own import WHOLE, Export, ImportFlag
from blastradius.languages.javascript.patterns import key_of
from blastradius.languages.javascript.recorder import Ctx, LocalExport, Recorder, line_of
from blastradius.languages.javascript.signatures import FUNCTIONS, telling
from blastradius.languages.javascript.walk import below, handles

_NAMED = frozenset({*FUNCTIONS, "class"})
_NOTHING = frozenset({"undefined", "unary_expression", "null"})


@handles("assignment_expression")
def assignment(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk an assignment; one to the module's exports is an export."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    target = _target(rec, left) if left is not None and right is not None else None
    if target is None or right is None:
        _member(rec, node, left, right, ctx)
        return
    rec.commonjs = True
    home = ctx._replace(owner=-1, top=False) if ctx.owner < 0 else ctx
    if target:
        _named(rec, target, right, node, home)
    else:
        _whole(rec, right, node, home)


def _target(rec: Recorder, left: Node) -> str | None:
    """Return the name that is exported, empty for ``module.exports`` itself, None for neither."""
    if left.type not in {"member_expression", "subscript_expression", "identifier"}:
        return None
    chain = chain_of(rec, left)
    names = (rec.text(chain.start), *chain.members) if chain.start.type == "identifier" else ()
    if names[:1] == ("exports",):
        names = ("module", *names)
    if not chain.whole or names[:2] != ("module", "exports") or len(names) > 3:  # noqa: PLR2004 - module.exports.x
        return None
    if left.type == "identifier":
        return None
    return names[2] if len(names) == 3 else ""  # noqa: PLR2004 - as above


def _member(rec: Recorder, node: Node, left: Node | None, right: Node | None, ctx: Ctx) -> None:
    """Walk any other assignment; ``f.x = …`` of a top definition adds a member to it."""
    if ctx.top and left is not None and right is not None and left.type == "member_expression":
        chain = chain_of(rec, left)
        bound = rec.module.bindings.get(rec.text(chain.start))
        if chain.whole and len(chain.members) == 1 and bound and (bound.root or 0) < 0:
            owner = -(bound.root or 0) - 1
            define_value(rec, chain.members[0], right, node, ctx._replace(owner=owner, top=False))
            return
    below(rec, node, ctx)


def _named(rec: Recorder, name: str, right: Node, node: Node, ctx: Ctx) -> None:
    if right.type == "assignment_expression":
        rec.push(right, ctx._replace(top=True))
        return
    if right.type in _NOTHING:
        return
    if name == "__esModule":
        rec.modular = True
        return
    if right.type == "identifier":
        rec.local_exports.append(LocalExport(name, rec.text(right), ctx.scope, line_of(node)))
        return
    rec.exports.append(Export(name, define_value(rec, name, right, node, ctx)))


def _whole(rec: Recorder, right: Node, node: Node, ctx: Ctx) -> None:
    literal_object = object_of(right)
    if right.type == "identifier":
        rec.local_exports.append(LocalExport(WHOLE, rec.text(right), ctx.scope, line_of(node)))
    elif right.type == "assignment_expression":
        rec.closed = False
        rec.push(right, ctx)
    elif literal_object is not None:
        _keys(rec, literal_object, ctx)
    elif (loaded := loaded_by(rec, right)) is not None and not loaded.members:
        star(rec, node, loaded.module, ImportFlag(loaded.flags), ctx)
    else:
        own = right.child_by_field_name("name") if right.type in _NAMED else None
        label = rec.text(own) if own is not None else "default"
        rec.exports.append(Export(WHOLE, define_value(rec, label, right, node, ctx)))


def _keys(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record the keys of the object that ``module.exports`` is set to."""
    for one in telling(node, node.children):
        if one.type == "shorthand_property_identifier":
            name = rec.text(one)
            rec.local_exports.append(LocalExport(name, name, ctx.scope, line_of(one)))
            continue
        value = one if one.type == "method_definition" else one.child_by_field_name("value")
        name = key_of(rec, one.child_by_field_name("key") or one.child_by_field_name("name"))
        if one.type == "spread_element":
            _spread(rec, one, ctx)
        elif one.type in {"pair", "method_definition"} and not name:
            rec.closed = False
            rec.push(one, ctx)
        elif one.type == "pair" and value is not None and value.type == "identifier":
            local = rec.text(value)
            rec.local_exports.append(LocalExport(name, local, ctx.scope, line_of(one)))
        elif one.type in {"pair", "method_definition"}:
            made = define_value(rec, name, value, one, ctx)
            rec.exports.append(Export(name, made))


def _spread(rec: Recorder, node: Node, ctx: Ctx) -> None:
    inner = node.named_children[0] if node.named_children else None
    loaded = loaded_by(rec, inner)
    if loaded is not None and not loaded.members:
        star(rec, node, loaded.module, ImportFlag(loaded.flags), ctx)
        return
    rec.closed = False
    rec.push(inner, ctx)
