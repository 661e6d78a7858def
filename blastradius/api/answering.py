"""A range answered: understood, its least set tried out, and everything told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from blastradius.api.undo import UndoWorld
from blastradius.api.workspace import Workspace
from blastradius.changes.attribute import Attribution, symbol_changes
from blastradius.changes.impact import impact as impact_of
from blastradius.changes.origins import OriginTracker
from blastradius.git.trees import changes_of, diff_trees
from blastradius.model.analysis import SCHEMA, Analysis, AnalysisRange
from blastradius.model.source import STAGED, WORKTREE, CommitRange, FileChange, TreeEntry
from blastradius.model.symbols import Tier
from blastradius.planning.demands import Prices
from blastradius.planning.select import select

# The price of undoing one atom: above all that tells two sets of one size apart.
_UNDO = 1_000_000
_MOST_PATHS = 999


class Wishes(NamedTuple):
    """What the user wants undone: see `analyze`."""

    undo: Sequence[str]
    keep: Sequence[str]
    level: Level
    mend: int | None = None
    likely: bool = False


class Answered(NamedTuple):
    """The answer for a range, and the trial that it rests on."""

    analysis: Analysis
    trial: Trial


def answer(
    workspace: Workspace, span: CommitRange, wishes: Wishes, bounds: tuple[int | None, float]
) -> Answered:
    """Return the answer for a range; ``bounds`` are those of the impact: depth, least confidence.

    Raises:
        UsageError: the wishes name nothing in the range.
        NoConsistentPlanError: what must stay cannot stay if what shall go goes.
        RepositoryError: an object is missing or corrupt.
    """
    history, split, overall = understand(workspace, span, wishes.level)
    trial = tried(workspace, history, split, wishes)
    chosen = revert_set(trial)
    outside = effects_of(overall, history, workspace)
    depth, least = bounds
    head = history.head
    analysis = Analysis(
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
    return Answered(analysis, trial)


def tried(workspace: Workspace, history: History, split: Split, wishes: Wishes) -> Trial:
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


def understand(
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
