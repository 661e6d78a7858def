"""A small tree of three languages, linked whole and in parts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from blastradius.index.graph import CONTAINS
from blastradius.index.link import LinkedTree, link, relink
from blastradius.model.symbols import Edge
from tests.linkedtree import files_of, options_of, snapshot_of

TREE: Mapping[str, str] = {
    "app/__init__.py": "",
    "app/util.py": "def tidy(rows):\n    return [one for one in rows if one]\n",
    "app/run.py": (
        "from app.util import gone, tidy\n\n\n"
        'def run():\n    return tidy(open("conf/x.yaml"), gone)\n'
    ),
    "conf/x.yaml": "jobs:\n  - class: app.run.run\n    rate: 3\nother: 1\n",
    "conf/unread.yaml": "a: 1\n",
    "a.sql": "CREATE VIEW silver.nights AS SELECT id, score FROM raw.nights;\n",
    "b.sql": "CREATE VIEW gold.days AS SELECT score, missing FROM silver.nights;\n",
    "notes.txt": "no language reads this\n",
}
BRIDGES = {"path", "dotted", "field", CONTAINS}


@pytest.fixture(scope="module")
def whole() -> LinkedTree:
    return link(files_of(TREE), options_of(TREE))


def contained(linked: LinkedTree) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in linked.edges if edge.kind == CONTAINS}


def test_relinking_every_file_gives_the_edges_of_the_languages(whole: LinkedTree) -> None:
    again = relink(files_of(TREE), TREE.keys(), options_of(TREE))
    assert set(again.edges) == {edge for edge in whole.edges if edge.kind not in BRIDGES}
    assert set(again.dangling) == set(whole.dangling)


@pytest.mark.parametrize("path", [path for path in TREE if path != "notes.txt"])
def test_relinking_one_file_gives_its_own_edges_only(whole: LinkedTree, path: str) -> None:
    again = relink(files_of(TREE), [path], options_of(TREE))
    assert set(again.edges) == {
        edge for edge in whole.edges if edge.path == path and edge.kind not in BRIDGES
    }
    assert set(again.dangling) == {one for one in whole.dangling if one.path == path}


def test_relinking_what_no_language_reads_gives_nothing() -> None:
    again = relink(files_of(TREE), ["notes.txt", "nowhere.py"], options_of(TREE))
    assert (again.edges, again.dangling) == ((), ())


def test_what_dangles_are_our_own_names_that_are_not_there(whole: LinkedTree) -> None:
    assert {(one.path, one.line) for one in whole.dangling} == {
        ("app/run.py", 1),
        ("app/run.py", 5),
        ("b.sql", 1),
    }


def test_a_file_that_is_named_as_a_whole_depends_on_what_is_in_it(whole: LinkedTree) -> None:
    assert contained(whole) == {
        ("file:conf/x.yaml", "yaml:conf/x.yaml"),
        ("yaml:conf/x.yaml", "yaml:conf/x.yaml#jobs"),
        ("yaml:conf/x.yaml#jobs", "yaml:conf/x.yaml#jobs[0]"),
        ("yaml:conf/x.yaml#jobs[0]", "yaml:conf/x.yaml#jobs[0].class"),
        ("yaml:conf/x.yaml#jobs[0]", "yaml:conf/x.yaml#jobs[0].rate"),
        ("yaml:conf/x.yaml", "yaml:conf/x.yaml#other"),
    }


def test_no_edge_is_said_twice_and_none_leads_to_itself(whole: LinkedTree) -> None:
    def key(edge: Edge) -> tuple[str, str, str, str, int]:
        return edge.source, edge.target, edge.kind, edge.path, edge.line

    assert len({key(edge) for edge in whole.edges}) == len(whole.edges)
    assert not [edge for edge in whole.edges if edge.source == edge.target]


def test_the_order_of_the_files_does_not_matter(whole: LinkedTree) -> None:
    turned = dict(reversed(files_of(TREE).items()))
    assert set(link(turned, options_of(TREE)).edges) == set(whole.edges)


def test_tallies_count_what_led_nowhere(whole: LinkedTree) -> None:
    assert whole.tallies["paths"].resolved == 1
    assert whole.tallies["dotted"].resolved == 1
    assert whole.tallies["sql"].unresolved["external"] == 1
    assert whole.tallies["python"].unresolved["unresolved"] >= 1


def test_an_empty_tree_has_no_edges() -> None:
    empty = link({}, options_of({}))
    assert (empty.edges, empty.dangling) == ((), ())


def test_places_of_symbols_and_of_what_is_not_there() -> None:
    snapshot = snapshot_of(TREE)
    found = {
        symbol: (place.path, place.line) if (place := snapshot.place(symbol)) else None
        for symbol in (
            "python:app/run.py#run",
            "python:app/run.py",
            "yaml:conf/x.yaml#jobs[0].rate",
            "sql:silver.nights.score",
            "file:notes.txt",
            "python:app/run.py#gone",
            "file:gone.txt",
            "sql:raw.nights",
            "python:gone.py",
        )
    }
    assert found == {
        "python:app/run.py#run": ("app/run.py", 4),
        "python:app/run.py": ("app/run.py", 1),
        "yaml:conf/x.yaml#jobs[0].rate": ("conf/x.yaml", 3),
        "sql:silver.nights.score": ("a.sql", 1),
        "file:notes.txt": ("notes.txt", 1),
        "python:app/run.py#gone": None,
        "file:gone.txt": None,
        "sql:raw.nights": None,
        "python:gone.py": None,
    }
