"""Attributes that statements outside of a class put on its instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from blastradius.languages.python.modules import EXTERNAL, MISSING
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import ANY, KIND_BITS, Kind, Op
from blastradius.languages.python.values import CLASS, INSTANCE, SUPER

if TYPE_CHECKING:
    from blastradius.languages.python.evaluate import Evaluator

STORED_ON = "stored on"
"""The question on what a name is stored (`languages.watch`)."""
_OF = frozenset({Op.ATTR, Op.CALL, Op.ITEM, Op.ALIAS, Op.AWAIT, Op.ENTER, Op.INSTANCE})
_LONGEST = 20


class Places(NamedTuple):
    """The classes on which a name is stored, and whether it is on something unknown, too."""

    classes: frozenset[ClassId]
    anywhere: bool


class Stored:
    """Where names are stored over all files of a tree. To be asked when what flows is settled."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes = evaluator.classes
        self._watch = evaluator.modules.watch
        self._places: dict[str, Places] = {}

    def reaches(self, one: ClassId, name: str) -> bool:
        """Tell whether an instance of the class may get the name from outside."""
        if not self._classes.is_stored(name):
            return False
        places = self.places(name)
        family = {*self._classes.linear(one).order, *self._classes.descendants(one)}
        return places.anywhere or not places.classes.isdisjoint(family)

    def places(self, name: str) -> Places:
        """Return on what the name is stored."""
        self._watch.note(STORED_ON, name)
        known = self._places.get(name)
        if known is None:
            with self._watch.aside():
                known = self._places[name] = self._find(name)
        return known

    def _find(self, name: str) -> Places:
        found: set[ClassId] = set()
        for path, view in sorted(self._evaluator.files.items()):
            if f"{name}{ANY}" in view.own.stored:
                return Places(frozenset(), anywhere=True)
            if name not in view.own.stored:
                continue
            for kind, node, *_ in view.references:
                op, base, text = view.rows[node]
                if kind & KIND_BITS != Kind.STORE or op != Op.ATTR or view.strings[text] != name:
                    continue
                values = self._evaluator.value(path, base)
                if not values and not self._is_foreign(path, base):
                    return Places(frozenset(), anywhere=True)
                found |= {
                    ClassId(one.path, one.definition)
                    for one in values
                    if one.kind in (CLASS, INSTANCE, SUPER)
                }
        return Places(frozenset(found), anywhere=False)

    def _is_foreign(self, path: str, node: int) -> bool:
        """Tell whether the value comes of a library: it is no class of the tree."""
        view = self._evaluator.files[path]
        op, a, _ = view.rows[node]
        for _ in range(_LONGEST):
            if op not in _OF:
                break
            op, a, _ = view.rows[a]
        if op != Op.IMPORT:
            return False
        several = self._evaluator.modules.imported(path, a)
        return bool(several) and all(one.kind in (EXTERNAL, MISSING) for one in several)
