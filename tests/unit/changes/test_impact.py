"""How far a change reaches, with the chain that shows it."""

from __future__ import annotations

from math import prod

import networkx as nx
import pytest

from blastradius.changes.impact import impact
from blastradius.index.graph import CONTAINS
from blastradius.index.link import LinkedTree
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import ChangeKind, Impact, SymbolChange
from blastradius.model.symbols import TIER_CAP, TIERS, Edge, Tier
from tests.linkedtree import snapshot_of

CHAIN = {
    "util.py": "def tidy():\n    return 1\n",
    "mid.py": "from util import tidy\n\n\ndef mid():\n    return tidy()\n",
    "top.py": "from mid import mid\n\n\ndef top():\n    return mid()\n",
    "other.py": "def other():\n    return 2\n",
}
EMPTY = snapshot_of({})


def changed(symbol: str, kind: ChangeKind = "modified", before: str = "") -> SymbolChange:
    return SymbolChange(symbol, kind, "unknown", "util.py", 1, (), before)


def drawn(*edges: tuple[str, str, str, Tier, float]) -> Snapshot:
    """Return a tree that is nothing but edges: source, target, kind, tier, confidence."""
    made = tuple(
        Edge(f"x:f.x#{a}", f"x:f.x#{b}", kind, tier, sure, "f.x", line)
        for line, (a, b, kind, tier, sure) in enumerate(edges, 1)
    )
    return Snapshot({}, {}, lambda: LinkedTree(made, (), {}))


def by_name(found: tuple[Impact, ...]) -> dict[str, Impact]:
    return {one.symbol.partition("#")[2] or one.symbol: one for one in found}


@pytest.fixture(scope="module")
def head() -> Snapshot:
    return snapshot_of(CHAIN)


def test_everything_that_depends_on_the_change_is_reached(head: Snapshot) -> None:
    found = impact(head, head, [changed("python:util.py#tidy")])
    graph = head.graph.to_networkx()
    assert {one.symbol for one in found} == nx.ancestors(graph, "python:util.py#tidy")
    assert "python:other.py#other" not in {one.symbol for one in found}


def test_a_witness_runs_from_the_reached_symbol_down_to_the_change(head: Snapshot) -> None:
    for one in impact(head, head, [changed("python:util.py#tidy")]):
        assert one.witness[0].source == one.symbol
        assert one.witness[-1].target == "python:util.py#tidy"
        assert len(one.witness) == one.distance
        for step, following in zip(one.witness, one.witness[1:], strict=False):
            assert step.target == following.source


def test_a_reached_symbol_says_where_it_is(head: Snapshot) -> None:
    top = by_name(impact(head, head, [changed("python:util.py#tidy")]))["top"]
    assert (top.path, top.line, top.distance) == ("top.py", 4, 2)


def test_what_is_gone_is_followed_in_the_base(head: Snapshot) -> None:
    after = snapshot_of({**CHAIN, "util.py": "OTHER = 1\n", "mid.py": "def mid():\n    return 0\n"})
    found = by_name(impact(head, after, [changed("python:util.py#tidy", "removed")]))
    assert found["mid"].witness[-1].target == "python:util.py#tidy"
    assert "top" in found


def test_users_of_the_old_name_are_reached_by_a_rename(head: Snapshot) -> None:
    after = snapshot_of({**CHAIN, "util.py": "def clean():\n    return 1\n"})
    renamed = changed("python:util.py#clean", "renamed", "python:util.py#tidy")
    assert {"mid", "top"} <= by_name(impact(head, after, [renamed])).keys()


def test_what_is_added_reaches_its_users_at_head_only(head: Snapshot) -> None:
    added = [changed("python:util.py#tidy", "added")]
    assert "top" in by_name(impact(EMPTY, head, added))
    assert impact(head, EMPTY, added) == ()


def test_a_changed_symbol_is_not_its_own_impact(head: Snapshot) -> None:
    both = [changed("python:util.py#tidy"), changed("python:mid.py#mid")]
    found = by_name(impact(head, head, both))
    assert not {"tidy", "mid"} & found.keys()
    assert found["top"].distance == 1


def test_depth_and_confidence_bound_the_answer() -> None:
    tree = drawn(("b", "a", "call", "certain", 0.9), ("c", "b", "call", "certain", 0.5))
    seeds = [changed("x:f.x#a")]
    assert by_name(impact(EMPTY, tree, seeds)).keys() == {"b", "c"}
    assert by_name(impact(EMPTY, tree, seeds, max_depth=1)).keys() == {"b"}
    assert by_name(impact(EMPTY, tree, seeds, min_confidence=0.6)).keys() == {"b"}


def test_a_certain_detour_is_shown_before_a_guessed_short_cut() -> None:
    tree = drawn(
        ("z", "a", "call", "heuristic", 0.6),
        ("b", "a", "call", "certain", 0.98),
        ("z", "b", "call", "certain", 0.98),
    )
    found = by_name(impact(EMPTY, tree, [changed("x:f.x#a")]))["z"]
    assert (found.tier, found.distance) == ("certain", 2)


def test_the_weakest_edge_caps_the_confidence() -> None:
    tree = drawn(("b", "a", "call", "certain", 1.0), ("c", "b", "call", "heuristic", 1.0))
    found = by_name(impact(EMPTY, tree, [changed("x:f.x#a")]))["c"]
    assert (found.tier, found.confidence) == ("heuristic", TIER_CAP["heuristic"])


def test_confidence_is_the_product_along_the_witness(head: Snapshot) -> None:
    sure = {(one.source, one.target, one.line): one.confidence for one in head.linked.edges}
    for one in impact(head, head, [changed("python:util.py#tidy")]):
        product = prod(sure[step.source, step.target, step.line] for step in one.witness)
        assert one.confidence == pytest.approx(min(product, TIER_CAP[one.tier]), abs=1e-4)


def test_a_container_is_a_way_and_not_a_goal() -> None:
    tree = drawn(
        ("whole", "part", CONTAINS, "certain", 1.0), ("user", "whole", "path", "certain", 0.98)
    )
    assert by_name(impact(EMPTY, tree, [changed("x:f.x#part")])).keys() == {"user"}


def test_callers_of_a_removed_function_with_its_parameter_are_reached() -> None:
    before = snapshot_of(
        {
            "util.py": "def tidy(strict=False):\n    return strict\n",
            "app.py": "from util import tidy\n\n\ndef run():\n    return tidy(strict=True)\n",
        }
    )
    found = impact(before, EMPTY, [changed("python:util.py#tidy", "removed")])
    assert "python:app.py#run" in {one.symbol for one in found}
    assert {one.distance for one in found if one.symbol == "python:app.py#run"} == {1}


def test_the_most_certain_and_nearest_come_first(head: Snapshot) -> None:
    found = impact(head, head, [changed("python:util.py#tidy")])
    keys = [(TIERS.index(one.tier), one.distance, one.path, one.line) for one in found]
    assert keys == sorted(keys)


def test_a_ring_ends() -> None:
    tree = drawn(("b", "a", "call", "certain", 0.9), ("a", "b", "call", "certain", 0.9))
    assert by_name(impact(EMPTY, tree, [changed("x:f.x#a")])).keys() == {"b"}
