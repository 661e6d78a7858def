"""Names of relations: how they are written, what a path calls one, which symbols stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from blastradius.model.facts import Definition

PREFIX = "sql:"
QUERY = "<query>"
# Stands in a text where a value is computed at run time; no name that contains it is a real one.
HOLE = "__hole__"

SUFFIXES = (".sql", ".ddl", ".hql", ".pgsql", ".psql")
TEMPLATE_SUFFIXES = (".j2", ".jinja", ".jinja2")

# dbt: the name of a model is its file's, unique in the project.
_UNIQUE_STEM_FOLDERS = frozenset({"models", "seeds", "snapshots", "analyses"})
# Warehouses kept as sql/<project>/<dataset>/<table>/query.sql: the name is in the path.
_ROLE_STEMS = frozenset({"query", "view", "script", "init", "materialized_view"})


def words(text: str) -> frozenset[str]:
    """Return the words of ``text``, for tables of names that read better as prose."""
    return frozenset(text.split())


def claims(path: str) -> bool:
    """Tell whether ``path`` looks like a file of SQL, templated or not."""
    return _without_template_suffix(path.lower()).endswith(SUFFIXES)


@lru_cache(maxsize=65_536)
def relation_of_path(path: str) -> str:
    """Return the relation that a bare query in the file at ``path`` stands for, lower-cased.

    ``silver/oura_sleep.sql`` is ``silver.oura_sleep``; ``sql/p/silver/oura_sleep/query.sql`` is the
    same; below a dbt folder (models, seeds, snapshots) the stem alone is the name.
    """
    place = PurePosixPath(_without_template_suffix(path.lower()))
    folders = place.parent.parts
    if place.stem in _ROLE_STEMS and len(folders) > 1:
        return ".".join(folders[-2:])
    if not _UNIQUE_STEM_FOLDERS.isdisjoint(folders) or "." in place.stem or not folders:
        return place.stem
    return f"{folders[-1]}.{place.stem}"


def symbol(path: str, definitions: Sequence[Definition], index: int) -> str:
    """Return the symbol id of ``definitions[index]`` in the file at ``path``; -1 is the file."""
    if index < 0:
        return file_symbol(path)
    definition = definitions[index]
    if definition.kind == "function":
        return macro_symbol(definition.name)
    name = definition.name
    if not name.startswith(QUERY):
        return PREFIX + name
    alone = all(one.name.startswith(QUERY) for one in definitions if one.kind == "relation")
    return PREFIX + query_relation(path, alone=alone) + name[len(QUERY) :]


def query_relation(path: str, *, alone: bool) -> str:
    """Return the id of a bare query's relation.

    Beside statements that name their target (``alone`` is False) the query is a look at the data,
    not the table that the file is called after: it gets an id that no reader can mean.
    """
    name = relation_of_path(path)
    return name if alone else f"{name}~query"


def file_symbol(path: str) -> str:
    """Return the symbol of a whole file."""
    return f"file:{path}"


def macro_symbol(name: str) -> str:
    """Return the symbol of a template macro."""
    return f"{PREFIX}macro:{name}"


def without_holes(parts: Sequence[str]) -> str:
    """Return the dotted name of ``parts``, leading holes left out; empty when the rest has one."""
    kept = list(parts)
    while len(kept) > 1 and HOLE in kept[0]:
        kept.pop(0)
    return "" if any(HOLE in part for part in kept) else ".".join(kept).lower()


def _without_template_suffix(path: str) -> str:
    for suffix in TEMPLATE_SUFFIXES:
        if path.endswith(suffix):
            return path[: -len(suffix)]
    return path
