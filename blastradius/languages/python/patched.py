"""What ``setattr(x, computed, …)`` gives attributes to: one class where x is known, else any."""

from __future__ import annotations

from blastradius.languages.python.own import ClassFlag, ModuleFlag, Op
from blastradius.languages.python.recorder import Recorder

_LONGEST = 20
_FOREIGN = -1
# One of these between a class and what is set: still an instance of it, or itself.
_MADE = frozenset({Op.CALL, Op.INSTANCE})
_SAME = frozenset({Op.ALIAS, Op.TYPE})
_PART = frozenset({Op.ATTR, Op.ITEM, Op.ITER, Op.AWAIT, Op.ENTER})


def settle(rec: Recorder) -> None:
    """Mark what gets attributes of computed names. To be called when all names are bound.

    A value that comes of an import is no class of this file; of what is not known, any class may be.
    """
    for node in rec.patches:
        place = _class_of(rec, node)
        if place is None:
            rec.flags |= ModuleFlag.PATCHES
        for klass in rec.classes:
            if klass.definition == place:
                klass.flags |= ClassFlag.DYNAMIC


def _class_of(rec: Recorder, node: int) -> int | None:
    """Return the definition of the value's class, or `_FOREIGN`; None where it is not known."""
    steps = 0
    for _ in range(_LONGEST):
        op, a, b = rec.nodes.rows[node]
        if op in (Op.IMPORT, Op.BUILTIN):
            return _FOREIGN
        if op in (Op.SELF, Op.CLS) or (op == Op.DEF and rec.drafts[a].kind == "class"):
            return a if steps <= 1 else None
        if op == Op.PARAM and a >= 0 and (typed := rec.drafts[a].typed) is not None:
            node = typed
        elif op == Op.KNOWN:
            node = b
        elif op in _SAME:
            node = a
        elif op in _MADE or op in _PART:
            steps += 1 if op in _MADE else _LONGEST
            node = a
        else:
            return None
    return None
