"""What ``ref`` may name in a project: models, seeds, snapshots, and where each is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from blastradius.languages.base import Source
from blastradius.languages.dbt.macros import text_of
from blastradius.languages.dbt.project import Project, resource_files
from blastradius.languages.dbt.properties import Properties
from blastradius.languages.sql.names import relation_of_path

_ENABLED = re.compile(
    r"\bconfig\((?:[^()]|\([^()]*\)){0,2000}?\benabled\s*=\s*(true|false)\b", re.IGNORECASE
)
_SNAPSHOT = re.compile(r"\{%-?\s*snapshot\s+([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Node:
    """A thing of the project that others refer to, or that refers.

    Attributes:
        kind: model, seed, snapshot, test, analysis.
        name: as ``ref`` names it. version: empty without versions. latest: it is what a ref without
            a version means.
        package: its project's name. path: its file.
        symbol: as the SQL language calls it, without prefix; of a seed or Python model the file's.
        title: of a snapshot, the block's name.
    """

    kind: str
    name: str
    package: str
    path: str
    symbol: str
    version: str = ""
    latest: bool = True
    title: str = ""

    @property
    def is_sql(self) -> bool:
        """Whether the SQL language reads its file."""
        return self.path.endswith(".sql")


@dataclass(slots=True)
class Nodes:
    """All nodes of a project and its packages; ``by_path`` those of one file.

    ``disabled``: files whose configuration takes them out of the project, as far as told.
    """

    root: str
    by_path: dict[str, list[Node]] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    _refs: dict[str, list[Node]] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Add a node."""
        self.by_path.setdefault(node.path, []).append(node)
        if node.kind in {"model", "seed", "snapshot"}:
            self._refs.setdefault(node.name, []).append(node)

    def find(self, name: str, package: str, version: str, home: str) -> Node | None:
        """Return what a ref in a file of package ``home`` means; ``package`` and ``version`` if said."""
        found = self._refs.get(name, [])
        for place in (package,) if package else (home, self.root, ""):
            held = [one for one in found if not place or one.package == place]
            if version:
                held = [one for one in held if one.version == version]
            held = [one for one in held if one.latest] or held
            held = [one for one in held if one.path not in self.disabled] or held
            if held:
                return held[0]
        return None

    def all(self) -> Iterable[Node]:
        """Return every node, by path."""
        for _, held in sorted(self.by_path.items()):
            yield from held


def find_nodes(
    project: Project,
    paths: Iterable[str],
    properties: Mapping[str, Properties],
    source: Source,
) -> Nodes:
    """Return the nodes of a project and its packages.

    Args:
        project: the root project.
        paths: of the tree.
        properties: package → what its YAML files say.
        source: gives the text of a file.
    """
    nodes = Nodes(project.name)
    listed = list(paths)
    for one in project.known():
        versions = properties[one.name].versions() if one.name in properties else {}
        for path in resource_files(one, listed, "model", (".sql", ".py")):
            stem = posixpath.basename(path).rpartition(".")[0]
            name, version, latest = versions.get(stem, (stem, "", True))
            nodes.add(Node("model", name, one.name, path, _symbol(path), version, latest))
            if path.endswith(".sql"):
                _add_snapshots(nodes, one, path, source)
        for path in resource_files(one, listed, "seed", (".csv",)):
            stem = posixpath.basename(path).rpartition(".")[0]
            nodes.add(Node("seed", stem, one.name, path, _symbol(path)))
        for path in resource_files(one, listed, "snapshot", (".sql",)):
            _add_snapshots(nodes, one, path, source)
        _add_described_snapshots(nodes, one, properties)
        for kind in ("test", "analysis"):
            for path in resource_files(one, listed, kind, (".sql",)):
                if kind == "analysis" or "/generic/" not in path:
                    stem = posixpath.basename(path).rpartition(".")[0]
                    nodes.add(Node(kind, stem, one.name, path, _symbol(path)))
    return nodes


def stated_enabled(text: str) -> str:
    """Return what a template's ``config(…)`` says of ``enabled``: true, false or nothing."""
    own = _ENABLED.search(text) if "enabled" in text else None
    return own[1].lower() if own is not None else ""


def _symbol(path: str) -> str:
    return relation_of_path(path) if path.endswith(".sql") else f"file:{path}"


def _add_snapshots(nodes: Nodes, project: Project, path: str, source: Source) -> None:
    held = nodes.by_path.get(path)
    text = text_of(source(path) or b"") if held is None or "snapshots" in path else ""
    names = [match.group(1) for match in _SNAPSHOT.finditer(text)]
    for name in names:
        nodes.add(Node("snapshot", name, project.name, path, name.lower(), title=name))


def _add_described_snapshots(
    nodes: Nodes, project: Project, properties: Mapping[str, Properties]
) -> None:
    """Snapshots may be wholly in YAML, with the relation that they are of."""
    for one in properties[project.name].entries if project.name in properties else ():
        if one.kind == "snapshot" and any(call.address.endswith(".relation") for call in one.calls):
            nodes.add(Node("snapshot", one.name, project.name, one.path, one.name.lower()))
