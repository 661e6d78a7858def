"""What becomes of the migrations that a range brought and whose code is undone.

A migration that a database has applied stays in the tree: its undo is a new migration, or it is left;
its file goes only when every database that is named says that it was not applied, or went down past it.
"""

from __future__ import annotations

import posixpath
import re

import msgspec
from msgspec import Struct

from blastradius import migrations as chains
from blastradius.adapters.base import Proposal, Request
from blastradius.adapters.database.applied import Known, applied_of, looked, strangers
from blastradius.adapters.database.args import Args, Part, sealed
from blastradius.adapters.database.parts import Made, Source, down_part, inverse_part, table_of
from blastradius.git.blobs import BlobReader
from blastradius.migrations import LIES, Changed, History, Migration, Rendered
from blastradius.model.analysis import Evidence
from blastradius.model.plan import Left, Phase, Step
from blastradius.model.source import STAGED, WORKTREE
from blastradius.world import World

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_SHOWN = 5
_HOW = {
    "down": "by the tool's own way down",
    "inverse": "by a new migration",
    "bare": "by statements made from what they did",
}


class Trees(Struct):
    """The trees that matter: before and after the range, at HEAD, and as it will be."""

    before: Source
    after: Source
    now: Source
    goal: Source


class Piece(Struct):
    """What one database's step is put together from, by history."""

    parts: list[Part] = []
    previews: list[str] = []
    loses: list[str] = []
    phases: set[Phase] = set()
    evidence: set[Evidence] = set()


def propose(request: Request, world: World) -> Proposal:
    """See `blastradius.adapters.base`."""
    span, wishes = request.analysis.range, request.wishes
    head = request.at if span.head in (STAGED, WORKTREE) else span.head
    known, errors = ([], []) if wishes.no_database else looked(wishes.databases, world)
    dialect = DIALECTS[known[0].kind] if known else "postgres"
    with BlobReader(world.repo) as reader:
        trees = Trees(
            *(
                Source.of(world.repo, tree, reader, dialect)
                for tree in (span.base, head, request.at, request.tree)
            )
        )
        found = Proposer(request, trees, known)
        found.warnings += [str(one) for one in errors]
        found.strangers()
        if not wishes.no_database:
            for change in chains.added(trees.before.histories, trees.after.histories):
                found.history(change)
        return found.proposal(world)


