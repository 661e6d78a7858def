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
    ``needs_line``, ``commit`` (the one that cannot go without this one), ``text``.
    """

    id: str
    reason: str
    because: dict[str, str | int]


class RevertFile(Struct, frozen=True):
    """What happens to one path: revert (back to base), restore, delete, or edit (a part of it)."""

    path: str
    action: FileAction


class FixForward(Struct, frozen=True):
    """A place to mend by hand rather than to revert."""

    path: str
    line: int
    symbol: str
    why: str


class Proof(Struct, frozen=True):
    """What was checked on the reverted tree. None: not checked."""

    applies: bool | None = None
    parses: bool | None = None
    new_dangling: tuple[Break, ...] = ()
    irreducible: bool | Literal["not checked"] = "not checked"
    checked: tuple[str, ...] = ()


class RevertSet(Struct, frozen=True):
    """The least that must go together.

    ``goal`` is what was asked to go; ``order`` are leaf-first waves of commit ids; ``tree`` is the
    id of the reverted tree, None when it could not be made; ``conflicts`` are the paths where text
    merges remain. ``review`` holds breaks below the tier that forces a commit.
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
