"""What a record of the journal costs: append and fsync, beside SQLite in WAL mode with full durability.

    python benchmarks/bench_journal.py [RECORDS] [FOLDER]

Both write records of the same size to the same file system in turns, so that neither has the quieter
minute; each write is durable when it returns. Name a folder on a real disk: in memory an fsync is free.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from blastradius.engine.journal import NAME, Journal
from blastradius.world.files import Files

_RECORDS = 500
_TEXT = "x" * 100
_CENT = 100


def main(arguments: list[str]) -> None:
    """Measure and print milliseconds a record."""
    records = int(arguments[0]) if arguments else _RECORDS
    above = arguments[1] if len(arguments) > 1 else None
    with tempfile.TemporaryDirectory(dir=above) as folder:
        ours, theirs, size = _measured(Path(folder), records)
    print(f"{records} records of {size} bytes, each durable on return, milliseconds")
    for name, times in (
        ("journal, append + fsync", ours),
        ("SQLite, WAL, synchronous FULL", theirs),
    ):
        cuts = statistics.quantiles(times, n=_CENT)
        print(f"{name:32} p50 {cuts[49]:6.2f}   p95 {cuts[94]:6.2f}   max {max(times):6.2f}")


def _measured(folder: Path, records: int) -> tuple[list[float], list[float], int]:
    journal = Journal.create(folder / "run", Files(lambda _: None), steps=records // 4)
    journal.write("PLAN", data={"text": _TEXT})
    size = (folder / "run" / NAME).stat().st_size
    ours: list[float] = []
    theirs: list[float] = []
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, content BLOB)")
        content = b"x" * size
        for _ in range(records):
            ours.append(_timed(lambda: journal.write("NOTE", data={"text": _TEXT})))
            theirs.append(
                _timed(
                    lambda: database.execute("INSERT INTO record (content) VALUES (?)", (content,))
                )
            )
    return ours, theirs, size


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(sys.argv[1:])
