"""Chains of names: what a dotted one passes, and how the text writes it."""

from __future__ import annotations

from blastradius.languages.python.own import NUMBERED, OVER_TWO, Op
from blastradius.languages.python.views import FileView

_LONGEST_CHAIN = 100
_ROOTS = frozenset((Op.DEF, Op.IMPORT, Op.STAR, Op.MISSING, Op.CHOICE, Op.KNOWN))


def prefixes(view: FileView, node: int) -> tuple[int, ...]:
    """Return the nodes that a chain passes: those of ``a`` and ``a.b`` for ``a.b.c``."""
    rows = view.rows
    op, a, _ = rows[node]
    if op != Op.ATTR:
        return ()
    found: list[int] = []
    while op == Op.ATTR and len(found) < _LONGEST_CHAIN:
        found.append(a)
        op, a, _ = rows[a]
    if found and op not in _ROOTS:
        found.pop()  # the chain starts at a value, which was walked by itself
    return tuple(found)


def spell(view: FileView, node: int) -> str:
    """Return the node as the site writes it."""
    names: list[str] = []
    rows, strings = view.rows, view.strings
    op, a, b = rows[node]
    while op in (Op.ATTR, Op.CALL, Op.ITEM, Op.AWAIT):
        if op == Op.ATTR:
            names.append(f".{strings[b]}")
        elif op != Op.AWAIT:
            names.append("()" if op == Op.CALL else "[]")
        op, a, b = rows[a]
    for _ in range(_LONGEST_CHAIN):
        if op not in OVER_TWO:
            break
        op, a, b = rows[a]
    root = strings[b] if op not in NUMBERED else ""
    return f"{root}{''.join(reversed(names))}".lstrip(".")
