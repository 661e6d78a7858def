"""Is our revert set the least there is: against all subsets of real ranges, judged by a type checker.

    python -m benchmarks.accuracy.least draw CLONE [CLONE ...] --checker TY -o least.jsonl
    python -m benchmarks.accuracy.least table least.jsonl [--tell]

The first-parent line of a clone is written anew as a linear history of changes of Python files (a
merged branch is one change). Of it short ranges are drawn (seeded), and goals of each: commits whose
revert alone conflicts at head first, then those whose revert leaves errors, then others.

A set is consistent when undoing it, newest first, merges cleanly and the type checker finds no error of
its reference rules (see `revert_cases`) that neither head nor base has. The sets that contain the goal
are tried by size, until a consistent one is found: that size is the minimum. Exact is an answer of ours
that is consistent and not larger.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from benchmarks.accuracy.historic_cases import Clone, is_apart, text, touched
from benchmarks.accuracy.revert_cases import Checker, Error, Found, _moves, _outside
from blastradius.api import analyze
from blastradius.errors import BlastRadiusError
from blastradius.git.repository import Repository
from blastradius.git.scratch import Scratch
from blastradius.model.source import Commit

_SHOWN = 20
_NONE: Error = ("", "", "")
_WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "n"), ("EMAIL", "n@n"), ("DATE", "1700000000 +0000"))
}


class Sampling(Struct, frozen=True):
    """How ranges and goals are drawn.

    ``points`` ranges a clone, ``stride`` changes apart, of ``span`` changes; of each range up to
    ``hard`` goals that conflict alone, ``broken`` that merge cleanly and leave errors, and ``easy``
    others; at most ``looks`` checks a goal.
    """

    points: int = 3
    stride: int = 60
    span: int = 9
    hard: int = 3
    broken: int = 1
    easy: int = 2
    looks: int = 40
    seed: int = 2026


class Least(Struct, frozen=True):
    """One goal: our set beside the least ones.

    ``alone`` is what the goal alone meets: text, reference or nothing; ``first`` are the errors then.
    ``least`` holds every consistent set of the smallest size, unless the search was given up, which
    ``proven`` tells. ``wrong`` are the errors of our set.
    """

    clone: str
    base: str
    head: str
    goal: str
    subject: str
    alone: str
    least: tuple[tuple[str, ...], ...]
    proven: bool
    first: tuple[Found, ...] = ()
    ours: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    consistent: bool = False
    wrong: tuple[Found, ...] = ()
    seconds: float = 0.0
    failed: str = ""

    @property
    def is_exact(self) -> bool:
        """Tell whether ours is consistent and no smaller one is."""
        return self.consistent and bool(self.least) and len(self.least[0]) == len(self.ours)


def linear(clone: str, folder: Path, number: int) -> list[str]:
    """Write the newest ``number`` changes of Python files as a linear history; return it, newest first.

    A change is a step on the first-parent line; what touches no Python file is part of the next one.
    """
    text(".", "clone", "-q", "--shared", "--bare", clone, str(folder))
    wanted = ("log", "--first-parent", f"-{number}", "--format=%T %s", "HEAD", "--", "*.py")
    rows = text(folder, *wanted).splitlines()
    known, tip, before = [], "", ""
    os.environ.update(_WHO)
    for row in reversed(rows):
        tree, _, subject = row.partition(" ")
        if tree == before:
            continue
        above = ("-p", tip) if tip else ()
        tip, before = text(folder, "commit-tree", tree, *above, "-m", subject or "-"), tree
        known.append(tip)
    text(folder, "update-ref", "--no-deref", "HEAD", tip)
    return known[::-1]


class Judge:
    """Tells which sets of one range are consistent; each tree is looked at once.

    Args:
        scratch: where trees are merged.
        tree: a work tree that the checker reads, over the scratch's objects.
        checker: the type checker.
        commits: the range, newest first.
        parents: commit → its parent.
    """

    def __init__(
        self,
        scratch: Scratch,
        tree: Path,
        checker: Checker,
        commits: Sequence[str],
        parents: dict[str, str],
    ) -> None:
        self._scratch, self.tree, self._checker = scratch, tree, checker
        self.commits, self._parents = commits, parents
        self._found: dict[str, tuple[Found, ...]] = {}
        self.head = commits[0]
        self.base = parents[commits[-1]]
        self._old: frozenset[Error] | None = None
        self._before: frozenset[Error] = frozenset()
        listed = (text(tree, "ls-tree", "-r", "--name-only", one) for one in (self.head, self.base))
        self._known = frozenset(path for told in listed for path in told.splitlines())
        self.looks = 0

    def tree_of(self, undone: frozenset[str]) -> str | None:
        """Return the tree without ``undone``, None where a merge conflicts."""
        tree = self.head
        for commit in self.commits:
            if commit in undone:
                one = Commit(commit, (self._parents[commit],), "", "", "")
                result = self._scratch.revert(tree, one)
                if result.tree is None:
                    return None
                tree = result.tree
        return self._scratch.trees.tree_of(tree)

    def wrong(self, tree: str) -> tuple[Found, ...]:
        """Return the reference errors of a tree that neither head nor base has."""
        known = self._found.get(tree)
        if known is None:
            self.looks += 1
            known = self._found[tree] = self._look(tree)
        return known

    def only_at_base(self) -> frozenset[Error]:
        """Return the errors that the range took away: of text as old as that, not of what is missing."""
        if self._old is None:
            head = self._errors_of(self.head)
            self._old = frozenset(one for one in self._errors_of(self.base) if one not in head)
        return self._old

    def is_known(self, tree: str) -> bool:
        """Tell whether a tree was looked at."""
        return tree in self._found

    def _look(self, tree: str) -> tuple[Found, ...]:
        if not self._before:
            self._before = frozenset(self._errors_of(self.head)) | {_NONE}
            self._before |= self.only_at_base()
        told = self._errors_of(tree)
        moved = _moves(self.tree, self.head, tree)
        before = {(moved.get(path, path), rule, words) for path, rule, words in self._before}
        before |= self._before
        found = (
            Found(path, rule, words, line, _outside(path, rule, words, self._known))
            for (path, rule, words), line in sorted(told.items())
            if (path, rule, words) not in before
        )
        return tuple(one for one in found if one.is_reference)

    def _errors_of(self, treeish: str) -> dict[Error, int]:
        text(self.tree, "read-tree", "--reset", "-u", treeish)
        return self._checker.errors()


def drawn(
    clone: str, sampling: Sampling, checker: tuple[str, str], truth: Mapping[str, Least]
) -> Iterator[Least]:
    """Yield the answers of one clone; goals that ``truth`` has are not searched again."""
    with tempfile.TemporaryDirectory(prefix="least-") as name:
        folder = Path(name)
        bare = folder / "bare.git"
        number = sampling.points * sampling.stride + sampling.span + 1
        line = linear(clone, bare, number)
        work = Clone(str(bare), folder / "work", sparse=False)
        parents = dict(pairwise(line))
        rng = random.Random(sampling.seed)
        for start in range(0, sampling.points * sampling.stride, sampling.stride):
            commits = line[start : start + sampling.span]
            if len(commits) < sampling.span or commits[-1] not in parents:
                return
            with Scratch(Repository.open(bare)) as scratch:
                lent = work.folder / ".git" / "objects" / "info" / "alternates"
                lent.write_text(f"{bare}/objects\n{scratch.folder}/git/objects\n")
                judge = Judge(
                    scratch, work.folder, Checker(*checker, work.folder), commits, parents
                )
                for goal in _goals(judge, work, commits, parents, sampling, rng):
                    known = truth.get(goal)
                    if known is None or not known.proven:
                        known = _searched(clone, judge, goal, sampling.looks)
                    yield _answered(known, judge, bare)


def _goals(
    judge: Judge,
    work: Clone,
    commits: Sequence[str],
    parents: dict[str, str],
    sampling: Sampling,
    rng: random.Random,
) -> list[str]:
    """Draw the goals; the newest commit is none, since nothing can depend on it."""
    usable = [
        commit
        for commit in commits[1:]
        if any(path.endswith(".py") for path in touched(work.folder, parents[commit], commit))
    ]
    rng.shuffle(usable)
    hard = [one for one in usable if judge.tree_of(frozenset({one})) is None]
    easy = [one for one in usable if one not in hard]
    broken: list[str] = []
    for one in easy:
        if len(broken) < sampling.broken and judge.wrong(judge.tree_of(frozenset({one})) or ""):
            broken.append(one)
    easy = [one for one in easy if one not in broken]
    return hard[: sampling.hard] + broken + easy[: sampling.easy]


def _searched(clone: str, judge: Judge, goal: str, looks: int) -> Least:
    """Return what holds of a goal, without an answer of ours."""
    judge.looks = 0
    single = judge.tree_of(frozenset({goal}))
    first = judge.wrong(single) if single else ()
    alone = "text" if single is None else "reference" if first else "nothing"
    least, proven = _least(judge, goal, looks)
    subject = text(judge.tree, "log", "-1", "--format=%s", goal)
    return Least(
        clone, judge.base, judge.head, goal, subject, alone, tuple(least), proven, first[:_SHOWN]
    )


def _answered(row: Least, judge: Judge, bare: Path) -> Least:
    """Return the row with our answer, judged."""
    start = time.perf_counter()
    try:
        plan = analyze(
            bare, f"{row.base}..{row.head}", undo=[row.goal], jobs=1, warn=lambda _: None
        ).revert_set
    except BlastRadiusError as error:
        return replace(row, failed=f"{type(error).__name__}: {error}", ours=())
    except Exception as error:  # noqa: BLE001 - a crash is a result of the benchmark
        return replace(row, failed=f"CRASH {type(error).__name__}: {error}", ours=())
    ours = tuple(one.id for one in plan.commits)
    wrong: tuple[Found, ...] = ()
    consistent = any(set(ours) == set(one) for one in row.least)
    if not consistent:
        tree = judge.tree_of(frozenset(ours))
        wrong = judge.wrong(tree) if tree else ()
        consistent = bool(tree) and not wrong
    return replace(
        row,
        ours=ours,
        reasons=tuple(f"{one.id[:12]} {one.reason} {one.because}"[:400] for one in plan.commits),
        consistent=consistent,
        wrong=wrong[:_SHOWN],
        seconds=round(time.perf_counter() - start, 2),
        failed="",
    )


def _least(judge: Judge, goal: str, looks: int) -> tuple[list[tuple[str, ...]], bool]:
    """Return every consistent set of the smallest size, and whether the search came to its end."""
    others = [commit for commit in judge.commits if commit != goal]
    for size in range(len(judge.commits)):
        found: list[tuple[str, ...]] = []
        for more in combinations(others, size):
            tree = judge.tree_of(frozenset((goal, *more)))
            if tree is None:
                continue
            if judge.looks >= looks and not judge.is_known(tree):
                return found, False
            if not judge.wrong(tree):
                found.append((goal, *more))
        if found:
            return found, True
    return [], True


def show(rows: Sequence[Least], *, tell: bool) -> None:
    """Print the figures, and with ``tell`` each case of the open half that is not exact."""
    print(
        "| | goals | answered | consistent | exact minimum | larger | smaller or not consistent |"
    )
    print("|---|---|---|---|---|---|---|")
    groups = {
        "all": rows,
        "minimum 1": [row for row in rows if row.least and len(row.least[0]) == 1],
        "minimum 2 or more": [row for row in rows if row.least and len(row.least[0]) > 1],
        "first obstacle text": [row for row in rows if row.alone == "text"],
        "first obstacle a reference": [row for row in rows if row.alone == "reference"],
        "looked into": [row for row in rows if not is_apart(row.clone)],
        "kept apart": [row for row in rows if is_apart(row.clone)],
    }
    for name, every in groups.items():
        group = [row for row in every if row.proven]
        exact = sum(row.is_exact for row in group)
        sound = sum(row.consistent for row in group)
        larger = sum(row.consistent and len(row.ours) > len(row.least[0]) for row in group)
        share = f"{exact / len(group):.3f} ({exact}/{len(group)})" if group else "–"
        print(
            f"| {name} | {len(group)} | {sum(not row.failed for row in group)} | {sound} "
            f"| {share} | {larger} | {len(group) - sound} |"
        )
    print(f"{sum(not row.proven for row in rows)} more goals took too many checks")
    sizes = [len(row.least[0]) for row in rows if row.least and row.proven]
    print("minimum sizes:", {size: sizes.count(size) for size in sorted(set(sizes))})
    print(f"{len({row.clone for row in rows})} clones, {len({row.head for row in rows})} ranges")
    for row in rows if tell else ():
        if not row.is_exact and row.proven and not is_apart(row.clone):
            _tell(row)


def _tell(row: Least) -> None:
    print(f"## {row.clone} {row.goal[:12]} on {row.head[:12]} {row.subject} {row.failed}")
    print(f"   alone: {row.alone}; ours {len(row.ours)}, consistent {row.consistent}")
    for one in row.first[:3]:
        print(f"   alone {one.path}:{one.line} {one.rule}: {one.message[:150]}")
    for least in row.least[:3]:
        print("   least:", " ".join(commit[:12] for commit in least))
    for reason in row.reasons:
        print(f"   ours: {reason}")
    for error in row.wrong[:5]:
        print(f"   wrong: {error.path}:{error.line} {error.rule}: {error.message[:150]}")


def _rows(path: Path | None) -> list[Least]:
    lines = path.read_bytes().splitlines() if path is not None else []
    return [msgspec.json.decode(line, type=Least) for line in lines]


def main() -> int:
    """Draw goals and answer them, or print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="draw goals, answer them, try every subset")
    draw.add_argument("clone", nargs="+")
    draw.add_argument("--checker", default="ty", help="the program `ty`, in its environment")
    draw.add_argument("--environment", default="", help="where the checker finds other packages")
    draw.add_argument("-o", "--output", type=Path, required=True)
    draw.add_argument(
        "--truth", type=Path, help="an earlier output: what is searched stays as it is"
    )
    for name in Sampling.__struct_fields__:
        draw.add_argument(f"--{name}", type=int, default=getattr(Sampling(), name))
    table = commands.add_parser("table", help="print the figures")
    table.add_argument("rows", type=Path)
    table.add_argument("--tell", action="store_true", help="tell what is not exact")
    given = parser.parse_args()
    if given.command == "table":
        show(_rows(given.rows), tell=given.tell)
        return 0
    sampling = Sampling(*(getattr(given, name) for name in Sampling.__struct_fields__))
    truth = {row.goal: row for row in _rows(given.truth)}
    with given.output.open("wb") as file:
        for clone in given.clone:
            for row in drawn(clone, sampling, (given.checker, given.environment), truth):
                file.write(msgspec.json.encode(row) + b"\n")
                file.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
