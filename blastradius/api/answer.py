"""What the stages found → the public answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blastradius.api.undo import History, Looked, UndoWorld
from blastradius.changes.breaks import Dangling
from blastradius.index.edges import count_tiers, edges_at
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import (
    Break,
    Coverage,
    FileProblem,
    FixForward,
    LanguageCoverage,
    Proof,
    RevertCommit,
    RevertFile,
    RevertSet,
)
from blastradius.model.source import FileChange
from blastradius.model.symbols import TIERS, Outcome
from blastradius.planning.schedule import same_file_pairs, schedule
from blastradius.planning.select import Selection

_WHY = {
    "reference": "uses what would no longer be there",
    "restored-use": "comes back, but what it uses is gone",
}


def breaks_of(world: UndoWorld) -> tuple[Break, ...]:
    """Return every use that dangled while the set was being closed, certain ones first."""
    found = [_break(one, commit) for one, commit in world.seen.values()]
    return tuple(
        sorted(
            found,
            key=lambda one: (TIERS.index(one.tier), one.path, one.line, one.needs, one.symbol),
        )
    )


def revert_set(
    goal: Sequence[str], selection: Selection, world: UndoWorld, history: History
) -> RevertSet:
    """Return the revert set with its order, files, proof, and what remains to be done by hand."""
    undone = world.undo(selection.commits)
    looked = world.look(undone.tree) if undone.tree is not None else None
    left = [one for one in looked.dangling if looked] if looked else []
    certain = [one for one in left if one.tier == "certain"]
    return RevertSet(
        goal=tuple(goal),
        commits=_commits(goal, selection, history),
        files=_files(looked, history.base) if looked else (),
        order=_order(selection.commits, history),
        fix_forward=tuple(
            FixForward(one.path, one.line, one.symbol, f"{_WHY[one.reason]}: {one.needs}")
            for one in certain
        ),
        tree=undone.tree,
        proof=_proof(undone.tree, looked, certain, world, history),
        conflicts=undone.conflicts,
        review=tuple(
            _break(one, world.brought_in_by(one)) for one in left if one.tier != "certain"
        ),
    )


def _break(one: Dangling, commit: str | None) -> Break:
    return Break(
        one.path,
        one.line,
        one.symbol,
        one.needs,
        _WHY[one.reason],
        one.confidence,
        one.tier,
        commit,
    )


def _commits(
    goal: Sequence[str], selection: Selection, history: History
) -> tuple[RevertCommit, ...]:
    drawn = {demand.needs: demand for demand in selection.drawn}
    found = []
    for commit in history.span.commits:
        if commit.id in goal:
            found.append(RevertCommit(commit.id, "target", {}))
        elif commit.id in selection.commits:
            demand = drawn[commit.id]
            found.append(RevertCommit(commit.id, demand.reason, demand.because))
    return tuple(found)


def _order(undone: frozenset[str], history: History) -> tuple[tuple[str, ...], ...]:
    members = [commit.id for commit in history.span.commits if commit.id in undone]
    paths = {
        commit: frozenset(
            name
            for change in history.changes.get(commit, ())
            for name in (change.path, change.old_path)
        )
        for commit in members
    }
    pairs = [*_needs(undone, history), *same_file_pairs(members, paths)]
    return schedule(members, pairs)


def _needs(undone: frozenset[str], history: History) -> Iterable[tuple[str, str]]:
    """Yield (commit of a use, commit of what it uses) for the certain and likely edges of head."""
    makers = {change.symbol: change.commits for change in history.symbols}
    touched = {change.path for commit in undone for change in history.changes.get(commit, ())}
    for edge in edges_at(history.head.linked.edges, touched):
        if edge.target not in makers or edge.tier == "heuristic":
            continue
        entry = history.head.tree.get(edge.path)
        user = history.origins.origin(edge.path, entry.oid, edge.line) if entry else None
        if user in undone:
            for maker in makers[edge.target]:
                if maker in undone:
                    yield user, maker


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
    world: UndoWorld,
    history: History,
) -> Proof:
    if tree is None or looked is None:
        return Proof(applies=False, checked=("three-way merges of the whole set",))
    return Proof(
        applies=True,
        parses=not _newly_broken(looked, history.head),
        new_dangling=tuple(_break(one, world.brought_in_by(one)) for one in certain),
        checked=(
            "three-way merges of the whole set, newest first",
            "every changed file that parsed at head parses in the reverted tree",
            "references, columns, keys and fields of the changed files and their users",
        ),
    )


def _newly_broken(looked: Looked, head: Snapshot) -> list[str]:
    broken = []
    for change in looked.changed:
        before, after = head.files.get(change.path), looked.snapshot.files.get(change.path)
        if after is None or after.facts.parsed == "full":
            continue
        if before is None or before.facts.parsed == "full":
            broken.append(change.path)
    return broken


def problems_of(head: Snapshot, left_out: Iterable[tuple[str, str]]) -> tuple[FileProblem, ...]:
    """Return what could not be understood at head, file by file, and what was not read at all."""
    found = [
        FileProblem(path, problem.line, problem.what)
        for path, view in head.files.items()
        for problem in view.facts.problems
    ]
    found += [FileProblem(path, 0, why) for path, why in left_out]
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.what)))


def coverage_of(head: Snapshot) -> Coverage:
    """Return what the answer rests on: files read, edges by tier, references by outcome."""
    states: dict[str, dict[str, int]] = {}
    for view in head.files.values():
        own = states.setdefault(view.language.NAME, {"full": 0, "partial": 0, "failed": 0})
        own[view.facts.parsed] += 1
    tiers = count_tiers(head.linked.edges)
    languages = tuple(_language(name, states[name], head) for name in sorted(states))
    return Coverage(
        files=len(head.tree),
        parsed=sum(one.parsed for one in languages),
        partial=sum(one.partial for one in languages),
        skipped=len(head.tree) - sum(one.parsed + one.partial for one in languages),
        edges_by_tier={str(tier): count for tier, count in tiers.items()},
        languages=languages,
    )


def _language(name: str, states: Mapping[str, int], head: Snapshot) -> LanguageCoverage:
    tally = head.linked.tallies.get(name)
    rest: Mapping[Outcome, int] = tally.unresolved if tally else {}
    return LanguageCoverage(
        language=name,
        files=sum(states.values()),
        parsed=states["full"],
        partial=states["partial"],
        resolved=tally.resolved if tally else 0,
        ambiguous=rest.get("ambiguous", 0),
        external=rest.get("external", 0),
        unresolved=rest.get("unresolved", 0),
        dynamic=rest.get("dynamic", 0),
    )
