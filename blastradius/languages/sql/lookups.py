"""The look-ups over all files of SQL in a tree that linking one of them needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING

import msgspec

from blastradius.languages.base import LinkOptions
from blastradius.languages.sql.known import UNKNOWN, Columns, infer, output_names
from blastradius.languages.sql.names import PREFIX
from blastradius.languages.sql.registry import Meant, Registry, target_id
from blastradius.languages.sql.summary import Item, Reference, Relation, StarItem, Summary
from blastradius.model.facts import Facts

if TYPE_CHECKING:
    from blastradius.languages.dbt.world import World

_FILES_OF_MODELS = (".csv", ".py", ".tsv", ".parquet")
_MODEL_FOLDERS = frozenset({"models", "seeds", "snapshots", "data", "analyses"})


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that one file of SQL may need of the others.

    ``demanded``: relation → columns that somebody reads and that must come through its stars.
    ``other_models``: name → path of what a ``ref`` may name besides SQL (a seed, a Python model).
    ``paths``: every path of the tree.
    ``dbt``: the tree's dbt projects, whose rendered files' records are among the summaries.
    """

    summaries: Mapping[str, Summary]
    registry: Registry
    known: Mapping[str, Columns]
    demanded: Mapping[str, set[str]]
    macros: frozenset[str]
    other_models: Mapping[str, str]
    dbt: World | None = None
    paths: frozenset[str] = frozenset()

    def file_of(self, place: str, path: str) -> str:
        """Return the file of the tree that a place named in the file at ``path`` is, or nothing."""
        if "://" in place or place.startswith("@"):
            return ""
        beside = PurePosixPath(path).parent / place
        near = normpath(str(beside))
        return next((one for one in (normpath(place), near) if one in self.paths), "")

    def columns(self, relation: str) -> Columns:
        """Return the columns of a relation by its id."""
        return self.known.get(relation, UNKNOWN)


def build(files: Mapping[str, Facts], options: LinkOptions) -> Tables:
    """Return the look-ups for the files in ``files`` (path → facts)."""
    summaries = {path: decoded(facts) for path, facts in sorted(files.items())}
    dbt = _dbt(summaries, options)
    if dbt is None:
        return from_summaries(summaries, options.paths)
    tables = from_summaries(summaries | dbt.summaries, options.paths)
    return replace(tables, other_models={**tables.other_models, **dbt.others}, dbt=dbt)


def _dbt(summaries: Mapping[str, Summary], options: LinkOptions) -> World | None:
    if not any(path.endswith("dbt_project.yml") for path in options.paths):
        return None
    from blastradius.languages.dbt.world import (  # noqa: PLC0415 - the template engine costs 40 ms to import
        build_world,
    )

    return build_world(summaries, options)


def from_summaries(summaries: Mapping[str, Summary], paths: frozenset[str]) -> Tables:
    """Return the look-ups for the records in ``summaries`` (path → record).

    Args:
        summaries: in the order of their paths.
        paths: every path of the tree, for what a ``ref`` may name besides SQL.
    """
    registry = Registry.build(summaries)
    known = infer(registry, summaries)
    return Tables(
        summaries,
        registry,
        known,
        _demand(summaries, registry, known),
        frozenset(name for summary in summaries.values() for name in summary.macros),
        _other_models(paths),
        paths=paths,
    )


def decoded(facts: Facts) -> Summary:
    """Return the record in ``facts``; an empty one when extraction failed before making any."""
    if bytes(facts.own) == b"\xc0":
        return Summary()
    return msgspec.msgpack.decode(facts.own, type=Summary)


def resolve(tables: Tables, name: str) -> tuple[str, ...]:
    """Return the symbols of the relations of the tree that ``name`` may mean.

    One, several that it may mean alike, or none. ``name`` is as SQL writes it, unquoted.
    """
    return tuple(PREFIX + one for one in tables.registry.meant(Relation(name.lower())).ids)


def columns_of(tables: Tables, relation: str) -> tuple[str, ...] | None:
    """Return the columns of the relation with this symbol, None unless all of them are known."""
    columns = tables.columns(relation.removeprefix(PREFIX))
    return columns.names if columns.complete else None


