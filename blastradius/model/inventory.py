"""What a range touched, by domain: the code itself, and its traces outside of git."""

from __future__ import annotations

from msgspec import Struct

from blastradius.model.analysis import Effect, FileProblem

SCHEMA = "blastradius/inventory/1"
CODE = "code"
"""The domain of what git itself undoes."""


class DomainSummary(Struct, frozen=True):
    """How many effects a range has in one domain, and how many of them can be taken back how."""

    domain: str
    effects: int
    reversible: int
    compensatable: int
    irreversible: int


class Inventory(Struct, frozen=True):
    """Every domain that a range touched.

    Attributes:
        schema: `SCHEMA`.
        base: the commit before the range, full id.
        head: the commit at its end, or ``staged`` or ``worktree``.
        commits: how many it has.
        files: how many files differ.
        domains: a line for each, by name, the code first.
        effects: all of them in that order: what, evidence, inverse, whether that is exact, how to check.
        irreversible: those that nothing takes back; the inverse says what is left to do.
        problems: what could not be looked at.
    """

    schema: str
    base: str
    head: str
    commits: int
    files: int
    domains: tuple[DomainSummary, ...]
    effects: tuple[Effect, ...]
    irreversible: tuple[Effect, ...]
    problems: tuple[FileProblem, ...]
