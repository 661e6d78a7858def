"""The least set of commits that must go together: a closure, computed by undoing and looking.

Every constraint has one antecedent ("commit A cannot go without commit B"), so the closed sets are
closed under intersection and the least one that contains the goal is unique: start from the goal,
add what the constraints of the present set demand, until nothing is added (Chianti's closure over
atomic changes; the same argument as for Horn clauses). Which constraints hold is asked of a `World`
that really merges and really looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from blastradius.errors import NoConsistentPlanError


class Demand(Struct, frozen=True):
    """Commit ``commit`` cannot go unless ``needs`` goes too, and why."""

    commit: str
    needs: str
    reason: str
    because: dict[str, str | int]


class World(Protocol):
    """What selection asks of the repository."""

    def text_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return what the three-way merges of undoing ``undone`` demand; empty: they are clean."""
        ...

    def reference_demands(self, undone: frozenset[str]) -> Sequence[Demand]:
        """Return what the references of the reverted tree demand; only asked when text is clean."""
        ...


class Selection(Struct, frozen=True):
    """The closed set, goal included, and for each commit drawn in the demand that drew it."""

    commits: frozenset[str]
    drawn: tuple[Demand, ...]


def select(goal: Iterable[str], keep: Iterable[str], world: World) -> Selection:
    """Return the least closed set that contains ``goal``.

    Args:
        goal: ids of the commits that shall go.
        keep: ids of the commits that must stay.
        world: answers which constraints hold.

    Raises:
        NoConsistentPlanError: the closure of the goal contains a commit that must stay.
    """
    wanted = frozenset(goal)
    forbidden = frozenset(keep)
    if both := sorted(wanted & forbidden):
        raise NoConsistentPlanError(
            f"commit {both[0][:12]} is asked to go and to stay",
            "drop it from --undo or from --keep",
        )
    undone = wanted
    drawn: dict[str, Demand] = {}
    while True:
        demands = world.text_demands(undone) or world.reference_demands(undone)
        fresh = [demand for demand in demands if demand.needs not in undone]
        if not fresh:
            return Selection(undone, tuple(drawn.values()))
        for demand in fresh:
            drawn.setdefault(demand.needs, demand)
            if demand.needs in forbidden:
                raise NoConsistentPlanError(
                    f"commit {demand.needs[:12]} must stay, but cannot: "
                    + " ← ".join(_chain(demand, drawn)),
                    "keep less, or undo less",
                )
        undone = undone | {demand.needs for demand in fresh}


def _chain(demand: Demand, drawn: dict[str, Demand]) -> list[str]:
    """Return the demands from the goal down to the forbidden commit, in words."""
    steps = [demand]
    while steps[-1].commit in drawn and len(steps) <= len(drawn):
        steps.append(drawn[steps[-1].commit])
    return [
        f"{step.commit[:12]} cannot go without {step.needs[:12]} ({step.reason}"
        + (
            f", {step.because['path']}:{step.because.get('line', 0)}"
            if "path" in step.because
            else ""
        )
        + ")"
        for step in reversed(steps)
    ]
