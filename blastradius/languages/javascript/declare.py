"""Definitions: what a module, a namespace, a class, an interface or an enum declares."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from blastradius.languages.javascript.calls import Loaded, loaded_by
from blastradius.languages.javascript.classes import class_like, interface, type_alias
from blastradius.languages.javascript.patterns import bind, key_of, made_by, parts_of
from blastradius.languages.javascript.recorder import Bound, Ctx, Heritage, Recorder, Scope
from blastradius.languages.javascript.signatures import (
    FUNCTIONS,
    function_shape,
    parameter_name,
    parameter_shape,
    parameters,
    telling,
    text_of,
)
from blastradius.languages.javascript.walk import below as walk_below
from blastradius.languages.javascript.walk import declarator as local_declarator
from blastradius.languages.javascript.walk import (
    environment_parts,
    function,
    function_ctx,
    function_parts,
    handles,
    keys_of,
)
from blastradius.languages.javascript.walk import var as local_var

Made = list[tuple[str, int]]
_CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})


def root_of(definition: int) -> int:
    """Return the root, as in `own.Reference`, of a definition."""
    return -definition - 1


def declaration(rec: Recorder, node: Node, ctx: Ctx, decorators: list[Node]) -> Made | None:
    """Define what a top statement declares, and return (name, definition); None for no declaration."""
    kind = node.type
    if kind in _CLASSES:
        return [class_like(rec, node, ctx, decorators)]
    single = _SINGLE.get(kind)
    if single is not None:
        return [single(rec, node, ctx)]
    if kind in {"lexical_declaration", "variable_declaration"}:
        return _variables(rec, node, ctx)
    if kind in {"internal_module", "module"}:
        return _namespace(rec, node, ctx)
    if kind == "import_alias":
        return _alias(rec, node, ctx)
    return None


@handles("expression_statement")
def statement(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a statement; ``namespace N {}`` hides in one."""
    for one in telling(node, node.children):
        top = ctx.top and one.type in {"internal_module", "assignment_expression"}
        rec.push(one, ctx._replace(top=top))


