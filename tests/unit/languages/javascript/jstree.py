"""A tree of JavaScript files from a dictionary, linked by that language alone."""

from __future__ import annotations

from collections.abc import Mapping

from blastradius.index.link import Options
from blastradius.languages import javascript
from blastradius.model.facts import Definition, Facts
from blastradius.model.symbols import Edge, Unresolved

Tree = Mapping[str, str]


def facts_of(text: str) -> Facts:
    """Return what one file states."""
    return javascript.extract(text.encode())


def defined(text: str) -> dict[str, Definition]:
    """Return the definitions of one file by name; the first of several."""
    found: dict[str, Definition] = {}
    for one in facts_of(text).definitions:
        found.setdefault(one.name, one)
    return found


def linked(tree: Tree) -> tuple[list[Edge], list[Unresolved]]:
    """Return the edges and the unresolved references of a tree."""
    files = {path: facts_of(text) for path, text in tree.items() if javascript.claims(path)}
    options = Options(
        paths=frozenset(tree),
        source=lambda path: tree[path].encode() if path in tree else None,
    )
    tables = javascript.tables(files, options)
    parts = [javascript.link(path, files[path], tables) for path in files]
    edges = [edge for part in parts for edge in part.edges]
    return edges, [one for part in parts for one in part.unresolved]


def short(symbol: str) -> str:
    """Return a symbol without its language."""
    return symbol.removeprefix("javascript:")


def arrows(tree: Tree, *kinds: str) -> set[str]:
    """Return edges as ``source -> target``, of these kinds or of all."""
    edges, _ = linked(tree)
    return {
        f"{short(edge.source)} -> {short(edge.target)}"
        for edge in edges
        if not kinds or edge.kind in kinds
    }


def tiers(tree: Tree, kind: str) -> dict[str, str]:
    """Return the tier of each edge of a kind, by its target."""
    edges, _ = linked(tree)
    return {short(edge.target): edge.tier for edge in edges if edge.kind == kind}


def dangling(tree: Tree) -> list[str]:
    """Return what names a place of this tree that is not there, as ``path:line name``."""
    _, unresolved = linked(tree)
    return [f"{one.path}:{one.line} {one.name}" for one in unresolved if one.internal]
