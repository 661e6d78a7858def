"""A URL that code asks for → the code that answers it: Python, Express-like servers, Next.js files.

Both sides are read as segments. A hole of the client's (``/users/${id}``) meets a parameter of the
route's (``/users/:id``, ``<int:id>``, ``{id}``, ``[id]``), a word meets the same word or a parameter.
When every segment and the method agree and no other route fits as well, the edge is likely; a method
that is not said, a prefix that is computed or set elsewhere, or several routes make it a heuristic.
Never certain: that the request reaches this server is nobody's statement.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from blastradius.bridges.base import FileView, View
from blastradius.bridges.route_table import ANY, VISIT, Endpoint, Routes, Segments, segments_of
from blastradius.model.facts import Mention
from blastradius.model.symbols import Edge, Linked, Unresolved

if TYPE_CHECKING:  # the parser behind it is loaded when there is JavaScript to link
    from blastradius.languages.javascript import Tables

NAME = "routes"
VERSION = "2"

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTERS = frozenset({"route", "api_route", "expose", "websocket", *_METHODS})
_LISTS = frozenset(
    """path re_path url add_url_rule Route add_route add_api_route add_resource add_org_resource
    register""".split()  # noqa: SIM905 - a word list reads best as words
)
_MOUNTS = frozenset({"include_router", "register_blueprint"})
_PREFIXED = frozenset({"APIRouter", "Blueprint"})
_SAYS_URL = frozenset({"url", "path"})
_ROOTED = frozenset({"app", "application", "server", "fastify", "api"})
_DECORATOR = re.compile(
    r"@([A-Za-z_][\w.]*)\((?:(?:rule|path)=)?r?(['\"])((?:(?!\2)[^\\\n])*)\2([^@]*)"
)
_ITS_METHODS = re.compile(r"methods=[\[({]([^\])}]*)")
_WORD = re.compile(r"[A-Za-z]+")
_PAGES = re.compile(r"(?P<home>(?:.*?/)?)(?:src/)?pages/(?P<at>.+)\.(?:tsx|ts|jsx|js|mjs)")
_APP = re.compile(
    r"(?P<home>(?:.*?/)?)(?:src/)?app/(?P<at>(?:.*/)?)(?P<what>route|page)\.(?:tsx|ts|jsx|js|mjs)"
)
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_NEXT = ("next.config.js", "next.config.ts", "next.config.mjs", "next.config.cjs", "next-env.d.ts")
_ANSWERS = frozenset({"class", "function", "method"})
_LINES = 4
"""How far from its URL the view of a list's entry is looked for."""


def link(view: View) -> Linked:
    """Return an edge of kind ``route`` for each URL that one of the tree's routes answers."""
    tables = view.tables.get("javascript")
    if tables is None:
        return Linked()
    endpoints = list(dict.fromkeys(_endpoints(view, tables)))
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    if not endpoints:
        return Linked()
    routes = Routes(endpoints)
    for path, file in view.files.items():
        if file.language.NAME != "javascript":
            continue
        for one in tables.files[path].own.routes:
            if one.serves:
                continue
            found, tier, confidence = routes.answers(one.url, one.method, path)
            source = file.scope_symbol(path, one.owner)
            edges += (
                Edge(source, end.symbol, "route", tier, confidence, path, one.line, one.url)
                for end in found
                if end.symbol != source
            )
            if not found and one.method != VISIT:
                unresolved.append(Unresolved(path, one.line, one.url, "unresolved", source=source))
    return Linked(tuple(edges), tuple(unresolved), len({(one.path, one.line) for one in edges}))


def _endpoints(view: View, tables: Tables) -> Iterator[Endpoint]:
    handlers = _Handlers(view)
    mounted = _mounted(view)
    for path in sorted(view.files):
        file = view.files[path]
        if file.language.NAME == "python":
            yield from _python(path, file, handlers, mounted.get(path, ()))
        elif file.language.NAME == "javascript":
            for one in tables.files[path].own.routes:
                if one.serves:
                    rooted = _rooted(one.via)
                    symbol = file.scope_symbol(path, one.owner)
                    yield Endpoint(segments_of(one.url), one.method, symbol, rooted)
            yield from _next(path, file, tables, view.paths)


def _rooted(callee: str) -> bool:
    return callee.rpartition(".")[0].rpartition(".")[2] in _ROOTED


def _python(
    path: str, file: FileView, handlers: _Handlers, mounted: Segments
) -> Iterator[Endpoint]:
    """Yield the routes of decorators, and those of lists such as ``path("x/", views.x)``."""
    prefix = (*mounted, *_prefix(file))
    for index, one in enumerate(file.facts.definitions):
        if not one.shape.startswith("@"):
            continue
        for match in _DECORATOR.finditer(one.shape):
            callee, _, url, rest = match.groups()
            last = callee.rpartition(".")[2]
            if last not in _ROUTERS or not url.startswith("/"):
                continue
            symbol = file.scope_symbol(path, index)
            rooted = _rooted(callee)
            segments = segments_of(url) if rooted else (*prefix, *segments_of(url))
            for method in _methods(last, rest):
                yield Endpoint(segments, method, symbol, rooted)
    for mention in file.facts.mentions:
        last = mention.via.rpartition(".")[2]
        if mention.flavor in _SAYS_URL and last in _LISTS and "://" not in mention.value:
            rooted = mention.value.startswith("/")
            segments = segments_of(mention.value)
            found = handlers.of(path, mention) or [file.scope_symbol(path, mention.scope)]
            for symbol in found:
                yield from handlers.by_method(symbol, segments, rooted)