@handles("ambient_declaration")
def ambient(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``declare …``; what is said of other modules or of the global scope is not ours."""
    for one in telling(node, node.children):
        foreign = one.type == "statement_block" or (
            one.type == "module" and "string" in {child.type for child in one.named_children}
        )
        if foreign:
            scope = Scope(ctx.scope, function=True)
            rec.push(one, ctx._replace(top=False, scope=scope))
        else:
            rec.push(one, ctx)


def _function(rec: Recorder, node: Node, ctx: Ctx) -> tuple[str, int]:
    name_node = node.child_by_field_name("name")
    name = rec.text(name_node) if name_node is not None else "default"
    number = rec.define(name, "function", node, ctx.owner)
    if name_node is not None:
        ctx.scope.bind(name, Bound(root_of(number)))
    function_body(rec, node, number, ctx)
    return name, number


def function_body(rec: Recorder, node: Node, number: int, ctx: Ctx) -> None:
    """Give a definition the signature, the parameters and the content of a function."""
    draft = rec.drafts[number]
    draft.shape = function_shape(rec, node)
    address = draft.name
    for place, one in enumerate(parameters(node)):
        name = parameter_name(rec, one, place)
        if name != "this":
            parameter = rec.define_as(f"{address}({name})", "parameter", one, number)
            rec.drafts[parameter].shape = parameter_shape(rec, one)
    keeps = node.type not in {"function_expression", "generator_function", "function_declaration"}
    inner = function_ctx(ctx._replace(owner=number), keeps_this=keeps)
    own_name = node.child_by_field_name("name")
    if node.type in {"function_expression", "generator_function"} and own_name is not None:
        inner.scope.bind(rec.text(own_name), Bound(root_of(number)))
    function_parts(rec, node, inner)


def _variables(rec: Recorder, node: Node, ctx: Ctx) -> Made:
    made: Made = []
    for one in node.named_children:
        if one.type == "variable_declarator":
            made += _declarator(rec, one, ctx)
    return made


def _declarator(rec: Recorder, node: Node, ctx: Ctx) -> Made:
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if name is None:
        return []
    loaded = loaded_by(rec, value)
    if loaded is not None:
        return _loaded(rec, name, loaded, node, ctx)
    if name.type != "identifier":
        return _pattern(rec, node, name, value, ctx)
    text = rec.text(name)
    number = define_value(rec, text, value, node, ctx)
    ctx.scope.bind(text, Bound(root_of(number)))
    draft = rec.drafts[number]
    note = node.child_by_field_name("type")
    inner = ctx._replace(owner=number, top=False, via=text)
    if note is not None:
        draft.shape = draft.shape or text_of(rec, note)
        rec.push(note, inner)
    return [(text, number)]


def define_value(rec: Recorder, name: str, value: Node | None, node: Node, ctx: Ctx) -> int:
    """Define a name by its value: a function, a class, an object with its members, or a variable."""
    kind = value.type if value is not None else ""
    if value is not None and kind in _CLASSES:
        return class_like(rec, value, ctx, [], name)[1]
    if value is not None and kind in FUNCTIONS:
        number = rec.define(name, "function", node, ctx.owner)
        function_body(rec, value, number, ctx)
        return number
    number = rec.define(name, "variable", node, ctx.owner)
    inner = ctx._replace(owner=number, top=False, via=name)
    made = made_by(rec, value, ctx.scope)
    if made.instance:
        rec.instances.append(Heritage(number, made.name, made.members, ctx.scope))
    literal = object_of(value)
    if literal is not None and value is not None:
        members(rec, literal, number, inner)
    else:
        rec.push(value, inner)
    return number


def object_of(value: Node | None) -> Node | None:
    """Return the object literal that a value is, through ``as const``, ``Object.freeze`` and such."""
    while value is not None and value.type in {
        "as_expression",
        "satisfies_expression",
        "parenthesized_expression",
    }:
        value = value.named_children[0] if value.named_children else None
    return value if value is not None and value.type == "object" else None


def members(rec: Recorder, literal: Node, owner: int, ctx: Ctx) -> None:
    """Define the named keys of an object literal as members of the definition ``owner``."""
    sites = []
    named = {one.id: name for name, one in keys_of(rec, literal)}
    seen: set[str] = set()
    for one in telling(literal, literal.children):
        name = named.get(one.id, "")
        if not name or name in seen:
            rec.push(one, ctx)
            continue
        seen.add(name)
        value = one.child_by_field_name("value")
        if one.type == "method_definition" or (value is not None and value.type in FUNCTIONS):
            number = rec.define(name, "method", one, owner)
            made = one if one.type == "method_definition" else value
            if made is not None:
                function_body(rec, made, number, ctx._replace(klass=owner))
        else:
            number = rec.define(name, "attribute", one, owner)
            rec.push(one, ctx._replace(owner=number, via=name))
        sites.append((name, one.start_point[0] + 1, number))
    if len(sites) > 1:
        rec.groups.add("dict", "produce", owner, sites, (rec.drafts[owner].name,))


def _pattern(rec: Recorder, node: Node, name: Node, value: Node | None, ctx: Ctx) -> Made:
    """Define each name of ``const {a, b} = value``; the value belongs to the first."""
    made: Made = []
    found, _ = parts_of(rec, name)
    for part in found:
        number = rec.define(part.name, "variable", part.node, ctx.owner)
        rec.drafts[number].tokens += [".".join(part.keys or ())]
        ctx.scope.bind(part.name, Bound(root_of(number)))
        made.append((part.name, number))
    first = made[0][1] if made else ctx.owner
    inner = ctx._replace(owner=first, top=False, via="")
    bind(rec, name, Scope(ctx.scope, function=False), inner)
    environment_parts(rec, value, found, inner)
    for part, (_, number) in zip(found[1:], made[1:], strict=True):
        rec.same_value.append((number, first, part.node.start_point[0] + 1))
    rec.push(node.child_by_field_name("type"), inner)
    rec.push(value, inner)
    return made


def _loaded(rec: Recorder, name: Node, loaded: Loaded, node: Node, ctx: Ctx) -> Made:
    """Bind what ``const x = require("./y")`` gives: an import, defined elsewhere."""
    first, rest = loaded.name, loaded.members
    if name.type == "identifier":
        number = rec.add_import(node, ctx, loaded.module, first, loaded.flags)
        ctx.scope.bind(rec.text(name), Bound(number, members=rest))
        return []
    found, _ = parts_of(rec, name)
    for part in found:
        if part.keys and not rest:
            number = rec.add_import(part.node, ctx, loaded.module, part.keys[0], loaded.flags)
            ctx.scope.bind(part.name, Bound(number, members=part.keys[1:]))
        else:
            number = rec.add_import(part.node, ctx, loaded.module, first, loaded.flags)
            ctx.scope.bind(part.name, Bound(number, members=(*rest, *(part.keys or ()))))
    return []


@handles("variable_declarator")
def declarator(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a variable inside a function; a module that it loads is an import."""
    name = node.child_by_field_name("name")
    loaded = loaded_by(rec, node.child_by_field_name("value"))
    if name is None or loaded is None:
        local_declarator(rec, node, ctx)
        return
    rec.token(f"{rec.text(name)} import {loaded.module} {'.'.join(loaded.members)}", ctx)
    _loaded(rec, name, loaded, node, ctx._replace(guard=ctx.guard))


def _enum(rec: Recorder, node: Node, ctx: Ctx) -> tuple[str, int]:
    name_node = node.child_by_field_name("name")
    name = rec.text(name_node) if name_node is not None else "default"
    number = rec.define(name, "class", node, ctx.owner)
    rec.drafts[number].shape = "enum"
    ctx.scope.bind(name, Bound(root_of(number)))
    inner = ctx._replace(owner=number, top=False, via="")
    body = node.child_by_field_name("body")
    for one in body.named_children if body is not None else []:
        key = one.child_by_field_name("name") if one.type == "enum_assignment" else one
        label = key_of(rec, key)
        if label and one.type in {"enum_assignment", "property_identifier", "string"}:
            member = rec.define(label, "attribute", one, number)
            rec.push(one.child_by_field_name("value"), inner._replace(owner=member))
    return name, number


def _namespace(rec: Recorder, node: Node, ctx: Ctx) -> Made | None:
    name_node, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name_node is None or body is None or name_node.type == "string":
        return None
    made: Made = []
    for part in rec.text(name_node).split("."):
        number = rec.define(part.strip(), "namespace", node, ctx.owner)
        ctx.scope.bind(part.strip(), Bound(root_of(number)))
        scope = Scope(ctx.scope, function=True)
        ctx = ctx._replace(owner=number, scope=scope, top=True)
        made.append((part.strip(), number))
    for one in telling(body, body.children):
        rec.push(one, ctx)
    return made[:1]


def _alias(rec: Recorder, node: Node, ctx: Ctx) -> Made:
    names = node.named_children
    if len(names) < 2:  # noqa: PLR2004 - a name and what it stands for
        return []
    name = rec.text(names[0])
    number = rec.define(name, "variable", node, ctx.owner)
    ctx.scope.bind(name, Bound(root_of(number)))
    rec.push(names[1], ctx._replace(owner=number, top=False))
    return [(name, number)]


_SINGLE: dict[str, Callable[[Recorder, Node, Ctx], tuple[str, int]]] = {
    "function_declaration": _function,
    "generator_function_declaration": _function,
    "function_signature": _function,
    "interface_declaration": interface,
    "enum_declaration": _enum,
    "type_alias_declaration": type_alias,
}


def _top(kind: str, otherwise: Callable[[Recorder, Node, Ctx], None]) -> None:
    @handles(kind)
    def handle(rec: Recorder, node: Node, ctx: Ctx) -> None:
        if not ctx.top or declaration(rec, node, ctx, []) is None:
            otherwise(rec, node, ctx._replace(top=False))


def _nested(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a class, interface, enum or type inside a function: its name hides others."""
    name = node.child_by_field_name("name")
    if name is not None and node.type != "class":
        ctx.scope.bind(rec.text(name))
    inner = function_ctx(ctx, keeps_this=False)
    for one in telling(node, node.children):
        if name is None or one.id != name.id:
            rec.push(one, inner)
        else:
            rec.token(rec.text(one), inner)


for _kind in (*_CLASSES, "interface_declaration", "enum_declaration", "type_alias_declaration"):
    _top(_kind, _nested)
for _kind in ("function_declaration", "generator_function_declaration", "function_signature"):
    _top(_kind, function)
for _kind in ("lexical_declaration", "internal_module", "module", "import_alias"):
    _top(_kind, walk_below)
_top("variable_declaration", local_var)
