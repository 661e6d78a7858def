"""Classes, interfaces and object types with their members."""

from __future__ import annotations

from tree_sitter import Node

from blastradius.languages.javascript.chains import chain_of
from blastradius.languages.javascript.own import Kind
from blastradius.languages.javascript.patterns import key_of, type_path
from blastradius.languages.javascript.recorder import Bound, Ctx, Heritage, Recorder, Scope, line_of
from blastradius.languages.javascript.routes import controller, decorated_route
from blastradius.languages.javascript.signatures import (
    FUNCTIONS,
    NOISE,
    class_shape,
    function_shape,
    parameter_name,
    parameter_shape,
    parameters,
    pattern_of,
    telling,
    text_of,
)
from blastradius.languages.javascript.walk import chain_use, function_ctx, function_parts

_METHODS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_FIELDS = frozenset({"public_field_definition", "field_definition", "property_signature"})
_HEADS = frozenset({"class_heritage", "extends_type_clause", "extends_clause", "implements_clause"})
_TYPES = frozenset({"type_identifier", "nested_type_identifier", "generic_type"})


def class_like(
    rec: Recorder, node: Node, ctx: Ctx, decorators: list[Node], name: str = ""
) -> tuple[str, int]:
    """Define a class with its members; ``name`` is the variable that it is the value of."""
    own = node.child_by_field_name("name")
    label = name or (rec.text(own) if own is not None else "default")
    number = rec.define(label, "class", node, ctx.owner)
    marks = [*decorators, *(one for one in node.children if one.type == "decorator")]
    rec.drafts[number].shape = class_shape(rec, node, "class", marks)
    if not name and own is not None:
        ctx.scope.bind(label, Bound(-number - 1))
    inner = ctx._replace(
        owner=number, klass=number, top=False, via="", scope=Scope(ctx.scope, function=True)
    )
    if name and own is not None:
        inner.scope.bind(rec.text(own), Bound(-number - 1))
    for one in marks:
        rec.push(one, inner)
    rec.push(node.child_by_field_name("type_parameters"), inner)
    for one in node.children:
        if one.type in _HEADS:
            heritage(rec, one, number, inner)
    body = node.child_by_field_name("body")
    if body is not None:
        _body(rec, body, number, inner, controller(rec, marks))
    return label, number


def heritage(rec: Recorder, node: Node, number: int, ctx: Ctx) -> None:
    """Record what a class or interface extends and implements."""
    waiting = [node]
    while waiting:
        one = waiting.pop(0)
        if one.type in _HEADS:
            waiting += [child for child in one.named_children if child.type not in NOISE]
        elif one.type in _TYPES:
            names = type_path(rec, one)
            if names:
                _inherit(rec, names, number, one, ctx)
            rec.push(one.child_by_field_name("type_arguments"), ctx)
        else:
            chain = chain_of(rec, one)
            if chain.start.type == "identifier" and chain.whole:
                _inherit(rec, (rec.text(chain.start), *chain.members), number, one, ctx)
            elif one.type != "type_arguments" and chain.start.id != one.id:
                chain_use(rec, one, chain, Kind.REFERENCE, ctx)
            else:
                rec.push(one, ctx)


def _inherit(rec: Recorder, names: tuple[str, ...], number: int, node: Node, ctx: Ctx) -> None:
    rec.use(Kind.INHERIT, names[0], names[1:], node, ctx)
    rec.bases.append(Heritage(number, names[0], names[1:], ctx.scope))


def _body(rec: Recorder, body: Node, number: int, ctx: Ctx, prefix: str | None) -> None:
    sites: list[tuple[str, int, int]] = []
    marks: list[Node] = []
    for one in telling(body, body.children):
        if one.type == "decorator":
            marks.append(one)
            continue
        made = member(rec, one, number, ctx, marks)
        if made is not None:
            if prefix is not None:
                several = [*marks, *(child for child in one.children if child.type == "decorator")]
                decorated_route(rec, prefix, several, made[2], line_of(one))
            if one.type in _FIELDS:
                sites.append(made)
        elif one.is_named:
            rec.push(one, ctx)
        marks = []
    if len(sites) > 1:
        rec.groups.add("class", "declare", number, sites, (rec.drafts[number].name,))


