"""What a test tells of the names in it: ``isinstance(x, C)``, in a branch or after an ``assert``.

The same name means another value there: it is *narrowed* to the class, or left *without* it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from blastradius.languages.python.annotations import again
from blastradius.languages.python.nodes import UNKNOWN
from blastradius.languages.python.own import Op
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

_TWO = 2
_MOST_TESTS = 20
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def narrow(rec: Recorder, test: ast.expr, *, holds: bool) -> None:
    """Let names mean what they are from here on, ``test`` being true (or not, without ``holds``)."""
    for name, classes, positive in _told(test, holds=holds):
        known = rec.name(name)
        wanted = [again(rec, one) for one in classes]
        if positive:
            node = rec.nodes.choice(rec.nodes.derive(Op.INSTANCE, one) for one in wanted)
            node = rec.nodes.row(Op.NARROWED, known, node if all(wanted) else UNKNOWN)
        else:
            node = known
            for one in wanted:
                node = rec.nodes.row(Op.WITHOUT, node, one)
            node = rec.nodes.row(Op.NARROWED, known, node)
        rec.scope.narrow(name, node)


@contextmanager
def within(rec: Recorder) -> Iterator[None]:
    """What tests tell meanwhile is forgotten afterwards; what is bound meanwhile is not."""
    scope, before = rec.scope, dict(rec.scope.current)
    try:
        yield
    finally:
        for name, node in list(scope.current.items()):
            if node != before.get(name) and rec.nodes.rows[node][0] == Op.NARROWED:
                scope.current.pop(name)
                if name in before:
                    scope.current[name] = before[name]


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Tell whether what follows the statements is not reached through them."""
    last = body[-1] if body else None
    for _ in range(_MOST_TESTS):
        if not (isinstance(last, ast.If) and last.orelse and isinstance(last.body[-1], _LEAVING)):
            break
        last = last.orelse[-1]
    return isinstance(last, _LEAVING)


def _told(test: ast.expr, *, holds: bool) -> list[tuple[str, list[ast.expr], bool]]:
    """Return (name, classes, whether it is an instance of one of them) of what the test tells."""
    found: list[tuple[str, list[ast.expr], bool]] = []
    waiting = [(test, holds)]
    while waiting and len(found) < _MOST_TESTS:
        one, true = waiting.pop()
        if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Not):
            waiting.append((one.operand, not true))
        elif isinstance(one, ast.BoolOp) and isinstance(one.op, ast.And) == true:
            waiting += [(part, true) for part in reversed(one.values)]
        elif isinstance(one, ast.Call) and dotted(one.func) == "isinstance":
            told = _instance_of(one)
            if told is not None:
                found.append((*told, true))
    return found


def _instance_of(node: ast.Call) -> tuple[str, list[ast.expr]] | None:
    if len(node.args) != _TWO or not isinstance(node.args[0], ast.Name):
        return None
    second = node.args[1]
    several = second.elts if isinstance(second, ast.Tuple) else [second]
    while len(several) == 1 and isinstance(several[0], ast.BinOp):
        several = [several[0].left, several[0].right]
    plain = all(isinstance(one, (ast.Name, ast.Attribute)) for one in several)
    return (node.args[0].id, list(several)) if plain else None
