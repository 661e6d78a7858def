"""Which columns each relation of the tree has: declared, put out, or behind its stars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from blastradius.languages.sql.registry import LISTING, Definer, Registry
from blastradius.languages.sql.shapes import MOST_COLUMNS
from blastradius.languages.sql.summary import (
    Item,
    OutputItem,
    Relation,
    StarItem,
    Statement,
    Summary,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a relation in order; ``complete``: there are no others.

    ``gone`` are those that an ALTER took away; ``history`` the folders of such files, in which
    older statements rightly still name them.
    """

    names: tuple[str, ...]
    complete: bool
    gone: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()

    def has(self, name: str, path: str) -> bool | None:
        """Tell whether there is such a column for a reader in ``path``; None: it cannot be told."""
        if name in self.names:
            return True
        if name in self.gone and folder_of(path) in self.history:
            return True
        return False if self.complete else None


UNKNOWN = Columns((), complete=False)


def infer(registry: Registry, summaries: Mapping[str, Summary]) -> dict[str, Columns]:
    """Return the columns of each relation in the tree, upstream before downstream.

    A relation that reads itself through others (a cycle) is left incomplete where it does.
    """
    known: dict[str, Columns] = {}
    started: set[str] = set()
    for root in sorted(registry.definers):
        stack = [root]
        while stack:
            name = stack[-1]
            if name in known:
                stack.pop()
            elif name in started:
                known[name] = _columns(name, registry, summaries, known)
                stack.pop()
            else:
                started.add(name)
                stack += [one for one in _upstream(name, registry, summaries) if one not in started]
    return known


def _upstream(name: str, registry: Registry, summaries: Mapping[str, Summary]) -> Iterator[str]:
    for definer in registry.definers.get(name, ()):
        relations = summaries[definer.path].relations
        for branch in definer.statement.branches[:1]:
            for item in branch:
                if isinstance(item, StarItem) and item.relation >= 0:
                    yield from registry.meant(relations[item.relation]).ids


def _columns(
    name: str,
    registry: Registry,
    summaries: Mapping[str, Summary],
    known: Mapping[str, Columns],
) -> Columns:
    definers = registry.definers[name]
    listing = [one for one in definers if one.statement.kind in LISTING]
    names: dict[str, None] = {}
    complete = bool(listing)
    for definer in listing:
        listed, whole = listed_columns(definer, registry, summaries, known)
        names.update(dict.fromkeys(listed))
        complete = complete and whole
    if any(one.statement.kind == "other" for one in definers):
        complete = False
    if any("snapshots" in PurePosixPath(one.path).parts for one in listing):
        complete = False  # the tool adds columns of its own
    if not complete:
        for definer in definers:
            if definer.statement.kind not in LISTING:
                names.update(dict.fromkeys(written_names(definer.statement)))
    return _altered(Columns(tuple(names)[:MOST_COLUMNS], complete), registry.alters.get(name, ()))


def listed_columns(
    definer: Definer,
    registry: Registry,
    summaries: Mapping[str, Summary],
    known: Mapping[str, Columns],
) -> tuple[list[str], bool]:
    """Return the columns that a statement puts out, and whether these are all."""
    statement = definer.statement
    names: list[str] = []
    whole = bool(statement.branches)
    if statement.names:
        return list(statement.names), True
    for item in statement.branches[0] if statement.branches else ():
        if isinstance(item, OutputItem):
            names.append(item.name)
            continue
        behind, all_known = behind_star(item, registry, summaries[definer.path].relations, known)
        held = set(names) if item.dedupe else set()
        names += [here for here, _ in behind if here not in held]
        whole = whole and all_known
        if len(names) > MOST_COLUMNS:
            return names[:MOST_COLUMNS], False
    return names, whole


def behind_star(
    star: StarItem,
    registry: Registry,
    relations: tuple[Relation, ...],
    known: Mapping[str, Columns],
) -> tuple[list[tuple[str, str]], bool]:
    """Return (column here, column there) behind a star, and whether these are all."""
    if star.relation < 0:
        return [], False
    meant = registry.meant(relations[star.relation])
    renames = dict(star.renames)
    pairs: dict[tuple[str, str], None] = {}
    for one in meant.ids:
        for there in known.get(one, UNKNOWN).names:
            if there not in star.without:
                pairs.setdefault((renames.get(there, there), there))
    whole = len(meant.ids) == 1 and known.get(meant.ids[0], UNKNOWN).complete
    return list(pairs), whole


def written_names(statement: Statement) -> tuple[str, ...]:
    """Return the columns that a statement writes by name."""
    if statement.names:
        return statement.names
    return tuple(
        item.name
        for branch in statement.branches[:1]
        for item in branch
        if isinstance(item, OutputItem)
    )


def _altered(columns: Columns, alters: Iterable[Definer]) -> Columns:
    """Replay ALTER TABLE statements in the order of their paths, as migrations run."""
    names = dict.fromkeys(columns.names)
    gone: set[str] = set()
    folders: set[str] = set()
    for definer in alters:
        folders.add(folder_of(definer.path))
        for action, name, new in definer.statement.alters:
            if action == "add":
                names.setdefault(name)
                gone.discard(name)
            elif name in names:
                names = {
                    (new if one == name else one): None
                    for one in names
                    if action == "rename" or one != name
                }
                gone.add(name)
                gone.discard(new)
    if not folders:
        return columns
    return Columns(tuple(names), columns.complete, frozenset(gone), frozenset(folders))


def folder_of(path: str) -> str:
    """Return the folder of a path."""
    return path.rpartition("/")[0]


def output_names(items: Iterable[Item]) -> set[str]:
    """Return the names of the columns that are written out."""
    return {item.name for item in items if isinstance(item, OutputItem)}
