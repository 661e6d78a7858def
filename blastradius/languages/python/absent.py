"""Attributes that a class does not have: what proves it, and what speaks against it."""

from __future__ import annotations

import builtins
import collections
import collections.abc
import contextlib
import enum
from collections.abc import Iterator, Mapping
from functools import cache

from blastradius.languages.python.metaclasses import MAKING
from blastradius.languages.python.modules import DEFINITION, Modules
from blastradius.languages.python.mro import Classes, ClassId
from blastradius.languages.python.own import ClassFlag, ModuleFlag, Op
from blastradius.languages.python.roots import Rank

EXACT, TYPED, OWN = "exact", "typed", "own"
"""What stands there: of the very class, of it or a subclass, or ``self`` in a method of it."""

_MODULES = frozenset(
    "abc builtins collections collections.abc contextlib enum typing typing_extensions".split()  # noqa: SIM905 - a word list reads best as words
)
# Classes written in C or without state, so that what they have is what `dir` lists.
_STANDARD = (
    *(enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag),
    *(collections.OrderedDict, collections.defaultdict, collections.deque),
    *(getattr(collections.abc, name) for name in collections.abc.__all__),
    *(contextlib.AbstractContextManager, contextlib.AbstractAsyncContextManager),
)
_OF_TUPLES = frozenset({"_asdict", "_fields", "_replace", "_make", "_field_defaults"})
_OF_ENUMS = frozenset({"_value_", "_name_", "_missing_", "name", "value"})
_METACLASSES = frozenset({"type", "ABCMeta", "EnumMeta", "EnumType"})
# What lets a metaclass decide which attributes there are, and how its classes are made.
_DECIDING = ("__getattr__", "__getattribute__", "__call__")
_OF_CLASSES = frozenset(dir(type))


@cache
def _outside() -> Mapping[str, frozenset[str]]:
    """Return name of a class that Python gives → the names of its attributes."""
    several = [one for one in vars(builtins).values() if isinstance(one, type)]
    found = {one.__name__: frozenset(dir(one)) for one in (*several, *_STANDARD)}
    found |= dict.fromkeys(("Generic", "Protocol", "ABC"), found["object"])
    found["NamedTuple"] = found["tuple"] | _OF_TUPLES
    found["TypedDict"] = found["dict"]
    return found | {
        name: found[name] | _OF_ENUMS for name in found if name.endswith(("Enum", "Flag"))
    }


