"""The graph in every format, read back by tools that are not ours."""

from __future__ import annotations

import io
import json
import re
import warnings
from typing import Any

import networkx as nx
import pydot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from blastradius.model.questions import DependencyGraph, GraphEdge, Node
from blastradius.reports.display import printable
from blastradius.reports.registry import pieces, render
from tests.asked import EMPTY_GRAPH, GRAPH, GRAPHS, HOSTILE_GRAPH

anything = st.text(st.characters(codec=None), max_size=20)


@st.composite
def graphs(draw: st.DrawFn) -> DependencyGraph:
    # Two ids that differ only in how something unseen is shown would be one node elsewhere.
    names = draw(st.lists(anything, min_size=1, max_size=5, unique_by=printable))
    ends = st.sampled_from(names)
    edge = st.builds(
        GraphEdge, ends, ends, anything, st.just("likely"), st.just(0.9), anything, st.just(1)
    )
    edges = draw(st.lists(edge, max_size=6))
    nodes = tuple(Node(one, "function", draw(anything), 1) for one in names)
    return replace(GRAPH, nodes=nodes, edges=tuple(edges))


def test_a_graph_is_json_unless_another_format_is_named() -> None:
    assert render(GRAPH) == render(GRAPH, "json")


@pytest.mark.parametrize("name", GRAPHS)
def test_json_has_every_key_and_one_line_an_entry(name: str) -> None:
    graph = GRAPHS[name]
    text = render(graph, "json")
    found = json.loads(text)
    assert list(found) == ["schema", "at", "level", "nodes", "edges", "problems", "coverage"]
    assert found["schema"] == "blastradius/graph/1"
    assert [set(one) for one in found["nodes"]] == [{"id", "kind", "path", "line"}] * len(
        graph.nodes
    )
    assert [set(one) for one in found["edges"]] == [
        {"source", "target", "kind", "tier", "confidence", "path", "line", "count"}
    ] * len(graph.edges)
    assert len(text.splitlines()) < 12 + len(graph.nodes) + len(graph.edges)


@given(graphs())
def test_json_says_what_the_graph_says(graph: DependencyGraph) -> None:
    found = json.loads(render(graph, "json").encode())
    assert len(found["nodes"]) == len(graph.nodes)
    for one, edge in zip(found["edges"], graph.edges, strict=True):
        if edge.kind.isprintable():
            assert one["kind"] == edge.kind


def _as_networkx(graph: DependencyGraph) -> nx.MultiDiGraph[str]:
    """Return what a reader of GraphML shall find: what cannot be written in XML is shown escaped."""
    found: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in graph.nodes:
        found.add_node(
            printable(node.id), kind=printable(node.kind), path=printable(node.path), line=node.line
        )
    for number, edge in enumerate(graph.edges):
        found.add_edge(
            printable(edge.source),
            printable(edge.target),
            f"e{number}",
            kind=printable(edge.kind),
            tier=edge.tier,
            confidence=edge.confidence,
            path=printable(edge.path),
            line=edge.line,
            count=edge.count,
        )
    return found


def _read_graphml(text: str) -> nx.MultiDiGraph[str]:
    found: Any = nx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True)
    for _, values in found.nodes(data=True):
        _fill(values)
    for _, _, values in found.edges(data=True):
        _fill(values)
        values.pop("id", None)
    return found  # type: ignore[no-any-return]


def _fill(values: dict[str, Any]) -> None:
    for key in ("kind", "path"):  # networkx leaves out what is empty
        values[key] = values.get(key) or ""


def _same(one: Any, other: Any) -> None:  # noqa: ANN401 - networkx's views have no common type
    assert dict(one.nodes(data=True)) == dict(other.nodes(data=True))
    assert {(a, b, key): values for a, b, key, values in one.edges(keys=True, data=True)} == {
        (a, b, key): values for a, b, key, values in other.edges(keys=True, data=True)
    }


@pytest.mark.parametrize("name", GRAPHS)
def test_networkx_reads_the_graphml(name: str) -> None:
    _same(_read_graphml(render(GRAPHS[name], "graphml")), _as_networkx(GRAPHS[name]))


