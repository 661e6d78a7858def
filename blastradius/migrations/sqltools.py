"""Tools whose migrations are SQL: which files are one migration, what it is called, what follows what."""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from blastradius.migrations.catalog import Schema
from blastradius.migrations.lint import Way, judge
from blastradius.migrations.model import History, Migration, Tool
from blastradius.migrations.ordering import problems_of
from blastradius.migrations.sources import Sources
from blastradius.migrations.sqlread import steps
from blastradius.migrations.steps import kind_of, operations_of, tables_of

JOURNAL = "meta/_journal.json"
PLAN = "sqitch.plan"
_FLYWAY = re.compile(r"(?P<kind>[VU])(?P<version>\d+(?:[._]\d+)*)__\w[^/]*\.sql$")
_UP_DOWN = re.compile(r"(?P<version>\d+)_(?P<name>[^/]+?)\.(?P<side>up|down)\.sql$")
_STAMPED = re.compile(r"(?P<version>\d+)[_-](?P<name>[^/]+)\.sql$")
_PRISMA = re.compile(r"(?P<folder>.*?(?:^|/)migrations)/(?P<name>\d{8,}_[^/]+)/migration\.sql$")
_UP = re.compile(
    r"^--\s*(?P<tool>migrate:up|\+goose\s+Up)\b(?P<rest>.*)$", re.MULTILINE | re.IGNORECASE
)
_DOWN = re.compile(
    r"^--\s*(?:migrate:down|\+goose\s+Down)\b(?P<rest>.*)$", re.MULTILINE | re.IGNORECASE
)
_NO_TRANSACTION = re.compile(
    r"transaction\s*:\s*false|\+goose\s+NO\s+TRANSACTION|no-transaction", re.IGNORECASE
)
_CHANGE = re.compile(r"(?P<name>[^\s@#%\[\]:!]+)[ \t]*(?:\[(?P<requires>[^\]]*)\])?")
_MOST_DIGITS = 30
_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite", "turso": "sqlite"}


@dataclass(frozen=True, slots=True)
class SqlMigration:
    """One migration before it is judged; ``at`` orders it, ``down_line`` is where its way down begins."""

    id: str
    at: tuple[int, ...]
    path: str
    paths: tuple[str, ...]
    up: str
    down: str | None
    line: int = 1
    up_line: int = 1
    down_line: int = 1
    transactional: bool = True


@dataclass(frozen=True, slots=True)
class Folder:
    """The migrations of one folder, in order; ``problems`` is what was wrong with the files."""

    tool: Tool
    folder: str
    label: str
    dialect: str
    migrations: list[SqlMigration]
    problems: tuple[str, ...] = ()


def histories(sources: Sources, dialect: str) -> list[History]:
    """Return the histories of all tools that run SQL."""
    return [_history(one) for one in folders(sources, dialect)]


def folders(sources: Sources, dialect: str) -> list[Folder]:
    """Return the folders of all tools that run SQL, with at least one migration each."""
    found = [*_prisma(sources, dialect), *_drizzle(sources, dialect), *_sqitch(sources, dialect)]
    claimed = {path for one in found for part in one.migrations for path in part.paths}
    found += _numbered(sources, dialect, claimed)
    return [one for one in found if one.migrations]


def _history(folder: Folder) -> History:
    schema = Schema()
    found: list[Migration] = []
    before: tuple[str, ...] = ()
    for one in folder.migrations:
        up, down = ways(one, folder.dialect)
        answer = judge(schema, up, down)
        schema = answer.after
        schema.vague = False  # what one migration hides is not held against all that follow
        concurrent = any(do.concurrent for do in up.steps)
        found.append(
            Migration(
                one.id,
                one.path,
                one.paths,
                before,
                one.line,
                operations_of(up.steps),
                kind_of(up.steps),
                tables_of(up.steps),
                one.up,
                one.down,
                one.transactional and not concurrent,
                answer.lint,
            )
        )
        before = (one.id,)
    parents = {one.id: one.parents for one in found}
    twice = problems_of(parents, [one.id for one in found], ()) if len(parents) < len(found) else []
    same = [one for one in twice if one.startswith("two ")]
    heads = (found[-1].id,)
    return History(
        folder.tool, folder.folder, folder.label, tuple(found), heads, (*folder.problems, *same)
    )


