"""The migrations of a tree, and what of a step undoes some of them."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Mapping
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from blastradius import migrations as chains
from blastradius.adapters.database.applied import Known
from blastradius.adapters.database.args import Action, Part, Way
from blastradius.adapters.database.booking import Book, journal_in
from blastradius.adapters.database.split import statements
from blastradius.git.blobs import BlobReader
from blastradius.git.repository import Repository
from blastradius.git.trees import list_tree
from blastradius.migrations import History, Migration, Rendered
from blastradius.model.source import TreeEntry

_SETTINGS = re.compile(rb"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"]([\w.]+)['\"]")
_PYTHON: dict[str, Way] = {"alembic": "alembic", "django": "django"}


class Made(Struct, frozen=True):
    """A part, the text that is consented to, and what it loses, a phrase each."""

    part: Part
    preview: str
    loses: tuple[str, ...]


class Source(Struct):
    """A tree and the histories of migrations in it.

    Attributes:
        tree: its id, or a commit's.
        listing: path → entry.
        histories: see `blastradius.migrations`.
        reader: reads its files.
        dialect: whose SQL is meant.
    """

    tree: str
    listing: Mapping[str, TreeEntry]
    histories: tuple[History, ...]
    reader: BlobReader
    dialect: str

    @classmethod
    def of(cls, repo: Repository, tree: str, reader: BlobReader, dialect: str) -> Self:
        """Read a tree.

        Raises:
            RepositoryError: it is missing or corrupt.
        """
        found = cls(tree, list_tree(repo, tree), (), reader, dialect)
        found.histories = chains.read(found.listing, found.read, dialect=dialect)
        return found

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when it is absent or too large."""
        entry = self.listing.get(path)
        content = self.reader.read(entry.oid) if entry is not None else None
        return content if isinstance(content, bytes) else None

    def migrations(self, history: History) -> tuple[Migration, ...]:
        """Return what this tree has of a history."""
        return next((one.migrations for one in self.histories if one.key == history.key), ())

    def with_paths(self, other: Source, paths: set[str]) -> Source:
        """Return this tree with some files of another one."""
        more = {path: other.listing[path] for path in sorted(paths) if path in other.listing}
        listing = {**self.listing, **more}
        grown = Source(self.tree, listing, (), self.reader, self.dialect)
        grown.histories = chains.read(listing, grown.read, dialect=self.dialect)
        return grown


