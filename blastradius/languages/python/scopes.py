"""Scopes of one file, and which binding a name means (LEGB, class scopes skipped from within)."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from blastradius.languages.python.nodes import LITERAL, UNKNOWN, NodeTable
from blastradius.languages.python.own import Op


class ScopeKind(Enum):
    """What opened a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"
    TYPES = "types"


class Scope:
    """Names bound in one scope: name → nodes of what is bound, in order.

    ``definition`` is the index of the scope's own definition; -1 for the module. ``current`` has
    the names whose latest binding is the one that the statement being walked sees: no branch or loop
    lies between. ``touched`` are the names bound since the innermost branch began.
    """

    __slots__ = (
        "annotated",
        "bindings",
        "current",
        "definition",
        "globals",
        "kind",
        "nonlocals",
        "number",
        "parent",
        "touched",
    )

    def __init__(self, kind: ScopeKind, parent: Scope | None, number: int, definition: int) -> None:
        self.kind = kind
        self.parent = parent
        self.number = number
        self.definition = definition
        self.bindings: dict[str, list[int]] = {}
        self.annotated: dict[str, int] = {}
        self.current: dict[str, int] = {}
        self.touched: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()

    def bind(self, name: str, node: int) -> None:
        """Bind ``name`` to ``node`` here, beside what it was bound to before."""
        self.bindings.setdefault(name, []).append(node)
        self.holds(name, None)

    def holds(self, name: str, node: int | None) -> None:
        """Say what the name holds from here on; None: not known so exactly."""
        self.touched.add(name)
        if node is None:
            self.current.pop(name, None)
        else:
            self.current[name] = node

    def narrow(self, name: str, node: int) -> None:
        """Say what the name holds here, where a test has told so: outside it is as it was."""
        self.current[name] = node

    @contextmanager
    def branch(self, *, repeats: bool = False) -> Iterator[None]:
        """What is bound meanwhile may or may not be seen afterwards; in loops also before."""
        before, outer = dict(self.current), self.touched
        self.touched = set()
        if repeats:
            self.current.clear()
        try:
            yield
        finally:
            inner = self.touched
            self.current = {name: one for name, one in before.items() if name not in inner}
            self.touched = outer | inner


# Names that run-time environments add to the builtins; a use of one is no undefined name.
_INJECTED = frozenset(
    """__file__ __name__ __doc__ __package__ __spec__ __loader__ __path__ __builtins__ __dict__
    __annotations__ __cached__ __debug__ __class__ __module__ __qualname__ __all__ _
    WindowsError reveal_type reveal_locals get_ipython display spark dbutils sc exit quit
    copyright credits license unicode basestring long xrange raw_input unichr reduce
    execfile cmp file buffer apply aiter anext ExceptionGroup BaseExceptionGroup
    EncodingWarning PythonFinalizationError __conditional_annotations__ __type_params__
    __static_attributes__ __firstlineno__""".split()  # noqa: SIM905 - a word list reads best as words
)
BUILTINS = frozenset(dir(builtins)) | _INJECTED


def binding_scope(scope: Scope, name: str) -> Scope | None:
    """Return the scope whose binding of ``name`` is seen from ``scope``, None without one."""
    top = scope
    while top.parent is not None:
        top = top.parent
    if name in scope.globals:
        return top
    start: Scope | None = scope.parent if name in scope.nonlocals else scope
    while start is not None:
        if name in start.globals:
            return top
        # A class's names are seen in its body and by its type parameters, not from within methods.
        visible = start is scope or start.kind is not ScopeKind.CLASS
        if visible and name in start.bindings:
            return start
        start = start.parent
    return None


def bind_names(nodes: NodeTable, scopes: list[Scope], *, stars: bool) -> None:
    """Replace every `Op.NAME` row by what the name means.

    Args:
        nodes: the table; rows are replaced in place.
        scopes: by number.
        stars: the file has star imports, which may bind any name.
    """
    for index in range(len(nodes.rows)):
        op, number, text = nodes.rows[index]
        if op != Op.NAME:
            continue
        name = nodes.strings[text]
        found = binding_scope(scopes[number], name)
        if found is None:
            nodes.rows[index] = (int(_unbound(name, stars=stars)), 0, text)
            continue
        nodes.rows[index] = _bound(nodes, found, name, text)


def _unbound(name: str, *, stars: bool) -> Op:
    if name in BUILTINS:
        return Op.BUILTIN
    return Op.STAR if stars else Op.MISSING


def _bound(nodes: NodeTable, scope: Scope, name: str, text: int) -> tuple[int, int, int]:
    if name in scope.annotated:
        return (int(Op.ALIAS), scope.annotated[name], text)
    several = list(dict.fromkeys(scope.bindings[name]))
    if scope.kind is not ScopeKind.FUNCTION and len(several) > 1:
        # A definition beside an unknown value (``except ImportError: x = f()``) stays a candidate.
        several = [node for node in several if node not in (UNKNOWN, LITERAL)] or [UNKNOWN]
    node = nodes.choice(_few_imports(nodes, several))
    op, a, _ = nodes.rows[node]
    if node == LITERAL:
        return (int(Op.ALIAS), LITERAL, text)
    if op in _ROOTS:
        return (op, a, text)
    return (int(Op.ALIAS), node, text)


def _few_imports(nodes: NodeTable, several: list[int]) -> list[int]:
    """Return the nodes with few imports of one name: ``import a.b`` binds ``a`` each time anew."""
    imports = [node for node in several if nodes.rows[node][0] == Op.IMPORT]
    if len({nodes.rows[node][2] for node in imports}) != 1:
        return several
    return [node for node in several if node not in imports[_MOST_IMPORTS:]]


_MOST_IMPORTS = 4
_ROOTS = frozenset({Op.DEF, Op.IMPORT, Op.SELF, Op.CLS, Op.UNKNOWN, Op.PARAM})
