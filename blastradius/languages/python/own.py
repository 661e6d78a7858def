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
    CALL = 5  # (node, -): what the call returns
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
    ITEM = 20  # (node, -): what a subscript of the value gives
    MAPPING = 21  # (node of the values' type, -): annotation such as dict[str, X]


class Kind(IntEnum):
    """How a reference uses what it names."""

    IMPORT = 0
    CALL = 1
    REFERENCE = 2
    INHERIT = 3
    ANNOTATION = 4
    DECORATOR = 5
    STORE = 6


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


class ModuleFlag:
    """What decides whether a module's names are all known."""

    DYNAMIC = 1  # __getattr__, globals(), exec
    PARTIAL = 2  # parts of the file were not understood


class CallFlag:
    """Arguments that cannot be counted."""

    STAR = 1
    DOUBLE_STAR = 2


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
    """One class: the nodes of its bases, in order."""

    definition: int
    bases: tuple[int, ...]
    flags: int


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
        stored: attribute names set on something other than ``self``.
        dynamic: references to attributes of values that nothing is known about.
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
