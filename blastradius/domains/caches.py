"""Caches: keys that code builds, cached views, and what is said to shared HTTP caches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites, uses
from blastradius.model.analysis import Effect

DOMAIN = "caches"

_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?|svelte|vue|rb|go|java|kt|php)$")
_CALL = re.compile(
    r"\b(?P<client>redis|cache|memcache|memcached|mc|kv|valkey|redis_client|cache_client"
    r"|(?:\w+_)?(?:redis|cache)|r)\b(?:\(\))?"
    r"\.(?P<verb>get|set|setex|psetex|setnx|hset|hget|hgetall|get_or_set|set_many|add|incr|decr|delete"
    r"|expire|unlink|lpush|rpush|sadd|zadd|put|fetch|read|write)\s*\(\s*"
    r"(?P<key>[frbFRB]{0,2}'[^'\n]{1,200}'|[frbFRB]{0,2}\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`)"
)
_DECORATOR = re.compile(
    r"@(?P<name>cached|cache_page|memoize|cache\.(?:memoize|cached)|cache_control|vary_on_headers)\b"
    r"\s*\((?P<arguments>[^)\n]{0,200})"
)
_PREFIX = re.compile(
    r"(?:key_prefix|prefix|key|namespace|alias)\s*=\s*f?['\"]([^'\"\n]{1,100})['\"]"
)
_SETTING = re.compile(r"['\"]?\b(?:CACHE_)?KEY_PREFIX['\"]?\s*[:=]\s*f?['\"]([^'\"\n]{1,100})['\"]")
_TTL = re.compile(r"\b(?:s-maxage|max-age|stale-while-revalidate)\s*=\s*\d+")
_HEADER = re.compile(
    r"\b(?P<header>Cache-Control|CDN-Cache-Control|Surrogate-Control|Surrogate-Key|Cache-Tag|Expires)\b"
    r"['\"]?\]?\s*(?:[:=,]|value)",
    re.IGNORECASE,
)
_REVALIDATE = re.compile(
    r"\b(?:revalidateTag|revalidatePath|unstable_cache)\s*\(|\bexport\s+const\s+revalidate\b"
    r"|\bnext\s*:\s*\{\s*(?:revalidate|tags)\b"
)
_PROXY = re.compile(r"\b(?P<directive>proxy_cache(?:_\w+)?|fastcgi_cache(?:_\w+)?|beresp\.ttl)\b")
_HOLE = re.compile(r"\$?\{[^{}]*\}|%\([^)]*\)[sdr]|%[sdr]")
# Where a header is an answer's for sure; elsewhere it may be a request's, which no cache keeps.
_ANSWERS = re.compile(
    r"respon|\bres\.|reply|set_?header|add_header|_headers|\.(?:conf|vcl|toml|json)$|^export",
    re.IGNORECASE,
)
_MINIFIED = 2_000
_HEADERS_IN = re.compile(
    r"(?:\.(?:py|[cm]?[jt]sx?|rb|go|php|conf|vcl|toml|json)|(?:^|/)(?:_headers|nginx[\w.-]*))$"
)


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each key pattern and each caching rule that came, went or changed."""
    yield from _keys(view)
    yield from _rules(view)


def _keys(view: ChangeView) -> Iterator[Effect]:
    found = uses(view, lambda path: _CODE.search(path) is not None, _find_keys)
    for pattern, evidence in found.came.items():
        yield Kind(DOMAIN, "keys").effect(
            literal(pattern),
            "entries under this key are written or read from now on",
            "compensatable",
            evidence,
            _purge(pattern),
            "likely",
        )
    for pattern, evidence in found.went.items():
        yield Kind(DOMAIN, "keys").effect(
            literal(pattern),
            "entries under this key are no longer used; those that are there stay until they expire",
            "reversible",
            evidence,
            Undo(
                "the old code will read what is left there: check its age, or remove it before the "
                "old code runs again (dump, then SCAN and UNLINK)",
                "a read through the old code gives the origin's answer",
            ),
            "likely",
        )


def _purge(pattern: str) -> Undo:
    if not pattern.replace("*", "").strip(":/-_.|"):
        return Undo(
            "the key's name is computed: find its pattern first, never remove by *",
            "a scan of the narrowed pattern counts 0",
        )
    return Undo(
        "after the code is switched back: dump the entries with their time to live, then SCAN for "
        "the pattern and UNLINK in batches",
        "a SCAN of the pattern counts 0, and stays 0",
    )


def _find_keys(_path: str, text: str) -> Iterator[tuple[str, int]]:
    for match in _CALL.finditer(text):
        pattern = _pattern(match["key"])
        # A plain word is a dictionary's or a session's key as likely; a cache's has a separator.
        if any(mark in pattern for mark in ":*/|") and not pattern.startswith(
            ("http:", "https:", "/")
        ):
            yield pattern, match.start()
    for match in _DECORATOR.finditer(text):
        prefix = _PREFIX.search(match["arguments"])
        yield f"{_pattern(prefix[1]) if prefix else match['name']}*", match.start()
    yield from ((f"{match[1]}*", match.start()) for match in _SETTING.finditer(text))


def _pattern(quoted: str) -> str:
    """Return a key's glob: ``f"billing:v2:{id}"`` is ``billing:v2:*``."""
    return re.sub(r"\*+", "*", _HOLE.sub("*", quoted.lstrip("frbFRB").strip("'\"`")))


def _rules(view: ChangeView) -> Iterator[Effect]:
    for change in deployed(view):
        if not _HEADERS_IN.search(change.path):
            continue
        gone = change.status == "deleted"
        text = view.before(change) if gone else view.after(change)
        numbers = view.removed_lines(change.path) if gone else view.added_lines(change.path)
        lines = (text or "").split("\n")
        for number in numbers:
            if number > len(lines):
                continue
            rule = _rule(lines[number - 1])
            if rule:
                yield Kind(DOMAIN, "http").effect(
                    change.path,
                    f"caching rule {rule} changed",
                    "compensatable",
                    sites(view, change, [number]),
                    Undo(
                        "after the old version serves again, purge what shared caches hold by URL or "
                        "tag through the provider's API; browsers keep theirs until it expires",
                        "the body's hash from the edge equals the origin's, and Age begins at 0",
                    ),
                    "likely" if _is_answer(change.path, lines[number - 1]) else "possible",
                )


def _is_answer(path: str, line: str) -> bool:
    return _ANSWERS.search(path) is not None or _ANSWERS.search(line) is not None


def _rule(line: str) -> str:
    if len(line) > _MINIFIED or line.lstrip().startswith(("#", "//", "*")):
        return ""
    header = _HEADER.search(line)
    if header is not None:
        return header["header"]
    if _TTL.search(line):
        return "max-age"
    proxy = _PROXY.search(line)
    if proxy is not None:
        return proxy["directive"]
    return "revalidate" if _REVALIDATE.search(line) else ""
