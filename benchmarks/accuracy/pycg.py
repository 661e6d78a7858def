"""Call edges on PyCG's micro-benchmark.

    python -m benchmarks.accuracy.pycg FOLDER [--show {dev,apart}]

FOLDER is a checkout of vitsalis/PyCG, or its ``micro-benchmark/snippets``. PyCG's own way to count
an edge is kept: equal dotted names of caller and callee, over all snippets. Its truth also has calls
of builtins and of external functions, which are no edge of a tree: they count as missed in the
first row ("all edges") and not at all in the others. Half of the snippets, by a checksum of
their names, was never looked into while the linker was written: the row "kept apart".
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from zlib import crc32

from benchmarks.accuracy.python_calls import Call, Graph, Score, read, scored
from blastradius.model.symbols import TIERS


def truth(path: Path) -> frozenset[Call]:
    """Return the calls that a snippet's ``callgraph.json`` lists."""
    listed: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
    return frozenset(Call(caller, one) for caller, several in listed.items() for one in several)


def is_apart(name: str) -> bool:
    """Tell whether the snippet was kept apart, by the checksum of ``category/snippet``."""
    return crc32(name.encode()) % 2 == 1


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", choices=("dev", "apart"), help="print the edges that differ")
    arguments = parser.parse_args()
    folder = arguments.folder
    if (folder / "micro-benchmark").is_dir():
        folder = folder / "micro-benchmark" / "snippets"
    rows: dict[str, Score] = defaultdict(Score)
    tiers: dict[str, Score] = defaultdict(Score)
    for listed in sorted(folder.glob("*/*/callgraph.json")):
        name = f"{listed.parent.parent.name}/{listed.parent.name}"
        graph = Graph(read(listed.parent))
        calls, true = frozenset(graph.calls), truth(listed)
        inner = frozenset(one for one in true if _is_inner(one, listed.parent))
        apart = is_apart(name)
        rows["all edges"].add(scored(calls, true))
        score = scored(calls, inner)
        rows["edges within the snippet"].add(score)
        rows["… of snippets kept apart" if apart else "… of snippets looked into"].add(score)
        rows[name.partition("/")[0]].add(score)
        for tier in TIERS:
            of_tier = frozenset(one for one in calls if graph.calls[one] == tier)
            tiers[tier].add(Score(len(of_tier & inner), len(of_tier - inner), 0))
        if arguments.show == ("apart" if apart else "dev") and calls != inner:
            for one in sorted(calls ^ inner):
                print(name, "+" if one in calls else "-", f"{one.caller} -> {one.callee}")
    print("| edges | precision | recall |\n|---|---|---|")
    for name, score in rows.items():
        print(score.row(name))
    print("\n| tier | precision |\n|---|---|")
    for name, score in tiers.items():
        print(f"| {name} | {score.precision():.3f} ({score.right}/{score.right + score.wrong}) |")


def _is_inner(call: Call, folder: Path) -> bool:
    """Tell whether the callee is in the snippet itself: no builtin, no package that is not there."""
    top = call.callee.partition(".")[0]
    return (folder / top).is_dir() or (folder / f"{top}.py").is_file()


if __name__ == "__main__":
    main()
