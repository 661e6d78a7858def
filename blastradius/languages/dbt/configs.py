"""What ``dbt_project.yml`` configures for a file, by the folders that it is in.

https://docs.getdbt.com/reference/model-configs
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any

from blastradius.languages.dbt.nodes import Node
from blastradius.languages.dbt.project import CONFIG_KEYS, Project, plain
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node as YamlNode
from blastradius.languages.yaml.nodes import child, settle

# Configurations that may stand without the plus sign, which tells them from folders.
_PLAIN = frozenset(
    [
        "alias",
        "bind",
        "column_types",
        "contract",
        "database",
        "dataset",
        "docs",
        "enabled",
        "event_time",
        "full_refresh",
        "grants",
        "group",
        "incremental_strategy",
        "materialized",
        "meta",
        "on_configuration_change",
        "on_schema_change",
        "packages",
        "persist_docs",
        "post-hook",
        "post_hook",
        "pre-hook",
        "pre_hook",
        "project",
        "quote_columns",
        "query_tag",
        "quoting",
        "schema",
        "snowflake_warehouse",
        "sql_header",
        "strategy",
        "tags",
        "target_schema",
        "target_database",
        "transient",
        "unique_key",
        "updated_at",
        "check_cols",
        "partition_by",
        "cluster_by",
        "labels",
        "store_failures",
        "severity",
        "limit",
        "where",
        "warn_if",
        "error_if",
        "delimiter",
        "dist",
        "sort",
    ]
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One configured key: its name without plus sign, where it is, its value."""

    name: str
    address: str
    line: int
    value: Any


class FolderConfigs:
    """The configurations of a project, by folder."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept: dict[tuple[str, ...], list[Setting]] = {}
        self._places: dict[
            tuple[str, tuple[str, ...]], tuple[YamlNode, str, list[Setting]] | None
        ] = {}

    def of(self, node: Node) -> dict[str, Any]:
        """Return key → value of what holds for a node, inner folders over outer ones."""
        return {one.name: one.value for one in self.settings(node)}

    def settings(self, node: Node) -> list[Setting]:
        """Return what holds for a node, outermost first."""
        project = self._project
        home = project.packages.get(node.package, project)
        usual = home.folders.get(node.kind, ())
        if node.kind == "test":
            # Generic tests stand in the folders of what they are tests of.
            usual = (*usual, *(one for held in home.folders.values() for one in held))
        folders = [one for one in usual if node.path.startswith(f"{one}/")]
        inside = node.path[len(folders[0]) + 1 :] if folders else posixpath.basename(node.path)
        parts = inside.split("/")
        stem = parts[-1].rpartition(".")[0]
        way = (node.kind, node.package, *parts[:-1], stem)
        if way not in self._kept:
            self._kept[way] = self._found(way)
        return self._kept[way]

    def _found(self, way: tuple[str, ...]) -> list[Setting]:
        found: list[Setting] = []
        for key in CONFIG_KEYS.get(way[0], ()):
            for folder in ((), *(way[1:end] for end in range(2, len(way) + 1))):
                held = self._at(key, folder)
                if held is None:
                    break
                found += held[2]
        return found

    def _at(self, key: str, folder: tuple[str, ...]) -> tuple[YamlNode, str, list[Setting]] | None:
        """Return the mapping of a folder, its address and its settings; each is looked up once."""
        if (key, folder) not in self._places:
            place: YamlNode | None = None
            address = key
            if not folder:
                place = child(self._project.tree, key)
            elif (above := self._at(key, folder[:-1])) is not None:
                place = child(above[0], folder[-1])
                address = below(above[1], YamlNode("scalar", 0, 0, "str", folder[-1]))
            self._places[key, folder] = (
                (place, address, _settings(place, address))
                if place is not None and place.kind == "mapping"
                else None
            )
        return self._places[key, folder]


def _settings(place: YamlNode, address: str) -> list[Setting]:
    found = []
    for key, value in place.pairs:
        if key.kind != "scalar":
            continue
        name = key.text.removeprefix("+")
        if key.text.startswith("+") or (name in _PLAIN and not _is_folder(name, value)):
            found.append(Setting(name, below(address, key), key.line, plain(value)))
    return found


def _is_folder(name: str, value: YamlNode) -> bool:
    """Tell a folder called like a configuration: a mapping that itself holds configurations."""
    held = settle(value)
    return (
        held.kind == "mapping"
        and name not in {"persist_docs", "meta", "labels", "grants", "docs"}
        and any(key.text.startswith("+") for key, _ in held.pairs)
    )
