"""Reverts that people made: our trees beside real git's, and our sets beside what they committed.

    python -m benchmarks.accuracy.historic find CLONE [CLONE ...] -o cases.json [--each 15]
    python -m benchmarks.accuracy.historic trick cases.json
    python -m benchmarks.accuracy.historic trees cases.json -o trees.jsonl
    python -m benchmarks.accuracy.historic sets cases.json -o sets.jsonl [--behind 60]
        [--each 20] [--trees trees.jsonl]
    python -m benchmarks.accuracy.historic table cases.json --trees trees.jsonl --sets sets.jsonl

A case is a commit R that says "This reverts commit X". ``trees`` undoes X on R's parent twice, with
`Scratch.revert` and with ``git revert`` in a scratch clone, and compares both with what R holds. ``sets``
asks `analyze` for the whole range from X on, has real git revert the set that it names in the order that
it names, and looks for the files that people touched besides. ``trick`` shows that ``git revert``
without a checkout gives what it gives with one. ``trees`` and ``sets`` append a line a case and leave
out what their file already has; ``--each`` keeps ``sets`` short, and with ``--trees`` the cases where git
conflicts or people touched further files are asked all the same. Clones are halved by a checksum of
their names: one half to be looked into, of the other (``apart``) only figures.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from shutil import rmtree
from subprocess import CalledProcessError
from types import FrameType
from typing import TypeVar

import msgspec

from benchmarks.accuracy.historic_answers import SetAnswer, TreeAnswer
from benchmarks.accuracy.historic_cases import (
    Clone,
    Reverting,
    Told,
    found,
    is_apart,
    text,
    touched,
)
from benchmarks.accuracy.historic_tables import show
from blastradius.api import analyze
from blastradius.errors import BlastRadiusError
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.model.analysis import Analysis
from blastradius.model.source import Commit

_Row = TypeVar("_Row", SetAnswer, TreeAnswer)


class TooLongError(Exception):
    """A case took longer than it may."""


def trees(cases: Sequence[Reverting], folder: Path) -> Iterator[TreeAnswer]:
    """Yield both trees of each case."""
    for clone, group in groupby(cases, key=lambda one: one.clone):
        name = folder / Path(clone).parent.name
        real = Clone(clone, name)
        with Scratch(Repository.open(clone)) as scratch:
            for case in group:
                yield _both(case, real, scratch)


def _both(case: Reverting, real: Clone, scratch: Scratch) -> TreeAnswer:
    real.start(case.parent)
    told = real.revert([(case.goal, case.mainline)])
    parents = tuple(text(case.clone, "log", "-1", "--format=%P", case.goal).split())
    commit = Commit(case.goal, parents, "", "", "")
    ours = scratch.revert(case.parent, commit, case.mainline or 1)
    before, people = (
        text(case.clone, "rev-parse", f"{one}^{{tree}}") for one in (case.parent, case.revert)
    )
    return TreeAnswer(
        case,
        told,
        Told(scratch.trees.tree_of(ours.tree) if ours.tree else "", ours.conflicts),
        before,
        people,
        touched(real.folder, case.parent, told.tree) if told.tree else (),
        touched(case.clone, case.parent, case.revert),
        touched(case.clone, case.parent, case.revert, only="A"),
    )


def trick(cases: Sequence[Reverting], folder: Path) -> None:
    """Print whether ``git revert`` gives the same without a checkout, and how long both take."""
    same = done = 0
    seconds = [0.0, 0.0]
    for number, case in enumerate(cases):
        results = []
        for sparse in (True, False):
            clone = Clone(case.clone, folder / f"{number}-{sparse}", sparse=sparse)
            start = time.perf_counter()
            try:
                clone.start(case.parent)
            except CalledProcessError:
                break  # The copy of the repository is not whole.
            told = clone.revert([(case.goal, case.mainline)])
            results.append((told.tree, told.conflicts))
            seconds[sparse] += time.perf_counter() - start
            rmtree(clone.folder)
        else:
            done += 1
            same += results[0] == results[1]
    print(
        f"{same} of {done} the same; {seconds[1]:.1f} s without a checkout, {seconds[0]:.1f} s with"
    )


def sets(cases: Sequence[Reverting], folder: Path, limit: int) -> Iterator[SetAnswer]:
    """Yield our answer to each case, and what real git makes of it."""
    for clone, group in groupby(cases, key=lambda one: one.clone):
        real = Clone(clone, folder / Path(clone).parent.name)
        for case in group:
            yield _set(case, real, limit)


def _set(case: Reverting, real: Clone, limit: int) -> SetAnswer:
    start = time.perf_counter()
    try:
        answer = _within(limit, lambda: _analysis(case, real))
    except TooLongError:
        return SetAnswer(case, f"longer than {limit} s", limit)
    except BlastRadiusError as error:
        return SetAnswer(case, f"{type(error).__name__}: {error}", time.perf_counter() - start)
    except Exception as error:  # noqa: BLE001 - a crash is a result of the benchmark
        return SetAnswer(
            case, f"CRASH {type(error).__name__}: {error}", time.perf_counter() - start
        )
    seconds = time.perf_counter() - start
    plan = answer.revert_set
    how = {one.id: one.how for one in plan.commits}
    steps = [(one, int(how[one] == "mainline")) for wave in plan.order for one in wave]
    real.start(case.parent)
    told = real.revert(steps) if plan.tree is not None else Told("")
    named: dict[str, list[str]] = {"file": [one.path for one in plan.files]}
    for mend in plan.fix_forward:
        named.setdefault(mend.kind, []).append(mend.path)
    named["review"] = [one.path for one in plan.review]
    named["break"] = [one.path for one in answer.breaks]
    return SetAnswer(
        case,
        "",
        round(seconds, 2),
        len(answer.range.commits),
        tuple(one.id for one in plan.commits),
        tuple(f"{one.id[:12]} {one.reason} {one.because}"[:300] for one in plan.commits),
        plan.proof.least,
        plan.proof.irreducible,
        plan.tree or "",
        told,
        len(steps),
        {kind: tuple(sorted(set(paths))) for kind, paths in named.items()},
        answer.advice.strategy,
    )


def _analysis(case: Reverting, real: Clone) -> Analysis:
    return analyze(
        real.folder, f"{case.goal}^..{case.parent}", undo=[case.goal], jobs=1, warn=lambda _: None
    )


_Result = TypeVar("_Result")


def _within(seconds: int, work: Callable[[], _Result]) -> _Result:
    """Do some work, and give it up after a time.

    Raises:
        TooLongError: it took longer.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        return work()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _asked(cases: Sequence[Reverting], trees: Sequence[TreeAnswer], each: int) -> list[Reverting]:
    """Return the first ``each`` cases of every clone, and those where git or people do more."""
    telling = {
        row.case
        for row in trees
        if row.git.conflicts or set(row.people_touched) - set(row.git_touched)
    }
    chosen: list[Reverting] = []
    for _, group in groupby(cases, key=lambda one: one.clone):
        every = list(group)
        chosen += every[:each] + [one for one in every[each:] if one in telling]
    return chosen


