"""The arguments of a call against the parameters of what is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from blastradius.languages.python.own import CallFlag, Function, FunctionFlag
from blastradius.languages.python.signatures import (
    KEYWORD,
    KEYWORDS,
    POSITIONAL,
    POSITIONAL_ONLY,
    VARIADIC,
)
from blastradius.languages.python.views import FileView


class Formal(NamedTuple):
    """One parameter: its definition, name, kind, and whether calls must fill it."""

    definition: int
    name: str
    kind: str
    required: bool


class Actual(NamedTuple):
    """The arguments of one call: how many positional ones, which keywords, which stars."""

    positional: int
    keywords: tuple[str, ...]
    flags: int


class Match(NamedTuple):
    """Which parameters a call fills (formal, as the call says it), and what does not fit."""

    filled: tuple[tuple[Formal, str], ...]
    misfits: tuple[str, ...]


def formals(view: FileView, function: Function, *, bound: bool) -> list[Formal]:
    """Return the parameters that a call fills; ``bound`` leaves out the first."""
    first = function.definition + 1
    found = []
    for index in range(first, first + function.count):
        definition = view.definitions[index]
        words = definition.shape.split(" ", 2)
        name = definition.name.rpartition("(")[2].removesuffix(")")
        found.append(Formal(index, name, words[0], "required" in words[1:2]))
    if bound and found and found[0].kind in (POSITIONAL, POSITIONAL_ONLY):
        return found[1:]
    return found


def match(actual: Actual, parameters: Sequence[Formal]) -> Match:
    """Fill the parameters as Python's call protocol does.

    Stars in the call leave open what they fill: with one of them nothing is missing, and with a
    positional one the positions after it are not counted.
    """
    positional = [one for one in parameters if one.kind in (POSITIONAL, POSITIONAL_ONLY)]
    filled = [
        (one, f"argument {number}") for number, one in enumerate(positional[: actual.positional], 1)
    ]
    misfits: list[str] = []
    variadic = any(one.kind == VARIADIC for one in parameters)
    if actual.positional > len(positional) and not variadic:
        misfits.append(f"argument {len(positional) + 1}")
    by_name = {one.name: one for one in parameters if one.kind in (POSITIONAL, KEYWORD)}
    open_ended = any(one.kind == KEYWORDS for one in parameters)
    for keyword in actual.keywords:
        formal = by_name.get(keyword)
        starred = actual.flags & CallFlag.STAR
        if formal is not None and not starred and any(formal is one for one, _ in filled):
            misfits.append(keyword)  # a position has filled it already
        elif formal is not None:
            filled.append((formal, keyword))
        elif not open_ended:
            misfits.append(keyword)
    if not actual.flags & (CallFlag.STAR | CallFlag.DOUBLE_STAR):
        misfits += _missing(parameters, {one.name for one, _ in filled})
    return Match(tuple(filled), tuple(misfits))


def _missing(parameters: Sequence[Formal], filled: set[str]) -> Iterator[str]:
    return (one.name for one in parameters if one.required and one.name not in filled)


def checkable(function: Function) -> bool:
    """Tell whether the signature in the text is the one that callers meet."""
    return not function.flags & (
        FunctionFlag.OPAQUE | FunctionFlag.OVERLOAD | FunctionFlag.PROPERTY
    )
