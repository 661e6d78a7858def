"""What a project's YAML files say: models, sources, tests, exposures, metrics, and where.

https://docs.getdbt.com/reference/configs-and-properties
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec
from msgspec import Struct

from blastradius.languages.base import LinkOptions
from blastradius.languages.dbt.project import Project, document, resource_files
from blastradius.languages.secrets import hidden_in
from blastradius.languages.yaml.address import below
from blastradius.languages.yaml.nodes import Node, child, settle

_MEMO = "dbt-properties-3"
_CALL = re.compile(r"\b(ref|source|doc|var|env_var|metric)\(([^()]*)\)")
_ARGUMENT = re.compile(r"(?:(\w+)\s*=\s*)?(?:'([^']*)'|\"([^\"]*)\"|([\w.]+))")
# What a test is called like, beside its name.
_TEST_KEYS = frozenset({"config", "name", "description", "where", "arguments", "column_name"})
_RESOURCES = {
    "models": "model",
    "seeds": "seed",
    "snapshots": "snapshot",
    "analyses": "analysis",
    "sources": "source",
    "exposures": "exposure",
    "metrics": "metric",
    "semantic_models": "semantic_model",
    "saved_queries": "saved_query",
    "unit_tests": "unit_test",
    "macros": "macro",
    "data_tests": "test",
}
_MOST_NODES = 200_000
_LONGEST_TEXT = 50_000


class Call(Struct, frozen=True, array_like=True, gc=False):
    """``ref(…)``, ``source(…)``, ``doc(…)`` … in a text: names, version, where."""

    kind: str
    names: tuple[str, ...]
    version: str
    address: str
    line: int


class Test(Struct, frozen=True, array_like=True, gc=False):
    """A generic test: its dotted name, where; ``column`` is what it is a test of, if of a column.

    ``fields``: (argument, name) of columns that it names, ``field`` of the relation in ``to``.
    ``enabled``: what its own configuration says, empty for nothing.
    """

    name: str
    address: str
    line: int
    column: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    enabled: str = ""


class ColumnEntry(Struct, frozen=True, array_like=True, gc=False):
    """A column that the YAML describes."""

    name: str
    address: str
    line: int


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One resource. ``parent``: of a source's table, the source's name; ``extra`` for what is special.

    ``versions``: (version, file's stem) of a versioned model, ``latest`` the one that is meant.
    ``enabled``: what its configuration says, empty for nothing.
    """

    kind: str
    name: str
    path: str
    address: str
    line: int
    parent: str = ""
    columns: tuple[ColumnEntry, ...] = ()
    tests: tuple[Test, ...] = ()
    calls: tuple[Call, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    latest: str = ""
    words: tuple[tuple[str, str, str, int], ...] = ()
    enabled: str = ""


class Properties(Struct, frozen=True, array_like=True):
    """Everything that the YAML files of one project say."""

    entries: tuple[Entry, ...] = ()

    def versions(self) -> dict[str, tuple[str, str, bool]]:
        """Return file's stem → (model, version, whether it is the latest)."""
        found: dict[str, tuple[str, str, bool]] = {}
        for one in self.entries:
            if one.kind == "model" and one.versions:
                latest = one.latest or max((v for v, _ in one.versions), key=_order)
                for version, stem in one.versions:
                    found[stem] = (one.name, version, version == latest)
                    if version == latest:
                        found.setdefault(one.name, (one.name, version, True))
        return found


def _order(version: str) -> tuple[int, float, str]:
    try:
        return 1, float(version), version
    except ValueError:
        return 0, 0.0, version


def read_properties(project: Project, options: LinkOptions) -> Properties:
    """Return what the YAML files of a project say; each file is remembered by its text."""
    files: dict[str, None] = {}
    for kind in project.folders:
        files.update(dict.fromkeys(resource_files(project, options.paths, kind, (".yml", ".yaml"))))
    entries: list[Entry] = []
    for path in files:
        source = options.source(path)
        if source is None:
            continue
        key = blake2b(path.encode() + b"\0" + source, digest_size=20).hexdigest()
        kept = options.memo.get(_MEMO, key)
        if kept is not None:
            entries += msgspec.msgpack.decode(kept, type=tuple[Entry, ...])
            continue
        packed = hidden_in(msgspec.msgpack.encode(tuple(_entries(path, document(source)))))
        options.memo.put(_MEMO, key, packed)
        entries += msgspec.msgpack.decode(packed, type=tuple[Entry, ...])
    return Properties(tuple(entries))


def _entries(path: str, tree: Node) -> Iterator[Entry]:
    for key, listed in tree.pairs:
        kind = _RESOURCES.get(key.text) if key.kind == "scalar" else None
        held = settle(listed)
        if kind is None or held.kind != "sequence":
            continue
        for index, item in enumerate(held.items):
            node = settle(item)
            name = _text(child(node, "name"))
            if node.kind != "mapping" or not name:
                continue
            address = f"{below('', key)}[{index}]"
            if kind == "source":
                yield from _tables(path, address, name, node)
            else:
                yield _entry(kind, path, address, node, item.line)


def _tables(path: str, address: str, source: str, node: Node) -> Iterator[Entry]:
    tables = child(node, "tables")
    for index, item in enumerate(tables.items if tables is not None else ()):
        table = settle(item)
        if table.kind == "mapping" and _text(child(table, "name")):
            yield _entry(
                "source", path, f"{address}.tables[{index}]", table, item.line, parent=source
            )


def _entry(kind: str, path: str, address: str, node: Node, line: int, *, parent: str = "") -> Entry:
    name = _text(child(node, "name"))
    columns: list[ColumnEntry] = []
    tests: list[Test] = list(_tests(node, address, ""))
    listed = child(node, "columns")
    for index, item in enumerate(listed.items if listed is not None else ()):
        column = settle(item)
        title = _text(child(column, "name"))
        place = f"{address}.columns[{index}]"
        if column.kind == "mapping" and title:
            columns.append(ColumnEntry(title, place, item.line))
            tests += _tests(column, place, title)
    versions, latest = _versions(node, name)
    return Entry(
        kind,
        name,
        path,
        address,
        line,
        parent,
        tuple(columns),
        tuple(tests),
        tuple(_calls(node, address)),
        versions,
        latest,
        tuple(_words(kind, node, address)),
        _enabled(node),
    )


def _enabled(node: Node) -> str:
    config = child(node, "config")
    return _text(child(config, "enabled")) if config is not None else ""


def _versions(node: Node, name: str) -> tuple[tuple[tuple[str, str], ...], str]:
    found: list[tuple[str, str]] = []
    listed = child(node, "versions")
    for item in listed.items if listed is not None else ():
        version = _text(child(settle(item), "v"))
        stem = _text(child(settle(item), "defined_in"))
        if version:
            found.append((version, stem.removesuffix(".sql") or f"{name}_v{version}"))
    return tuple(found), _text(child(node, "latest_version"))


def _tests(node: Node, address: str, column: str) -> Iterator[Test]:
    for key in ("data_tests", "tests"):
        listed = child(node, key)
        for index, item in enumerate(listed.items if listed is not None else ()):
            place = f"{address}.{key}[{index}]"
            test = settle(item)
            if test.kind == "scalar":
                yield Test(test.text, place, item.line, column)
            for inner, value in test.pairs:
                if inner.kind == "scalar" and inner.text not in _TEST_KEYS:
                    held = settle(value)
                    told = _enabled(held) or _enabled(test)
                    yield Test(inner.text, place, item.line, column, tuple(_fields(held)), told)
                    break


def _fields(arguments: Node) -> Iterator[tuple[str, str]]:
    for key, value in arguments.pairs:
        held = settle(value)
        if key.kind != "scalar":
            continue
        if key.text == "arguments":
            yield from _fields(held) if held.kind == "mapping" else ()
        elif held.kind == "scalar":
            yield key.text, held.text
        elif held.kind == "sequence":
            yield from ((key.text, _text(settle(one))) for one in held.items)


def _calls(node: Node, address: str) -> Iterator[Call]:
    for text, place, line in _scalars(node, address):
        if "(" not in text:
            continue
        text = text[:_LONGEST_TEXT]  # noqa: PLW2901 - the rest of a text that long is no code
        for match in _CALL.finditer(text):
            names: list[str] = []
            version = ""
            for key, single, double, bare in _ARGUMENT.findall(match.group(2)):
                if key in {"v", "version"}:
                    version = single or double or bare
                elif single or double:
                    names.append(single or double)
            if names:
                at = line + text.count("\n", 0, match.start())
                yield Call(match.group(1), tuple(names), version, place, at)


def _scalars(node: Node, address: str) -> Iterator[tuple[str, str, int]]:
    """Yield every text below a node, with its address and line."""
    pending = [(node, address)]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        one, place = pending.pop()
        one = settle(one)
        if one.kind == "scalar":
            yield one.text, place, one.line + one.block
        pending += reversed([(value, below(place, key)) for key, value in one.pairs])
        pending += reversed([(item, f"{place}[{n}]") for n, item in enumerate(one.items)])


def _words(kind: str, node: Node, address: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield (role, name, address, line) of what metrics, semantic models and snapshots name bare."""
    if kind == "unit_test":
        model = child(node, "model")
        if model is not None:
            yield "model", model.text, f"{address}.model", model.line
        return
    if kind == "semantic_model":
        for role in ("measures", "dimensions", "entities"):
            yield from _members(node, role, f"{address}.{role}")
    if kind in {"metric", "saved_query"}:
        for text, place, line in _scalars(node, address):
            last = re.sub(r"(\[\d+\])?(\.name)?$", "", place).rpartition(".")[2]
            if last in {
                "measure",
                "metric",
                "metrics",
                "numerator",
                "denominator",
                "input_metrics",
            }:
                yield last, text, place, line


def _members(node: Node, role: str, address: str) -> Iterator[tuple[str, str, str, int]]:
    listed = child(node, role)
    for index, item in enumerate(listed.items if listed is not None else ()):
        name = child(settle(item), "name")
        expression = child(settle(item), "expr")
        if name is None:
            continue
        place = f"{address}[{index}]"
        yield role, name.text, place, item.line
        shown = expression if expression is not None else name
        if shown.kind == "scalar" and shown.text.isidentifier():
            yield "column", shown.text, place, shown.line


def _text(node: Node | None) -> str:
    return node.text if node is not None and node.kind == "scalar" else ""


def all_properties(projects: Iterable[Project], options: LinkOptions) -> dict[str, Properties]:
    """Return package → what its YAML files say."""
    return {one.name: read_properties(one, options) for one in projects}
