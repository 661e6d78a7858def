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
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from blastradius.bridges.base import FileView, View
from blastradius.model.facts import Mention
from blastradius.model.symbols import Edge, Linked, Tier, Unresolved

if TYPE_CHECKING:  # the parser behind it is loaded when there is JavaScript to link
    from blastradius.languages.javascript import Route, Tables

NAME = "routes"
VERSION = "1"

ANY, REST = "*", "**"
VISIT = "VISIT"
"""The method of a link or a navigation: it asks for a page."""
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTERS = frozenset({"route", "api_route", "expose", "websocket", *_METHODS})
_LISTS = frozenset(
    """path re_path url add_url_rule Route add_route add_api_route add_resource add_org_resource
    register""".split()  # noqa: SIM905 - a word list reads best as words
)
_MOUNTS = frozenset({"include_router", "register_blueprint"})
_BASE = re.compile(r"api|rest|v[0-9]+")
_PREFIXED = frozenset({"APIRouter", "Blueprint"})
_SAYS_URL = frozenset({"url", "path"})
_ROOTED = frozenset({"app", "application", "server", "fastify", "api"})
_DECORATOR = re.compile(
    r"@([A-Za-z_][\w.]*)\((?:(?:rule|path)=)?r?(['\"])((?:(?!\2)[^\\\n])*)\2([^@]*)"
)
_ITS_METHODS = re.compile(r"methods=[\[({]([^\])}]*)")
_WORD = re.compile(r"[A-Za-z]+")
_PARAMETER = re.compile(
    r"<(?P<path>path:)?[^<>]*>|\{[^{}]*?(?P<rest>:path)?\}|:\w+(?:\([^)]*\))?\??"
    r"|\[\[?(?P<dots>\.\.\.)?\w+\]\]?|\(\?P<\w+>[^()]*\)|\*"
)
_PAGES = re.compile(r"(?P<home>(?:.*?/)?)(?:src/)?pages/(?P<at>.+)\.(?:tsx|ts|jsx|js|mjs)")
_APP = re.compile(
    r"(?P<home>(?:.*?/)?)(?:src/)?app/(?P<at>(?:.*/)?)(?P<what>route|page)\.(?:tsx|ts|jsx|js|mjs)"
)
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_NEXT = ("next.config.js", "next.config.ts", "next.config.mjs", "next.config.cjs", "next-env.d.ts")
_ANSWERS = frozenset({"class", "function", "method"})
_LINES = 4
"""How far from its URL the view of a list's entry is looked for."""
_MOST_SEGMENTS = 30
_MOST_CANDIDATES = 4
_LEAST_TAIL = 2

Segments = tuple[str, ...]


class Endpoint(NamedTuple):
    """A route: ``method`` is upper case, ``*`` for all. ``rooted``: no prefix is set elsewhere.

    ``home`` is the folder of the application that alone asks it at this address, None for any.
    """

    segments: Segments
    method: str
    symbol: str
    rooted: bool
    home: str | None = None


def link(view: View) -> Linked:
    """Return an edge of kind ``route`` for each URL that one of the tree's routes answers."""
    tables = view.tables.get("javascript")
    if tables is None:
        return Linked()
    known = _Known(view, tables)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    if not known.endpoints:
        return Linked()
    for path, file in view.files.items():
        if file.language.NAME != "javascript":
            continue
        for one in known.said[path]:
            if one.serves:
                continue
            found, tier, confidence = known.answers(one, path)
            source = file.scope_symbol(path, one.owner)
            edges += (
                Edge(source, end.symbol, "route", tier, confidence, path, one.line, one.url)
                for end in found
                if end.symbol != source
            )
            if not found and one.method != VISIT:
                unresolved.append(Unresolved(path, one.line, one.url, "unresolved", source=source))
    return Linked(tuple(edges), tuple(unresolved), len({(one.path, one.line) for one in edges}))


