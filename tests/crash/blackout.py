"""What a loss of power leaves: bytes and names that were never made durable are gone, in any mixture.

SIGKILL loses nothing that was written, so it cannot see a missing fsync. Here one undisturbed run is
watched from outside: before each of its operations the disk is compared with how it was, and each
fsync is noted. From that, the disks that may be found after the power went at any moment are made
(as in ALICE: Pillai et al., 2014): names become durable in their order, but only those whose folder was
synced are sure to be; of bytes only those synced are, of the others none, half or all are there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from blastradius.world.files import Files
from tests.crash.harness import CountingWorld, Sweep, Tally

Forgets = Literal["nothing", "the journal's bytes", "all bytes", "names"]
_FOLDER = -1
Disk = dict[str, bytes | None]
"""Path → content, None for a folder."""


@dataclass(frozen=True)
class Named:
    """Names that came, by inode and whether they are folders, and names that went, at once."""

    came: dict[str, int]
    went: tuple[str, ...]

    @property
    def folders(self) -> set[str]:
        return {os.path.dirname(one) for one in (*self.came, *self.went)}  # noqa: PTH120 - of plain names


@dataclass(frozen=True)
class Wrote:
    inode: int
    content: bytes


@dataclass(frozen=True)
class Synced:
    inode: int


@dataclass(frozen=True)
class SyncedFolder:
    folder: str


Event = Named | Wrote | Synced | SyncedFolder


@dataclass
class Watcher:
    """Compares a folder with how it was, and notes what happened."""

    root: Path
    events: list[Event] = field(default_factory=list)
    _names: dict[str, int] = field(default_factory=dict)
    _content: dict[int, bytes] = field(default_factory=dict)

    def look(self) -> None:
        names: dict[str, int] = {}
        content: dict[int, bytes] = {}
        for path in self.root.rglob("*"):
            folder = path.is_dir()
            inode = _FOLDER if folder else path.stat().st_ino
            names[str(path.relative_to(self.root))] = inode
            if not folder:
                content[inode] = path.read_bytes()
        came = {name: inode for name, inode in names.items() if self._names.get(name) != inode}
        went = tuple(name for name in self._names if name not in names)
        if came or went:
            self.events.append(Named(came, went))
        for inode, raw in content.items():
            if self._content.get(inode) != raw:
                self.events.append(Wrote(inode, raw))
        self._names, self._content = names, content


class WatchedFiles(Files):
    """Files whose fsyncs are noted; those that are forgotten are not done."""

    def __init__(self, world: CountingWorld, watcher: Watcher, forgets: Forgets) -> None:
        super().__init__(world.tick)
        self._watcher = watcher
        self._forgets = forgets

    def sync(self, handle: int, path: Path) -> None:
        super().sync(handle, path)
        self._watcher.look()
        is_journal = path.name == "journal.jsonl"
        if self._forgets == "all bytes" or (self._forgets == "the journal's bytes" and is_journal):
            return
        self._watcher.events.append(Synced(os.fstat(handle).st_ino))

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        self._watcher.look()
        if self._forgets != "names" and path.is_relative_to(self._watcher.root):
            name = str(path.relative_to(self._watcher.root))
            self._watcher.events.append(SyncedFolder("" if name == "." else name))


class WatchedWorld(CountingWorld):
    """A world whose disk is watched."""

    def __init__(self, root: Path, watcher: Watcher, forgets: Forgets) -> None:
        super().__init__(root)
        self._watcher = watcher
        self.files = WatchedFiles(self, watcher, forgets)
        self.store._files = self.files

    def tick(self, what: str) -> None:
        super().tick(what)
        self._watcher.look()


def blackouts(sweep: Sweep, forgets: Forgets = "nothing") -> Tally:
    """Let the power go at each moment of a run, and go on from each disk that may then be found."""
    with sweep.copied() as root:
        watcher = Watcher(root / "repo")
        watcher.look()
        begun = len(watcher.events)
        sweep.carry_out(WatchedWorld(root, watcher, forgets))
        watcher.look()
    tally = Tally()
    seen: set[int] = set()
    for end in range(begun, len(watcher.events) + 1):
        for disk in disks_after(watcher.events[:end], begun):
            mark = hash(frozenset(disk.items()))
            if mark not in seen:
                seen.add(mark)
                with sweep.copied() as root:
                    _write(disk, root / "repo")
                    tally.take(sweep.fault_after_blackout(root), f"{sweep.scenario.name}, {end}")
    return tally


def disks_after(events: list[Event], begun: int) -> Iterator[Disk]:
    """Yield what may be on the disk when the power goes after these events.

    Args:
        events: what happened; of the first ``begun`` all is durable.
        begun: how many were before the run.
    """
    sure = [_is_durable(events, place) or place < begun for place in range(len(events))]
    unsure = [
        place for place, event in enumerate(events) if isinstance(event, Named) and not sure[place]
    ]
    for kept in range(len(unsure) + 1):
        names: dict[str, int] = {}
        for place, event in enumerate(events):
            if isinstance(event, Named) and (sure[place] or place in unsure[:kept]):
                _rename(names, event)
        for share in (0.0, 0.5, 1.0):
            yield {name: _bytes_of(inode, events, sure, share) for name, inode in names.items()}


def _is_durable(events: list[Event], place: int) -> bool:
    event, later = events[place], events[place + 1 :]
    if isinstance(event, Named):
        return any(isinstance(one, SyncedFolder) and one.folder in event.folders for one in later)
    return isinstance(event, Wrote) and Synced(event.inode) in later


def _rename(names: dict[str, int], event: Named) -> None:
    for gone in event.went:
        for name in [one for one in names if one == gone or one.startswith(f"{gone}/")]:
            del names[name]
    for name, inode in event.came.items():
        above = os.path.dirname(name)  # noqa: PTH120 - of plain names
        if not above or above in names:
            names[name] = inode


def _bytes_of(inode: int, events: list[Event], sure: list[bool], share: float) -> bytes | None:
    if inode == _FOLDER:
        return None
    durable = latest = b""
    for event, is_sure in zip(events, sure, strict=True):
        if isinstance(event, Wrote) and event.inode == inode:
            latest = event.content
            durable = latest if is_sure else durable
    common = len(durable) if latest.startswith(durable) else 0
    written = latest[: common + int((len(latest) - common) * share)]
    return written if share else durable


def _write(disk: Disk, root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()
    for name, content in sorted(disk.items()):
        if content is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(content)
