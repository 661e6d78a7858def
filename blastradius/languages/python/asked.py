"""The answers to the questions that linking one file asks of the tree (`languages.watch`).

Each is a text that is equal in two trees exactly when the answer is. Numbers of definitions appear
in them: whoever rests on a number rests on the file that it counts in, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from blastradius.languages.base import LinkOptions
from blastradius.languages.python.guesses import METHODS
from blastradius.languages.python.mro import NAMED, STORED, SUBCLASSES, ClassId
from blastradius.languages.python.reached import REACHED
from blastradius.languages.python.roots import (
    ABSOLUTE,
    COMPILED,
    DANGLES,
    RELATIVE,
    SUBMODULE,
    Module,
    Rank,
)
from blastradius.languages.python.stored import STORED_ON
from blastradius.languages.python.views import FILE
from blastradius.languages.watch import Question

if TYPE_CHECKING:
    from blastradius.languages.python.tables import Tables

_SHORT = 40


def answer(known: Tables, options: LinkOptions, question: Question) -> str:
    """Return the answer to a question, as a short text."""
    kind, *rest = question
    if kind == FILE:
        return options.content(rest[0]) if rest[0] in known.modules.files else ""
    told = repr(_ANSWERS[kind](known, *rest))
    if len(told) <= _SHORT:
        return told
    return hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _reached(known: Tables, path: str, number: str, name: str) -> object:
    known.flow.settle()
    return known.evaluator.reached.at((path, int(number), name))


def _inside(folder: str) -> str:
    """Return a path in the folder: what is asked of a folder is asked by a file in it."""
    return f"{folder}/x.py" if folder else "x.py"


def _submodule(known: Tables, folder: str, name: str) -> object:
    return known.modules.roots.submodule(_package(folder), name)


def _compiled(known: Tables, folder: str, name: str) -> object:
    return known.modules.roots.foreign(_package(folder), name)


def _stored_on(known: Tables, name: str) -> object:
    known.flow.settle()
    places = known.evaluator.stored.places(name)
    return sorted(places.classes), places.anywhere


def _package(folder: str) -> Module:
    return Module("", folder, Rank.CERTAIN, package=True)


_ANSWERS: dict[str, Callable[..., object]] = {
    ABSOLUTE: lambda known, name, folder: known.modules.roots.absolute(name, _inside(folder)),
    RELATIVE: lambda known, level, name, folder: known.modules.roots.relative(
        int(level), name, _inside(folder)
    ),
    SUBMODULE: _submodule,
    COMPILED: _compiled,
    DANGLES: lambda known, level, name, folder: known.modules.roots.dangles(
        int(level), name, _inside(folder)
    ),
    REACHED: _reached,
    SUBCLASSES: lambda known, path, number: known.evaluator.classes.subclasses(
        ClassId(path, int(number))
    ),
    NAMED: lambda known, name: known.evaluator.classes.is_named(name),
    STORED: lambda known, name: known.evaluator.classes.is_stored(name),
    STORED_ON: _stored_on,
    METHODS: lambda known, name: known.guesses.named(name),
}
