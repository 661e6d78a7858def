from __future__ import annotations

import networkx as nx
import pytest

from blastradius.api.asked import Tree
from blastradius.api.graphs import Shown, file_graph, symbol_graph
from blastradius.api.targets import Names
from blastradius.config import Config
from blastradius.index.graph import CONTAINS
from blastradius.index.snapshot import Snapshot
from blastradius.model.questions import GraphEdge
from blastradius.model.symbols import TIERS
from tests.linkedtree import snapshot_of

TEXTS = {
    "lib.py": "LIMIT = 3\n\n\ndef f(x):\n    return x\n\n\ndef unused():\n    pass\n",
    "app.py": "from lib import LIMIT, f\n\n\ndef main():\n    f(1)\n    f(LIMIT)\n",
    "notes.txt": "nothing\n",
    "out.sql": "SELECT id FROM stage.raw\n",
    "load.py": 'SQL = "INSERT INTO stage.raw SELECT id FROM landing.raw"\n\n\ndef load(db):\n'
    "    db.execute(SQL)\n",
}


def shown(level: str, kinds: tuple[str, ...] = (), least: float = 0.0) -> Shown:
    snapshot = snapshot_of(TEXTS)
    build = file_graph if level == "file" else symbol_graph
    return build(snapshot, _names(snapshot).node, kinds, least)


def _names(snapshot: Snapshot) -> Names:
    return Names(Tree("0" * 40, snapshot, lambda _: None, list, Config()))


def pairs(edges: tuple[GraphEdge, ...]) -> set[tuple[str, str]]:
    return {(one.source.removeprefix("file:"), one.target.removeprefix("file:")) for one in edges}


def test_symbols_are_all_that_is_defined_or_used() -> None:
    nodes, edges = shown("symbol")
    found = {one.id: (one.kind, one.path, one.line) for one in nodes}
    assert found["python:lib.py#unused"] == ("function", "lib.py", 8)
    assert found["python:lib.py"] == ("module", "lib.py", 1)
    assert found["sql:stage.raw"] == ("relation", "", 0)
    assert {end for one in edges for end in (one.source, one.target)} <= set(found)


def test_the_edges_of_symbols_are_those_of_the_snapshot() -> None:
    _, edges = shown("symbol")
    graph = snapshot_of(TEXTS).graph
    assert [
        (one.source, one.target, one.kind, one.tier, one.confidence, one.path, one.line)
        for one in edges
    ] == sorted(
        (one.source, one.target, one.kind, one.tier, one.confidence, one.path, one.line)
        for one in graph.edges
    )


def test_files_are_nodes_and_what_no_file_defines_is_passed_through() -> None:
    nodes, edges = shown("file")
    assert [one.id for one in nodes] == [f"file:{path}" for path in sorted(TEXTS)]
    assert {(one.kind, one.line) for one in nodes} == {("file", 1)}
    assert pairs(edges) == {("app.py", "lib.py"), ("out.sql", "load.py")}


def test_an_edge_between_files_counts_those_it_stands_for() -> None:
    _, edges = shown("file", ("call",))
    (one,) = edges
    calls = [
        each
        for each in snapshot_of(TEXTS).graph.edges
        if (each.kind, each.path) == ("call", "app.py")
    ]
    assert (one.count, one.path, one.line) == (len(calls), "app.py", min(x.line for x in calls))
    assert one.confidence == max(each.confidence for each in calls)


@pytest.mark.parametrize("level", ["symbol", "file"])
def test_only_edges_of_the_kinds_asked_for(level: str) -> None:
    _, edges = shown(level, ("import",))
    assert {one.kind for one in edges} == {"import"}


@pytest.mark.parametrize("level", ["symbol", "file"])
def test_only_edges_of_the_confidence_asked_for(level: str) -> None:
    _, edges = shown(level, (), 0.96)
    assert edges
    assert all(one.confidence >= 0.96 for one in edges)


def test_files_depend_on_each_other_as_their_symbols_do() -> None:
    """Oracle: files are joined when a path of symbols leads over no third file."""
    snapshot = snapshot_of(TEXTS)
    node_of = _names(snapshot).node
    symbols = nx.DiGraph(
        (one.source, one.target) for one in snapshot.graph.edges if one.kind != CONTAINS
    )
    home = {name: node_of(name).path for name in symbols}
    expected = set()
    for source in symbols:
        seen: set[str] = set()
        waiting = list(symbols.successors(source)) if home[source] else []
        while waiting:
            name = waiting.pop()
            if home[name]:
                expected.add((home[source], home[name]))
            elif name not in seen:
                seen.add(name)
                waiting += symbols.successors(name)
    _, edges = shown("file")
    assert pairs(edges) == {one for one in expected if one[0] != one[1]}
    assert all(one.tier in TIERS for one in edges)
