"""One repository during one call: its objects, its facts, its linked trees, each read once."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from blastradius.bridges.base import FileView
from blastradius.bridges.registry import bridges
from blastradius.config import Config, load_config
from blastradius.errors import ConfigError, RepositoryError
from blastradius.git.blobs import (
    Blob,
    BlobReader,
    Missing,
    Oversize,
    is_binary,
    is_lfs_pointer,
)
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import list_tree
from blastradius.index.extract import extract, read_texts
from blastradius.index.link import (
    LINK_VERSION,
    LinkedTree,
    Options,
    link,
    pack_tree,
    tabled,
    unpack_tree,
)
from blastradius.index.memo import StoredMemo
from blastradius.index.snapshot import Snapshot
from blastradius.index.store import FactStore
from blastradius.languages.base import Language
from blastradius.languages.registry import claim
from blastradius.model.facts import Facts
from blastradius.model.source import TreeEntry

Progress = Callable[[str, int, int], None]
Warn = Callable[[str], None]
_REGULAR = frozenset({"100644", "100755"})
_LINKED = "linked"
_CONFIG_LIMIT = 1_000_000
# Texts kept in memory between two questions; above that all are forgotten.
_HELD_BYTES = 48_000_000
_MEND = "`git fsck` shows what is damaged; fetch or copy it from another clone"


class Services(NamedTuple):
    """How a call talks to its caller and to the machine."""

    progress: Progress | None = None
    warn: Warn | None = None
    jobs: int | None = None
    cache: bool = True


class Workspace:
    """Facts and snapshots of one repository; a context manager that owns its processes and files.

    Args:
        repository: the repository.
        config: what the user configured.
        services: progress, warnings, number of processes, whether to use the cache.
    """

    def __init__(self, repository: Repository, config: Config, services: Services) -> None:
        self.repository = repository
        self.config = config
        self._services = services
        self._stack = ExitStack()
        self._facts: dict[tuple[str, str], Facts] = {}
        self._skipped: dict[str, str] = {}
        self._texts: dict[str, bytes] = {}
        self._held = 0

    @classmethod
    def open(cls, repository: Repository, config: Config | None, services: Services) -> Self:
        """Return a workspace, configured as told or as the repository itself says.

        Raises:
            ConfigError: the repository's configuration has a mistake.
        """
        return cls(repository, config or own_config(repository, services.warn), services)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.scratch = stack.enter_context(Scratch(self.repository))
            self.blobs = stack.enter_context(
                BlobReader(self.scratch.view, max_bytes=self.config.max_file_bytes)
            )
            self.store = stack.enter_context(
                FactStore.open(self.repository.common_dir if self._services.cache else None)
            )
            self._memo = StoredMemo(self.store)
            stack.callback(self._memo.flush)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for note in self.store.notes:
            self.warn(note)
        self._stack.close()

    def warn(self, message: str) -> None:
        """Tell the caller something that is no error."""
        if self._services.warn is not None:
            self._services.warn(message)

    def language_of(self, path: str, entry: TreeEntry) -> Language | None:
        """Return the language that reads the file; None for links, submodules and excluded paths."""
        if entry.mode not in _REGULAR or self.excluded(path):
            return None
        return claim(path)

    def excluded(self, path: str) -> bool:
        """Tell whether the configuration leaves the path out."""
        return any(fnmatchcase(path, pattern) for pattern in self.config.exclude)

    def read(self, oid: str) -> bytes | None:
        """Return a blob's bytes, None when it is absent, binary or over the size limit."""
        known = self._texts.get(oid)
        if known is None:
            known = self._text(oid, self.blobs.read(oid))
            if known is not None:
                self._held += len(known)
                if self._held > _HELD_BYTES:
                    self._texts.clear()
                    self._held = len(known)
                self._texts[oid] = known
        return known

    def load(self, entries: Iterable[tuple[str, TreeEntry]], stage: str) -> None:
        """Make sure that the facts of all these files are in memory, extracting what is not cached."""
        wanted: dict[tuple[str, str], Language] = {}
        for path, entry in entries:
            language = self.language_of(path, entry)
            if entry.oid in self._skipped or language is None:
                continue
            if (entry.oid, language.NAME) not in self._facts:
                wanted[entry.oid, language.NAME] = language
        if not wanted:
            return
        progress = self._services.progress
        self._facts.update(
            extract(
                wanted,
                self._bytes_of,
                self.store,
                jobs=self._services.jobs,
                dialect=self.config.sql_dialect,
                progress=None if progress is None else lambda done, of: progress(stage, done, of),
            )
        )

    def view_of(self, path: str, entry: TreeEntry) -> FileView | None:
        """Return one file's facts, None when no language reads it or its bytes cannot be had."""
        language = self.language_of(path, entry)
        if language is None:
            return None
        key = (entry.oid, language.NAME)
        if key not in self._facts and entry.oid not in self._skipped:
            self.load([(path, entry)], "reading")
        facts = self._facts.get(key)
        return None if facts is None else FileView(language, facts)

    def snapshot(self, treeish: str, stage: str) -> Snapshot:
        """Return a tree with its graph, linked now or taken from the cache."""
        tree = list_tree(self.scratch.view, treeish)
        self.load(tree.items(), stage)
        files = self.views(tree)
        return Snapshot(tree, files, lambda: self._linked(files, tree))

    def views(self, tree: Mapping[str, TreeEntry]) -> dict[str, FileView]:
        """Return path → facts for every file of the tree that a language reads."""
        return {path: view for path, entry in tree.items() if (view := self.view_of(path, entry))}

    def options(self, tree: Mapping[str, TreeEntry]) -> Options:
        """Return what linking is told of a tree."""

        def source(path: str) -> bytes | None:
            entry = tree.get(path)
            if entry is None or entry.mode not in _REGULAR or self.excluded(path):
                return None
            return self.read(entry.oid)

        return Options(
            self.config.source_roots,
            self.config.sql_dialect,
            frozenset(tree),
            source,
            lambda path: tree[path].oid if path in tree else "",
            self._memo,
            partial(read_texts, jobs=self._services.jobs),
        )

    def left_out(self, entries: Mapping[str, TreeEntry]) -> list[tuple[str, str]]:
        """Return (path, why) of the files whose bytes a language would have read and did not get."""
        return sorted(
            (path, self._skipped[entry.oid])
            for path, entry in entries.items()
            if entry.oid in self._skipped and self.language_of(path, entry) is not None
        )

    def _bytes_of(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        for oid, blob in self.blobs.read_many(oids):
            if isinstance(blob, Missing) and not self.repository.is_partial:
                self._tell_missing(oid)
            yield oid, self._text(oid, blob)

    def _tell_missing(self, oid: str) -> None:
        """Warn of an object that is not here; one whose file is here is damaged, and git said so.

        Raises:
            RepositoryError: the object is damaged.
        """
        if (self.repository.object_dir / oid[:2] / oid[2:]).exists():
            raise RepositoryError(f"object {oid} is damaged", _MEND)
        self.warn(f"object {oid} is not in this repository: what it holds is left out ({_MEND})")

    def _text(self, oid: str, blob: Blob) -> bytes | None:
        """Return the bytes of a blob that a language may read, and note why where there are none."""
        if isinstance(blob, Oversize):
            self._skipped[oid] = f"left out: {blob.size} bytes, over max_file_bytes"
        elif isinstance(blob, Missing):
            self._skipped[oid] = "left out: its content is not in this clone"
        elif is_lfs_pointer(blob):
            self._skipped[oid] = "left out: kept in Git LFS"
        elif is_binary(blob):
            self._skipped[oid] = "left out: binary"
        else:
            return blob
        return None

    def _linked(self, files: Mapping[str, FileView], tree: Mapping[str, TreeEntry]) -> LinkedTree:
        key = self._link_key(files, tree)
        cached = self.store.get_blob(_LINKED, key)
        if cached is not None:
            try:
                return unpack_tree(cached)
            except ValueError:
                self.warn("a damaged entry of the cache was made anew")
        linked = tabled(link(files, self.options(tree)))
        # Names of files that are not UTF-8 are in it, which no text of the cache can hold.
        with suppress(UnicodeEncodeError):
            self.store.put_blob(_LINKED, key, pack_tree(linked))
        return linked

    def _link_key(self, files: Mapping[str, FileView], tree: Mapping[str, TreeEntry]) -> str:
        """Return a digest of all that linking looks at: paths, contents, languages, options."""
        digest = hashlib.sha256()
        makers = {view.language.NAME: view.language.VERSION for view in files.values()}
        makers |= {bridge.NAME: bridge.VERSION for bridge in bridges()}
        config = (self.config.source_roots, self.config.sql_dialect)
        digest.update(repr((LINK_VERSION, sorted(makers.items()), config)).encode())
        for path, entry in tree.items():
            digest.update(f"{entry.oid} {path}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def own_config(repository: Repository, warn: Warn | None = None) -> Config:
    """Return the configuration that the work tree holds, or HEAD of a bare repository.

    Raises:
        ConfigError: it has a mistake.
    """

    def read(name: str) -> bytes | None:
        if repository.work_tree is not None:
            return read_inside(repository.work_tree, name)
        finished = repository.invoke("cat-file", "blob", f"HEAD:{name}")
        return finished.out if finished.code == 0 else None

    return load_config(read, warn)


def read_inside(folder: Path, name: str) -> bytes | None:
    """Return a small file of the work tree; None when it is absent, a link, or no plain file.

    Raises:
        ConfigError: it is there and may not be read: its settings would silently not hold.
    """
    try:
        number = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError as error:
        raise ConfigError(f"cannot read {name}: {error.strerror}", "make it readable") from error
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    with os.fdopen(number, "rb") as file:
        return file.read(_CONFIG_LIMIT)
