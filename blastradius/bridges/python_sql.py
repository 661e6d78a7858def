"""Python that holds SQL, and Python that names tables.

A string that holds SQL is linked by the SQL language with the Python definition around it as its
user. A table's name as an argument is a write or a read by what is called with it: ``to_sql``,
``insert`` write, ``read_sql_table``, ``table`` read; a callee that tells neither is a reference.
"""

from __future__ import annotations

from blastradius.bridges.base import FileView, View
from blastradius.languages.sql import link_embedded, resolve
from blastradius.model.facts import Mention
from blastradius.model.symbols import Edge, Linked, Unresolved

NAME = "python_sql"
VERSION = "1"

_WRITERS = frozenset(
    """to_sql insert insert_many insert_rows insert_rows_json bulk_insert write write_table
    save save_as_table saveAsTable insertInto insert_into load_table load_table_from_dataframe
    load_table_from_json load_table_from_uri to_gbq create_table create_or_replace_table append
    upsert merge_into copy_into write_pandas put store sink""".split()
)
_READERS = frozenset(
    """read_sql_table read_gbq read_table table from_ select_from get_table list_rows scan
    read fetch select query source ref""".split()
)


def link(view: View) -> Linked:
    """Return the edges between Python and relations: ``read``, ``write``, columns of embedded SQL."""
    tables = view.tables.get("sql")
    if tables is None:
        return Linked()
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for path, file in view.files.items():
        for part, facts in zip(
            file.facts.embedded, file.facts.embedded_facts, strict=False
        ):
            if part.language == "sql":
                linked = link_embedded(facts, tables, path, file.scope_symbol(path, part.scope))
                edges += linked.edges
                unresolved += linked.unresolved
        for mention in file.facts.mentions:
            if mention.flavor == "table":
                edges += _mentioned(path, file, mention, tables)
    return Linked(tuple(edges), tuple(unresolved), len(edges))


def _mentioned(path: str, file: FileView, mention: Mention, tables: object) -> list[Edge]:
    """Return the edges of one table name. Several relations of that name: one heuristic edge each."""
    found = resolve(tables, mention.value)
    callee = mention.via.rpartition(".")[2]
    writes, reads = callee in _WRITERS, callee in _READERS
    if not found:
        # Nobody defines it in SQL: if it is written here, here is its only producer.
        if not writes:
            return []
        found = (f"sql:{mention.value.lower()}",)
    scope = file.scope_symbol(path, mention.scope)
    edges = []
    for relation in found:
        if len(found) > 1:
            tier, confidence = "heuristic", 0.5
        elif writes or reads:
            tier, confidence = "certain", 0.97
        else:
            tier, confidence = "likely", 0.9
        source, target = (relation, scope) if writes else (scope, relation)
        kind = "write" if writes else "read"
        edges.append(
            Edge(source, target, kind, tier, confidence, path, mention.line, mention.value)  # type: ignore[arg-type] - the literals above are tiers
        )
    return edges
