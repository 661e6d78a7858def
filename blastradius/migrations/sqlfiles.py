"""Statements as the files of a tool: one, or a pair, or with the tool's own books beside it."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from blastradius.migrations.naming import Next
from blastradius.migrations.sources import Sources
from blastradius.migrations.sqltools import JOURNAL, PLAN, Folder, load

_PLANNED = re.compile(
    r"^(?P<name>\S+)\s+(?:\[[^\]]*\]\s+)?(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\s+(?P<who>.*?<[^>]*>)"
)
_ENGINES = {"postgres": "pg", "mysql": "mysql", "sqlite": "sqlite"}


@dataclass(frozen=True, slots=True)
class File:
    """What a migration runs, up and down; ``alone``: outside a transaction."""

    up: tuple[str, ...]
    down: tuple[str, ...]
    alone: bool


def written(folder: Folder, named: Next, file: File, sources: Sources) -> list[tuple[str, bytes]]:
    """Return path and bytes of each file to write; the one that runs first."""
    base = folder.folder
    match folder.tool:
        case "prisma":
            path = posixpath.join(base, f"{named.number}_{named.name}", "migration.sql")
            return [(path, _text(file.up))]
        case "drizzle":
            return _drizzle(folder, named, file, sources)
        case "sqitch":
            return _sqitch(folder, named, file, sources)
        case "flyway":
            path = posixpath.join(base, f"V{named.number}__{named.name}.sql")
            found = [(path, _text(file.up))]
            if any(len(one.paths) > 1 for one in folder.migrations):
                undo = posixpath.join(base, f"U{named.number}__{named.name}.sql")
                found.append((undo, _text(file.down)))
            return found
        case "dbmate" | "goose":
            path = posixpath.join(base, f"{named.number}_{named.name}.sql")
            return [(path, _marked(folder.tool, file))]
    stem = posixpath.join(base, f"{named.number}_{named.name}")
    if folder.migrations[-1].path.endswith(".up.sql"):
        return [(f"{stem}.up.sql", _text(file.up)), (f"{stem}.down.sql", _text(file.down))]
    return [(f"{stem}.sql", _text(file.up))]


def _text(statements: tuple[str, ...]) -> bytes:
    return "".join(f"{one};\n" for one in statements).encode("utf-8", "replace")


def _marked(tool: str, file: File) -> bytes:
    """Both ways in one file, between the comments that the tool looks for."""
    if tool == "dbmate":
        option = " transaction:false" if file.alone else ""
        parts = (f"-- migrate:up{option}", file.up), (f"-- migrate:down{option}", file.down)
        return b"\n".join(mark.encode() + b"\n" + _text(one) for mark, one in parts)
    head = "-- +goose NO TRANSACTION\n" if file.alone else ""
    lines = [head]
    for mark, several in (("Up", file.up), ("Down", file.down)):
        lines.append(f"-- +goose {mark}\n")
        for one in several:
            whole = f"{one};\n"
            if ";" in one:  # goose splits at semicolons that end a line
                whole = f"-- +goose StatementBegin\n{whole}-- +goose StatementEnd\n"
            lines.append(whole)
        lines.append("\n" if mark == "Up" else "")
    return "".join(lines).encode("utf-8", "replace")


def _drizzle(folder: Folder, named: Next, file: File, sources: Sources) -> list[tuple[str, bytes]]:
    path = posixpath.join(folder.folder, f"{named.id}.sql")
    text = "\n--> statement-breakpoint\n".join(f"{one};" for one in file.up) + "\n"
    journal_path = posixpath.join(folder.folder, JOURNAL)
    journal = load(sources.text(journal_path))
    found = [(path, text.encode("utf-8", "replace"))]
    if (
        isinstance(journal, dict)
        and isinstance(journal.get("entries"), list)
        and journal["entries"]
    ):
        last = journal["entries"][-1]
        when = last.get("when") if isinstance(last, dict) else 0
        entry = {
            **(last if isinstance(last, dict) else {}),
            "idx": int(named.number),
            "when": (when if isinstance(when, int) else 0) + 1,
            "tag": named.id,
        }
        books = {**journal, "entries": [*journal["entries"], entry]}
        found.append((journal_path, _json(books)))
    return found


def drizzle_snapshot(
    folder: Folder, named: Next, before: str | None, sources: Sources
) -> tuple[str, bytes] | None:
    """Return the snapshot of a schema that is again as after the migration ``before``.

    None where the folder has no snapshots to take it from.
    """
    head = load(sources.text(folder.migrations[-1].paths[-1]))
    old: object = None
    if before is not None:
        one = next(one for one in folder.migrations if one.id == before)
        old = load(sources.text(one.paths[-1])) if len(one.paths) > 1 else None
    elif isinstance(head, dict):
        old = {key: {} if isinstance(value, dict) else value for key, value in head.items()}
    if not isinstance(head, dict) or not isinstance(old, dict) or "id" not in head:
        return None
    digest = hashlib.sha256(f"{named.id}{head['id']}".encode()).digest()[:16]
    own = str(uuid.UUID(bytes=digest, version=4))
    path = posixpath.join(folder.folder, f"meta/{named.number}_snapshot.json")
    return path, _json({**old, "id": own, "prevId": head["id"]})


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def _sqitch(folder: Folder, named: Next, file: File, sources: Sources) -> list[tuple[str, bytes]]:
    plan_path = posixpath.join(folder.folder, PLAN)
    plan = sources.text(plan_path) or ""
    engine = _ENGINES.get(folder.dialect, folder.dialect)
    head = f"{folder.label}:{named.name}" if folder.label else named.name
    scripts = []
    for side, said, several in (
        ("deploy", f"Deploy {head} to {engine}", file.up),
        ("revert", f"Revert {head} from {engine}", file.down),
        ("verify", f"Verify {head} on {engine}", ("SELECT 1",)),
    ):
        body = _text(several).decode()
        text = (
            body
            if file.alone
            else f"BEGIN;\n\n{body}\n{'ROLLBACK' if side == 'verify' else 'COMMIT'};\n"
        )
        path = posixpath.join(folder.folder, side, f"{named.name}.sql")
        scripts.append((path, f"-- {said}\n\n{text}".encode("utf-8", "replace")))
    line = _planned(plan, named.name)
    whole = plan.rstrip("\n") + f"\n{line}\n"
    return [scripts[0], *scripts[1:], (plan_path, whole.encode("utf-8", "replace"))]


def _planned(plan: str, name: str) -> str:
    """Return the line of a plan, a second after the last change, planned by who planned that."""
    time, who = "2000-01-01T00:00:00Z", "blastradius <blastradius@localhost>"
    for line in plan.splitlines():
        match = _PLANNED.match(line.strip())
        if match is not None:
            time, who = match["time"], match["who"]
    later = datetime.fromisoformat(time) + timedelta(seconds=1)
    return f"{name} {later.strftime('%Y-%m-%dT%H:%M:%SZ')} {who} # Undoes earlier changes"
