"""Python that holds SQL, and Python that names tables.

A string that holds SQL is linked by the SQL language with the Python definition around it as its
user. A table's name as an argument is a write or a read by what is called with it: ``to_sql``,
``insert`` write, ``read_sql_table``, ``table`` read; a callee that tells neither is a reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from blastradius.bridges.base import FileView, View
from blastradius.bridges.keyed import is_keyed
from blastradius.bridges.orm import is_orm
from blastradius.languages.sql import Tables, link_embedded, resolve
from blastradius.model.facts import Mention
from blastradius.model.symbols import Edge, Linked, Tier, Unresolved

NAME = "python_sql"
VERSION = "2"

_WRITERS = frozenset(
    {
        "bulk_insert",
        "copy_into",
        "create_or_replace_table",
        "create_table",
        "insert",
        "insertInto",
        "insert_into",
        "insert_many",
        "insert_rows",
        "insert_rows_json",
        "load_table",
        "load_table_from_dataframe",
        "load_table_from_json",
        "load_table_from_uri",
        "merge_into",
        "saveAsTable",
        "save_as_table",
        "to_gbq",
        "to_sql",
        "upsert",
        "write_pandas",
        "write_table",
    }
)
_DOUBT = 0.5
# Keys of config that say where something is put.
_DESTINATION = re.compile(r"(?:destination|target|output|sink|to|write)_?(?:\w*_)?table(?:_?id)?\Z")
_READERS = frozenset(
    {
        "from_",
        "get_table",
        "list_rows",
        "read_gbq",
        "read_sql_table",
        "read_table",
        "select_from",
        "table",
    }
)


def link(view: View) -> Linked:
    """Return the edges between Python and relations: ``read``, ``write``, columns of embedded SQL."""
    tables = view.tables.get("sql")
    if tables is None:
        return Linked()
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for path, file in view.files.items():
        for part, facts in zip(file.facts.embedded, file.facts.embedded_facts, strict=False):
            if part.language == "sql":
                linked = link_embedded(facts, tables, path, file.scope_symbol(path, part.scope))
                edges += _doubted(linked.edges, tables) if part.holes else linked.edges
                unresolved += linked.unresolved
        for mention in file.facts.mentions:
            if mention.flavor == "table" and not is_orm(mention.via):
                edges += _mentioned(path, file, mention, tables)
    return Linked(tuple(edges), tuple(unresolved), len(edges))


def _doubted(edges: Iterable[Edge], tables: Tables) -> Iterator[Edge]:
    """Yield the edges of a text with parts computed at run time.

    A bare name that no table has may be a CTE whose WITH is one of those parts.
    """
    for edge in edges:
        relation = edge.source if edge.kind == "write" else edge.target
        name = relation.removeprefix("sql:")
        if edge.kind not in {"read", "write"}:
            name = name.rpartition(".")[0]
        if name and "." not in name and not resolve(tables, name):
            yield structs.replace(edge, tier="heuristic", confidence=_DOUBT)
        else:
            yield edge


def _mentioned(path: str, file: FileView, mention: Mention, tables: Tables) -> list[Edge]:
    """Return the edges of one table name. Several relations of that name: one heuristic edge each."""
    found = resolve(tables, mention.value)
    callee = mention.via.rpartition(".")[2]
    writes, reads = callee in _WRITERS, callee in _READERS
    if is_keyed(file):
        writes = bool(_DESTINATION.match(callee))
    if not found:
        # Nobody defines it in SQL: if it is written here, here is its only producer.
        if not writes:
            return []
        found = (f"sql:{mention.value.lower()}",)
    scope = file.scope_symbol(path, mention.scope)
    edges = []
    for relation in found:
        tier, confidence = _sureness(len(found), told=writes or reads)
        source, target = (relation, scope) if writes else (scope, relation)
        kind = "write" if writes else "read"
        edges.append(
            Edge(source, target, kind, tier, confidence, path, mention.line, mention.value)
        )
    return edges


def _sureness(candidates: int, *, told: bool) -> tuple[Tier, float]:
    if candidates > 1:
        return "heuristic", 0.5
    return ("certain", 0.97) if told else ("likely", 0.9)
