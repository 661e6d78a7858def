"""Paths put together in code: ``Path(__file__).parent / "config" / "x.yaml"``, ``os.path.join(…)``.

Only the constant tail says where it leads; what is computed before it is some base folder, and what
is computed in between is a hole.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from blastradius.languages.python import strings
from blastradius.languages.python.nodes import UNKNOWN
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]
_PATH_CLASSES = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
JOINERS = frozenset({"joinpath", "join"})


def division(rec: Recorder, node: ast.BinOp, visit: Visit) -> int:
    """Walk ``a / b / c`` and record the path that its constant tail spells."""
    parts: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
        parts.append(left.right)
        left = left.left
    parts.append(left)
    parts.reverse()
    rec.out.append(f"/{len(parts)}")
    if not any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts):
        for part in parts:
            visit(rec, part)
        return UNKNOWN
    joined(rec, [*_head(parts[0]), *parts[1:]], parts, visit)
    return UNKNOWN


def _head(node: ast.expr) -> Sequence[ast.expr]:
    """Return the segments of ``Path("a", "b")``; the node itself when it is something else."""
    if isinstance(node, ast.Call) and is_path_class(dotted(node.func)) and not node.keywords:
        return node.args
    return (node,)


def is_path_class(callee: str) -> bool:
    """Tell whether the callee makes a path of its arguments."""
    return callee.rpartition(".")[2] in _PATH_CLASSES


def is_join(callee: str) -> bool:
    """Tell whether the callee is ``os.path.join`` or ``Path.joinpath``."""
    head, _, last = callee.rpartition(".")
    return last == "joinpath" or (last == "join" and head.endswith("path"))


def joined(
    rec: Recorder, segments: Sequence[ast.expr], walked: Sequence[ast.expr], visit: Visit
) -> None:
    """Record the path of ``segments`` and walk ``walked``, without the segments' own strings."""
    parts: list[str | None] = [
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        for part in segments
    ]
    for part in walked:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            rec.out.append(f"s{part.value}")
        else:
            visit(rec, part)
    while parts and parts[0] is None:
        parts.pop(0)
    if not parts:
        return
    value = "/".join("{}" if part is None else part.strip("/") or part for part in parts)
    before, rec.via = rec.via, rec.via or "Path"
    line = segments[-1].end_lineno or segments[-1].lineno
    if all(part is not None for part in parts):
        strings.string(rec, value, line)
    else:
        strings.add(rec, value, "path", line)
    rec.via = before
