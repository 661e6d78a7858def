"""Django: ``migrations/NNNN_name.py`` read through ``ast``."""

from __future__ import annotations

import ast
import re

from blastradius.domains.base import ChangeView, Kind, Undo, sites
from blastradius.domains.database.alembic import parsed
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
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

KIND = Kind("database", "django")

_PATH = re.compile(r"(?:^|/)(?P<app>[^/]+)/migrations/(?P<name>\d{4}_\w+|\w+)\.py$")
_GRAVITY: dict[str, Gravity] = {
    "CreateModel": "add",
    "DeleteModel": "drop",
    "AddField": "add",
    "RemoveField": "drop",
    "AlterField": "alter",
    "RenameField": "alter",
    "RenameModel": "alter",
    "AlterModelTable": "alter",
    "AlterModelOptions": "index",
    "AlterModelManagers": "index",
    "AddIndex": "index",
    "RemoveIndex": "index",
    "RenameIndex": "index",
    "AddConstraint": "index",
    "RemoveConstraint": "index",
    "AlterUniqueTogether": "index",
    "AlterIndexTogether": "index",
    "RunPython": "raw",
    "RunSQL": "raw",
    "SeparateDatabaseAndState": "raw",
}
_WITH_REVERSE = 2  # RunPython(forward, reverse)
# Where the reverse stands when it is not said by its keyword.
_REVERSES = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}


def effects(view: ChangeView, change: FileChange) -> list[Effect] | None:
    """Return the effects of one file, None when it is no Django migration."""
    place = _PATH.search(change.path)
    if place is None or place["name"] == "__init__":
        return None
    text = view.after(change) or view.before(change)
    tree = parsed(text) if text and "Migration" in text else None
    migration = _migration(tree) if tree is not None else None
    if migration is None:
        return None
    target = f"{place['app']}.{place['name']}"
    changed = edited(view, change, KIND, target)
    return [changed or _effect(view, change, migration, place)]


def _effect(
    view: ChangeView, change: FileChange, migration: ast.ClassDef, place: re.Match[str]
) -> Effect:
    app, name = place["app"], place["name"]
    operations, irreversible = _operations(migration)
    reversibility = REVERSIBILITY[gravest(operations)] if operations else "reversible"
    argv: tuple[str, ...] | None = None
    if irreversible:
        reversibility = "irreversible"
        summary = (
            f"{irreversible} has no reverse: Django refuses to migrate back past it; "
            "write a new migration that undoes it by hand"
        )
    else:
        below = _before(migration, app)
        argv = ("python", "manage.py", "migrate", app, below) if below else None
        summary = (
            f"migrate {app} back to {below} while this file is still there, rehearsed on a copy first"
            if below
            else f"migrate {app} back to the migration before {name}, rehearsed on a copy first"
        )
        if reversibility == "irreversible":
            summary += "; rows of what was removed come back from a backup only"
    return KIND.effect(
        f"{app}.{name}",
        f"migrates: {told(operations) or 'nothing that can be read'}",
        reversibility,
        sites(view, change, lines_of(operations) if operations else [migration.lineno]),
        Undo(summary, VERIFY, argv),
    )


def _migration(tree: ast.Module) -> ast.ClassDef | None:
    return next(
        (one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Migration"),
        None,
    )


def _assigned(migration: ast.ClassDef, name: str) -> ast.expr | None:
    for one in migration.body:
        if isinstance(one, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in one.targets
        ):
            return one.value
    return None


def _operations(migration: ast.ClassDef) -> tuple[list[Operation], str]:
    """Return the operations, and the first that Django cannot reverse (empty: none)."""
    value = _assigned(migration, "operations")
    found: list[Operation] = []
    irreversible = ""
    for call in ast.walk(value) if value is not None else ():
        if not isinstance(call, ast.Call):
            continue
        name = _name(call.func)
        if name not in _GRAVITY:
            continue
        found.append(Operation(_words(name), _target(call), call.lineno, _GRAVITY[name]))
        keyword = _REVERSES.get(name)
        given = {one.arg for one in call.keywords}
        if keyword and keyword not in given and len(call.args) < _WITH_REVERSE:
            irreversible = irreversible or name
    return sorted(found, key=lambda one: (one.line, one.verb)), irreversible


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _target(call: ast.Call) -> str:
    said = {
        one.arg: one.value.value
        for one in call.keywords
        if isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)
    }
    parts = [said.get("model_name", ""), said.get("name", "") or said.get("old_name", "")]
    return ".".join(part for part in parts if part)


def _before(migration: ast.ClassDef, app: str) -> str:
    """Return the one migration of the same app that this one follows, ``zero`` for the first.

    Empty when there are several, or when it cannot be read.
    """
    value = _assigned(migration, "dependencies")
    if value is None:
        return "zero"
    if not isinstance(value, (ast.List, ast.Tuple)):
        return ""
    names: list[str] = []
    for one in value.elts:
        if not isinstance(one, ast.Tuple):
            continue  # swappable_dependency(…) is another app's
        match [part.value for part in one.elts if isinstance(part, ast.Constant)]:
            case [of, name] if of == app:
                names.append(str(name))
    if len(names) > 1:
        return ""
    return names[0] if names else "zero"
