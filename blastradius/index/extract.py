"""Blobs → facts: from the cache where it has them, else read now and put into it."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from blastradius.index.alarm import TimeUp, time_limit
from blastradius.index.blob import facts_of, failed, version_of
from blastradius.index.pool import Done, PoolError, Task, extract_in_pool
from blastradius.index.store import FactStore, pack, unpack
from blastradius.languages.base import Language
from blastradius.model.facts import Facts

Read = Callable[[Sequence[str]], Iterable[tuple[str, bytes | None]]]
Key = tuple[str, str]

INLINE_FILES = 40
INLINE_BYTES = 2**20
"""Up to this much is read in this process: starting others would take longer."""
TIMEOUT = 20.0
_CHUNK_BYTES = 256 * 1024
_CHUNK_FILES = 64
_FLUSH = 400
_DAY = 86_400


def extract(  # noqa: PLR0913 - one call, its options by keyword
    wanted: Mapping[Key, Language],
    read: Read,
    store: FactStore,
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    dialect: str = "",
    timeout: float = TIMEOUT,
    start: str | None = None,
) -> dict[Key, Facts]:
    """Return the facts of blobs.

    A blob whose reading crashes, or takes too long, gets failed facts with the reason as a problem;
    those are kept for a day only. On an interrupt, what is done by then is in the store.

    Args:
        wanted: (blob id, language NAME) → the language.
        read: gives (blob id, bytes) for each id, in any order; None for a blob without bytes.
        store: the cache.
        jobs: how many processes; None: as many as this process has processors.
        progress: called with (done, of how many) while blobs are read that the cache did not have.
        dialect: of SQL, by configuration; empty: each file's own.
        timeout: seconds for one blob.
        start: how processes are started, ``fork`` or ``spawn``; None: whatever is safe.

    Returns:
        In the order of ``wanted``; blobs without bytes are left out.
    """
    languages = {language.NAME: language for language in wanted.values()}
    versions = {name: version_of(language, dialect) for name, language in languages.items()}
    found = _stored(wanted, store, versions)
    missing: dict[str, list[str]] = defaultdict(list)
    for oid, name in wanted:
        if (oid, name) not in found:
            missing[oid].append(name)
    if missing:
        sink = _Sink(store, versions, sum(map(len, missing.values())), progress)
        try:
            tasks = _tasks(missing, read, sink, dialect)
            for done, facts in _read_all(tasks, (jobs or _processors(), timeout, start)):
                sink.take(done, facts)
        finally:
            sink.flush()
        found.update(sink.found)
    return {key: found[key] for key in wanted if key in found}


def read_texts(
    language: str,
    texts: Sequence[tuple[bytes, str]],
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    start: str | None = None,
) -> list[Facts | None]:
    """Return the facts of texts that are no blobs; a `languages.base.ReadMany`.

    Args:
        language: NAME of the language that reads them.
        texts: (text, dialect or empty) of each.
        jobs: how many processes; None: as many as this process has processors.
        timeout: seconds for one text.
        start: as `extract`.

    Returns:
        In the order of ``texts``; None for one that crashed or took too long.
    """
    found: list[Facts | None] = [None] * len(texts)
    tasks = (
        Task(str(number), language, text, dialect) for number, (text, dialect) in enumerate(texts)
    )
    for done, facts in _read_all(tasks, (jobs or _processors(), timeout, start)):
        if not done.accident:
            found[int(done.oid)] = facts
    return found


def _stored(
    wanted: Mapping[Key, Language], store: FactStore, versions: Mapping[str, str]
) -> dict[Key, Facts]:
    by_language: dict[str, list[str]] = defaultdict(list)
    for oid, name in wanted:
        by_language[name].append(oid)
    found: dict[Key, Facts] = {}
    for name, oids in by_language.items():
        known = store.get_many(name, versions[name], oids)
        rest = [oid for oid in oids if oid not in known]
        if rest:
            known.update(store.get_many(name, _for_today(versions[name]), rest))
        found.update(((oid, name), facts) for oid, facts in known.items())
    return found


def _for_today(version: str) -> str:
    """Return the version under which accidents are kept: a new day tries again."""
    return f"{version}\naccident {int(time.time() // _DAY)}"


class _Sink:
    """Where facts go as they become ready: into the answer, and in batches into the store."""

    def __init__(
        self,
        store: FactStore,
        versions: Mapping[str, str],
        total: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._store = store
        self._versions = versions
        self._total = total
        self._progress = progress
        self._done = 0
        self._waiting: dict[Key, dict[str, bytes]] = defaultdict(dict)
        self._count = 0
        self.found: dict[Key, Facts] = {}

    def skip(self) -> None:
        """Count a blob that has no bytes."""
        self._advance()

    def take(self, done: Done, facts: Facts | None) -> None:
        """Keep one result."""
        if facts is not None:
            self.found[done.oid, done.language] = facts
        version = self._versions[done.language]
        if done.accident:
            version = _for_today(version)
        self._waiting[done.language, version][done.oid] = done.packed
        self._count += 1
        if self._count >= _FLUSH:
            self.flush()
        self._advance()

    def flush(self) -> None:
        """Write what waits into the store."""
        waiting, self._waiting = self._waiting, defaultdict(dict)
        self._count = 0
        for (language, version), items in waiting.items():
            self._store.put_packed(language, version, items)

    def _advance(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)


def _read_all(
    tasks: Iterator[Task], how: tuple[int, float, str | None]
) -> Iterator[tuple[Done, Facts | None]]:
    """Yield what comes of every task, packed and as facts; few tasks are read in this process."""
    jobs, timeout, start = how
    first = list(islice(tasks, INLINE_FILES))
    few = len(first) < INLINE_FILES and sum(len(task.source) for task in first) <= INLINE_BYTES
    left: Iterator[Task] = chain(first, tasks)
    if not few:
        try:
            for done in extract_in_pool(_chunks(left), jobs=jobs, timeout=timeout, start=start):
                yield done, unpack(done.packed)
        except PoolError as error:
            left = chain(error.tasks, left)
        else:
            return
    for task in left:
        facts, accident = _extract_here(task, timeout)
        yield Done(task.oid, task.language, pack(facts), accident), facts


def _extract_here(task: Task, timeout: float) -> tuple[Facts, bool]:
    try:
        with time_limit(timeout):
            return facts_of(task.language, task.source, task.dialect), False
    except TimeUp:
        return failed(f"reading this file as {task.language} took longer than {timeout:g} s"), True


def _tasks(
    missing: Mapping[str, Sequence[str]], read: Read, sink: _Sink, dialect: str
) -> Iterator[Task]:
    for oid, source in read(list(missing)):
        for name in missing[oid]:
            if source is None:
                sink.skip()
            else:
                yield Task(oid, name, source, dialect)


def _chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Group tasks so that a chunk is worth its way through a pipe, and short beside the whole."""
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += len(task.source)
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1
