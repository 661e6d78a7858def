"""The record that Python's extraction hands to Python's linker: references with their names bound.

Numbers stand in flat int32 columns (little-endian bytes), because decoding dominates a warm run: a
column costs one copy, however long it is. Expressions are *nodes* in one table per file: a node is
(op, a, b), where ``a`` is mostly another node and ``b`` a string's number. Equal expressions are
one node, so that the linker evaluates each only once.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from enum import IntEnum

import msgspec
from msgspec import Struct


class Op(IntEnum):
    """What a node means: columns ``a`` and ``b`` in brackets, ``name`` as the site writes it."""

    UNKNOWN = 0
    BUILTIN = 1  # (-, name): a builtin, or the value of a literal
    DEF = 2  # (definition, name)
    IMPORT = 3  # (import, name)
    ATTR = 4  # (node, name)
    CALL = 5  # (node, row of ``calls`` + 1, or 0): what the call returns
    INSTANCE = 6  # (node, -): a value whose type is annotated by the node
    SELF = 7  # (class definition, name): a method's first parameter
    CLS = 8  # (class definition, name)
    SUPER = 9  # (class definition, name)
    AWAIT = 10  # (node, -)
    ENTER = 11  # (node, -): what `with node as x` binds
    ALIAS = 12  # (node, name): a local variable with one known value
    CHOICE = 13  # (node, node): one of two
    ITER = 14  # (node, -): an element of the value
    GENERIC = 15  # (node of the element's type, -): annotation such as list[X]
    STAR = 16  # (-, name): found nowhere in the file, which has star imports
    MISSING = 17  # (-, name): found nowhere at all
    NAME = 18  # only while extracting: (scope, name), bound at the end
    TYPE = 19  # (node, -): annotation type[X], the class itself as a value
    ITEM = 20  # (node, key): what a subscript of the value gives; see `item_key`
    MAPPING = 21  # (node of the values' type, node of the keys'): annotation such as dict[K, X]
    PARAM = 22  # (parameter's definition, name): what calls hand over
    MAKE = 23  # (site, -): a container that this expression makes
    RAW = 24  # (definition, name): a function before its decorators changed it
    MAYBE = 25  # (node, -): the value beside others that are not known
    PICK = 26  # (node, key): as ITEM, of builtin containers only (``x.get(key)``)
    REST = 27  # (node, first index or ""): a container of the value's elements from there on
    COPY = 28  # (node, -): the value where it is a container
    KNOWN = 29  # (node, node): the first is named, and holds the second just here
    NARROWED = 30  # (node, node): the first is named, and a test says that it is the second
    WITHOUT = 31  # (node, node): the first's values that are no instances of the second
    EITHER = 32  # (node, node): `a | b`, a union where these are types
    GIVES = 33  # (node, -): something that gives the node's value when it is called
    FUTURE = 34  # (node, -): something that gives the node's value when it is awaited
    KEY = 35  # (node, -): a key of the value, where an annotation tells the keys' type


OVER_TWO = frozenset({Op.CHOICE, Op.KNOWN, Op.MAPPING, Op.NARROWED, Op.WITHOUT, Op.EITHER})
"""Of these both columns are nodes."""
NUMBERED = OVER_TWO | {Op.CALL}
"""What stands in column ``b`` of these is no string."""


class Kind(IntEnum):
    """How a reference uses what it names."""

    IMPORT = 0
    CALL = 1
    REFERENCE = 2
    INHERIT = 3
    ANNOTATION = 4
    DECORATOR = 5
    STORE = 6


KIND_BITS = 15
"""What of a reference's kind is the `Kind`; the rest are the marks below."""
GUARDED = 16
"""Added to a reference's kind: the code reckons with its absence (try/except, hasattr, getattr)."""
IMPLICIT = 32
"""Added to a reference's kind: the syntax implies it (``with`` calls ``__enter__``)."""


class ImportFlag:
    """How an import stands in the file.

    This and the other flags are plain ints: an enum's ``&`` costs half the time of linking.
    """

    GUARDED = 1  # inside try/except ImportError
    TYPING = 2  # under `if TYPE_CHECKING`
    STAR = 4
    DYNAMIC = 8  # importlib.import_module("literal")
    WHOLE = 16  # `import a.b as c` binds a.b; without it `import a.b` binds a


class FunctionFlag:
    """What callers must know about a function beside its parameters."""

    ASYNC = 1
    STATIC = 2
    CLASSMETHOD = 4
    PROPERTY = 8
    CONTEXT = 16  # @contextmanager
    OPAQUE = 32  # a decorator may have changed the signature
    OVERLOAD = 64
    METHOD = 128
    GENERATOR = 256


class ClassFlag:
    """What decides whether a class's attributes are all known."""

    DYNAMIC = 1  # __getattr__, setattr(self, …), self.__dict__
    DECORATED = 2  # by something other than a dataclass decorator
    METACLASS = 4
    FIELDS = 8  # annotated attributes are constructor parameters
    LEAVES = 16  # as a metaclass it gives its classes the names of their bodies, no others


class FieldFlag:
    """How a made constructor takes a field."""

    DEFAULT = 1
    KEYWORD = 2
    LEFT_OUT = 4  # no parameter of its own


