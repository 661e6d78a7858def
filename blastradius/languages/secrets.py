"""Scalars that may be secrets lose their text, before anything else sees it; a digest stays.

So that a changed password shows as a changed key, while no fact, report or cache holds it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.nodes import Node
from blastradius.model.facts import Facts

HIDING = "1"
"""Changes whenever other texts are hidden: it keys the cache of facts."""

_SECRET_KEY = re.compile(
    r"(?:pass(?:word|wd|phrase)|secret|token|credentials?|requirepass|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|signing[_-]?key|client[_-]?secret|connection[_-]?string)\Z|\Apass\Z",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\s*\$(?:\{\{?[^{}]*\}\}?|\w+)\s*\Z|\s*\{\{[^{}]*\}\}\s*\Z")
_TOKENS = (
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk[-_](?:live|test|proj|ant)[-_](?=[\w-]{0,99}\d)[\w-]{16,}"
    r"|sk-(?=[A-Za-z0-9]{0,99}\d)[A-Za-z0-9]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----|AIza[\w-]{30,}|glpat-[\w-]{16,})"
)
# What stands for a password is none: ``{}``, ``${X}``, ``%s``, ``<password>``, ``***``.
_LOGIN = (
    r"(?<=://)([^/\s:@\x00-\x1f]{0,200}:)"
    r"(?!(?:\$?\{[^{}]{0,99}\}+|\{\{[^{}]{0,99}\}\}|\$\w+|%s|%\(\w+\)s|<[^<>]{0,99}>|\*+|@)@)"
    r"[^/\s\x00-\x1f]{1,400}@"
)
_KNOWN = re.compile(_TOKENS)
_USER_INFO = re.compile(_LOGIN)
_LOUD = re.compile(f"{_TOKENS}|{_LOGIN}".encode(), re.ASCII)
_FLAG = re.compile(r"(--?[A-Za-z][\w-]{0,79})(?:=(.+))?\Z", re.DOTALL)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_-]{24,200}\Z")
_RANDOM_BITS = 4.2
_SEARCHED = 4_000


def is_secret(key: str, text: str) -> bool:
    """Tell whether a scalar under ``key`` may be a secret.

    Its key says so, it has the form of a known kind of token, or it looks drawn by lot. What names a
    variable (``${TOKEN}``) is none.
    """
    if not text or _REFERENCE.match(text):
        return False
    if _SECRET_KEY.search(key):
        return True
    if _KNOWN.search(text[:_SEARCHED]):
        return True
    if "://" in text[:_SEARCHED]:
        return _USER_INFO.search(text[:_SEARCHED]) is not None
    return _is_random(text)


def _is_random(text: str) -> bool:
    if not _RANDOM.match(text) or text.count("/") > 2 or not re.search(r"\d", text):  # noqa: PLR2004 - a path
        return False
    if text.isupper() or text.islower():
        return False  # a name in one case, or the digest of a file in hex: no secret
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    words = re.findall(r"[A-Z]?[a-z]{3,}", text)
    return bits >= _RANDOM_BITS and sum(map(len, words)) * 2 < len(text)


def hidden(facts: Facts) -> Facts:
    """Return facts in which a digest stands for each token of a known form and each URL's password.

    Whatever part of the facts they are in, the language's own record too; equal texts stay equal.
    """
    packed = msgspec.msgpack.encode(facts)
    told = hidden_in(packed)
    return facts if told is packed else msgspec.msgpack.decode(told, type=Facts)


def hidden_in(packed: bytes) -> bytes:
    """Return a msgpack value with the same hidden in it; the very bytes when there is nothing."""
    if _LOUD.search(packed) is None:
        return packed
    return msgspec.msgpack.encode(_told(msgspec.msgpack.decode(packed)))


def _told(value: Any) -> Any:  # noqa: ANN401 - whatever msgpack holds
    if isinstance(value, str):
        text = _KNOWN.sub(lambda found: f"<hidden {digest(found.group())}>", value)
        return _USER_INFO.sub(
            lambda found: f"{found[1]}<hidden {digest(found.group())}>@",
            text,
        )
    if isinstance(value, list):
        return [_told(one) for one in value]
    if isinstance(value, dict):
        return {_told(key): _told(one) for key, one in value.items()}
    return value


def veil(documents: Iterable[Node]) -> None:
    """Put a digest in the place of each scalar that may be a secret, in place."""
    pending: list[tuple[Node, str]] = [(one, "") for one in documents]
    while pending:
        node, key = pending.pop()
        if node.kind == "scalar":
            if node.tag == "str" and is_secret(key, node.text):
                node.text = f"<hidden {digest(node.text)}>"
            continue
        pending += zip(node.items, _keys(node.items, key), strict=True)
        named = _named(node)
        for name, value in node.pairs:
            own = name.text if name.kind == "scalar" else ""
            pending.append((value, named if named and own == "value" else own))
        if any(name.text == "kind" and value.text == "Secret" for name, value in node.pairs):
            _veil_values(node)


def _keys(items: list[Node], around: str) -> Iterator[str]:
    """Yield the key that each item is under: the option before it, or the list's, in the singular."""
    inherited = around[:-1] if around.endswith("s") and _SECRET_KEY.search(around[:-1]) else ""
    inherited = (
        "" if inherited.lower() in {"secret", "token"} else inherited
    )  # lists of their names
    option = ""
    for item in items:
        yield option or inherited
        flag = _FLAG.match(item.text) if item.kind == "scalar" else None
        option = flag[1] if flag is not None and flag[2] is None else ""
        if flag is not None and flag[2] is not None and is_secret(flag[1], flag[2]):
            item.text = f"{flag[1]}=<hidden {digest(flag[2])}>"


def _named(node: Node) -> str:
    """Return what ``{name: X, value: …}`` names, empty where it is not of that form."""
    for name, value in node.pairs:
        if name.text == "name" and value.kind == "scalar":
            return value.text
    return ""


def _veil_values(secret: Node) -> None:
    """Hide every value of a Kubernetes Secret."""
    for name, held in secret.pairs:
        if name.text in {"data", "stringData"}:
            for _, value in held.pairs:
                if value.kind == "scalar" and not _REFERENCE.match(value.text):
                    value.text = f"<hidden {digest(value.text)}>"
