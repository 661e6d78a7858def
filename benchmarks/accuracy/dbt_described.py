"""What YAML describes, against the manifest of `dbt parse`: tests, metrics, docs, what is disabled."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from blastradius.languages.dbt.file_edges import symbol_of
from blastradius.languages.dbt.properties import Entry
from blastradius.languages.dbt.world import Space
from blastradius.model.symbols import Edge

Pairs = dict[str, set[tuple[str, str]]]

_LISTED = {"metrics": "metric", "semantic_models": "semantic_model", "saved_queries": "saved_query"}
# Kinds of edges by which a test, a metric or a query uses what it is about.
_USES = frozenset({"test", "ref", "metric", "semantic", "schema"})


def described(manifest: Mapping[str, Any], space: Space, symbols: Mapping[str, str]) -> Pairs:
    """Return what dbt says, by kind: (user, what it uses).

    Args:
        manifest: dbt's own.
        space: the project as we found it.
        symbols: dbt's id → our symbol, of nodes and sources.
    """
    wanted: Pairs = {"generic tests": set(), "metrics": set(), "docs": set(), "disabled": set()}
    root, name = space.project.root, space.project.name
    for node in manifest["nodes"].values():
        if node["package_name"] == name and (about := node.get("test_metadata")):
            place = posixpath.join(root, node["original_file_path"])
            called = ".".join(one for one in (about["namespace"], about["name"]) if one)
            wanted["generic tests"] |= {
                (f"{place}|{called}", symbols[one])
                for one in node["depends_on"]["nodes"]
                if one in symbols
            }
    for listed, kind in _LISTED.items():
        for held in manifest[listed].values():
            for one in held["depends_on"]["nodes"]:
                used = symbols.get(one) or ":".join(one.split(".")[::2])
                wanted["metrics"].add((f"{kind}:{held['name']}", used))
    for key, node in [*manifest["nodes"].items(), *manifest["sources"].items()]:
        if key in symbols and node["package_name"] == name:
            blocks = [*node.get("doc_blocks", ())]
            blocks += [
                one for held in node["columns"].values() for one in held.get("doc_blocks", ())
            ]
            wanted["docs"] |= {(symbols[key], one.split(".")[2]) for one in blocks}
    paths = {one.path for one in space.nodes.all()}
    for key, (first, *_) in manifest["disabled"].items():
        path = posixpath.join(root, first["original_file_path"])
        if first["package_name"] == name and path in paths:
            wanted["disabled"].add((path, key.split(".")[0]))
    return wanted


def answered(space: Space, edges: Iterable[Edge], symbols: Mapping[str, str]) -> Pairs:
    """Return what our certain edges say, of the same things."""
    things = set(symbols.values())
    own = space.properties.get(space.project.name)
    entries = {f"yaml:{one.path}#{one.address}": one for one in (own.entries if own else ())}
    tests = {
        f"yaml:{entry.path}#{test.address}": f"{entry.path}|{test.name}"
        for entry in entries.values()
        for test in entry.tests
    }
    found: Pairs = defaultdict(set)
    for edge in edges:
        if edge.tier != "certain" or not edge.source.startswith("yaml:"):
            continue
        used = _used(edge.target, things, entries)
        user = _around(edge.source, tests)
        if user is not None and used and edge.kind in _USES:
            found["generic tests"].add((tests[user], used))
        whole = _around(edge.source, entries)
        entry = entries[whole] if whole is not None else None
        if entry is None:
            continue
        if edge.kind == "doc" and (symbol := _about(space, entry)):
            found["docs"].add((symbol, edge.needs.partition(" in ")[0]))
        elif entry.kind in _LISTED.values() and used and edge.kind in _USES:
            user_name = f"{entry.kind}:{entry.name}"
            if used != user_name:
                found["metrics"].add((user_name, used))
    kinds = {one.path: one.kind for one in space.nodes.all() if one.package == space.project.name}
    found["disabled"] = {(path, kinds[path]) for path in space.nodes.disabled if path in kinds}
    return found


def _around(symbol: str, places: Mapping[str, Any]) -> str | None:
    """Return the place that an address is, or is in."""
    while symbol:
        if symbol in places:
            return symbol
        cut = max(symbol.rfind("."), symbol.rfind("["))
        symbol = symbol[:cut] if cut > symbol.find("#") else ""
    return None


def _used(target: str, things: set[str], entries: Mapping[str, Entry]) -> str:
    for one in (target, target.rpartition(".")[0]):
        if one in things:
            return one
    held = _around(target, entries) if target.startswith("yaml:") else None
    return f"{entries[held].kind}:{entries[held].name}" if held is not None else ""


def _about(space: Space, entry: Entry) -> str:
    if entry.kind == "source":
        return f"sql:{entry.parent}.{entry.name}".lower()
    node = space.nodes.find(entry.name, space.project.name, "", space.project.name)
    return symbol_of(node) if node is not None else ""
