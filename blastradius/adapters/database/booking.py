"""What the tools write into their version tables, as SQL: a migration forgotten, another one noted."""

from __future__ import annotations

import hashlib
import json
import posixpath
import uuid
import zlib
from collections.abc import Callable, Mapping

from msgspec import Struct

from blastradius.adapters.database.places import Kind
from blastradius.migrations import History, Migration

Read = Callable[[str], bytes | None]
_NAMESPACE = uuid.UUID("6e4f2f5e-3a0f-5d0e-9a51-0b1a5f0d7c11")


class Book(Struct, frozen=True):
    """A history's version table in a database.

    Attributes:
        history: whose it is.
        table: as it is there, with its schema where it has one.
        kind: of database.
        journal: Drizzle's tag → the time by which it knows a migration.
    """

    history: History
    table: str
    kind: Kind
    journal: Mapping[str, int] = {}

    def forget(self, migration: Migration) -> tuple[str, ...]:
        """Return what makes the database as if it had not been applied, once it is undone.

        Raises:
            KeyError: this tool's rows are for itself to write.
        """
        tool = self.history.tool
        if tool == "golang-migrate":
            return self._stand_at(migration.parents[0] if migration.parents else "")
        found: tuple[str, ...] = (f"DELETE FROM {self._quoted()} WHERE {self._is(migration)}",)
        if tool == "alembic":
            found += tuple(self._insert({"version_num": _text(one)}) for one in migration.parents)
        return found

    def _is(self, migration: Migration) -> str:
        word = _text(migration.id)
        match self.history.tool:
            case "dbmate" | "flyway":
                return f"version = {word}"
            case "sqlx":
                return f"version = {int(migration.id)}"
            case "goose":
                return f"version_id = {int(migration.id)}"
            case "prisma":
                return f"migration_name = {word}"
            case "drizzle":
                return f"created_at = {self.journal[migration.id]}"
            case "alembic":
                return f"version_num = {word}"
            case "django":
                return f"app = {_text(self.history.label)} AND name = {word}"
            case _:
                raise KeyError(self.history.tool)

    def _stand_at(self, version: str) -> tuple[str, ...]:
        """golang-migrate keeps one row: where it stands."""
        clear = f"DELETE FROM {self._quoted()}"
        if not version:
            return (clear,)
        no = "0" if self.kind == "mysql" else "false"
        return clear, self._insert({"version": str(int(version)), "dirty": no})

    def note(
        self, name: str, path: str, content: bytes, files: Mapping[str, bytes]
    ) -> tuple[str, ...]:
        """Return what makes the tool take a new migration for applied.

        Args:
            name: as the version table holds it.
            path: its file.
            content: of that file.
            files: what was written beside it, such as Drizzle's journal.

        Raises:
            KeyError: this tool's rows are for itself to write.
        """
        if self.history.tool == "golang-migrate":
            return self._stand_at(name)
        if self.history.tool == "flyway":
            return (self._flyway(name, path, content),)
        return (self._insert(self._row(name, path, content, files)),)

    def _row(
        self, name: str, path: str, content: bytes, files: Mapping[str, bytes]
    ) -> dict[str, str]:
        now, yes = "CURRENT_TIMESTAMP", "1" if self.kind == "mysql" else "true"
        match self.history.tool:
            case "dbmate":
                return {"version": _text(name)}
            case "goose":
                return {"version_id": str(int(name)), "is_applied": yes}
            case "sqlx":
                checksum = hashlib.sha384(content).hexdigest()
                return {
                    "version": str(int(name)),
                    "description": _text(_described(path)),
                    "installed_on": now,
                    "success": yes,
                    "checksum": f"'\\x{checksum}'"
                    if self.kind == "postgresql"
                    else f"X'{checksum}'",
                    "execution_time": "0",
                }
            case "prisma":
                return {
                    "id": f"'{uuid.uuid5(_NAMESPACE, name)}'",
                    "checksum": f"'{hashlib.sha256(content).hexdigest()}'",
                    "finished_at": now,
                    "migration_name": _text(name),
                    "started_at": now,
                    "applied_steps_count": "1",
                }
            case "drizzle":
                when = journal_of(files, path)[name]
                return {"hash": f"'{hashlib.sha256(content).hexdigest()}'", "created_at": str(when)}
            case _:
                raise KeyError(self.history.tool)

    def _insert(self, row: Mapping[str, str]) -> str:
        names, values = ", ".join(row), ", ".join(row.values())
        return f"INSERT INTO {self._quoted()} ({names}) VALUES ({values})"

    def _flyway(self, version: str, path: str, content: bytes) -> str:
        script = posixpath.basename(path)
        words = script.partition("__")[2].removesuffix(".sql").replace("_", " ")
        yes = "1" if self.kind == "mysql" else "true"
        return (
            f"INSERT INTO {self._quoted()} (installed_rank, version, description, type, script, "
            "checksum, installed_by, installed_on, execution_time, success) "
            f"SELECT coalesce(max(installed_rank), 0) + 1, {_text(version)}, {_text(words)}, 'SQL', "
            f"{_text(script)}, {checksum_of(content)}, 'blastradius', CURRENT_TIMESTAMP, 0, {yes} "
            f"FROM {self._quoted()}"
        )

    def _quoted(self) -> str:
        mark = "`" if self.kind == "mysql" else '"'
        return ".".join(f"{mark}{one}{mark}" for one in self.table.split("."))


def checksum_of(content: bytes) -> int:
    """Return Flyway's checksum of a file: CRC-32 over its lines without their ends, signed."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    value = 0
    for line in text.splitlines():
        value = zlib.crc32(line.encode(), value)
    return value - (1 << 32) if value >= 1 << 31 else value


def journal_of(files: Mapping[str, bytes], path: str) -> dict[str, int]:
    """Return Drizzle's tag → time, from the journal beside a migration; empty when there is none."""
    raw = files.get(posixpath.join(posixpath.dirname(path), "meta/_journal.json"))
    return journal_in(raw)


def journal_in(raw: bytes | None) -> dict[str, int]:
    """Return Drizzle's tag → time, from the bytes of a journal."""
    try:
        entries = json.loads(raw or b"{}").get("entries", [])
        return {str(one["tag"]): int(one["when"]) for one in entries}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _described(path: str) -> str:
    return posixpath.basename(path).partition("_")[2].partition(".")[0].replace("_", " ")


def _text(value: str) -> str:
    # A backslash would escape the quote on MySQL, and stands in no name that a tool gives.
    return "'" + value.replace("\\", "").replace("'", "''") + "'"
