"""Extraction in several processes, each of which may die or hang without taking the run along.

The parent hands a chunk of files to a worker that waits for one, and gets one result for each file,
in order. So it knows at any time which file a worker is at: when the worker dies or is silent for
too long, that file is given up and the rest of the chunk goes to another worker.
"""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple

from blastradius.index.blob import facts_of, failed
from blastradius.index.store import pack

MEMORY_BYTES = 4 * 2**30
"""Memory that one worker may add to what it starts with; a file that needs more is given up."""
_START_SECONDS = 60.0
_STILLBORN = 3
# After so many files that took too long the rest gets a tenth of the time: a repository full of
# such files must not hold us for days.
_PATIENCE = 10
_ORPHAN_SECONDS = 2.0
_GRACE_SECONDS = 1.0


class Task(NamedTuple):
    """One blob to be read as one language."""

    oid: str
    language: str
    source: bytes
    dialect: str = ""


class Done(NamedTuple):
    """The packed facts of one blob; ``accident``: they tell of a crash or a timeout."""

    oid: str
    language: str
    packed: bytes
    accident: bool


class PoolError(Exception):
    """No worker process lives long enough to be given work; ``tasks`` are still to be done."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__("worker processes die before they start")
        self.tasks = tasks


class _Worker:
    """A process, our end of its pipe, and the tasks that it has not answered yet."""

    def __init__(self, start: str) -> None:
        # The methods' contexts have no common type that knows Process.
        context = multiprocessing.get_context(start)
        self.connection, theirs = context.Pipe()
        self.process = context.Process(  # type: ignore[attr-defined]  # every real context has it
            target=_work, args=(theirs, os.getpid()), name="blastradius-extract", daemon=True
        )
        self.process.start()
        theirs.close()
        self.tasks: deque[Task] = deque()
        self.ready = False
        self.deadline = time.monotonic() + _START_SECONDS

    def stop(self, grace: float = 0.0) -> int | None:
        """End the process; return the exit code that it had by itself within ``grace`` seconds."""
        self.process.join(grace)
        code = self.process.exitcode
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()
        return code if code is None else int(code)


class _Crew:
    """The workers and what is left to do."""

    def __init__(self, chunks: Iterable[list[Task]], jobs: int, timeout: float, start: str) -> None:
        self._chunks = iter(chunks)
        self._left: deque[list[Task]] = deque()
        self._jobs = jobs
        self._timeout = timeout
        self._start = start
        self._overdue = 0
        self._stillborn = 0
        self.workers: list[_Worker] = []

    def hand_out(self) -> None:
        """Give every waiting worker a chunk, and start workers while there is more to do."""
        for worker in [one for one in self.workers if one.ready and not one.tasks]:
            chunk = self._next()
            if chunk is None:
                return
            worker.tasks.extend(chunk)
            worker.deadline = time.monotonic() + self._timeout
            # A worker that is gone is found out by `listen`.
            with suppress(OSError):
                worker.connection.send(chunk)
        while len(self.workers) < self._jobs:
            starting = sum(1 for one in self.workers if not one.ready)
            while len(self._left) <= starting and (chunk := next(self._chunks, None)) is not None:
                self._left.append(chunk)
            if len(self._left) <= starting:
                return
            try:
                self.workers.append(_Worker(self._start))
            except OSError:  # no more processes or memory: those that run must do
                self._jobs = len(self.workers)
                if not self.workers:
                    raise PoolError(self._undone()) from None

    @property
    def busy(self) -> bool:
        """Whether anything is under way or still to be given out."""
        return bool(self._left) or any(one.tasks for one in self.workers)

    def listen(self) -> Iterator[Done]:
        """Wait for the next news, and yield what came of it."""
        soonest = min(one.deadline for one in self.workers if one.tasks or not one.ready)
        by_connection = {one.connection: one for one in self.workers}
        news = wait(list(by_connection), max(0.0, soonest - time.monotonic()))
        for connection in news:
            worker = by_connection[connection]  # type: ignore[index]  # we gave it connections
            yield from self._hear(worker)
        if not news:
            now = time.monotonic()
            for worker in [one for one in self.workers if one.deadline <= now]:
                if worker.tasks:
                    self._overdue += 1
                    yield from self._give_up(worker, f"took longer than {self._timeout:g} s")
                elif not worker.ready:
                    self._bury(worker)
        if self._overdue >= _PATIENCE:
            self._overdue = -sys.maxsize
            self._timeout /= 10

    def _next(self) -> list[Task] | None:
        return self._left.popleft() if self._left else next(self._chunks, None)

    def _hear(self, worker: _Worker) -> Iterator[Done]:
        try:
            packed = worker.connection.recv_bytes()
        except (EOFError, OSError):
            if worker.tasks:
                yield from self._give_up(worker, "")
            else:
                self._bury(worker)
            return
        worker.deadline = time.monotonic() + self._timeout
        if worker.ready:
            task = worker.tasks.popleft()
            yield Done(task.oid, task.language, packed, accident=False)
        else:
            worker.ready = True
            self._stillborn = 0

    def _give_up(self, worker: _Worker, why: str) -> Iterator[Done]:
        """Fail the file that the worker is at; the rest of its chunk goes back on the pile."""
        self.workers.remove(worker)
        code = worker.stop(0.0 if why else _GRACE_SECONDS)
        task, *rest = worker.tasks
        if rest:
            self._left.append(rest)
        why = why or f"ended its process ({_exit_words(code)})"
        packed = pack(failed(f"reading this file as {task.language} {why}"))
        yield Done(task.oid, task.language, packed, accident=True)

    def _bury(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.stop()
        self._stillborn += 1
        if self._stillborn >= _STILLBORN:
            raise PoolError(self._undone())

    def _undone(self) -> list[Task]:
        chunks = [*self._left, *(list(one.tasks) for one in self.workers)]
        return [task for chunk in chunks for task in chunk]


def extract_in_pool(
    chunks: Iterable[list[Task]], *, jobs: int, timeout: float, start: str | None = None
) -> Iterator[Done]:
    """Yield the facts of every task, in the order in which they become ready.

    Args:
        chunks: tasks that travel together; consumed as workers become free.
        jobs: how many processes.
        timeout: seconds for one file.
        start: ``fork`` or ``spawn``; None: fork where that is safe.

    Raises:
        PoolError: no process can be started here; nothing is lost, its tasks are to be done.
    """
    crew = _Crew(chunks, jobs, timeout, start or _start_method())
    try:
        crew.hand_out()
        while crew.busy:
            yield from crew.listen()
            crew.hand_out()
    finally:
        for worker in crew.workers:
            worker.stop()


def _start_method() -> str:
    """Fork takes 10 ms where spawn takes 100, but forking a process with threads may hang it."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return "spawn"
    try:
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return "spawn"
    return "fork" if threads == 1 else "spawn"


def _exit_words(code: int | None) -> str:
    if code is None:
        return "it closed its pipe"
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _work(connection: Connection, parent: int) -> None:
    """What a worker does: chunks in, packed facts out, until the parent hangs up or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent ends us with it
    faulthandler.disable()  # a crash is told in the facts, not on the terminal
    _limit_memory()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    gc.disable()
    gc.freeze()
    with suppress(EOFError, OSError):
        connection.send_bytes(b"")
        while True:
            for task in connection.recv():
                connection.send_bytes(pack(facts_of(task.language, task.source, task.dialect)))
            # Syntax trees with parent links are cycles: collected here, not while parsing.
            gc.collect()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone.

    A forked worker holds a copy of its parent's end of the pipe, so that a full pipe would never
    tell it that nobody reads any more.
    """
    while os.getppid() == parent:
        time.sleep(_ORPHAN_SECONDS)
    os._exit(1)


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        pages = 0
    memory = pages * resource.getpagesize() + MEMORY_BYTES
    for kind, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        soft, hard = resource.getrlimit(kind)
        known = [one for one in (soft, hard) if one != resource.RLIM_INFINITY]
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (min([limit, *known]), hard))
