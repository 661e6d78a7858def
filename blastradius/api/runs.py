"""Plans made, carried out, gone on with, taken back and checked: the library's and the commands' way."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from blastradius.adapters.base import Wishes as Outside
from blastradius.api.answering import Wishes
from blastradius.api.plans import Asked, Planned, planned
from blastradius.api.workspace import Progress, Services, Warn, Workspace
from blastradius.config import Config
from blastradius.engine import runs as engine
from blastradius.engine.outcome import outcome
from blastradius.engine.outcome import planned as shown
from blastradius.errors import StorageError, UsageError
from blastradius.git.publish import publish
from blastradius.git.repository import Repository
from blastradius.model.analysis import Analysis
from blastradius.model.plan import Plan
from blastradius.model.run import Run, RunList
from blastradius.world import World
from blastradius.world.files import read_plain

_PLANNING = "planning"
_MAX_PLAN = 64 * 2**20


class Settings(msgspec.Struct, frozen=True):
    """How a plan is made: configuration, environment, and the way to the caller."""

    config: Config | None = None
    environment: Mapping[str, str] | None = None
    jobs: int | None = None
    cache: bool = True
    progress: Progress | None = None
    warn: Warn | None = None


def make_plan(
    repo: str | Path, asked: Asked, settings: Settings | None = None, *, keep: bool
) -> Planned:
    """Return the plan for a range.

    Args:
        repo: a folder of the repository.
        asked: the range and the wishes.
        settings: see `Settings`.
        keep: write the trees that the plan needs into the repository, so that it can be carried out.

    Raises:
        RepositoryError, RangeError, UsageError, ConfigError: as `analyze`.
        NoConsistentPlanError: what shall go cannot go.
    """
    settings = settings or Settings()
    repository = Repository.open(repo)
    services = Services(settings.progress, settings.warn, settings.jobs, settings.cache)
    with Workspace.open(repository, settings.config, services) as workspace:
        # What is planned is written in the scratch only, and must be read by the adapters.
        borrowing = msgspec.structs.replace(repository, borrowed=workspace.scratch.view.object_dir)
        world = World(borrowing, _PLANNING, environment=settings.environment)
        databases = {**workspace.config.databases, **asked.outside.databases}
        outside = msgspec.structs.replace(asked.outside, databases=databases)
        found = planned(workspace, msgspec.structs.replace(asked, outside=outside), world)
        if keep:
            publish(workspace.scratch, found.trees, world.tick)
            _note_own(found.plan, world)
        return found


def plan_revert(
    analysis: Analysis,
    *,
    repo: str | Path = ".",
    branch: str = "",
    single: bool = False,
    mend: int | None = None,
    outside: Outside | None = None,
    config: Config | None = None,
) -> Plan:
    """Return the plan that carries out the revert set of an analysis, with what git does not hold.

    The trees it needs are written into the repository's object store, named by nothing.

    Args:
        analysis: of a range of commits.
        repo: a folder of the repository.
        branch: a new branch that gets the commits; empty for the one that holds the range.
        single: one commit for all that goes.
        mend: as in `analyze`.
        outside: the options of the domains outside git.
        config: replaces the repository's own configuration.

    Raises:
        as `analyze`.
    """
    span = analysis.range
    one = span.head if len(span.commits) == 1 else f"{span.base}..{span.head}"
    wishes = Wishes(_words(analysis), (), analysis.revert_set.level, mend)
    asked = Asked(one, wishes, outside or Outside(), branch, single)
    return make_plan(repo, asked, Settings(config=config), keep=True).plan


def execute(
    plan: Plan,
    *,
    repo: str | Path = ".",
    dry_run: bool = True,
    allow_exec: Sequence[str] = (),
    confirm: Sequence[str] = (),
    trust: bool = False,
) -> Run:
    """Carry a plan out; by default only say what would be done.

    Args:
        plan: from `plan_revert`, or read by `read_plan`.
        repo: a folder of the repository that the plan was made for.
        dry_run: change nothing.
        allow_exec: programs of the repository's own that may run.
        confirm: ``STEP:HASH`` of irreversible steps.
        trust: carry out a plan that was not made in this repository by its user, too: what its steps
            say of themselves need not be what they do.

    Raises:
        UsageError: the plan was edited, was made elsewhere, or needs more consent.
        JournalError: another runner is at work, a run waits, or the journal cannot be written.
        KeyboardInterrupt: it was stopped; the journal is whole.
    """
    engine.check_plan(plan)
    if dry_run:
        return shown(plan)
    world = World(Repository.open(repo), engine.new_id(), allowed=frozenset(allow_exec))
    if not trust and not _own(plan, world).exists():
        raise UsageError(
            "this plan was not made here: what its steps say of themselves need not be what they do",
            "make it again here, or read its `args` and say --trust-plan",
        )
    return engine.begin(plan, world, confirmed=confirm)


def _own(plan: Plan, world: World) -> Path:
    """Return the file that is there for a plan that was made here."""
    return world.home / "plans" / plan.id


def _note_own(plan: Plan, world: World) -> None:
    place = _own(plan, world)
    try:
        world.files.make_folder(place.parent)
        world.files.write(place, b"")
    except OSError as error:
        raise StorageError(
            f"cannot write below {world.home}: {error.strerror}", "make it writable"
        ) from error


def resume(run: str, *, repo: str | Path = ".") -> Run:
    """Go on with a run that was stopped; see `execute`."""
    return engine.resume(World(Repository.open(repo), run))


def abort(run: str, *, repo: str | Path = ".") -> Run:
    """Take back what a run did, also one that ended well; see `execute`."""
    return engine.abort(World(Repository.open(repo), run))


def leave(run: str, *, repo: str | Path = ".") -> Run:
    """End an unfinished run where it stands; nothing is taken back."""
    return engine.leave(World(Repository.open(repo), run))


def verify(run: str, *, repo: str | Path = ".") -> Run:
    """Look again at what a run left, by probes that are not its acts'; nothing is written."""
    return engine.verify(World(Repository.open(repo), run))


