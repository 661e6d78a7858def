"""Classes across files: bases, C3 linearisation, members, and whether all attributes are known.

C3: Barrett et al., "A Monotonic Superclass Linearization for Dylan", OOPSLA 1996, as in Python's
own "The Python 2.3 Method Resolution Order".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from blastradius.languages.python.modules import DEFINITION, Found, Modules
from blastradius.languages.python.own import ClassFlag, ModuleFlag, Op
from blastradius.languages.python.roots import Rank, is_test

# Bases outside the tree that add no attribute that people use by name.
_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})
# Questions about the whole tree (`languages.watch`).
SUBCLASSES, NAMED, STORED = "subclasses", "named", "stored"
_MOST_BASES = 200
_MOST_BELOW = 8
_MOST_STARTING = 40


class ClassId(NamedTuple):
    """A class of the tree."""

    path: str
    definition: int


Bases = tuple[tuple[ClassId, ...], bool, int]
"""The bases in this tree, whether these are all, and how sure they are."""
K = TypeVar("K")
T = TypeVar("T")


class Linear(NamedTuple):
    """A linearisation: the classes of the tree in order, and how many stand before the first gap.

    ``whole`` is True when every base is a class of this tree, or a plain one such as ``object``.
    """

    order: tuple[ClassId, ...]
    whole: bool
    before_gap: int
    rank: int


class Classes:
    """The classes of all files.

    Args:
        modules: the files.
        refer: (path, node) → what the node names; the evaluator's.
    """

    def __init__(self, modules: Modules, refer: Callable[[str, int], tuple[Found, ...]]) -> None:
        self._modules = modules
        self.refer = refer
        self._watch = modules.watch
        self._linear: dict[ClassId, tuple[Linear, int]] = {}
        self._known: dict[ClassId, tuple[bool, int]] = {}
        self._descendants: dict[ClassId, tuple[list[ClassId], int]] = {}
        self._below: dict[tuple[ClassId, str], tuple[tuple[Found, ...], int]] = {}
        self._bases: dict[ClassId, tuple[Bases, int]] = {}

    def bases(self, one: ClassId) -> Bases:
        """Return the bases in this tree, whether these are all, and how sure they are."""
        if one not in self._bases:
            self._bases[one] = (((), False, Rank.LIKELY), 0)  # a class cannot be its own base
            self._keep(self._bases, one, self._find_bases)
        return self._kept(self._bases[one])

    def _keep(self, answers: dict[K, tuple[T, int]], key: K, question: Callable[[K], T]) -> None:
        outer = self._watch.begin()
        answer = question(key)
        answers[key] = (answer, self._watch.end(outer))

    def _kept(self, known: tuple[T, int]) -> T:
        self._watch.grounds.add(known[1])
        return known[0]

    def _find_bases(self, one: ClassId) -> Bases:
        view = self._modules.files[one.path]
        record = view.classes.get(one.definition)
        if record is None:
            return (), False, Rank.LIKELY
        found: list[ClassId] = []
        whole, rank = True, int(Rank.CERTAIN)
        for node in record.bases:
            targets = [
                target
                for seen in self.refer(one.path, node)
                for target in self._modules.through(seen)
                if target.kind == DEFINITION
                and target.definition in self._modules.files[target.path].classes
            ]
            distinct = list(
                dict.fromkeys(ClassId(target.path, target.definition) for target in targets)
            )
            if len(distinct) == 1 and distinct[0] != one:
                found.append(distinct[0])
                rank = max(rank, targets[0].rank)
            elif distinct or not self._is_plain(one.path, node):
                whole = False
        return tuple(dict.fromkeys(found)), whole, rank

    def _is_plain(self, path: str, node: int) -> bool:
        view = self._modules.files[path]
        op, _, text = view.rows[node]
        return op in _NAMED and view.strings[text] in _PLAIN_BASES

    def linear(self, one: ClassId) -> Linear:
        """Return the C3 linearisation over the classes of this tree.

        Where bases are unknown or inconsistent it goes on depth first, and says that it is not
        whole.
        """
        if one not in self._linear:
            self._keep(self._linear, one, self._linearise)
        return self._kept(self._linear[one])

    def _linearise(self, one: ClassId) -> Linear:
        order, graph = self._reachable(one)
        whole = all(graph[klass][1] for klass in graph)
        rank = max(graph[klass][2] for klass in graph)
        merged: dict[ClassId, tuple[ClassId, ...] | None] = {}
        for klass in reversed(order):
            bases = [base for base in graph[klass][0] if merged.get(base)]
            merged[klass] = _c3(klass, [merged[base] or () for base in bases], bases)
        result = merged[one]
        if result is None:
            result, whole = tuple(order), False
        gap = next(
            (number + 1 for number, klass in enumerate(result) if not graph[klass][1]),
            len(result),
        )
        return Linear(result, whole, len(result) if whole else gap, rank)

    def _reachable(self, one: ClassId) -> tuple[list[ClassId], dict[ClassId, Bases]]:
        """Return the ancestors, each before its own bases, and their bases."""
        graph: dict[ClassId, Bases] = {}
        waiting = [one]
        while waiting and len(graph) < _MOST_BASES:
            klass = waiting.pop()
            if klass not in graph:
                graph[klass] = self.bases(klass)
                waiting += graph[klass][0]
        if waiting:
            graph = {klass: (found, False, rank) for klass, (found, _, rank) in graph.items()}
        return _topological(one, graph), graph

    def lookup(self, one: ClassId, name: str, *, after_first: bool = False) -> tuple[Found, ...]:
        """Return the definitions of attribute ``name``, from the first class that has it.

        ``after_first`` skips the class itself, as ``super()`` does. A gap in the MRO before the
        class that has it lowers the rank: what stands in the gap may come first.
        """
        linear = self.linear(one)
        for number, klass in enumerate(linear.order):
            if after_first and number == 0:
                continue
            members = self._modules.files[klass.path].members.get(klass.definition, {})
            indexes = members.get(name)
            if indexes:
                rank = linear.rank if number < linear.before_gap else Rank.LIKELY
                return tuple(Found(DEFINITION, rank, klass.path, index) for index in indexes)
        return ()

    def attributes_known(self, one: ClassId) -> bool:
        """Tell whether no attribute of the class and its instances can come from elsewhere."""
        if one not in self._known:
            self._keep(self._known, one, self._find_known)
        return self._kept(self._known[one])

    def _find_known(self, one: ClassId) -> bool:
        linear = self.linear(one)
        return (
            linear.whole
            and linear.rank == Rank.CERTAIN
            and all(self._explicit(klass) for klass in linear.order)
        )

    def _explicit(self, one: ClassId) -> bool:
        view = self._modules.files[one.path]
        record = view.classes.get(one.definition)
        closed = ClassFlag.DYNAMIC | ClassFlag.DECORATED | ClassFlag.METACLASS
        return (
            record is not None
            and not record.flags & closed
            and not view.own.flags & (ModuleFlag.PATCHES | ModuleFlag.PARTIAL)
        )

    def below(self, one: ClassId, name: str) -> tuple[Found, ...]:
        """Return what attribute ``name`` is in subclasses; nothing when that is many things.

        A subclass may have it from another base: what a mixin uses of its neighbours.
        """
        key = (one, name)
        if key not in self._below:
            self._keep(self._below, key, self._find_below)
        return self._kept(self._below[key])

    def _find_below(self, key: tuple[ClassId, str]) -> tuple[Found, ...]:
        one, name = key
        own = self.lookup(one, name)
        found = dict.fromkeys(
            (member.path, member.definition)
            for klass in self.descendants(one)[:_MOST_BASES]
            for member in self.lookup(klass, name)
        )
        for member in own:
            found.pop((member.path, member.definition), None)
        # What a test puts in place of something is not how the code behaves.
        below = tuple(
            Found(DEFINITION, Rank.LIKELY, *place)
            for place in found
            if is_test(one.path) or not is_test(place[0])
        )
        return below if len(below) <= _MOST_BELOW else ()

    def starting(self, one: ClassId, prefix: str) -> tuple[Found, ...]:
        """Return the members whose names start so: what ``getattr(x, "do_" + name)`` may give."""
        found: dict[str, tuple[Found, ...]] = {}
        for klass in self.linear(one).order:
            for name in self._modules.files[klass.path].members.get(klass.definition, {}):
                if name.startswith(prefix) and name not in found:
                    found[name] = self.lookup(one, name)
        several = [
            member._replace(rank=Rank.HEURISTIC) for each in found.values() for member in each
        ]
        return tuple(several) if len(several) <= _MOST_STARTING else ()

    def makes(self, one: ClassId, *, plain: bool = False) -> int:
        """Tell how sure it is that calling the class gives an instance of just this class.

        ``plain``: its metaclass has no say in that.
        """
        view = self._modules.files[one.path]
        record = view.classes.get(one.definition)
        changed = ClassFlag.DECORATED | (0 if plain else ClassFlag.METACLASS)
        if record is None or record.flags & changed or self.lookup(one, "__new__"):
            return Rank.LIKELY
        return Rank.CERTAIN

    def steadiness(self, path: str, definition: int, node: int) -> int:
        """Tell how sure it is that a variable or attribute holds what ``node`` is.

        Certain where this is its only assignment in the tree: of one value, not set from outside
        of the class, in no subclass.
        """
        view = self._modules.files[path]
        if view.rows[node][0] in (Op.CHOICE, Op.MAYBE):
            return Rank.LIKELY
        one = view.definitions[definition]
        name = one.name.rpartition(".")[2]
        if self.is_stored(name):
            return Rank.LIKELY
        if one.parent in view.classes and any(
            name in self._modules.files[below.path].members.get(below.definition, {})
            for below in self.descendants(ClassId(path, one.parent))
        ):
            return Rank.LIKELY
        return Rank.CERTAIN

    def subclasses(self, one: ClassId) -> Sequence[ClassId]:
        """Return the direct subclasses in this tree."""
        self._watch.note(SUBCLASSES, one.path, str(one.definition))
        return self._subclasses.get(one, ())

    @cached_property
    def _subclasses(self) -> dict[ClassId, Sequence[ClassId]]:
        found: dict[ClassId, list[ClassId]] = defaultdict(list)
        with self._watch.aside():
            for path in sorted(self._modules.files):
                for record in self._modules.files[path].own.classes:
                    one = ClassId(path, record.definition)
                    for base in self.bases(one)[0]:
                        found[base].append(one)
        return dict(found)

    def descendants(self, one: ClassId) -> list[ClassId]:
        """Return all subclasses in this tree, direct and indirect."""
        if one not in self._descendants:
            self._keep(self._descendants, one, self._find_descendants)
        return self._kept(self._descendants[one])

    def _find_descendants(self, one: ClassId) -> list[ClassId]:
        found: dict[ClassId, None] = {}
        waiting = list(self.subclasses(one))
        while waiting:
            klass = waiting.pop()
            if klass not in found:
                found[klass] = None
                waiting += self.subclasses(klass)
        return list(found)

    def is_named(self, name: str) -> bool:
        """Tell whether any class of the tree has a member of that name."""
        self._watch.note(NAMED, name)
        return name in self._named

    def is_stored(self, name: str) -> bool:
        """Tell whether the attribute is set somewhere on something other than ``self``."""
        self._watch.note(STORED, name)
        return name in self._stored

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(
            name
            for view in self._modules.files.values()
            for members in view.members.values()
            for name in members
        )

    @cached_property
    def _stored(self) -> frozenset[str]:
        return frozenset(name for view in self._modules.files.values() for name in view.own.stored)


_NAMED = frozenset({Op.BUILTIN, Op.IMPORT, Op.ATTR})


def _topological(one: ClassId, graph: dict[ClassId, Bases]) -> list[ClassId]:
    """Return the classes so that each stands before its bases; cycles are cut."""
    done: dict[ClassId, None] = {}
    entered: set[ClassId] = set()
    stack = [(one, False)]
    while stack:
        klass, leaving = stack.pop()
        if leaving:
            done[klass] = None
        elif klass not in entered:
            entered.add(klass)
            stack.append((klass, True))
            stack += [(base, False) for base in reversed(graph[klass][0]) if base in graph]
    return list(reversed(done))


def _c3(
    one: ClassId, linears: Sequence[tuple[ClassId, ...]], bases: Sequence[ClassId]
) -> tuple[ClassId, ...] | None:
    """Merge the bases' linearisations; None when they contradict each other."""
    rest = [list(linear) for linear in (*linears, tuple(bases)) if linear]
    result = [one]
    while rest:
        tails = {klass for sequence in rest for klass in sequence[1:]}
        head = next((sequence[0] for sequence in rest if sequence[0] not in tails), None)
        if head is None:
            return None
        result.append(head)
        for sequence in rest:
            if sequence[0] == head:
                del sequence[0]
        rest = [sequence for sequence in rest if sequence]
    return tuple(result)
