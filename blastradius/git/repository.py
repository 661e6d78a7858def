"""Where a repository is and of which kind: found once, then passed to every question about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from blastradius.errors import RepositoryError
from blastradius.git import run


class Repository(Struct, frozen=True):
    """A git directory, and the work tree that belongs to it.

    ``git_dir`` holds HEAD and the index, ``common_dir`` the objects and refs; they differ only in a
    linked worktree, and what all worktrees share (our cache) goes to ``common_dir``. ``work_tree``
    is None in a bare repository. ``object_format`` is ``sha1`` or ``sha256``. ``is_partial``: some
    objects were left with the remote, and are not fetched by us. ``borrowed`` is an object folder that
    is read as well, such as a scratch's; None for none.
    """

    git_dir: Path
    common_dir: Path
    work_tree: Path | None
    object_format: str
    is_shallow: bool
    is_partial: bool = False
    borrowed: Path | None = None

    @classmethod
    def open(cls, path: Path | str) -> Repository:
        """Return the repository that ``path`` is, or lies in.

        Args:
            path: a work tree or a folder of one, a linked worktree, a submodule, a bare repository
                or a git directory.

        Raises:
            RepositoryError: there is none, it belongs to another user, or it cannot be read.
        """
        start = Path(os.path.realpath(path))
        if not start.is_dir():
            what = "is a file, not a folder" if start.exists() else "does not exist"
            raise RepositoryError(f"{path} {what}", "name a repository with --repo DIR")
        found = _rev_parse(
            start,
            path,
            "--absolute-git-dir",
            "--show-object-format",
            "--is-shallow-repository",
            "--is-inside-git-dir",
            "--is-bare-repository",
        )
        *name, object_format, shallow, inside, bare = found
        git_dir = Path("\n".join(name))
        outside = inside != "true" and bare != "true"
        repository = cls(
            git_dir=git_dir,
            common_dir=_common_dir(git_dir),
            work_tree=_work_tree(start) if outside else None,
            object_format=object_format,
            is_shallow=shallow == "true",
        )
        promisor = repository.invoke("config", "--get-regexp", r"^remote\..*\.promisor$")
        if promisor.code != 0:
            return repository
        return replace(repository, is_partial=True)

    @property
    def place(self) -> tuple[str, ...]:
        """Git's global options for this repository.

        The work tree is given as the git directory itself, so that neither ``core.worktree`` nor a
        ``.gitattributes`` of the checkout is looked at.
        """
        here = str(self.git_dir)
        return ("-C", here, f"--git-dir={here}", f"--work-tree={here}")

    @property
    def variables(self) -> Mapping[str, str]:
        """What git's environment has for this repository."""
        if self.borrowed is None:
            return {}
        quoted = str(self.borrowed).replace("\\", "\\\\").replace('"', '\\"')
        return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}

    def git(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git here and return its standard output.

        Raises:
            RepositoryError: git fails.
        """
        finished = self.invoke(*args, stdin=stdin, env=env)
        if finished.code != 0:
            raise self.failure(args, finished)
        return finished.out

    def invoke(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> run.Finished:
        """Run git here and return what it left, whatever its exit code."""
        return run.invoke(self.place, args, stdin=stdin, env={**self.variables, **(env or {})})

    def failure(self, args: tuple[str, ...], finished: run.Finished) -> RepositoryError:
        """Return the error for a git process that failed here."""
        error = run.failure(args, finished.err, finished.code)
        if self.is_partial and run.is_corrupt(finished.err):
            return RepositoryError(
                error.what,
                "this is a partial clone, and nothing is fetched behind your back: clone without "
                "--filter",
            )
        return error

    def head(self) -> str | None:
        """Return the full id of the commit at HEAD, None before the first commit."""
        finished = self.invoke("rev-parse", "--verify", "--quiet", "HEAD")
        return finished.out.decode().strip() if finished.code == 0 else None

    @property
    def empty_tree(self) -> str:
        """The id of the tree without entries."""
        return {
            "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
        }[self.object_format]

    @property
    def object_dir(self) -> Path:
        """The folder of the object database."""
        return self.common_dir / "objects"

    def shallow_commits(self) -> frozenset[str]:
        """Return the commits whose parents this clone does not have."""
        try:
            return frozenset((self.common_dir / "shallow").read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()


def _rev_parse(start: Path, shown: Path | str, *questions: str) -> list[str]:
    finished = run.invoke(("-C", str(start)), ("rev-parse", *questions), users_config=True)
    if finished.code == 0:
        return os.fsdecode(finished.out).removesuffix("\n").split("\n")
    error = run.failure(("rev-parse",), finished.err, finished.code)
    if "not a git repository" in finished.err and "invalid" not in finished.err:
        raise RepositoryError(f"{shown} is not a git repository", error.hint)
    raise error


def _common_dir(git_dir: Path) -> Path:
    try:
        raw = (git_dir / "commondir").read_bytes()
    except FileNotFoundError:
        return git_dir
    return Path(os.path.realpath(git_dir / os.fsdecode(raw.removesuffix(b"\n"))))


def _work_tree(start: Path) -> Path | None:
    """Return the folder that holds ``.git``, going up from ``start``.

    Not what ``core.worktree`` says: a hostile one would have us read another folder.
    """
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return None
