"""The runs of a repository: begin one, go on with one, take one back, look at them."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from blastradius.adapters.base import Adapter, load
from blastradius.engine import journal as log
from blastradius.engine.execute import Execution, told
from blastradius.engine.interrupt import Interrupt
from blastradius.engine.journal import Journal
from blastradius.engine.outcome import combined, outcome, state_of
from blastradius.engine.progress import Progress, replay
from blastradius.errors import CompensationError, DriftError, JournalError, UsageError
from blastradius.git.repository import Repository
from blastradius.model.plan import SCHEMA as PLAN_SCHEMA
from blastradius.model.plan import Plan, digest_of
from blastradius.model.run import (
    LIST_SCHEMA,
    ON_REQUEST,
    Record,
    RestoredTo,
    Run,
    RunLine,
    RunList,
    Verification,
)
from blastradius.world import FOLDER, World
from blastradius.world.files import read_plain
from blastradius.world.lock import held
from blastradius.world.running import NAME as RUNNING
from blastradius.world.running import end_leftover

PLAN_FILE = "plan.json"
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}\Z")
_STEP = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_MAX_PLAN = 64 * 2**20
_MAX_STEPS = 1000
"""Each step is looked at several times and has space set aside: more of them is no plan of ours."""

Loader = Callable[[str], Adapter]


def new_id() -> str:
    """Return an id for a run; ids sort by the clock's word, which nothing rests on."""
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{now}-{secrets.token_hex(3)}"


def check_consent(plan: Plan, allowed: frozenset[str], confirmed: Sequence[str]) -> None:
    """Refuse a plan that needs more than the user has agreed to.

    Raises:
        UsageError: what is missing, with the words that give it.
    """
    tools = sorted({tool for step in plan.steps for tool in step.exec} - allowed)
    if tools:
        words = " ".join(f"--allow-exec {tool}" for tool in tools)
        raise UsageError(f"the plan runs the repository's own code by {', '.join(tools)}", words)
    needed = {
        f"{step.id}:{step.confirm}": step
        for step in plan.steps
        if step.reversibility == "irreversible"
    }
    for word in confirmed:
        if word not in needed:
            raise UsageError(
                f"--confirm {word} fits no irreversible step of this plan",
                "the plan shows the words; another state of things gives other words",
            )
    for word, step in needed.items():
        if word not in confirmed:
            raise UsageError(
                f"step {step.id} cannot be taken back: {step.summary}", f"--confirm {word}"
            )


def begin(plan: Plan, world: World, *, confirmed: Sequence[str] = (), loader: Loader = load) -> Run:
    """Carry a plan out.

    Args:
        plan: sealed.
        world: with the id of a new run, and the programs that are allowed.
        confirmed: ``ID:HASH`` of irreversible steps.
        loader: returns the adapter of a name.

    Raises:
        UsageError: the plan was edited, or needs more consent.
        JournalError: another runner is at work, a run waits, or the journal cannot be written.
        KeyboardInterrupt: the user stopped it.
    """
    check_plan(plan)
    check_consent(plan, world.allowed, confirmed)
    with held(world.home, world.files, f"run {world.run}"):
        end_leftover(world.home / RUNNING, world.run)
        _refuse_waiting(world.home)
        journal = Journal.create(world.folder, world.files, len(plan.steps))
        try:
            world.files.write(world.folder / PLAN_FILE, msgspec.json.encode(plan))
        except OSError as error:
            raise JournalError(
                f"cannot write the plan to {world.folder}: {error.strerror}", "free some space"
            ) from error
        journal.write(
            "PLAN",
            data={
                "plan": plan.id,
                "allowed": sorted(world.allowed),
                "confirmed": list(confirmed),
                "tree": _tree_of(world),
            },
        )
        return _driven(plan, world, journal, loader)


def resume(world: World, *, loader: Loader = load) -> Run:
    """Go on with a run after a stop, forward or back as its journal says.

    Raises:
        JournalError, KeyboardInterrupt: as `begin`.
    """
    with held(world.home, world.files, f"run {world.run}"):
        end_leftover(world.home / RUNNING, world.run)
        journal, plan = _reopened(world)
        return _driven(plan, world, journal, loader)


