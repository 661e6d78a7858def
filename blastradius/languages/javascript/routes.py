"""URLs that code answers: ``app.get("/users/:id", show)``, a controller's decorated methods."""

from __future__ import annotations

import re

from tree_sitter import Node

from blastradius.languages.javascript.chains import chain_of, literal
from blastradius.languages.javascript.own import Kind, Route
from blastradius.languages.javascript.patterns import key_of
from blastradius.languages.javascript.recorder import Ctx, Recorder, line_of
from blastradius.languages.javascript.strings import CLIENT, METHODS
from blastradius.languages.javascript.walk import chain_use

ROUTE_METHODS = METHODS | {"all"}
_SERVER = re.compile(r"(?:.*[._a-z])?(?:app|router|server|fastify|routes?)", re.IGNORECASE)
_FUNCTIONS = frozenset({"arrow_function", "function_expression"})
_HANDLERS = _FUNCTIONS | {"identifier", "member_expression", "call_expression", "array"}
_DECORATORS = {
    "Get": "GET",
    "Post": "POST",
    "Put": "PUT",
    "Patch": "PATCH",
    "Delete": "DELETE",
    "Head": "HEAD",
    "Options": "OPTIONS",
    "All": "*",
}


def route(rec: Recorder, node: Node, via: str, arguments: list[Node], ctx: Ctx) -> bool:
    """Record a call that says what answers a URL, as a definition; False for any other call.

    What the call says besides, its handlers too, belongs to that definition.
    """
    found = _route(rec, via, arguments)
    function = node.child_by_field_name("function")
    if found is None or function is None:
        return False
    url, method = found
    name = f"{method} {url}"
    if ctx.owner > 0:
        name = f"{rec.drafts[ctx.owner].name}[{name}]"
    number = rec.define_as(name, "route", node, ctx.owner)
    rec.drafts[number].shape = f"{method} {url}"
    rec.routes.append(Route(url, method, line_of(node), number, serves=True, via=via))
    inner = ctx._replace(owner=number, top=False, via="")
    chain_use(rec, function, chain_of(rec, function), Kind.CALL, inner)
    for one in arguments:
        rec.push(one, inner._replace(via=via, mute=one.id == arguments[0].id))
    return True


def _route(rec: Recorder, via: str, arguments: list[Node]) -> tuple[str, str] | None:
    owner, _, last = via.rpartition(".")
    owner = owner.removesuffix("()").rpartition(".")[2]
    if last == "route" and len(arguments) == 1 and arguments[0].type == "object":
        return _options(rec, arguments[0])
    if last not in ROUTE_METHODS or len(arguments) < 2:  # noqa: PLR2004 - a URL and what answers it
        return None
    url, handler = literal(rec, arguments[0]), arguments[-1]
    if not url.startswith("/") or handler.type not in _HANDLERS:
        return None
    if not _SERVER.fullmatch(owner) and (
        handler.type not in _FUNCTIONS or CLIENT.fullmatch(owner) is not None
    ):
        return None
    return url, "*" if last == "all" else last.upper()


def _options(rec: Recorder, node: Node) -> tuple[str, str] | None:
    """Return what ``fastify.route({method, url, handler})`` says."""
    values = {
        key_of(rec, one.child_by_field_name("key")): one.child_by_field_name("value")
        for one in node.named_children
        if one.type == "pair"
    }
    url, method = literal(rec, values.get("url")), literal(rec, values.get("method"))
    if not url.startswith("/") or not method or method.lower() not in ROUTE_METHODS:
        return None
    return url, method.upper()


def controller(rec: Recorder, decorators: list[Node]) -> str | None:
    """Return the path of ``@Controller("users")``; None when there is no such decorator."""
    for name, arguments in _decorated(decorators, rec):
        if name == "Controller":
            return literal(rec, arguments[0]) if arguments else ""
    return None


def decorated_route(
    rec: Recorder, prefix: str, decorators: list[Node], owner: int, line: int
) -> None:
    """Record the method of a controller that a decorator gives a URL to."""
    for name, arguments in _decorated(decorators, rec):
        method = _DECORATORS.get(name)
        if method is not None:
            below = literal(rec, arguments[0]) if arguments else ""
            parts = [part for part in f"{prefix}/{below}".split("/") if part]
            url = f"/{'/'.join(parts)}"
            rec.routes.append(Route(url, method, line, owner, serves=True, via=f"@{name}"))


def _decorated(decorators: list[Node], rec: Recorder) -> list[tuple[str, list[Node]]]:
    found = []
    for one in decorators:
        inner = one.named_children[0] if one.named_children else None
        function = inner.child_by_field_name("function") if inner is not None else None
        given = inner.child_by_field_name("arguments") if inner is not None else None
        if function is not None and given is not None:
            found.append((rec.text(function), given.named_children))
    return found
