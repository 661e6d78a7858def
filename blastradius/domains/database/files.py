"""Migrations written in SQL: told by their folder and name, inverted as their tool can.

Prisma, Drizzle, Flyway, Liquibase, golang-migrate, sqlx, dbmate, goose, sqitch.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from blastradius.domains.base import ChangeView, Kind, Undo, sites
from blastradius.domains.database.ddl import of_sql
from blastradius.domains.database.operations import (
    REVERSIBILITY,
    VERIFY,
    edited,
    gravest,
    lines_of,
    told,
)
from blastradius.model.analysis import Effect
from blastradius.model.source import FileChange

_FORWARD = "write the inverse as a new migration"
_PRISMA = (
    "let `prisma migrate diff` write the difference back to the old schema and apply it as a new "
    "migration; `migrate resolve --rolled-back` works on failed migrations only"
)


class _Migration(NamedTuple):
    """A migration file: its tool, its name there, its upward SQL, whether its tool can go down."""

    tool: str
    name: str
    up: str
    summary: str
    argv: tuple[str, ...] | None
    inverse: bool


_UP = re.compile(r"^--\s*(?:migrate:up|\+goose\s+Up).*$", re.MULTILINE | re.IGNORECASE)
_DOWN = re.compile(r"^--\s*(?:migrate:down|\+goose\s+Down).*$", re.MULTILINE | re.IGNORECASE)
_FLYWAY = re.compile(r"(?P<kind>[VUR])(?P<version>\d[\d._]*)?__(?P<name>\w+)\.sql$")
_UP_DOWN = re.compile(r"(?P<version>\d+)_(?P<name>[\w.-]+)\.(?P<side>up|down)\.sql$")
_NUMBERED = re.compile(r"(?P<version>\d{3,})[_-][\w.-]+\.sql$")


def effects(view: ChangeView, change: FileChange) -> list[Effect] | None:
    """Return the effects of one file, None when it is no SQL migration of a known tool."""
    if not change.path.endswith((".sql", ".plan", ".xml", ".yaml", ".yml")):
        return None
    text = view.after(change) or view.before(change)
    found = _migration(view, change.path, text) if text else None
    if found is None:
        return None
    if found.name == "":
        return []  # the other half of a migration, told with its first
    kind = Kind("database", found.tool)
    changed = edited(view, change, kind, found.name)
    return [changed or _effect(view, change, found, kind)]


def _effect(view: ChangeView, change: FileChange, found: _Migration, kind: Kind) -> Effect:
    operations = of_sql(found.up)
    reversibility = REVERSIBILITY[gravest(operations)]
    summary = found.summary
    if reversibility == "irreversible":
        summary += "; rows that were dropped or rewritten come back from a backup only"
    elif not found.inverse and reversibility == "reversible":
        reversibility = "compensatable"
    return kind.effect(
        found.name,
        f"migrates: {told(operations) or 'SQL that is no plain DDL'}",
        reversibility,
        sites(view, change, lines_of(operations)),
        Undo(summary, VERIFY, found.argv),
    )


def _migration(view: ChangeView, path: str, text: str) -> _Migration | None:
    for reader in (_prisma, _drizzle, _sqitch, _up_down, _in_one_file, _flyway, _liquibase):
        found = reader(view, path, text)
        if found is not None:
            return found
    return None


def _prisma(_: ChangeView, path: str, text: str) -> _Migration | None:
    match = re.search(r"(?:^|/)migrations/(\d{8,}_[\w-]+)/migration\.sql$", path)
    return _Migration("prisma", match[1], text, _PRISMA, None, inverse=False) if match else None


def _drizzle(view: ChangeView, path: str, text: str) -> _Migration | None:
    folder, name = posixpath.split(path)
    if not name.endswith(".sql") or posixpath.join(folder, "meta/_journal.json") not in view.paths:
        return None
    summary = f"drizzle has no way down: {_FORWARD}, made from the old schema"
    return _Migration("drizzle", name.removesuffix(".sql"), text, summary, None, inverse=False)


def _sqitch(view: ChangeView, path: str, text: str) -> _Migration | None:
    match = re.search(r"^(?P<top>.*?)(?P<side>deploy|revert|verify)/(?P<name>[^/]+)\.sql$", path)
    if match is None or f"{match['top']}sqitch.plan" not in view.paths:
        return None
    if match["side"] != "deploy":
        return _Migration("sqitch", "", text, "", None, inverse=True)
    reverts = f"{match['top']}revert/{match['name']}.sql"
    if reverts not in view.paths:
        summary = f"there is no {reverts}: write it first"
        return _Migration("sqitch", match["name"], text, summary, None, inverse=False)
    argv = ("sqitch", "revert", "--to", f"{match['name']}^")
    summary = f"revert to the change before {match['name']}, rehearsed on a copy first"
    return _Migration("sqitch", match["name"], text, summary, argv, inverse=True)


def _up_down(view: ChangeView, path: str, text: str) -> _Migration | None:
    match = _UP_DOWN.search(posixpath.basename(path))
    if match is None:
        return None
    stem = path[: -len(f".{match['side']}.sql")]
    if match["side"] == "down":
        # Said with its up file; alone it is a rewritten way back.
        return (
            None
            if f"{stem}.up.sql" not in view.paths
            else _Migration("", "", text, "", None, inverse=True)
        )
    tool, name = "golang-migrate", posixpath.basename(stem)
    down = view.at_head(f"{stem}.down.sql")
    if not (down or "").strip():
        summary = f"there is no {name}.down.sql: {_FORWARD}"
        return _Migration(tool, name, text, summary, None, inverse=False)
    summary = (
        f"run {name}.down.sql with the tool that ran it up (one step down while it is the newest), "
        "rehearsed on a copy first"
    )
    return _Migration(tool, name, text, summary, None, inverse=True)


def _in_one_file(_: ChangeView, path: str, text: str) -> _Migration | None:
    up = _UP.search(text)
    if up is None or not path.endswith(".sql"):
        return None
    down = _DOWN.search(text)
    above = text[: down.start()] if down else text
    below = text[down.end() :].strip() if down else ""
    tool = "goose" if "goose" in up.group() else "dbmate"
    name = posixpath.basename(path).removesuffix(".sql")
    if not below:
        return _Migration(
            tool, name, above, f"its down part is empty: {_FORWARD}", None, inverse=False
        )
    argv = ("dbmate", "rollback") if tool == "dbmate" else ("goose", "down")
    summary = f"one step down while {name} is the newest migration, rehearsed on a copy first"
    return _Migration(tool, name, above, summary, argv, inverse=True)


def _flyway(view: ChangeView, path: str, text: str) -> _Migration | None:
    folder, base = posixpath.split(path)
    match = _FLYWAY.match(base)
    if match is None or (match["kind"] != "R" and not match["version"]):
        return None
    name = base.removesuffix(".sql")
    if match["kind"] == "U":
        return _Migration("flyway", "", text, "", None, inverse=True)
    if match["kind"] == "R":
        summary = "restore the file: Flyway runs a repeatable migration again when it changes"
        return _Migration("flyway", name, text, summary, None, inverse=True)
    undo = posixpath.join(folder, f"U{name[1:]}.sql")
    if undo in view.paths:
        argv = ("flyway", "undo", f"-target={match['version']}")
        summary = (
            f"undo down to {match['version']} and with it (paid editions only), rehearsed first"
        )
        return _Migration("flyway", name, text, summary, argv, inverse=True)
    return _Migration(
        "flyway", name, text, f"there is no undo script: {_FORWARD}", None, inverse=False
    )


def _liquibase(_: ChangeView, path: str, text: str) -> _Migration | None:
    name = posixpath.basename(path)
    if text.lstrip().lower().startswith("--liquibase formatted sql"):
        inverse = re.search(r"^--\s*rollback\b", text, re.MULTILINE | re.IGNORECASE) is not None
    elif "databaseChangeLog" in text and ("changeSet" in text or "include" in text):
        inverse = "rollback" in text
    else:
        return None
    summary = (
        "liquibase rollback-count for the change sets that ran, after update-testing-rollback on a copy"
        if inverse
        else f"the change sets name no rollback: drops and SQL have none of their own; {_FORWARD}"
    )
    return _Migration("liquibase", name, text, summary, None, inverse=inverse)
