"""Member chains such as ``a.b!.c["d"]``: the names in them, and what they start from."""

from __future__ import annotations

from typing import NamedTuple

from tree_sitter import Node

from blastradius.languages.javascript.recorder import Recorder
from blastradius.languages.javascript.signatures import NOISE
from blastradius.languages.javascript.strings import unescaped

WRAPPERS = frozenset(
    {
        "parenthesized_expression",
        "non_null_expression",
        "as_expression",
        "satisfies_expression",
        "type_assertion",
        "instantiation_expression",
    }
)
_MEMBERS = frozenset({"member_expression", "subscript_expression", "nested_identifier"})
_LONGEST = 64
_MOST_CALLS = 10


class Chain(NamedTuple):
    """``start`` is what the chain begins with, ``members`` the names read from it in turn.

    ``whole`` is False when a name after ``members`` is computed at run time; ``rest`` are the nodes
    on the way that have to be walked by themselves (computed names, types).
    """

    start: Node
    members: tuple[str, ...]
    whole: bool
    rest: tuple[Node, ...]


def chain_of(rec: Recorder, node: Node) -> Chain:
    """Take a chain apart, however deep it is."""
    names: list[str] = []
    rest: list[Node] = []
    whole = True
    while True:
        if node.type in WRAPPERS:
            inner = _content(node)
            if inner is None:
                break
            rest += [one for one in node.named_children if one.id != inner.id]
            node = inner
            continue
        if node.type not in _MEMBERS:
            break
        below = node.child_by_field_name("object")
        if below is None:
            break
        name, computed = _name(rec, node)
        if computed is not None:
            rest.append(computed)
        if name:
            names.append(name)
        else:
            names.clear()
            whole = False
        node = below
    members = tuple(reversed(names))
    return Chain(node, members[:_LONGEST], whole and len(members) <= _LONGEST, tuple(rest[::-1]))


def _content(node: Node) -> Node | None:
    inner = [one for one in node.named_children if one.type not in NOISE]
    if not inner:
        return None
    return inner[-1] if node.type == "type_assertion" else inner[0]


def _name(rec: Recorder, node: Node) -> tuple[str, Node | None]:
    """Return the name that a member expression reads, or the node that computes it."""
    found = node.child_by_field_name("property")
    if found is not None:
        return rec.text(found), None
    index = node.child_by_field_name("index")
    text = literal(rec, index)
    return (text, None) if text else ("", index)


def literal(rec: Recorder, node: Node | None) -> str:
    """Return the value of a plain string, or of a template without holes; empty for others."""
    if node is None or node.type not in {"string", "template_string"}:
        return ""
    if any(one.type == "template_substitution" for one in node.named_children):
        return ""
    return unescaped(rec.text(node)[1:-1])


def dotted(rec: Recorder, node: Node) -> str:
    """Return the dotted text of a callee; a call on the way is ``f()``; empty for other shapes."""
    parts: list[str] = []
    for _ in range(_MOST_CALLS):
        chain = chain_of(rec, node)
        parts += [f".{name}" for name in reversed(chain.members)]
        start = chain.start
        if start.type in {"identifier", "this", "super", "import"}:
            parts.append(rec.text(start))
            return "".join(reversed(parts))
        if start.type == "await_expression" and start.named_children:
            node = start.named_children[0]
            continue
        below = start.child_by_field_name(
            "function" if start.type == "call_expression" else "constructor"
        )
        if below is None:
            return ""
        parts.append("()")
        node = below
    return ""


def pieces_of(rec: Recorder, node: Node) -> tuple[list[str | None], list[Node]] | None:
    """Return the parts of a string, template or concatenation, and the nodes that compute the rest.

    None stands for a part computed at run time. None as a whole when no part is a string.
    """
    if node.type == "string":
        return [literal(rec, node)], []
    if node.type == "template_string":
        return _template(rec, node)
    if node.type == "parenthesized_expression" and len(node.named_children) == 1:
        node = node.named_children[0]
    if node.type != "binary_expression":
        return None
    operands: list[Node] = []
    while node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is None or operator.type != "+" or left is None or right is None:
            break
        operands.append(right)
        node = left
    operands.append(node)
    parts: list[str | None] = []
    computed: list[Node] = []
    for one in reversed(operands):
        if one.type in {"string", "template_string"}:
            some, nodes = _template(rec, one) if one.type != "string" else ([literal(rec, one)], [])
            parts += some
            computed += nodes
        else:
            parts.append(None)
            computed.append(one)
    return (parts, computed) if any(part is not None for part in parts) else None


def _template(rec: Recorder, node: Node) -> tuple[list[str | None], list[Node]]:
    parts: list[str | None] = []
    computed: list[Node] = []
    at = node.start_byte + 1
    for one in node.named_children:
        if one.type == "template_substitution":
            fixed = rec.source[at : one.start_byte].decode("utf-8", "replace")
            parts += [unescaped(fixed), None]
            computed.append(one)
            at = one.end_byte
    end = max(at, node.end_byte - 1)
    parts.append(unescaped(rec.source[at:end].decode("utf-8", "replace")))
    return [part for part in parts if part != ""], computed
