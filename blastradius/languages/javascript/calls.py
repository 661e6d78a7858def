"""Calls, ``new``, JSX elements and decorators; ``require`` and ``import()`` among them."""

from __future__ import annotations

from typing import NamedTuple

from tree_sitter import Node

from blastradius.languages.javascript import strings
from blastradius.languages.javascript.chains import Chain, chain_of, dotted, literal, pieces_of
from blastradius.languages.javascript.own import NAMESPACE, WHOLE, ImportFlag, Kind
from blastradius.languages.javascript.patterns import key_of
from blastradius.languages.javascript.recorder import Bound, Ctx, Recorder
from blastradius.languages.javascript.routes import route
from blastradius.languages.javascript.signatures import NOISE
from blastradius.languages.javascript.strings import METHODS
from blastradius.languages.javascript.walk import chain_use, handles

_LAZY = frozenset({"lazy", "dynamic", "loadable", "defineAsyncComponent", "lazyWithRetry"})
_MOCKS = frozenset(
    ["mock", "unmock", "doMock", "dontMock", "requireActual", "requireMock", "importActual"]
)
_MOCKERS = frozenset({"jest", "vi", "vitest"})
_HINT = "\0import"
_BRANCHES = ("consequence", "alternative")
_MOST_BRANCHES = 8


class Loaded(NamedTuple):
    """A module that an expression loads, and what is read from it."""

    module: str
    name: str
    flags: int
    members: tuple[str, ...]


def loaded_by(rec: Recorder, node: Node | None) -> Loaded | None:
    """Return what ``require("./x").a`` or ``await import("./x")`` loads; None for anything else."""
    if node is None:
        return None
    chain = chain_of(rec, node)
    start = chain.start
    awaited = start.type == "await_expression"
    if awaited and start.named_children:
        inner = chain_of(rec, start.named_children[0])
        if inner.members:
            return None
        start = inner.start
    module, dynamic = module_of(rec, start)
    if not module or (dynamic and not awaited):
        return None
    name, flags = (NAMESPACE, ImportFlag.DYNAMIC) if dynamic else (WHOLE, ImportFlag.REQUIRE)
    return Loaded(module, name, int(flags), chain.members)


def module_of(rec: Recorder, node: Node) -> tuple[str, bool]:
    """Return the module that ``require("x")`` or ``import("x")`` names, and whether it is the latter."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None:
        return "", False
    arguments = arguments_of(node)
    dynamic = function.type == "import"
    if not arguments or not (dynamic or _requires(rec, function)):
        return "", False
    return literal(rec, arguments[0]), dynamic


def _requires(rec: Recorder, function: Node) -> bool:
    """Tell whether a callee is ``require``; one whose text is long is not looked into."""
    short = function.end_byte - function.start_byte <= len("require.resolve")
    return short and rec.text(function) in {"require", "require.resolve"}


def arguments_of(node: Node) -> list[Node]:
    """Return the arguments of a call."""
    found = node.child_by_field_name("arguments")
    if found is None or found.type != "arguments":
        return []
    return [one for one in found.named_children if one.type not in NOISE]


@handles("call_expression")
def call(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a call."""
    function = node.child_by_field_name("function")
    given = node.child_by_field_name("arguments")
    if function is None or given is None:
        return
    if _loads(rec, node, (), Kind.REFERENCE, ctx) or _then(rec, node, function, ctx):
        return
    via = dotted(rec, function)
    arguments = arguments_of(node)
    if route(rec, node, via, arguments, ctx):
        return
    last = via.rpartition(".")[2]
    if last in _MOCKS and via.partition(".")[0] in _MOCKERS and arguments:
        module = literal(rec, arguments[0])
        if module:
            rec.add_import(node, ctx, module, _HINT, ImportFlag.DYNAMIC | ImportFlag.GUARDED)
    if last == "get" and via == "Deno.env.get" and arguments and literal(rec, arguments[0]):
        strings.environment(rec, literal(rec, arguments[0]), node, ctx, via)
    inner = ctx._replace(via=via)
    _asks(rec, arguments, inner)
    rec.token("()", ctx)
    called(rec, function, Kind.CALL, ctx)
    rec.push(node.child_by_field_name("type_arguments"), ctx)
    rec.push(given, inner._replace(lazy=last in _LAZY))


def called(rec: Recorder, node: Node, kind: Kind, ctx: Ctx) -> None:
    """Record that what a callee names is called, and walk the callee if it is no name."""
    chain = chain_of(rec, node)
    if chain.start.type == "call_expression" and _loads(rec, chain.start, chain.members, kind, ctx):
        return
    if chain.start.id == node.id and chain.start.type not in {"identifier", "this"}:
        rec.push(node, ctx)
        return
    chain_use(rec, node, chain, kind if chain.whole else Kind.REFERENCE, ctx)


