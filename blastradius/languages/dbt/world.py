"""The dbt projects of a tree, every file rendered; and the SQL records that come of it."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import jinja2
import msgspec
from msgspec.structs import replace

from blastradius.languages.base import LinkOptions
from blastradius.languages.dbt.configs import FolderConfigs
from blastradius.languages.dbt.macros import index_macros, text_of
from blastradius.languages.dbt.nodes import Node, Nodes, find_nodes, stated_enabled
from blastradius.languages.dbt.project import FILE, Project, projects
from blastradius.languages.dbt.properties import Properties, all_properties
from blastradius.languages.dbt.record import Asked, Rendered
from blastradius.languages.dbt.render import render
from blastradius.languages.dbt.session import Session
from blastradius.languages.dbt.summaries import read_sql
from blastradius.languages.secrets import hidden_in
from blastradius.languages.sql.known import Columns, infer
from blastradius.languages.sql.names import PREFIX
from blastradius.languages.sql.registry import Registry
from blastradius.languages.sql.summary import Summary
from blastradius.model.symbols import Edge, Linked

VERSION = "3"
_ASKED, _RENDERED = f"dbt-asked-{VERSION}", f"dbt-rendered-{VERSION}"
# Columns travel one model a round through what asks for columns.
_MOST_ROUNDS = 8
_NO_SQL = (".csv", ".py", ".tsv", ".parquet")
# All renderings of a tree together; a project of 600 models takes a twentieth of it.
_MOST_STEPS = 40_000_000
_LIKELY = 0.9
_ENCODER = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class Space:
    """One project with everything found in it; ``rendered``: path → what its template gave."""

    project: Project
    properties: dict[str, Properties]
    nodes: Nodes
    session: Session
    configs: FolderConfigs
    rendered: dict[str, Rendered] = field(default_factory=dict)

    def find_disabled(self, options: LinkOptions) -> None:
        """Find the files that are taken out: by their own word, by YAML's, by their folder's."""
        told = {
            (package, one.kind, one.name): one.enabled
            for package, held in self.properties.items()
            for one in held.entries
            if one.enabled
        }
        for node in self.nodes.all():
            text = text_of(options.source(node.path) or b"") if node.is_sql else ""
            stated = stated_enabled(text) or told.get((node.package, node.kind, node.name), "")
            if not self._is_enabled(node, stated):
                self.nodes.disabled.add(node.path)

    def is_test_enabled(self, package: str, path: str, stated: str) -> bool:
        """Tell whether a generic test in the YAML file at ``path`` is run."""
        return self._is_enabled(Node("test", "", package, path, ""), stated)

    def _is_enabled(self, node: Node, stated: str) -> bool:
        value = stated or self.configs.of(node).get("enabled")
        if isinstance(value, str):
            value = self.session.evaluated(value, node.package).strip().lower() != "false"
        return value is not False


@dataclass(slots=True)
class World:
    """All projects of a tree.

    ``summaries``: path → record of the rendered text, where that is one. ``others``: name → path
    of seeds and Python models that are not told apart by their own names. ``steps`` is what all
    renderings cost together. ``disabled``: files that their configuration takes out; ``doubled``:
    relations that models of several projects are called.
    """

    spaces: list[Space] = field(default_factory=list)
    summaries: dict[str, Summary] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    steps: int = 0
    disabled: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)

    def weakened(self, linked: Linked) -> Linked:
        """Return the edges with none certain that leave a disabled file or reach a doubled relation.

        What is not run breaks nothing; of two models that are called alike, one is meant.
        """
        if not self.disabled and not self.doubled:
            return linked
        return replace(linked, edges=tuple(self._weakened(one) for one in linked.edges))

    def _weakened(self, edge: Edge) -> Edge:
        if edge.tier != "certain":
            return edge
        name = edge.target.removeprefix(PREFIX)
        if edge.path in self.disabled or not self.doubled.isdisjoint(
            {name, name.rpartition(".")[0]}
        ):
            return replace(edge, tier="likely", confidence=_LIKELY)
        return edge


class _File(NamedTuple):
    """A file of SQL in a project: ``text`` is its template."""

    space: Space
    node: Node
    text: str


def build_world(summaries: Mapping[str, Summary], options: LinkOptions) -> World | None:
    """Return the projects of a tree, None when there are none.

    Args:
        summaries: path → the SQL language's record of each file as it is.
        options: of linking.
    """
    if not any(posixpath.basename(path) == FILE for path in options.paths):
        return None
    world = World()
    known: dict[str, Columns] = {}
    files: list[_File] = []
    shared = _shared_names(options.paths)
    owners: dict[str, set[str]] = {}
    for project in projects(options):
        space = _space(project, options, known, shared)
        world.spaces.append(space)
        world.disabled |= space.nodes.disabled
        for node in space.nodes.all():
            if node.package == project.name and not node.symbol.startswith("file:"):
                owners.setdefault(node.symbol, set()).add(project.root)
        world.others |= {
            space.session.name_of(node): node.path
            for node in space.nodes.all()
            if not node.is_sql and node.name.lower() in shared
        }
        for node in space.nodes.all():
            if node.path in summaries and node.is_sql and len(space.nodes.by_path[node.path]) == 1:
                text = text_of(options.source(node.path) or b"")
                files.append(_File(space, node, text))
    world.doubled = {symbol for symbol, roots in owners.items() if len(roots) > 1}
    waiting = _render(files, options, world, summaries)
    for _ in range(_MOST_ROUNDS if waiting else 0):
        current = dict(summaries) | world.summaries
        registry = Registry.build(current)
        known.clear()
        known.update(infer(registry, current))
        before = [world.summaries.get(one.node.path) for one in waiting]
        _render(waiting, options, world, summaries)
        if before == [world.summaries.get(one.node.path) for one in waiting]:
            break
    return world


def _shared_names(paths: frozenset[str]) -> frozenset[str]:
    stems = Counter(
        posixpath.basename(path).rpartition(".")[0].lower()
        for path in paths
        if path.endswith((".sql", *_NO_SQL))
    )
    return frozenset(stem for stem, count in stems.items() if count > 1)


def _space(
    project: Project, options: LinkOptions, known: dict[str, Columns], shared: frozenset[str]
) -> Space:
    properties = all_properties(project.known(), options)
    nodes = find_nodes(project, options.paths, properties, options.source)
    headers: dict[str, tuple[str, ...]] = {}

    def columns_of(symbol: str) -> tuple[str, ...] | None:
        if symbol.startswith("file:"):
            if symbol not in headers:
                headers[symbol] = csv_header(options.source(symbol.removeprefix("file:")))
            return headers[symbol] or None
        columns = known.get(symbol)
        return columns.names if columns is not None and columns.complete else None

    index = index_macros(project, options)
    session = Session(project, index, nodes, columns_of, shared)
    configs = FolderConfigs(project)
    space = Space(project, properties, nodes, session, configs)
    space.find_disabled(options)
    return space


def csv_header(source: bytes | None) -> tuple[str, ...]:
    """Return the columns of a seed by its first line; empty when it is no CSV."""
    if source is None:
        return ()
    first = source[:100_000].decode("utf-8-sig", "replace").partition("\n")[0].strip()
    names = [one.strip().strip('"').lower() for one in first.split(",")]
    return tuple(names) if all(one.replace("_", "a").isalnum() for one in names) else ()


def _render(
    files: Sequence[_File],
    options: LinkOptions,
    world: World,
    summaries: Mapping[str, Summary],
) -> list[_File]:
    """Render files, put their records in the world, and return those that asked for columns.

    What they rendered to is read all at once: reading is what takes most of the time, and no
    rendering looks at what another one of the same round gave.
    """
    asking: list[_File] = []
    made: list[tuple[Node, Rendered, str]] = []
    for one in files:
        space, node, text = one
        if world.steps > _MOST_STEPS:
            space.rendered[node.path] = Rendered(problem="the templates of this tree cost too much")
            continue
        rendered, asked = _remembered(space, node, text, options)
        world.steps += rendered.steps
        space.rendered[node.path] = rendered
        named = {use.name for use in rendered.uses if use.kind in {"ref", "source"}}
        plain = rendered.plain and named <= {ref.name for ref in summaries[node.path].refs}
        if rendered.text and not plain:
            made.append((node, rendered, options.dialect or space.project.dialect))
        if any(kind == "columns" for kind, _ in asked):
            asking.append(one)
    records = read_sql([(rendered, dialect) for _, rendered, dialect in made], options)
    for (node, _, _), read in zip(made, records, strict=True):
        if read.parsed == "full" or _covers(read.summary, summaries[node.path]):
            world.summaries[node.path] = read.summary
        else:
            world.summaries.pop(node.path, None)
    return asking


def _covers(made: Summary, own: Summary) -> bool:
    """Tell whether a text that was read in part still says as much as the template itself did."""
    return len(made.statements) >= len(own.statements) and len(made.references) >= len(
        own.references
    )


def _remembered(
    space: Space, node: Node, text: str, options: LinkOptions
) -> tuple[Rendered, tuple[tuple[str, str], ...]]:
    """Return the rendering, made anew only if an answer that it rests on has changed."""
    session = space.session
    config = space.configs.of(node)
    session.folder_config = config
    project = space.project
    hooks = {key: value for key, value in sorted(config.items()) if "hook" in key}
    named = msgspec.structs.astuple(_named(node))
    identity = (VERSION, jinja2.__version__, text, named, project.name, project.target, hooks)
    first = _digest(identity)
    kept = options.memo.get(_ASKED, first)
    if kept is not None:
        asked = msgspec.msgpack.decode(kept, type=Asked).questions
        value = options.memo.get(_RENDERED, _digest((first, _answers(session, asked))))
        if value is not None:
            return msgspec.msgpack.decode(value, type=Rendered), asked
    packed = hidden_in(_ENCODER.encode(render(session, node, text, config)))
    rendered = msgspec.msgpack.decode(packed, type=Rendered)
    asked = tuple(sorted(session.asked))
    options.memo.put(_ASKED, first, hidden_in(_ENCODER.encode(Asked(asked))))
    key = _digest((first, _answers(session, asked)))
    options.memo.put(_RENDERED, key, packed)
    return rendered, asked


class _Named(msgspec.Struct, frozen=True):
    kind: str
    name: str
    package: str
    symbol: str
    version: str
    title: str


def _named(node: Node) -> _Named:
    return _Named(node.kind, node.name, node.package, node.symbol, node.version, node.title)


def _answers(session: Session, asked: tuple[tuple[str, str], ...]) -> list[str]:
    return [session.answer(kind, name) for kind, name in asked]


def _digest(value: Any) -> str:  # noqa: ANN401 - whatever can be encoded
    return blake2b(_ENCODER.encode(value), digest_size=20).hexdigest()
