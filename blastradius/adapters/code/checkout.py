"""The work tree and index of a checked-out branch, at the paths that a step touches.

A path is as the start tree has it, or as the new tree has it, and each is brought from one to the
other by itself, so that a stopped act can always be told and gone on with. A file whose lines end in
CRLF where git has LF keeps that form; one that Git LFS keeps elsewhere is taken from there; one that
a sparse checkout leaves out stays out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import TracebackType
from typing import Self

import msgspec

from blastradius.adapters.code.commits import CodeArgs
from blastradius.adapters.code.state import (
    blob_id,
    content_on_disk,
    file_entries,
    index_entries,
    leaf_name,
    sparse_paths,
    stranger_in,
    with_folders,
)
from blastradius.errors import CheckpointError, RepositoryError, StoppedError
from blastradius.git import run
from blastradius.git.blobs import BlobReader, is_binary, is_lfs_pointer
from blastradius.git.openat import WorkFolder, refuse_collisions, refuse_path
from blastradius.git.paths import encode_path
from blastradius.git.trees import SUBMODULE, SYMLINK, list_tree
from blastradius.model.source import TreeEntry, display_path
from blastradius.world import World

_EXECUTABLE = "100755"
_CRLF, _LFS, _SPARSE = "crlf", "lfs", "sparse"
_MAX_FILE = 256 * 2**20

Entries = dict[str, TreeEntry | None]
Forms = dict[str, str]
"""``form <leaf name>`` → crlf, lfs or sparse, for the files that are not on disk as git has them."""


class Checkout:
    """The touched paths of one step; a context manager that ends its processes.

    Args:
        args: the step's.
        world: the doors.

    Raises:
        StoppedError: the repository has no work tree.
    """

    def __init__(self, args: CodeArgs, world: World) -> None:
        if world.repo.work_tree is None:
            raise StoppedError("this repository has no work tree", "--branch names a branch for it")
        self._args = args
        self._world = world
        self._repo = world.repo
        self._folder = WorkFolder(world.repo.work_tree, world.tick)

    @cached_property
    def _both(self) -> tuple[Entries, Entries]:
        """The touched paths as the start tree has them, and as the new one does."""
        try:
            old = list_tree(self._repo, self._args.start)
            new = list_tree(self._repo, self._args.tree)
        except RepositoryError as error:
            raise StoppedError(
                f"a tree or commit of the plan cannot be read in this repository: {error.what}",
                "make the plan again here",
            ) from error
        paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        if self._repo.invoke("config", "--type=bool", "core.ignorecase").out.strip() == b"true":
            refuse_collisions(new)
        for path in paths:
            refuse_path(path)
        return {path: old.get(path) for path in paths}, {path: new.get(path) for path in paths}

    @cached_property
    def _known(self) -> frozenset[str]:
        return with_folders(self._both[0])

    @cached_property
    def _reader(self) -> BlobReader:
        return BlobReader(self._repo, max_bytes=_MAX_FILE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.close()

    def start_index(self) -> Entries:
        """Return the index entries of the start tree."""
        return self._both[0]

    def wanted_index(self) -> Entries:
        """Return the index entries of the new tree."""
        return self._both[1]

    def index(self) -> Entries:
        """Return the index entries as they are."""
        return index_entries(self._repo, self._both[0])

    def files(self) -> Entries:
        """Return the files as they are: mode and blob id of their raw bytes."""
        return file_entries(self._folder, list(self._both[0]), self._repo.object_format)

    def wanted_files(self, forms: Mapping[str, str]) -> Entries:
        """Return the files as they shall be on disk."""
        found: Entries = {}
        live = self.files()
        for path, entry in self._both[1].items():
            if _is_module(live[path]):
                found[path] = live[path]  # its own repository is not ours to move
            elif entry is None or _is_module(entry) or _form(path, forms) == _SPARSE:
                found[path] = None
            elif entry.mode == SYMLINK or _form(path, forms) == "":
                found[path] = entry
            else:
                content = self._on_disk(entry, _form(path, forms))
                found[path] = TreeEntry(entry.mode, blob_id(content, self._repo.object_format))
        return found

    def refuse_dirty(self) -> Forms:
        """Return the forms of the files; refuse where the user's own work is in the way.

        Raises:
            StoppedError: a touched path has changes that are not committed, or a file that is to
                come is not in this clone.
        """
        index, files = self.index(), self.files()
        sparse = sparse_paths(self._repo, self._both[0])
        forms: Forms = {}
        for path, entry in self._both[0].items():
            if index[path] != entry:
                raise _in_the_way(f"{display_path(path)} has staged changes")
            if _is_module(files[path]):
                self._refuse_module(path)
                continue
            left_out = path in sparse and files[path] is None
            form = _SPARSE if left_out else self._clean_form(entry, files[path])
            if form is None:
                raise self._dirty(path, entry, files[path])
            if form:
                forms[f"form {leaf_name(path)}"] = form
        self._refuse_missing()
        return forms

    def keep(self) -> dict[str, str]:
        """Keep the files' bytes in the store, prove that they come back, and return the id.

        Raises:
            CheckpointError: they cannot be kept.
        """
        found = {
            encode_path(path): kept
            for path in self._both[0]
            if (kept := self._content(path)) is not None
        }
        packed = msgspec.msgpack.encode(found)
        oid = self._world.store.put(packed)
        if self._world.store.get(oid) != packed:
            raise CheckpointError("what was kept does not come back", "look at the disk")
        return {"files": oid}

    def write(self, forms: Mapping[str, str]) -> None:
        """Bring the files to the new tree; those that are there already are left alone."""
        live, wanted = self.files(), self.wanted_files(forms)
        # What goes first makes room for folders where files were.
        for path in sorted(wanted, key=lambda one: (wanted[one] is not None, one)):
            if live[path] == wanted[path]:
                self._folder.clear(path)
                continue
            entry = self._both[1][path]
            if wanted[path] is None:
                self._folder.remove(path)
            elif entry is not None and entry.mode == SYMLINK:
                self._folder.put_link(path, self._blob(entry.oid), {})
            elif entry is not None:
                mode = 0o755 if entry.mode == _EXECUTABLE else 0o644
                content = self._on_disk(entry, _form(path, forms))
                self._folder.put(path, mode, (content,), {})
        self._hold_places(self._both[1])

    def module_warnings(self) -> tuple[str, ...]:
        """Return what is left to do about submodules, whose checkouts stay as they are."""
        live = self.files()
        found = []
        for path, entry in self._both[1].items():
            name, have = display_path(path), live[path]
            if entry is not None and _is_module(entry) and have != entry:
                found.append(
                    f"submodule {name}: what is checked out in it stays as it is; git submodule "
                    f"update {name} brings it to {entry.oid[:12]}, which the branch then names"
                )
            elif entry is None and _is_module(have):
                found.append(
                    f"submodule {name} goes from the branch; what is checked out in it stays on "
                    "disk, as with git revert: remove the folder by hand"
                )
        return tuple(found)

    def bring_back(self, oid: str) -> None:
        """Bring the files back as they were kept.

        Raises:
            CheckpointError: what was kept is missing or damaged.
        """
        packed = self._world.store.get(oid)
        kept = msgspec.msgpack.decode(packed, type=dict[bytes, tuple[int, bytes]])
        for path in sorted(self._both[0], key=lambda one: (encode_path(one) in kept, one)):
            was = kept.get(encode_path(path))
            if self._content(path) == was:
                self._folder.clear(path)
                continue
            if was is None:
                self._folder.remove(path)
            elif was[0] < 0:
                self._folder.put_link(path, was[1], {})
            else:
                self._folder.put(path, was[0], (was[1],), {})
        self._hold_places(self._both[0])

    def set_index(self, entries: Mapping[str, TreeEntry | None], forms: Mapping[str, str]) -> None:
        """Set index entries, all of them or none; what a sparse checkout leaves out stays so."""
        live = self.index()
        changed = {path: one for path, one in entries.items() if live[path] != one}
        zero = "0" * len(self._args.start)
        lines = b"".join(
            (f"{one.mode} {one.oid}" if one is not None else f"0 {zero}").encode("ascii")
            + b"\t" + encode_path(path) + b"\0"
            # What goes first makes room for folders where files were.
            for path, one in sorted(changed.items(), key=lambda item: item[1] is not None)
        )  # fmt: skip
        if lines:
            self._update_index(("--index-info",), lines)
        sparse = b"".join(
            encode_path(path) + b"\0"
            for path, one in entries.items()
            if one is not None and _form(path, forms) == _SPARSE
        )
        if sparse:
            self._update_index(("--skip-worktree", "--stdin"), sparse)

    def _update_index(self, words: tuple[str, ...], lines: bytes) -> None:
        self._world.tick("git update-index")
        args = ("update-index", "-z", *words)
        finished = self._repo.invoke("-c", "core.fsync=index", *args, stdin=lines)
        if finished.code != 0:
            raise self._repo.failure(args, finished)

    def as_git_sees(self, tip: str) -> tuple[Entries, Entries]:
        """Return index and files by git's own comparison with ``tip`` and git's own hashes."""
        raw = self._repo.git("diff-index", "--cached", "--raw", "-z", "--no-renames", tip)
        fields = raw.split(b"\0")
        differing = set(fields[1::2])
        index: Entries = {
            path: entry if encode_path(path) not in differing else TreeEntry("differs", "")
            for path, entry in self._both[1].items()
        }
        return index, dict(self._hashed_by_git())

    def _hashed_by_git(self) -> Iterator[tuple[str, TreeEntry | None]]:
        seen = self.files()
        plain = [
            path
            for path, one in seen.items()
            if one is not None and one.mode.startswith("100") and "\n" not in path
        ]
        paths = b"".join(encode_path(path) + b"\n" for path in plain)
        place = ("-C", str(self._folder.root), f"--git-dir={self._repo.git_dir}")
        out = _hashes(place, paths)
        by_git = dict(zip(plain, out, strict=True))
        for path, one in seen.items():
            yield path, TreeEntry(one.mode, by_git[path]) if one and path in by_git else one

    def _clean_form(self, entry: TreeEntry | None, live: TreeEntry | None) -> str | None:
        """Return the form of a file that holds what git has, None where it holds something else."""
        if live == entry or (live is None and _is_module(entry)):
            return ""
        if entry is None or live is None or live.mode != entry.mode or entry.mode == SYMLINK:
            return None
        for form in (_CRLF, _LFS):
            content = self._on_disk(entry, form)
            if blob_id(content, self._repo.object_format) == live.oid:
                return form
        return None

    def _on_disk(self, entry: TreeEntry, form: str) -> bytes:
        content = self._blob(entry.oid)
        if form == _CRLF and not is_binary(content) and b"\r\n" not in content:
            return content.replace(b"\n", b"\r\n")
        if form == _LFS and is_lfs_pointer(content):
            return self._from_lfs(content)
        return content

    def _from_lfs(self, pointer: bytes) -> bytes:
        oid = pointer.split(b"sha256:")[1].split(b"\n")[0].decode("ascii")
        place = self._repo.common_dir / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
        try:
            return place.read_bytes()
        except OSError:
            return pointer

    def _blob(self, oid: str) -> bytes:
        content = self._reader.read(oid)
        if not isinstance(content, bytes):
            raise CheckpointError(f"object {oid[:12]} cannot be read, or is too large")
        return content

    def _content(self, path: str) -> tuple[int, bytes] | None:
        found = self._folder.look(path)
        if found is not None and found.kind == "folder":
            inside = stranger_in(self._folder, path, self._known)
            if inside is None or self._folder.look(f"{path}/.git") is not None:
                return None  # what is in it is kept by itself, or is a submodule's
        return content_on_disk(self._folder, path)

    def _hold_places(self, entries: Entries) -> None:
        """Make the empty folders that stand for submodules that are not checked out, as git does."""
        for path, entry in entries.items():
            if _is_module(entry) and self._folder.look(path) is None:
                self._folder.make_folder(path)

    def _refuse_missing(self) -> None:
        """Refuse where the content of a file is not here: a partial clone leaves some out."""
        wanted = {
            one.oid: path
            for path, one in self._both[1].items()
            if one is not None and not _is_module(one)
        }
        asked = "".join(f"{oid}\n" for oid in wanted).encode()
        finished = self._repo.invoke("cat-file", "--batch-check", stdin=asked)
        out = finished.out.decode("ascii", "replace")
        for oid, path in wanted.items():
            # In a partial clone git says so on standard error, and stops.
            if f"{oid} missing" in out or (finished.code != 0 and oid in finished.err):
                raise StoppedError(
                    f"the content that {display_path(path)} shall get is not in this clone",
                    "git fetch --refetch --no-filter brings what a partial clone left out",
                )

    def _refuse_module(self, path: str) -> None:
        """Refuse to put anything where a submodule is checked out."""
        entry = self._both[1][path]
        inside = f"{path}/"
        takes = any(one is not None and at.startswith(inside) for at, one in self._both[1].items())
        if takes or not (entry is None or _is_module(entry)):
            raise StoppedError(
                f"{display_path(path)} is where a submodule is checked out, and the undo puts "
                "something else there",
                f"git submodule deinit {display_path(path)} empties it, or let --branch NAME leave "
                "the work tree alone",
            )

    def _dirty(self, path: str, entry: TreeEntry | None, live: TreeEntry | None) -> StoppedError:
        if live is not None and live.mode == "folder":
            path = stranger_in(self._folder, path, self._known) or path
            return _in_the_way(f"{display_path(path)} is not committed")
        what = "is not committed" if entry is None else "has changes that are not committed"
        return _in_the_way(f"{display_path(path)} {what}")


def _in_the_way(what: str) -> StoppedError:
    return StoppedError(
        f"{what}, and the undo would overwrite it",
        "commit or stash it, or let --branch NAME leave the work tree alone",
    )


def _is_module(entry: TreeEntry | None) -> bool:
    return entry is not None and entry.mode == SUBMODULE


def _form(path: str, forms: Mapping[str, str]) -> str:
    return forms.get(f"form {leaf_name(path)}", "")


def _hashes(place: tuple[str, ...], paths: bytes) -> list[str]:
    args = ("hash-object", "--no-filters", "--stdin-paths")
    return run.checked(place, args, stdin=paths).out.decode("ascii").split()
