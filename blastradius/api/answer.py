"""What the trial of a revert set found → the public answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from blastradius.api.atoms import Split
from blastradius.api.besides import besides
from blastradius.api.history import History
from blastradius.api.hunks import hunks_of
from blastradius.api.replay import ordered
from blastradius.api.undo import Looked, UndoWorld
from blastradius.api.workspace import Workspace
from blastradius.changes.breaks import Dangling
from blastradius.changes.echoes import echoes
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import (
    Alternative,
    Break,
    ConflictHunk,
    FixForward,
    Proof,
    RevertAtom,
    RevertCommit,
    RevertFile,
    RevertSet,
    RevertStep,
)
from blastradius.model.source import FileChange
from blastradius.model.symbols import TIERS
from blastradius.planning.demands import Demand
from blastradius.planning.prove import strayed
from blastradius.planning.schedule import Order
from blastradius.planning.select import Selection
from blastradius.reports.words import name_of

_WHY = {
    "reference": "uses what would no longer be there",
    "restored-use": "comes back, but what it uses is gone",
}


class Trial(Struct, frozen=True):
    """A revert set that was tried out: everything that is needed to tell about it."""

    goal: tuple[str, ...]
    selection: Selection
    world: UndoWorld
    history: History
    split: Split
    workspace: Workspace


def breaks_of(trial: Trial) -> tuple[Break, ...]:
    """Return every use that dangled while the set was being closed, certain ones first."""
    found: dict[tuple[str, int, str, str], Break] = {}
    for undone, dangling in trial.world.seen.items():
        if undone <= trial.selection.commits:
            for one in dangling:
                found.setdefault((one.path, one.line, one.symbol, one.needs), _break(one, trial))
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (TIERS.index(one.tier), one.path, one.line, one.needs, one.symbol),
        )
    )


def revert_set(trial: Trial) -> RevertSet:
    """Return the revert set with its order, files, proof, and what remains to be done by hand."""
    selection, world, history = trial.selection, trial.world, trial.history
    undone = world.undo(selection.commits)
    looked = world.look(undone.tree) if undone.tree is not None else None
    left = looked.dangling if looked else ()
    certain = [one for one in left if one.tier in world.forcing]
    order = ordered(selection.commits, world, history, undone.tree) if undone.tree else None
    scratch, read = trial.workspace.scratch, trial.workspace.read
    plain = {atom: own for atom, own in history.changes.items() if not history.is_merge(atom)}
    return RevertSet(
        goal=_named(trial.goal, trial),
        commits=_commits(trial, order),
        files=_files(looked, history.base) if looked else (),
        order=tuple(_named(wave, trial) for wave in order.waves) if order else (),
        fix_forward=(*map(_site, certain), *besides(trial)),
        tree=undone.tree,
        proof=_proof(undone.tree, looked, certain, trial, order),
        conflicts=undone.conflicts,
        review=tuple(_break(one, trial) for one in left if one.tier not in world.forcing),
        level=trial.split.level,
        atoms=_atoms(trial),
        steps=_steps(trial, order) if order else (),
        hunks=tuple(_hunk(one, trial) for one in hunks_of(undone, history, scratch, read)),
        echoes=echoes(plain, read) if trial.split.level == "commit" else (),
        alternatives=tuple(_alternatives(trial)),
    )


def _site(one: Dangling) -> FixForward:
    return FixForward(one.path, one.line, one.symbol, f"{_WHY[one.reason]}: {name_of(one.needs)}")


def _break(one: Dangling, trial: Trial) -> Break:
    brought = trial.world.brought_in_by(one)
    return Break(
        one.path,
        one.line,
        one.symbol,
        one.needs,
        _WHY[one.reason],
        one.confidence,
        one.tier,
        trial.split.commit_of(brought) if brought is not None else None,
    )


def _named(atoms: Sequence[str], trial: Trial) -> tuple[str, ...]:
    return tuple(map(trial.split.name_of, atoms))


def _because(demand: Demand, trial: Trial, atom: str = "") -> dict[str, str | int]:
    """Return why a demand is made; of a conflict in several files, one that ``atom`` has changed."""
    told = dict(demand.because)
    touched = trial.history.paths_of(atom) if atom else frozenset[str]()
    if demand.reason == "text" and touched and told.get("path") not in touched:
        both = sorted(touched & trial.history.paths_of(demand.commit))
        if both:
            told |= {"path": both[0], "line": 0}
    if "commit" in told:
        told["commit"] = trial.split.commit_of(str(told["commit"]))
    return told


def _hunk(one: ConflictHunk, trial: Trial) -> ConflictHunk:
    split = trial.split
    return replace(one, commit=split.commit_of(one.commit), ours_by=split.commits_of(one.ours_by))


def _alternatives(trial: Trial) -> Iterator[Alternative]:
    """Yield each choice between commits once, whatever the number of places that ask for it."""
    split, undone = trial.split, trial.selection.commits
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for one in trial.selection.open:
        commit, answers = split.commit_of(one.commit), split.commits_of(one.needs)
        if (commit, answers) not in seen and len(answers) > 1:
            seen.add((commit, answers))
            chosen = split.commits_of(trial.history.newest_first(undone.intersection(one.needs)))
            yield Alternative(commit, answers, chosen, one.reason, _because(one, trial))


def _commits(trial: Trial, order: Order | None) -> tuple[RevertCommit, ...]:
    """Return the commits of the set, oldest first, each with what drew it (or its first part) in."""
    split, history, undone = trial.split, trial.history, trial.selection.commits
    drawn = {one.commit: one.demand for one in trial.selection.drawn}
    found: dict[str, RevertCommit] = {}
    for atom in history.atoms:
        commit = split.commit_of(atom)
        if atom not in undone or found.get(commit, _NONE).reason == "target":
            continue
        if atom in trial.goal:
            found[commit] = RevertCommit(commit, "target", {}, _how(atom, trial, order))
        elif commit not in found:
            demand = drawn[atom]
            because = _because(demand, trial, atom)
            found[commit] = RevertCommit(commit, demand.reason, because, _how(atom, trial, order))
    parts = {split.commit_of(atom) for atom in history.atoms if atom not in undone}
    return tuple(replace(one, whole=one.id not in parts) for one in found.values())


_NONE = RevertCommit("", "", {})


def _how(
    atom: str, trial: Trial, order: Order | None
) -> Literal["revert", "mainline", "by-merge", "nothing"]:
    history = trial.history
    if order is not None and atom in order.replayed.empty:
        return "nothing"
    if atom in history.to_revert(trial.selection.commits):
        return "mainline" if history.is_merge(atom) else "revert"
    return "by-merge" if history.changes.get(atom) else "nothing"


def _atoms(trial: Trial) -> tuple[RevertAtom, ...]:
    drawn = {one.commit: one.demand for one in trial.selection.drawn}
    found = []
    for atom in trial.history.atoms:
        part = trial.split.atoms.get(atom)
        if part is None or atom not in trial.selection.commits:
            continue
        demand = drawn.get(atom)
        reason = demand.reason if demand is not None else "target"
        because = _because(demand, trial, atom) if demand is not None else {}
        found.append(RevertAtom(part.commit, part.path, part.symbol, reason, because))
    return tuple(found)


def _steps(trial: Trial, order: Order) -> tuple[RevertStep, ...]:
    trees = order.replayed.trees
    found = []
    for number, wave in enumerate(order.waves):
        tree = trees[number] if number < len(trees) else None
        breaks: tuple[Break, ...] | Literal["not checked"] = "not checked"
        if tree is not None and (number in order.replayed.looked or number + 1 == len(trees)):
            broken = number in order.replayed.broken
            dangling = trial.world.look(tree).dangling if broken else ()
            breaks = tuple(
                _break(one, trial) for one in dangling if one.tier in trial.world.forcing
            )
        found.append(RevertStep(_named(wave, trial), tree, number in order.together, breaks))
    return tuple(found)


def _files(looked: Looked, base: Snapshot) -> tuple[RevertFile, ...]:
    found = [_file(change, base) for change in looked.changed]
    # A file that moves back is restored at one path and gone from the other.
    found += [
        RevertFile(change.old_path, "delete")
        for change in looked.changed
        if change.status == "renamed" and change.old_path not in looked.snapshot.tree
    ]
    return tuple(sorted(found, key=lambda one: one.path))


def _file(change: FileChange, base: Snapshot) -> RevertFile:
    if change.new is None:
        return RevertFile(change.path, "delete")
    if change.old is None or change.status in {"renamed", "copied"}:
        return RevertFile(change.path, "restore")
    same = base.tree.get(change.path) == change.new
    return RevertFile(change.path, "revert" if same else "edit")


def _proof(
    tree: str | None,
    looked: Looked | None,
    certain: Sequence[Dangling],
    trial: Trial,
    order: Order | None,
) -> Proof:
    if tree is None or looked is None:
        return Proof(applies=False, checked=("three-way merges of the whole set",))
    history, selection = trial.history, trial.selection
    gone = [history.touching(history.paths_of(atom), atom)[1] for atom in selection.commits]
    touched = [history.paths_of(atom) for atom in history.atoms.keys() - selection.commits]
    kept = history.names_before(frozenset().union(*touched), selection.commits)
    trees = (history.base.tree, history.head.tree, looked.snapshot.tree)
    return Proof(
        applies=True,
        parses=not looked.unparsed,
        new_dangling=tuple(_break(one, trial) for one in certain),
        irreducible=selection.irreducible,
        checked=tuple(_checked(trial, order)),
        intact=not strayed(frozenset().union(*gone), kept, trees),
        least=selection.least,
    )


def _checked(trial: Trial, order: Order | None) -> Iterator[str]:
    selection = trial.selection
    yield "three-way merges of the whole set, newest first"
    yield "every changed file that parsed at head parses in the reverted tree"
    yield "references, columns, keys and fields of the changed files and their users"
    yield "files that no undone commit touched are as at head, files wholly undone as at base"
    yield f"sets tried out in the search for the least: {selection.tried}"
    if selection.irreducible != "not checked":
        yield f"the set without each of the {len(selection.drawn)} drawn in"
    if order is None:
        return
    waves = len(order.waves)
    if not order.fits:
        yield "no order of reverts ends in this tree: restore it whole"
    elif len(order.replayed.looked) >= waves - 1:
        yield f"the order, replayed: the tree after each of {waves} waves"
    else:
        yield f"the order, replayed: the trees after {len(order.replayed.looked)} of {waves} waves"
