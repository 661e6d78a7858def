"""What the reverted text itself says of a use: the same line may mean another thing there.

A use whose definition goes is not broken yet: the name may be found elsewhere in the reverted tree (a
method back in its base class, a module where there was a package). So the files that could notice
are linked again against the reverted tree, and each of their uses is looked at: it is *served*, it
*dangles*, it *goes* with the module or import that it came by, or linking is *silent*, because nothing
proves that the name is missing (a class with bases outside the tree, a ``__getattr__``). Where linking
only infers what *lacks* the name, that is no proof either; and where the use is *guarded*, nothing
breaks: the code reckons with the name's absence.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Literal

from blastradius.index.edges import edges_at
from blastradius.index.graph import CONTAINS
from blastradius.index.snapshot import Snapshot
from blastradius.model.symbols import Edge

Verdict = Literal["served", "dangles", "lacks", "guarded", "goes", "silent"]
_INHERIT = "inherit"
_COLUMN = "sql:"


class Relinked:
    """The uses in some files of the reverted tree, by place.

    Args:
        reverted: the tree, of which at least ``paths`` are linked.
        paths: the files to look at.
        gone: symbols that the reverted tree does not have: edges to them serve nobody.
        imports: path → the files that imports of it name, those imports alone that stay.
    """

    def __init__(
        self,
        reverted: Snapshot,
        paths: Collection[str],
        gone: Collection[str],
        imports: Callable[[str], Collection[str]],
    ) -> None:
        self._imports = imports
        self.paths = frozenset(paths)
        self._tree = reverted.tree
        self._gone = gone
        self._served: set[tuple[str, str, int, str]] = set()
        self._read: set[tuple[str, str, int, str]] = set()
        for edge in edges_at(reverted.linked.edges, self.paths):
            if edge.target not in gone:
                self._served.add((edge.kind, edge.path, edge.line, last_part(edge.target)))
                if edge.target.startswith(_COLUMN):
                    relation = edge.target.rpartition(".")[0]
                    self._read.add((edge.kind, edge.path, edge.line, relation))
        self._dangling: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._lacking: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._guarded: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._missed: dict[str, set[str]] = defaultdict(set)
        for one in reverted.linked.dangling:
            if one.path not in self.paths:
                continue
            names = words(one.name)
            if one.tier == "certain":
                self._dangling[one.path, one.line].update(names)
                self._missed[one.path].update(names)
            elif one.tier == "likely":
                self._lacking[one.path, one.line].update(names)
            else:
                self._guarded[one.path, one.line].update(names)

    def verdict(self, edge: Edge, line: int) -> Verdict:
        """Return how the use of ``edge`` fares, whose line is ``line`` in the reverted file.

        An argument may stand on a later line of its call than the site: there linking decides.
        """
        dangling = self._dangling.get((edge.path, line), ())
        if edge.target.endswith(")"):
            return "dangles" if dangling else "served"
        last = last_part(edge.target)
        if edge.kind == "call" and edge.needs.endswith(")"):  # a field that the call fills
            return "dangles" if last in dangling else "silent"
        if (edge.kind, edge.path, line, last) in self._served:
            return "served"
        if last in dangling:
            return "dangles"
        if edge.target.startswith(_COLUMN):
            # What takes the columns that there are (a star, a macro that asks for them) takes others
            # of the same relation now; a name that it has not would have been told.
            relation = edge.target.rpartition(".")[0]
            if (edge.kind, edge.path, line, relation) in self._read:
                return "served"
        if last in self._lacking.get((edge.path, line), ()):
            return "lacks"
        if last in self._guarded.get((edge.path, line), ()):
            return "guarded"
        return "goes" if self._is_without_import(edge) else "silent"

    def _is_without_import(self, edge: Edge) -> bool:
        """Tell whether the file no longer gets at what holds the name: linking told so elsewhere.

        A module that goes may make its name look like that of a package from outside, while the import
        stays; where that went too, the use is of something else now.
        """
        language, _, rest = edge.target.partition(":")
        place, _, name = rest.partition("#")
        if place not in self._tree and place in self._imports(edge.path):
            return True
        missed = self._missed.get(edge.path, ())
        while name and f"{language}:{place}#{name}" in self._gone:
            outer, _, last = name.rpartition(".")
            if last in missed:
                return True
            name = outer
        return False


def last_part(symbol: str) -> str:
    """Return the name at the end of a symbol: of a column, an attribute, a function, a module."""
    _, mark, name = symbol.rpartition("#")
    if mark:
        return name.rpartition(".")[2]
    folder, base = posixpath.split(symbol.partition(":")[2])
    stem = base.partition(".")[0]
    if not base.endswith((".py", ".pyi")):
        return base.rpartition(".")[2]
    return posixpath.basename(folder) if stem == "__init__" else stem


def words(name: str) -> list[str]:
    """Return the names that a dotted name or a call consists of."""
    return re.findall(r"\w+", name)


def affected(head: Snapshot, reverted: Snapshot, changed: Iterable[str]) -> frozenset[str]:
    """Return the files that stay as they are, and whose references the changed ones can turn.

    Those are the users, in the graph of head, of whatever goes or gets another shape, of modules as
    a whole (a name can be imported from where it was only imported), and of what a class loses with
    a base.
    """
    paths = frozenset(changed)
    turned = _turned(head, reverted, paths)
    users = {
        edge.path
        for symbol in turned
        for edge in head.graph.dependents(symbol)
        if edge.kind != CONTAINS
    }
    return frozenset(users - paths)


def _turned(head: Snapshot, reverted: Snapshot, paths: Iterable[str]) -> set[str]:
    turned: set[str] = set()
    rebased: set[str] = set()
    for path in paths:
        before, after = head.symbols_of(path), reverted.symbols_of(path)
        view = head.files.get(path)
        if view is not None:
            turned.add(view.scope_symbol(path, -1))
        for symbol, definition in before.items():
            now = after.get(symbol)
            if now is None or (now.shape, now.kind) != (definition.shape, definition.kind):
                turned.add(symbol)
                if definition.kind == "class" and now is not None:
                    rebased.add(symbol)
        # A field that comes, goes or gets another default is asked for where its class is made.
        turned |= {
            symbol.rpartition(".")[0]
            for symbol in {*after, *before}
            if (one := before.get(symbol)) is None
            or (now := after.get(symbol)) is None
            or (one.kind == "attribute" and one.body != now.body)
        }
    lost = _bases(head, rebased)
    if lost:
        turned |= {name for name in head.graph.nodes if name.rpartition(".")[0] in lost}
    return turned


def _bases(head: Snapshot, classes: Iterable[str]) -> set[str]:
    """Return all classes that the classes inherit from, at head."""
    found: set[str] = set()
    waiting = list(classes)
    while waiting:
        for edge in head.graph.dependencies(waiting.pop()):
            if edge.kind == _INHERIT and edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
    return found
