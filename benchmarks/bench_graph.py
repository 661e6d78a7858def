"""The graph core beside networkx and rustworkx, on the same seeded graphs in the same run.

    python benchmarks/bench_graph.py [--sizes 100000 1000000] [--rivals networkx rustworkx]

Each engine runs in a process of its own, so that its peak memory is its own
(interpreter and input, about 60 MB at a million nodes, included). Prints Markdown: milliseconds,
and the ratio to ours.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from typing import Any, cast

EDGES_A_NODE = 5
LEVELS = 100_000
TASKS = (
    "build",
    "full reach",
    "small reach",
    "components",
    "strongest",
    "deep reach",
    "deep waves",
)
Engine = Callable[[int, "array[int]", "array[int]", "array[int]"], None]


def skewed(nodes: int) -> tuple[array[int], array[int]]:
    """Return source and target of a random graph; small numbers have the greater in-degree."""
    rng = random.Random(nodes)
    edges = nodes * EDGES_A_NODE
    source = array("i", (int(rng.random() * nodes) for _ in range(edges)))
    target = array("i", (int(rng.random() ** 3 * nodes) for _ in range(edges)))
    return source, target


def clock(task: str, act: Callable[[], Any], repeat: int = 1) -> Any:  # noqa: ANN401 - any answer
    """Run ``act``, print the best time in ms, and return its answer."""
    best = float("inf")
    for _ in range(repeat):
        begun = time.perf_counter()
        answer = act()
        best = min(best, time.perf_counter() - begun)
    print(json.dumps([task, best * 1e3]), flush=True)
    return answer


def memory() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(nodes: int, source: array[int], target: array[int], chain: array[int]) -> None:
    """Measure the graph core."""
    from blastradius.graph.csr import Adjacency  # noqa: PLC0415 - only here may it use memory
    from blastradius.graph.order import waves  # noqa: PLC0415
    from blastradius.graph.reach import reach, strongest  # noqa: PLC0415
    from blastradius.graph.scc import components  # noqa: PLC0415

    graph = clock("build", lambda: Adjacency.build(nodes, source, target))
    found = clock("full reach", lambda: reach(graph.backward, [0]))
    print(json.dumps(["reached", len(found.order)]))
    clock("small reach", lambda: reach(graph.forward, [nodes - 1], max_depth=2), 9)
    clock("components", lambda: components(graph.forward))
    print(json.dumps(["memory", memory()]))
    grades = [(1.0, 0), (0.97, 0), (0.92, 1), (0.4, 2)]
    drawn = random.Random(1).choices(grades, k=len(source))
    confidence, rank = [one for one, _ in drawn], [tier for _, tier in drawn]
    clock("strongest", lambda: strongest(graph.backward, [0], confidence, rank))
    deep = Adjacency.build(len(chain) + 1, chain[:], array("i", (one + 1 for one in chain)))
    clock("deep reach", lambda: reach(deep.forward, [0]))
    clock("deep waves", lambda: waves(len(chain) + 1, chain, array("i", (x + 1 for x in chain))))


def networkx(nodes: int, source: array[int], target: array[int], chain: array[int]) -> None:
    """Measure networkx; its reach gives distances and parents, as ours does."""
    import networkx as nx  # noqa: PLC0415

    def build() -> Any:  # noqa: ANN401
        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        graph.add_nodes_from(range(nodes))
        graph.add_edges_from(zip(source, target, strict=True))
        return graph

    graph = clock("build", build)
    found = clock("full reach", lambda: dict(nx.bfs_edges(graph, 0, reverse=True)))
    del found
    clock("small reach", lambda: list(nx.bfs_edges(graph, nodes - 1, depth_limit=2)), 9)
    clock("components", lambda: list(nx.strongly_connected_components(graph)))
    print(json.dumps(["memory", memory()]))
    deep: nx.MultiDiGraph[int] = nx.MultiDiGraph((one, one + 1) for one in chain)
    clock("deep reach", lambda: list(nx.bfs_edges(deep, 0)))
    clock("deep waves", lambda: list(nx.topological_generations(nx.condensation(deep))))


def rustworkx(nodes: int, source: array[int], target: array[int], chain: array[int]) -> None:
    """Measure rustworkx; its reach gives the set of nodes only."""
    import rustworkx as rx  # noqa: PLC0415

    def build() -> Any:  # noqa: ANN401
        graph = rx.PyDiGraph(multigraph=True)
        graph.add_nodes_from(range(nodes))
        graph.add_edges_from_no_data(list(zip(source, target, strict=True)))
        return graph

    graph = clock("build", build)
    clock("full reach", lambda: rx.ancestors(graph, 0))
    clock("components", lambda: rx.strongly_connected_components(graph))
    print(json.dumps(["memory", memory()]))
    deep = rx.PyDiGraph()
    deep.add_nodes_from(range(len(chain) + 1))
    deep.add_edges_from_no_data([(one, one + 1) for one in chain])
    clock("deep reach", lambda: rx.descendants(deep, 0))
    clock("deep waves", lambda: rx.topological_generations(cast("Any", rx.condensation(deep))))


ENGINES: dict[str, Engine] = {"blastradius": ours, "networkx": networkx, "rustworkx": rustworkx}


def measured(engine: str, nodes: int) -> dict[str, float]:
    """Run one engine in a process of its own and return task → ms (memory in MB)."""
    run = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, __file__, "--engine", engine, "--sizes", str(nodes)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(line) for line in run.stdout.splitlines())


def report(nodes: int, engines: list[str]) -> None:
    """Print the table for one size."""
    found = {engine: measured(engine, nodes) for engine in engines}
    own = found["blastradius"]
    print(f"\n{nodes:,} nodes, {nodes * EDGES_A_NODE:,} edges; {int(own['reached']):,} reached\n")
    print(f"| ms | {' | '.join(engines)} |\n|---|{'---:|' * len(engines)}")
    for task in (*TASKS, "memory"):
        cells = []
        for engine in engines:
            value = found[engine].get(task)
            ratio = "" if engine == "blastradius" or not value else f" ({value / own[task]:.1f}×)"
            digits = 1 if value is None or value >= 1 else 3
            cells.append("–" if value is None else f"{value:,.{digits}f}{ratio}")
        print(f"| {'peak MB' if task == 'memory' else task} | {' | '.join(cells)} |")


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser(description="The graph core beside networkx and rustworkx.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rivals", nargs="*", default=["networkx", "rustworkx"])
    parser.add_argument("--engine", choices=sorted(ENGINES), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.engine is None:
        for nodes in asked.sizes:
            report(nodes, ["blastradius", *asked.rivals])
        return
    nodes = asked.sizes[0]
    source, target = skewed(nodes)
    ENGINES[asked.engine](nodes, source, target, array("i", range(LEVELS - 1)))


if __name__ == "__main__":
    main()
