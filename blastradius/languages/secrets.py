"""Scalars that may be secrets lose their text, before anything else sees it; a digest stays.

So that a changed password shows as a changed key, while no fact, report or cache holds it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, cast

import msgspec

from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.nodes import Node
from blastradius.languages.yaml.scalars import is_sql
from blastradius.model.facts import Facts

HIDING = "3"
"""Changes whenever other texts are hidden: it keys the cache of facts."""

NAMING = frozenset({"name", "key", "variable", "parameterkey", "parametername"})
"""Keys, lower-cased, that name what stands beside them under one of `VALUING`."""
VALUING = frozenset({"value", "parametervalue", "defaultvalue"})

_WORDS = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|requirepass|authorization"
    r"|(?:api|private|access|signing|encryption|master|account|ssh|secret)[_-]?key(?:[_-]?base)?"
    r"|connection[_-]?string)[_-]?[0-9]{0,3}"
)
_SECRET_KEY = re.compile(rf"{_WORDS}\Z|\A(?:pass|_auth)\Z", re.IGNORECASE)
# What is below one of these is secret, whatever it is called there.
_SECRET_MAP = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|secret|token|credential|(?:api|private|access|signing)[_-]?key)s"
    r"\Z|credential\Z",
    re.IGNORECASE,
)
# What is said of a secret there without telling it: compose files, workflows, clouds.
_TELLING = re.compile(
    r"(?:(?:\w{1,40}[_-]?)?(?:name|file|path|type|kind|target|version)|description|external|env"
    r"|environment|driver|provider|source|template|mode|uid|gid|secret_?(?:key|ref)|key|property"
    r"|engine)\Z",
    re.IGNORECASE,
)
# A list of these has the secrets' names.
_LISTED = frozenset({"secret", "token"})
# A key may be the name of a file that holds one.
_FILED = re.compile(r"(?:key|credentials?)\Z", re.IGNORECASE)
_KEY_FILE = re.compile(r"[\w./~@+-]{1,200}\.(?:pem|key|json|p12|pfx|jks|asc|gpg|crt|cer)\Z")
_REFERENCE = re.compile(r"\s*\$(?:\{\{?[^{}]*\}\}?|\w+)\s*\Z|\s*\{\{[^{}]*\}\}\s*\Z")
_TOKENS = (
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk[-_](?:live|test|proj|ant)[-_](?=[\w-]{0,99}\d)[\w-]{16,}"
    r"|sk-(?=[A-Za-z0-9]{0,99}\d)[A-Za-z0-9]{20,}|eyJ[\w-]{10,}\.eyJ[\w.-]{10,}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]{0,20000}(?:-----END[A-Z ]{0,60}-----)?"
    r"|AIza[\w-]{30,}|glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,})"
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
# ``DB_PASSWORD=x``, ``Pwd=x;``, ``--token x``, ``Authorization: Bearer x`` within a longer text.
_ASSIGNED = re.compile(
    rf"({_WORDS}(?:=|(?<=authorization):[ \t]*(?:(?:bearer|basic|token)[ \t]+)?)"
    rf"|(?<![\w-])--?[\w-]{{0,40}}{_WORDS}[ \t]+(?!-))"
    r"(?![\"']?(?:\$|\{\{|%|<))(\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s;&,\"'|)]{1,400})",
    re.IGNORECASE,
)
_OPTION = re.compile(r"--?[A-Za-z][\w-]{0,79}\Z")
_RANDOM = re.compile(r"[A-Za-z0-9+/=_-]{24,200}\Z")
_RANDOM_BITS = 4.2
_SEARCHED = 4_000
_LONGEST = 50_000

Depth = Literal["outside", "inside", "deep"]
"""Where a node stands: in no map of secrets, in one, or where even names of files are secret."""


class _Place(NamedTuple):
    """A node that waits to be seen, with the key that it is under."""

    node: Node
    key: str
    depth: Depth


def is_secret(key: str, text: str) -> bool:
    """Tell whether a scalar under ``key`` may be a secret.

    Its key says so, it has the form of a known kind of token, or it looks drawn by lot. What names a
    variable (``${TOKEN}``) or the file of a key (``tls/server.key``) is none.
    """
    if not text or _REFERENCE.match(text):
        return False
    if _SECRET_KEY.search(key):
        return not (_FILED.search(key) and _KEY_FILE.match(text))
    if _KNOWN.search(text[:_SEARCHED]):
        return True
    if "://" in text[:_SEARCHED]:
        return _USER_INFO.search(text[:_SEARCHED]) is not None
    return _is_random(text)


def holds_secrets(key: str) -> bool:
    """Tell whether a map or a list under ``key`` holds secrets, whatever its own keys are."""
    return _SECRET_MAP.search(key) is not None


def tells(key: str) -> bool:
    """Tell whether ``key`` says something of a secret in such a map, but not the secret."""
    return _TELLING.match(key) is not None


def masked(text: str) -> str:
    """Return a text with a digest in the place of what is assigned to a secret's name in it.

    As in ``DB_PASSWORD=x ./run`` or ``host=a password=b``. A text of more than 50,000 characters is
    given as it is.
    """
    if len(text) > _LONGEST or not any(mark in text for mark in "=: "):
        return text
    return _ASSIGNED.sub(lambda found: f"{found[1]}{_digested(found[2])}", text)


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

    Whatever part of the facts they are in, the language's own record too; equal texts stay equal. A
    lone surrogate, which a string can write but no text file hold, becomes its escape.
    """
    try:
        packed = msgspec.msgpack.encode(facts)
    except UnicodeEncodeError:
        facts = cast("Facts", _encodable(facts))
        packed = msgspec.msgpack.encode(facts)
    told = hidden_in(packed)
    return facts if told is packed else msgspec.msgpack.decode(told, type=Facts)


