"""What runs name: an unfinished one needs its checkpoints, and one that cannot be read may need all."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec import Struct

from blastradius.world import World

_RUNS, _JOURNAL = "runs", "journal.jsonl"
_OPENS = frozenset({"PLAN", "INTENT", "ABORT", "CINTENT"})
_TEXTS = (".json", ".jsonl")
_LIMIT = 256 * 2**20


class Uses(Struct, frozen=True):
    """What runs name.

    Attributes:
        every: the texts of all runs.
        unfinished: the texts of those that did not end.
        unreadable: the first run that cannot be read, empty for none.
        waiting: the ids of those that did not end.
        ended: run → ISO time of its last record, of those that did.
    """

    every: tuple[bytes, ...]
    unfinished: tuple[bytes, ...]
    unreadable: str
    waiting: tuple[str, ...]
    ended: dict[str, str] = {}


def uses_of(world: World, without: Collection[str] = ()) -> Uses:
    """Return what the runs of a repository name, those apart that are given up."""
    every: list[bytes] = []
    unfinished: list[bytes] = []
    unreadable = ""
    waiting: list[str] = []
    ended: dict[str, str] = {}
    folder = world.home / _RUNS
    for run in sorted(folder.iterdir()) if folder.is_dir() else ():
        if run.name in without:
            continue
        texts = [content_of(one) for one in _texts_of(run)]
        journal = content_of(run / _JOURNAL)
        over = journal is not None and _is_over(journal)
        if over is None or None in texts or (journal is None and (run / _JOURNAL).exists()):
            unreadable = unreadable or f"run {run.name}"
        whole = [one for one in texts if one is not None]
        every += whole
        if over and journal is not None:
            ended[run.name] = str(json.loads(journal.splitlines()[-1]).get("at", ""))
        if not over:
            unfinished += whole
            waiting.append(run.name)
    return Uses(tuple(every), tuple(unfinished), unreadable, tuple(waiting), ended)


def _texts_of(run: Path) -> Iterator[Path]:
    if run.is_dir():
        yield from (one for one in sorted(run.rglob("*")) if one.suffix in _TEXTS and one.is_file())


def _is_over(journal: bytes) -> bool | None:
    """Tell whether a run has ended; None when its journal is damaged."""
    *lines, torn = journal.split(b"\n")
    over = False
    for line in lines:
        try:
            kind = json.loads(line)["kind"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        over = kind == "END" or (over and kind not in _OPENS)
    return over and not torn


def content_of(path: Path) -> bytes | None:
    """Return the bytes of a file, None when it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT + 1)
    except OSError:
        return None
    return raw if len(raw) <= _LIMIT else None
