"""Field groups of one file: names that stand together, and words that say what they are."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from blastradius.languages.anchors import anchored
from blastradius.model.facts import Definition, FieldGroup, FieldSite, GroupRole, Mention

FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]{0,62}", re.ASCII)
MOST_FIELDS = 5_000
_LEAST_SITES = 2

# Callees whose first string argument is no field: it is a message, a format, a name of something.
_NO_FIELD_CALLEES = frozenset(
    """print debug info warning warn error exception critical log getLogger open join split
    strip startswith endswith replace format encode decode isinstance getattr setattr
    hasattr delattr getenv import_module __import__ patch object compile match search sub
    findall fullmatch strftime strptime TypeVar NewType add_argument mark skip skipif
    parametrize raises Exception ValueError TypeError KeyError RuntimeError Path PurePath
    index count find lstrip rstrip removeprefix removesuffix partition rpartition write exit
    Literal""".split()  # noqa: SIM905 - a word list reads best as words
)


class Groups:
    """The groups of one file while it is walked.

    Groups of uses grow with every use of one thing in one scope; the others come whole.
    """

    def __init__(self) -> None:
        self.whole: list[FieldGroup] = []
        self.defined = 0
        self._uses: dict[tuple[str, GroupRole, str, int], dict[str, tuple[int, int]]]
        self._uses = defaultdict(dict)

    def add(
        self,
        kind: str,
        role: GroupRole,
        scope: int,
        sites: Sequence[tuple[str, int, int]],
        anchors: Iterable[str],
    ) -> None:
        """Add a group whose members, (name, line, definition), are all known."""
        members = tuple(FieldSite(name, line, definition) for name, line, definition in sites)
        words = tuple(dict.fromkeys(word for word in anchors if word))
        self.whole.append(FieldGroup(kind, role, scope, members, words))

    def use(
        self, kind: str, role: GroupRole, of: str, scope: int, site: tuple[str, int, int]
    ) -> None:
        """Add one use of a field of ``of`` (a variable, a callee) in ``scope``."""
        name, line, definition = site
        self._uses[kind, role, of, scope].setdefault(name, (line, definition))

    def finished(
        self, definitions: Sequence[Definition], mentions: Sequence[Mention]
    ) -> tuple[FieldGroup, ...]:
        """Return all groups with their anchors, in the order of their first site."""
        named: dict[int, dict[str, None]] = defaultdict(dict)
        for mention in mentions:
            if mention.flavor in {"path", "glob", "dotted", "table"}:
                named[_unit(mention.scope, definitions)].setdefault(mention.value)
        groups = [
            *self.whole,
            *(
                FieldGroup(
                    kind,
                    role,
                    scope,
                    tuple(FieldSite(name, *rest) for name, rest in sites.items()),
                    (of,),
                )
                for (kind, role, of, scope), sites in self._uses.items()
                if len(sites) >= _LEAST_SITES or kind != "call"
            ),
        ]
        several = [
            anchored(group, definitions, named.get(_unit(group.scope, definitions), ()))
            for group in groups
        ]
        return tuple(sorted(several, key=lambda one: (one.sites[0].line, one.scope, one.kind)))


def _unit(scope: int, definitions: Sequence[Definition]) -> int:
    """Return the function or class around a scope: a variable's words are its unit's words."""
    while scope > 0 and definitions[scope].kind in {"variable", "attribute", "field", "parameter"}:
        scope = definitions[scope].parent
    return scope


def field_of(node: ast.expr | None) -> str:
    """Return the field that a constant expression can name; empty for any other expression."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return ""
    return node.value if FIELD_NAME.fullmatch(node.value) else ""


def takes_field(callee: str) -> bool:
    """Tell whether the first string argument of the callee can be a field."""
    last = callee.rpartition(".")[2]
    return (
        bool(last) and last not in _NO_FIELD_CALLEES and not last.endswith(("Error", "Exception"))
    )
