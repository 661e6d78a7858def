"""A place to write trees and to try reverts, apart from the analysed repository.

A scratch is a bare git directory of our own in a temporary folder. Its objects are its own; the
repository's are borrowed as an alternate, so that nothing is copied and nothing is written there.
Its configuration is its own as well: a merge driver, filter or textconv that the repository's
attributes name does not exist here, and hence cannot be run. The price is that harmless attributes
(``merge=union``, ``-merge``) do not count in a trial revert: git's ordinary merge decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from blastradius.errors import RangeError, StorageError
from blastradius.git.blobs import BlobReader
from blastradius.git.objects import format_commit, write_loose
from blastradius.git.paths import decode_path
from blastradius.git.repository import Repository
from blastradius.git.temporary import TemporaryFolder
from blastradius.git.treestore import TreeStore
from blastradius.model.source import Commit, TreeEntry

_CONFLICT = 1


class Reverted(Struct, frozen=True):
    """What undoing one commit gave: a tree, or the paths that cannot be merged and git's words.

    ``marked`` is the tree with both sides between conflict markers, empty where there is no conflict.
    """

    tree: str | None
    conflicts: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    marked: str = ""


class Scratch:
    """A private git directory over ``repo``'s objects; a context manager, for one thread.

    ``view`` is that directory as a `Repository`: give it to `list_tree`, `diff_trees` or a
    `BlobReader` to see the repository's objects and the scratch's together. It has no refs.

    Raises:
        StorageError: the temporary folder cannot be written.
    """

    def __init__(self, repo: Repository) -> None:
        self.repo = repo
        self._pending: dict[str, str] = {}
        self._merged: dict[tuple[str, str, str], Reverted] = {}
        try:
            self._folder = TemporaryFolder()
            self.folder = Path(self._folder.name)
            _make_git_dir(self.folder / "git", repo)
        except OSError as error:
            raise StorageError(
                f"cannot make a scratch folder: {error.strerror}",
                "free some space, or point TMPDIR elsewhere",
            ) from error
        git_dir = self.folder / "git"
        self.view = replace(repo, git_dir=git_dir, common_dir=git_dir, work_tree=None)
        self.reader = BlobReader(self.view)
        self.trees = TreeStore(
            self.reader, self.view.object_dir, repo.object_format, repo.empty_tree
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything that was written."""
        self.reader.close()
        self._folder.cleanup()

    def write_blob(self, content: bytes) -> str:
        """Write a blob and return its id.

        Raises:
            StorageError: it cannot be written.
        """
        return self._write("blob", content)

    def write_tree_with(self, base: str, overlay: Mapping[str, TreeEntry | None]) -> str:
        """Return the id of ``base`` (tree or commit) with some paths set, or gone where None.

        Raises:
            RepositoryError: ``base`` is missing or corrupt.
            StorageError: it cannot be written.
            ValueError: the overlay makes one path both a file and a folder.
        """
        return self.trees.rewrite(self.trees.tree_of(base), overlay)

    def write_commit(
        self, tree: str, parents: tuple[str, ...] = (), message: str = "scratch"
    ) -> str:
        """Write a commit whose author and date say nothing, and return its id.

        Raises:
            StorageError: it cannot be written.
        """
        return self._write("commit", format_commit(tree, parents, message))

    def stand_for(self, pending: str, commit: str) -> None:
        """Let ``commit`` stand for ``staged`` or ``worktree`` in `revert`."""
        self._pending[pending] = commit

    def object_of(self, commit: str) -> str:
        """Return the commit object behind an id, which may be ``staged`` or ``worktree``."""
        return self._pending.get(commit, commit)

    def revert(self, tree: str, commit: Commit, mainline: int = 1) -> Reverted:
        """Undo ``commit`` on ``tree``, as ``git revert`` computes it.

        That is the merge of base = the commit's tree, ours = ``tree``, theirs = its parent's tree.
        Where ``tree`` still has what the commit wrote, no process is needed.

        Args:
            tree: id of the tree to start from, also one of an earlier `Reverted`.
            commit: what shall go.
            mainline: for a merge, which parent's tree comes back, from 1.

        Raises:
            RangeError: the commit has parents, but not so many.
            RepositoryError: an object is missing or corrupt.
            StorageError: the new tree cannot be written.
        """
        return self.merge(self.object_of(commit.id), tree, self._before(commit, mainline))

    def _before(self, commit: Commit, mainline: int) -> str:
        if not commit.parents:
            return self.repo.empty_tree
        if not 1 <= mainline <= len(commit.parents):
            raise RangeError(
                f"commit {commit.id[:12]} has no parent {mainline}",
                f"it has {len(commit.parents)}",
            )
        return self.trees.tree_of(commit.parents[mainline - 1])

    def merge(self, base: str, ours: str, theirs: str) -> Reverted:
        """Merge three trees as git does; without a process where one side left the other's paths alone.

        Args:
            base: what both sides come from: a tree or a commit, as the others.
            ours: one side.
            theirs: the other side.

        Raises:
            RepositoryError: an object is missing or corrupt.
            StorageError: the new tree cannot be written.
        """
        key = (base, ours, theirs)
        known = self._merged.get(key)
        if known is None:
            known = self._merged[key] = self._merge(*map(self.trees.tree_of, key))
        return known

    def _merge(self, base: str, ours: str, theirs: str) -> Reverted:
        if ours == base:
            return Reverted(theirs)
        overlay: dict[str, TreeEntry | None] = {}
        for path, before, after in self.trees.differences(base, theirs):
            # A path that comes back may be the goal of a rename, or lie in a folder that was
            # renamed since: that is for git to find out.
            if before is None or self.trees.lookup(ours, path) != before:
                return self._merge_by_git(base, ours, theirs)
            overlay[path] = after
        return Reverted(self.trees.rewrite(ours, overlay))

    def _merge_by_git(self, base: str, ours: str, theirs: str) -> Reverted:
        # `merge-tree --merge-base` came with git 2.40; throw-away commits do the same everywhere.
        root = self.write_commit(base)
        sides = (self.write_commit(ours, (root,)), self.write_commit(theirs, (root,)))
        args = ("merge-tree", "--write-tree", "-z", "--messages", *sides)
        finished = self.view.invoke(*args)
        if finished.code not in (0, _CONFLICT) or not finished.out:
            raise self.repo.failure(args, finished)
        return _parse_merge(finished.out, clean=finished.code == 0)

    def _write(self, kind: str, content: bytes) -> str:
        return write_loose(self.view.object_dir, kind, content, self.repo.object_format)


