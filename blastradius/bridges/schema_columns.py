"""Columns that a YAML (or JSON) file lists ↔ the output columns of the query beside it.

``orders.sql`` with ``orders.yaml``, ``query.sql`` with ``schema.yaml`` in a table's own folder: a list
of records with names, as a warehouse keeps its schemas. Most of the listed names must be columns of the
query; a listed name that a query of known columns does not put out is drift, and dangles.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from blastradius.bridges.base import FileView, View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.keyed import is_keyed
from blastradius.languages.sql import columns_of
from blastradius.model.facts import FieldGroup
from blastradius.model.symbols import Linked

NAME = "schema_columns"
VERSION = "1"

_ROLES = frozenset({"query", "view", "script", "init", "materialized_view", "part1"})
_SCHEMAS = frozenset({"schema", "columns", "metadata", "table", "fields"})
_LISTS = frozenset({"columns", "fields", "schema", "schema_fields", "output_columns"})
_MOSTLY = 0.8
_LEAST = 0.5
_MOST = Sure("certain", 0.97)
_PART = Sure("likely", 0.9)


def link(view: View) -> Linked:
    """Return edges of kind ``schema`` from listed columns to the query's columns."""
    tables = view.tables.get("sql")
    found = Found()
    if tables is None:
        return found.linked()
    queries: dict[str, list[str]] = defaultdict(list)
    for path, file in view.files.items():
        if file.language.NAME == "sql":
            queries[posixpath.dirname(path)].append(path)
    for path, file in view.files.items():
        if not is_keyed(file) or posixpath.dirname(path) not in queries:
            continue
        for query in beside(path, queries[posixpath.dirname(path)]):
            relation, columns = _outputs(query, view.files[query])
            if columns:
                known = columns_of(tables, relation)
                for group in _lists(file):
                    _match(path, file, group, (columns, known), found)
    return found.linked()


def beside(path: str, queries: Iterable[str]) -> Iterator[str]:
    """Yield those of the queries in one folder whose columns the config at ``path`` lists."""
    stem = posixpath.basename(path).partition(".")[0]
    for query in queries:
        own = posixpath.basename(query).partition(".")[0]
        if own == stem or (own in _ROLES and stem in _SCHEMAS):
            yield query


def _outputs(path: str, file: FileView) -> tuple[str, dict[str, str]]:
    """Return the symbol of the file's first relation, and column → symbol."""
    definitions = file.facts.definitions
    main = next((index for index, one in enumerate(definitions) if one.kind == "relation"), -1)
    if main < 0:
        return "", {}
    columns = {
        one.name.rpartition(".")[2]: file.scope_symbol(path, index)
        for index, one in enumerate(definitions)
        if one.kind == "column" and one.parent == main
    }
    return file.scope_symbol(path, main), columns


def _lists(file: FileView) -> Iterator[FieldGroup]:
    """Yield the lists of named records that stand directly in the document, or in one table of it."""
    definitions = file.facts.definitions
    for group in file.facts.groups:
        if group.kind != "columns" or group.scope < 0:
            continue
        name = definitions[group.scope].name
        nested = "fields" in name.rpartition(".")[0]
        if name.rpartition(".")[2] in _LISTS and not nested:
            yield group


def _match(
    path: str,
    file: FileView,
    group: FieldGroup,
    outputs: tuple[Mapping[str, str], tuple[str, ...] | None],
    found: Found,
) -> None:
    columns, known = outputs
    shared = [one for one in group.sites if one.name.lower() in columns]
    share = len(shared) / len(group.sites)
    if not shared or share < _LEAST:
        return
    sure = _MOST if share >= _MOSTLY else _PART
    for one in group.sites:
        site = Site(file.scope_symbol(path, one.definition), path, one.line, one.name)
        target = columns.get(one.name.lower())
        if target is not None:
            found.edge(site, target, "schema", sure)
        elif known is not None and one.name.lower() not in known:
            found.miss(site, internal=True)
