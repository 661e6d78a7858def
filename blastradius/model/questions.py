"""The answers of ``impact``, ``why`` and ``graph``: their public JSON form is these types.

Keys are never dropped: an empty answer is an empty list. ``at`` says which tree was asked: the full
id of a commit, ``worktree``, or ``folder`` for a folder that git knows nothing of.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from blastradius.model.analysis import Coverage, FileProblem, Impact, WitnessStep
from blastradius.model.symbols import Tier

IMPACT_SCHEMA = "blastradius/impact/1"
WHY_SCHEMA = "blastradius/why/1"
GRAPH_SCHEMA = "blastradius/graph/1"

FOLDER = "folder"
Level = Literal["symbol", "file"]


class Node(Struct, frozen=True):
    """A symbol and where it is defined.

    ``path`` is empty and ``line`` 0 for what is used and defined nowhere in the tree, such as a table
    that something else fills. ``kind`` is that of `Definition`, or ``file``, ``macro``, ``name``.
    """

    id: str
    kind: str
    path: str
    line: int


class Mention(Struct, frozen=True):
    """A place that has a symbol's name as a word, and that no edge explains."""

    path: str
    line: int
    name: str


class ImpactAnswer(Struct, frozen=True):
    """What depends on something.

    Attributes:
        what: the question's word.
        target: the symbols that were meant, outermost first; what is inside them counts with them.
        impact: their dependents, nearest first: the entries from ``offset`` on, ``limit`` at most.
        total: how many dependents there are. by_distance: how many at each number of edges.
        mentions: where no dependent was found, places that might name the target all the same, the
            first hundred. mentioned: how many such places there are.
        limit: 0 for no bound.
        parts: what is inside the target and what a witness ends at.
    """

    schema: str
    at: str
    what: str
    target: tuple[Node, ...]
    impact: tuple[Impact, ...]
    total: int
    offset: int
    limit: int
    by_distance: dict[int, int]
    parts: tuple[Node, ...]
    mentions: tuple[Mention, ...]
    mentioned: int
    problems: tuple[FileProblem, ...]
    coverage: Coverage


class WhyAnswer(Struct, frozen=True):
    """How one thing depends on another.

    Attributes:
        source, target: the symbols that the two words name; a chain may start or end inside them.
        chain: the shortest chain of edges from source to target, of the most reliable among those;
            empty when the source does not depend on the target.
        tier, confidence: of the chain: its weakest edge's tier, the product capped by it; None and 0
            without a chain.
        surest: the most reliable chain where it is another one, else empty.
        reverse: the shortest chain from target to source.
        around: where there is no chain, the shortest from what the source is a part of, such as the
            relation of a column; empty when that depends on the target no more than it does.
        nodes: every symbol that the chains name.
        mentions: where there is no chain, places in the source's files that have the target's name
            as a word, the first hundred. mentioned: how many such places there are.
    """

    schema: str
    at: str
    source: Node
    target: Node
    chain: tuple[WitnessStep, ...]
    tier: Tier | None
    confidence: float
    surest: tuple[WitnessStep, ...]
    reverse: tuple[WitnessStep, ...]
    around: tuple[WitnessStep, ...]
    nodes: tuple[Node, ...]
    mentions: tuple[Mention, ...]
    mentioned: int
    problems: tuple[FileProblem, ...]
    coverage: Coverage


class GraphEdge(Struct, frozen=True):
    """``source`` depends on ``target``, as ``path:line`` says.

    Between files an edge stands for ``count`` edges of one kind: tier and confidence are those of the
    most reliable, and the place is the first.
    """

    source: str
    target: str
    kind: str
    tier: Tier
    confidence: float
    path: str
    line: int
    count: int = 1


class DependencyGraph(Struct, frozen=True):
    """The dependency graph of a tree, nodes by id, edges by source, target, kind and place."""

    schema: str
    at: str
    level: Level
    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]
    problems: tuple[FileProblem, ...]
    coverage: Coverage
