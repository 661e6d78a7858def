"""The walk over expressions and nested statements: scopes, uses of names, strings.

Handlers never call each other for nodes below: they push them, so that nothing is as deep as the text.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from blastradius.languages.javascript import strings
from blastradius.languages.javascript.chains import Chain, chain_of, pieces_of
from blastradius.languages.javascript.groups import FIELD_NAME
from blastradius.languages.javascript.own import Kind
from blastradius.languages.javascript.patterns import (
    Part,
    bind,
    key_of,
    made_by,
    name_of,
    parts_of,
    type_path,
    typed,
)
from blastradius.languages.javascript.recorder import (
    LOCAL,
    MOST_NODES,
    Bound,
    Ctx,
    Recorder,
    Scope,
    line_of,
)
from blastradius.languages.javascript.signatures import NOISE, parameters, pattern_of, telling
from blastradius.model.facts import Problem

Handler = Callable[[Recorder, Node, Ctx], None]
HANDLERS: dict[str, Handler] = {}
_ENV_ROOTS = frozenset({"process", "Bun", "meta_property"})
_NO_ROWS = frozenset(
    """process console window document Math JSON Object Array module exports React this Promise
    Number String Date navigator location globalThis self styles theme""".split()  # noqa: SIM905 - a word list reads best as words
)


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler for these kinds of nodes."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def run(rec: Recorder, root: Node) -> None:
    """Walk all that waits, starting with the module's own statements."""
    top = Ctx(rec.module, top=True)
    waiting = rec.waiting
    waiting.extend((one, top) for one in reversed(telling(root, root.children)))
    count = 0
    while waiting:
        node, ctx = waiting.pop()
        before = len(waiting)
        handler = HANDLERS.get(node.type, below) if node.is_named else below
        handler(rec, node, ctx)
        if len(waiting) - before > 1:
            waiting[before:] = waiting[before:][::-1]
        count += 1
        if count > MOST_NODES:
            rec.problems.append(Problem(line_of(node), "too large: the rest is not read"))
            waiting.clear()


