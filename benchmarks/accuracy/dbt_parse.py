"""Edges of a dbt project against the manifest that `dbt parse` itself wrote.

    python -m benchmarks.accuracy.dbt_parse FOLDER MANIFEST [--without-packages] [--show N]

FOLDER is the tree that holds the project (its ``target`` folder is left out), MANIFEST the
``target/manifest.json`` that `dbt parse` made of it. Printed are precision and recall of: what models,
tests, snapshots and exposures depend on, the macros that they call, and what YAML describes: what
generic tests, metrics, semantic models and saved queries use, docs blocks, files that are disabled.
"""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.accuracy import dbt_described
from blastradius.bridges import dbt
from blastradius.bridges.base import FileView, View
from blastradius.index.blob import facts_of
from blastradius.index.link import Options
from blastradius.languages import registry, sql
from blastradius.languages.dbt.file_edges import symbol_of
from blastradius.languages.dbt.world import Space, World
from blastradius.model.symbols import Edge

_LEFT_OUT = frozenset({".git", "target", "logs"})
_PACKAGES = frozenset({"dbt_packages", "dbt_modules"})
_DBTS_OWN = "dbt"

Pairs = dict[str, set[tuple[str, str]]]


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--without-packages", action="store_true")
    parser.add_argument("--show", type=int, default=5)
    told = parser.parse_args()
    started = time.perf_counter()
    world, edges = linked(told.folder, packages=not told.without_packages)
    print(f"read and linked in {time.perf_counter() - started:.1f} s, {len(edges)} edges")
    manifest = json.loads(told.manifest.read_text())
    wanted, found = expected(manifest, world), answered(manifest, world, edges)
    space, symbols = _space(manifest, world), _symbols(manifest, world)
    wanted |= dbt_described.described(manifest, space, symbols)
    found |= dbt_described.answered(space, edges, symbols)
    for kind in sorted(wanted):
        right = wanted[kind] & found[kind]
        precision = len(right) / max(len(found[kind]), 1)
        recall = len(right) / max(len(wanted[kind]), 1)
        print(f"{kind:13} P {precision:.4f}  R {recall:.4f}  of {len(wanted[kind])}")
        for word, pairs in (
            ("missing", wanted[kind] - found[kind]),
            ("extra", found[kind] - wanted[kind]),
        ):
            for pair in sorted(pairs)[: told.show]:
                print(f"    {word}: {pair[0]} -> {pair[1]}")


def linked(folder: Path, *, packages: bool) -> tuple[World, list[Edge]]:
    """Return the dbt projects of a folder, and the edges of SQL and of dbt."""
    paths = set(_paths(folder, packages=packages))

    def source(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes() if path in paths else None
        except OSError:
            return None

    files: dict[str, FileView] = {}
    for path in sorted(paths):
        language = registry.claim(path)
        if language is not None and language.NAME in {"sql", "yaml"}:
            text = source(path) if language.NAME == "sql" else b""
            files[path] = FileView(language, facts_of(language.NAME, text or b""))
    options = Options(paths=frozenset(paths), source=source)
    own = {path: view.facts for path, view in files.items() if view.language.NAME == "sql"}
    tables = sql.tables(own, options)
    edges = [edge for path in own for edge in sql.link(path, own[path], tables).edges]
    view = View(files, options.paths, {"sql": tables}, tuple(edges), options)
    edges += dbt.link(view).edges
    if tables.dbt is None:
        raise SystemExit("no dbt project there")
    return tables.dbt, edges


def _paths(folder: Path, *, packages: bool) -> list[str]:
    left_out = _LEFT_OUT if packages else _LEFT_OUT | _PACKAGES
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - left_out)
        inside = Path(place).relative_to(folder).as_posix()
        found += [posixpath.normpath(f"{inside}/{name}") for name in names]
    return found


def _space(manifest: Mapping[str, Any], world: World) -> Space:
    name = manifest["metadata"]["project_name"]
    return next(one for one in world.spaces if one.project.name == name)


def _symbols(manifest: Mapping[str, Any], world: World) -> dict[str, str]:
    """Return dbt's id → our symbol, of what the root project and its packages hold."""
    found: dict[str, str] = {}
    space = _space(manifest, world)
    nodes = {
        (one.package, one.kind, one.path, one.title): symbol_of(one) for one in space.nodes.all()
    }
    roots = {one.name: one.root for one in space.project.known()}
    for key, node in manifest["nodes"].items():
        if node["package_name"] in roots:
            path = posixpath.join(roots[node["package_name"]], node["original_file_path"])
            title = node["name"] if node["resource_type"] == "snapshot" else ""
            for one in (title, ""):
                symbol = nodes.get((node["package_name"], node["resource_type"], path, one))
                if symbol is not None:
                    found.setdefault(key, symbol)
    for key, node in manifest["sources"].items():
        found[key] = f"sql:{node['source_name']}.{node['name']}".lower()
    return found


def expected(manifest: Mapping[str, Any], world: World) -> Pairs:
    """Return what dbt says: (symbol, symbol or macro's name), by kind."""
    symbols = _symbols(manifest, world)
    name = manifest["metadata"]["project_name"]
    wanted: Pairs = {"nodes": set(), "macros": set(), "exposures": set()}
    for key, node in manifest["nodes"].items():
        if node["package_name"] != name or key not in symbols:
            continue
        wanted["nodes"] |= {
            (symbols[key], symbols.get(one, one)) for one in node["depends_on"].get("nodes", ())
        }
        wanted["macros"] |= {
            (symbols[key], one.split(".")[2])
            for one in node["depends_on"].get("macros", ())
            if not one.split(".")[1].startswith(_DBTS_OWN) or one.split(".")[1] in _known(world)
        }
    for key, node in manifest["exposures"].items():
        wanted["exposures"] |= {
            (key.split(".")[-1], symbols.get(one, one))
            for one in node["depends_on"].get("nodes", ())
        }
    return wanted


def _known(world: World) -> set[str]:
    return {one for space in world.spaces for one in space.session.index.by_package}


def answered(manifest: Mapping[str, Any], world: World, edges: list[Edge]) -> Pairs:
    """Return what our certain edges say, of the same things."""
    symbols = _symbols(manifest, world)
    name = manifest["metadata"]["project_name"]
    users = {
        symbols[key]
        for key, node in manifest["nodes"].items()
        if node["package_name"] == name and key in symbols
    }
    things = set(symbols.values())
    called_by_dbt = {"generate_schema_name", "generate_alias_name", "generate_database_name"}
    exposures = {
        f"yaml:{one.path}#{one.address}": one.name
        for space in world.spaces
        for held in space.properties.values()
        for one in held.entries
        if one.kind == "exposure" and space.project.name == name
    }
    found: Pairs = defaultdict(set)
    for edge in edges:
        if edge.tier != "certain":
            continue
        if edge.source in users and edge.kind in {"ref", "read"} and edge.target in things:
            found["nodes"].add((edge.source, edge.target))
        elif edge.source in users and edge.kind == "macro":
            macro = edge.target.removeprefix("sql:macro:")
            if macro not in called_by_dbt:
                found["macros"].add((edge.source, macro))
        elif edge.kind == "ref" and edge.source in exposures:
            found["exposures"].add((exposures[edge.source], edge.target))
    return found


if __name__ == "__main__":
    main()
