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

from blastradius.changes.relinked import Relinked, Verdict, affected, last_part
from blastradius.index.edges import edges_at
from blastradius.index.graph import CONTAINS
from blastradius.index.snapshot import Place, Snapshot
from blastradius.model.symbols import Edge, Tier

Reason = Literal["reference", "restored-use"]
LineMap = Callable[[str], Mapping[int, int]]
TextOf = Callable[[str], bytes]

# Edges of these kinds break with nothing. A container lacks nothing when a part of it goes, nor does a
# stub when its module's name does, nor a call of a variable when what the variable holds does ("flow":
# the text does not name it). An alias without its anchor would not parse, so that one that stays has
# another anchor now.
ECHOES = frozenset({CONTAINS, "stub", "flow", "alias"})
_OF_COLUMNS = frozenset({"value", "row-set"})
# Edges that a language's own linking makes, of a language that tells when their name is missing.
_PROVING = ("python:",)
_PROVABLE = frozenset(
    {"import", "call", "reference", "inherit", "annotation", "decorator", "store"}
)
_PROVEN: tuple[Tier, float] = ("certain", 0.97)
# Of uses that nothing proves broken one in four is: the name may come from where no text tells.
_GUESSED: tuple[Tier, float] = ("heuristic", 0.5)
_DOUBTED: Mapping[Tier, tuple[Tier, float]] = {
    "certain": ("likely", 0.9),
    "likely": ("heuristic", 0.8),
    "heuristic": ("heuristic", 0.5),
}


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


def dangling(
    base: Snapshot | None,
    head: Snapshot,
    reverted: Snapshot,
    changed: Collection[str],
    maps: tuple[LineMap, LineMap],
    text: TextOf | None = None,
) -> list[Dangling]:
    """Return every use that dangles in the reverted tree and did not at head, in their order.

    Args:
        base: the tree before the range; None when the reverted tree is that tree, whose own dangling
            references are not the undoing's doing.
        head: the tree as it is.
        reverted: the tree as it would be; linked are at least the changed paths and those that
            `relinked.affected` names.
        changed: the paths that differ between head and the reverted tree.
        maps: (base line → reverted line, head line → reverted line) by path.
        text: path → bytes of the file at head; None: a column may be used without being written.
    """
    found = left_without(head, reverted, changed, maps[1], text)
    if base is not None:
        found += restored_without(base, head, reverted, changed, maps, found)
    proven = {(one.reason, one.path, one.line) for one in found if one.tier == "certain"}
    # What linking has proven of a line needs no guess beside it.
    found = [
        one
        for one in found
        if one.tier == "certain" or (one.reason, one.path, one.line) not in proven
    ]
    return sorted(found, key=lambda one: (one.path, one.line, one.needs, one.symbol, one.kind))


def left_without(
    head: Snapshot,
    reverted: Snapshot,
    changed: Iterable[str],
    stays: LineMap,
    text: TextOf | None = None,
) -> list[Dangling]:
    """Return the uses at head that stay although their definition goes.

    Args:
        head: the tree as it is.
        reverted: the tree as it would be.
        changed: the paths that differ between the two.
        stays: path → (line at head → line in the reverted file) for lines that survive.
        text: as `dangling`.
    """
    paths = frozenset(changed)
    gone = vanished(head, reverted, paths)
    if not gone:
        return []
    gone |= passed_on(head, gone)
    imports = _imports(head, lambda path, line: path not in paths or line in stays(path))
    relinked = Relinked(reverted, paths | affected(head, reverted, paths), gone, imports)
    found = []
    for symbol in sorted(gone):
        if symbol.endswith(")") and symbol.rpartition("(")[0] in gone:
            continue  # the call already misses the function
        for edge in head.graph.dependents(symbol):
            if edge.kind in ECHOES or edge.path not in reverted.tree:
                continue
            if edge.kind == "value" and head.place(edge.source) is None:
                continue  # a star's column: see `passed_on`
            line = stays(edge.path).get(edge.line) if edge.path in paths else edge.line
            if line is None or (edge.path in paths and _item_goes(head, edge, stays)):
                continue
            if text is not None and not _writes(edge, text):
                continue
            verdict = relinked.verdict(edge, line) if edge.path in relinked.paths else "silent"
            if verdict not in {"served", "guarded"}:
                found.append(_dangling("reference", edge, edge.line, verdict))
    return found


