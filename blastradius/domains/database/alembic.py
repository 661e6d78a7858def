"""Alembic: revisions read through ``ast``; upgrade and downgrade compared operation by operation."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from blastradius.domains.base import ChangeView, Kind, Undo, sites
from blastradius.domains.database.ddl import of_sql
from blastradius.domains.database.operations import (
    REVERSIBILITY,
    VERIFY,
    Gravity,
    Operation,
    edited,
    gravest,
    lines_of,
    told,
)
from blastradius.model.analysis import Effect, Reversibility
from blastradius.model.source import FileChange

KIND = Kind("database", "alembic")

_OPERATIONS: dict[str, tuple[str, Gravity]] = {
    "create_table": ("drop_table", "add"),
    "drop_table": ("create_table", "drop"),
    "add_column": ("drop_column", "add"),
    "drop_column": ("add_column", "drop"),
    "alter_column": ("alter_column", "alter"),
    "rename_table": ("rename_table", "alter"),
    "create_index": ("drop_index", "index"),
    "drop_index": ("create_index", "index"),
    "create_foreign_key": ("drop_constraint", "index"),
    "create_unique_constraint": ("drop_constraint", "index"),
    "create_check_constraint": ("drop_constraint", "index"),
    "create_primary_key": ("drop_constraint", "index"),
    "create_exclude_constraint": ("drop_constraint", "index"),
    "drop_constraint": ("create_constraint", "index"),
    "create_table_comment": ("drop_table_comment", "index"),
    "drop_table_comment": ("create_table_comment", "index"),
    "bulk_insert": ("execute", "alter"),
    "execute": ("execute", "raw"),
}
_CREATES_CONSTRAINT = frozenset(
    name for name, (inverse, _) in _OPERATIONS.items() if inverse == "drop_constraint"
)


class _Revision(Struct, frozen=True):
    """A revision: its id, those it follows, what it does, and what is wrong with its downgrade."""

    id: str
    follows: tuple[str, ...]
    upgrade: tuple[Operation, ...]
    flaw: str
    line: int


def effects(view: ChangeView, change: FileChange) -> list[Effect] | None:
    """Return the effects of one file, None when it is no Alembic revision."""
    if not change.path.endswith(".py"):
        return None
    text = view.after(change) or view.before(change)
    revision = _read(text) if text and "down_revision" in text else None
    if revision is None:
        return None
    changed = edited(view, change, KIND, f"revision {revision.id}")
    if changed is not None:
        return [changed]
    return [_effect(view, change, revision)]


def _effect(view: ChangeView, change: FileChange, revision: _Revision) -> Effect:
    does = told(revision.upgrade) or "nothing that can be read"
    grave = REVERSIBILITY[gravest(revision.upgrade)] if revision.upgrade else "reversible"
    argv: tuple[str, ...] | None = None
    if revision.flaw:
        grave = _worse(grave, "compensatable")
        summary = f"{revision.flaw}: write the inverse by hand and rehearse it on a copy"
    elif len(revision.follows) > 1:
        summary = "a merge of branches: going down is ambiguous, name the branch's revision by hand"
    else:
        below = revision.follows[0] if revision.follows else "base"
        argv = ("alembic", "downgrade", below)
        summary = f"downgrade to {below} while this file is still there, rehearsed on a copy first"
    if grave == "irreversible":
        summary += "; rows that were dropped or rewritten come back from a backup only"
    return KIND.effect(
        f"revision {revision.id}",
        f"migrates: {does}",
        grave,
        sites(view, change, lines_of(revision.upgrade) if revision.upgrade else [revision.line]),
        Undo(summary, VERIFY, argv),
    )


def _worse(one: Reversibility, other: Reversibility) -> Reversibility:
    order: tuple[Reversibility, ...] = ("reversible", "compensatable", "irreversible")
    return max(one, other, key=order.index)


def _read(text: str) -> _Revision | None:
    tree = parsed(text)
    if tree is None:
        return None
    names = dict(_assigned(tree))
    if "revision" not in names or "down_revision" not in names:
        return None
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    revision = names["revision"]
    upgrade = _operations(functions.get("upgrade"))
    ids = _strings(revision)
    return _Revision(
        ids[0] if ids else "of unknown id",
        _strings(names["down_revision"]),
        upgrade,
        _flaw(upgrade, functions.get("downgrade")),
        revision.lineno,
    )


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of Python text, None when it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for one in tree.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, one.value
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.value:
            yield one.target.id, one.value


def _strings(value: ast.expr) -> tuple[str, ...]:
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return tuple(
        one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _operations(function: ast.FunctionDef | None) -> tuple[Operation, ...]:
    if function is None:
        return ()
    found: list[Operation] = []
    tables: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.withitem):
            _batch(node, tables)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += _operation(node, node.func, tables)
    return tuple(sorted(found, key=lambda one: (one.line, one.verb, one.target)))


def _batch(node: ast.withitem, tables: dict[str, str]) -> None:
    """``with op.batch_alter_table("t") as batch``: calls on ``batch`` are about ``t``."""
    call = node.context_expr
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "batch_alter_table"
        and isinstance(node.optional_vars, ast.Name)
    ):
        tables[node.optional_vars.id] = next(iter(_words(call)), "")


def _operation(
    call: ast.Call, function: ast.Attribute, tables: dict[str, str]
) -> Iterator[Operation]:
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    known = _OPERATIONS.get(function.attr)
    if known is None or (owner != "op" and owner not in tables):
        return
    words = _words(call)
    if function.attr == "execute":
        statements = of_sql(" ".join(_texts(call)), call.lineno)
        yield from statements or [Operation("execute", "SQL", call.lineno, "raw")]
        return
    if owner in tables:
        words = [tables[owner], *words]
    depth = 2 if function.attr in {"add_column", "drop_column", "alter_column"} else 1
    yield Operation(function.attr, ".".join(words[:depth]), call.lineno, known[1])


def _words(call: ast.Call) -> list[str]:
    """Return the leading string arguments; a ``Column("x", …)`` counts as ``x``."""
    found: list[str] = []
    for one in (*call.args, *(keyword.value for keyword in call.keywords[:2])):
        word = one.args[0] if isinstance(one, ast.Call) and one.args else one
        if not isinstance(word, ast.Constant) or not isinstance(word.value, str):
            break
        found.append(word.value)
    return found


def _texts(call: ast.Call) -> list[str]:
    return [
        one.value
        for one in ast.walk(call)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def _flaw(upgrade: tuple[Operation, ...], downgrade: ast.FunctionDef | None) -> str:
    """Say what is wrong with a downgrade as the inverse of its upgrade, empty when it may do."""
    if downgrade is None:
        return "the revision has no downgrade" if upgrade else ""
    if any(isinstance(one, ast.Raise) for one in downgrade.body):
        return "its downgrade raises"
    calls = Counter(
        node.func.attr
        for node in ast.walk(downgrade)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    if upgrade and not calls:
        return "its downgrade does nothing"
    if "execute" in calls:
        return ""  # raw SQL may be any inverse
    wanted = Counter(one.verb for one in upgrade)
    for verb in sorted(wanted):
        inverse = _OPERATIONS[verb][0] if verb in _OPERATIONS else ""
        have = (
            calls[inverse]
            if inverse != "create_constraint"
            else sum(calls[name] for name in _CREATES_CONSTRAINT)
        )
        if inverse and have == 0 and not _covered(verb, calls):
            return f"its downgrade lacks the inverse of {verb}"
    return ""


def _covered(verb: str, calls: Counter[str]) -> bool:
    """Dropping a table takes its columns, indexes and constraints along."""
    return verb in {"add_column", "create_index", *_CREATES_CONSTRAINT} and calls["drop_table"] > 0
