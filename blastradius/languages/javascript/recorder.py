"""What is gathered while one file is walked.

Scopes are filled on the way and names are looked up when the walk is over: declarations of JavaScript
are seen above the line where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from tree_sitter import Node

from blastradius.languages.javascript.groups import Groups
from blastradius.languages.javascript.own import Export, Import, ImportFlag, Kind, Reference, Route
from blastradius.model.facts import Definition, Embedded, Mention, Problem

FILE = -1
MOST_NODES = 3_000_000
MOST_DEFINITIONS = 50_000
_MOST_HOPS = 8


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits over the parts; empty when there are none."""
    text = "\0".join(parts)
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest() if text else ""


class Bound(NamedTuple):
    """What a name is bound to: a root (as in `own.Reference`), another name, or nothing known."""

    root: int | None = None
    name: str = ""
    members: tuple[str, ...] = ()
    scope: Scope | None = None
    instance: bool = False


LOCAL = Bound()


class Scope:
    """A lexical scope; ``function`` marks those that ``var`` is bound in."""

    __slots__ = ("bindings", "function", "parent")

    def __init__(self, parent: Scope | None, *, function: bool) -> None:
        self.parent = parent
        self.function = function
        self.bindings: dict[str, Bound] = {}

    def bind(self, name: str, bound: Bound = LOCAL) -> None:
        """Bind a name here. What says more stays: a variable that is declared twice is one."""
        known = self.bindings.get(name)
        if known is None:
            self.bindings[name] = bound
        elif known != bound and known.root is None:
            self.bindings[name] = LOCAL if bound.root is None else bound

    def hoisted(self) -> Scope:
        """Return the scope that a ``var`` standing here is bound in."""
        scope = self
        while not scope.function and scope.parent is not None:
            scope = scope.parent
        return scope


class Ctx(NamedTuple):
    """Where the walk is.

    Attributes:
        scope: the innermost scope.
        owner: the innermost definition, -1 at module level.
        klass: the class that ``this`` is an object of, -1 for none.
        top: statements here are the module's, the namespace's or the class's own.
        via: the dotted callee whose argument is walked, or the key whose value is.
        guard: the code reckons with a missing module.
        mute: strings here are parts of a text that was recorded as a whole.
        lazy: an ``import()`` here is used for its default export.
        given: the import that the first parameter of a function walked here stands for.
    """

    scope: Scope
    owner: int = FILE
    klass: int = -1
    top: bool = False
    via: str = ""
    guard: bool = False
    mute: bool = False
    lazy: bool = False
    given: int = -1


class Meaning(NamedTuple):
    """What a name means: root, members and instance as in `own.Reference`.

    ``hops``: how many other names it went through; ``taken``: how many members came of them.
    """

    root: int
    members: tuple[str, ...]
    instance: int
    hops: int = 0
    taken: int = 0


class Draft:
    """A definition in the making; ``tokens`` are its own normalised content."""

    __slots__ = ("end", "kind", "line", "name", "parent", "shape", "tokens")

    def __init__(self, name: str, kind: str, line: int, end: int, parent: int) -> None:
        self.name = name
        self.kind = kind
        self.line = line
        self.end = end
        self.parent = parent
        self.shape = ""
        self.tokens: list[str] = []

    def finished(self) -> Definition:
        """Return the definition as it now stands."""
        body = digest(self.tokens)
        return Definition(self.name, self.kind, self.line, self.end, self.parent, self.shape, body)


class Use(NamedTuple):
    """A use of a name, to be looked up when all scopes are known; ``this`` is a name as well."""

    kind: Kind
    name: str
    members: tuple[str, ...]
    scope: Scope
    line: int
    owner: int
    klass: int
    guarded: bool
    text: str


class Heritage(NamedTuple):
    """A class and the name of one thing that it extends, or a variable and its object's class."""

    definition: int
    name: str
    members: tuple[str, ...]
    scope: Scope


class LocalExport(NamedTuple):
    """A name that the module exports, and the local name whose value it has."""

    name: str
    local: str
    scope: Scope
    line: int