class ModuleFlag:
    """What decides whether a module's names are all known."""

    DYNAMIC = 1  # __getattr__, globals(), exec, setattr(module, …)
    PARTIAL = 2  # parts of the file were not understood
    PATCHES = 4  # sets attributes of computed names on something


STAR_SLOT = 1_000
"""Slot of ``*value`` as an argument, plus how many positional arguments stand before it."""
DOUBLE_STAR_SLOT = 2_000
"""Slot of ``**value`` as an argument."""


def item_key(value: object) -> str:
    """Return how a constant key or index stands in nodes and sites; empty when it is neither."""
    if isinstance(value, str):
        return f"s:{value}"
    return f"i:{value}" if type(value) is int else ""


ANY = "*"
"""At the end of an attribute's name: any name that starts so."""


class Store:
    """What a statement puts where, besides ``self.x = value``."""

    ATTRIBUTE = 0  # ``base.name = value``
    ITEM = 1  # ``base[key] = value``, ``base.append(value)``
    EXTEND = 2  # ``base.extend(value)``, ``base.update(value)``


class CallFlag:
    """Arguments that cannot be counted."""

    STAR = 1
    DOUBLE_STAR = 2
    GUARDED = 4  # the code reckons with arguments that do not fit
    PARTIAL = 8  # `functools.partial`: what is given must fit, the rest comes later


class Import(Struct, frozen=True, array_like=True, gc=False):
    """One imported name. ``name`` is empty for ``import module``.

    ``definition`` is the index of the definition that re-exports the name, -1 when there is none.
    """

    line: int
    scope: int
    level: int
    module: str
    name: str
    flags: int
    definition: int = -1


class Function(Struct, frozen=True, array_like=True, gc=False):
    """One function. Its ``count`` parameters are the definitions right after ``definition``."""

    definition: int
    count: int
    flags: int
    returns: int


class Class(Struct, frozen=True, array_like=True, gc=False):
    """One class: the nodes of its bases, in order, and its ``__slots__`` where the text lists them.

    ``metaclass`` is a node; ``fields`` are (name, `FieldFlag` set) in the order in which the made
    constructor takes them, None where none is made, or where the text does not settle it.
    """

    definition: int
    bases: tuple[int, ...]
    flags: int
    slots: tuple[str, ...] | None = None
    metaclass: int = 0
    fields: tuple[tuple[str, int], ...] | None = None


class Virtual(Struct, frozen=True, array_like=True, gc=False):
    """A lambda, or one of its parameters: linked like a definition, but a part of ``owner``.

    It is numbered after the file's definitions; ``owner`` is a definition or -1.
    """

    name: str
    kind: str
    line: int
    owner: int
    shape: str = ""


class PythonFacts(Struct, frozen=True, array_like=True, gc=False):
    """What the linker needs of one file.

    Attributes:
        strings: every name, once.
        nodes: rows of (op, a, b).
        references: rows of (kind, node, line, scope, call); call is -1 or a row of ``calls``.
        calls: rows of (positional arguments, flags, number in ``keywords``).
        keywords: sets of keyword names, as written.
        values: rows of (definition, node): what a variable or attribute holds.
        exports: rows of (string, is import, index): names bound at module level.
        others: module-level names that are neither definitions nor imports (loop variables).
        public: ``__all__`` where it is a literal.
        stored: attribute names set on something other than ``self``; with `ANY` behind it once
            more where on what is not known.
        dynamic: references to attributes of values that nothing is known about.
        arguments: rows of (row of ``calls``, slot, node). Slots from 0 are positions, from -1
            down keywords (-1 is the first of the call's keywords).
        sites: rows of (site, key's string or 0 for any, node) of what containers hold.
        stores: rows of (`Store`, base's node, name's or key's string, node of the value).
        virtual: lambdas and their parameters.
    """

    strings: tuple[str, ...] = ()
    nodes: bytes = b""
    references: bytes = b""
    calls: bytes = b""
    keywords: tuple[tuple[str, ...], ...] = ()
    imports: tuple[Import, ...] = ()
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    values: bytes = b""
    exports: bytes = b""
    others: tuple[str, ...] = ()
    public: tuple[str, ...] | None = None
    stored: tuple[str, ...] = ()
    flags: int = 0
    dynamic: int = 0
    arguments: bytes = b""
    sites: bytes = b""
    stores: bytes = b""
    virtual: tuple[Virtual, ...] = ()


_DECODER = msgspec.msgpack.Decoder(PythonFacts)


def pack(numbers: Iterable[int]) -> bytes:
    """Return the numbers as a little-endian int32 column."""
    column = array("i", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def unpack(column: bytes) -> array[int]:
    """Return the numbers of a column that `pack` made."""
    numbers = array("i")
    numbers.frombytes(column)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def encode(own: PythonFacts) -> msgspec.Raw:
    """Return the record as it stands in ``Facts.own``."""
    return msgspec.Raw(msgspec.msgpack.encode(own))


def decode(raw: msgspec.Raw) -> PythonFacts:
    """Return the record of ``Facts.own``; an empty one where extraction made none."""
    if bytes(raw) == b"\xc0":
        return PythonFacts(flags=ModuleFlag.PARTIAL)
    return _DECODER.decode(raw)
