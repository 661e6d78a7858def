"""The composition root: the only place where all stages meet, and the library's functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from blastradius.api.advice import advise
from blastradius.api.answer import Trial, breaks_of, revert_set
from blastradius.api.atoms import Level, Split, Splitter
from blastradius.api.choices import with_choices
from blastradius.api.coverage import coverage_of, problems_of
from blastradius.api.effects import effects_of
from blastradius.api.goals import commits_meant
from blastradius.api.history import History
from blastradius.api.questions import dependency_graph, impact, why
from blastradius.api.undo import UndoWorld
from blastradius.api.workspace import Progress, Services, Warn, Workspace, own_config
from blastradius.changes.attribute import Attribution, symbol_changes
from blastradius.changes.impact import impact as impact_of
from blastradius.changes.origins import OriginTracker
from blastradius.config import Config
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.trees import changes_of, diff_trees
from blastradius.index.store import FactStore
from blastradius.model.analysis import SCHEMA, Analysis, AnalysisRange, Coverage
from blastradius.model.source import STAGED, WORKTREE, CommitRange, FileChange, TreeEntry
from blastradius.model.symbols import Tier
from blastradius.planning.demands import Prices
from blastradius.planning.select import select

# The price of undoing one atom: above all that tells two sets of one size apart.
_UNDO = 1_000_000
_MOST_PATHS = 999


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
        return _answer(workspace, span, Wishes(undo, keep, level, mend, include_likely), bounds)


class Wishes(NamedTuple):
    """What the user wants undone: see `analyze`."""

    undo: Sequence[str]
    keep: Sequence[str]
    level: Level
    mend: int | None = None
    likely: bool = False


def _answer(
    workspace: Workspace, span: CommitRange, wishes: Wishes, bounds: tuple[int | None, float]
) -> Analysis:
    """Return the answer for a range; ``bounds`` are those of the impact: depth, least confidence."""
    history, split, overall = _understand(workspace, span, wishes.level)
    trial = _tried(workspace, history, split, wishes)
    chosen = revert_set(trial)
    outside = effects_of(overall, history, workspace)
    depth, least = bounds
    head = history.head
    return Analysis(
        schema=SCHEMA,
        range=AnalysisRange(span.base, _shown_head(span), span.commits),
        changes=tuple(
            replace(one, commits=split.commits_of(one.commits)) for one in history.symbols
        ),
        impact=impact_of(
            history.base, head, history.symbols, max_depth=depth, min_confidence=least
        ),
        breaks=breaks_of(trial),
        revert_set=chosen,
        effects=outside.effects,
        problems=(*outside.problems, *problems_of(head, workspace.left_out(head.tree))),
        coverage=coverage_of(head),
        advice=advise(trial, chosen, span, workspace.repository, kept=wishes.keep),
    )


def _tried(workspace: Workspace, history: History, split: Split, wishes: Wishes) -> Trial:
    """Return the least set for what shall go and what must stay, tried out."""
    asked = (workspace.repository, history, split)
    goal = commits_meant(wishes.undo, "--undo", *asked)
    kept = commits_meant(wishes.keep, "--keep", *asked)
    if not wishes.undo:
        goal = tuple(atom for atom in history.atoms if atom not in kept)
    forcing: tuple[Tier, ...] = ("certain", "likely") if wishes.likely else ("certain",)
    world = UndoWorld(workspace, history, split, forcing)
    # As much as undoing the dearest: where both cost the same, undoing leaves nothing to be done.
    by_hand = None if wishes.mend is None else wishes.mend * (_UNDO + _MOST_PATHS)
    selection = select(goal, kept, world, Prices(_prices(history), by_hand))
    return Trial(goal, selection, world, history, split, workspace)


def _prices(history: History) -> dict[str, int]:
    """Return the price of undoing each atom: one each, and of equal counts that with fewer paths."""
    return {
        atom: _UNDO + min(len(history.changes.get(atom, ())), _MOST_PATHS) for atom in history.atoms
    }


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


def _understand(
    workspace: Workspace, span: CommitRange, level: Level
) -> tuple[History, Split, tuple[FileChange, ...]]:
    """Return the range as snapshots, symbol changes and origins, its atoms, and what differs overall."""
    view = workspace.scratch.view
    changes = changes_of(view, span)
    base = workspace.snapshot(span.base, "reading base")
    head = workspace.snapshot(span.head, "reading head")
    overall = diff_trees(view, span.base, span.head)
    workspace.load(_entries(changes), "reading history")
    splitter = Splitter(workspace.scratch, workspace.read, workspace.view_of)
    split = splitter.split(span, changes, level)
    if split.atoms:
        workspace.load(_entries(split.changes), "reading parts")
    atoms = split.span.commits
    attribution = Attribution(atoms, split.changes, workspace.view_of)
    symbols = symbol_changes(overall, attribution, workspace.view_of)
    origins = OriginTracker(atoms, split.changes, workspace.read)
    chosen = with_choices(atoms, split.changes, workspace.scratch)
    history = History(split.span, chosen, base, head, symbols, attribution, origins)
    return history, split, overall


def _entries(changes: Mapping[str, Sequence[FileChange]]) -> list[tuple[str, TreeEntry]]:
    return [
        (path, entry)
        for files in changes.values()
        for change in files
        for path, entry in ((change.old_path, change.old), (change.path, change.new))
        if entry is not None
    ]


def _shown_head(span: CommitRange) -> str:
    """Return the head as the contract has it: an id, or ``staged`` / ``worktree``."""
    last = span.commits[-1].id if span.commits else span.head
    return last if last in {STAGED, WORKTREE} else span.head


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
