"""The dbt projects of a tree: where each keeps what, its variables, and the packages inside it.

https://docs.getdbt.com/reference/dbt_project.yml
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from blastradius.languages.base import LinkOptions
from blastradius.languages.secrets import veil
from blastradius.languages.sql.dialects import KNOWN
from blastradius.languages.yaml.nodes import Node, child, settle
from blastradius.languages.yaml.read import read

FILE = "dbt_project.yml"
_PACKAGE_FOLDERS = ("dbt_packages", "dbt_modules")
# Kind of resource → (key of dbt_project.yml, its name before dbt 1.0, the folder when neither is set).
_FOLDERS = {
    "model": ("model-paths", "source-paths", "models"),
    "seed": ("seed-paths", "data-paths", "seeds"),
    "snapshot": ("snapshot-paths", "snapshot-paths", "snapshots"),
    "macro": ("macro-paths", "macro-paths", "macros"),
    "test": ("test-paths", "test-paths", "tests"),
    "analysis": ("analysis-paths", "analysis-paths", "analyses"),
}
CONFIG_KEYS = {
    "model": ("models",),
    "seed": ("seeds",),
    "snapshot": ("snapshots",),
    "test": ("data_tests", "tests"),
}
_DEEPEST = 100
_MOST_NODES = 500_000
_NAME = re.compile(r"[A-Za-z_][\w-]*\Z")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Project:
    """A project, or a package that is installed in one.

    Attributes:
        root: its folder, "" for the tree's.
        name: as refs and macros name it.
        folders: kind of resource → folders, from the root of the tree.
        tree: its ``dbt_project.yml``.
        variables: name → value, of ``vars:`` directly.
        scoped: project → its variables, where ``vars:`` groups them.
        packages: name → the packages installed in it.
        target: name and type of the connection, as far as ``profiles.yml`` says.
    """

    root: str
    name: str
    folders: dict[str, tuple[str, ...]]
    tree: Node
    variables: dict[str, Any]
    scoped: dict[str, dict[str, Any]]
    packages: dict[str, Project] = field(default_factory=dict)
    target: tuple[str, str] = ("default", "")

    def known(self) -> list[Project]:
        """Return the project and its packages."""
        return [self, *(one for _, one in sorted(self.packages.items()))]

    @property
    def dialect(self) -> str:
        """The SQL dialect by its connection, empty when that is not known."""
        return self.target[1] if self.target[1] in KNOWN else ""


def projects(options: LinkOptions) -> list[Project]:
    """Return the projects of a tree, packages inside the one that they are installed in."""
    files = sorted(
        one
        for one in options.paths
        if posixpath.basename(one) == FILE and not _SURROGATE.search(one)
    )
    roots: dict[str, Project] = {}
    installed: list[tuple[str, Project]] = []
    for path in files:
        made = _project(path, options)
        if made is None:
            continue
        home = _home(made.root)
        if home is None:
            roots[made.root] = made
        else:
            installed.append((home, made))
    for home, package in installed:
        if home in roots:
            roots[home].packages.setdefault(package.name, package)
    return [one for _, one in sorted(roots.items())]


def _home(root: str) -> str | None:
    """Return the folder of the project that a package in ``root`` is installed in, else None."""
    parts = root.split("/")
    for index, part in enumerate(parts):
        if part in _PACKAGE_FOLDERS:
            return "/".join(parts[:index])
    return None


def _project(path: str, options: LinkOptions) -> Project | None:
    tree = document(options.source(path))
    name = child(tree, "name")
    if name is None or not _NAME.match(name.text):
        return None
    root = posixpath.dirname(path)
    variables = plain(child(tree, "vars")) if child(tree, "vars") is not None else {}
    variables = variables if isinstance(variables, dict) else {}
    scoped = {key: value for key, value in variables.items() if isinstance(value, dict)}
    profile = child(tree, "profile")
    return Project(
        root,
        name.text,
        {kind: _folders(tree, root, *keys) for kind, keys in _FOLDERS.items()},
        tree,
        variables,
        scoped,
        target=_target(root, profile.text if profile is not None else "", options),
    )


def _folders(tree: Node, root: str, key: str, older: str, usual: str) -> tuple[str, ...]:
    for one in (key, older):
        listed = child(tree, one)
        if listed is not None and listed.kind == "sequence":
            names = [settle(item).text for item in listed.items]
            return tuple(_inside(root, name) for name in names if name)
    return (_inside(root, usual),)


def _inside(root: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(root, name))


def _target(root: str, profile: str, options: LinkOptions) -> tuple[str, str]:
    """Return name and type of the default connection, where a ``profiles.yml`` lies near."""
    found = [
        path
        for path in options.paths
        if posixpath.basename(path) == "profiles.yml"
        and path.startswith(f"{root}/" if root else "")
    ]
    for path in sorted(found, key=lambda one: (one.count("/"), one)):
        held = plain(document(options.source(path)))
        chosen = held.get(profile) if isinstance(held, dict) else None
        if not isinstance(chosen, dict) or not isinstance(chosen.get("outputs"), dict):
            continue
        name = chosen.get("target", "default")
        outputs = chosen["outputs"]
        if not isinstance(name, str) or name not in outputs:
            name = next(iter(outputs), "default")
        output = outputs.get(name)
        kind = output.get("type") if isinstance(output, dict) else ""
        return str(name), kind if isinstance(kind, str) else ""
    return "default", ""


def document(source: bytes | None) -> Node:
    """Return the first document of a YAML file; an empty mapping when there is none to read."""
    found = read(source).documents[:1] if source is not None else []
    veil(found)
    first = settle(found[0]) if found else None
    if first is None or first.kind != "mapping" or not _is_affordable(first):
        return Node("mapping", 0, 0)
    return first


def _is_affordable(tree: Node) -> bool:
    """Tell whether the tree is of sound size with each alias in full, as readers will walk it."""
    pending, count = [tree], 0
    while pending:
        node = settle(pending.pop())
        count += 1 + len(node.items) + 2 * len(node.pairs)
        if count > _MOST_NODES:
            return False
        pending += node.items
        pending += (value for _, value in node.pairs)
    return True


def plain(node: Node | None, depth: int = 0) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Return the value of a node: scalars as YAML reads them, the rest as lists and dictionaries."""
    if node is None or depth > _DEEPEST:
        return None
    node = settle(node)
    if node.kind == "mapping":
        return _mapping(node, depth)
    if node.kind == "sequence":
        return [plain(one, depth + 1) for one in node.items]
    return _scalar(node)


