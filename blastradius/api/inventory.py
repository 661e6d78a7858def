"""``inventory``: every domain that a range touched, from the detectors alone: nothing is linked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from blastradius.api.effects import effects_in
from blastradius.api.workspace import Progress, Services, Warn, Workspace
from blastradius.config import Config
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository
from blastradius.git.trees import diff_trees, list_tree
from blastradius.model.analysis import Analysis, Effect, Evidence, FileProblem
from blastradius.model.analysis import Inverse as Undo
from blastradius.model.inventory import CODE, SCHEMA, DomainSummary, Inventory
from blastradius.model.source import STAGED, WORKTREE, display_path

_MOST_EVIDENCE = 20
_SHORT = 16
_EMPTY_TREES = frozenset(
    {
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
    }
)
"""What stands before a root commit, and is no commit that a range could begin at."""
_PENDING = {STAGED: "what is staged", WORKTREE: "what is not committed"}


def inventory_of_range(  # noqa: PLR0913 - the options of one call, all by keyword
    repo: str | Path,
    range: str | None = None,  # noqa: A002 - the name that users know
    *,
    config: Config | None = None,
    staged: bool = False,
    worktree: bool = False,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Inventory:
    """Return every domain that a range touched, without working out what must be undone with it.

    Args:
        repo: a folder of the repository.
        range: as git writes it; None for the commits since the merge base with the main branch.
        config: replaces the repository's own configuration.
        staged: look at the index instead of a range.
        worktree: look at all that is not committed instead of a range.
        jobs: as `analyze`.
        cache: as `analyze`.
        progress: as `analyze`.
        warn: as `analyze`.

    Raises:
        RepositoryError: no repository, or it cannot be read.
        RangeError: the range names no commits.
        ConfigError: the configuration has a mistake.
    """
    repository = Repository.open(repo)
    services = Services(progress, warn, jobs, cache)
    with Workspace.open(repository, config, services) as workspace:
        span = resolve_range(
            repository, range, staged=staged, worktree=worktree, scratch=workspace.scratch
        )
        view = workspace.scratch.view
        changes = diff_trees(view, span.base, span.head)
        found = effects_in(changes, list_tree(view, span.head), workspace)
        last = span.commits[-1].id if span.commits else span.head
        head = last if last in _PENDING else span.head
        places = [Evidence(display_path(one.path), 1) for one in changes]
        return _told(span.base, head, len(span.commits), places, found.effects, found.problems)


def inventory(analysis: Analysis) -> Inventory:
    """Return every domain that an analysed range touched."""
    places: dict[str, Evidence] = {}
    for one in analysis.changes:
        path = display_path(one.path)
        places.setdefault(path, Evidence(path, max(one.line, 1)))
    span = analysis.range
    ordered = [places[path] for path in sorted(places)]
    return _told(
        span.base, span.head, len(span.commits), ordered, analysis.effects, analysis.problems
    )


def _told(
    base: str,
    head: str,
    commits: int,
    places: Sequence[Evidence],
    effects: Iterable[Effect],
    problems: tuple[FileProblem, ...],
) -> Inventory:
    every = (*_code(base, head, commits, places), *effects)
    names = dict.fromkeys(one.domain for one in every)
    return Inventory(
        SCHEMA,
        base,
        head,
        commits,
        len(places),
        tuple(_summary(name, every) for name in names),
        every,
        tuple(one for one in every if one.reversibility == "irreversible"),
        problems,
    )


def _code(base: str, head: str, commits: int, places: Sequence[Evidence]) -> tuple[Effect, ...]:
    if not places:
        return ()
    if head in _PENDING:
        what = f"{_count(len(places), 'file')} changed"
        undo = Undo("blastradius checkpoint create keeps it; git restore then takes it back")
        check = "git status shows no change"
        target = _PENDING[head]
    else:
        what = f"{_count(commits, 'commit')}, {_count(len(places), 'file')} changed"
        undo = Undo(
            "a new commit that takes them back; it shows first and asks for --apply",
            _revert(base, head, commits),
        )
        check = f"git diff --stat {base[:12]} shows none of these files"
        target = f"{base[:12]}..{head[:12]}"
    evidence = tuple(places[:_MOST_EVIDENCE])
    return (Effect(CODE, "git", target, what, "reversible", evidence, undo, check, "certain"),)


def _revert(base: str, head: str, commits: int) -> tuple[str, ...] | None:
    if base not in _EMPTY_TREES:
        return ("blastradius", "revert", f"{base[:_SHORT]}..{head[:_SHORT]}")
    return ("blastradius", "revert", head[:_SHORT]) if commits == 1 else None


def _summary(name: str, every: Sequence[Effect]) -> DomainSummary:
    own = [one.reversibility for one in every if one.domain == name]
    return DomainSummary(
        name,
        len(own),
        own.count("reversible"),
        own.count("compensatable"),
        own.count("irreversible"),
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