class Proposer:
    """Goes through the histories and gathers what becomes of each migration.

    Args:
        request: what is undone.
        trees: the trees that matter.
        known: the databases that answered.
    """

    def __init__(self, request: Request, trees: Trees, known: list[Known]) -> None:
        self.policy = request.wishes.migrations
        self.trees = trees
        self.known = known
        # One that did not answer may have applied anything.
        self.unsure = len(known) < max(1, len(request.wishes.databases))
        self.pieces: dict[str, Piece] = {}
        self.left: list[Left] = []
        self.keep: set[str] = set()
        self.add: dict[str, bytes] = {}
        self.assumptions: list[str] = []
        self.warnings: list[str] = []

    def proposal(self, world: World) -> Proposal:
        """Return what was gathered, in a total order."""
        steps = (_step(one, self.pieces[one.place.name], world) for one in self.known
                 if one.place.name in self.pieces)  # fmt: skip
        return Proposal(
            steps=tuple(steps),
            left=tuple(sorted(self.left, key=lambda one: (one.tool, one.target, one.why))),
            keep=tuple(sorted(self.keep)),
            add={path: self.add[path] for path in sorted(self.add)},
            assumptions=tuple(self.assumptions),
            warnings=tuple(self.warnings),
        )

    def strangers(self) -> None:
        """Say aloud what a database has applied that no tree of ours knows."""
        trees = (self.trees.before, self.trees.after, self.trees.now)
        every = tuple(one for tree in trees for one in tree.histories)
        for one in self.known:
            for ledger, _ in one.ledgers:
                if not any(history.tool == ledger.tool for history in every):
                    continue
                if found := strangers(one, every, ledger.tool, ledger.table):
                    self.warnings.append(
                        f"database {one.place.name} has applied {_listed(found)} by {ledger.tool}, "
                        "which stands in no tree of this range: nobody here can undo it"
                    )

    def history(self, change: Changed) -> None:
        """Say what becomes of the migrations that the range brought to one history."""
        history = change.history
        self._edited(change)
        stays = {one.id for one in self.trees.goal.migrations(history)}
        undone = [one for one in change.added if one.id not in stays]
        if not undone:
            return
        table = table_of(history, self.trees.after)
        read = self.trees.after.read
        did = {one.place.name: applied_of(one, history, read, table) for one in self.known}
        sure = [one for one in undone if any(one.id in found for found in did.values())]
        if self.unsure:
            self.assumptions.append(
                f"every migration of {history.folder or 'the repository'} may have been applied: "
                "no database was named, or not all answered"
            )
        here = {one.id for one in self.trees.now.migrations(history)}
        chosen = self._chosen(undone, here, sure)
        lost = [one for one in undone if self.unsure and one.id not in here and one not in sure]
        why = "its file is not at HEAD, and no database says that it was not applied"
        self._left(
            history, lost, why, "name every database (--database), or say that none is there"
        )
        if chosen["leave"] or chosen["inverse"]:
            self._keep_lists(history, [one for one in undone if one.id in here])
        for one in chosen["leave"]:
            self._leave(history, one, did)
        if chosen["inverse"]:
            self._inverse(history, chosen["inverse"], did)
        if chosen["down"]:
            for database in self.known:
                self._down(history, chosen["down"], database, did[database.place.name])

    def _chosen(
        self, undone: list[Migration], here: set[str], sure: list[Migration]
    ) -> dict[str, list[Migration]]:
        """Say of each migration what becomes of it; what nobody applied goes with its commit."""
        chosen: dict[str, list[Migration]] = {"leave": [], "inverse": [], "down": []}
        for one in undone:
            if one.id in here and (one in sure or self.unsure):
                chosen[self._policy_for(one)].append(one)
            elif one.id not in here and one in sure:
                # Its file is gone already: the database points at what nobody has.
                chosen["leave" if self.policy == "leave" else "down"].append(one)
        return chosen

    def _edited(self, change: Changed) -> None:
        """What ran is not changed by an edit of its file, nor by taking the edit back."""
        for one in change.edited:
            self._left(
                change.history,
                [one],
                "its file was edited in the range; a database that ran it has what it said then",
                "see which of its two texts each database ran, and write what lacks as a new migration",
            )

    def _policy_for(self, one: Migration) -> str:
        if self.policy == "auto":
            return "leave" if one.kind in {"additive", "unknown"} else "inverse"
        return "inverse" if self.policy == "down" and self.unsure else self.policy

    def _leave(self, history: History, one: Migration, did: dict[str, frozenset[str]]) -> None:
        self._keep(one)
        names = sorted(name for name, found in did.items() if one.id in found)
        where = (
            f"applied to {', '.join(names)}"
            if names
            else "it may have been applied: no database was asked, or not all answered"
        )
        hand = "read what it does, and write its inverse as a new migration"
        if one.kind == "additive":
            where, hand = f"{where}; it only adds, which older code does not mind", ""
        self._left(history, [one], where, hand)

    def _keep(self, *migrations: Migration) -> None:
        # A branch that is not checked out may have them still: they stay there, too.
        here = {**self.trees.now.listing, **self.trees.after.listing}
        self.keep |= {path for one in migrations for path in one.paths if path in here}

    def _keep_lists(self, history: History, undone: list[Migration]) -> None:
        """A list of all migrations stays as it is, and then so do all that it names."""
        lists = {
            "drizzle": ("meta/_journal.json",),
            "sqitch": ("sqitch.plan", "../sqitch.plan"),
        }.get(history.tool, ())
        for one in lists:
            path = posixpath.normpath(posixpath.join(history.folder, one))
            self.keep |= {path} & self.trees.now.listing.keys()
            self._keep(*undone)

    def _left(self, history: History, undone: list[Migration], why: str, hand: str) -> None:
        prefix = f"{history.label}." if history.label else ""
        self.left += [
            Left(
                domain="database",
                tool=history.tool,
                target=prefix + one.id,
                what=f"migration {prefix}{one.id} and what it did",
                why=why,
                reversibility="compensatable",
                by_hand=hand,
                evidence=(Evidence(one.path, one.line),),
            )
            for one in undone
        ]

    def _down(
        self, history: History, undone: list[Migration], database: Known, did: frozenset[str]
    ) -> None:
        mine = [one for one in undone if one.id in did]
        if not mine:
            return
        others = did - {one.id for one in mine}
        above = [
            one for one in sorted(others) if any(_follows(history, one, low.id) for low in mine)
        ]
        if above:
            self._keep(*mine)
            why = f"{database.place.name} has applied {above[0]} on top of it, which stays"
            self._left(history, mine, why, "undo it by a new migration (--migrations inverse)")
            return
        lies = [one for one in mine if one.lint.verdict in LIES]
        try:
            made = down_part(history, mine, self.trees.after, database, true=not lies)
        except (ValueError, KeyError) as error:
            self._keep(*mine)
            why = (
                f"its way down is not true: {lies[0].lint.why}" if lies else "no way down is known"
            )
            self._left(history, mine, f"{why}; {error}", "write its inverse by hand")
            return
        self.warnings += [
            f"{one.path}:{one.lint.line}: the way down of {one.id} is not used, {one.lint.why}; "
            "statements made from what it did are used, see the step"
            for one in lies
        ]
        drops = any(one.gravity in {"drop", "rows"} for each in mine for one in each.operations)
        self._put(database, mine, made, "provide" if drops else "release")

    def _inverse(
        self, history: History, undone: list[Migration], did: dict[str, frozenset[str]]
    ) -> None:
        self._keep(*undone)
        grown = self.trees.goal.with_paths(self.trees.now, self.keep)
        target = next((one for one in grown.histories if one.key == history.key), history)
        ids = [one.id for one in undone]
        try:
            made = chains.inverse(target, ids, grown.listing, grown.read, dialect=grown.dialect)
        except ValueError as error:
            self._left(history, undone, str(error), "write its inverse by hand")
            return
        if not made.complete:
            why = f"its inverse cannot be made whole: {'; '.join(made.gaps[:_SHOWN])}"
            self._left(history, undone, why, "write its inverse by hand")
            return
        self.add |= {made.path: made.content, **made.more}
        if made.reads_as == "both":
            self.warnings.append(
                f"{made.path} brings back what older code needs and drops what newer code uses: "
                "until the code is switched, one of them lacks something"
            )
        for database in self.known:
            self._apply(target, undone, made, database, did[database.place.name])
        if self.unsure:
            self.warnings += _dropped(undone)
            if self.policy == "down":
                self.warnings.append(
                    f"--migrations down was asked for, but not every database answered: {made.path} "
                    "is added instead, which undoes it wherever it runs"
                )
            why = f"not every database was named or answered; {made.path} undoes it there"
            self._left(history, undone, why, f"run {history.tool} on each of them")

    def _apply(
        self,
        history: History,
        undone: list[Migration],
        made: Rendered,
        database: Known,
        did: frozenset[str],
    ) -> None:
        """Let a database take the new migration, if it has applied all that comes before it."""
        name, tool = database.place.name, history.tool
        lacks = [one.id for one in history.migrations if one.id not in did]
        if all(one.id in lacks for one in undone):
            return  # it takes both when its tool runs next
        if lacks:
            why = f"{name} has not applied {lacks[0]}, which comes before its inverse {made.id}"
            hand = f"bring {name} up to date with {tool}; that applies the inverse as well"
            self._left(history, undone, why, hand)
            return
        try:
            part = inverse_part(history, undone, made, self.trees.after, database)
        except (KeyError, ValueError):
            why = f"the rows of {tool}'s version table are for {tool} itself to write"
            self._left(history, undone, why, f"run {tool} on {name}")
            return
        text = f"{made.path}\n{made.content.decode('utf-8', 'replace')}"
        phase: Phase = "release" if made.reads_as == "release" else "provide"
        self._put(database, undone, Made(part, text, made.loses), phase)

    def _put(self, database: Known, undone: list[Migration], made: Made, phase: Phase) -> None:
        piece = self.pieces.setdefault(database.place.name, Piece())
        # What came last goes first.
        piece.parts.insert(0, made.part)
        piece.previews.insert(0, made.preview)
        piece.loses.extend(dict.fromkeys((*made.loses, *_dropped(undone))))
        piece.phases.add(phase)
        piece.evidence |= {Evidence(one.path, one.line) for one in undone}