def restored_without(
    base: Snapshot,
    head: Snapshot,
    reverted: Snapshot,
    changed: Iterable[str],
    maps: tuple[LineMap, LineMap],
    known: Sequence[Dangling] = (),
) -> list[Dangling]:
    """Return the uses in restored text whose definition the reverted tree does not have.

    Args:
        base: the tree before the range, where the old text stood.
        head: the tree as it is.
        reverted: the tree as it would be.
        changed: the paths that differ between head and the reverted tree.
        maps: (base line → reverted line, head line → reverted line) by path.
        known: what `left_without` found already.
    """
    from_base, from_head = maps
    paths = frozenset(changed)
    kept = cache(lambda path: {new: old for old, new in from_head(path).items()})
    imports = _imports(base, lambda path, line: line in from_base(path))
    relinked = Relinked(reverted, paths, (), imports)
    found = []
    for edge in edges_at(base.linked.edges, paths):
        if edge.kind in ECHOES or edge.path not in reverted.tree:
            continue
        line = from_base(edge.path).get(edge.line)
        if line is None or line in kept(edge.path):
            continue
        place = base.place(edge.target)
        if place is None or reverted.keeps(edge.target, place):
            continue
        verdict = relinked.verdict(edge, line)
        if verdict not in {"served", "guarded"}:
            found.append(_dangling("restored-use", edge, line, verdict))
    # What the old text lacked before is nothing that went since.
    lacked = {(one.path, one.name) for one in base.linked.dangling}
    fresh = _newly_unresolved(head, reverted, paths, kept, [*known, *found])
    return [
        *found,
        *(one for one in fresh if one.reason == "reference" or (one.path, one.needs) not in lacked),
    ]


def _newly_unresolved(
    head: Snapshot,
    reverted: Snapshot,
    changed: frozenset[str],
    kept: Callable[[str], Mapping[int, int]],
    known: Sequence[Dangling],
) -> list[Dangling]:
    """Return what linking the reverted files found dangling that dangled neither at head nor above.

    A line that stays can newly dangle, too: what it names was imported by a line that goes, or the
    function that it calls asks for more.
    """
    paths = changed | affected(head, reverted, changed)
    before = {(one.path, one.name) for one in head.linked.dangling}
    places = {(one.reason, one.path, one.line) for one in known if one.tier == "certain"}
    found = []
    for one in reverted.linked.dangling:
        if one.path not in paths or (one.path, one.name) in before or one.tier == "heuristic":
            continue
        line = kept(one.path).get(one.line) if one.path in changed else one.line
        reason: Reason = "restored-use" if line is None else "reference"
        line = line or one.line
        if (reason, one.path, line) in places:
            continue
        sure = _PROVEN if one.tier == "certain" else _DOUBTED["certain"]
        found.append(
            Dangling(
                reason,
                one.path,
                line,
                one.source,
                one.name,
                one.name,
                "reference",
                sure[1],
                sure[0],
            )
        )
    return found


def _imports(tree: Snapshot, stays: Callable[[str, int], bool]) -> Callable[[str], Collection[str]]:
    """Return what tells which files the imports of a file name, of those at lines that stay."""

    @cache
    def imported(path: str) -> Collection[str]:
        return {
            edge.target.partition(":")[2].partition("#")[0]
            for edge in edges_at(tree.linked.edges, {path})
            if edge.kind == "import" and stays(path, edge.line)
        }

    return imported


def vanished(head: Snapshot, reverted: Snapshot, paths: frozenset[str]) -> set[str]:
    """Return the symbols of ``paths`` at head that the reverted tree does not have."""
    gone = {
        symbol
        for path in paths
        for symbol, definition in head.symbols_of(path).items()
        if not reverted.keeps(symbol, Place(path, definition.line, definition))
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


def _item_goes(head: Snapshot, edge: Edge, stays: LineMap) -> bool:
    """Tell whether the list item that the use stands in goes although the line of the use stays.

    So it is where an item repeats another's text by an alias: the text is the other's, the use its own.
    """
    if not edge.source.startswith("yaml:"):
        return False
    lines = stays(edge.path)
    symbol = edge.source
    symbols = head.symbols_of(edge.path)
    while symbol.endswith("]") or "]." in symbol:
        definition = symbols.get(symbol)
        if definition is not None and definition.kind == "item" and definition.line not in lines:
            return True
        symbol = symbol[: max(symbol.rfind("."), symbol.rfind("["))]
    return False


def _writes(edge: Edge, text: TextOf) -> bool:
    """Tell whether the file of the use writes the column's name at all.

    What takes all columns there are, by a star or in a macro, misses none of them.
    """
    if not edge.target.startswith("sql:") or edge.kind not in _OF_COLUMNS:
        return True
    return last_part(edge.target).lower().encode() in text(edge.path).lower()


def passed_on(head: Snapshot, gone: Collection[str]) -> set[str]:
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


def _dangling(reason: Reason, edge: Edge, line: int, verdict: Verdict) -> Dangling:
    """Return the break of one edge, as sure as the edge is and as linking the site anew has proven."""
    tier, confidence = edge.tier, edge.confidence
    if edge.kind in _PROVABLE and edge.source.startswith(_PROVING):
        if verdict == "dangles":
            tier, confidence = _PROVEN
        elif verdict == "lacks":
            tier, confidence = _DOUBTED[tier]
        elif verdict == "silent":
            tier, confidence = _GUESSED
    return Dangling(
        reason,
        edge.path,
        line,
        edge.source,
        edge.target,
        edge.needs,
        edge.kind,
        confidence,
        tier,
    )
