"""The tree of a YAML text: scalars, mappings, sequences and aliases, with 1-based lines.

Aliases stay aliases: what they stand for is worked out, within a budget, by `collect`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from blastradius.model.facts import Problem

MAX_DEPTH = 100

NodeKind = Literal["scalar", "mapping", "sequence", "alias"]


@dataclass(slots=True, eq=False)
class Node:
    """One node.

    Attributes:
        kind: what it is.
        line: first line. end: last line, inclusive; never a blank line behind the node.
        tag: resolved short tag of a scalar (``str``, ``number``, ``bool``, ``null``, ``timestamp``,
            ``merge``) or the tag as written (``!include``); empty for plain collections.
        text: a scalar's value; an alias's anchor.
        pairs: a mapping's keys and values. items: a sequence's members.
        target: what an alias stands for; None when no such anchor was seen.
        block: a block scalar (``|`` or ``>``), whose text starts on the line after ``line``.
    """

    kind: NodeKind
    line: int
    end: int
    tag: str = ""
    text: str = ""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    target: Node | None = None
    block: bool = False


def settle(node: Node) -> Node:
    """Return the node that ``node`` stands for: itself, or what its alias names."""
    for _ in range(8):  # an alias names a node, never an alias; the bound is for damaged trees
        if node.kind != "alias" or node.target is None:
            return node
        node = node.target
    return node


def child(node: Node, name: str) -> Node | None:
    """Return the value of the key ``name`` of a mapping, None when there is none."""
    for key, value in node.pairs:
        if key.kind == "scalar" and key.text == name:
            return settle(value)
    return None


@dataclass(slots=True)
class Composed:
    """The documents of a text, in order, and what is wrong but does not make it unreadable."""

    documents: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True


class Reference(Struct, frozen=True, array_like=True):
    """A reference within YAML. ``scope``: the definition that refers, -1 for the file.

    ``kind``: alias and merge (to the definition ``target``), include and ref (to ``value``).
    """

    kind: str
    scope: int
    line: int
    value: str
    target: int = -1