def _mapping(node: Node, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.pairs:
        if key.tag == "merge":
            merged = plain(value, depth + 1)
            for one in merged if isinstance(merged, list) else [merged]:
                if isinstance(one, dict):
                    found = {**one, **found}
        elif key.kind == "scalar":
            found[key.text] = plain(value, depth + 1)
    return found


def _scalar(node: Node) -> Any:  # noqa: ANN401 - as above
    if node.tag == "null":
        return None
    if node.tag == "bool":
        return node.text.lower() in {"true", "yes", "on"}
    if node.tag == "number" and _NUMBER.match(node.text):
        return float(node.text) if "." in node.text else int(node.text)
    return node.text


def resource_files(
    project: Project, paths: Iterable[str], kind: str, endings: tuple[str, ...]
) -> list[str]:
    """Return the files of one kind that a project keeps, in order.

    One whose name is not UTF-8 is none of them, as no text of dbt's can hold it.
    """
    folders = tuple(f"{folder}/" for folder in project.folders[kind])
    return sorted(
        path
        for path in paths
        if path.startswith(folders)
        and path.lower().endswith(endings)
        and not _SURROGATE.search(path)
        and not _foreign(path, project)
    )


def _foreign(path: str, project: Project) -> bool:
    """Tell whether the path is inside a package that is installed in the project."""
    rest = path[len(project.root) :].strip("/").split("/")
    return rest[0] in _PACKAGE_FOLDERS