@handles("await_expression")
def awaited(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``await``."""
    for one in node.children:
        rec.push(one, ctx)


def _loads(rec: Recorder, node: Node, members: tuple[str, ...], kind: Kind, ctx: Ctx) -> bool:
    """Record a module that an expression loads; False when it loads none."""
    module, dynamic = module_of(rec, node)
    if not module:
        return False
    name = NAMESPACE if dynamic else WHOLE
    if ctx.lazy and dynamic:
        name = "default"
    flags = ImportFlag.DYNAMIC if dynamic else ImportFlag.REQUIRE
    number = rec.add_import(node, ctx, module, name, flags)
    rec.token(f"import {module} {'.'.join(members)}", ctx)
    use_import(rec, number, members, kind, node, ctx)
    return True


def use_import(
    rec: Recorder, number: int, members: tuple[str, ...], kind: Kind, node: Node, ctx: Ctx
) -> None:
    """Record a use of an import that has no name."""
    hidden = f"\0{number}"
    ctx.scope.bind(hidden, Bound(number))
    rec.use(kind, hidden, members, node, ctx)


def _then(rec: Recorder, node: Node, function: Node, ctx: Ctx) -> bool:
    """Record ``import("./x").then((m) => m.y)``: the parameter is the module."""
    chain = chain_of(rec, function)
    module, dynamic = module_of(rec, chain.start)
    if not dynamic or not module or chain.members != ("then",):
        return False
    arguments = arguments_of(node)
    number = rec.add_import(node, ctx, module, NAMESPACE, ImportFlag.DYNAMIC)
    rec.token(f"import {module} then", ctx)
    if not arguments or arguments[0].type not in {"arrow_function", "function_expression"}:
        use_import(rec, number, (), Kind.REFERENCE, node, ctx)
    for index, one in enumerate(arguments):
        rec.push(one, ctx._replace(given=number if index == 0 else -1, lazy=False))
    return True


def _asks(rec: Recorder, arguments: list[Node], ctx: Ctx) -> None:
    """Record the URL that a call asks for, when its callee sends requests."""
    if not arguments:
        return
    for one in arguments[:_MOST_BRANCHES]:
        place = literal(rec, option(rec, one, "url"))
        verb = literal(rec, option(rec, one, "method")).upper()
        if verb.lower() in METHODS and place.startswith("/"):
            # What a generated client says: ``request({method: "GET", url: "/users/{id}"})``.
            strings.request(rec, place, verb, one, ctx)
            return
    first = arguments[0]
    options = arguments[1] if len(arguments) > 1 else None
    if first.type == "object":
        options, url = first, option(rec, first, "url")
        if url is None:
            return
        first = url
    method = ""
    said = option(rec, options, "method") if options is not None else None
    if said is not None:
        method = literal(rec, said).upper()
    elif ctx.via.rpartition(".")[2] == "fetch" and (options is None or options.type == "object"):
        method = "GET"
    for value, node in urls_of(rec, first):
        strings.asked(rec, value, method, node, ctx)


def option(rec: Recorder, node: Node, name: str) -> Node | None:
    """Return the value of a key in an object literal."""
    if node.type != "object":
        return None
    for one in node.named_children:
        if one.type == "pair" and key_of(rec, one.child_by_field_name("key")) == name:
            return one.child_by_field_name("value")
    return None


def urls_of(rec: Recorder, node: Node) -> list[tuple[str, Node]]:
    """Return the texts that an expression can be, holes as ``{}``, with their nodes."""
    found = []
    waiting = [node]
    for _ in range(_MOST_BRANCHES):
        if not waiting:
            break
        one = waiting.pop()
        if one.type in {"parenthesized_expression", "array"} and one.named_children:
            waiting.append(one.named_children[0])
        elif one.type == "ternary_expression":
            sides = [one.child_by_field_name(name) for name in reversed(_BRANCHES)]
            waiting += [side for side in sides if side is not None]
        elif (parts := pieces_of(rec, one)) is not None:
            found.append(("".join("{}" if part is None else part for part in parts[0]), one))
    return found


@handles("new_expression")
def new(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``new X()``."""
    made = node.child_by_field_name("constructor")
    if made is None:
        return
    rec.token("new", ctx)
    called(rec, made, Kind.CALL, ctx)
    rec.push(node.child_by_field_name("type_arguments"), ctx)
    rec.push(node.child_by_field_name("arguments"), ctx._replace(via=dotted(rec, made)))


@handles("jsx_opening_element", "jsx_self_closing_element")
def element(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk a JSX element: a capital or a dotted name is a component."""
    name = node.child_by_field_name("name")
    for one in node.children:
        if name is None or one.id != name.id:
            rec.push(one, ctx._replace(via=""))
            continue
        chain: Chain = chain_of(rec, one)
        text = rec.text(one)
        if chain.start.type == "identifier" and (chain.members or not text[:1].islower()):
            chain_use(rec, one, chain, Kind.REFERENCE, ctx)
        else:
            rec.token(f"<{text}", ctx)


@handles("jsx_closing_element", "jsx_namespace_name")
def closing(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Note a closing tag; its name was used by the opening one."""
    rec.token("</" if node.type == "jsx_closing_element" else rec.text(node), ctx)


@handles("jsx_text")
def jsx_text(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Note the text between elements, however it is broken into lines."""
    text = " ".join(rec.text(node).split())
    if text:
        rec.token(text, ctx)


@handles("jsx_attribute")
def attribute(rec: Recorder, node: Node, ctx: Ctx) -> None:
    """Walk ``name={value}``; a link is a visit to a page."""
    names = [one for one in node.named_children if one.type not in NOISE]
    if not names:
        return
    name = rec.text(names[0])
    rec.token(f"{name}=", ctx)
    inner = ctx._replace(via=name)
    for one in names[1:]:
        value = (
            one.named_children[0] if one.type == "jsx_expression" and one.named_children else one
        )
        for url, place in urls_of(rec, value):
            strings.asked(rec, url, "", place, inner)
        rec.push(one, inner)