def runs(repo: str | Path = ".") -> RunList:
    """Return all runs of a repository, newest first."""
    return engine.listing(Repository.open(repo))


def show(run: str, *, repo: str | Path = ".") -> Run:
    """Return what a run came to, from its journal."""
    plan, records = engine.look(engine.home_of(Repository.open(repo)), run)
    return outcome(plan, run, records)


def read_plan(path: str | Path) -> Plan:
    """Return the plan in a file.

    Raises:
        UsageError: it is no plan, or was edited.
    """
    try:
        raw = read_plain(Path(path), _MAX_PLAN + 1)
        if len(raw) > _MAX_PLAN:
            raise UsageError(
                f"{path} is too large to be a plan", "blastradius plan -o FILE writes one"
            )
        plan = msgspec.json.decode(raw, type=Plan)
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}", "name a plan or a range"
        ) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no plan: {error}",
            "blastradius plan -o FILE writes one; to undo what touched a file, --undo names it",
        ) from error
    engine.check_plan(plan)
    return plan


def where_databases(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Outside:
    """Return what ``--database [NAME=]WHERE`` says.

    Raises:
        UsageError: a word holds a URL with a password, or names a variable that is not set.
    """
    known = os.environ if environment is None else environment
    found: dict[str, str] = {}
    for word in words:
        name, equals, where = (
            word.partition("=") if "://" not in word.partition("=")[0] else ("", "", word)
        )
        if not equals:
            name, where = "default", word
        if where == "none":
            continue
        if not where.startswith("sqlite:///") and where not in known:
            if "://" in where:
                raise UsageError(
                    f"--database {name} is given as a URL: passwords do not belong on a command line",
                    "put the URL into a variable and name that: --database DATABASE_URL",
                )
            raise UsageError(
                f"--database {where}: no variable of that name is set",
                f"export {where} with the URL of the database, or name another variable",
            )
        found[name] = where
    return Outside(databases=found, no_database="none" in words)


def _words(analysis: Analysis) -> tuple[str, ...]:
    return analysis.revert_set.goal