class Recorder:
    """The facts gathered so far, and the nodes that wait to be walked."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.drafts: list[Draft] = [Draft("", "module", 1, source.count(b"\n") + 1, FILE)]
        self.waiting: list[tuple[Node, Ctx]] = []
        self.module = Scope(None, function=True)
        self.imports: list[Import] = []
        self.exports: list[Export] = []
        self.local_exports: list[LocalExport] = []
        self.uses: list[Use] = []
        self.bases: list[Heritage] = []
        self.instances: list[Heritage] = []
        self.mentions: list[Mention] = []
        self.embedded: list[Embedded] = []
        self.routes: list[Route] = []
        self.problems: list[Problem] = []
        self.groups = Groups()
        self.closed = True
        self.modular = False
        self.commonjs = False
        self.full = False
        self.fields: dict[tuple[int, str], int] = {}
        self.same_value: list[tuple[int, int, int]] = []
        self.late: list[Reference] = []

    def text(self, node: Node) -> str:
        """Return the text of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def push(self, node: Node | None, ctx: Ctx) -> None:
        """Walk the node after what was pushed before it in the same step: see `extract`."""
        if node is not None:
            self.waiting.append((node, ctx))

    def token(self, text: str, ctx: Ctx) -> None:
        """Append to the content of the current definition."""
        self.drafts[max(ctx.owner, 0)].tokens.append(text)

    def define(self, name: str, kind: str, node: Node, parent: int) -> int:
        """Add a definition below ``parent`` and return its index."""
        prefix = f"{self.drafts[parent].name}." if parent > 0 else ""
        return self.define_as(f"{prefix}{name}", kind, node, parent)

    def define_as(self, address: str, kind: str, node: Node, parent: int) -> int:
        """Add a definition under its whole address; what is one too many goes to its parent."""
        if len(self.drafts) >= MOST_DEFINITIONS:
            if not self.full:
                self.problems.append(
                    Problem(line_of(node), "too many definitions: not all are read")
                )
            self.full = True
            return max(parent, 0)
        self.drafts.append(Draft(address, kind, line_of(node), end_of(node), parent))
        return len(self.drafts) - 1

    def add_import(self, node: Node, ctx: Ctx, module: str, name: str, flags: int = 0) -> int:
        """Record one imported name and return its number."""
        if ctx.guard:
            flags |= ImportFlag.GUARDED
        self.imports.append(Import(line_of(node), ctx.owner, module, name, flags))
        return len(self.imports) - 1

    def use(self, kind: Kind, name: str, members: tuple[str, ...], node: Node, ctx: Ctx) -> None:
        """Record that the owner uses a name, or what is read from it member by member."""
        line = node.start_point[0] + 1
        text = ".".join((name, *members))
        self.uses.append(
            Use(kind, name, members, ctx.scope, line, ctx.owner, ctx.klass, ctx.guard, text)
        )

    def look_up(self, name: str, members: tuple[str, ...], scope: Scope | None) -> Meaning | None:
        """Return what a name means as seen from a scope, None when it is a local one.

        A name that stands for another, or for an object of a class, is followed.
        """
        instance = -1
        said = len(members)
        for hops in range(_MOST_HOPS):
            while scope is not None and name not in scope.bindings:
                scope = scope.parent
            if scope is None:
                return None
            bound = scope.bindings[name]
            if bound.root is not None:
                taken = len(members) - said
                return Meaning(bound.root, (*bound.members, *members), instance, hops, taken)
            if not bound.name or (bound.instance and instance >= 0):
                return None
            if instance >= 0:
                instance += len(bound.members)
            elif bound.instance:
                instance = len(bound.members)
            name, members = bound.name, (*bound.members, *members)
            scope = bound.scope
        return None


def line_of(node: Node) -> int:
    """Return the 1-based line on which a node starts."""
    return node.start_point[0] + 1


def end_of(node: Node) -> int:
    """Return the 1-based last line of a node."""
    row, column = node.end_point
    return max(row + (1 if column else 0), node.start_point[0] + 1)
