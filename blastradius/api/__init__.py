"""The composition root: the only place where all stages meet, and the library's functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blastradius.api.answering import Wishes, answer
from blastradius.api.atoms import Level
from blastradius.api.coverage import coverage_of
from blastradius.api.questions import dependency_graph, impact, why
from blastradius.api.workspace import Progress, Services, Warn, Workspace, own_config
from blastradius.config import Config
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.index.store import FactStore
from blastradius.model.analysis import Analysis, Coverage


def analyze(  # noqa: PLR0913 - the options of one call, all by keyword
    repo: str | Path,
    range: str | None = None,  # noqa: A002 - the name that users know
    *,
    undo: Sequence[str] = (),
    keep: Sequence[str] = (),
    config: Config | None = None,
    staged: bool = False,
    worktree: bool = False,
    level: Level = "commit",
    mend: int | None = None,
    include_likely: bool = False,
    min_confidence: float | None = None,
    depth: int | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Analysis:
    """Say what a range of commits changed, how far it reaches, and what must be undone with it.

    Args:
        repo: a folder of the repository.
        range: as git writes it; None for the commits since the merge base with the main branch.
        undo: commits, paths, ``path#symbol``s that shall go; empty for the whole range.
        keep: the same, for what must stay.
        config: replaces the repository's own configuration.
        staged: look at the index instead of a range.
        worktree: look at all that is not committed instead of a range.
        level: what is undone as one: a commit, its changes to a file, or to a symbol of a file.
        mend: a break is left to be mended by hand where that is cheaper than undoing more: the price
            of one place, in atoms undone; None for never.
        include_likely: breaks of the tier likely draw commits in, too, not only certain ones.
        min_confidence: leave out impacts below it (0–1).
        depth: longest chain of an impact, in edges.
        jobs: processes for a cold index; None for one a core.
        cache: keep facts in the repository's git directory.
        progress: called with (stage, done, total).
        warn: called with one line of text.

    Raises:
        RepositoryError: no repository, or it cannot be read.
        RangeError: the range names no commits.
        UsageError: ``undo`` or ``keep`` name nothing in the range.
        ConfigError: the configuration has a mistake.
        NoConsistentPlanError: what must stay cannot stay if what shall go goes.
    """
    repository = Repository.open(repo)
    services = Services(progress, warn, jobs, cache)
    with Workspace.open(repository, config, services) as workspace:
        span = resolve_range(
            repository, range, staged=staged, worktree=worktree, scratch=workspace.scratch
        )
        settings = workspace.config
        bounds = (
            settings.depth if depth is None else depth,
            settings.min_confidence if min_confidence is None else min_confidence,
        )
        wishes = Wishes(undo, keep, level, mend, include_likely)
        return answer(workspace, span, wishes, bounds).analysis


def warm(
    repo: str | Path,
    range: str | None = None,  # noqa: A002 - as analyze
    *,
    config: Config | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Coverage:
    """Read every file at the range's ends (HEAD alone without a range) into the cache.

    Raises:
        as `analyze`.
    """
    repository = Repository.open(repo)
    services = Services(progress, warn, jobs, cache)
    with Workspace.open(repository, config, services) as workspace:
        span = resolve_range(repository, range or "HEAD")
        if range is not None:
            workspace.snapshot(span.base, "reading base")
        return coverage_of(workspace.snapshot(span.head, "reading head"))


def configuration(repo: str | Path, warn: Warn | None = None) -> Config:
    """Return what the repository's own configuration says.

    Raises:
        RepositoryError: no repository.
        ConfigError: the configuration has a mistake.
    """
    return own_config(Repository.open(repo), warn)


def cache_stats(repo: str | Path) -> dict[str, int | str]:
    """Return where the cache is and what it holds: paths, counts and bytes by name.

    Raises:
        RepositoryError: no repository.
    """
    with FactStore.open(Repository.open(repo).common_dir) as store:
        return dict(store.stats())


def cache_clear(repo: str | Path) -> int:
    """Empty the cache and return how many bytes that freed.

    Raises:
        RepositoryError: no repository.
    """
    with FactStore.open(Repository.open(repo).common_dir) as store:
        return store.clear()


__all__ = [
    "analyze",
    "cache_clear",
    "cache_stats",
    "configuration",
    "dependency_graph",
    "impact",
    "warm",
    "why",
]
