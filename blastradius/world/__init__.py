"""The one way out of the process for everything that changes something: files, programs, databases.

Whatever an adapter or the engine does outside goes through a `World`. Before each such operation it
calls `World.tick`, so that a test can make the n-th one fail, or end the process there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from blastradius.git.repository import Repository
from blastradius.world import running
from blastradius.world.commands import Done, run_command
from blastradius.world.files import Files
from blastradius.world.keys import Key
from blastradius.world.store import Store

FOLDER = "blastradius"
"""Below the repository's common git directory: runs, checkpoints, the store."""


class World:
    """What a run may touch, and the doors to it.

    Args:
        repo: the repository.
        run: the run's id.
        allowed: programs of the repository's own that the user lets it run (``--allow-exec``).
        environment: variables; None for the process's own.
        files: how files are written; None for the real disk.

    Attributes:
        home: ``<git directory>/blastradius``.
        folder: the run's own folder, ``home/runs/<run>``; staged things go below it.
        store: where checkpoints keep bytes, encrypted.
        key: makes the digests of secrets.
    """

    def __init__(
        self,
        repo: Repository,
        run: str,
        *,
        allowed: frozenset[str] = frozenset(),
        environment: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> None:
        self.repo = repo
        self.run = run
        self.allowed = allowed
        self.environment = dict(os.environ if environment is None else environment)
        self.files = files or Files(self.tick)
        self.home = repo.common_dir / FOLDER
        self.folder = self.home / "runs" / run
        self.key = Key(self.environment, self.files)
        self.store = Store(self.home / "store", self.key, self.files)

    def tick(self, what: str) -> None:
        """Called before every operation that changes something; ``what`` names it for tests."""

    def command(  # noqa: PLR0913 - the options of one call, all by keyword
        self,
        tool: str,
        arguments: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        timeout: float = 900.0,
        secrets: tuple[str, ...] = (),
        accept: tuple[int, ...] = (0,),
        ours: bool = False,
    ) -> Done:
        """Run a program that the user allowed; see `run_command`.

        Args:
            tool: its name as in ``--allow-exec``; found on PATH outside of the repository.
            arguments: its arguments, none of them a secret.
            cwd: where it runs.
            env: variables on top of the few that are handed on.
            stdin: what it reads.
            timeout: seconds.
            secrets: texts that are struck out of what it prints.
            accept: exit codes that are no failure.
            ours: a program that runs nothing of the repository's, such as pg_dump: it needs no consent.

        Raises:
            CommandError: not allowed, not found, failed, or too long.
        """
        self.tick(f"command {tool}")
        return run_command(
            tool,
            arguments,
            allowed=self.allowed | {tool} if ours else self.allowed,
            outside=self.repo.work_tree,
            cwd=cwd,
            path=self.environment.get("PATH", os.defpath),
            env={**handed_on(self.environment), **(env or {})},
            stdin=stdin,
            timeout=timeout,
            secrets=secrets,
            accept=accept,
            running=running.place(self.home / running.NAME, self.run),
        )


_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER", "LOGNAME", "SYSTEMROOT")


def handed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the few variables that a program gets without being asked for."""
    return {name: environment[name] for name in _HANDED_ON if name in environment}
