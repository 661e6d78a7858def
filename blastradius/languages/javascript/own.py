"""What the linker of JavaScript needs beyond the common facts; stored in ``Facts.own``."""

from __future__ import annotations

from enum import IntEnum, IntFlag

import msgspec
from msgspec import Struct

from blastradius.model.facts import Facts


class ImportFlag(IntFlag):
    """How an import is written.

    ``TYPE``: for types only. ``REQUIRE``: it gives ``module.exports``. ``DYNAMIC``: when the code runs.
    ``GUARDED``: the code reckons with its absence. ``REEXPORT``: its name is handed on and not bound.
    """

    TYPE = 1
    REQUIRE = 2
    DYNAMIC = 4
    GUARDED = 8
    REEXPORT = 16


class Kind(IntEnum):
    """What a reference does, in the order of `EDGE_KINDS`."""

    REFERENCE = 0
    CALL = 1
    INHERIT = 2


EDGE_KINDS = ("reference", "call", "inherit")

SIDE_EFFECT = ""
NAMESPACE = "*"
WHOLE = "="
"""Names of an import that are no name: the module is run, taken as a namespace, or its value taken."""


class Import(Struct, frozen=True, array_like=True, gc=False):
    """One imported name: ``owner`` is the definition that imports, -1 for the module."""

    line: int
    owner: int
    module: str
    name: str
    flags: int = 0


class Export(Struct, frozen=True, array_like=True, gc=False):
    """A name under which the module gives something away.

    ``definition`` is the symbol of the export, ``origin`` the number of the import that it hands on
    (-1: it is defined here). The name ``*`` hands on all that ``origin`` exports; the name ``=`` is
    the value of ``module.exports``.
    """

    name: str
    definition: int
    origin: int = -1


class Reference(Struct, frozen=True, array_like=True, gc=False):
    """A use of ``root`` by the definition ``owner``.

    ``root`` is the number of an import where it is ≥ 0, else of the definition ``-root - 1``.
    ``members`` are the names read from it in turn. ``instance`` ≥ 0 says that after so many of them
    a class is reached, and that the rest are names of an object of it. ``skip`` is how many places
    on the way (the root is one) the text does not name here: it says ``x.b`` of an ``x = a.y``.
    """

    kind: int
    root: int
    line: int
    owner: int
    members: tuple[str, ...] = ()
    instance: int = -1
    guarded: bool = False
    text: str = ""
    skip: int = 0


class Base(Struct, frozen=True, array_like=True, gc=False):
    """A class or interface and one thing that it extends: its root and members as in `Reference`."""

    definition: int
    root: int
    members: tuple[str, ...] = ()


class Route(Struct, frozen=True, array_like=True, gc=False):
    """A URL in code: asked for (``serves`` False) or answered, with the HTTP method if it is said.

    ``holes`` are written ``{}``. ``method`` is upper case, empty when it is unknown, ``*`` for all.
    """

    url: str
    method: str
    line: int
    owner: int
    serves: bool
    via: str = ""


class Own(Struct, frozen=True, array_like=True, gc=False):
    """The record of one file.

    ``instances`` are the variables that hold an object of a class. ``closed`` is False when the
    module can export names that its text does not show; ``modular`` is True when it has an import or
    export of the standard's; ``commonjs`` when it sets its exports.
    """

    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    references: tuple[Reference, ...] = ()
    bases: tuple[Base, ...] = ()
    instances: tuple[Base, ...] = ()
    routes: tuple[Route, ...] = ()
    closed: bool = True
    modular: bool = False
    commonjs: bool = False


_DECODER = msgspec.msgpack.Decoder(Own)
_NIL = b"\xc0"


def own_of(facts: Facts) -> Own:
    """Return the record of the facts; an empty, open one where there is none."""
    return _DECODER.decode(facts.own) if bytes(facts.own) != _NIL else Own(closed=False)


def packed(own: Own) -> msgspec.Raw:
    """Return the record as it is stored."""
    return msgspec.Raw(msgspec.msgpack.encode(own))