def below(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a node that means nothing by itself: its children, or its text as a token."""
    children = node.children
    if not children:
        if node.type not in NOISE:
            rec.token('"' if node.type == "'" else rec.text(node), ctx)
        return
    inner = ctx._replace(top=False) if ctx.top else ctx
    for one in telling(node, children):
        rec.push(one, inner)


@handles("statement_block", "for_statement", "switch_body", "class_static_block")
def block(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a block in a scope of its own."""
    inner = ctx._replace(scope=Scope(ctx.scope, function=False), top=False, via="")
    for one in telling(node, node.children):
        rec.push(one, inner)


@handles("for_in_statement")
def for_in(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``for (const x of y)``."""
    inner = ctx._replace(scope=Scope(ctx.scope, function=False), top=False, via="")
    left = node.child_by_field_name("left")
    declared = any(one.type in {"const", "let", "var"} for one in node.children)
    for one in telling(node, node.children):
        if declared and left is not None and one.id == left.id:
            bind(rec, one, inner.scope, inner)
            rec.token(rec.text(one), inner)
        else:
            rec.push(one, inner)


@handles("catch_clause")
def catch(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``catch (error)``."""
    inner = ctx._replace(scope=Scope(ctx.scope, function=False), top=False)
    parameter = node.child_by_field_name("parameter")
    if parameter is not None:
        bind(rec, parameter, inner.scope, inner)
    rec.push(node.child_by_field_name("body"), inner)


@handles("try_statement")
def attempt(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``try``: a module that is required in it may be missing."""
    inner = ctx._replace(top=False)
    caught = node.child_by_field_name("handler") is not None
    for one in telling(node, node.children):
        rec.push(
            one, inner._replace(guard=True) if caught and one.type == "statement_block" else inner
        )


@handles(
    "arrow_function",
    "function_expression",
    "generator_function",
    "function_declaration",
    "generator_function_declaration",
    "function_signature",
    "method_definition",
    "method_signature",
    "abstract_method_signature",
    "function_type",
    "constructor_type",
    "call_signature",
    "construct_signature",
)
def function(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a function in a scope of its own; its name, where it is declared, is bound outside."""
    name = node.child_by_field_name("name")
    if node.type.endswith("_declaration") and name is not None:
        ctx.scope.bind(rec.text(name))
    inner = function_ctx(ctx, keeps_this=node.type == "arrow_function")
    if name is not None:
        if node.type in {"function_expression", "generator_function"}:
            inner.scope.bind(rec.text(name))
        elif "method" in node.type and name.type == "computed_property_name":
            rec.push(name, ctx)
        rec.token(rec.text(name), ctx)
    function_parts(rec, node, inner, ctx.given)


def function_ctx(ctx: Ctx, *, keeps_this: bool) -> Ctx:
    """Return where the walk is inside a function."""
    return ctx._replace(
        scope=Scope(ctx.scope, function=True),
        top=False,
        via="",
        given=-1,
        mute=False,
        klass=ctx.klass if keeps_this else -1,
    )


def function_parts(rec: Recorder, node: Node, inner: Ctx, given: int = -1) -> None:
    """Bind the parameters of a function, and walk its types, defaults and body."""
    for word in node.children:
        if word.type in {"async", "*", "get", "set", "static"}:
            rec.token(word.type, inner)
        elif word.type == "decorator":
            rec.push(word, inner)
    rec.push(node.child_by_field_name("type_parameters"), inner)
    for number, one in enumerate(parameters(node)):
        pattern = pattern_of(one)
        note = one.child_by_field_name("type")
        value = Bound(given) if given >= 0 and number == 0 else typed(rec, note, inner.scope)
        found = bind(rec, pattern, inner.scope, inner, value)
        rec.token(",", inner)
        for part in found:
            rec.token(part.name, inner)
        if pattern.type == "object_pattern":
            taken(rec, found, value, note, inner)
        rec.push(note, inner)
        rec.push(one.child_by_field_name("value"), inner._replace(via=name_of(rec, pattern)))
        for mark in one.children:
            if mark.type == "decorator":
                rec.push(mark, inner)
    rec.push(node.child_by_field_name("return_type"), inner)
    rec.push(node.child_by_field_name("body"), inner)


def taken(rec: Recorder, found: list[Part], value: Bound, of: Node | None, ctx: Ctx) -> None:
    """Record that members are read by taking an object to pieces."""
    named = [part for part in found if part.keys]
    for part in named:
        if value.name and part.keys is not None and value.scope is not None:
            at = ctx._replace(scope=value.scope)
            rec.use(Kind.REFERENCE, value.name, (*value.members, *part.keys), part.node, at)
    if len(named) > 1:
        sites = [(part.keys[-1], line_of(part.node), -1) for part in named if part.keys]
        anchors = (value.name, *value.members) if value.name else ()
        words = type_path(rec, of.named_children[0]) if of is not None and of.named_children else ()
        rec.groups.add("dict", "consume", ctx.owner, sites, (*anchors, *words))


@handles("variable_declarator")
def declarator(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a variable inside a function; the module's own are definitions, made in `declare`."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    note = node.child_by_field_name("type")
    if name is None:
        return
    known = typed(rec, note, ctx.scope)
    known = known if known != LOCAL else made_by(rec, value, ctx.scope)
    if known.name and name.type == "identifier" and known.name == rec.text(name):
        known = LOCAL
    found = bind(rec, name, ctx.scope, ctx, known)
    rec.token(rec.text(name), ctx)
    if name.type == "object_pattern":
        environment_parts(rec, value, found, ctx)
        taken(rec, found, known, note, ctx)
    rec.push(note, ctx)
    rec.push(value, ctx._replace(via=rec.text(name)) if name.type == "identifier" else ctx)


def environment_parts(rec: Recorder, value: Node | None, found: list[Part], ctx: Ctx) -> None:
    """Record ``const { A } = process.env``."""
    if value is None:
        return
    chain = chain_of(rec, value)
    root = chain.start.type if chain.start.type == "meta_property" else rec.text(chain.start)
    if root in _ENV_ROOTS and chain.members == ("env",):
        for part in found:
            if part.keys and len(part.keys) == 1:
                strings.environment(rec, part.keys[0], part.node, ctx, "env")


@handles("variable_declaration")
def var(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``var`` inside a function: the names are the function's."""
    home = ctx.scope.hoisted()
    for one in telling(node, node.children):
        name = one.child_by_field_name("name") if one.type == "variable_declarator" else None
        if name is not None and home is not ctx.scope:
            for part in parts_of(rec, name)[0]:
                home.bind(part.name)
        rec.push(one, ctx)


@handles("identifier", "shorthand_property_identifier")
def identifier(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record a use of a name."""
    name = rec.text(node)
    rec.token(name, ctx)
    rec.use(Kind.REFERENCE, name, (), node, ctx)


@handles("type_identifier", "nested_type_identifier", "generic_type")
def type_name(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record a use of a type."""
    names = type_path(rec, node)
    if not names:
        below(rec, node, ctx)
        return
    rec.token(".".join(names), ctx)
    rec.use(Kind.REFERENCE, names[0], names[1:], node, ctx)
    rec.push(node.child_by_field_name("type_arguments"), ctx)


@handles("type_parameter", "mapped_type_clause")
def type_parameter(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Bind the name of a type parameter."""
    name = node.child_by_field_name("name")
    for one in telling(node, node.children):
        if name is not None and one.id == name.id:
            ctx.scope.bind(rec.text(one))
            rec.token(rec.text(one), ctx)
        else:
            rec.push(one, ctx)


@handles("infer_type")
def infer(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Bind the name after ``infer``."""
    for one in node.named_children[:1]:
        ctx.scope.bind(rec.text(one))
    rec.token(rec.text(node), ctx)
    for one in node.named_children[1:]:
        rec.push(one, ctx)


@handles("member_expression", "subscript_expression", "non_null_expression", "nested_identifier")
def member(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record what is read from a name, member by member."""
    chain_use(rec, node, chain_of(rec, node), Kind.REFERENCE, ctx)


def chain_use(rec: Recorder, node: Node, chain: Chain, kind: Kind, ctx: Ctx) -> None:
    """Record a chain, and walk what it starts from if that is no name."""
    start, members = chain.start, chain.members
    for name in members:
        rec.token(f".{name}", ctx)
    if start.type in {"identifier", "this"}:
        name = rec.text(start)
        rec.token(name, ctx)
        rec.use(kind, name, members, start, ctx)
        if members and name not in _NO_ROWS and kind is Kind.REFERENCE:
            rec.groups.use(name, ctx.owner, members[0], line_of(start))
    elif start.id != node.id:
        rec.push(start, ctx)
    else:
        below(rec, start, ctx)
    root = rec.text(start) if start.type == "identifier" else start.type
    if root in _ENV_ROOTS and len(members) > 1 and members[0] == "env":
        via = f"{'import.meta' if root == 'meta_property' else root}.env"
        strings.environment(rec, members[1], start, ctx, via)
    for one in chain.rest:
        rec.push(one, ctx)


@handles("string")
def text(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record what a string says."""
    value = strings.unescaped(rec.text(node)[1:-1])
    rec.token(f'"{value}"', ctx)
    strings.string(rec, value, node, ctx)


@handles("template_string", "binary_expression")
def composed(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Record what a template or a concatenation says as a whole, and walk what is computed."""
    found = pieces_of(rec, node)
    if found is None:
        below(rec, node, ctx)
        return
    parts, computed = found
    rec.token("`" + "\0".join("${}" if part is None else part for part in parts), ctx)
    strings.pieces(rec, parts, node, ctx)
    for one in computed:
        rec.push(one, ctx._replace(via="", mute=False))


@handles("object")
def literal_object(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk an object literal; its keys stand together."""
    named = keys_of(rec, node)
    if len(named) > 1:
        sites = [(name, line_of(one), field(rec, name, one, ctx)) for name, one in named]
        rec.groups.add("dict", "produce", ctx.owner, sites, (ctx.via,))
    for one in telling(node, node.children):
        rec.push(one, ctx)


def keys_of(rec: Recorder, node: Node) -> list[tuple[str, Node]]:
    """Return the named keys of an object literal with their nodes."""
    named = []
    for one in node.named_children:
        if one.type == "shorthand_property_identifier":
            named.append((rec.text(one), one))
        elif one.type in {"pair", "method_definition"}:
            key = one.child_by_field_name("key") or one.child_by_field_name("name")
            named.append((key_of(rec, key), one))
    return [(name, one) for name, one in named if FIELD_NAME.fullmatch(name)]


def field(rec: Recorder, name: str, node: Node, ctx: Ctx) -> int:
    """Return the definition of a key in an object that the owner makes, the first of its name."""
    if ctx.owner <= 0:
        return -1
    known = rec.fields.get((ctx.owner, name))
    if known is None:
        address = f"{rec.drafts[ctx.owner].name}[{name}]"
        known = rec.define_as(address, "field", node, ctx.owner)
        value = node.child_by_field_name("value") or node
        rec.drafts[known].tokens += rec.text(value).split()
        rec.fields[ctx.owner, name] = known
    return known


@handles("pair")
def pair(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``key: value``; what the value says, it says under its key."""
    key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
    name = key_of(rec, key)
    if name:
        rec.token(f"{name}:", ctx)
    else:
        rec.push(key, ctx)
    rec.push(value, ctx._replace(via=name))
