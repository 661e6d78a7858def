"""Strings in code that may name something elsewhere, and strings that hold SQL."""

from __future__ import annotations

import re

from tree_sitter import Node

from blastradius.languages.javascript.own import Route
from blastradius.languages.javascript.recorder import Ctx, Recorder, line_of
from blastradius.languages.secrets import is_secret
from blastradius.model.facts import Embedded, Mention

HOLE = "__hole__"
_LONGEST = 300
_LONGEST_SQL = 200_000
_SHORTEST = 2

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_ROUTE = re.compile(r"(?:/|\{\}/)[\w.{}~:%@$*+\[\]()-]*(?:/[\w.{}~:%@$*+\[\]()-]*)*(?:\?\S*)?")
_BARE_ROUTE = re.compile(r"[\w-]+(?:/[\w.{}~:%@-]+)+/?(?:\?\S*)?")
_PATH = re.compile(r"(?:\.{1,2}/|~/|/)?[\w.@{}*?\[\]+=~-]+(?:/[\w.@{}*?\[\]+=~-]+)*/?")
_TABLE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,2}", re.ASCII)
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\n|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_SUFFIXES = frozenset(
    """js jsx ts tsx mjs cjs mts cts py sql yaml yml json jsonl ndjson toml ini env csv tsv xml html
    htm txt md mdx sh css scss less vue svelte proto graphql gql db sqlite png jpg jpeg svg gif
    webp ico pdf pem crt key woff woff2 ttf wasm hbs ejs pug mustache prisma lock parquet
    xlsx geojson""".split()  # noqa: SIM905 - a word list reads best as words
)
_FILE_CALLEES = frozenset(
    """readFile readFileSync writeFile writeFileSync appendFile appendFileSync createReadStream
    createWriteStream existsSync exists stat statSync lstat readdir readdirSync access
    accessSync copyFile unlink rm rmSync mkdir open openSync readJson readJsonSync readJSON
    outputFile sendFile render resolve join fileURLToPath URL glob globSync
    fork Worker""".split()  # noqa: SIM905 - as above
)
_TABLE_CALLEES = frozenset({"knex", "into", "table", "createTable", "alterTable", "dropTable"})
VISIT = "VISIT"
METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_HOLDERS = frozenset({"variable", "attribute", "field", "parameter"})
_FETCHERS = frozenset(
    """fetch axios useSWR useSWRImmutable useFetch ky got request superagent fetcher ajax
    getJSON apiFetch fetchJson fetchJSON authFetch $fetch mutate EventSource sendBeacon
    useQuery""".split()  # noqa: SIM905 - as above
)
CLIENT = re.compile(
    r"(?:axios|http|https|api|client|request|ky|got|superagent|rest|fetch|service|\$|jquery)"
    r"|.*(?:axios|http|api|client|request|service|fetcher)",
    re.IGNORECASE,
)
_VISITS = frozenset(
    ["push", "replace", "prefetch", "href", "to", "navigate", "redirect", "permanentRedirect"]
)
_URL_KEYS = frozenset({"url", "uri", "endpoint", "path", "baseURL", "href", "to", "action"})
_SQL_START = re.compile(
    r"""select\b.*?\bfrom\b
      | with\s+(?:recursive\s+)?[\w`"]+\s*(?:\([^)]*\)\s*)?as\s*(?:(?:not\s+)?materialized\s*)?\(
      | insert\s+(?:or\s+\w+\s+)?(?:overwrite|into)\b
      | create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|external|materialized|unique)\s+)*
        (?:table|view|index|schema|function|procedure)\b
      | merge\s+(?:into\s+)?\S.*?\busing\b
      | update\s+\S+(?:\s+(?:as\s+)?\w+)?\s+set\s+[\w."`]+\s*=
      | delete\s+from\b
      | (?:alter|drop|truncate)\s+(?:table|view)\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_SQL_VERB = re.compile(
    r"(?:\s|--[^\n]*(?:\n|$)|\()*(?=(select|with|insert|create|merge|update|delete|alter|drop"
    r"|truncate)\b)",
    re.IGNORECASE,
)


def unescaped(text: str) -> str:
    """Return the value of the text between two quotes."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"  # noqa: PLR2004 - Unicode's bounds
    return _SIMPLE.get(code, code)


def string(rec: Recorder, value: str, node: Node, ctx: Ctx) -> None:
    """Record what a whole string says."""
    if len(value) < _SHORTEST or ctx.mute:
        return
    if looks_like_sql(value):
        _embed(rec, value, node, ctx, holes=False)
    elif len(value) <= _LONGEST:
        _mention(rec, value, node, ctx)


def pieces(rec: Recorder, parts: list[str | None], node: Node, ctx: Ctx) -> None:
    """Record what a template or a concatenation says; None is a part computed at run time."""
    if ctx.mute or not any(part for part in parts):
        return
    holes = None in parts
    text = "".join(HOLE if part is None else part for part in parts)
    if looks_like_sql(text):
        _embed(rec, text, node, ctx, holes=holes)
        return
    value = "".join("{}" if part is None else part for part in parts)
    if _SHORTEST <= len(value) <= _LONGEST:
        _mention(rec, value, node, ctx)


def looks_like_sql(text: str) -> bool:
    """Tell whether the text is a statement of SQL, not a sentence that starts with its verb."""
    lead = _SQL_VERB.match(text)
    if lead is None or not (lead.group(1).isupper() or lead.group(1).islower()):
        return False
    return _SQL_START.match(text, lead.end(), lead.end() + _LONGEST_SQL) is not None


def environment(rec: Recorder, name: str, node: Node, ctx: Ctx, via: str) -> None:
    """Record the name of an environment variable that is read."""
    rec.mentions.append(Mention(name, "env", line_of(node), ctx.owner, via))


def route_of(value: str) -> str:
    """Return the path of a URL on this or an unknown host, without its query; empty for others."""
    text = value.partition("?")[0].partition("#")[0]
    return text if _ROUTE.fullmatch(text) and text != "/" * len(text) else ""


def _embed(rec: Recorder, text: str, node: Node, ctx: Ctx, *, holes: bool) -> None:
    if len(text) <= _LONGEST_SQL:
        rec.embedded.append(
            Embedded("sql", text, line_of(node), ctx.owner, holes=holes, via=ctx.via)
        )


def _mention(rec: Recorder, value: str, node: Node, ctx: Ctx) -> None:
    if any(char in value for char in " \n\t<>"):
        return
    callee = ctx.via.rpartition(".")[2]
    flavor = _flavor(value, ctx.via, callee)
    if flavor and (flavor == "url" or not is_secret(callee or _own_name(rec, ctx), value)):
        rec.mentions.append(Mention(value, flavor, line_of(node), ctx.owner, ctx.via))


def _own_name(rec: Recorder, ctx: Ctx) -> str:
    """Return the name of the variable, field or parameter that a string is the value of."""
    owner = rec.drafts[max(ctx.owner, 0)]
    return owner.name.rpartition(".")[2].rstrip(")") if owner.kind in _HOLDERS else ""


def _flavor(value: str, via: str, callee: str) -> str:
    if _URL.fullmatch(value):
        return "url"
    if callee in _TABLE_CALLEES and _TABLE.fullmatch(value):
        return "table"
    if _asks(via, callee) and (_ROUTE.fullmatch(value) or _BARE_ROUTE.fullmatch(value)):
        return "url"
    if (callee in _VISITS or callee in _URL_KEYS) and _ROUTE.fullmatch(value):
        return "url"
    return _path_flavor(value, callee)


def _asks(via: str, callee: str) -> bool:
    """Tell whether the callee sends requests: ``fetch``, ``axios.get``, ``this.api.post``."""
    if callee in _FETCHERS:
        return True
    owner = via.removesuffix(f".{callee}").rpartition(".")[2].removesuffix("()")
    return callee in METHODS | {"request"} and CLIENT.fullmatch(owner) is not None


def asked(rec: Recorder, value: str, method: str, node: Node, ctx: Ctx) -> None:
    """Record a URL that the callee ``ctx.via`` asks for."""
    callee = ctx.via.rpartition(".")[2]
    visits = callee in _VISITS
    if not (visits or _asks(ctx.via, callee)):
        return
    url = value if not _URL.fullmatch(value) else ""
    if not url.startswith(("/", "{}/")) and not visits and _BARE_ROUTE.fullmatch(url):
        url = f"/{url}"
    said = method or (callee.upper() if callee in METHODS else "")
    request(rec, url, VISIT if visits else said, node, ctx)


def request(rec: Recorder, value: str, method: str, node: Node, ctx: Ctx) -> None:
    """Record that a URL is asked for, whoever sends the request."""
    url = route_of(value)
    if url:
        rec.routes.append(
            Route(url, method, line_of(node), ctx.owner, False, ctx.via)  # noqa: FBT003 - a record's field
        )


def _path_flavor(value: str, callee: str) -> str:
    if not _PATH.fullmatch(value):
        return ""
    last = value.rpartition("/")[2]
    stem, dot, suffix = last.rpartition(".")
    known = bool(dot and stem) and suffix.lower() in _SUFFIXES
    opens = callee in _FILE_CALLEES
    if not known or ("/" not in value and not opens):
        return ""
    if value.startswith("/") and not opens:
        return ""
    return "glob" if "*" in value or "?" in value else "path"
