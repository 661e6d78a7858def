"""What would dangle in a reverted tree: uses whose definition goes, and restored uses of what went.

Two questions, because two things can be missing. A definition that the undoing removes may have users
that stay; and old text that the undoing brings back may use what later commits removed or renamed.
Whether a use stays is decided by its line: a line of head that the reverted file still has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Literal

from msgspec import Struct

from blastradius.index.graph import CONTAINS
from blastradius.index.snapshot import Snapshot
from blastradius.model.symbols import Edge, Tier

Reason = Literal["reference", "restored-use"]
LineMap = Callable[[str], Mapping[int, int]]


class Dangling(Struct, frozen=True):
    """A use without its definition.

    ``path`` and ``line`` are the site: at head for a reference that stays, in the reverted tree for a
    restored use. ``needs`` is the symbol that is missing; ``written`` how the site spells it.
    """

    reason: Reason
    path: str
    line: int
    symbol: str
    needs: str
    written: str
    kind: str
    confidence: float
    tier: Tier


def left_without(
    head: Snapshot, reverted: Snapshot, changed: Iterable[str], stays: LineMap
) -> list[Dangling]:
    """Return the uses at head that stay although their definition goes.

    Args:
        head: the tree as it is.
        reverted: the tree as it would be; its edges cover at least the changed paths.
        changed: the paths that differ between the two.
        stays: path → (line at head → line in the reverted file) for lines that survive.
    """
    paths = frozenset(changed)
    gone = _vanished(head, reverted, paths)
    if not gone:
        return []
    gone |= _passed_on(head, gone)
    relinked = _Relinked(reverted, paths, gone)
    found = []
    for symbol in sorted(gone):
        if symbol.endswith(")") and symbol.rpartition("(")[0] in gone:
            continue  # the call already misses the function
        for edge in head.graph.dependents(symbol):
            if edge.kind == CONTAINS:
                continue
            if edge.kind == "value" and head.place(edge.source) is None:
                continue  # a star's column: see `_passed_on`
            if edge.path not in paths:
                found.append(_dangling("reference", edge))
            elif edge.path in reverted.tree:
                line = stays(edge.path).get(edge.line)
                if line is not None and not relinked.serves(edge, line):
                    found.append(_dangling("reference", edge))
    return found


class _Relinked:
    """What the reverted text of a changed file itself says: the same line may mean another thing."""

    def __init__(self, reverted: Snapshot, paths: frozenset[str], gone: Collection[str]) -> None:
        self._served = {
            (edge.source, edge.kind, edge.path, edge.line, _last_part(edge.target))
            for edge in reverted.linked.edges
            if edge.path in paths and edge.target not in gone
        }
        self._dangles = {(one.path, one.line) for one in reverted.linked.dangling}

    def serves(self, edge: Edge, line: int) -> bool:
        """Tell whether the use of head's ``edge``, now on ``line``, has what it needs.

        An argument may stand on a later line of its call than the site: there linking decides.
        """
        if edge.target.endswith(")"):
            return (edge.path, line) not in self._dangles
        key = (edge.source, edge.kind, edge.path, line, _last_part(edge.target))
        return key in self._served


def _last_part(symbol: str) -> str:
    """Return the name at the end of a symbol: of a column, an attribute, a function."""
    return symbol.rpartition("#")[2].rpartition(".")[2]


def restored_without(
    base: Snapshot,
    head: Snapshot,
    reverted: Snapshot,
    changed: Iterable[str],
    maps: tuple[LineMap, LineMap],
) -> list[Dangling]:
    """Return the uses in restored text whose definition the reverted tree does not have.

    Args:
        base: the tree before the range, where the old text stood.
        head: the tree as it is.
        reverted: the tree as it would be.
        changed: the paths that differ between head and the reverted tree.
        maps: (base line → reverted line, head line → reverted line) by path.
    """
    from_base, from_head = maps
    paths = frozenset(changed)
    kept = cache(lambda path: frozenset(from_head(path).values()))
    found = []
    for edge in base.linked.edges:
        if edge.path not in paths or edge.kind == CONTAINS or edge.path not in reverted.tree:
            continue
        line = from_base(edge.path).get(edge.line)
        if line is None or line in kept(edge.path):
            continue
        if base.place(edge.target) is None or reverted.place(edge.target) is not None:
            continue
        found.append(_dangling("restored-use", edge, line))
    return [*found, *_newly_unresolved(head, reverted, paths, kept, found)]


def _newly_unresolved(
    head: Snapshot,
    reverted: Snapshot,
    paths: frozenset[str],
    kept: Callable[[str], frozenset[int]],
    known: Sequence[Dangling],
) -> list[Dangling]:
    """Return what linking the reverted files found dangling that dangled neither at head nor above."""
    before = {(one.path, one.source, one.name) for one in head.linked.dangling}
    places = {(one.path, one.line) for one in known}
    found = []
    for one in reverted.linked.dangling:
        if one.path not in paths or (one.path, one.source, one.name) in before:
            continue
        if (one.path, one.line) in places or one.line in kept(one.path):
            continue  # a line of head that stays is answered by `left_without`
        found.append(
            Dangling(
                "restored-use",
                one.path,
                one.line,
                one.source,
                one.name,
                one.name,
                "reference",
                0.97,
                "certain",
            )
        )
    return found


def _vanished(head: Snapshot, reverted: Snapshot, paths: frozenset[str]) -> set[str]:
    gone = {
        symbol
        for path in paths
        for symbol, definition in head.symbols_of(path).items()
        if reverted.place(symbol) is None
        and not (definition.kind == "column" and _open(reverted, symbol.rpartition(".")[0]))
    }
    for path in paths:
        if path in head.tree and path not in reverted.tree:
            gone.add(f"file:{path}")
            view = head.files.get(path)
            if view is not None:
                gone.add(view.scope_symbol(path, -1))
    return gone


def _open(reverted: Snapshot, relation: str) -> bool:
    """Tell whether the reverted query selects a star: it may hand on any column, named or not."""
    place = reverted.place(relation)
    if place is None or place.definition is None:
        return False
    return any(name.endswith("*") for name in place.definition.shape.split(", "))


def _passed_on(head: Snapshot, gone: Collection[str]) -> set[str]:
    """Return the columns that a star hands on from what goes, and that hence go too.

    Such a column is defined nowhere: no text names it, so nothing dangles where the star stands, but
    whoever names it further on does.
    """
    passed: set[str] = set()
    pending = list(gone)
    while pending:
        for edge in head.graph.dependents(pending.pop()):
            column = edge.source
            if edge.kind != "value" or column in passed or head.place(column) is not None:
                continue
            sources = [one.target for one in head.graph.dependencies(column) if one.kind == "value"]
            if all(one in gone or one in passed for one in sources):
                passed.add(column)
                pending.append(column)
    return passed


def _dangling(reason: Reason, edge: Edge, line: int = 0) -> Dangling:
    return Dangling(
        reason,
        edge.path,
        line or edge.line,
        edge.source,
        edge.target,
        edge.needs,
        edge.kind,
        edge.confidence,
        edge.tier,
    )
