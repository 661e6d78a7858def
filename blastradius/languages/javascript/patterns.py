"""What a pattern binds: a name, or the parts of an object or array that is taken to pieces."""

from __future__ import annotations

from typing import NamedTuple

from tree_sitter import Node

from blastradius.languages.javascript.chains import chain_of, literal
from blastradius.languages.javascript.recorder import LOCAL, Bound, Ctx, Recorder, Scope
from blastradius.languages.javascript.signatures import NOISE

_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern", "this"})
_TYPES = frozenset({"type_identifier", "nested_type_identifier", "generic_type"})


class Part(NamedTuple):
    """One name that a pattern binds; ``keys`` lead to its value, None where nobody knows."""

    node: Node
    name: str
    keys: tuple[str, ...] | None


def parts_of(rec: Recorder, pattern: Node) -> tuple[list[Part], list[Node]]:
    """Return the names that a pattern binds, and the expressions in it (defaults, computed keys)."""
    found: list[Part] = []
    expressions: list[Node] = []
    waiting: list[tuple[Node, tuple[str, ...] | None]] = [(pattern, ())]
    while waiting:
        node, keys = waiting.pop()
        if node.type in _NAMES:
            name = rec.text(node)
            own = node.type == "shorthand_property_identifier_pattern"
            found.append(Part(node, name, (*keys, name) if own and keys is not None else keys))
        elif node.type in {"object_assignment_pattern", "assignment_pattern"}:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            waiting += [(left, keys)] if left is not None else []
            expressions += [right] if right is not None else []
        elif node.type == "pair_pattern":
            key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            name = key_of(rec, key)
            if key is not None and not name:
                expressions.append(key)
            if value is not None:
                waiting.append((value, (*keys, name) if name and keys is not None else None))
        elif node.type in {"object_pattern", "array_pattern", "rest_pattern"}:
            below = keys if node.type == "object_pattern" else None
            inner = [one for one in node.named_children if one.type not in NOISE]
            waiting += [(one, below) for one in reversed(inner)]
        else:
            expressions.append(node)
    return found, expressions


def key_of(rec: Recorder, key: Node | None) -> str:
    """Return the name of an object's key, empty when it is computed."""
    if key is None or key.type == "computed_property_name":
        inner = key.named_children if key is not None else []
        return literal(rec, inner[0]) if len(inner) == 1 else ""
    if key.type == "string":
        return literal(rec, key)
    return rec.text(key)


def name_of(rec: Recorder, pattern: Node | None) -> str:
    """Return the one name that a pattern is, empty for one of several."""
    return rec.text(pattern) if pattern is not None and pattern.type in _NAMES else ""


def bind(rec: Recorder, pattern: Node, scope: Scope, ctx: Ctx, value: Bound = LOCAL) -> list[Part]:
    """Bind what a pattern names in ``scope``, and walk the expressions in it.

    ``value`` says what the pattern as a whole stands for: its parts are then members of that.
    """
    found, expressions = parts_of(rec, pattern)
    for part in found:
        scope.bind(part.name, part_of(value, part))
    for node in expressions:
        around = node.parent
        given = around.child_by_field_name("left") if around is not None else None
        rec.push(node, ctx._replace(via=name_of(rec, given)) if given is not None else ctx)
    return found


def part_of(value: Bound, part: Part) -> Bound:
    """Return what a part of a pattern is bound to."""
    if part.keys is None or (value.root is None and not value.name):
        return LOCAL
    if not part.keys:
        return value
    if value.instance:
        # ``({a}: Props)``: the name stands for the member ``Props.a``.
        return Bound(None, value.name, (*value.members, *part.keys), value.scope)
    return value._replace(members=(*value.members, *part.keys))


def typed(rec: Recorder, annotation: Node | None, scope: Scope) -> Bound:
    """Return an object of the class that a type annotation names; nothing known for other types."""
    node = annotation
    if node is not None and node.type == "type_annotation":
        node = next((one for one in node.named_children if one.type not in NOISE), None)
    if node is None or node.type not in _TYPES:
        return LOCAL
    names = type_path(rec, node)
    return Bound(None, names[0], names[1:], scope, instance=True) if names else LOCAL


def type_path(rec: Recorder, node: Node) -> tuple[str, ...]:
    """Return the dotted name of a type as its parts."""
    if node.type == "generic_type":
        inner = node.child_by_field_name("name")
        if inner is None:
            return ()
        node = inner
    if node.type in {"type_identifier", "identifier"}:
        return (rec.text(node),)
    module, name = node.child_by_field_name("module"), node.child_by_field_name("name")
    if node.type != "nested_type_identifier" or module is None or name is None:
        return ()
    chain = chain_of(rec, module)
    if chain.start.type != "identifier":
        return ()
    return (rec.text(chain.start), *chain.members, rec.text(name))


def made_by(rec: Recorder, value: Node | None, scope: Scope) -> Bound:
    """Return the object that ``new X()`` makes, or the member chain that a value is."""
    if value is None:
        return LOCAL
    if value.type == "new_expression":
        made = value.child_by_field_name("constructor")
        chain = chain_of(rec, made) if made is not None else None
        if chain is not None and chain.start.type == "identifier" and chain.whole:
            return Bound(None, rec.text(chain.start), chain.members, scope, instance=True)
        return LOCAL
    chain = chain_of(rec, value)
    if chain.start.type == "identifier" and chain.whole:
        return Bound(None, rec.text(chain.start), chain.members, scope)
    return LOCAL