def table_of(history: History, source: Source) -> str:
    """Return the name that a project gave Alembic's version table, empty for the usual one."""
    if history.tool != "alembic":
        return ""
    folder = history.folder
    while True:
        raw = source.read(posixpath.join(folder, "env.py"))
        if raw is not None:
            return _version_table(raw)
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def _version_table(raw: bytes) -> str:
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    said = {
        node.arg: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    table, schema = said.get("version_table", ""), said.get("version_table_schema", "")
    return f"{schema}.{table or 'alembic_version'}" if schema else table


def _book(history: History, source: Source, known: Known, table: str) -> Book:
    ledger = known.ledger(history.tool, table)
    if ledger is None:
        raise KeyError(history.tool)
    journal = journal_in(source.read(posixpath.join(history.folder, "meta/_journal.json")))
    return Book(history, ledger.table, known.kind, journal)


def _part(
    history: History, undone: list[Migration], source: Source, way: Way, action: Action
) -> Part:
    """Return a part that says whose migrations are undone, and where the tool finds its project."""
    table = table_of(history, source)
    ids = _ids(history, undone)
    settings, root = _project(history, source) if way == "django" else ("", "")
    return Part(
        way=way, action=action, folder=history.folder, tree=source.tree, undone=ids, table=table,
        settings=settings, root=root,
        again=tuple(one.up_sql or "" for one in undone) if way == "sql" else (),
    )  # fmt: skip


def _project(history: History, source: Source) -> tuple[str, str]:
    """Return Django's settings and the folder of the project, from the nearest manage.py above an app."""
    folder = history.folder
    while True:
        raw = source.read(posixpath.join(folder, "manage.py"))
        found = _SETTINGS.search(raw) if raw else None
        if found:
            return found[1].decode(), folder
        if not folder:
            raise ValueError("no manage.py names its settings")
        folder = posixpath.dirname(folder)


def _ids(history: History, undone: list[Migration]) -> tuple[str, ...]:
    return tuple(_prefix(history) + one.id for one in undone)


def down_part(
    history: History, undone: list[Migration], source: Source, known: Known, *, true: bool
) -> Made:
    """Return what takes migrations back.

    Args:
        history: whose they are.
        undone: them, oldest first.
        source: a tree that has their files.
        known: the database.
        true: whether their own ways down invert them; else statements are made from what they did.

    Raises:
        ValueError: it cannot be made; the text says why.
        KeyError: the tool's version table is for itself to write.
    """
    way: Way = _PYTHON.get(history.tool, "sql")
    newest = undone[::-1]
    loses = tuple(
        f"what was written to {one.target} since"
        for each in undone
        for one in each.operations
        if one.gravity == "add"
    )
    if way != "sql" and true:
        part = _part(history, undone, source, way, "down")
        return Made(part, "\n".join(_text_of(source, one.path) for one in newest), loses)
    book = _book(history, source, known, table_of(history, source))
    if true and all(one.down_sql for one in newest):
        run: list[str] = []
        for one in newest:
            run += [*statements(one.down_sql or "", known.kind), *book.forget(one)]
        part = _part(history, undone, source, way, "down")
        return Made(replace(part, statements=tuple(run)), _shown(run), loses)
    return _bare(history, undone, source, known, book)


def _bare(
    history: History, undone: list[Migration], source: Source, known: Known, book: Book
) -> Made:
    """Undo by what an inverse migration would do, without one: the version table goes back."""
    ids = [one.id for one in undone]
    made = chains.inverse(history, ids, source.listing, source.read, dialect=source.dialect)
    way: Way = _PYTHON.get(history.tool, "sql")
    # Gaps may be in files that only an inverse migration needs; whether statements are enough is
    # what the rehearsal finds out.
    if not made.complete and not made.sql:
        raise ValueError("its inverse cannot be made whole: " + "; ".join(made.gaps[:5]))
    part = _part(history, undone, source, way, "bare")
    forgotten = [one for each in undone[::-1] for one in book.forget(each)]
    if way == "sql":
        run = [one for text in made.sql for one in statements(text, known.kind)] + forgotten
        return Made(replace(part, statements=tuple(run)), _shown(run), made.loses)
    text = made.content.decode("utf-8", "surrogateescape")
    part = replace(
        part, new=_prefix(history) + made.id, statements=tuple(forgotten), files={made.path: text}
    )
    return Made(part, f"# {made.path}\n{text}\n{_shown(forgotten)}", made.loses)


def inverse_part(
    history: History, undone: list[Migration], made: Rendered, source: Source, known: Known
) -> Part:
    """Return what applies a new migration.

    Raises:
        KeyError: the tool's version table is for itself to write.
    """
    way: Way = _PYTHON.get(history.tool, "sql")
    part = replace(_part(history, undone, source, way, "inverse"), new=_prefix(history) + made.id)
    files = {made.path: made.content, **made.more}
    if way != "sql":
        texts = {path: raw.decode("utf-8", "surrogateescape") for path, raw in files.items()}
        return replace(part, files=texts)
    book = _book(history, source, known, part.table)
    run = [one for text in made.sql for one in statements(text, known.kind)]
    run += book.note(made.id, made.path, made.content, files)
    return replace(part, statements=tuple(run))


def _prefix(history: History) -> str:
    return f"{history.label}." if history.tool == "django" else ""


def _text_of(source: Source, path: str) -> str:
    raw = source.read(path) or b""
    return f"# {path}\n" + raw.decode("utf-8", "replace")


def _shown(found: list[str]) -> str:
    return "".join(f"{one};\n" for one in found)
