"""``impact``, ``why`` and ``dependency_graph``: questions about one tree rather than about a range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from blastradius.api.asked import Tree, tree_asked
from blastradius.api.chains import Chain, chain_between
from blastradius.api.graphs import file_graph, symbol_graph
from blastradius.api.mentions import mentions_of
from blastradius.api.targets import Names, Target
from blastradius.api.workspace import Progress, Services, Warn
from blastradius.changes.impact import reached
from blastradius.config import Config
from blastradius.errors import UsageError
from blastradius.index.graph import CONTAINS, Graph
from blastradius.model.analysis import Impact
from blastradius.model.questions import (
    GRAPH_SCHEMA,
    IMPACT_SCHEMA,
    WHY_SCHEMA,
    DependencyGraph,
    ImpactAnswer,
    Level,
    Mention,
    WhyAnswer,
)
from blastradius.model.symbols import TIERS

MOST_MENTIONS = 100


def impact(  # noqa: PLR0913 - the options of one call, all by keyword
    repo: str | Path,
    what: str,
    *,
    at: str | None = None,
    worktree: bool = False,
    edge: Sequence[str] = (),
    depth: int | None = None,
    min_confidence: float | None = None,
    limit: int = 0,
    offset: int = 0,
    config: Config | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> ImpactAnswer:
    """Say what depends on a thing, directly and through others, each with its witness.

    Args:
        repo: a folder of the repository, or a plain folder.
        what: a symbol, path, ``path:line``, ``path#name``, dotted name, table, column or bare name.
        at: the revision to ask; None for HEAD.
        worktree: ask what is on disk now instead.
        edge: follow edges of these kinds only; empty for all. Containment is always followed.
        depth: longest chain, in edges; None: as configured.
        min_confidence: leave out dependents below it (0-1); None: as configured.
        limit: at most so many dependents; 0 for all.
        offset: leave out so many of the first.
        config: replaces the repository's own configuration.
        jobs: processes for a cold index; None for one a core.
        cache: keep facts in the repository's git directory.
        progress: called with (stage, done, total).
        warn: called with one line of text.

    Raises:
        UsageError: ``what`` names nothing, or several things; the options exclude each other.
        RangeError: there is no such revision.
        RepositoryError: nothing is there, or it cannot be read.
        ConfigError: the configuration has a mistake.
    """
    services = Services(progress, warn, jobs, cache)
    with tree_asked(repo, at=at, worktree=worktree, config=config, services=services) as tree:
        _tell_unknown_kinds(tree, edge, warn)
        longest = tree.config.depth if depth is None else depth
        least = tree.config.min_confidence if min_confidence is None else min_confidence
        return _impact(tree, what, _Bounds(edge, longest, least), (offset, limit))


def why(  # noqa: PLR0913 - as impact
    repo: str | Path,
    source: str,
    target: str,
    *,
    at: str | None = None,
    worktree: bool = False,
    edge: Sequence[str] = (),
    depth: int | None = None,
    min_confidence: float | None = None,
    config: Config | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> WhyAnswer:
    """Say how ``source`` depends on ``target``: the shortest chain of edges between them.

    Args:
        repo: a folder of the repository, or a plain folder.
        source: what depends; as ``what`` of `impact`.
        target: what it depends on.
        at: the revision to ask; None for HEAD.
        worktree: ask what is on disk now instead.
        edge: follow edges of these kinds only; empty for all. Containment is always followed.
        depth: longest chain, in edges; None for no bound.
        min_confidence: follow no edge below it (0-1).
        config: replaces the repository's own configuration.
        jobs: processes for a cold index; None for one a core.
        cache: keep facts in the repository's git directory.
        progress: called with (stage, done, total).
        warn: called with one line of text.

    Raises:
        UsageError: as `impact`; also when one is a part of the other.
        RangeError: as `impact`, like the rest.
    """
    services = Services(progress, warn, jobs, cache)
    with tree_asked(repo, at=at, worktree=worktree, config=config, services=services) as tree:
        _tell_unknown_kinds(tree, edge, warn)
        return _why(tree, source, target, _Bounds(edge, depth, min_confidence or 0.0))


def dependency_graph(  # noqa: PLR0913 - as impact
    folder: str | Path,
    *,
    level: Level = "symbol",
    edge: Sequence[str] = (),
    min_confidence: float | None = None,
    at: str | None = None,
    worktree: bool = False,
    config: Config | None = None,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> DependencyGraph:
    """Return the dependency graph of a folder: a repository, a folder of one, or a plain folder.

    Paths are relative to the folder, and what is outside it is not looked at.

    Args:
        folder: the folder.
        level: ``symbol``, or ``file`` for one node a file and one edge a pair of files and kind.
        edge: edges of these kinds only; empty for all.
        min_confidence: leave out edges below it (0-1).
        at: the revision to ask; None for HEAD.
        worktree: ask what is on disk now instead.
        config: replaces the folder's own configuration.
        jobs: processes for a cold index; None for one a core.
        cache: keep facts in the repository's git directory.
        progress: called with (stage, done, total).
        warn: called with one line of text.

    Raises:
        UsageError: the options exclude each other, or the folder is not git's.
        RangeError: there is no such revision, or no such folder in it.
        RepositoryError: nothing is there, or it cannot be read.
        ConfigError: the configuration has a mistake.
    """
    services = Services(progress, warn, jobs, cache)
    with tree_asked(
        folder, at=at, worktree=worktree, whole=False, config=config, services=services
    ) as tree:
        _tell_unknown_kinds(tree, edge, warn)
        names = Names(tree)
        build = file_graph if level == "file" else symbol_graph
        nodes, edges = build(tree.snapshot, names.node, frozenset(edge), min_confidence or 0.0)
        return DependencyGraph(
            GRAPH_SCHEMA, tree.at, level, nodes, edges, tree.problems(), tree.coverage()
        )


class _Bounds(NamedTuple):
    """How far to look: over which kinds of edges, how long a chain, how sure at least."""

    edge: Sequence[str]
    depth: int | None
    least: float


def _impact(tree: Tree, what: str, bounds: _Bounds, page: tuple[int, int]) -> ImpactAnswer:
    """Answer `impact`; ``page`` is how many dependents to leave out, and how many to list."""
    names = Names(tree)
    target = names.target(what)
    graph = _of_kinds(tree, bounds.edge)
    found = [
        one
        for one in reached(tree.snapshot, graph, target.symbols, bounds.depth)
        if one.symbol not in target.symbols and one.confidence >= bounds.least
    ]
    found.sort(key=_nearest_first)
    mentions = [] if found else mentions_of(tree, target)
    offset, limit = page
    listed = found[offset : offset + limit if limit else None]
    ends = {one.witness[-1].target for one in listed} - {one.id for one in target.nodes}
    return ImpactAnswer(
        schema=IMPACT_SCHEMA,
        at=tree.at,
        what=what,
        target=target.nodes,
        impact=tuple(listed),
        total=len(found),
        offset=offset,
        limit=limit,
        by_distance=dict(sorted(Counter(one.distance for one in found).items())),
        parts=tuple(names.node(one) for one in sorted(ends)),
        mentions=tuple(mentions[:MOST_MENTIONS]),
        mentioned=len(mentions),
        problems=tree.problems(),
        coverage=tree.coverage(),
    )


def _why(tree: Tree, source: str, target: str, bounds: _Bounds) -> WhyAnswer:
    names = Names(tree)
    start, goal = names.target(source), names.target(target)
    if not start.symbols.isdisjoint(goal.symbols):
        raise UsageError(
            f"{source!r} and {target!r} are the same, or one is a part of the other",
            "name two things that stand apart",
        )
    graph = _of_kinds(tree, bounds.edge, bounds.least)
    chain = chain_between(graph, start.symbols, goal.symbols, bounds.depth)
    back = chain_between(graph, goal.symbols, start.symbols, bounds.depth)
    mentions: list[Mention] = []
    around = Chain()
    if not chain.steps:
        mentions = mentions_of(tree, goal, {node.path for node in start.nodes if node.path})
        around = _around(names, graph, start, goal, bounds.depth)
    return WhyAnswer(
        schema=WHY_SCHEMA,
        at=tree.at,
        source=start.nodes[0],
        target=goal.nodes[0],
        chain=chain.steps,
        tier=chain.tier,
        confidence=chain.confidence,
        surest=chain.surest,
        reverse=back.steps,
        around=around.steps,
        nodes=tuple(names.node(one) for one in _symbols_of(chain, back, around)),
        mentions=tuple(mentions[:MOST_MENTIONS]),
        mentioned=len(mentions),
        problems=tree.problems(),
        coverage=tree.coverage(),
    )


def _tell_unknown_kinds(tree: Tree, kinds: Sequence[str], warn: Warn | None) -> None:
    """Warn of a kind that no edge has: a typo would otherwise look like an empty answer."""
    if not kinds or warn is None:
        return
    known = sorted({edge.kind for edge in tree.snapshot.graph.edges})
    for kind in sorted(set(kinds) - set(known)):
        there = f"there are {', '.join(known)}" if known else "there are no edges at all"
        warn(f"no edge of this tree is of the kind {kind!r}: {there}")


def _of_kinds(tree: Tree, kinds: Sequence[str], least: float = 0.0) -> Graph:
    """Return the graph less edges of other kinds and those below a confidence.

    What contains something is part of how a tree is built: such edges are always followed.
    """
    if not kinds and not least:
        return tree.snapshot.graph
    wanted = {*kinds, CONTAINS}
    return Graph(
        edge
        for edge in tree.snapshot.graph.edges
        if (not kinds or edge.kind in wanted) and edge.confidence >= least
    )


def _around(names: Names, graph: Graph, start: Target, goal: Target, depth: int | None) -> Chain:
    """Return the chain from the least thing around the source that depends on the target."""
    for outer in names.around(start.nodes[0].id):
        whole = names.whole([outer])
        if not whole.symbols.isdisjoint(goal.symbols):
            break
        chain = chain_between(graph, whole.symbols, goal.symbols, depth)
        if chain.steps:
            return chain
    return Chain()


def _nearest_first(one: Impact) -> tuple[int, int, str, int, str]:
    return one.distance, TIERS.index(one.tier), one.path, one.line, one.symbol


def _symbols_of(*chains: Chain) -> list[str]:
    steps = [step for one in chains for step in (*one.steps, *one.surest)]
    return sorted({end for step in steps for end in (step.source, step.target)})


__all__ = ["dependency_graph", "impact", "why"]
