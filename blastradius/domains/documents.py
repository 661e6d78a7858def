"""YAML and JSON as the detectors read them: nodes with lines, looked up by path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from blastradius.languages.yaml.nodes import Node, child, settle

_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_YAML_PATH = re.compile(r"\.ya?ml(?:\.j2|\.tmpl)?$", re.IGNORECASE)
_MAX_NODES = 50_000
_MAX_DEPTH = 50  # aliases may hold themselves


def is_yaml(path: str) -> bool:
    """Tell whether a path is a YAML file's."""
    return _YAML_PATH.search(path) is not None


@lru_cache(maxsize=64)
def documents(text: str) -> tuple[Node, ...]:
    """Return the documents of a YAML or JSON text; ``//`` lines of JSON are left out."""
    from blastradius.languages.yaml.read import read  # noqa: PLC0415 - the parser costs 30 ms to import

    if text.lstrip()[:1] in {"{", "["}:
        text = _COMMENT.sub("", text)
    return tuple(read(text.encode("utf-8", "replace")).documents)


def whole(text: str | None) -> Node | None:
    """Return the first document, None without one."""
    found = documents(text) if text else ()
    return found[0] if found else None


def get(node: Node | None, *names: str) -> Node | None:
    """Return the value at a path of keys, None when a key is missing."""
    for name in names:
        if node is None or node.kind != "mapping":
            return None
        node = child(node, name)
    return node


def text_at(node: Node | None, *names: str) -> str:
    """Return the scalar at a path of keys, empty when there is none."""
    found = get(node, *names)
    return found.text if found is not None and found.kind == "scalar" else ""


def entries(node: Node | None) -> Iterator[tuple[str, Node, int]]:
    """Yield key, value and line of a mapping's entries; nothing for other nodes."""
    if node is not None and node.kind == "mapping":
        for key, value in node.pairs:
            if key.kind == "scalar":
                yield key.text, settle(value), key.line


def walk(node: Node) -> Iterator[tuple[tuple[str, ...], Node, int]]:
    """Yield (path of keys, value, line) for every entry below ``node``; list items add nothing."""
    pending: list[tuple[tuple[str, ...], Node]] = [((), node)]
    for _ in range(_MAX_NODES):
        if not pending:
            return
        path, one = pending.pop()
        for key, value, line in entries(one):
            inner = (*path, key)
            yield inner, value, line
            pending.append((inner, value))
        if len(path) < _MAX_DEPTH:
            pending += ((path, settle(item)) for item in one.items)
