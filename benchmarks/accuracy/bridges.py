"""Draws edges of each bridge from a repository, for judging by hand: the site, its line, the target's.

    python -m benchmarks.accuracy.bridges FOLDER [--bridge NAME]... [--number N] [--seed S]

FOLDER is a checked-out tree. For each bridge and tier, N edges are drawn, the same for the same seed. The
verdicts go into docs/accuracy.md, "Bridges".
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blastradius.bridges.base import FileView, View
from blastradius.bridges.registry import bridges
from blastradius.index.blob import facts_of
from blastradius.index.link import LinkedTree, Options
from blastradius.index.snapshot import Snapshot
from blastradius.languages.registry import claim
from blastradius.model.source import TreeEntry
from blastradius.model.symbols import Edge

LARGEST = 1_000_000
_WIDTH = 110


def main() -> None:
    """Link the tree, print how many edges each bridge made, and the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bridge", action="append", default=[])
    parser.add_argument("--number", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    paths = sorted(_paths(told.folder))
    files = _read(told.folder, paths)
    found = _linked(told.folder, files, frozenset(paths))
    tree = {path: TreeEntry("100644", "") for path in paths}
    snapshot = Snapshot(tree, files, lambda: LinkedTree((), (), {}))
    for name, (edges, seconds) in found.items():
        if told.bridge and name not in told.bridge:
            continue
        tiers = Counter(edge.tier for edge in edges)
        print(f"\n== {name}: {len(edges)} edges {dict(sorted(tiers.items()))} in {seconds:.2f} s")
        for tier in sorted(tiers):
            several = sorted((edge for edge in edges if edge.tier == tier), key=_order)
            drawn = random.Random(told.seed).sample(several, min(told.number, len(several)))
            for edge in sorted(drawn, key=_order):
                _show(edge, told.folder, snapshot)


def _order(edge: Edge) -> tuple[str, int, str, str]:
    return edge.path, edge.line, edge.source, edge.target


def _paths(folder: Path) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one != ".git"]
        for name in names:
            yield os.path.relpath(f"{where}/{name}", folder)


def _read(folder: Path, paths: list[str]) -> dict[str, FileView]:
    files = {}
    for path in paths:
        language = claim(path)
        if language is not None and (folder / path).stat().st_size <= LARGEST:
            source = (folder / path).read_bytes()
            files[path] = FileView(language, facts_of(language.NAME, source))
    return files


def _linked(
    folder: Path, files: dict[str, FileView], paths: frozenset[str]
) -> dict[str, tuple[tuple[Edge, ...], float]]:
    """Return bridge → its edges and its seconds, each bridge run after those before it."""

    def source(path: str) -> bytes | None:
        return (folder / path).read_bytes() if path in paths else None

    options = Options((), "", paths, source)
    tables: dict[str, Any] = {}
    edges: list[Edge] = []
    by_language: dict[str, dict[str, FileView]] = defaultdict(dict)
    for path, view in files.items():
        by_language[view.language.NAME][path] = view
    for name, own in sorted(by_language.items()):
        language = next(iter(own.values())).language
        facts = {path: view.facts for path, view in own.items()}
        tables[name] = language.tables(facts, options)
        for path in own:
            edges += language.link(path, facts[path], tables[name]).edges
    found: dict[str, tuple[tuple[Edge, ...], float]] = {}
    shared: dict[str, Any] = {}
    for bridge in bridges():
        started = time.perf_counter()
        part = bridge.link(View(files, paths, tables, tuple(edges), options, shared))
        found[bridge.NAME] = (part.edges, time.perf_counter() - started)
        edges += part.edges
    return found


def _show(edge: Edge, folder: Path, snapshot: Snapshot) -> None:
    place = snapshot.place(edge.target)
    there = f"{place.path}:{place.line}" if place else "(no place)"
    print(f"  [{edge.tier} {edge.confidence}] {edge.kind}: {edge.source}")
    print(f"    {edge.path}:{edge.line} | {_line(folder, edge.path, edge.line)}")
    print(f"    -> {edge.target}")
    if place:
        print(f"    {there} | {_line(folder, place.path, place.line)}")


def _line(folder: Path, path: str, line: int) -> str:
    try:
        lines = (folder / path).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return lines[line - 1].strip()[:_WIDTH] if 0 < line <= len(lines) else ""


if __name__ == "__main__":
    main()
