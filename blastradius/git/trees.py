"""What a tree holds, and which paths differ: between two trees, and in every commit of a range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blastradius.git.paths import decode_path, encode_path
from blastradius.git.repository import Repository
from blastradius.git.run import is_corrupt
from blastradius.model.source import (
    STAGED,
    WORKTREE,
    CommitRange,
    FileChange,
    FileStatus,
    TreeEntry,
)

RENAME_LIMIT = 1000
"""Above this many candidates git finds exact renames only: the inexact search is quadratic."""

SUBMODULE = "160000"
SYMLINK = "120000"

_ABSENT = "000000"
_OPTIONS = (
    "-r",
    "-z",
    "--raw",
    "--no-abbrev",
    "-M",
    f"-l{RENAME_LIMIT}",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=none",
)
_STATUS: dict[str, FileStatus] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type",
}


def list_tree(repo: Repository, treeish: str) -> dict[str, TreeEntry]:
    """Return path → entry of every file, symlink and submodule of a tree, sorted by bytes of path.

    Args:
        repo: the repository, or the view of a `Scratch`.
        treeish: id of a tree or a commit.

    Raises:
        RepositoryError: there is no such tree, or part of it is missing or corrupt.
    """
    raw = repo.git("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", treeish)
    listed: list[tuple[bytes, TreeEntry]] = []
    for line in raw.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        listed.append((path, TreeEntry(mode, oid)))
    listed.sort(key=lambda item: item[0])
    return {decode_path(path): entry for path, entry in listed}


def diff_trees(repo: Repository, old: str, new: str) -> tuple[FileChange, ...]:
    """Return the paths that differ between two trees, renames and copies found, sorted.

    Args:
        repo: the repository, or the view of a `Scratch`.
        old: id of a tree or a commit.
        new: id of a tree or a commit.

    Raises:
        RepositoryError: a tree is missing or corrupt.
    """
    raw = _diff_tree(repo, "-C", "--end-of-options", old, new)
    return _by_commit(b"\0" + raw).get("", ())


def changes_of(repo: Repository, commits: CommitRange) -> dict[str, tuple[FileChange, ...]]:
    """Return commit id → the paths that it changed, for a whole range in one process.

    A merge has only the paths that differ from every parent, each of them once for each parent (so
    that ``old`` is that parent's entry). A root commit adds all its paths. What is staged or in the
    work tree is compared with HEAD; then ``repo`` must be the view of the `Scratch` that holds it.

    Raises:
        RepositoryError: an object is missing or corrupt.
    """
    pending = [commit for commit in commits.commits if commit.id in (STAGED, WORKTREE)]
    found = {commit.id: diff_trees(repo, commits.base, commits.head) for commit in pending}
    # Parents are written out, so that what git takes for a parent is what the range says.
    asked = [commit for commit in commits.commits if commit.id not in found]
    if asked:
        lines = "".join(" ".join((commit.id, *commit.parents)) + "\n" for commit in asked)
        raw = _diff_tree(
            repo, "--stdin", "--root", "-c", "--combined-all-paths", stdin=lines.encode("ascii")
        )
        found.update(_by_commit(raw))
    return {commit.id: found.get(commit.id, ()) for commit in commits.commits}


def _diff_tree(repo: Repository, *args: str, stdin: bytes = b"") -> bytes:
    words = ("diff-tree", *_OPTIONS, *args)
    finished = repo.invoke(*words, stdin=stdin)
    if finished.code != 0 and is_corrupt(finished.err):
        # A partial clone lacks contents that the search for similar files would read; whole
        # renames are seen by id alone. A missing tree fails again.
        exact = ("-C100%" if word == "-C" else word for word in args)
        words = ("diff-tree", *_OPTIONS, "-M100%", *exact)
        finished = repo.invoke(*words, stdin=stdin)
    if finished.code != 0:
        raise repo.failure(words, finished)
    return finished.out


def _by_commit(raw: bytes) -> dict[str, tuple[FileChange, ...]]:
    found: dict[str, list[FileChange]] = {}
    current: list[FileChange] = []
    fields = iter(raw.split(b"\0")[:-1])
    for field in fields:
        if field.startswith(b":"):
            current += _entry(field, fields)
        else:
            current = found.setdefault(field.decode("ascii"), [])
    return {commit: _sorted(changes) for commit, changes in found.items()}


def _entry(header: bytes, paths: Iterator[bytes]) -> Iterator[FileChange]:
    """Yield one change for each parent, from a raw line whose colons count the parents."""
    parents = len(header) - len(header.lstrip(b":"))
    words = header[parents:].decode("ascii").split(" ")
    modes, oids = words[: parents + 1], words[parents + 1 : 2 * parents + 2]
    new = _tree_entry(modes[parents], oids[parents])
    if parents == 1:
        letters = words[-1][0]
        old_paths = [next(paths)]
        path = next(paths) if letters in "RC" else old_paths[0]
    else:
        letters = words[-1]
        old_paths = [next(paths) for _ in range(parents)]
        path = next(paths)
    for number, letter in enumerate(letters):
        yield FileChange(
            path=decode_path(path),
            status=_STATUS[letter],
            old_path=decode_path(old_paths[number] if letter in "RC" else path),
            old=_tree_entry(modes[number], oids[number]),
            new=new,
        )


def _tree_entry(mode: str, oid: str) -> TreeEntry | None:
    return None if mode == _ABSENT else TreeEntry(mode, oid)


def _sorted(changes: Iterable[FileChange]) -> tuple[FileChange, ...]:
    # Stable: a merge's entries of one path stay in the order of its parents.
    return tuple(sorted(changes, key=lambda change: encode_path(change.path)))
