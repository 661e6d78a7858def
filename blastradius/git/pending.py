"""What is not committed, as a tree: index or work tree, with the repository left untouched.

``git add``, ``git write-tree`` and ``git stash`` would run the clean filters that the repository
names, or write to its index and objects. So the index is only listed, git's comparison of index
and work tree runs in the scratch's git directory (where no filter is defined), and the files that
differ are read and hashed by `blastradius.git.worktree`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from blastradius.errors import RangeError
from blastradius.git import run
from blastradius.git.paths import decode_path
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.git.trees import list_tree
from blastradius.git.worktree import WorkFiles
from blastradius.model.source import STAGED, WORKTREE, Commit, CommitRange, TreeEntry, display_path

_SETTINGS = ("filemode", "symlinks", "ignorecase", "trustctime", "checkstat", "autocrlf", "eol")


class _Index(Struct, frozen=True):
    """The index: path → entry, and the paths that a merge has left in several versions."""

    entries: dict[str, TreeEntry]
    unmerged: frozenset[str]


def staged_range(scratch: Scratch) -> CommitRange:
    """Return the index against HEAD, as a range of the one pseudo commit ``staged``.

    Raises:
        RangeError: the repository is bare, or a merge is not finished.
        RepositoryError: the index cannot be read.
    """
    repo = scratch.repo
    folder = _work_tree(repo, "--staged")
    index = _read_index(repo)
    if index.unmerged:
        raise RangeError(
            f"the index has unmerged paths, such as {display_path(min(index.unmerged))}",
            "finish the merge or `git merge --abort`",
        )
    announced = {path for path, letter in _differing(scratch, folder) if letter == "A"}
    entries = {path: entry for path, entry in index.entries.items() if path not in announced}
    return _range(scratch, entries, STAGED, "what is staged")


def worktree_range(scratch: Scratch) -> CommitRange:
    """Return the work tree against HEAD, as a range of the one pseudo commit ``worktree``.

    Raises:
        RangeError: the repository is bare.
        RepositoryError: the index or a file cannot be read.
        StorageError: the tree cannot be written.
    """
    repo = scratch.repo
    folder = _work_tree(repo, "--worktree")
    index = _read_index(repo)
    entries = dict(index.entries)
    files = WorkFiles(scratch, folder, _settings(repo))
    changed = {path for path, _ in _differing(scratch, folder)} | index.unmerged
    for path in sorted(changed):
        entry = files.entry(path, index.entries.get(path))
        if entry is None:
            entries.pop(path, None)
        else:
            entries[path] = entry
    for path in _untracked(scratch, folder):
        entry = files.untracked(path)
        if entry is not None:
            entries[path] = entry
    return _range(scratch, entries, WORKTREE, "what is not committed")


def is_dirty(scratch: Scratch) -> bool | None:
    """Tell whether a tracked file is not as HEAD has it, staged or not; None without a work tree.

    Raises:
        RepositoryError: the index or a file cannot be read.
        StorageError: the scratch cannot be written.
    """
    repo = scratch.repo
    if repo.work_tree is None:
        return None
    index = _read_index(repo)
    if index.unmerged or index.entries != list_tree(repo, repo.head() or repo.empty_tree):
        return True
    files = WorkFiles(scratch, repo.work_tree, _settings(repo))
    return any(
        files.entry(path, index.entries[path]) != index.entries[path]
        for path, _ in _differing(scratch, repo.work_tree)
        if path in index.entries
    )


def _range(scratch: Scratch, entries: dict[str, TreeEntry], name: str, subject: str) -> CommitRange:
    repo = scratch.repo
    head = repo.head()
    base = head or repo.empty_tree
    before = list_tree(repo, base)
    overlay: dict[str, TreeEntry | None] = {
        path: entry for path, entry in entries.items() if before.get(path) != entry
    }
    overlay.update((path, None) for path in before if path not in entries)
    tree = scratch.write_tree_with(base, overlay)
    parents = (head,) if head else ()
    scratch.stand_for(name, scratch.write_commit(tree, parents))
    commit = Commit(name, parents, "", "", subject)
    return CommitRange(base, tree, (commit,) if overlay else (), f"--{name}")


def _work_tree(repo: Repository, option: str) -> Path:
    if repo.work_tree is None:
        raise RangeError(f"{option} needs a work tree, and this repository is bare", "name a range")
    return repo.work_tree


def _read_index(repo: Repository) -> _Index:
    entries: dict[str, TreeEntry] = {}
    unmerged: set[str] = set()
    for line in repo.git("ls-files", "--stage", "-z").split(b"\0")[:-1]:
        head, _, raw = line.partition(b"\t")
        mode, oid, stage = head.decode("ascii").split(" ")
        if stage == "0":
            entries[decode_path(raw)] = TreeEntry(mode, oid)
        else:
            unmerged.add(decode_path(raw))
    return _Index(entries, frozenset(unmerged))


def _differing(scratch: Scratch, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(path, status letter)`` of what git sees differ between index and work tree."""
    raw = beside(
        scratch, folder, "diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=dirty",
        "--no-ext-diff",
    )  # fmt: skip
    fields = iter(raw.split(b"\0")[:-1])
    for header in fields:
        yield decode_path(next(fields)), header[-1:].decode("ascii")


def _untracked(scratch: Scratch, folder: Path) -> list[str]:
    args = ["ls-files", "--others", "--exclude-standard", "-z"]
    exclude = scratch.repo.common_dir / "info" / "exclude"
    if exclude.is_file():
        args.append(f"--exclude-from={exclude}")
    raw = beside(scratch, folder, *args)
    # A name with a slash at its end is another repository inside this one: not ours to read.
    return [decode_path(name) for name in raw.split(b"\0")[:-1] if not name.endswith(b"/")]


def beside(scratch: Scratch, folder: Path, *args: str) -> bytes:
    """Run git with the scratch's configuration on the repository's index and work tree."""
    return finished_beside(scratch, folder, *args).out


def finished_beside(scratch: Scratch, folder: Path, *args: str) -> run.Finished:
    """Do as `beside`, and return also what git said.

    Raises:
        RepositoryError: git fails.
    """
    repo, own = scratch.repo, scratch.view.git_dir
    for shared in repo.git_dir.glob("sharedindex.*"):  # the other half of a split index
        link = own / shared.name
        if not link.exists():
            link.symlink_to(shared)
    place = ("-C", str(folder), f"--git-dir={own}", f"--work-tree={folder}")
    settings = {"core.bare": "false", **_settings(repo)}
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    env = {"GIT_INDEX_FILE": str(repo.git_dir / "index")}
    return run.checked((*place, *words), args, env=env)


def _settings(repo: Repository) -> dict[str, str]:
    """Return the repository's words on how to compare files, which run nothing; keys lower-case."""
    names = "|".join(_SETTINGS)
    found = repo.invoke("config", "-z", "--get-regexp", rf"^core\.({names})$").out
    pairs = (item.decode("utf-8", "replace").partition("\n") for item in found.split(b"\0")[:-1])
    return {key: value for key, _, value in pairs}
