"""Where a name stands as a word although no edge leads from there: what an empty answer may hide."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from blastradius.api.asked import Tree
from blastradius.api.targets import Target
from blastradius.model.questions import Mention

_SHORTEST = 2


def mentions_of(tree: Tree, target: Target, paths: Collection[str] | None = None) -> list[Mention]:
    """Return the lines that have a name of the target as a word and that no edge explains.

    Left out are the target's own lines, and lines from which an edge to the target starts. Files
    that no language reads are looked at too: nothing else would tell of them.

    Args:
        tree: the tree that was asked.
        target: what may be named.
        paths: the files to look at; None for all.
    """
    names = [one for one in target.names if len(one) >= _SHORTEST]
    if not names:
        return []
    words = re.compile(rb"(?<![\w])(?:%s)(?![\w])" % b"|".join(_escaped(one) for one in names))
    own = _own_lines(tree, target)
    explained = {
        (edge.path, edge.line)
        for symbol in target.symbols
        for edge in tree.snapshot.graph.dependents(symbol)
    }
    found: list[Mention] = []
    for path in tree.snapshot.tree if paths is None else sorted(paths):
        content = tree.read(path)
        if content is None:
            continue
        for line, name in _hits(words, content):
            inside = any(start <= line <= end for start, end in own.get(path, ()))
            if not inside and (path, line) not in explained:
                found.append(Mention(path, line, name))
    return found


def _hits(words: re.Pattern[bytes], content: bytes) -> Iterator[tuple[int, str]]:
    """Yield (line, name), once for each line."""
    line, start, seen = 1, 0, 0
    for match in words.finditer(content):
        line += content.count(b"\n", start, match.start())
        start = match.start()
        if line != seen:
            seen = line
            yield line, match[0].decode("utf-8", "replace")


def _own_lines(tree: Tree, target: Target) -> dict[str, list[tuple[int, int]]]:
    """Return path → (first, last) line of what the target is; whole files as line 0 on."""
    found: dict[str, list[tuple[int, int]]] = {}
    for node in target.nodes:
        place = tree.snapshot.place(node.id)
        if place is None:
            continue
        one = place.definition
        lines = (0, 2**31) if one is None or not one.name else (one.line, one.end)
        found.setdefault(place.path, []).append(lines)
    return found


def _escaped(name: str) -> bytes:
    return re.escape(name.encode("utf-8", "surrogateescape"))