def _encodable(value: Any) -> Any:  # noqa: ANN401 - whatever facts hold
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, msgspec.Struct):
        return type(value)(*map(_encodable, msgspec.structs.astuple(value)))
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    return value


def hidden_in(packed: bytes) -> bytes:
    """Return a msgpack value with the same hidden in it; the very bytes when there is nothing."""
    if _LOUD.search(packed) is None:
        return packed
    return msgspec.msgpack.encode(_told(msgspec.msgpack.decode(packed)))


def _told(value: Any) -> Any:  # noqa: ANN401 - whatever msgpack holds
    if isinstance(value, str):
        return loud_hidden(value)
    if isinstance(value, list):
        return [_told(one) for one in value]
    if isinstance(value, dict):
        return {_told(key): _told(one) for key, one in value.items()}
    return value


def loud_hidden(text: str) -> str:
    """Return the text with a digest for each token of a known form and each URL's password."""
    text = _KNOWN.sub(lambda found: _digested(found.group()), text)
    return _USER_INFO.sub(lambda found: f"{found[1]}{_digested(found.group())}@", text)


def struck(text: str) -> str:
    """Return the text with ``***`` for each token of a known form, URL's password and assigned secret.

    For what a program printed: a digest of a short password could be guessed back.
    """
    text = _KNOWN.sub("***", text)
    text = _USER_INFO.sub(lambda found: f"{found[1]}***@", text)
    return _ASSIGNED.sub(lambda found: f"{found[1]}***", text)


def veil(documents: Iterable[Node]) -> None:
    """Put a digest in the place of each scalar that may be a secret, in place."""
    pending = [_Place(one, "", "outside") for one in documents]
    followed: set[int] = set()
    while pending:
        place = pending.pop()
        node, key, depth = place
        if node.kind == "scalar":
            _veil_scalar(place)
        elif node.kind == "sequence":
            texts = (one.text if one.kind == "scalar" else "" for one in node.items)
            pending += map(_Place, node.items, item_keys(texts, key), [depth] * len(node.items))
        elif node.kind == "mapping":
            pending += _members(place)
        elif node.target is not None and (depth != "outside" or _SECRET_KEY.search(key)):
            # What an alias stands for may be a secret here only.
            pending += [_Place(node.target, key, depth)] * (id(node.target) not in followed)
            followed.add(id(node.target))


def _veil_scalar(place: _Place) -> None:
    node, key, depth = place
    text = node.text
    if not text or text.startswith("<hidden ") or node.tag in {"null", "bool", "merge", "folded"}:
        return
    if node.tag.startswith("!"):
        return  # ``!Ref X``, ``!secret x``: the name of one
    below = depth != "outside" and not _REFERENCE.match(text)
    if below or (is_secret(key, text) and (node.tag == "str" or _SECRET_KEY.search(key))):
        node.text = _digested(text)
    elif node.tag == "str" and not is_sql(text):
        node.text = masked(text)


def _members(place: _Place) -> Iterator[_Place]:
    """Yield the values of a mapping, each with its key: ``{name: X, value: …}`` has the key X."""
    node, around, depth = place
    named = _named(node)
    kubernetes = any(name.text == "kind" and value.text == "Secret" for name, value in node.pairs)
    for name, value in node.pairs:
        own = name.text if name.kind == "scalar" else ""
        inner: Depth = depth
        if kubernetes and own in {"data", "stringData"}:
            inner = "deep"
        elif depth == "inside" and tells(own) and value.kind == "scalar":
            inner = "outside"
        elif depth == "outside" and holds_secrets(own) and _is_map(value):
            inner = "inside"
        yield _Place(value, named if named and own.lower() in VALUING else own or around, inner)


def _is_map(node: Node) -> bool:
    """Tell whether a node is a mapping, or a list of some; a list with words has names in it."""
    if node.kind == "alias" and node.target is not None:
        node = node.target
    kinds = {node.kind} if node.kind == "mapping" else {one.kind for one in node.items}
    return kinds == {"mapping"}


def item_keys(items: Iterable[str], around: str) -> Iterator[str]:
    """Yield the key that each item of a list is under: the option before it, or the list's own.

    Args:
        items: the texts of the items, empty for those that are no scalars.
        around: the key of the list; taken in the singular, where that is a secret's.
    """
    inherited = around[:-1] if around.endswith("s") and _SECRET_KEY.search(around[:-1]) else ""
    if inherited.lower() in _LISTED:
        inherited = ""
    option = ""
    for text in items:
        yield option or inherited
        option = text if _OPTION.match(text) else ""


def _named(node: Node) -> str:
    """Return what ``{name: X, value: …}`` names, empty where it is not of that form."""
    for name, value in node.pairs:
        if name.text.lower() in NAMING and value.kind == "scalar":
            return value.text
    return ""


def _digested(text: str) -> str:
    return f"<hidden {digest(text)}>"
