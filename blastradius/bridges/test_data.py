"""Test data whose file or folder is called after a table → the table.

``tests/.../<dataset>.<table>.yaml`` holds rows of ``dataset.table``; ``expect.yaml`` below
``tests/sql/<project>/<dataset>/<table>/`` holds what its query puts out. Only a name of two parts that
one relation of the tree has counts: a bare stem is many things.
"""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.bridges.base import View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.keyed import is_keyed
from blastradius.languages.sql import resolve
from blastradius.model.symbols import Linked

NAME = "test_data"
VERSION = "1"

_FOLDERS = frozenset({"test", "tests", "fixtures", "testdata", "test_data", "testing"})
_SUFFIXES = (".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".tsv", ".yaml", ".yml", ".avro")
_EXPECTED = frozenset({"expect", "expected", "expectation", "output"})
_NAMED = Sure("certain", 0.97)
_PLACED = Sure("likely", 0.93)
_LEAST_PARTS = 2


def link(view: View) -> Linked:
    """Return edges of kind ``schema`` from files of test data to the relations of their rows."""
    tables = view.tables.get("sql")
    found = Found()
    if tables is None:
        return found.linked()
    for path in sorted(view.paths):
        parts = path.split("/")
        if not path.endswith(_SUFFIXES) or _FOLDERS.isdisjoint(parts[:-1]):
            continue
        for name, sure in _names(parts):
            relations = resolve(tables, name)
            if len(relations) == 1 and relations[0].removeprefix("sql:").count(".") >= 1:
                view_of = view.files.get(path)
                whole = view_of is not None and is_keyed(view_of)
                symbol = view_of.scope_symbol(path, -1) if view_of and whole else f"file:{path}"
                found.edge(Site(symbol, path, 1, name), relations[0], "schema", sure)
                break
    return found.linked()


def _names(parts: list[str]) -> Iterator[tuple[str, Sure]]:
    """Yield the tables that a file may hold rows of: by its stem, by its folders."""
    stem = parts[-1].rpartition(".")[0]
    stem = stem.removesuffix(".schema")
    if stem.count(".") >= _LEAST_PARTS - 1:
        yield stem, _NAMED
        yield ".".join(stem.split(".")[-_LEAST_PARTS:]), _NAMED
    elif stem in _EXPECTED or stem.startswith("expect"):
        for end in range(len(parts) - 1, _LEAST_PARTS - 1, -1):
            yield ".".join(parts[end - _LEAST_PARTS : end]), _PLACED
