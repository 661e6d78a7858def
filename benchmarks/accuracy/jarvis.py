"""Call edges on the applications of the JARVIS artifact.

    python -m benchmarks.accuracy.jarvis FOLDER [--show NAME]

FOLDER holds the artifact's ``dataset`` and ``ground_truth``; where it also has
``reproducing_RQ2``, the graphs that other tools made of the same applications are scored alike.

The truth (its "E.A." files: every function an entry, dependencies left out) lists calls by dotted
name: of functions, of builtins and of methods of builtin values, runs of class bodies, and imports.
Counted are the calls between what the application defines: the callee is a function or method, the
caller too, or a class or module. A name in the truth that no text defines is a slip and counts for
nobody; nor do lambdas, which the artifact names now with a number and now without.

The truth lists what syntax runs without saying so (a property that is read, an operator's method,
``str(x)``) here and there, mostly not. "Strict" takes it by its word: what it does not list is
wrong. In the other rows such an edge counts when the truth has it, and for nobody otherwise.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from benchmarks.accuracy.python_calls import Call, Graph, Score, read, scored
from blastradius.model.symbols import TIERS


class Application:
    """One application: the calls found, and the functions that it defines."""

    def __init__(self, folder: Path, listed: dict[str, list[str]]) -> None:
        tops = {name.partition(".")[0] for name in listed}
        sources = {path: source for path, source in read(folder).items() if _top(path) in tops}
        graph = Graph(sources)
        self.names, self.functions = graph.names(), graph.functions()
        self.implied = graph.implied()
        self.confidence = graph.confidence
        self.calls = {one: graph.calls[one] for one in self.counted(frozenset(graph.calls))}

    def counted(self, calls: frozenset[Call]) -> frozenset[Call]:
        """Return the calls between what the application itself defines."""
        return frozenset(
            one
            for one in calls
            if one.callee in self.functions and one.caller in self.names and "<" not in "".join(one)
        )

    def told(self, found: frozenset[Call], true: frozenset[Call]) -> frozenset[Call]:
        """Return the calls found without the implied ones that the truth has not."""
        return frozenset(one for one in found if one in true or one.callee not in self.implied)


def _sources(folder: Path) -> Path:
    return folder / "src" if (folder / "src").is_dir() else folder


def _top(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")


def load(path: Path) -> dict[str, list[str]]:
    """Return a call graph file: caller → callees."""
    listed: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
    return listed


def calls_of(listed: dict[str, list[str]]) -> frozenset[Call]:
    """Return the calls that a call graph file lists."""
    return frozenset(Call(caller, one) for caller, several in listed.items() for one in several)


class Tables:
    """The scores so far: of applications and tiers, of confidences, of other tools."""

    def __init__(self, artifact: Path) -> None:
        self._artifact = artifact
        self.rows: dict[str, Score] = defaultdict(Score)
        self.tiers: dict[str, Score] = defaultdict(Score)
        self.others: dict[str, Score] = defaultdict(Score)

    def application(self, name: str, *, show: bool) -> None:
        """Score one application."""
        listed = load(self._artifact / "ground_truth" / "macro_benchmark" / name / "EA.json")
        one = Application(
            _sources(self._artifact / "dataset" / "macro_benchmark" / "pj" / name), listed
        )
        true = one.counted(calls_of(listed))
        strict = frozenset(one.calls)
        found = one.told(strict, true)
        self.rows[name].add(scored(found, true))
        self.rows["all, strict"].add(scored(strict, true))
        for number, tier in enumerate(TIERS):
            upto = frozenset(call for call in found if TIERS.index(one.calls[call]) <= number)
            self.rows[f"all, up to {tier}"].add(scored(upto, true))
        for call in sorted(found):
            label = f"{one.calls[call]} {one.confidence[call]:.2f}"
            self.tiers[label].add(Score(int(call in true), int(call not in true), 0))
        made = self._artifact / "reproducing_RQ2" / "macro_benchmark" / name
        if not made.is_dir():
            made = made.with_name(name.lower())
        for path in sorted(made.glob("*/*_EA*.json")):
            theirs = one.counted(calls_of(load(path)))
            self.others[path.stem].add(scored(one.told(theirs, true), true))
        for call in sorted(found ^ true) if show else ():
            mark = "+" if call in found else "-"
            print(mark, f"{call.caller} -> {call.callee}", one.calls.get(call, ""))


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", help="print the edges of one application that differ")
    arguments = parser.parse_args()
    tables = Tables(arguments.folder)
    for truth in sorted((arguments.folder / "ground_truth" / "macro_benchmark").glob("*/EA.json")):
        tables.application(truth.parent.name, show=arguments.show == truth.parent.name)
    print("| application | precision | recall |\n|---|---|---|")
    for name, score in [*tables.rows.items(), *tables.others.items()]:
        print(score.row(name))
    print("\n| tier and confidence | precision |\n|---|---|")
    for name, score in sorted(tables.tiers.items()):
        print(f"| {name} | {score.precision():.3f} ({score.right}/{score.right + score.wrong}) |")


if __name__ == "__main__":
    main()