def meant_by(tables: Tables, path: str, summary: Summary, relation: int) -> Meant:
    """Return what a relation of ``summary`` means, seen from the file at ``path``."""
    named = summary.relations[relation]
    if named.kind == "this":
        main = main_relation(path, summary)
        return Meant((main,) if main else (), "certain")
    return tables.registry.meant(named)


def real_column(tables: Tables, path: str, summary: Summary, relation: int, column: str) -> str:
    """Return what a column told by its place is called; empty (any of the row) if unknown."""
    if not column.startswith("@"):
        return column
    head, _, name = column[1:].partition(":")
    meant = meant_by(tables, path, summary, relation).ids
    columns = tables.columns(meant[0]) if len(meant) == 1 else UNKNOWN
    left = list(columns.names)
    if not name:
        numbers, *without = head.split("!")
        told, _, count = numbers.partition("/")
        place = int(told)
        left = [one for one in left if one not in without]
        if count not in {"", "0"} and int(count) != len(left):
            return name
    else:
        others = meant_by(tables, path, summary, int(head)).ids
        other = tables.columns(others[0]) if len(others) == 1 else UNKNOWN
        if not (columns.complete and other.complete and name in other.names):
            return name
        place = other.names.index(name)
    if columns.complete and place < len(left):
        return left[place]
    return name


def main_relation(path: str, summary: Summary) -> str:
    """Return the id of the relation that a file is mostly about, empty when it defines none."""
    targets = [
        one
        for one in summary.statements
        if one.target >= 0 and one.kind not in {"drop", "function"}
    ]
    first = next((one for one in targets if one.kind == "query"), targets[0] if targets else None)
    return target_id(path, summary, first.target) if first else ""


def _demand(
    summaries: Mapping[str, Summary], registry: Registry, known: Mapping[str, Columns]
) -> dict[str, set[str]]:
    """Return which columns must come through the stars of which relation.

    ``SELECT *`` over a table of unknown columns passes on what its readers ask for: the chain from
    them to the table's writer would end at the star otherwise.
    """
    demanded: dict[str, set[str]] = {}
    waiting: list[tuple[Relation, str]] = []
    for path in sorted(summaries):
        relations = summaries[path].relations
        waiting += [
            (relations[relation], column)
            for relation, column in _asked(summaries[path].references)
            if column and relations[relation].kind != "this"
        ]
    while waiting:
        relation, column = waiting.pop()
        for one in registry.meant(relation).ids:
            columns = known.get(one, UNKNOWN)
            held = demanded.setdefault(one, set())
            if column in columns.names or columns.complete or column in held:
                continue
            held.add(column)
            for definer in registry.definers.get(one, ()):
                relations = summaries[definer.path].relations
                stars = hidden_by(definer.statement.branches, column)
                waiting += [(relations[star.relation], there) for star, there in stars]
    return demanded


def _asked(references: tuple[Reference, ...]) -> Iterator[tuple[int, str]]:
    for reference in references:
        if reference.seen:
            continue
        for relation, column in (*reference.alternatives, *reference.fallback):
            # Of a place that is not known any column may be meant.
            yield relation, column.partition(":")[2] if column.startswith("@") else column


def hidden_by(
    branches: tuple[tuple[Item, ...], ...], column: str
) -> Iterator[tuple[StarItem, str]]:
    """Yield the stars that ``column`` may come through, with its name behind each."""
    for branch in branches:
        if column in output_names(branch):
            continue
        for item in branch:
            if isinstance(item, StarItem) and item.relation >= 0:
                there = behind(item, column)
                if there is not None:
                    yield item, there


def behind(star: StarItem, column: str) -> str | None:
    """Return what the relation behind a star calls ``column``, None when the star leaves it out."""
    for there, here in star.renames:
        if here == column:
            return there
        if there == column:
            return None
    return None if column in star.without else column


def _other_models(paths: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        stem, dot, suffix = name.rpartition(".")
        if f"{dot}{suffix}" in _FILES_OF_MODELS and not _MODEL_FOLDERS.isdisjoint(
            folder.split("/")
        ):
            found.setdefault(stem.lower(), path)
    return found