def _rows(path: Path, kind: type[_Row]) -> list[_Row]:
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=kind) for line in path.read_bytes().splitlines()]


def _append(path: Path, rows: Iterator[_Row]) -> None:
    with path.open("ab") as file:
        for row in rows:
            file.write(msgspec.json.encode(row) + b"\n")
            file.flush()


def main() -> int:
    """Find the cases, answer them, or print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    finding = commands.add_parser("find", help="find the reverts that people made")
    finding.add_argument("clone", nargs="+")
    finding.add_argument("--each", type=int, default=15, help="at most so many a clone")
    finding.add_argument("--seed", type=int, default=2026)
    finding.add_argument("-o", "--output", type=Path, required=True)
    for name, words in (
        ("trick", "compare real git with and without a checkout"),
        ("trees", "compare our trees with real git's"),
        ("sets", "ask for the sets"),
        ("table", "print the figures"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("cases", type=Path)
        command.add_argument("-o", "--output", type=Path)
        command.add_argument("--behind", type=int, default=60, help="longest range, in commits")
        command.add_argument("--limit", type=int, default=120, help="seconds a case")
        command.add_argument("--each", type=int, default=10**6, help="at most so many a clone")
        command.add_argument("--only", default="", help="a part of the clone's path")
        command.add_argument("--number", type=int, default=10**6)
        command.add_argument("--trees", type=Path)
        command.add_argument("--sets", type=Path)
        command.add_argument("--tell", action="store_true", help="tell the cases of the open half")
    given = parser.parse_args()
    if given.command == "find":
        every = [case for clone in given.clone for case in found(clone, given.each, given.seed)]
        given.output.write_bytes(msgspec.json.format(msgspec.json.encode(every), indent=1))
        print(f"{len(every)} reverts in {len({case.clone for case in every})} clones")
        return 0
    cases = msgspec.json.decode(given.cases.read_bytes(), type=list[Reverting])
    cases = sorted((one for one in cases if given.only in one.clone), key=lambda one: one.clone)
    with tempfile.TemporaryDirectory(prefix="historic-") as name:
        _do(given, cases, Path(name))
    return 0


def _do(given: argparse.Namespace, cases: list[Reverting], folder: Path) -> None:
    if given.command == "trick":
        trick(cases[:: max(1, len(cases) // given.number)], folder)
    elif given.command == "trees":
        known = {row.case for row in _rows(given.output, TreeAnswer)}
        _append(given.output, trees([one for one in cases if one not in known], folder))
    elif given.command == "sets":
        known = {row.case for row in _rows(given.output, SetAnswer)}
        asked = _asked(cases, _rows(given.trees, TreeAnswer) if given.trees else [], given.each)
        short = [one for one in asked if one.behind < given.behind and one not in known]
        _append(given.output, sets(short[: given.number], folder, given.limit))
    else:
        rows = _rows(given.trees, TreeAnswer)
        answers = _rows(given.sets, SetAnswer) if given.sets else []
        show(rows, answers, is_apart, tell=given.tell)


if __name__ == "__main__":
    sys.exit(main())
