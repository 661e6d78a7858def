"""A tree from a dictionary, path → text, read and linked without git."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha1

from blastradius.bridges.base import FileView
from blastradius.index.blob import facts_of
from blastradius.index.link import Options, link
from blastradius.index.snapshot import Snapshot
from blastradius.languages.registry import claim
from blastradius.model.source import TreeEntry
from blastradius.model.symbols import Edge

Texts = Mapping[str, str]


def entry_of(text: str, mode: str = "100644") -> TreeEntry:
    """Return a tree entry whose id stands for the text."""
    return TreeEntry(mode, sha1(text.encode(), usedforsecurity=False).hexdigest())


def files_of(texts: Texts) -> dict[str, FileView]:
    """Return the facts of every file that a language reads."""
    found = {}
    for path, text in texts.items():
        language = claim(path)
        if language is not None:
            found[path] = FileView(language, facts_of(language.NAME, text.encode()))
    return found


def options_of(texts: Texts) -> Options:
    """Return what linking is told when nothing is configured."""
    return Options((), "", frozenset(texts))


def snapshot_of(texts: Texts) -> Snapshot:
    """Return the tree with its facts and its graph."""
    files = files_of(texts)
    tree = {path: entry_of(text) for path, text in sorted(texts.items())}
    return Snapshot(tree, files, lambda: link(files, options_of(texts)))


def edges_of(texts: Texts, *kinds: str) -> list[Edge]:
    """Return the edges of these kinds, in their order."""
    return [edge for edge in snapshot_of(texts).linked.edges if edge.kind in kinds]


def pairs(edges: Iterable[Edge]) -> set[tuple[str, str, str]]:
    """Return (source, target, tier) of edges."""
    return {(edge.source, edge.target, edge.tier) for edge in edges}
