"""A revert set tried out on a repository, before it is made an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from blastradius.api import answering
from blastradius.api.answer import Trial
from blastradius.api.atoms import Level
from blastradius.api.workspace import Services, Workspace
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository


@contextmanager
def tried(
    place: Path,
    span: str,
    undo: Sequence[str] = (),
    *,
    level: Level = "commit",
    mend: int | None = None,
    cache: bool = False,
) -> Iterator[Trial]:
    """Give the least set for what shall go, with the workspace that it was tried in."""
    repository = Repository.open(place)
    with Workspace.open(repository, None, Services(jobs=1, cache=cache)) as workspace:
        resolved = resolve_range(repository, span, scratch=workspace.scratch)
        history, split, _ = answering.understand(workspace, resolved, level)
        yield answering.tried(workspace, history, split, answering.Wishes(undo, (), level, mend))
