"""Settings at third parties: webhook targets, OAuth redirects, DNS, domains."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from blastradius.domains.base import ChangeView, Kind, Undo, deployed, literal, sites, uses
from blastradius.domains.documents import get, text_at, whole
from blastradius.domains.iac import addresses, is_dns
from blastradius.languages.yaml.nodes import settle
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

DOMAIN = "third_party"

_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?|svelte|vue|rb|go|java|kt|php)$")
_ROUTE = re.compile(
    r"(?:@\w[\w.]*\.(?:route|get|post|put|patch|delete|api_route)|\b(?:app|router|api|server|fastify|r|mux)"
    r"\.(?:get|post|put|patch|delete|all|route|use|HandleFunc|Handle)|\b(?:re_)?path|\burl)"
    r"\s*\(\s*r?['\"`](?P<path>[^'\"`\n]{1,200})['\"`]"
)
_TOLD_OUTSIDE = re.compile(
    r"webhook|web-hook|/hooks?(?:/|$)|callback|oauth|/auth/|/sso|saml|/ipn|postback", re.IGNORECASE
)
_FILE_ROUTE = re.compile(
    r"(?:^|/)(?:pages/api|app|src/routes|server/api|api)(?P<path>/(?:[^/]+/)*?[^/]*"
    r"(?:webhooks?|callback|oauth)[^/]*(?:/[^/]+)*?)"
    r"(?:/(?:route|\+server|index))?\.[cm]?[jt]sx?$"
)
_REDIRECT = re.compile(
    r"\b(?:redirect_ur[il]s?|redirectUr[il]s?|callback_?[uU][rR][lL]|REDIRECT_UR[IL]|post_logout_redirect_uri)"
    r"['\"]?\s*[:=]\s*\[?\s*f?['\"`](?P<target>[^'\"`\n]{1,300})['\"`]"
)
_STRIPE = re.compile(
    r"\b(?:WebhookEndpoint\.(?P<verb>create|modify|delete)|webhook_?[eE]ndpoints\.(?P<call>create|update|del\w*))\b"
)
_URL = re.compile(
    r"^(?P<scheme>https?)://(?:[^/@\s]*@)?(?P<host>[^/?#\s:]+)(?P<port>:\d+)?(?P<path>/[^?#\s]*)?"
)
_LONGEST_PATH = 250  # the pattern of paths is cubic in it
_GONE = "requests of the third party to the old path meet nothing"


def detect(view: ChangeView) -> Iterator[Effect]:
    """Yield one effect for each address that a third party was, or must be, told."""
    yield from _routes(view)
    yield from _redirects(view)
    yield from _endpoints(view)
    for change in deployed(view):
        name = posixpath.basename(change.path)
        if name == "CNAME":
            yield _dns(view, change, change.path, "the site's own domain changed", 1)
        elif name == "vercel.json":
            yield from _aliases(view, change)
        elif name.endswith(".tf"):
            yield from _records(view, change)


def _is_code(path: str) -> bool:
    return _CODE.search(path) is not None


def _routes(view: ChangeView) -> Iterator[Effect]:
    def find(path: str, text: str) -> Iterator[tuple[str, int]]:
        for match in _ROUTE.finditer(text):
            if _TOLD_OUTSIDE.search(match["path"]):
                yield match["path"], match.start()
        by_file = _FILE_ROUTE.search(path) if len(path) <= _LONGEST_PATH else None
        if by_file is not None:
            yield by_file["path"], 0

    found = uses(view, _is_code, find)
    for route, evidence in found.came.items():
        yield Kind(DOMAIN, "route").effect(
            literal(route),
            "third parties can be told this address from now on",
            "compensatable",
            evidence,
            Undo(
                "before the path goes: read the endpoints from each provider, point them back to the "
                "old path with the precondition that they are as read, read them again; events that "
                "were delivered stay delivered",
                "a signed test event of the provider arrives at the running version",
            ),
            "possible",
        )
    for route, evidence in found.went.items():
        yield Kind(DOMAIN, "route").effect(
            literal(route),
            f"the address is gone: {_GONE}",
            "compensatable",
            evidence,
            Undo(
                "once the old path is served again: check at each provider where its endpoint points, "
                "and have failed deliveries sent again",
                "a signed test event of the provider arrives at the running version",
            ),
            "possible",
        )


def _redirects(view: ChangeView) -> Iterator[Effect]:
    def find(_path: str, text: str) -> Iterator[tuple[str, int]]:
        for match in _REDIRECT.finditer(text):
            target = _shown(match["target"])
            if target:
                yield target, match.start()

    found = uses(view, _is_code, find)
    for action, places in (
        ("an OAuth redirect address that the provider must know", found.came),
        ("an OAuth redirect address is no longer asked for", found.went),
    ):
        for target, evidence in places.items():
            yield Kind(DOMAIN, "oauth").effect(
                target,
                action,
                "reversible",
                evidence,
                Undo(
                    "the provider's list must hold the address of every version that runs: add the old "
                    "one before the switch, remove the new one after it",
                    "a login through the running version comes back to it",
                ),
                "likely",
            )


def _shown(target: str) -> str:
    """Return an address without user, password, query and fragment; empty if it is none."""
    match = _URL.match(target)
    if match is not None:
        return literal(
            f"{match['scheme']}://{match['host']}{match['port'] or ''}{match['path'] or ''}"
        )
    path = target.partition("?")[0].partition("#")[0]
    return literal(path) if path.startswith(("/", "{", "$")) and "@" not in path else ""


def _endpoints(view: ChangeView) -> Iterator[Effect]:
    def find(_path: str, text: str) -> Iterator[tuple[str, int]]:
        for match in _STRIPE.finditer(text):
            yield f"webhook endpoints ({match['verb'] or match['call']})", match.start()

    for target, evidence in uses(view, _is_code, find).came.items():
        yield Kind(DOMAIN, "stripe").effect(
            target,
            "code that changes the provider's webhook endpoints, if it ran",
            "compensatable",
            evidence,
            Undo(
                "read the endpoints, compare with those from before the range, write the difference "
                "back, read again: the API has no compare-and-swap",
                "a signed test event arrives at the running version",
            ),
            "possible",
        )


def _dns(view: ChangeView, change: FileChange, target: str, action: str, line: int) -> Effect:
    """Return the effect of one record; ``line`` is negative for one that is gone, at base."""
    return Kind(DOMAIN, "dns").effect(
        target,
        action,
        "compensatable",
        sites(view, change, [abs(line)], at_base=line < 0),
        Undo(
            "set the record back with the present one as the precondition; resolvers keep the new one "
            "until its time to live is over",
            "the authoritative servers give the old record, and a resolver does after the time to live",
        ),
        "likely",
    )


def _aliases(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    old, new = whole(view.before(change)), whole(view.after(change))
    for key in ("alias", "domains"):
        names = [
            {settle(item).text for item in (found.items if found is not None else [])}
            | ({text_at(node, key)} - {""})
            for node in (old, new)
            for found in (get(node, key),)
        ]
        for name in sorted(names[0] ^ names[1]):
            yield _dns(view, change, literal(name), f"domain changed in {change.path}", 0)


def _records(view: ChangeView, change: FileChange) -> Iterator[Effect]:
    old, new = (addresses(text or "") for text in (view.before(change), view.after(change)))
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if is_dns(name) and (before is None or after is None or before[0] != after[0]):
            line = after[1] if after is not None else -before[1] if before is not None else 0
            yield _dns(view, change, name, "DNS record changed, if it was applied", line)