def ways(one: SqlMigration, dialect: str) -> tuple[Way, Way | None]:
    """Return what a migration does on its way up and on its way down; None: there is none."""
    up = Way(steps(one.up, dialect, one.up_line), 0, one.line)
    if one.down is None:
        return up, None
    return up, Way(steps(one.down, dialect, one.down_line), 0, one.down_line)


def _prisma(sources: Sources, dialect: str) -> Iterator[Folder]:
    found: dict[str, list[SqlMigration]] = defaultdict(list)
    for path in sorted(sources.paths):
        match = _PRISMA.match(path)
        text = sources.text(path) if match is not None else None
        if match is None or text is None:
            continue
        below = posixpath.join(posixpath.dirname(path), "down.sql")
        down = sources.text(below)
        paths = (path, below) if down is not None else (path,)
        at = (int(match["name"].partition("_")[0][:_MOST_DIGITS]),)
        found[match["folder"]].append(SqlMigration(match["name"], at, path, paths, text, down))
    for folder, several in sorted(found.items()):
        lock = sources.text(posixpath.join(folder, "migration_lock.toml")) or ""
        said = re.search(r'provider\s*=\s*"(\w+)"', lock)
        own = _DIALECTS.get(said[1], dialect) if said else dialect
        yield Folder("prisma", folder, "", own, sorted(several, key=lambda one: one.id))


def _drizzle(sources: Sources, dialect: str) -> Iterator[Folder]:
    for path in sorted(sources.paths):
        if path != JOURNAL and not path.endswith(f"/{JOURNAL}"):
            continue
        folder = path[: -len(JOURNAL)].rstrip("/")
        journal = load(sources.text(path))
        entries = journal.get("entries") if isinstance(journal, dict) else None
        listed = sorted(
            (one["idx"], one["tag"])
            for one in (entries if isinstance(entries, list) else ())
            if isinstance(one, dict)
            and type(one.get("idx")) is int
            and isinstance(one.get("tag"), str)
        )
        said = journal.get("dialect") if isinstance(journal, dict) else None
        problems = [] if entries is not None else [f"{path} cannot be read"]
        several: list[SqlMigration] = []
        for number, tag in listed:
            file = posixpath.join(folder, f"{tag}.sql")
            text = sources.text(file)
            if text is None:
                problems.append(f"{path} lists {tag}, and there is no {file}")
                continue
            snapshot = posixpath.join(folder, f"meta/{number:04d}_snapshot.json")
            paths = (file, snapshot) if snapshot in sources.paths else (file,)
            several.append(SqlMigration(tag, (number,), file, paths, text, None))
        own = _DIALECTS.get(str(said), dialect)
        yield Folder("drizzle", folder, "", own, several, tuple(problems))


def load(text: str | None) -> object:
    """Return JSON as Python has it, None where it is none."""
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None


def _sqitch(sources: Sources, dialect: str) -> Iterator[Folder]:
    for path in sorted(sources.paths):
        if posixpath.basename(path) != PLAN:
            continue
        text = sources.text(path) or ""
        folder = posixpath.dirname(path)
        project = re.search(r"^%project=(\S+)", text, re.MULTILINE)
        engine = re.search(r"^\s*engine\s*=\s*(\w+)", _conf(sources, folder), re.MULTILINE)
        own = {"pg": "postgres", "mysql": "mysql", "sqlite": "sqlite"}.get(
            engine[1] if engine else "", dialect
        )
        several = list(_planned(sources, folder, text))
        gaps = [
            f"{path} plans {one.id}, and there is no {one.path}" for one in several if not one.up
        ]
        label = project[1] if project else ""
        yield Folder("sqitch", folder, label, own, several, tuple(gaps))


def _conf(sources: Sources, folder: str) -> str:
    return sources.text(posixpath.join(folder, "sqitch.conf")) or ""