class Absent:
    """Tells whether classes of the tree lack an attribute."""

    def __init__(self, modules: Modules, classes: Classes) -> None:
        self._files = modules.files
        self._classes = classes
        self._modules = modules

    def lacks(self, one: ClassId, name: str, how: str) -> int | None:
        """Tell how sure it is that the attribute is not there; None where it is, or may well be.

        Args:
            one: the class.
            name: of the attribute.
            how: EXACT, TYPED or OWN.
        """
        if name.startswith("__") or self._classes.lookup(one, name) or self.given(one, name):
            return None
        if how == EXACT:
            return self._at_best(one)
        below = self._classes.descendants(one)
        has = any(self._classes.lookup(klass, name) for klass in below)
        if how == TYPED:
            return Rank.LIKELY if has else self._at_best(one)
        # A class made to be mixed in uses what its neighbours define: subclasses must be known too.
        label = self._files[one.path].definitions[one.definition].name
        mixed = "Mixin" in label or "Base" in label or label.startswith("Abstract")
        if has or mixed or any(self.given(klass, name) for klass in below):
            return None
        return self._at_best(one)

    def of_class(self, one: ClassId, name: str) -> int | None:
        """Tell the same of the class itself, which has what its metaclass has, too."""
        if name in _OF_CLASSES:
            return None
        for klass in self._classes.linear(one).order:
            for meta in self._metaclasses(klass):
                if self._classes.lookup(meta, name):
                    return None
        return self.lacks(one, name, EXACT)

    def above(self, one: ClassId, name: str) -> int | None:
        """Tell how sure it is that ``super()`` in a method of the class does not have the name."""
        if name.startswith("__") or self._classes.lookup(one, name, after_first=True):
            return None
        if self.given(one, name):
            return None
        below = self._classes.descendants(one)
        several = any(len(self._classes.bases(klass)[0]) > 1 for klass in below)
        return Rank.LIKELY if several else Rank.CERTAIN

    def given(self, one: ClassId, name: str) -> bool:
        """Tell whether the attribute may come from where no text of the tree names it."""
        linear = self._classes.linear(one)
        return linear.rank != Rank.CERTAIN or any(
            self._is_open(klass) or self._from_outside(klass, name) for klass in linear.order
        )

    def _is_open(self, one: ClassId) -> bool:
        view = self._files[one.path]
        record = view.classes.get(one.definition)
        if record is None or record.flags & (ClassFlag.DYNAMIC | ClassFlag.DECORATED):
            return True
        if view.own.flags & (ModuleFlag.PATCHES | ModuleFlag.PARTIAL):
            return True
        if not record.flags & ClassFlag.METACLASS:
            return False
        several = list(self._metaclasses(one))
        return len(several) != 1 or not self._is_closed(several[0])

    def is_plain_metaclass(self, one: ClassId) -> bool:
        """Tell whether the class's metaclass does no more than give names to the class itself."""
        several = list(self._metaclasses(one))
        return len(several) == 1 and self._is_closed(several[0]) and not self._makes(several[0])

    def _makes(self, meta: ClassId) -> bool:
        """Tell whether a metaclass has a say in how its classes are made."""
        return any(self._classes.lookup(meta, name) for name in MAKING)

    def _at_best(self, one: ClassId) -> int:
        """Return how sure it can be at all what the class has: its metaclass may add to it."""
        metas = (m for klass in self._classes.linear(one).order for m in self._metaclasses(klass))
        return Rank.LIKELY if any(self._adds(meta) for meta in metas) else Rank.CERTAIN

    def _adds(self, meta: ClassId) -> bool:
        """Tell whether a metaclass may give its classes names that their bodies do not have."""
        for klass in self._classes.linear(meta).order:
            view = self._files[klass.path]
            flags = view.classes[klass.definition].flags
            left = flags & ClassFlag.LEAVES and not flags & ClassFlag.DYNAMIC
            members = view.members.get(klass.definition, {})
            if any(name in members for name in MAKING) and (
                not left or view.own.flags & ModuleFlag.PATCHES
            ):
                return True
        return False

    def _is_closed(self, meta: ClassId) -> bool:
        outside = (
            name
            for klass in self._classes.linear(meta).order
            for name in self._bases_outside(klass)
        )
        return all(name in _METACLASSES for name in outside) and not any(
            self._classes.lookup(meta, name) for name in _DECIDING
        )

    def _metaclasses(self, one: ClassId) -> Iterator[ClassId]:
        record = self._files[one.path].classes.get(one.definition)
        named = record is not None and record.metaclass
        for found in self._classes.refer(one.path, named) if named else ():
            if found.kind == DEFINITION and found.definition in self._files[found.path].classes:
                yield ClassId(found.path, found.definition)

    def has_known_bases(self, one: ClassId) -> bool:
        """Tell whether each base is a class of this tree, or one that Python gives."""
        table = _outside()
        return all(name in table for name in self._bases_outside(one))

    def has_base(self, one: ClassId, name: str) -> bool:
        """Tell whether a class of that name, one of Python's own, is among the bases."""
        return any(
            name == base
            for klass in self._classes.linear(one).order
            for base in self._bases_outside(klass)
        )

    def _from_outside(self, one: ClassId, name: str) -> bool:
        table = _outside()
        return any(known not in table or name in table[known] for known in self._bases_outside(one))

    def _bases_outside(self, one: ClassId) -> Iterator[str]:
        """Yield the name of each base that is no class of this tree; empty where it is not known."""
        view = self._files[one.path]
        for node in view.classes[one.definition].bases:
            ends = {
                (end.kind, end.path, end.definition)
                for found in self._classes.refer(one.path, node)
                for end in self._modules.through(found)
            }
            inside = [end for end in ends if end[0] == DEFINITION]
            if inside:
                known = len(ends) == 1 and inside[0][2] in self._files[inside[0][1]].classes
                if not known:
                    yield ""
                continue
            yield self._given_name(one.path, node)

    def _given_name(self, path: str, node: int) -> str:
        """Return the name of a class that Python itself gives, as its module calls it."""
        view = self._files[path]
        op, a, text = view.rows[node]
        if op == Op.BUILTIN:
            return view.strings[text]
        if op == Op.ATTR and view.rows[a][0] == Op.IMPORT:
            module = view.own.imports[view.rows[a][1]]
            whole = f"{module.module}.{module.name}" if module.name else module.module
            return view.strings[text] if whole in _MODULES else ""
        if op != Op.IMPORT:
            return ""
        imported = view.own.imports[a]
        return imported.name if imported.module in _MODULES and not imported.level else ""
