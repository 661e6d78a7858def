"""Scalars that may be secrets lose their text, before anything else sees it; a digest stays.

So that a changed password shows as a changed key, while no fact, report or cache holds it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.nodes import Node

_SECRET_KEY = re.compile(
    r"(?:pass(?:word|wd|phrase)|secret|token|credentials?|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|signing[_-]?key|client[_-]?secret|connection[_-]?string)\Z|\Apass\Z",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\s*\$(?:\{\{?[^{}]*\}\}?|\w+)\s*\Z|\s*\{\{[^{}]*\}\}\s*\Z")
_KNOWN = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|AIza[\w-]{30,}|glpat-[\w-]{16,}"
)
_USER_INFO = re.compile(r"://[^/\s:@]*:[^/\s@$]+@")
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


def veil(documents: Iterable[Node]) -> None:
    """Put a digest in the place of each scalar that may be a secret, in place."""
    pending: list[tuple[Node, str]] = [(one, "") for one in documents]
    while pending:
        node, key = pending.pop()
        if node.kind == "scalar":
            if node.tag == "str" and is_secret(key, node.text):
                node.text = f"<hidden {digest(node.text)}>"
            continue
        pending += ((item, key) for item in node.items)
        for name, value in node.pairs:
            pending.append((value, name.text if name.kind == "scalar" else ""))
