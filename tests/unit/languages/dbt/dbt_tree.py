"""A dbt project from a dictionary, path → text: rendered, linked, bridged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from blastradius.bridges import dbt
from blastradius.bridges.base import FileView, View
from blastradius.index.blob import facts_of
from blastradius.index.link import Options
from blastradius.languages import registry, sql
from blastradius.languages.base import Memo
from blastradius.languages.dbt.record import Rendered
from blastradius.languages.dbt.world import Space, World
from blastradius.languages.sql import Tables
from blastradius.model.symbols import Edge, Linked

Texts = Mapping[str, str]
PROJECT = "name: shop\nprofile: shop\n"


def options_of(texts: Texts, memo: Memo | None = None) -> Options:
    """Return what linking is told of a tree."""

    def source(path: str) -> bytes | None:
        text = texts.get(path)
        return None if text is None else text.encode()

    options = Options(paths=frozenset(texts), source=source)
    return options if memo is None else replace(options, memo=memo)


def with_project(texts: Texts) -> dict[str, str]:
    """Return the texts with a plain project file, if they have none."""
    return {"dbt_project.yml": PROJECT, **texts}


def tables_of(texts: Texts, memo: Memo | None = None) -> Tables:
    """Return the SQL language's tables of a project."""
    whole = with_project(texts)
    files = {
        path: facts_of("sql", text.encode())
        for path, text in sorted(whole.items())
        if path.endswith(".sql")
    }
    return sql.tables(files, options_of(whole, memo))


def world_of(texts: Texts, memo: Memo | None = None) -> World:
    """Return the projects of a tree."""
    world = tables_of(texts, memo).dbt
    assert world is not None
    return world


def space_of(texts: Texts) -> Space:
    """Return the only project of a tree."""
    (space,) = world_of(texts).spaces
    return space


def rendered(template: str, **others: str) -> Rendered:
    """Return what a model gives; ``others`` are macro files by their stems."""
    texts = {f"macros/{name}.sql": text for name, text in others.items()}
    path = "models/it.sql"
    return space_of({path: template, "models/up.sql": "select 1 as a, 2 as b", **texts}).rendered[
        path
    ]


def plain(made: Rendered) -> str:
    """Return the text in one line."""
    return " ".join(made.text.split())


def used(made: Rendered, kind: str, via: str = "") -> list[str]:
    """Return the names that were used, of one kind."""
    return [one.name for one in made.uses if one.kind == kind and one.via == via]


def bridged(texts: Texts) -> tuple[list[Edge], Linked]:
    """Return the edges of the SQL language, and what the bridge adds."""
    whole = with_project(texts)
    files = {
        path: FileView(language, facts_of(language.NAME, text.encode()))
        for path, text in sorted(whole.items())
        if (language := registry.claim(path)) is not None
    }
    own = {path: view.facts for path, view in files.items() if view.language.NAME == "sql"}
    options = options_of(whole)
    tables = sql.tables(own, options)
    edges = [edge for path in own for edge in sql.link(path, own[path], tables).edges]
    view = View(files, options.paths, {"sql": tables}, tuple(edges), options)
    return edges, dbt.link(view)


def pairs(edges: list[Edge] | tuple[Edge, ...], kind: str) -> set[tuple[str, str]]:
    """Return (source, target) of the edges of one kind."""
    return {(edge.source, edge.target) for edge in edges if edge.kind == kind}
