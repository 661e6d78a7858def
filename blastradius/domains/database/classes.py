"""Migrations written in code of other languages: Rails, Knex, TypeORM, Sequelize; yoyo."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, sites
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
from blastradius.domains.lines import line_of
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

_STEP = re.compile(
    r"\b(?P<verb>create_?table|drop_?table(?:IfExists)?|add_?column|remove_?column|drop_?column"
    r"|rename_?column|rename_?table|change_?column|alter_?table|add_?index|create_?index|remove_?index"
    r"|drop_?index|add_?reference|remove_?reference|add_?foreign_?key|bulk_?insert|bulk_?delete"
    r"|execute|raw|query)\b\s*\(?\s*(?:['\"`:](?P<target>\w+))?(?:['\"`]?\s*,\s*['\"`:](?P<column>\w+))?",
    re.IGNORECASE,
)
_DOWN = re.compile(r"\bdef\s+down\b|\bexports\.down\b|\bdown\s*[:=(]|\bfunction\s+down\b")
_EMPTY_DOWN = re.compile(
    r"\bdef\s+down\s*\n\s*(?:raise\b[^\n]*)?\n?\s*end|\bdown\b[^{]{0,200}\{\s*(?:throw\b[^}]{0,500}|return;?\s*)?\}"
)


class _Migration(NamedTuple):
    """A migration: its tool, its name, whether it has a way down that does something, the command."""

    tool: str
    name: str
    inverse: bool
    argv: tuple[str, ...]


def effects(view: ChangeView, change: FileChange) -> list[Effect] | None:
    """Return the effects of one file, None when it is no migration of these tools."""
    text = view.after(change) or view.before(change)
    found = _recognised(change.path, text) if text else None
    if found is None or text is None:
        return None
    kind = Kind("database", found.tool)
    changed = edited(view, change, kind, found.name)
    if changed is not None:
        return [changed]
    operations = _operations(text)
    summary = (
        f"go down past {found.name} while its file is still there, rehearsed on a copy first"
        if found.inverse
        else "its way down is missing, empty or raises: write the inverse as a new migration"
    )
    return [
        kind.effect(
            found.name,
            f"migrates: {told(operations) or 'nothing that can be read'}",
            REVERSIBILITY[gravest(operations)],
            sites(view, change, lines_of(operations)),
            Undo(summary, VERIFY, found.argv if found.inverse and found.argv else None),
            "likely",
        )
    ]


def _recognised(path: str, text: str) -> _Migration | None:
    name = posixpath.splitext(posixpath.basename(path))[0]
    down = _DOWN.search(text) is not None and _EMPTY_DOWN.search(text) is None
    if re.search(r"(?:^|/)db/migrate/\d{10,}_\w+\.rb$", path):
        version = name.partition("_")[0]
        down = down or re.search(r"\bdef\s+change\b", text) is not None
        return _Migration(
            "rails", name, down, ("bin/rails", "db:migrate:down", f"VERSION={version}")
        )
    if not re.search(r"(?:^|/)migrations?/[^/]+\.[cm]?[jt]s$", path):
        return None
    if "MigrationInterface" in text:
        return _Migration("typeorm", name, down, ())
    if "queryInterface" in text:
        return _Migration(
            "sequelize",
            name,
            down,
            ("npx", "sequelize-cli", "db:migrate:undo", "--name", posixpath.basename(path)),
        )
    if "knex" in text.lower():
        return _Migration(
            "knex", name, down, ("npx", "knex", "migrate:down", posixpath.basename(path))
        )
    return None


def _operations(text: str) -> list[Operation]:
    """Return the steps of the upward half."""
    down = _DOWN.search(text)
    upward = text[: down.start()] if down is not None else text
    found = []
    for match in _STEP.finditer(upward):
        verb = match["verb"].lower().replace("_", "")
        target = ".".join(part for part in (match["target"], match["column"]) if part)
        line = line_of(upward, match.start())
        found.append(Operation(match["verb"], target, line, _gravity(verb)))
    return found


def _gravity(verb: str) -> Gravity:
    if verb in {"execute", "raw", "query"}:
        return "raw"
    if "index" in verb or "foreignkey" in verb:
        return "index"
    if verb == "bulkdelete":
        return "rows"
    if verb.startswith(("drop", "remove")):
        return "drop"
    return "add" if verb.startswith(("create", "add")) else "alter"
