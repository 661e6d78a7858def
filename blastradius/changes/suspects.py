"""Whether anything may dangle in a reverted tree: asked of the graphs that are there, linking nothing.

Cheaper than `blastradius.changes.breaks.dangling`, and on the safe side of it for what head and base
know: a use that stays, or comes back, whose definition the tree has not; an import that goes while its
name is still written. What only linking anew could tell, of text that neither head nor base has, is
not asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from blastradius.changes.breaks import ECHOES, LineMap, TextOf, passed_on, vanished
from blastradius.index.edges import edges_at
from blastradius.index.snapshot import Snapshot

_IMPORT = re.compile(rb"\b(?:import|require|include|use)\b")
_WORD = re.compile(rb"[A-Za-z_]\w+")
_OWN = frozenset(
    {b"from", b"import", b"as", b"require", b"include", b"use", b"const", b"let", b"var"}
)


def may_dangle(
    base: Snapshot,
    head: Snapshot,
    reverted: Snapshot,
    changed: Collection[str],
    maps: tuple[LineMap, LineMap],
    texts: tuple[TextOf, TextOf],
) -> bool:
    """Tell whether a use may be without its definition in the reverted tree.

    Args:
        base: the tree before the range.
        head: the tree as it is.
        reverted: the tree as it would be; its links are not asked for.
        changed: the paths that differ between head and the reverted tree.
        maps: (base line → reverted line, head line → reverted line) by path.
        texts: path → bytes at head, and in the reverted tree.
    """
    paths = frozenset(changed)
    return (
        _loses_a_use(head, reverted, paths, maps[1])
        or _brings_back_a_use(base, reverted, paths, maps)
        or any(
            _loses_an_import(path, maps[1](path), texts) for path in paths if path in reverted.tree
        )
    )


def _loses_a_use(head: Snapshot, reverted: Snapshot, paths: frozenset[str], stays: LineMap) -> bool:
    gone = vanished(head, reverted, paths)
    gone |= passed_on(head, gone)
    return any(
        edge.kind not in ECHOES
        and edge.path in reverted.tree
        and (edge.path not in paths or edge.line in stays(edge.path))
        for symbol in gone
        for edge in head.graph.dependents(symbol)
    )


def _brings_back_a_use(
    base: Snapshot, reverted: Snapshot, paths: frozenset[str], maps: tuple[LineMap, LineMap]
) -> bool:
    from_base, from_head = maps
    for edge in edges_at(base.linked.edges, paths):
        if edge.kind in ECHOES or edge.path not in reverted.tree:
            continue
        line = from_base(edge.path).get(edge.line)
        place = base.place(edge.target)
        if line is None or place is None or reverted.keeps(edge.target, place):
            continue
        if line not in from_head(edge.path).values():
            return True
    return False


def _loses_an_import(path: str, stays: Mapping[int, int], texts: tuple[TextOf, TextOf]) -> bool:
    """Tell whether a word of an import that goes still stands in the file."""
    names: set[bytes] = set()
    for number, line in enumerate(texts[0](path).splitlines(), start=1):
        if number not in stays and _IMPORT.search(line):
            names.update(_WORD.findall(line))
    names -= _OWN
    return bool(names) and not names.isdisjoint(_WORD.findall(texts[1](path)))
