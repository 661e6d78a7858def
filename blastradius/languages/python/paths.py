"""Paths put together in code: ``Path(__file__).parent / "config" / "x.yaml"``, ``os.path.join(…)``.

Only the constant tail says where it leads; what is computed before it is some base folder, and what
is computed in between is a hole.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import islice

from blastradius.languages.python import strings
from blastradius.languages.python.nodes import LITERAL
from blastradius.languages.python.recorder import Recorder
from blastradius.languages.python.signatures import dotted

Visit = Callable[[Recorder, ast.expr], int]
_PATH_CLASSES = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
COMPUTED = "{}/"
"""Before the callee of a path whose beginning is known at run time only."""
_LONGEST_HEAD = 60
JOINERS = frozenset({"joinpath", "join"})


def division(rec: Recorder, node: ast.BinOp, visit: Visit) -> tuple[int, int]:
    """Walk ``a / b / c`` and record the path that its constant tail spells.

    Returns:
        The nodes of the first and of the last operand.
    """
    parts: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
        parts.append(left.right)
        left = left.left
    parts.append(left)
    parts.reverse()
    rec.out.append(f"/{len(parts)}")
    if not any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts):
        values = [visit(rec, part) for part in parts]
        return values[0], values[-1]
    values = joined(rec, [*_head(parts[0]), *parts[1:]], parts, visit)
    return values[0], values[-1]


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


def _above_file(head: Sequence[ast.expr]) -> int | None:
    """Return how many folders above ``__file__`` a computed head leads; None if it is not from it."""
    ups, own = 0, False
    for node in islice((one for part in head for one in ast.walk(part)), _LONGEST_HEAD):
        if isinstance(node, ast.Name):
            own = own or node.id == "__file__"
        elif isinstance(node, ast.Attribute):
            ups += node.attr in {"parent", "dirname"}
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            above = node.slice.value
            if dotted(node.value).endswith(".parents") and isinstance(above, int):
                ups += min(max(above, 0), _LONGEST_HEAD) + 1
    return ups if own else None


def joined(
    rec: Recorder, segments: Sequence[ast.expr], walked: Sequence[ast.expr], visit: Visit
) -> list[int]:
    """Record the path of ``segments`` and walk ``walked``, without the segments' own strings.

    Returns:
        The nodes of what was walked.
    """
    parts: list[str | None] = [
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        for part in segments
    ]
    values: list[int] = []
    for part in walked:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            rec.out.append(f"s{part.value}")
            values.append(LITERAL)
        else:
            values.append(visit(rec, part))
    head = next((number for number, part in enumerate(parts) if part is not None), len(parts))
    parts = parts[head:]
    if not parts:
        return values
    value = "/".join("{}" if part is None else part.strip("/") or part for part in parts)
    before, rec.via = rec.via, rec.via or "Path"
    ups = _above_file(segments[:head])
    if ups is not None:
        # From the file's own folder: ``__file__`` itself is one step below it.
        value = f"./{'../' * (ups - 1)}{value}" if ups else f"./{value.removeprefix('../')}"
    elif head:
        rec.via = f"{COMPUTED}{rec.via}"
    line = segments[-1].end_lineno or segments[-1].lineno
    if all(part is not None for part in parts):
        strings.string(rec, value, line)
    else:
        strings.add(rec, value, "path", line)
    rec.via = before
    return values
