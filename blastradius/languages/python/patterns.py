"""The walk over ``match`` patterns: what they bind and what they name."""

from __future__ import annotations

import ast

from blastradius.languages.python.annotations import again
from blastradius.languages.python.expressions import chain, visit
from blastradius.languages.python.nodes import UNKNOWN
from blastradius.languages.python.own import Kind, Op
from blastradius.languages.python.recorder import Recorder


def pattern(rec: Recorder, node: ast.pattern, subject: int) -> None:
    """Walk one pattern; ``subject`` is the node of the value that is matched."""
    rec.out.append(type(node).__name__)
    if isinstance(node, ast.MatchValue):
        visit(rec, node.value)
    elif isinstance(node, ast.MatchSingleton):
        rec.out.append(repr(node.value))
    elif isinstance(node, ast.MatchClass):
        _class(rec, node)
    elif isinstance(node, ast.MatchMapping):
        for key in node.keys:
            visit(rec, key)
        _several(rec, node.patterns)
        _capture(rec, node.rest, UNKNOWN)
    elif isinstance(node, ast.MatchStar):
        _capture(rec, node.name, UNKNOWN)
    elif isinstance(node, ast.MatchAs):
        _as(rec, node, subject)
    elif isinstance(node, (ast.MatchSequence, ast.MatchOr)):
        _several(rec, node.patterns)


def matched(rec: Recorder, node: ast.pattern, subject: ast.expr) -> None:
    """Let the subject's name mean what a class pattern says that it is."""
    while isinstance(node, ast.MatchAs) and node.pattern is not None:
        node = node.pattern
    several = node.patterns if isinstance(node, ast.MatchOr) else [node]
    classes = [one.cls for one in several if isinstance(one, ast.MatchClass)]
    if not isinstance(subject, ast.Name) or len(classes) != len(several):
        return
    wanted = [again(rec, one) for one in classes]
    held = rec.nodes.choice(rec.nodes.derive(Op.INSTANCE, one) for one in wanted)
    known = rec.name(subject.id)
    rec.scope.narrow(
        subject.id, rec.nodes.row(Op.NARROWED, known, held if all(wanted) else UNKNOWN)
    )


def _as(rec: Recorder, node: ast.MatchAs, subject: int) -> None:
    value = subject
    if node.pattern is not None:
        pattern(rec, node.pattern, subject)
        value = UNKNOWN
        if isinstance(node.pattern, ast.MatchClass):
            value = rec.nodes.derive(Op.INSTANCE, chain(rec, node.pattern.cls))
    _capture(rec, node.name, value)


def _class(rec: Recorder, node: ast.MatchClass) -> None:
    rec.refer(Kind.REFERENCE, chain(rec, node.cls), node.cls.end_lineno or node.lineno)
    _several(rec, node.patterns)
    rec.out.extend(node.kwd_attrs)
    _several(rec, node.kwd_patterns)


def _several(rec: Recorder, nodes: list[ast.pattern]) -> None:
    rec.out.append(f"#{len(nodes)}")
    for one in nodes:
        pattern(rec, one, UNKNOWN)


def _capture(rec: Recorder, name: str | None, value: int) -> None:
    if name is not None:
        rec.out.append(name)
        rec.bind(name, value)
