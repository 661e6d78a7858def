"""The last resort for text that is no YAML: the keys that tree-sitter still recognises."""

from __future__ import annotations

import tree_sitter_yaml
from tree_sitter import Language, Parser
from tree_sitter import Node as Syntax

from blastradius.languages.trees import parsed
from blastradius.languages.yaml.compose import MAX_NODES
from blastradius.languages.yaml.nodes import MAX_DEPTH, Node

_PAIRS = frozenset({"block_mapping_pair", "flow_pair"})
_SEQUENCES = frozenset({"block_sequence", "flow_sequence"})
_SCALARS = frozenset({"plain_scalar", "single_quote_scalar", "double_quote_scalar", "block_scalar"})
_LONGEST_SCALAR = 10_000
# Brackets that nest deeper make any parser's recovery slow; nobody wrote them by hand.
_MAX_BRACKETS = 2_000


def documents(text: str) -> list[Node]:
    """Return one mapping with every key that is found, nested where the nesting can be told."""
    if _deepest(text) > _MAX_BRACKETS:
        return []
    source = text.encode("utf-8", "replace")
    tree = parsed(Parser(Language(tree_sitter_yaml.language())), source)
    root = Node("mapping", 1, 1)
    pending: list[tuple[Syntax, Node, int]] = []
    if tree is not None:
        pending.append((tree.root_node, root, 0))
    seen = 0
    while pending and seen < MAX_NODES:
        syntax, into, depth = pending.pop()
        seen += 1
        child, depth = _taken(syntax, into, depth, source)
        if depth <= MAX_DEPTH:
            pending += ((one, child, depth) for one in reversed(syntax.named_children))
    return [root] if root.pairs else []


def _deepest(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth = max(0, depth - 1)
    return deepest


def _taken(syntax: Syntax, into: Node, depth: int, source: bytes) -> tuple[Node, int]:
    """Add what ``syntax`` is to ``into``; return the node that its children belong to."""
    first, last = syntax.start_point[0] + 1, syntax.end_point[0] + 1
    if syntax.type in _PAIRS and into.kind == "mapping":
        key = syntax.child_by_field_name("key")
        if key is None:
            return into, depth
        value = _value(syntax.child_by_field_name("value"), first, last, source)
        into.pairs.append((Node("scalar", first, first, "str", _text(key, source)), value))
        return value, depth + 1
    if into.kind == "sequence" and syntax.type in {"block_sequence_item", "flow_node"}:
        inner = syntax.named_children[0] if syntax.named_children else None
        item = _value(inner, first, last, source)
        into.items.append(item)
        return item, depth + 1
    return into, depth


def _value(syntax: Syntax | None, first: int, last: int, source: bytes) -> Node:
    """Return the node of a value, without its children."""
    while syntax is not None:
        if syntax.type in _SCALARS:
            return Node(
                "scalar", first, last, "str", _text(syntax, source), block="block" in syntax.type
            )
        if syntax.type in _SEQUENCES:
            return Node("sequence", first, last)
        if syntax.type in {"block_mapping", "flow_mapping"}:
            return Node("mapping", first, last)
        syntax = syntax.named_children[0] if syntax.named_children else None
    return Node("scalar", first, last, "null")


def _text(syntax: Syntax, source: bytes) -> str:
    end = min(syntax.end_byte, syntax.start_byte + _LONGEST_SCALAR)
    content = source[syntax.start_byte : end].decode("utf-8", "replace").strip()
    quoted = len(content) > 1 and content[0] == content[-1] and content[0] in "'\""
    return content[1:-1] if quoted else content