def abort(world: World, *, loader: Loader = load) -> Run:
    """Take back what a run did, also one that ended well.

    Raises:
        DriftError: it ended well, and somebody changed since what it left; nothing was touched.
        JournalError, KeyboardInterrupt: as `begin`.
    """
    with held(world.home, world.files, f"run {world.run}"):
        end_leftover(world.home / RUNNING, world.run)
        journal, plan = _reopened(world)
        progress = replay(journal.records)
        if progress.ended not in {"restored", "refused", "interrupted"} and not progress.aborted:
            if progress.ended == "done":
                _refuse_later_changes(plan, progress, world, loader)
            journal.write("ABORT", data={"why": ON_REQUEST})
        return _driven(plan, world, journal, loader)


def leave(world: World) -> Run:
    """End a run where it stands: a person has taken over. Nothing is taken back.

    Raises:
        UsageError: it has ended already.
        JournalError: as `begin`.
    """
    with held(world.home, world.files, f"run {world.run}"):
        end_leftover(world.home / RUNNING, world.run)
        journal, plan = _reopened(world)
        if replay(journal.records).ended is not None:
            raise UsageError(f"run {world.run} has ended", "blastradius show tells how")
        journal.write("END", data={"how": "left"})
        return outcome(plan, world.run, journal.records)


def verify(world: World, *, loader: Loader = load) -> Run:
    """Look again at what a run left, by probes that share nothing with its acts.

    Nothing is written. The verification of what is returned is today's.

    Raises:
        JournalError: there is no such run, or its journal is damaged.
    """
    plan, records = look(world.home, world.run)
    progress = replay(records)
    found = outcome(plan, world.run, records)
    back = found.state in {"restored", "refused"}
    seen, expected, differing = {}, {}, []
    for step in plan.steps:
        state = progress.of(step.id)
        adapter = loader(step.adapter)
        if state.done is None and not back:
            continue
        prepared = state.prepared
        if back or prepared is None:
            wanted, now = step.before, adapter.probe(step, world)
        else:
            wanted, now = prepared.wanted, adapter.verify(step, prepared, world)
        seen[step.id], expected[step.id] = now.digest, wanted.digest
        differing += [f"{step.target}: {name}" for name in now.differing(wanted)]
    before = combined({one.id: one.before.digest for one in plan.steps})
    checked = Verification(
        before, combined(seen), combined(expected), match=not differing, differing=tuple(differing)
    )
    reached = found.rolled_back and checked.match
    return msgspec.structs.replace(
        found,
        verification=checked,
        rolled_back=reached,
        restored_to=found.restored_to if checked.match else RestoredTo("", "none", ""),
        changes_reverted=found.changes_reverted if reached else (),
        confidence=found.confidence if checked.match else "none",
    )


def check_plan(plan: Plan) -> None:
    """Refuse a plan whose id is not the digest of its content.

    Raises:
        UsageError: it was edited or cut off.
    """
    if digest_of(plan) != plan.id:
        raise UsageError(
            "the plan is not what its id says: it was edited or damaged", "make the plan again"
        )
    ids = [step.id for step in plan.steps]
    if plan.schema != PLAN_SCHEMA or len(set(ids)) != len(ids) or not all(map(_STEP.match, ids)):
        raise UsageError("that is no plan of this version of blastradius", "make the plan again")
    if len(ids) > _MAX_STEPS:
        raise UsageError(
            f"the plan has {len(ids)} steps, more than the {_MAX_STEPS} that one run takes",
            "make plans of less each: --domain names one, a shorter range gives fewer",
        )
    targets = [(step.adapter, step.target) for step in plan.steps]
    if len(set(targets)) != len(targets):
        raise UsageError("two steps of the plan have one target", "make the plan again")


def look(home: Path, run: str) -> tuple[Plan, list[Record]]:
    """Return the plan and the records of a run.

    Raises:
        UsageError: that is no id of a run.
        JournalError: there is no such run, or its journal is damaged.
    """
    folder = _folder(home, run)
    records = log.read(folder)
    return _plan_of(folder, replay(records)), records


def listing(repo: Repository) -> RunList:
    """Return all runs, newest first; one that cannot be read is listed with the reason."""
    return RunList(
        LIST_SCHEMA, tuple(reversed([_line(folder) for folder in _folders(home_of(repo))]))
    )


