"""What a bridge finds: edges and references that led nowhere, each with how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved


class Sure(NamedTuple):
    """A tier and a confidence within it."""

    tier: Tier
    confidence: float


EXPLICIT = Sure("certain", 0.98)
"""The text names the thing, by the rules of its format, and the thing is there."""
INFERRED = Sure("likely", 0.92)
"""One candidate, found by a convention that the text itself does not spell out."""
GUESS = Sure("heuristic", 0.6)
"""Several candidates, or a convention that not everybody follows."""


class Site(NamedTuple):
    """Where a reference stands, and how it is written."""

    symbol: str
    path: str
    line: int
    written: str = ""


@dataclass(slots=True)
class Found:
    """The edges and the unresolved references of one bridge."""

    edges: dict[tuple[str, str, str, str, int], Edge] = field(default_factory=dict)
    missing: dict[Unresolved, None] = field(default_factory=dict)

    def edge(self, site: Site, target: str, kind: str, sure: Sure) -> None:
        """Add an edge from the site's symbol to ``target``; the surest of equal ones stays."""
        if site.symbol == target:
            return
        key = (site.symbol, target, kind, site.path, site.line)
        known = self.edges.get(key)
        if known is None or known.confidence < sure.confidence:
            self.edges[key] = Edge(
                site.symbol,
                target,
                kind,
                sure.tier,
                sure.confidence,
                site.path,
                site.line,
                site.written,
            )

    def miss(self, site: Site, *, internal: bool = False, outcome: Outcome = "unresolved") -> None:
        """Add a reference that names nothing here; ``internal``: it should be in this tree."""
        one = Unresolved(
            site.path, site.line, site.written, outcome, internal=internal, source=site.symbol
        )
        self.missing.setdefault(one)

    def linked(self) -> Linked:
        """Return what was found, in the order of finding."""
        return Linked(tuple(self.edges.values()), tuple(self.missing), len(self.edges))
