"""Which relation of the tree a name means: ``p.silver.x``, ``silver.x`` and ``x`` may be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from blastradius.languages.sql.names import QUERY, query_relation
from blastradius.languages.sql.summary import FUNCTION_PREFIX, Relation, Statement, Summary
from blastradius.model.symbols import Tier

# What makes a relation one of the tree's own. Updating it does not; inserting into it is how many
# warehouses build their tables.
DEFINING = frozenset({"create", "declare", "query", "insert", "merge", "update", "other"})

# Their output is the whole list of columns; that of an INSERT or UPDATE is only what it writes.
LISTING = frozenset({"create", "declare", "query"})


@dataclass(frozen=True, slots=True)
class Definer:
    """A statement that defines or alters a relation, and its file."""

    path: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Meant:
    """The relations that a name may mean, by id. Empty: nobody in the tree defines it."""

    ids: tuple[str, ...]
    tier: Tier


@dataclass(slots=True)
class Registry:
    """All relations of a tree, by id (the symbol without its prefix), and how to find them.

    ``writers``: id that is only ever inserted into or updated → the id under which the same
    relation is created, where one is written with its project and the other without.
    """

    definers: dict[str, list[Definer]] = field(default_factory=dict)
    alters: dict[str, list[Definer]] = field(default_factory=dict)
    writers: dict[str, str] = field(default_factory=dict)
    functions: dict[str, list[Definer]] = field(default_factory=dict)
    _by_last: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _functions_by_last: dict[str, list[str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], Meant] = field(default_factory=dict)

    @classmethod
    def build(cls, summaries: Mapping[str, Summary]) -> Registry:
        """Return the registry of the files in ``summaries`` (path → record)."""
        registry = cls()
        altering: list[tuple[str, Definer]] = []
        for name, definer in _targets(summaries):
            if definer.statement.kind == "function":
                registry.functions.setdefault(name, []).append(definer)
            elif definer.statement.kind == "alter":
                altering.append((name, definer))
            elif definer.statement.kind in DEFINING:
                registry.definers.setdefault(name, []).append(definer)
        places = _places(summaries)
        for name in (one for one in registry.definers if one not in places):
            registry._by_last[name.rpartition(".")[2]].append(name)
        for name, definers in registry.definers.items():
            if not any(one.statement.kind in LISTING for one in definers):
                registry._note_writer(name)
        for name, definer in altering:
            meant = registry.meant(Relation(name))
            for one in meant.ids[:1] if meant.tier != "heuristic" else ():
                registry.alters.setdefault(one, []).append(definer)
        return registry

    def _note_writer(self, name: str) -> None:
        for other in self._overlapping(name, least=2):
            if any(one.statement.kind in LISTING for one in self.definers[other]):
                self.writers[name] = other
                return

    def _overlapping(self, name: str, least: int) -> tuple[str, ...]:
        """Return the ids that share most parts with ``name``, from its end; at least ``least``."""
        parts = name.split(".")
        overlap: dict[int, list[str]] = defaultdict(list)
        for other in self._by_last.get(parts[-1], ()):
            theirs = other.split(".")
            shared = min(len(theirs), len(parts))
            if other != name and theirs[-shared:] == parts[-shared:]:
                overlap[shared].append(other)
        most = max(overlap, default=0)
        return tuple(sorted(overlap[most])) if most >= least else ()

    def meant(self, relation: Relation) -> Meant:
        """Return which relations of the tree a name in a FROM, a ref or a source means."""
        key = (relation.kind, relation.name)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._find(relation)
        return known

    def _find(self, relation: Relation) -> Meant:
        name = relation.name
        if relation.kind == "function":
            return self._function(name)
        if name in self.definers:
            return Meant((name,), "certain")
        if relation.kind == "path":
            return Meant((), "certain")
        # A source is by definition what the project does not build: a model of the same last name
        # is another thing.
        ids = self._overlapping(name, least=2 if relation.kind == "source" else 1)
        if len(ids) != 1:
            return Meant(ids, "heuristic" if ids else "certain")
        shared = min(name.count("."), ids[0].count(".")) + 1
        return Meant(ids, "certain" if shared > 1 or relation.kind == "ref" else "likely")

    def _function(self, name: str) -> Meant:
        """Find a function: most that are called are the engine's own, and nobody's here."""
        if name in self.functions:
            return Meant((name,), "certain")
        last = _parts(name)[-1]
        if not self._functions_by_last and self.functions:
            for one in self.functions:
                self._functions_by_last.setdefault(_parts(one)[-1], []).append(one)
        wanted = _parts(name)
        fitting = []
        for one in self._functions_by_last.get(last, ()):
            theirs = _parts(one)
            shared = min(len(theirs), len(wanted))
            if theirs[-shared:] == wanted[-shared:]:
                fitting.append((shared, one))
        most = max((shared for shared, _ in fitting), default=0)
        ids = tuple(sorted(one for shared, one in fitting if shared == most))
        if len(ids) != 1:
            return Meant(ids, "heuristic" if ids else "certain")
        return Meant(ids, "certain" if most > 1 else "likely")


def _parts(function: str) -> list[str]:
    return function.removeprefix(FUNCTION_PREFIX).split(".")


def _targets(summaries: Mapping[str, Summary]) -> Iterator[tuple[str, Definer]]:
    for path in sorted(summaries):
        summary = summaries[path]
        for statement in summary.statements:
            if statement.target >= 0:
                yield target_id(path, summary, statement.target), Definer(path, statement)


def _places(summaries: Mapping[str, Summary]) -> set[str]:
    """Return the names that are places of files: their dots set no table apart from its schema."""
    return {
        relation.name
        for summary in summaries.values()
        for relation in summary.relations
        if relation.kind == "path"
    }


def target_id(path: str, summary: Summary, relation: int) -> str:
    """Return the id of a relation that the file at ``path`` writes, or names as its own."""
    name = summary.relations[relation].name
    if not name.startswith(QUERY):
        return name
    alone = _only_queries(summary.statements, summary.relations)
    return query_relation(path, alone=alone) + name[len(QUERY) :]


def _only_queries(statements: Iterable[Statement], relations: tuple[Relation, ...]) -> bool:
    """As `names.symbol` sees it from the definitions: no statement names another target."""
    return all(
        statement.target < 0
        or statement.kind not in DEFINING | {"delete"}
        or relations[statement.target].name.startswith(QUERY)
        for statement in statements
    )
