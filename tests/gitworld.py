"""Real git repositories made by script: fixed authors and dates, none of the machine's settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blastradius.model.analysis import RevertSet

_START = 1_700_000_000
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

Content = str | bytes | None


def run_git(
    directory: Path, *args: str, env: Mapping[str, str] | None = None, check: bool = True
) -> str:
    """Run the machine's git in ``directory`` and return what it prints, less the last newline."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *args],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={**kept, **_ENVIRONMENT, **(env or {})},
        capture_output=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {args}: {done.stderr.decode('utf-8', 'replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


class GitWorld:
    """One repository with a work tree; every commit is a minute later than the one before.

    Args:
        path: an existing folder; a repository is made in it unless there is one.
        object_format: ``sha1`` or ``sha256``.
    """

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        self._clock = _START
        if not (path / ".git").exists():
            self.git("init", "-q", "--template=", f"--object-format={object_format}", ".")

    def git(self, *args: str, check: bool = True) -> str:
        """Run git here; commits made by it carry the world's next minute."""
        self._clock += 60
        stamp = f"{self._clock} +0000"
        env = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        return run_git(self.path, *args, env=env, check=check)

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files of the work tree, text as UTF-8 without conversion; None removes one."""
        for name, content in files.items():
            target = self.path / name
            if content is None:
                target.unlink()
                self._drop_empty(target.parent)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def _drop_empty(self, folder: Path) -> None:
        while folder != self.path and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def commit(self, subject: str, files: Mapping[str, Content] | None = None) -> str:
        """Write ``files``, commit all that differs (or nothing), and return the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.head()

    def merge(self, *branches: str, subject: str = "merge") -> str:
        """Merge branches without fast-forward and return the merge's id."""
        self.git("merge", "-q", "--no-ff", "-m", subject, *branches)
        return self.head()

    def head(self) -> str:
        """Return the full id of HEAD."""
        return self.id_of("HEAD")

    def id_of(self, revision: str) -> str:
        """Return the full id that git gives ``revision``."""
        return self.git("rev-parse", "--verify", revision)

    def loose_object(self, oid: str) -> Path:
        """Return the file of a loose object."""
        return self.path / ".git" / "objects" / oid[:2] / oid[2:]


def undo_in_clone(world: GitWorld, found: RevertSet) -> None:
    """Revert a set in its own order in a clone: each wave gives the tree that was told."""
    clone = world.path.parent / f"clone{len(list(world.path.parent.iterdir()))}"
    run_git(world.path.parent, "clone", "-q", str(world.path), str(clone))
    how = {one.id: one.how for one in found.commits}
    for step in found.steps:
        for commit in step.commits:
            mainline = ["-m", "1"] if how[commit] == "mainline" else []
            run_git(clone, "revert", "--no-commit", *mainline, commit)
            run_git(clone, "commit", "-q", "-m", "undo", "--allow-empty")
        assert run_git(clone, "rev-parse", "HEAD^{tree}") == step.tree
    assert run_git(clone, "rev-parse", "HEAD^{tree}") == found.tree
