"""The answer of ``analyze``: its public JSON form is these types, key by key.

Keys are never dropped: an empty answer is an empty list.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from blastradius.model.source import Commit
from blastradius.model.symbols import Tier

SCHEMA = "blastradius/analysis/1"

ChangeKind = Literal["added", "removed", "modified", "renamed", "signature", "type"]
Severity = Literal["breaking", "compatible", "unknown"]
FileAction = Literal["revert", "restore", "delete", "edit"]
Reversibility = Literal["reversible", "compensatable", "irreversible"]
Certainty = Literal["certain", "likely", "possible"]


class SymbolChange(Struct, frozen=True):
    """One symbol that differs between base and head.

    ``line`` is the line at head, or at base when the symbol is gone. ``commits`` are the ids of the
    range's commits that changed it, oldest first. ``before`` is the old symbol of a rename, else
    empty. ``detail`` says the difference in words.
    """

    symbol: str
    kind: ChangeKind
    severity: Severity
    path: str
    line: int
    commits: tuple[str, ...]
    before: str = ""
    detail: str = ""


class WitnessStep(Struct, frozen=True):
    """One edge of the chain that shows why: source depends on target, as path:line says."""

    source: str
    target: str
    kind: str
    path: str
    line: int


class Impact(Struct, frozen=True):
    """A symbol that a change can reach. ``distance`` counts edges; 0 is changed itself.

    ``confidence`` is the product along the witness, capped by its weakest tier.
    """

    symbol: str
    path: str
    line: int
    distance: int
    confidence: float
    tier: Tier
    witness: tuple[WitnessStep, ...]


class Break(Struct, frozen=True):
    """A place that would dangle if the undone commits went, and what it needs.

    ``commit`` brought the site in; None when it is older than the range.
    """

    path: str
    line: int
    symbol: str
    needs: str
    why: str
    confidence: float
    tier: Tier
    commit: str | None


class RevertCommit(Struct, frozen=True):
    """A commit of the revert set, and the constraint that drew it in.

    ``because`` has, where they apply: ``path``, ``line``, ``symbol``, ``needs``, ``needs_path``,
    ``needs_line``, ``commit`` (the one that cannot go without this one), ``text``. ``how`` says what
    undoes it: ``git revert``, ``git revert -m 1``, the revert of the merge that brought it in, or
    nothing, since it holds nothing that head still has; only the first two stand in ``order``.
    ``whole`` is False where only parts of it go (see ``RevertSet.atoms``).
    """

    id: str
    reason: str
    because: dict[str, str | int]
    how: Literal["revert", "mainline", "by-merge", "nothing"] = "revert"
    whole: bool = True


class RevertAtom(Struct, frozen=True):
    """A part of a commit that goes: its changes to one path, or to one symbol of it.

    ``symbol`` is the name within the path, empty for what lies outside of every definition.
    """

    commit: str
    path: str
    symbol: str
    reason: str
    because: dict[str, str | int]


class RevertStep(Struct, frozen=True):
    """One wave of the order, and the tree after it.

    ``together``: its commits need each other, so that no tree between them is consistent; else any
    order does. ``breaks`` are the places that dangle after it and that later waves mend: where there
    are any, no order avoids them.
    """

    commits: tuple[str, ...]
    tree: str | None
    together: bool
    breaks: tuple[Break, ...] | Literal["not checked"]


class ConflictHunk(Struct, frozen=True):
    """Where the merge that undoes ``commit`` conflicts: both sides, and who wrote them.

    ``line`` is the first line of the hunk at head. ``ours`` are the lines as they are, ``theirs`` as
    they would come back. ``ours_by`` are the commits that wrote ours, newest first, ids of the range or
    older ones; a binary file or a file that one side deleted has no lines, and ``what`` says so.
    """

    path: str
    line: int
    commit: str
    what: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    ours_by: tuple[str, ...]


class Echoed(Struct, frozen=True):
    """A commit of the range that takes an earlier one back whole, or makes the same change again."""

    earlier: str
    later: str
    kind: Literal["reverts", "repeats"]


class Alternative(Struct, frozen=True):
    """A demand that any one of several commits would answer; ``chosen`` are those that go."""

    commit: str
    answers: tuple[str, ...]
    chosen: tuple[str, ...]
    reason: str
    because: dict[str, str | int]


class RevertFile(Struct, frozen=True):
    """What happens to one path: revert (back to base), restore, delete, or edit (a part of it)."""

    path: str
    action: FileAction


MendKind = Literal["site", "test", "changelog", "docs", "lock", "generated", "migration"]


class FixForward(Struct, frozen=True):
    """A place to mend by hand rather than to revert, or to look at because people usually do.

    ``kind``: site (it dangles and must be mended), test, changelog, docs, lock, generated, migration.
    ``commands`` are what would mend it, where a command does.
    """

    path: str
    line: int
    symbol: str
    why: str
    kind: MendKind = "site"
    commands: tuple[tuple[str, ...], ...] = ()


class Proof(Struct, frozen=True):
    """What was checked on the reverted tree. None: not checked.

    ``intact``: files that no undone commit touched are the same bytes, and those whose every change
    goes are as they were before the range. ``irreducible``: without any one of the commits that were
    drawn in, a merge conflicts or a use dangles. ``least``: no cheaper set is consistent; False where
    a bound ended the search.
    """

    applies: bool | None = None
    parses: bool | None = None
    new_dangling: tuple[Break, ...] = ()
    irreducible: bool | Literal["not checked"] = "not checked"
    checked: tuple[str, ...] = ()
    intact: bool | None = None
    least: bool | Literal["not checked"] = "not checked"


class RevertSet(Struct, frozen=True):
    """The least that must go together.

    ``goal`` is what was asked to go; ``order`` are leaf-first waves of commit ids, ``steps`` the same
    with the tree after each; ``tree`` is the id of the reverted tree, None when it could not be made;
    ``conflicts`` are the paths where text merges remain, ``hunks`` the places. ``review`` holds breaks
    below the tier that forces a commit. ``atoms`` are the parts of commits that go, empty at the level
    of whole commits. ``echoes`` are the commits that take others of the range back,
    ``alternatives`` the demands that several commits would answer.
    """

    goal: tuple[str, ...]
    commits: tuple[RevertCommit, ...] = ()
    files: tuple[RevertFile, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    fix_forward: tuple[FixForward, ...] = ()
    tree: str | None = None
    proof: Proof = field(default_factory=Proof)
    conflicts: tuple[str, ...] = ()
    review: tuple[Break, ...] = ()
    level: Literal["commit", "file", "symbol"] = "commit"
    atoms: tuple[RevertAtom, ...] = ()
    steps: tuple[RevertStep, ...] = ()
    hunks: tuple[ConflictHunk, ...] = ()
    echoes: tuple[Echoed, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


class Evidence(Struct, frozen=True):
    """A place that can be looked at."""

    path: str
    line: int


class Inverse(Struct, frozen=True):
    """How to undo an effect: in words, and as the exact command where there is one."""

    summary: str
    argv: tuple[str, ...] | None = None


class Effect(Struct, frozen=True):
    """A trace of the range outside git. ``verify`` says how to see that the inverse took."""

    domain: str
    tool: str
    target: str
    action: str
    reversibility: Reversibility
    evidence: tuple[Evidence, ...]
    inverse: Inverse
    verify: str
    certainty: Certainty


class FileProblem(Struct, frozen=True):
    """What could not be understood, with its place."""

    path: str
    line: int
    what: str


class LanguageCoverage(Struct, frozen=True):
    """How much of one language was understood: files, and references by outcome."""

    language: str
    files: int
    parsed: int
    partial: int
    resolved: int
    ambiguous: int
    external: int
    unresolved: int
    dynamic: int


class Coverage(Struct, frozen=True):
    """What the answer rests on. ``skipped`` files have no extractor, are binary, or too large."""

    files: int
    parsed: int
    partial: int
    skipped: int
    edges_by_tier: dict[str, int]
    languages: tuple[LanguageCoverage, ...] = ()


class AnalysisRange(Struct, frozen=True):
    """The range as full ids; ``head`` may be ``staged`` or ``worktree``."""

    base: str
    head: str
    commits: tuple[Commit, ...]


class Command(Struct, frozen=True):
    """A command for a person to run, and what it does. Nothing here runs it."""

    argv: tuple[str, ...]
    what: str


Strategy = Literal[
    "none", "drop-branch", "revert-merge", "revert-commit", "revert-set", "whole-range"
]


class Advice(Struct, frozen=True):
    """The way to undo that fits the facts, and the exact commands.

    ``first`` is what has to happen before anything is reverted: a leaked secret is rotated. ``numbers``
    are the counts that the choice rests on.
    """

    strategy: Strategy
    why: str
    commands: tuple[Command, ...] = ()
    first: tuple[Command, ...] = ()
    numbers: dict[str, int] = {}


class Analysis(Struct, frozen=True):
    """Everything ``analyze`` found."""

    schema: str
    range: AnalysisRange
    changes: tuple[SymbolChange, ...]
    impact: tuple[Impact, ...]
    breaks: tuple[Break, ...]
    revert_set: RevertSet
    effects: tuple[Effect, ...]
    problems: tuple[FileProblem, ...]
    coverage: Coverage
    advice: Advice = Advice("none", "")
