"""What is gathered while one file is walked.

The walk appends the normalised content of every node to ``out``; the slice that a definition's own
statements left there, hashed, is its body digest. Positions, comments, quotes and docstrings never
get there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b

from blastradius.languages.python.groups import Groups
from blastradius.languages.python.nodes import LITERAL, UNKNOWN, NodeTable
from blastradius.languages.python.own import (
    GUARDED,
    IMPLICIT,
    CallFlag,
    Class,
    ClassFlag,
    Function,
    Import,
    ImportFlag,
    Kind,
    Op,
    Virtual,
)
from blastradius.languages.python.scopes import Scope, ScopeKind
from blastradius.model.facts import Definition, Embedded, Mention, Problem

FILE = -1
_LONGEST = 20


def digest(parts: list[str], start: int = 0) -> str:
    """Return 16 hex digits over the parts from ``start`` on; empty when there are none."""
    if len(parts) <= start:
        return ""
    return blake2b("\0".join(parts[start:]).encode("utf-8", "replace"), digest_size=8).hexdigest()


READING = frozenset({"items", "keys", "values", "get", "copy", "pop", "popitem", "clear"})
"""Methods of a namespace that bring no name in."""


def puts(names: Sequence[str]) -> bool:
    """Tell whether a chain over ``__dict__``, last name first, may bring attributes in."""
    place = names.index("__dict__")
    return not place or names[place - 1] not in READING


# What a name is, where that says more than that it is a local variable.
_SHOWN = frozenset({Op.DEF, Op.KNOWN, Op.NARROWED, Op.PARAM, Op.SELF, Op.CLS, Op.NAME})


class Draft:
    """A definition in the making.

    ``contents`` are the digests of all values it was given, ``values`` their nodes; ``typed`` is
    the node of its annotation, which says more than any value.
    """

    __slots__ = ("contents", "end", "kind", "line", "name", "parent", "shape", "typed", "values")

    def __init__(self, name: str, kind: str, line: int, end: int, parent: int) -> None:
        self.name = name
        self.kind = kind
        self.line = line
        self.end = end
        self.parent = parent
        self.shape = ""
        self.contents: list[str] = []
        self.values: list[int] = []
        self.typed: int | None = None

    def finished(self) -> Definition:
        """Return the definition as it now stands."""
        several = self.contents
        body = several[0] if len(several) == 1 else digest(several) if several else ""
        shape = self.shape
        if not shape.isascii():  # a quoted annotation may hold half a character
            shape = shape.encode("utf-8", "backslashreplace").decode("utf-8")
        return Definition(self.name, self.kind, self.line, self.end, self.parent, shape, body)


class ClassDraft:
    """A class in the making: its members so far, by name, and what its body tells about them."""

    def __init__(self, definition: int, bases: tuple[int, ...], flags: int) -> None:
        self.definition = definition
        self.bases = bases
        self.flags = flags
        self.members: dict[str, int] = {}
        self.slots: tuple[str, ...] | None = None
        self.metaclass = UNKNOWN
        self.fields: tuple[tuple[str, int], ...] | None = None

    def finished(self) -> Class:
        """Return the class as it now stands."""
        return Class(
            self.definition, self.bases, self.flags, self.slots, self.metaclass, self.fields
        )


class Recorder:
    """The facts gathered so far, and where in the file the walk is.

    Attributes:
        owner: index of the innermost enclosing definition, -1 at module level.
        klass: the class whose body or method is walked, None outside.
        receiver: name of the method's first parameter, empty where there is none.
        via: dotted callee whose argument is walked, or the dict key whose value is.
        inside: the lambda that is walked, as `lambda_index`; None outside of lambdas.
        guard: depth of code that reckons with missing names; ``import_guard`` with missing modules,
            ``call_guard`` with arguments that do not fit.
        looked: names of attributes that ``hasattr`` has asked for.
        raised: (name, attribute) → node of the exception that a test's ``with raises(…) as name``
            holds there.
    """

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.nodes = NodeTable()
        self.scopes: list[Scope] = []
        self.references: list[tuple[int, int, int, int, int]] = []
        self.calls: list[tuple[int, int, int]] = []
        self.keywords: dict[tuple[str, ...], int] = {}
        self.arguments: list[tuple[int, int, int]] = []
        self.sites: list[list[tuple[str, int]]] = []
        self.stores: list[tuple[int, int, str, int]] = []
        self.virtual: list[Virtual] = []
        self.inside: int | None = None
        self.lambdas: dict[int, int] = {}
        self.read: set[int] = set()
        self.patches: list[int] = []
        self.decorators: dict[int, int] = {}
        self.imports: list[Import] = []
        self.functions: list[Function] = []
        self.classes: list[ClassDraft] = []
        self.groups = Groups()
        self.mentions: list[Mention] = []
        self.embedded: list[Embedded] = []
        self.problems: list[Problem] = []
        self.public: list[str] | None = None
        self.public_known = True
        self.others: dict[str, None] = {}
        self.stored: dict[str, None] = {}
        self.flags = 0
        self.out: list[str] = []
        self.owner = FILE
        self.klass: ClassDraft | None = None
        self.receiver = ""
        self.returns: list[int] | None = None
        self.yields: list[int] = []
        self.generator = False
        self.via = ""
        self.guard = 0
        self.import_guard = 0
        self.typing_guard = 0
        self.call_guard = 0
        self.looked: set[str] = set()
        self.raised: dict[tuple[str, str], int] = {}
        self.variables: dict[str, int] = {}
        self.facade = False
        self.explicit: frozenset[str] = frozenset()
        self.scope = self.new_scope(ScopeKind.MODULE)

    def new_scope(self, kind: ScopeKind, definition: int = FILE) -> Scope:
        """Open a scope below the current one; the caller makes it current."""
        parent = self.scope if self.scopes else None
        scope = Scope(kind, parent, len(self.scopes), definition)
        self.scopes.append(scope)
        return scope

    @contextmanager
    def within(self, scope: Scope, owner: int) -> Iterator[None]:
        """Make ``scope`` and ``owner`` current for a while."""
        before = self.scope, self.owner
        self.scope, self.owner = scope, owner
        try:
            yield
        finally:
            self.scope, self.owner = before

    def define(self, name: str, kind: str, line: int, end: int, parent: int | None = None) -> int:
        """Add a definition below ``parent`` (default: the owner) and return its index."""
        above = self.owner if parent is None else parent
        prefix = f"{self.drafts[above].name}." if above > 0 else ""
        self.drafts.append(Draft(f"{prefix}{name}", kind, line, end, above))
        return len(self.drafts) - 1

    def name(self, text: str) -> int:
        """Return the node of a name as seen from the current scope."""
        scope = self.scope
        while scope.kind is ScopeKind.COMPREHENSION and scope.parent and text not in scope.bindings:
            scope = scope.parent
        if (node := scope.current.get(text)) is not None:
            if node <= LITERAL or self.nodes.rows[node][0] in _SHOWN:
                return node
            return self.nodes.make(Op.ALIAS, node, text)
        return self.nodes.make(Op.NAME, self.scope.number, text)

    def bind(self, name: str, node: int) -> None:
        """Bind a name in the current scope, where ``global`` and the walrus rule allow for it."""
        scope = self.scope
        while scope.kind is ScopeKind.COMPREHENSION and scope.parent:
            scope = scope.parent
        if name in scope.globals:
            scope = self.scopes[0]
            if name in self.variables:
                self.drafts[self.variables[name]].values.append(node)
                return
            self.others.setdefault(name)
        elif name in scope.nonlocals:
            node = UNKNOWN
            while scope.parent and (name not in scope.bindings or name in scope.nonlocals):
                scope = scope.parent
        scope.bind(name, node)
        if scope is self.scope and self.nodes.rows[node][0] != Op.IMPORT:
            scope.holds(name, node)
        if scope.kind is ScopeKind.MODULE and node <= LITERAL:
            self.others.setdefault(name)

    def bound_above(self, name: str) -> bool:
        """Tell whether a scope around binds the name so far: then it is not the builtin."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.bindings:
                return True
            scope = scope.parent
        return False

    def is_local(self, name: str) -> bool:
        """Tell whether a function around binds the name so far."""
        scope: Scope | None = self.scope
        while scope is not None and scope.kind is not ScopeKind.MODULE:
            if name in scope.bindings and scope.kind is not ScopeKind.CLASS:
                return True
            scope = scope.parent
        return False

    def refer(self, kind: int, node: int, line: int, call: int = -1) -> None:
        """Record that the owner uses what the node names."""
        if self.guard or (self.looked and self._is_looked_for(node)):
            kind |= GUARDED
        scope = self.owner if self.inside is None else self.inside
        self.references.append((kind, node, line, scope, call))

    def _is_looked_for(self, node: int) -> bool:
        """Tell whether ``hasattr`` was asked for an attribute in the chain."""
        for _ in range(_LONGEST):
            op, base, text = self.nodes.rows[node]
            if op != Op.ATTR:
                return False
            if self.nodes.strings[text] in self.looked:
                return True
            node = base
        return False

    def refer_from(self, source: int, node: int, line: int) -> None:
        """Record that the definition ``source`` uses what the node names."""
        before, self.owner = self.owner, source
        self.refer(Kind.REFERENCE, node, line)
        self.owner = before

    def call(self, positional: int, flags: int, keywords: tuple[str, ...]) -> int:
        """Record the shape of a call's arguments and return its row."""
        flags |= CallFlag.GUARDED if self.call_guard else 0
        number = self.keywords.setdefault(keywords, len(self.keywords))
        self.calls.append((positional, flags, number))
        return len(self.calls) - 1

    def import_flags(self) -> int:
        """Return the flags of an import that stands here."""
        flags = ImportFlag.GUARDED if self.import_guard else 0
        return flags | ImportFlag.TYPING if self.typing_guard else flags

    def add_import(self, line: int, level: int, module: str, name: str, flags: int) -> int:
        """Record one imported name and return the node of what it denotes."""
        self.imports.append(Import(line, self.owner, level, module, name, flags))
        text = name or (module if flags & ImportFlag.WHOLE else module.partition(".")[0])
        return self.nodes.make(Op.IMPORT, len(self.imports) - 1, text)

    def variable(self, name: str, line: int, end: int) -> int:
        """Return the definition of a module variable or class attribute, made when first seen."""
        owned = self.klass.members if self.scope.kind is ScopeKind.CLASS and self.klass else None
        known = (self.variables if owned is None else owned).get(name)
        if known is not None and self.drafts[known].kind in {"variable", "attribute"}:
            return known
        kind = "variable" if owned is None else "attribute"
        index = self.define(name, kind, line, end, self.scope.definition)
        (self.variables if owned is None else owned)[name] = index
        return index

    def reads(self, node: ast.expr) -> None:
        """Say that what stands here is only read, which is news of ``globals()`` and ``vars(x)``."""
        if isinstance(node, ast.Call):
            self.read.add(id(node))

    def mark_dynamic_class(self) -> None:
        """Say that the current class gets attributes that no text names."""
        if self.klass is not None:
            self.klass.flags |= ClassFlag.DYNAMIC

    def add_function(self, definition: int, count: int, flags: int, returns: int) -> None:
        """Record a function whose ``count`` parameters follow ``definition``."""
        self.functions.append(Function(definition, count, flags, returns))

    def implicit_call(self, node: int, method: str, line: int) -> None:
        """Record that syntax calls ``method`` of the value."""
        if node > LITERAL:
            scope = self.owner if self.inside is None else self.inside
            kind = Kind.CALL | IMPLICIT
            self.references.append((kind, self.nodes.attr(node, method), line, scope, -1))

    def handed(
        self,
        function: int,
        values: Sequence[int],
        line: int,
        kind: int = Kind.CALL,
        partial: tuple[str, ...] | None = None,
    ) -> None:
        """Record that something calls ``function`` with the values, without saying so.

        ``partial``: the keywords that go with them, where the rest of the arguments comes later.
        """
        if function <= LITERAL:
            return
        flags = CallFlag.STAR | (CallFlag.PARTIAL if partial is not None else 0)
        row = self.call(len(values), flags, partial or ())
        self.arguments += [(row, slot, value) for slot, value in enumerate(values) if value > 1]
        self.refer(kind | IMPLICIT, function, line, row)

    def made(self, entries: Sequence[tuple[str, int]]) -> int:
        """Return the node of a new container: (key, or empty for any; node) of what it holds."""
        self.sites.append([entry for entry in entries if entry[1] > LITERAL])
        return self.nodes.row(Op.MAKE, len(self.sites) - 1, 0)

    def add_lambda(self, line: int, names: Sequence[tuple[str, str]]) -> int:
        """Define a lambda with its parameters (name, shape) and return its index."""
        place = self.scope.definition if self.inside is None else self.inside
        number = self.lambdas[place] = self.lambdas.get(place, 0) + 1
        around = self.drafts[place].name if place > 0 else ""
        if self.inside is not None:
            around = self.virtual[-2 - place].name
        name = f"{around}.<lambda{number}>" if around else f"<lambda{number}>"
        index = -2 - len(self.virtual)
        self.virtual.append(Virtual(name, "lambda", line, self.owner))
        for one, shape in names:
            label = f"{name}({one})"
            self.virtual.append(Virtual(label, "parameter", line, self.owner, shape))
        return index