def _planned(sources: Sources, folder: str, text: str) -> Iterator[SqlMigration]:
    """Yield the changes of a plan; one that is reworked later stands in files named by the next tag."""
    lines = text.splitlines()
    names: list[tuple[str, int]] = []
    tags: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith("@"):
            tags.append((number, stripped.split()[0]))
        elif stripped[:1] not in {"", "#", "%", "-"}:
            match = _CHANGE.match(stripped.removeprefix("+"))
            if match is not None and ".." not in match["name"].split("/"):
                names.append((match["name"], number))
    later = dict(names)
    for name, number in names:
        stem = name
        if later[name] != number:
            stem += next((tag for at, tag in tags if at > number), "")
        sides = [
            posixpath.join(folder, side, f"{stem}.sql") for side in ("deploy", "revert", "verify")
        ]
        paths = tuple(one for one in sides if one in sources.paths)
        up, down = sources.text(sides[0]), sources.text(sides[1])
        said = name if later[name] == number else stem
        yield SqlMigration(said, (number,), sides[0], paths or (sides[0],), up or "", down)


def _numbered(sources: Sources, dialect: str, claimed: set[str]) -> Iterator[Folder]:
    """Yield what only numbers order: Flyway, golang-migrate, sqlx, dbmate and goose."""
    chains: dict[tuple[Tool, str], list[SqlMigration]] = defaultdict(list)
    for path in sorted(sources.paths):
        if path.endswith(".sql") and path not in claimed:
            found = _flyway(sources, path) or _up_down(sources, path) or _stamped(sources, path)
            if found is not None:
                chains[found[0], posixpath.dirname(path)].append(found[1])
    for (tool, folder), several in sorted(chains.items()):
        yield Folder(tool, folder, "", dialect, sorted(several, key=lambda one: (one.at, one.path)))


def _version(text: str) -> tuple[int, ...]:
    """Return a version as numbers; zeros at its end say nothing (1.0 is 1)."""
    parts = [int(one[:_MOST_DIGITS]) for one in re.split(r"[._]", text)]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _flyway(sources: Sources, path: str) -> tuple[Tool, SqlMigration] | None:
    folder, name = posixpath.split(path)
    match = _FLYWAY.match(name)
    text = sources.text(path) if match is not None and match["kind"] == "V" else None
    if match is None or text is None:
        return None
    undo = posixpath.join(folder, f"U{name[1:]}")
    down = sources.text(undo)
    paths = (path, undo) if down is not None else (path,)
    version = match["version"].replace("_", ".")
    return "flyway", SqlMigration(version, _version(match["version"]), path, paths, text, down)


def _up_down(sources: Sources, path: str) -> tuple[Tool, SqlMigration] | None:
    match = _UP_DOWN.match(posixpath.basename(path))
    text = sources.text(path) if match is not None and match["side"] == "up" else None
    if match is None or text is None:
        return None
    below = path.removesuffix(".up.sql") + ".down.sql"
    down = sources.text(below)
    paths = (path, below) if down is not None else (path,)
    number = int(match["version"][:_MOST_DIGITS])
    tool: Tool = "sqlx" if _is_sqlx(sources, path) else "golang-migrate"
    quiet = _NO_TRANSACTION.search(text[:200]) is None
    one = SqlMigration(str(number), (number,), path, paths, text, down, transactional=quiet)
    return tool, one


def _stamped(sources: Sources, path: str) -> tuple[Tool, SqlMigration] | None:
    match = _STAMPED.match(posixpath.basename(path))
    text = sources.text(path) if match is not None else None
    if match is None or text is None:
        return None
    number = int(match["version"][:_MOST_DIGITS])
    up = _UP.search(text)
    if up is None:
        if not _is_sqlx(sources, path):
            return None
        quiet = _NO_TRANSACTION.search(text[:200]) is None
        alone = SqlMigration(str(number), (number,), path, (path,), text, None, transactional=quiet)
        return "sqlx", alone
    down = _DOWN.search(text)
    goose = "goose" in up["tool"].lower()
    above = text[up.end() : down.start()] if down is not None else text[up.end() :]
    return "goose" if goose else "dbmate", SqlMigration(
        str(number) if goose else match["version"],
        (number,),
        path,
        (path,),
        above,
        text[down.end() :] if down is not None else None,
        up_line=text.count("\n", 0, up.end()) + 1,
        down_line=text.count("\n", 0, down.end()) + 1 if down is not None else 1,
        transactional=_NO_TRANSACTION.search(text) is None,
    )


def _is_sqlx(sources: Sources, path: str) -> bool:
    """Tell whether a Rust package around a file uses sqlx."""
    folder = posixpath.dirname(path)
    for _ in range(8):
        text = sources.text(posixpath.join(folder, "Cargo.toml"))
        if text is not None and re.search(r"\bsqlx\b", text):
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)
    return False
