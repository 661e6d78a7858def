"""What a call runs, which parameters it fills, and which of its arguments certainly do not fit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from blastradius.languages.python.arguments import Actual, Formal, checkable, formals, match
from blastradius.languages.python.evaluate import Evaluator
from blastradius.languages.python.modules import DEFINITION, Found
from blastradius.languages.python.mro import ClassId
from blastradius.languages.python.own import (
    CallFlag,
    ClassFlag,
    FieldFlag,
    FunctionFlag,
    ModuleFlag,
)
from blastradius.languages.python.roots import Rank
from blastradius.languages.python.signatures import KEYWORD, POSITIONAL
from blastradius.languages.python.values import CLASS, FUNCTION, INSTANCE, Value


class Callee(NamedTuple):
    """What a call can run.

    ``runs`` are the methods that calling a class or an instance implies; ``functions`` take the
    arguments; ``fielded`` are classes whose fields are their arguments; ``sole`` is the function
    whose signature is certainly the one that is met, if there is one. ``values`` are the functions
    and classes themselves. ``bare`` is a class that takes no arguments at all; ``made`` are the
    parameters of a constructor that is made from fields, None where they are not known.
    """

    values: tuple[Found, ...]
    runs: tuple[Found, ...]
    functions: tuple[tuple[Value, tuple[Formal, ...]], ...]
    fielded: tuple[ClassId, ...]
    fielded_rank: int
    several: bool
    sole: int
    bare: bool = False
    made: tuple[Formal, ...] | None = None


class Callees:
    """Finds callees over all files of a tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes = evaluator.classes
        self._files = evaluator.modules.files
        self._watch = evaluator.modules.watch
        self._known: dict[tuple[Value, ...], tuple[Callee, int]] = {}

    def of(self, values: tuple[Value, ...]) -> Callee:
        """Return what calling one of the values runs."""
        known = self._known.get(values)
        if known is None:
            outer = self._watch.begin()
            callee = self._find(values)
            known = self._known[values] = (callee, self._watch.end(outer))
        self._watch.grounds.add(known[1])
        return known[0]

    def _find(self, values: Sequence[Value]) -> Callee:
        runs = [found for value in values for found in self._implied(value)]
        targets = list(dict.fromkeys(one for value in values for one in self._functions(value)))
        names = {
            (one.path, self._files[one.path].definitions[one.definition].name) for one in targets
        }
        fielded = [value for value in values if value.kind == CLASS and self._has_fields(value)]
        sole = len(targets) == 1 and len(values) == 1
        sole = sole and not self._is_overruled(values[0], targets[0])
        sole = sole and (self._is_made(values[0], targets[0]) or self._is_sole(targets[0]))
        return Callee(
            tuple(
                dict.fromkeys(
                    Found(DEFINITION, value.rank, value.path, value.definition)
                    for value in values
                    if value.kind in (CLASS, FUNCTION)
                )
            ),
            tuple(dict.fromkeys(runs)),
            tuple((self._ranked(one), self._formals(one)) for one in targets),
            tuple(ClassId(value.path, value.definition) for value in fielded),
            max((value.rank for value in fielded), default=Rank.CERTAIN),
            len(names) > 1,
            0 if sole else -1,
            made=self._made(values[0]) if fielded and len(values) == 1 else None,
            bare=len(values) == 1 and not fielded and not runs and self._is_bare(values[0]),
        )

    def filled(
        self, callee: Callee, positional: int, keywords: tuple[str, ...], flags: int
    ) -> Iterator[tuple[Found, str]]:
        """Yield the parameters (or fields) that the arguments fill, and how the call says it."""
        actual = Actual(positional, keywords, flags)
        for value, parameters in callee.functions:
            for formal, how in match(actual, parameters).filled:
                yield Found(DEFINITION, value.rank, value.path, formal.definition), how
        for klass in callee.fielded:
            for keyword in keywords:
                for found in self._classes.lookup(klass, keyword):
                    yield found._replace(rank=max(found.rank, callee.fielded_rank)), keyword

    def misfits(
        self, callee: Callee, positional: int, keywords: tuple[str, ...], flags: int
    ) -> tuple[str, ...]:
        """Return the arguments that the callee certainly does not take, or lacks."""
        if flags & CallFlag.GUARDED:
            return ()
        actual = Actual(positional, keywords, flags)
        if callee.bare:
            given = [f"argument {number}" for number in range(1, min(positional, 1) + 1)]
            return (*given, *keywords)
        if callee.made is not None and callee.sole < 0:
            return match(actual, callee.made).misfits
        if callee.sole < 0:
            return ()
        return match(actual, callee.functions[0][1]).misfits

    def overruled(
        self, callee: Callee, positional: int, keywords: tuple[str, ...], flags: int
    ) -> bool:
        """Tell whether a subclass overrides the only function of the callee by one that fits."""
        if callee.sole < 0 or (
            callee.values and callee.values[0].definition in self._classes_of(callee.values[0].path)
        ):
            return False
        target = callee.functions[0][0]
        view = self._files[target.path]
        definition = view.definitions[target.definition]
        if definition.parent not in view.classes:
            return False
        name = definition.name.rpartition(".")[2]
        actual = Actual(positional, keywords, flags)
        for below in self._classes.descendants(ClassId(target.path, definition.parent)):
            if self._evaluator.absent.given(below, name):
                return True
            there = self._files[below.path]
            for index in there.members.get(below.definition, {}).get(name, ()):
                record = there.functions.get(index)
                if record is None or not checkable(record):
                    return True
                if not match(actual, formals(there, record, bound=target.bound)).misfits:
                    return True
        return False

    def _classes_of(self, path: str) -> Collection[int]:
        return self._files[path].classes

    def _formals(self, value: Value) -> tuple[Formal, ...]:
        view = self._files[value.path]
        return tuple(formals(view, view.functions[value.definition], bound=value.bound))

    def _ranked(self, value: Value) -> Value:
        """A decorator may change which parameters there are: only likely then."""
        flags = self._files[value.path].functions[value.definition].flags
        if flags & FunctionFlag.OPAQUE and value.rank == Rank.CERTAIN:
            return value._replace(rank=Rank.LIKELY)
        return value

    def _functions(self, value: Value) -> Iterator[Value]:
        """Yield the functions that get the arguments."""
        if value.kind == FUNCTION:
            yield value
        elif value.kind in (CLASS, INSTANCE):
            name = "__init__" if value.kind == CLASS else "__call__"
            for found in self._classes.lookup(ClassId(value.path, value.definition), name):
                if found.definition in self._files[found.path].functions:
                    rank = max(found.rank, value.rank)
                    yield Value(FUNCTION, rank, found.path, found.definition, bound=True)

    def _implied(self, value: Value) -> Iterator[Found]:
        """``Class()`` runs ``__init__`` and ``__new__``: it depends on both."""
        if value.kind not in (CLASS, INSTANCE):
            return
        names = ("__init__", "__new__") if value.kind == CLASS else ("__call__",)
        for name in names:
            for found in self._classes.lookup(ClassId(value.path, value.definition), name):
                yield found._replace(rank=max(found.rank, value.rank))

    def _has_fields(self, value: Value) -> bool:
        order = self._classes.linear(ClassId(value.path, value.definition)).order
        records = (self._files[one.path].classes.get(one.definition) for one in order)
        return any(record is not None and record.flags & ClassFlag.FIELDS for record in records)

    def _is_made(self, value: Value, target: Value) -> bool:
        """Tell whether the call makes an instance of this very class, by the ``__init__`` found.

        Subclasses and what stands behind it in the MRO do not matter then; a decorator of the class
        or a metaclass in sight does.
        """
        if value.kind != CLASS or value.own or target.rank != Rank.CERTAIN:
            return False
        view = self._files[target.path]
        parent = view.definitions[target.definition].parent
        return (
            not self._is_special(ClassId(value.path, value.definition))
            and parent in view.classes
            and len(view.members[parent].get("__init__", ())) == 1
            and checkable(view.functions[target.definition])
        )

    def _is_overruled(self, value: Value, target: Value) -> bool:
        """Tell whether fields make another ``__init__`` in front of the one that was found."""
        if value.kind != CLASS:
            return False
        parent = self._files[target.path].definitions[target.definition].parent
        for one in self._classes.linear(ClassId(value.path, value.definition)).order:
            if one == (target.path, parent):
                return False
            record = self._files[one.path].classes.get(one.definition)
            if record is not None and record.flags & ClassFlag.FIELDS:
                return True
        return False

    def _is_bare(self, value: Value) -> bool:
        """Tell whether making an instance takes no arguments: nothing but ``object`` has a say."""
        if value.kind != CLASS or value.own or value.rank != Rank.CERTAIN:
            return False
        klass = ClassId(value.path, value.definition)
        return self._classes.attributes_known(klass) and not self._is_special(klass)

    def _is_special(self, one: ClassId) -> bool:
        """Tell whether a decorator or a metaclass decides what calling the class does."""
        for number, klass in enumerate(self._classes.linear(one).order):
            record = self._files[klass.path].classes.get(klass.definition)
            if record is None or (not number and record.flags & ClassFlag.DECORATED):
                return True
            plain = self._evaluator.absent.is_plain_metaclass
            if record.flags & ClassFlag.METACLASS and not plain(klass):
                return True
        return False

    def _made(self, value: Value) -> tuple[Formal, ...] | None:
        """Return the parameters of the constructor that fields make, None where not all are known."""
        klass = ClassId(value.path, value.definition)
        if value.own or value.rank != Rank.CERTAIN or self._is_special(klass):
            return None
        order = self._classes.linear(klass).order
        for position, one in enumerate(order):
            view = self._files[one.path]
            record = view.classes.get(one.definition)
            if record is None or {"__init__", "__new__"} & view.members[one.definition].keys():
                return None
            if record.flags & ClassFlag.FIELDS:
                return self._taken(order[position:])
        return None

    def _taken(self, order: Sequence[ClassId]) -> tuple[Formal, ...] | None:
        found: dict[str, int] = {}
        for one in reversed(order):
            record = self._files[one.path].classes[one.definition]
            known = self._evaluator.absent.has_known_bases(one)
            if not known or (record.fields is None and record.flags & ClassFlag.FIELDS):
                return None
            found |= dict(record.fields or ())
        taken = [(name, flags) for name, flags in found.items() if not flags & FieldFlag.LEFT_OUT]
        return tuple(
            Formal(
                -1,
                name,
                KEYWORD if flags & FieldFlag.KEYWORD else POSITIONAL,
                not flags & FieldFlag.DEFAULT,
            )
            for name, flags in taken
        )

    def _is_sole(self, target: Value) -> bool:
        """Tell whether the function is the only one of its name where it stands.

        A subclass may override it: see `overruled`.
        """
        view = self._files[target.path]
        if target.rank != Rank.CERTAIN or not checkable(view.functions[target.definition]):
            return False
        definition = view.definitions[target.definition]
        name = definition.name.rpartition(".")[2]
        parent = definition.parent
        if parent < 0:
            return len(view.exports.get(name, ())) == 1 and name not in view.others
        if parent not in view.classes:
            return True
        changed = view.classes[parent].flags & ClassFlag.DECORATED
        patched = view.own.flags & (ModuleFlag.PATCHES | ModuleFlag.PARTIAL)
        return len(view.members[parent].get(name, ())) == 1 and not changed and not patched