def _mounted(view: View) -> dict[str, Segments]:
    """Return the prefix under which another file mounts a file's router, where it is only one."""
    said = {
        (path, mention.line): segments_of(mention.value)
        for path, file in view.files.items()
        for mention in (file.facts.mentions if file.language.NAME == "python" else ())
        if mention.flavor == "url" and mention.via.rpartition(".")[2] in _MOUNTS
    }
    found: dict[str, set[Segments]] = defaultdict(set)
    for edge in view.edges if said else ():
        segments = said.get((edge.path, edge.line))
        target = edge.target.partition(":")[2].partition("#")[0]
        if segments and edge.kind == "reference" and target != edge.path:
            found[target].add(segments)
    return {path: several.pop() for path, several in found.items() if len(several) == 1}


def _prefix(file: FileView) -> Segments:
    """Return the prefix that the file's only router gives its routes."""
    said = {
        mention.value
        for mention in file.facts.mentions
        if mention.flavor == "url" and mention.via.rpartition(".")[2] in _PREFIXED
    }
    return segments_of(said.pop()) if len(said) == 1 else ()


def _methods(last: str, rest: str) -> list[str]:
    if last in _METHODS:
        return [last.upper()]
    said = _ITS_METHODS.search(rest)
    words = [word.upper() for word in _WORD.findall(said.group(1))] if said else []
    return words or (["GET"] if last in {"route", "expose"} else [ANY])


class _Handlers:
    """What the lists of routes in Python files name beside each URL."""

    def __init__(self, view: View) -> None:
        self._files = view.files
        self._known: dict[str, dict[str, str]] = {}
        wanted = {
            path: {one.line for one in file.facts.mentions if one.flavor in _SAYS_URL}
            for path, file in view.files.items()
            if file.language.NAME == "python"
        }
        near = {
            path: {line + step for line in lines for step in range(-_LINES, _LINES + 1)}
            for path, lines in wanted.items()
        }
        self._edges: dict[tuple[str, int], list[Edge]] = defaultdict(list)
        for edge in view.edges:
            named = edge.line in near.get(edge.path, ()) and edge.kind in {"reference", "call"}
            if named and self._kind(edge.target) in _ANSWERS:
                self._edges[edge.path, edge.line].append(edge)

    def _kind(self, symbol: str) -> str:
        path, _, name = symbol.partition(":")[2].partition("#")
        return self._kinds(path).get(name, "") if name else ""

    def _kinds(self, path: str) -> Mapping[str, str]:
        """Return name → kind of what a file defines."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = {}
            file = self._files.get(path)
            for one in file.facts.definitions if file is not None else ():
                known.setdefault(one.name, one.kind)
        return known

    def of(self, path: str, mention: Mention) -> list[str]:
        """Return the classes and functions that a list's line names beside the URL.

        In a call over several lines the view stands after its URL, a resource before it.
        """
        step = -1 if mention.via.endswith("resource") else 1
        for distance in range(_LINES):
            line = mention.line + step * distance
            found = [
                edge.target
                for edge in self._edges.get((path, line), ())
                if not f"{mention.via}.".startswith(f"{edge.needs}.")
            ]
            if found:
                return list(dict.fromkeys(found))[:1]
        return []

    def by_method(
        self,
        symbol: str,
        segments: Segments,
        rooted: bool,  # noqa: FBT001 - passed on as it came
    ) -> Iterator[Endpoint]:
        """Yield a route for each HTTP method that a class answers, one for all of anything else."""
        path, _, name = symbol.partition(":")[2].partition("#")
        own = self._kinds(path) if name else {}
        several = [verb for verb in _VERBS if f"{name}.{verb.lower()}" in own]
        for verb in several:
            yield Endpoint(segments, verb, f"{symbol}.{verb.lower()}", rooted)
        yield Endpoint(segments, ANY, symbol, rooted)  # a class may inherit the rest


def _next(path: str, file: FileView, tables: Tables, paths: frozenset[str]) -> Iterator[Endpoint]:
    """Yield what a file of Next.js answers by its place in the tree."""
    exports = tables.files[path].exports
    app, pages = _APP.fullmatch(path), _PAGES.fullmatch(path)
    match = app or pages
    if match is None or not any(match["home"] + name in paths for name in _NEXT):
        return
    home = match["home"]
    if app is not None:
        parts = [part for part in app["at"].split("/") if part and part[0] not in "(@"]
        segments = segments_of("/".join(parts))
        verbs = _VERBS if app["what"] == "route" else ()
        for verb in verbs:
            if verb in exports:
                symbol = file.scope_symbol(path, exports[verb][0])
                yield Endpoint(segments, verb, symbol, rooted=True, home=home)
        if app["what"] == "page" and "default" in exports:
            symbol = file.scope_symbol(path, exports["default"][0])
            yield Endpoint(segments, VISIT, symbol, rooted=True, home=home)
    elif pages is not None and "default" in exports and not pages["at"].startswith("_"):
        at = pages["at"].removesuffix("/index") if pages["at"] != "index" else ""
        symbol = file.scope_symbol(path, exports["default"][0])
        method = ANY if at.startswith("api/") else VISIT
        yield Endpoint(segments_of(at), method, symbol, rooted=True, home=home)