def _dropped(undone: list[Migration]) -> list[str]:
    """Return what the migrations themselves took away: no inverse of a schema brings rows back."""
    return [
        f"what {one.id} dropped from {target} comes back empty: only a backup from before has it"
        for one in undone
        for target in dict.fromkeys(
            each.target for each in one.operations if each.gravity == "drop"
        )
        if target
    ] + [
        f"rows that {one.id} changed or deleted stay so: only a backup from before has them"
        for one in undone
        if any(each.gravity == "rows" for each in one.operations)
    ]


def _listed(found: list[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


def _follows(history: History, one: str, other: str) -> bool:
    """Whether ``one`` comes after ``other`` in its history."""
    parents = {each.id: each.parents for each in history.migrations}
    pending, seen = [one], set[str]()
    while pending:
        each = pending.pop()
        if each == other:
            return True
        if each not in seen:
            seen.add(each)
            pending += parents.get(each, ())
    return False


def _step(known: Known, piece: Piece, world: World) -> Step:
    name = known.place.name
    parts = tuple(sealed(part, world) for part in piece.parts)
    args = Args(name=name, where=known.place.where, url=known.digest, parts=parts)
    tools = sorted({part.way for part in piece.parts} - {"sql"})
    how = " and ".join(dict.fromkeys(_HOW[part.action] for part in piece.parts))
    return Step(
        id="database-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower(),
        adapter="database",
        domain="database",
        tool=tools[0] if tools else known.kind,
        target=f"database {name}",
        action=piece.parts[0].action,
        summary=f"undo {_listed(list(args.undone))} in {name} {how}",
        args=msgspec.to_builtins(args),
        before=known.state,
        wanted=None,
        reversibility="compensatable",
        evidence=tuple(sorted(piece.evidence, key=lambda one: (one.path, one.line))),
        exec=tuple(tools),
        preview="\n".join(piece.previews),
        loses=tuple(piece.loses),
        verify="the catalog, the version table and the rows that stay are as the rehearsal left them",
        phase="release" if piece.phases == {"release"} else "provide",
    )
