"""Attributes that what stands there does not have: of instances, functions, classes with slots."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.languages.python.absent import EXACT, OWN, TYPED
from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import ANY, Op
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.values import CLASS, FUNCTION, INSTANCE, SUPER, Value
from blastradius.model.symbols import Tier


class Lacking:
    """Tells what certainly or likely lacks an attribute that a text asks of it."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes = evaluator.classes
        self._files = evaluator.modules.files
        self._absent = evaluator.absent
        self._settled = evaluator.settled
        self._stored = evaluator.stored

    def place(self, path: str, node: int) -> Tier | None:
        """Tell how sure it is that ``base.name = …`` fails: no slot of the class takes the name."""
        view = self._files[path]
        op, base, text = view.rows[node]
        values = self._evaluator.value(path, base) if op == Op.ATTR else ()
        if len(values) != 1 or values[0].kind != INSTANCE or values[0].rank != Rank.CERTAIN:
            return None
        one = ClassId(values[0].path, values[0].definition)
        if not self._closed(one) or not self._settled.node(path, base):
            return None
        order = self._classes.linear(one).order
        taken = {name for klass in order for name in self._taken(klass)}
        return None if view.strings[text] in taken else "certain"

    def attribute(self, path: str, node: int) -> Tier | None:
        """Tell how sure it is that ``base.name`` fails, for a node that names nothing.

        Certain where the text settles what the base is, and each of it lacks the name; likely where
        it is inferred; None where nothing is known.
        """
        view = self._files[path]
        op, base, text = view.rows[node]
        if op != Op.ATTR:
            return None
        name = view.strings[text]
        if name.startswith("__") or name.endswith(ANY):
            return None
        values = self._evaluator.value(path, base)
        if not values or any(one.rank > Rank.LIKELY or one.own for one in values):
            return None
        ranks = [self._lacks(one, name, path, base) for one in values]
        if None in ranks or not self._settled.node(path, base):
            return None
        sure = all(one.rank == Rank.CERTAIN for one in values) and not any(ranks)
        return "certain" if sure else "likely"

    def how(self, path: str, node: int) -> str:
        """Return what the text tells of a receiver: OWN, EXACT or TYPED."""
        values = self._evaluator.value(path, node)
        if any(one.own for one in values):
            return OWN
        sole = all(one.kind in (CLASS, SUPER) for one in values)
        return EXACT if sole or self._settled.made(path, node) else TYPED

    def _lacks(self, value: Value, name: str, path: str, base: int) -> int | None:
        klass = ClassId(value.path, value.definition)
        if value.kind == FUNCTION:
            return Rank.CERTAIN if self._is_plain(value, name) else None
        if value.kind == SUPER:
            rank = self._absent.above(klass, name)
        elif value.kind == CLASS:
            rank = self._absent.of_class(klass, name)
        elif value.kind == INSTANCE:
            rank = self._absent.lacks(klass, name, self.how(path, base))
        else:
            return None
        return None if rank is None or self._stored.reaches(klass, name) else rank

    def _is_plain(self, value: Value, name: str) -> bool:
        """Tell whether it is a function as its ``def`` made it, on which nobody puts such a name."""
        view = self._files[value.path]
        record = view.functions.get(value.definition)
        one = view.definitions[value.definition]
        if record is None or one.shape.startswith("@"):
            return False  # a decorator may give what it likes
        if one.parent in view.classes or view.values.get(value.definition) is not None:
            return False
        if one.parent < 0:
            last = one.name.rpartition(".")[2]
            if len(view.exports.get(last, ())) != 1 or last in view.others:
                return False
        return not self._classes.is_stored(name)

    def slots(self, path: str) -> Iterator[tuple[int, int, str]]:
        """Yield (line, class, name) of each ``self.name = …`` that no slot of the class takes."""
        view = self._files[path]
        for record in view.own.classes:
            if record.slots is None:
                continue
            one = ClassId(path, record.definition)
            if not self._closed(one):
                continue
            taken = {
                name for klass in self._classes.linear(one).order for name in self._taken(klass)
            }
            bodies = [
                (below.line, below.end)
                for index, below in enumerate(view.definitions)
                if below.parent == record.definition and index in view.functions
            ]
            for name, indexes in view.members.get(record.definition, {}).items():
                made = view.definitions[indexes[0]]
                inside = any(start <= made.line <= end for start, end in bodies)
                if len(indexes) == 1 and made.kind == "attribute" and inside and name not in taken:
                    yield made.line, record.definition, name

    def _closed(self, one: ClassId) -> bool:
        """Tell whether neither the class, nor what it inherits from, nor a subclass has a dict."""
        return self._classes.attributes_known(one) and all(
            slots is not None and "__dict__" not in slots
            for klass in (*self._classes.linear(one).order, *self._classes.descendants(one))
            for slots in [self._slots(klass)]
        )

    def _slots(self, one: ClassId) -> tuple[str, ...] | None:
        record = self._files[one.path].classes.get(one.definition)
        return record.slots if record is not None else None

    def _taken(self, one: ClassId) -> Iterator[str]:
        """Yield the slots of a class, and what a base has that is more than a value."""
        yield from self._slots(one) or ()
        view = self._files[one.path]
        for name, indexes in view.members.get(one.definition, {}).items():
            if any(view.definitions[index].kind != "attribute" for index in indexes):
                yield name
