"""Gathers edges, one for each (source, target, kind, place)."""

from __future__ import annotations

from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

# Confidence by tier, within the bands of `model.symbols.TIER_CAP`.
_SURE: dict[Tier, float] = {"certain": 0.99, "likely": 0.92, "heuristic": 0.6}


class Edges:
    """The edges and dangling references that are found."""

    def __init__(self) -> None:
        self._edges: dict[tuple[str, str, str, str, int], Edge] = {}
        self._lost: dict[Unresolved, None] = {}
        self.disabled: set[str] = set()
        """Symbols that the project's configuration takes out: none of their edges is certain."""

    def add(
        self,
        source: str,
        target: str,
        kind: str,
        path: str,
        line: int,
        tier: Tier = "certain",
        needs: str = "",
    ) -> None:
        """Add an edge from ``path:line``; the first of two alike stays."""
        if source != target:
            if source in self.disabled and tier == "certain":
                tier = "likely"
            named = needs or target.partition(":")[2]
            edge = Edge(source, target, kind, tier, _SURE[tier], path, max(line, 1), named)
            self._edges.setdefault((source, target, kind, path, line), edge)

    def lost(
        self, path: str, line: int, name: str, source: str, outcome: Outcome = "unresolved"
    ) -> None:
        """Note a reference that leads nowhere: to a place of this tree, if it is unresolved."""
        internal = outcome == "unresolved"
        self._lost.setdefault(Unresolved(path, max(line, 1), name, outcome, internal, source))

    def linked(self) -> Linked:
        """Return all, in the order of finding."""
        return Linked(tuple(self._edges.values()), tuple(self._lost), len(self._edges))