def home_of(repo: Repository) -> Path:
    """Return where a repository's runs and checkpoints are."""
    return repo.common_dir / FOLDER


def _line(folder: Path) -> RunLine:
    try:
        if not _began(folder):
            return RunLine(folder.name, "refused", "", "", "ended before it began")
        progress = replay(log.read(folder))
        plan = _plan_of(folder, progress)
    except JournalError as error:
        return RunLine(folder.name, "stuck", "", "", "", error.what)
    targets = ", ".join(step.target for step in plan.steps)
    return RunLine(folder.name, state_of(progress), progress.began, plan.id, targets)


def _driven(plan: Plan, world: World, journal: Journal, loader: Loader) -> Run:
    interrupt = Interrupt()
    # A failure to take back is in the journal: the outcome says so.
    with interrupt.heeded(), suppress(CompensationError):
        Execution(plan, world, journal, interrupt, loader).drive()
    return outcome(plan, world.run, journal.records)


def _refuse_later_changes(plan: Plan, progress: Progress, world: World, loader: Loader) -> None:
    for step in plan.steps:
        prepared = progress.of(step.id).prepared
        if prepared is None:
            continue
        live = loader(step.adapter).probe(step, world)
        if live != prepared.wanted:
            raise DriftError(
                f"{step.target} is no longer as run {world.run} left it: "
                f"{told(live, prepared.wanted)}",
                "what was built on it since is untouched; take that back first",
            )


def _reopened(world: World) -> tuple[Journal, Plan]:
    folder = _folder(world.home, world.run)
    if not _began(folder):
        raise JournalError(
            f"run {world.run} ended before it began: nothing was done", "make the plan again"
        )
    journal = Journal.reopen(folder, world.files)
    _refuse_other_tree(journal.records, world)
    progress = replay(journal.records)
    world.allowed = frozenset(progress.allowed)
    return journal, _plan_of(folder, progress)


def _tree_of(world: World) -> str:
    """Return which of the repository's work trees this is: a name that stays when it is moved."""
    return os.path.relpath(world.repo.git_dir, world.repo.common_dir)


def _refuse_other_tree(records: Sequence[Record], world: World) -> None:
    """Refuse to go on with a run of another linked work tree: index and files are that one's.

    Raises:
        UsageError: that work tree is still there.
    """
    tree = next((one.data.get("tree") for one in records if one.kind == "PLAN"), None)
    if tree in {None, _tree_of(world)} or not (world.repo.common_dir / str(tree)).is_dir():
        return
    raise UsageError(
        f"run {world.run} was begun in another work tree of this repository",
        "run this there: git worktree list shows where they are",
    )


def _plan_of(folder: Path, progress: Progress) -> Plan:
    try:
        plan = msgspec.json.decode(read_plain(folder / PLAN_FILE, _MAX_PLAN), type=Plan)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise JournalError(
            f"the plan of run {folder.name} is missing or damaged", "bring it back from a backup"
        ) from error
    if plan.id != progress.plan or digest_of(plan) != plan.id:
        raise JournalError(
            f"the plan of run {folder.name} is not the one its journal began with",
            "bring it back from a backup",
        )
    return plan


def _refuse_waiting(home: Path) -> None:
    for folder in _folders(home):
        try:
            waits = _began(folder) and replay(log.read(folder)).ended is None
        except JournalError as error:
            raise JournalError(error.what, "look at it by hand, then remove its folder") from error
        if waits:
            raise JournalError(
                f"run {folder.name} is not finished",
                f"blastradius resume {folder.name} goes on, blastradius abort {folder.name} takes back",
            )


def _began(folder: Path) -> bool:
    """Tell whether a run wrote its first record; before it nothing is done."""
    return (folder / log.NAME).exists() and bool(log.read(folder))


def _folders(home: Path) -> Iterator[Path]:
    runs = home / "runs"
    if runs.is_dir():
        yield from sorted(one for one in runs.iterdir() if _ID.match(one.name))


def _folder(home: Path, run: str) -> Path:
    if not _ID.match(run):
        raise UsageError(f"{run[:80]!r} is no id of a run", "blastradius runs lists them")
    folder = home / "runs" / run
    if not folder.is_dir():
        raise UsageError(f"there is no run {run}", "blastradius runs lists them")
    return folder
