"""Addresses of symbols, and the edges between them.

A symbol is ``<language>:<place>``: ``python:src/a.py#Connector.run``, ``sql:silver.oura_sleep.x``,
``yaml:config/x.yaml#sources[0].fields[2]``, ``file:path``.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Tier = Literal["certain", "likely", "heuristic"]
Outcome = Literal["resolved", "ambiguous", "external", "unresolved", "dynamic"]

TIERS: tuple[Tier, ...] = ("certain", "likely", "heuristic")
# The highest confidence that each tier may claim; a path is capped by its weakest edge's tier.
TIER_CAP: dict[Tier, float] = {"certain": 1.0, "likely": 0.95, "heuristic": 0.89}


def weakest(left: Tier, right: Tier) -> Tier:
    """Return the less certain of two tiers."""
    return left if TIERS.index(left) >= TIERS.index(right) else right


class Edge(Struct, frozen=True, array_like=True, gc=False):
    """``source`` depends on ``target``; ``path`` and ``line`` are the site that says so.

    ``needs`` is the name as the site writes it, for people.
    """

    source: str
    target: str
    kind: str
    tier: Tier
    confidence: float
    path: str
    line: int
    needs: str = ""


class Unresolved(Struct, frozen=True, array_like=True, gc=False):
    """A reference that no edge came of. ``internal`` means that it names a place in this tree.

    An internal unresolved reference dangles: the module or relation is ours, the name is not there.
    ``tier`` is how sure that is.
    """

    path: str
    line: int
    name: str
    outcome: Outcome
    internal: bool = False
    source: str = ""
    tier: Tier = "certain"


class Linked(Struct, frozen=True, array_like=True, gc=False):
    """What linking one file gave: its edges, and the references that led nowhere.

    ``resolved`` counts the references that became edges, for the honest ratio in the report.
    """

    edges: tuple[Edge, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    resolved: int = 0
