"""What a project's YAML files say about its models, and what they name: tests, docs, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable

from blastradius.languages.base import LinkOptions
from blastradius.languages.dbt.edges import Edges
from blastradius.languages.dbt.file_edges import add_variable, symbol_of
from blastradius.languages.dbt.macros import text_of
from blastradius.languages.dbt.nodes import Node
from blastradius.languages.dbt.project import Project
from blastradius.languages.dbt.properties import Call, Entry, Test
from blastradius.languages.dbt.world import Space, csv_header
from blastradius.languages.sql.lookups import Tables
from blastradius.languages.sql.names import PREFIX, macro_symbol
from blastradius.model.symbols import Tier

_DOCS = re.compile(r"\{%-?\s*docs\s+(\w+)\s*-?%\}")
_DESCRIBED = frozenset({"model", "seed", "snapshot", "analysis"})
_METRIC_WORDS = frozenset({"metric", "metrics", "numerator", "denominator", "input_metrics"})


class YamlEdges:
    """Adds the edges of one project's YAML files.

    Args:
        space: the project. tables: of the SQL language. options: of linking. edges: gets the edges.
    """

    def __init__(self, space: Space, tables: Tables, options: LinkOptions, edges: Edges) -> None:
        self._space = space
        self._tables = tables
        self._options = options
        self._edges = edges
        self._analyses = {one.name: one for one in space.nodes.all() if one.kind == "analysis"}
        self._docs = docs_blocks(space.project, options)
        self._measures = dict(self._named("measures"))
        self._metrics = {
            one.name: _symbol(one.path, one.address)
            for held in space.properties.values()
            for one in held.entries
            if one.kind == "metric"
        }

    def add(self) -> None:
        """Add all."""
        for package, held in sorted(self._space.properties.items()):
            for entry in held.entries:
                self._add_entry(package, entry)

    def _named(self, role: str) -> Iterable[tuple[str, str]]:
        for held in self._space.properties.values():
            for one in held.entries:
                for kind, name, address, _ in one.words:
                    if one.kind == "semantic_model" and kind == role:
                        yield name, _symbol(one.path, address)

    def _add_entry(self, package: str, entry: Entry) -> None:
        whole = _symbol(entry.path, entry.address)
        node = self._described(package, entry)
        if entry.kind == "source":
            self._add_source(entry, whole)
        elif entry.kind == "macro":
            if self._space.session.index.find(entry.name, package) is not None:
                target = macro_symbol(entry.name)
                self._edges.add(whole, target, "schema", entry.path, entry.line)
        elif node is not None:
            self._add_described(entry, node, whole)
        relation = self._relation(entry, node)
        for test in entry.tests:
            if not self._space.is_test_enabled(package, entry.path, test.enabled):
                self._edges.disabled.add(_symbol(entry.path, test.address))
            self._add_test(package, entry, test, relation, node)
        for call in entry.calls:
            self._add_call(package, entry, call, node)
        self._add_words(package, entry, whole)

    def _described(self, package: str, entry: Entry) -> Node | None:
        """Return the node that an entry is about."""
        if entry.kind not in _DESCRIBED:
            return None
        if entry.kind == "analysis":
            return self._analyses.get(entry.name)
        return self._space.nodes.find(entry.name, package, "", package)

    @staticmethod
    def _relation(entry: Entry, node: Node | None) -> str:
        if entry.kind == "source":
            return f"{entry.parent}.{entry.name}".lower()
        return node.symbol if node is not None and not node.symbol.startswith("file:") else ""

    def _add_source(self, entry: Entry, whole: str) -> None:
        relation = f"{PREFIX}{entry.parent}.{entry.name}".lower()
        self._edges.add(relation, whole, "source", entry.path, entry.line)
        for column in entry.columns:
            name = f"{relation}.{column.name.lower()}"
            target = _symbol(entry.path, column.address)
            self._edges.add(name, target, "schema", entry.path, column.line)

    def _add_described(self, entry: Entry, node: Node, whole: str) -> None:
        symbol = symbol_of(node)
        if node.path == entry.path:
            # A snapshot that is wholly in this file: the entry is its definition.
            self._edges.add(symbol, whole, "definition", entry.path, entry.line)
            return
        self._edges.add(whole, symbol, "schema", entry.path, entry.line)
        for column in entry.columns:
            place = _symbol(entry.path, column.address)
            if node.kind == "seed":
                names = csv_header(self._options.source(node.path))
                if column.name.lower() in names:
                    self._edges.add(
                        place, symbol, "schema", entry.path, column.line, needs=column.name
                    )
                continue
            self._add_column(place, node.symbol, column.name, (entry.path, column.line), "schema")

    def _add_column(
        self,
        place: str,
        relation: str,
        column: str,
        site: tuple[str, int],
        kind: str,
        tier: Tier = "certain",
    ) -> None:
        """Add an edge to a column if the relation has it; where it cannot be told, a likely one."""
        name = column.strip('"`').lower()
        columns = self._tables.columns(relation)
        has = columns.has(name, site[0])
        target = f"{PREFIX}{relation}.{name}"
        if has:
            self._edges.add(place, target, kind, *site, tier)
        elif has is False:
            self._edges.lost(*site, f"{relation}.{name}", place)

    def _add_test(
        self, package: str, entry: Entry, test: Test, relation: str, node: Node | None
    ) -> None:
        place = _symbol(entry.path, test.address)
        site = (entry.path, test.line)
        owner, _, last = test.name.rpartition(".")
        found = self._space.session.index.find(f"test_{last}", owner or package)
        if found is not None:
            self._edges.add(place, macro_symbol(found.name), "macro", *site, needs=test.name)
        if not relation:
            if node is not None:
                # Of a seed or a Python model the file is the relation.
                self._edges.add(place, symbol_of(node), "test", *site)
            return
        if entry.kind == "source":
            self._edges.add(place, PREFIX + relation, "test", *site)
        elif test.column:
            self._add_column(place, relation, test.column, site, "test")
        else:
            self._edges.add(place, PREFIX + relation, "test", *site)
        known = self._tables.columns(relation).names
        other = self._other(package, entry, test)
        for key, value in test.fields:
            if key == "field" and other is not None:
                self._add_column(place, other.symbol, value, site, "test")
            elif value.lower() in known:
                target = f"{PREFIX}{relation}.{value.lower()}"
                self._edges.add(place, target, "test", *site, "likely")

    def _other(self, package: str, entry: Entry, test: Test) -> Node | None:
        """Return the relation in the ``to`` of a test of relationships."""
        for call in entry.calls:
            if call.kind == "ref" and call.address.startswith(f"{test.address}."):
                found = self._ref(package, call)
                if found is not None and not found.symbol.startswith("file:"):
                    return found
        return None

    def _ref(self, package: str, call: Call) -> Node | None:
        owner = call.names[0] if len(call.names) > 1 else ""
        return self._space.nodes.find(call.names[-1], owner, call.version, package)

    def _add_call(self, package: str, entry: Entry, call: Call, node: Node | None) -> None:
        user = _symbol(entry.path, _holder(entry, call))
        if node is not None and node.path == entry.path and not call.address.startswith("tests"):
            user = symbol_of(node)
        site = (entry.path, call.line)
        name = call.names[-1]
        if call.kind == "ref":
            found = self._ref(package, call)
            if found is not None:
                self._edges.add(user, symbol_of(found), "ref", *site)
            else:
                self._edges.lost(*site, name, user)
        elif call.kind == "source" and len(call.names) > 1:
            target = f"{PREFIX}{call.names[0]}.{name}".lower()
            self._edges.add(user, target, "ref", *site)
        elif call.kind == "doc":
            self._add_doc(user, call, site)
        elif call.kind == "var":
            add_variable(self._space.project, package, name, (user, *site), self._edges)
        elif call.kind == "env_var":
            self._edges.add(user, f"env:{name}", "env", *site)
        elif call.kind == "metric" and name in self._metrics:
            self._edges.add(user, self._metrics[name], "metric", *site)

    def _add_doc(self, user: str, call: Call, site: tuple[str, int]) -> None:
        found = self._docs.get(call.names[-1])
        if found is not None:
            place = f"{found[0]}:{found[1]}"
            self._edges.add(
                user, f"file:{found[0]}", "doc", *site, needs=f"{call.names[-1]} in {place}"
            )
        else:
            self._edges.lost(*site, f"doc({call.names[-1]!r})", user)

    def _add_words(self, package: str, entry: Entry, whole: str) -> None:
        model = next((self._ref(package, one) for one in entry.calls if one.kind == "ref"), None)
        for role, name, address, line in entry.words:
            place, site = _symbol(entry.path, address), (entry.path, line)
            if role == "column" and model is not None and entry.kind == "semantic_model":
                self._add_column(place, model.symbol, name, site, "semantic")
            elif role == "model":
                found = self._space.nodes.find(name, "", "", package)
                if found is not None:
                    self._edges.add(whole, symbol_of(found), "test", *site)
            elif role == "measure" and name in self._measures:
                self._edges.add(whole, self._measures[name], "metric", *site)
            elif role in _METRIC_WORDS and name in self._metrics:
                self._edges.add(whole, self._metrics[name], "metric", *site)


def _holder(entry: Entry, call: Call) -> str:
    """Return the address of what a call stands in: a test, a column, else the whole entry."""
    places = [one.address for one in entry.tests] + [one.address for one in entry.columns]
    inside = [one for one in places if call.address.startswith(f"{one}.")]
    return max(inside, key=len, default=entry.address)


def _symbol(path: str, address: str) -> str:
    return f"yaml:{path}#{address}"


def docs_blocks(project: Project, options: LinkOptions) -> dict[str, tuple[str, int]]:
    """Return name → (file, line) of the ``{% docs %}`` blocks in a project's Markdown."""
    found: dict[str, tuple[str, int]] = {}
    folders = tuple(f"{one}/" for held in project.folders.values() for one in held)
    for path in sorted(options.paths):
        if path.endswith(".md") and path.startswith(folders):
            text = text_of(options.source(path) or b"")
            line, at = 1, 0
            for match in _DOCS.finditer(text):
                line, at = line + text.count("\n", at, match.start()), match.start()
                found.setdefault(match.group(1), (path, line))
    return found