class _Known:
    """The routes of a tree, by how many segments they have."""

    def __init__(self, view: View, tables: Tables) -> None:
        self.said = {path: file.own.routes for path, file in tables.files.items()}
        self.endpoints = list(dict.fromkeys(_endpoints(view, tables)))
        self._by_length: dict[int, list[Endpoint]] = defaultdict(list)
        self._open: list[Endpoint] = []
        self._by_tail: dict[str, list[Endpoint]] = defaultdict(list)
        for one in self.endpoints:
            if REST in one.segments:
                self._open.append(one)
            else:
                self._by_length[len(one.segments)].append(one)
                for word in set(one.segments) - {ANY}:
                    self._by_tail[word].append(one)

    def answers(self, asked: Route, path: str) -> tuple[list[Endpoint], Tier, float]:
        """Return the routes that a request can mean, and how sure that is."""
        wanted = segments_of(asked.url)
        computed = wanted[:1] == (ANY,) and asked.url.startswith("{}")
        wanted = wanted[1:] if computed else wanted
        if computed and sum(one != ANY for one in wanted) < _LEAST_TAIL:
            return [], "heuristic", 0.5  # a host that is computed may be any host
        fitting = [
            (score, one)
            for one in (*self._by_length.get(len(wanted), ()), *self._open)
            if _speaks(asked.method, one.method)
            and (one.home is None or path.startswith(one.home))
            and (score := fit(wanted, one.segments)) > 0
        ]
        if not fitting:
            return self._tails(wanted, asked.method, path)
        best = max(score for score, _ in fitting)
        found = [one for score, one in fitting if score == best]
        found = [one for one in found if one.method == asked.method] or found
        if len({one.symbol for one in found}) > 1:
            return found[:_MOST_CANDIDATES], "heuristic", 0.5
        one = found[0]
        literal = sum(word not in {ANY, REST} for word in one.segments)
        known = bool(asked.method) and not computed and (one.rooted or literal >= _LEAST_TAIL)
        known = known and REST not in one.segments
        # A word in a parameter's place may be another server's route.
        shape = [word == ANY for word in wanted]
        if known and shape == [word == ANY for word in one.segments]:
            return [one], "likely", 0.9
        return [one], "heuristic", 0.75

    def _tails(
        self, wanted: Segments, method: str, path: str
    ) -> tuple[list[Endpoint], Tier, float]:
        """Return the only route that is the end of the address, or whose end the address is.

        A server mounts routers under prefixes, a client puts a base in front: neither is in the text.
        """
        word = next((one for one in reversed(wanted) if one != ANY), "")
        found = []
        for one in self._by_tail.get(word, ()) if method != VISIT else ():
            if one.home is not None or not _speaks(method, one.method):
                continue
            size = min(len(one.segments), len(wanted))
            ours, theirs = wanted[-size:], one.segments[-size:]
            literal = sum(left == right != ANY for left, right in zip(ours, theirs, strict=True))
            longer = len(one.segments) < len(wanted)
            # ``/api/v1`` in front is where servers mount all that they have.
            base = longer and all(_BASE.fullmatch(part) for part in wanted[:-size])
            enough = literal >= _LEAST_TAIL or (literal and base)
            if enough and fit(ours, theirs) > 0 and not (longer and one.rooted):
                found.append(one)
        unique = {one.symbol for one in found}
        return (
            (found[:1], "heuristic", 0.6) if len(unique) == 1 and path else ([], "heuristic", 0.5)
        )


def _speaks(asked: str, answered: str) -> bool:
    if VISIT in {asked, answered}:
        return asked == answered
    return not asked or answered in {ANY, asked}


def fit(asked: Segments, answered: Segments) -> int:
    """Return how well an address fits a route: 0 not at all, more for each word that is the same.

    An address that fits by parameters alone does not fit: everything would.
    """
    score = 0
    for number, right in enumerate(answered):
        if right == REST:
            return score + 1 if score and len(asked) >= number else 0
        if number >= len(asked):
            return 0
        left = asked[number]
        if left == right != ANY:
            score += 2
        elif right != ANY:
            return 0
    if len(asked) != len(answered):
        return 0
    return score + 1 if score or not answered else 0


def segments_of(url: str) -> Segments:
    """Return the segments of an address: words, ``*`` for one that varies, ``**`` for all the rest."""
    text = url.partition("?")[0] if "(?P" not in url else url.removeprefix("^").removesuffix("$")
    found = []
    for part in text.split("/")[: _MOST_SEGMENTS + 1]:
        match = _PARAMETER.search(part)
        if match is None:
            found.append(part)
        elif match.group("path") or match.group("rest") or match.group("dots"):
            found.append(REST)
        else:
            found.append(ANY)
    return tuple(part for part in found if part)


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
        file = self._files.get(path)
        for one in file.facts.definitions if file is not None and name else ():
            if one.name == name:
                return one.kind
        return ""

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
        file = self._files.get(path)
        own = {one.name for one in file.facts.definitions} if file is not None and name else set()
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