def member(
    rec: Recorder, node: Node, owner: int, ctx: Ctx, marks: list[Node]
) -> tuple[str, int, int] | None:
    """Define one member of a class or interface; return (name, line, definition)."""
    method = node.type in _METHODS
    if not method and node.type not in _FIELDS:
        return None
    key = node.child_by_field_name("name") or node.child_by_field_name("property")
    name = key_of(rec, key)
    if not name:
        return None
    value = node.child_by_field_name("value")
    makes = node if method else value if value is not None and value.type in FUNCTIONS else None
    number = rec.define(name, "method" if makes is not None else "attribute", node, owner)
    inner = ctx._replace(owner=number, via=name)
    for one in [*marks, *(child for child in node.children if child.type == "decorator")]:
        rec.push(one, inner)
    if makes is not None:
        _method(rec, makes, name, number, owner, inner)
    else:
        _field(rec, node, number, inner)
    return name, line_of(node), number


def _field(rec: Recorder, node: Node, number: int, ctx: Ctx) -> None:
    note = node.child_by_field_name("type")
    kinds = {child.type for child in node.children}
    words = [word for word in ("static", "readonly") if word in kinds]
    key = rec.drafts[number].name.rpartition(".")[2]
    optional = "?" if "?" in kinds else ""
    rec.drafts[number].shape = " ".join([*words, optional + text_of(rec, note, key)]).strip()
    rec.push(note, ctx)
    rec.push(node.child_by_field_name("value"), ctx)


def _method(rec: Recorder, node: Node, name: str, number: int, owner: int, ctx: Ctx) -> None:
    draft = rec.drafts[number]
    draft.shape = function_shape(rec, node)
    for place, one in enumerate(parameters(node)):
        label = parameter_name(rec, one, place)
        parameter = rec.define_as(f"{draft.name}({label})", "parameter", one, number)
        rec.drafts[parameter].shape = parameter_shape(rec, one)
        stored = any(child.type in {"accessibility_modifier", "readonly"} for child in one.children)
        if name == "constructor" and stored and pattern_of(one).type == "identifier":
            field = rec.define(rec.text(pattern_of(one)), "attribute", one, owner)
            rec.drafts[field].shape = text_of(rec, one.child_by_field_name("type"))
    keeps = node.type not in {"function_expression", "generator_function"}
    function_parts(rec, node, function_ctx(ctx, keeps_this=keeps))


def interface(rec: Recorder, node: Node, ctx: Ctx) -> tuple[str, int]:
    """Define an interface with its members."""
    own = node.child_by_field_name("name")
    label = rec.text(own) if own is not None else "default"
    number = rec.define(label, "class", node, ctx.owner)
    rec.drafts[number].shape = class_shape(rec, node, "interface", [])
    ctx.scope.bind(label, Bound(-number - 1))
    inner = ctx._replace(owner=number, top=False, via="", scope=Scope(ctx.scope, function=True))
    rec.push(node.child_by_field_name("type_parameters"), inner)
    for one in node.children:
        if one.type in _HEADS:
            heritage(rec, one, number, inner)
    body = node.child_by_field_name("body")
    if body is not None:
        _body(rec, body, number, inner, None)
    return label, number


def type_alias(rec: Recorder, node: Node, ctx: Ctx) -> tuple[str, int]:
    """Define a type alias; an object type's members are definitions too."""
    own, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    label = rec.text(own) if own is not None else "default"
    number = rec.define(label, "variable", node, ctx.owner)
    generic = text_of(rec, node.child_by_field_name("type_parameters"))
    ctx.scope.bind(label, Bound(-number - 1))
    inner = ctx._replace(owner=number, top=False, via="", scope=Scope(ctx.scope, function=True))
    rec.push(node.child_by_field_name("type_parameters"), inner)
    if value is not None and value.type == "object_type":
        rec.drafts[number].shape = f"type{generic}"
        _body(rec, value, number, inner, None)
    else:
        rec.drafts[number].shape = f"type{generic} {text_of(rec, value)}"
        rec.push(value, inner)
    return label, number
