"""Declared files and folders of a checkpoint: what bringing them back would do, and doing it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from blastradius.checkpoints.places import content, place_of
from blastradius.checkpoints.taking import Schema
from blastradius.errors import CheckpointError
from blastradius.model.checkpoint import Checkpoint, FilePart, FolderPart
from blastradius.model.run import Change
from blastradius.model.source import display_path
from blastradius.world import World, folders
from blastradius.world.files import DRAFT, Files
from blastradius.world.folders import Manifest
from blastradius.world.swap import finish, swap

_SHOWN = 5


class Part(Protocol):
    """One thing of a checkpoint that is brought back."""

    def look(self) -> None:
        """Compare with the present state."""
        ...

    def refuse(self) -> None:
        """Refuse what cannot be done, before anything is touched."""
        ...

    def bring_back(self) -> None:
        """Do it; idempotent."""
        ...

    def take_back(self, before: Checkpoint) -> list[str]:
        """Bring back what ``before`` kept, where what stands there is ours; return what is not."""
        ...

    def differing(self) -> Iterable[str]:
        """Return what is not as it should be now, seen by another way than it was written."""
        ...

    def digests(self, side: int) -> list[str]:
        """Return what stands for the state before (0), now (1), or as it should be (2)."""
        ...

    @property
    def orphans(self) -> tuple[str, ...]:
        """What is there now and was not then."""
        ...

    @property
    def changes(self) -> Iterable[Change]:
        """What is put back."""
        ...

    @property
    def warnings(self) -> Iterable[str]:
        """What this cannot bring back."""
        ...

    @property
    def next_actions(self) -> Iterable[str]:
        """What is left for a person."""
        ...


class FileRestorer:
    """Brings a declared file back, or takes it away where there was none."""

    def __init__(self, world: World, part: FilePart, *, remove_orphans: bool) -> None:
        self._world = world
        self._part = part
        self._remove = remove_orphans
        self._before = ""
        self._raw = b""
        self.warnings: tuple[str, ...] = ()
        self.next_actions: tuple[str, ...] = ()

    def look(self) -> None:
        """See `Part`."""
        self._before = self._seen()
        if self._part.object:
            self._raw = self._world.store.get(self._part.object)

    def refuse(self) -> None:
        """See `Part`."""
        place_of(self._world, self._part.path)

    def bring_back(self) -> None:
        """See `Part`."""
        place = place_of(self._world, self._part.path)
        if self._seen() == self._wanted():
            return
        if self._part.object:
            place.folder.put(place.path, self._part.mode, (self._raw,), {})
        elif self._remove:
            place.folder.remove(place.path)

    def take_back(self, before: Checkpoint) -> list[str]:
        """See `Part`."""
        seen = self._seen()
        if seen == self._before:
            return []
        if seen != self._wanted():
            return [display_path(self._part.path)]
        part = next(one for one in before.files if one.path == self._part.path)
        other = FileRestorer(self._world, part, remove_orphans=True)
        other.look()
        other.bring_back()
        return []

    def differing(self) -> Iterator[str]:
        """See `Part`."""
        if self._part.object or self._remove:
            root = self._world.repo.work_tree or Path("/")
            if _observed(root / self._part.path, self._world) != self._wanted():
                yield display_path(self._part.path)

    def digests(self, side: int) -> list[str]:
        """See `Part`."""
        if side == 1:
            return [self._seen()] if self._part.object or self._remove else [self._wanted()]
        return [self._wanted() if side else self._before]

    @property
    def orphans(self) -> tuple[str, ...]:
        """See `Part`."""
        there = self._before and not self._part.object
        return (display_path(self._part.path),) if there else ()

    @property
    def changes(self) -> Iterator[Change]:
        """See `Part`."""
        if self._part.object and self._before != self._wanted():
            verb = "write" if self._before else "bring back"
            yield Change(display_path(self._part.path), verb, "as it was then, byte for byte")

    def _wanted(self) -> str:
        return f"{self._part.digest} {self._part.mode:03o}" if self._part.object else ""

    def _seen(self) -> str:
        found = content(place_of(self._world, self._part.path), self._part.path)
        return f"{self._world.key.digest(found[0])} {found[1]:03o}" if found is not None else ""


def _observed(path: Path, world: World) -> str:
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "no file"
    return f"{world.key.digest(path.read_bytes())} {stat.S_IMODE(status.st_mode) & 0o777:03o}"


class FolderRestorer:
    """Brings a folder back: made whole beside it, then exchanged with it in one step.

    Files that were not there then are taken along into the new one, unless they may be removed.
    """

    def __init__(self, world: World, part: FolderPart, *, remove_orphans: bool) -> None:
        assert world.repo.work_tree is not None  # noqa: S101 - a checkpoint of a work tree
        self._world = world
        self._part = part
        self._remove = remove_orphans
        self._place = folders.place_in(world.repo.work_tree, part.path)
        self._new = self._place.with_name(f"{DRAFT}{self._place.name}")
        self._before = Manifest({})
        self._wanted = Manifest({})
        self.warnings: tuple[str, ...] = ()
        self.next_actions: tuple[str, ...] = ()

    def look(self) -> None:
        """See `Part`."""
        self._before = folders.manifest(self._place)
        self._world.store.check(self._part.object)
        self._wanted = folders.kept(self._part.object, self._world.store)
        if self._wanted.digest != self._part.digest:
            raise CheckpointError(
                f"the kept {display_path(self._part.path)} is not what the record says",
                "take a new checkpoint; nothing was touched",
            )

    def refuse(self) -> None:
        """See `Part`."""
        if self._remove:
            return
        blocked = [
            one for one in self._extra() if any(above in self._files() for above in _above(one))
        ]
        if blocked or (self._extra() and self._wanted.entries.get("") and not self._is_folder()):
            raise CheckpointError(
                f"{display_path(self._part.path)} holds files where the checkpoint has something else",
                "--remove-orphans removes what was not there then; nothing was touched",
            )

    def bring_back(self) -> None:
        """See `Part`."""
        files, new = self._world.files, self._new
        try:
            finish(files, new, self._place)
            _removed(files, new)
            live = folders.manifest(self._place)
            if not live.differing(self._goal(live)):
                return
            files.make_folder(self._place.parent, 0o755)
            folders.write_out(self._part.object, self._world.store, files, new)
            if not self._remove:
                self._take_along(live)
            if os.path.lexists(new):
                swap(files, new, self._place)
                _removed(files, new)
            elif self._remove:
                _removed(files, self._place)
        except OSError as error:
            raise CheckpointError(
                f"cannot restore {display_path(self._part.path)}: {error.strerror or error}",
                "mend that and run it again",
            ) from error

    def take_back(self, before: Checkpoint) -> list[str]:
        """See `Part`."""
        finish(self._world.files, self._new, self._place)
        live = folders.manifest(self._place)
        if live.differing(self._before):
            if live.differing(self._goal(self._before)):
                return [display_path(self._part.path)]
            part = next(one for one in before.folders if one.path == self._part.path)
            other = FolderRestorer(self._world, part, remove_orphans=True)
            other.look()
            other.bring_back()
        _removed(self._world.files, self._new)
        return []

    def differing(self) -> Iterator[str]:
        """See `Part`."""
        live = folders.manifest(self._place)
        for path in live.differing(self._goal(live)):
            yield display_path(f"{self._part.path}/{path}" if path else self._part.path)

    def digests(self, side: int) -> list[str]:
        """See `Part`."""
        match side:
            case 0:
                return [self._before.digest]
            case 1:
                live = folders.manifest(self._place)
                same = not live.differing(self._goal(live))
                return [self._wanted.digest if same else live.digest]
            case _:
                return [self._wanted.digest]

    @property
    def orphans(self) -> tuple[str, ...]:
        """See `Part`."""
        return tuple(
            display_path(f"{self._part.path}/{one}" if one else self._part.path)
            for one in self._extra()
            if self._before.entries[one].kind != "folder"
        )

    @property
    def changes(self) -> Iterator[Change]:
        """See `Part`."""
        wanted = self._before.differing(self._wanted)
        written = [one for one in wanted if one in self._wanted.entries]
        if not written:
            return
        shown = ", ".join(display_path(one) or "." for one in written[:_SHOWN])
        more = f" and {len(written) - _SHOWN} more" if len(written) > _SHOWN else ""
        yield Change(display_path(self._part.path), "restore", f"as it was then: {shown}{more}")

    def _extra(self) -> list[str]:
        return [one for one in self._before.entries if one not in self._wanted.entries]

    def _files(self) -> set[str]:
        return {one for one, entry in self._wanted.entries.items() if entry.kind != "folder"}

    def _is_folder(self) -> bool:
        top = self._wanted.entries.get("")
        return top is not None and top.kind == "folder"

    def _goal(self, live: Manifest) -> Manifest:
        """Return what shall be there: the kept, and what was not there then unless it may go."""
        if self._remove:
            return self._wanted
        return Manifest({**live.entries, **self._wanted.entries})

    def _take_along(self, live: Manifest) -> None:
        """Give the new folder the files of the live one that were not there then: as second names."""
        if not self._is_folder():
            return
        extra = [one for one in live.entries if one not in self._wanted.entries]
        for one in sorted(extra, key=os.fsencode):
            source, target = self._place / one, self._new / one
            self._world.tick(f"take along {display_path(one)}")
            if live.entries[one].kind == "folder":
                target.mkdir(mode=live.entries[one].mode)
                target.chmod(live.entries[one].mode)
            else:
                os.link(source, target, follow_symlinks=False)


def _removed(files: Files, path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        files.remove_tree(path)
    else:
        files.remove(path)


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def compared_schemas(checkpoint: Checkpoint, schemas: Sequence[Schema]) -> list[str]:
    """Return what differs between the kept schemas and those of now, a sentence each.

    A schema is never changed by restoring a checkpoint: rows would need the plan's own backup.
    """
    live = {one.database: one.leaves for one in schemas}
    told = []
    for part in checkpoint.schemas:
        name = part.database
        if name not in live:
            told.append(
                f"database {name} was not looked at: --database {name}=VARIABLE compares it"
            )
            continue
        now = live[name]
        differing = sorted(
            one for one in part.leaves.keys() | now.keys() if part.leaves.get(one) != now.get(one)
        )
        told += [
            f"database {name}: {one} {_how(part.leaves, now, one)}" for one in differing[:_SHOWN]
        ]
        if len(differing) > _SHOWN:
            told.append(f"database {name}: {len(differing) - _SHOWN} more parts differ")
        if differing:
            told.append(
                f"database {name}: the schema is not brought back by this, since rows go with it: "
                "blastradius plan makes the steps, with a backup of the rows"
            )
    return told


def _how(then: dict[str, str], now: dict[str, str], leaf: str) -> str:
    if leaf not in now:
        return "was there then and is gone"
    return "was not there then" if leaf not in then else "is another"


def digest_of(parts: Iterable[list[str]]) -> str:
    """Return one digest over what stands for several states."""
    digest = hashlib.sha256()
    for one in parts:
        digest.update("\0".join(one).encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
