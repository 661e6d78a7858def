"""Taking a snapshot: index and work tree are read, never touched; see `blastradius.git.snapshots`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from blastradius.errors import CheckpointError, RepositoryError
from blastradius.git import run
from blastradius.git.durable import ObjectWriter
from blastradius.git.objects import FOLDER
from blastradius.git.openat import DRAFT, Found, Tick, WorkFolder
from blastradius.git.paths import decode_path, encode_path
from blastradius.git.pending import finished_beside
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.snapshots import (
    EXECUTABLE,
    FILE,
    PLAIN,
    STATES,
    VERSION,
    Snapshot,
    head_branch,
    worktree_name,
)
from blastradius.git.standing import unfinished
from blastradius.git.trees import SUBMODULE, SYMLINK
from blastradius.model.source import TreeEntry

_PLAIN_FOLDER = 0o755
_OTHERS = 0o004
_STATE_BYTES = 1_000_000
# Git goes on without a folder that it may not read.
_HIDDEN = re.compile(r"could not open directory '(.*)'")


class Capture(Struct, frozen=True):
    """A snapshot that was just taken.

    ``seen`` tells of each path whether it has changed since; ``nested`` are repositories inside of this
    one, which are not in it.
    """

    snapshot: Snapshot
    seen: dict[str, tuple[int, ...]]
    nested: tuple[str, ...] = ()


def capture(
    repo: Repository,
    tick: Tick | None,
    *,
    apart: Iterable[str] = (),
    also: Iterable[str] = (),
    tips: Mapping[str, str | None] | None = None,
) -> Capture:
    """Take a snapshot, durably; no ref names it yet (see `keep`).

    Args:
        repo: the repository.
        tick: called before each operation that changes something; None: nothing is written, only
            looked at.
        apart: paths that are left out, whatever git thinks of them.
        also: paths that are taken even where git ignores them, and all below them.
        tips: other branches that belong to it: full name → commit.

    Raises:
        CheckpointError: a file cannot be read, or an object cannot be written.
        RepositoryError: the repository cannot be read.
    """
    with Scratch(repo) as scratch:
        return _Capturer(scratch, tick, frozenset(apart)).capture(tuple(also), dict(tips or {}))


class _Capturer:
    def __init__(self, scratch: Scratch, tick: Tick | None, apart: frozenset[str]) -> None:
        self._repo = scratch.repo
        self._scratch = scratch
        self._apart = apart
        self._writes = tick is not None
        tick = tick or _no_tick
        self._writer = ObjectWriter(scratch.repo, scratch.view, tick)
        root = scratch.repo.work_tree
        self._folder = WorkFolder(root, tick) if root is not None else None
        self._work: dict[str, TreeEntry] = {}
        self._modes: dict[str, int] = {}
        self._seen: dict[str, tuple[int, ...]] = {}
        self._folders: set[str] = set()
        self._theirs: dict[str, bool] = {}
        self._nested: list[str] = []

    def capture(self, also: tuple[str, ...], tips: dict[str, str | None]) -> Capture:
        repo, writer = self._repo, self._writer
        states: dict[str, str] = {}
        index, staged = "", ""
        if self._folder is not None:
            entries = _index_entries(repo)
            index, staged = self._index(), self._staged(entries)
            states = {
                name: writer.blob(content)
                for name in STATES
                if (content := _small_file(repo.git_dir / name)) is not None
            }
            self._files(entries, also)
        meta = {
            "v": VERSION, "head": repo.head(), "branch": head_branch(repo),
            "worktree": worktree_name(repo), "waiting": unfinished(repo),
            "bare": repo.work_tree is None, "tips": tips,
        }  # fmt: skip
        commit = self._commit(meta, index, staged, states)
        if self._writes:
            writer.flush(self._folder)
        work = dict(sorted(self._work.items(), key=lambda item: encode_path(item[0])))
        snapshot = Snapshot(
            commit, repo.head(), head_branch(repo), worktree_name(repo), unfinished(repo),
            repo.work_tree is None, tips, index, states, work, self._modes,
            tuple(sorted(self._apart)),
        )  # fmt: skip
        return Capture(snapshot, self._seen, tuple(dict.fromkeys(self._nested)))

    def _index(self) -> str:
        """Return the blob of the index file, made whole where it is split; empty for none."""
        original = self._repo.git_dir / "index"
        if not original.is_file():
            return ""
        copy = self._scratch.folder / "index"
        copy.write_bytes(original.read_bytes())
        shared = sorted(self._repo.git_dir.glob("sharedindex.*"))
        if shared:
            env = {"GIT_INDEX_FILE": str(copy)}
            self._repo.git("update-index", "--no-split-index", "--force-write-index", env=env)
        return self._writer.blob(copy.read_bytes())

    def _staged(self, entries: list[tuple[str, int, TreeEntry]]) -> str:
        stages: dict[int, dict[str, TreeEntry]] = {}
        empty = self._writer.blob(b"")  # what is only announced stands for it in the index
        for path, stage, entry in entries:
            stages.setdefault(stage, {})[path] = entry
            if entry.mode != SUBMODULE and entry.oid != empty:
                self._writer.need(entry.oid)
        trees = (
            (str(stage).encode(), TreeEntry(FOLDER, self._tree(found)))
            for stage, found in sorted(stages.items())
        )
        return self._writer.tree(trees)

    def _files(self, entries: list[tuple[str, int, TreeEntry]], also: tuple[str, ...]) -> None:
        assert self._folder is not None  # noqa: S101 - asked of work trees only
        known = {path: entry for path, _, entry in entries}
        listed = dict.fromkeys(known)
        for path in self._untracked(self._folder.root):
            if path.endswith("/"):
                self._nested.append(path.removesuffix("/"))
            else:
                listed[path] = None
        for path in also:
            listed.update(dict.fromkeys(self._below(path, known)))
        for path in listed:
            name = path.rpartition("/")[2]
            if path in self._apart or name.startswith(DRAFT) or self._is_theirs(path):
                continue
            self._take(path, known.get(path))

    def _untracked(self, root: Path) -> list[str]:
        args = ["ls-files", "--others", "--exclude-standard", "-z"]
        exclude = self._repo.common_dir / "info" / "exclude"
        if exclude.is_file():
            args.append(f"--exclude-from={exclude}")
        finished = finished_beside(self._scratch, root, *_users_ignores(), *args)
        hidden = _HIDDEN.search(finished.err)
        if hidden is not None:
            raise CheckpointError(
                f"cannot read the folder {hidden[1]}: what is in it is not known",
                "make it readable, or have git ignore it",
            )
        return [decode_path(name) for name in finished.out.split(b"\0")[:-1]]

    def _below(self, path: str, known: Collection[str]) -> list[str]:
        """Return the files at and below a path, but nothing of another repository."""
        assert self._folder is not None  # noqa: S101 - as above
        found: list[str] = []
        pending = [path]
        while pending:
            one = pending.pop()
            there = self._folder.look(one)
            if there is None:
                found += self._in_the_way(one)
            elif there.kind != "folder":
                found.append(one)
            elif one not in known:
                names = self._folder.names(one)
                if ".git" in names:
                    self._nested.append(one)
                else:
                    pending += [f"{one}/{name}" for name in names]
        return found

    def _is_theirs(self, path: str) -> bool:
        """Tell whether a path is inside of another repository, though git may think it ours."""
        assert self._folder is not None  # noqa: S101 - as above
        above = path.rpartition("/")[0]
        if not above:
            return False
        if above not in self._theirs:
            inside = self._is_theirs(above)
            here = not inside and self._folder.look(f"{above}/.git") is not None
            if here:
                self._nested.append(above)
            self._theirs[above] = inside or here
        return self._theirs[above]

    def _in_the_way(self, path: str) -> list[str]:
        """Return the file or link that stands where a path would have a folder."""
        assert self._folder is not None  # noqa: S101 - as above
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            there = self._folder.look(above)
            if there is None or there.kind != "folder":
                return [above] if there is not None else []
        return []

    def _take(self, path: str, known: TreeEntry | None) -> None:
        assert self._folder is not None  # noqa: S101 - as above
        there = self._folder.look(path)
        if there is None or there.kind == "other":
            return
        if there.kind == "folder":
            if known is not None and known.mode == SUBMODULE:
                self._work[path] = TreeEntry(
                    SUBMODULE, _checked_out(self._folder.root / path, known)
                )
            return
        self._seen[path] = there.stamp
        self._work[path] = self._entry(path, there)
        mode = self._work[path].mode
        if there.kind == "file" and there.mode != PLAIN[mode]:
            self._modes[path] = there.mode
        self._take_folders(path)

    def _entry(self, path: str, there: Found) -> TreeEntry:
        assert self._folder is not None  # noqa: S101 - as above
        if there.kind == "link":
            return TreeEntry(SYMLINK, self._writer.blob(self._folder.target(path)))
        private = not there.mode & _OTHERS
        oid = self._writer.file(self._folder, path, private=private)
        return TreeEntry(EXECUTABLE if there.mode & 0o100 else FILE, oid)

    def _take_folders(self, path: str) -> None:
        assert self._folder is not None  # noqa: S101 - as above
        above = path.rpartition("/")[0]
        while above and above not in self._folders:
            there = self._folder.look(above)
            self._folders.add(above)
            if there is not None and there.mode != _PLAIN_FOLDER:
                self._modes[above] = there.mode
            above = above.rpartition("/")[0]

    def _tree(self, entries: Mapping[str, TreeEntry]) -> str:
        """Return the tree of a listing, written folder by folder, the deepest first."""
        folders: dict[bytes, dict[bytes, TreeEntry]] = {b"": {}}
        for path, entry in entries.items():
            folder, _, name = encode_path(path).rpartition(b"/")
            at = folder
            while at not in folders:
                folders[at] = {}
                at = at.rpartition(b"/")[0]
            folders[folder][name] = entry
        for folder in sorted(folders, key=lambda one: (one.count(b"/"), bool(one)), reverse=True):
            oid = self._writer.tree(folders[folder].items())
            if not folder:
                return oid
            above, _, name = folder.rpartition(b"/")
            folders[above][name] = TreeEntry(FOLDER, oid)
        raise AssertionError  # pragma: no cover - the root is always there

    def _commit(self, meta: dict[str, Any], index: str, staged: str, states: dict[str, str]) -> str:
        writer = self._writer
        notes = [(name.encode(), TreeEntry(FILE, oid)) for name, oid in states.items()]
        modes = b"".join(
            b"%06o %s\0" % (mode, encode_path(path)) for path, mode in sorted(self._modes.items())
        )
        apart = b"".join(encode_path(path) + b"\0" for path in sorted(self._apart))
        text = json.dumps(meta, sort_keys=True).encode("ascii")
        rows = [(b"meta", writer.blob(text)), (b"modes", writer.blob(modes))]
        rows.append((b"apart", writer.blob(apart)))
        if index:
            rows.append((b"index", index))
        trees = [(b"work", self._tree(self._work)), (b"state", writer.tree(notes))]
        if staged:
            trees.append((b"staged", staged))
        tree = writer.tree(
            [(name, TreeEntry(FILE, oid)) for name, oid in rows]
            + [(name, TreeEntry(FOLDER, oid)) for name, oid in trees]
        )
        named = [meta["head"], *meta["tips"].values(), *self._merging(states)]
        parents = tuple(dict.fromkeys(one for one in named if one))
        return writer.commit(tree, parents, "blastradius: a snapshot")

    def _merging(self, states: dict[str, str]) -> list[str]:
        """Return the commits that git's notes name, so that they are kept as well."""
        words: list[str] = []
        for name in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"):
            if name in states:
                words += (
                    (_small_file(self._repo.git_dir / name) or b"")
                    .decode("ascii", "replace")
                    .split()
                )
        return [
            one
            for one in words
            if self._repo.invoke("cat-file", "-e", f"{one}^{{commit}}").code == 0
        ]


def _index_entries(repo: Repository) -> list[tuple[str, int, TreeEntry]]:
    found: list[tuple[str, int, TreeEntry]] = []
    for line in repo.git("ls-files", "--stage", "-z").split(b"\0")[:-1]:
        head, _, raw = line.partition(b"\t")
        mode, oid, stage = head.decode("ascii").split(" ")
        found.append((decode_path(raw), int(stage), TreeEntry(mode, oid)))
    return found


def _users_ignores() -> list[str]:
    """Return the option that names the user's own file of what git ignores, if any."""
    words = ("config", "--global", "--type=path", "--get", "core.excludesFile")
    finished = run.invoke((), words, users_config=True)
    named = decode_path(finished.out).removesuffix("\n")
    return ["-c", f"core.excludesFile={named}"] if finished.code == 0 and named else []


def _checked_out(folder: Path, known: TreeEntry) -> str:
    """Return the commit that a submodule has checked out; the index's where it is not there."""
    if not (folder / ".git").exists():
        return known.oid
    try:
        return Repository.open(folder).head() or known.oid
    except RepositoryError:
        return known.oid


def _small_file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_STATE_BYTES)
    except OSError:
        return None


def _no_tick(_what: str) -> None:
    pass
