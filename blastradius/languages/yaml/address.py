"""Names of places in a YAML file: by position for people, by identity across versions.

``sources[0].fields[2]`` is where a thing stands; ``sources[name=oura].fields[=hrv_score]`` is what
it is, and stays when the lists around it shift.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from blastradius.languages.yaml.nodes import Node, child, settle

# What people identify a list's members by, best first.
_IDENTITIES = ("name", "id", "key", "slug", "alias", "column", "field", "table", "uses", "repo")
_PLAIN = re.compile(r"""[^\s.\[\]"'\\#=~]+\Z""")
_LONGEST = 100


def digest(text: str) -> str:
    """Return 16 hex digits that identify a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def below(name: str, key: Node) -> str:
    """Return the address of the key ``key`` of the mapping at ``name``."""
    segment = _segment(key)
    return f"{name}.{segment}" if name and not segment.startswith("[") else f"{name}{segment}"


def _segment(key: Node) -> str:
    key = settle(key)
    if key.kind != "scalar":
        return f"[?{digest(outline(key))}]"
    text = _bounded(key.text)
    return text if _PLAIN.match(text) else f"[{json.dumps(text, ensure_ascii=False)}]"


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:40]}…{digest(text)}"


def outline(node: Node, limit: int = 1_000) -> str:
    """Return a canonical text of a node's content, of at most ``limit`` nodes."""
    parts: list[str] = []
    pending: list[Node | str] = [node]
    while pending and len(parts) < limit:
        one = pending.pop()
        if isinstance(one, str):
            parts.append(one)
        elif one.kind == "mapping":
            parts.append("{")
            pending.append("}")
            pending += (part for pair in reversed(one.pairs) for part in reversed(pair))
        elif one.kind == "sequence":
            parts.append("[")
            pending.append("]")
            pending += reversed(one.items)
        else:
            parts.append(f"{one.tag} {one.text!r},")
    return "".join(parts)


def identities(items: Sequence[Node]) -> list[str]:
    """Return one distinct segment for each member of a list.

    A mapping is ``[name=oura]``, a scalar ``[=hrv_score]``, the rest ``[3]``. Members that
    look the same get a counter: ``[=x]``, ``[=x]~2``.
    """
    seen: Counter[str] = Counter()
    found = []
    for index, item in enumerate(items):
        segment = _identity(settle(item), index)
        seen[segment] += 1
        found.append(segment if seen[segment] == 1 else f"{segment}~{seen[segment]}")
    return found


def _identity(item: Node, index: int) -> str:
    if item.kind == "scalar" and item.text:
        return f"[={_bounded(item.text)}]"
    if item.kind == "mapping":
        for name in _IDENTITIES:
            value = child(item, name)
            if value is not None and value.kind == "scalar" and value.text:
                return f"[{name}={_bounded(value.text)}]"
        if len(item.pairs) == 1 and item.pairs[0][0].kind == "scalar":
            return f"[{_bounded(item.pairs[0][0].text)}:]"
    return f"[{index}]"


def document_identity(root: Node) -> str:
    """Return ``kind/namespace/name`` of a Kubernetes object, empty for other documents."""
    kind, metadata = child(root, "kind"), child(root, "metadata")
    name = child(metadata, "name") if metadata is not None else None
    if kind is None or name is None or child(root, "apiVersion") is None:
        return ""
    namespace = child(metadata, "namespace") if metadata is not None else None
    space = namespace.text if namespace is not None else ""
    return "/".join(_bounded(part) for part in (kind.text, space, name.text) if part)