@given(graphs())
def test_networkx_reads_any_graphml(graph: DependencyGraph) -> None:
    _same(_read_graphml(render(graph, "graphml")), _as_networkx(graph))


def _read_dot(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the labels of the nodes and the ends of the edges, by node label, as pydot reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydot's own
        found: Any = next(iter(pydot.graph_from_dot_data(text) or ()), None)
    assert found is not None, "pydot does not understand it"
    labels = {
        one.get_name(): _unquoted(one.get("label"))
        for one in found.get_nodes()
        if one.get_name() != "node"
    }
    ends = [(labels[one.get_source()], labels[one.get_destination()]) for one in found.get_edges()]
    return list(labels.values()), ends


def _unquoted(label: str) -> str:
    inner = label[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return inner.replace("&amp;", "&")


@pytest.mark.parametrize("name", GRAPHS)
def test_pydot_reads_the_dot(name: str) -> None:
    graph = GRAPHS[name]
    labels, ends = _read_dot(render(graph, "dot"))
    assert labels == [printable(one.id) for one in graph.nodes]
    assert sorted(ends) == sorted(
        (printable(one.source), printable(one.target)) for one in graph.edges
    )


@given(graphs())
def test_no_name_ends_a_string_of_dot(graph: DependencyGraph) -> None:
    text = render(graph, "dot")
    assert all(printable(line) == line for line in text.splitlines())
    for line in text.splitlines():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "S", line)
        assert re.fullmatch(
            r"digraph dependencies \{|\}|  rankdir=S;|  node \[shape=S\];"
            r"|  n\d+ \[label=S, tooltip=S\];|  n\d+ -> n\d+ \[label=S, tooltip=S, style=S\];",
            bare,
        ), line


_MERMAID = re.compile(
    r"flowchart LR"
    r'|  n\d+\["(?:[A-Za-z0-9 ./:,=@+-]|#\d+;)*"\]'
    r'|  n\d+ (?:-->|-\.->)\|"(?:[A-Za-z0-9 ./:,=@+-]|#\d+;)*"\| n\d+'
)


@given(graphs())
def test_mermaid_is_generated_ids_and_text_without_a_meaning(graph: DependencyGraph) -> None:
    text = render(graph, "mermaid")
    assert all(_MERMAID.fullmatch(line) for line in text.splitlines())
    assert len(text.splitlines()) == 1 + len(graph.nodes) + len(graph.edges)


@given(graphs())
def test_mermaid_shows_the_names(graph: DependencyGraph) -> None:
    lines = render(graph, "mermaid").splitlines()[1 : 1 + len(graph.nodes)]
    shown = [
        re.sub(r"#(\d+);", lambda found: chr(int(found[1])), line.partition('["')[2][:-2])
        for line in lines
    ]
    assert shown == [printable(one.id) for one in graph.nodes]


def test_mermaid_of_a_file_graph_reads_well() -> None:
    nodes = (Node("file:a.py", "file", "a.py", 1), Node("file:b.sql", "file", "b.sql", 1))
    edges = (
        GraphEdge("file:a.py", "file:b.sql", "path", "certain", 1.0, "a.py", 1),
        GraphEdge("file:b.sql", "file:a.py", "read", "likely", 0.9, "b.sql", 1, 3),
    )
    assert render(replace(GRAPH, nodes=nodes, edges=edges), "mermaid") == (
        "flowchart LR\n"
        '  n0["file:a.py"]\n'
        '  n1["file:b.sql"]\n'
        '  n0 -->|"path"| n1\n'
        '  n1 -.->|"read x3, likely"| n0\n'
    )


@pytest.mark.parametrize("form", ["json", "dot", "graphml", "mermaid"])
def test_a_large_graph_is_never_one_text(form: str) -> None:
    many = replace(HOSTILE_GRAPH, edges=HOSTILE_GRAPH.edges * 1_000)
    assert max(map(len, pieces(many, form))) < 5_000
    assert render(EMPTY_GRAPH, form).endswith("\n")