def _parse_merge(out: bytes, *, clean: bool) -> Reverted:
    """Return what ``merge-tree -z`` said: tree, staged entries, an empty field, messages."""
    fields = iter(out.split(b"\0"))
    tree = next(fields).decode("ascii")
    paths: set[bytes] = set()
    if not clean:
        for field in fields:
            if not field:
                break
            paths.add(field.partition(b"\t")[2])
    else:
        next(fields, None)
    messages: list[str] = []
    for count in fields:
        if not count.isdigit():
            break
        named = [next(fields, b"") for _ in range(int(count))]
        kind, text = next(fields, b""), next(fields, b"")
        if kind.startswith(b"CONFLICT"):
            paths.update(named)
            messages.append(text.decode("utf-8", "backslashreplace").strip())
    if clean:
        return Reverted(tree)
    conflicts = tuple(decode_path(path) for path in sorted(paths) if path)
    return Reverted(None, conflicts, tuple(messages), tree)


def _make_git_dir(git_dir: Path, repo: Repository) -> None:
    for folder in ("objects/info", "refs"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/none\n")
    lines = ["[core]", "\trepositoryformatversion = 1", "\tbare = true"]
    lines += ["[extensions]", f"\tobjectFormat = {repo.object_format}", ""]
    (git_dir / "config").write_text("\n".join(lines))
    quoted = _quoted(str(repo.object_dir))
    (git_dir / "objects/info/alternates").write_bytes(quoted + b"\n")
    shallow = sorted(repo.shallow_commits())
    if shallow:
        (git_dir / "shallow").write_text("".join(f"{commit}\n" for commit in shallow))


def _quoted(path: str) -> bytes:
    """Return a path as the alternates file wants it: git's C quoting, for any name at all."""
    raw = path.encode("utf-8", "surrogateescape")
    plain = b"".join(
        bytes((byte,)) if chr(byte).isalnum() or byte in b"/._-" else b"\\%03o" % byte
        for byte in raw
    )
    return b'"' + plain + b'"'
