"""What breaks if a commit goes: our answer beside a type checker's, on real history.

    python -m benchmarks.accuracy.reverts truth CLONE [CLONE ...] --checker TY -o truth.json
    python -m benchmarks.accuracy.reverts score truth.json [--wrong]

``truth`` takes any git directory of a typed Python project. At several points of its history it draws
commits (seeded) from the range behind that point, reverts each alone with real git in a scratch clone,
and runs the type checker ``ty`` before and after. The truth of a case is the set of files with errors
that were not there before, keyed by file, rule and message. ``score`` asks for the same reverts with
`blastradius` and compares sets of files; a case is dropped, and counted, when the two reverted trees
are not the same git tree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.accuracy.revert_cases import Case, Sampling, truths
from blastradius.api.answering import understand
from blastradius.api.undo import UndoWorld
from blastradius.api.workspace import Services, Workspace
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository


class Answer(Struct, frozen=True):
    """Our answer to one case: the files of certain breaks, and of likely ones too."""

    case: Case
    certain: frozenset[str]
    likely: frozenset[str]
    words: tuple[str, ...]


def answers(cases: Iterable[Case]) -> Iterator[Answer | None]:
    """Yield our answer to each case, None where our reverted tree is another one than git's."""
    grouped: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        grouped.setdefault((case.clone, case.base, case.head), []).append(case)
    for (clone, base, head), group in grouped.items():
        repository = Repository.open(clone)
        with Workspace.open(repository, None, Services(jobs=1)) as workspace:
            span = resolve_range(repository, f"{base}..{head}")
            history, split, _ = understand(workspace, span, "commit")
            world = UndoWorld(workspace, history, split)
            for case in group:
                tree = world.undo(frozenset({case.commit})).tree
                if tree is None or tree != case.tree:
                    yield None
                else:
                    yield _answer(case, world, tree)


def _answer(case: Case, world: UndoWorld, tree: str) -> Answer:
    dangling = world.look(tree).dangling
    ours = [one for one in dangling if one.path.endswith((".py", ".pyi"))]
    return Answer(
        case,
        frozenset(one.path for one in ours if one.tier == "certain"),
        frozenset(one.path for one in ours if one.tier != "heuristic"),
        tuple(
            f"{one.path}:{one.line} {one.tier} {one.reason} {one.kind} {one.symbol} needs "
            f"{one.needs} as {one.written}"
            for one in ours
        ),
    )


class Score(Struct):
    """Pairs of (revert, file), and reverts whose set of files is exactly right."""

    both: int = 0
    ours: int = 0
    theirs: int = 0
    exact: int = 0
    cases: int = 0
    noisy: int = 0
    noisy_exact: int = 0

    def add(self, ours: Collection[str], theirs: Collection[str]) -> None:
        """Count one case."""
        mine, truth = set(ours), set(theirs)
        self.both += len(mine & truth)
        self.ours += len(mine)
        self.theirs += len(truth)
        self.cases += 1
        self.exact += mine == truth
        self.noisy += bool(truth)
        self.noisy_exact += bool(truth) and mine == truth

    def row(self, name: str) -> str:
        """Return the line of a Markdown table."""
        return (
            f"| {name} | {self.cases} | {self.noisy} | {self.theirs} "
            f"| {_share(self.both, self.theirs)} | {_share(self.both, self.ours)} "
            f"| {_share(self.exact, self.cases)} | {_share(self.noisy_exact, self.noisy)} |"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def truth_files(case: Case, *, references: bool) -> set[str]:
    """Return the files of the new errors: of the reference rules alone, or of all."""
    return {one.path for one in case.errors if not references or one.is_reference}


def score(cases: Sequence[Case], *, wrong: bool) -> None:
    """Print the figures by project, and with ``wrong`` each case that is not exact."""
    measures = [
        (f"{rules}, {tiers}", references, tiers == "certain")
        for rules, references in (("reference rules", True), ("all rules", False))
        for tiers in ("certain", "certain + likely")
    ]
    scores: dict[tuple[str, str], Score] = {}
    dropped = 0
    for answer in answers(cases):
        if answer is None:
            dropped += 1
            continue
        project = Path(answer.case.clone.removesuffix("/repo")).name
        for name, references, certain in measures:
            truth = truth_files(answer.case, references=references)
            ours = answer.certain if certain else answer.likely
            for group in (project, "all"):
                scores.setdefault((name, group), Score()).add(ours, truth)
        if wrong:
            _tell(answer)
    print("| project | reverts | with errors | files | recall | precision | exact | of noisy |")
    print("|---|---|---|---|---|---|---|---|")
    for name, _, _ in measures:
        for (measure, group), one in scores.items():
            if measure == name and group != "all":
                print(one.row(f"{group}: {name}"))
        print(scores[name, "all"].row(f"**all**: {name}"))
    print(f"{dropped} reverts dropped: another tree than git's")


def _tell(answer: Answer) -> None:
    case = answer.case
    truth = truth_files(case, references=True)
    if answer.certain == truth:
        return
    print(f"## {case.clone} {case.commit[:12]} on {case.head[:12]} {case.subject}")
    for path in sorted(truth - answer.certain):
        print(f"  MISS {path}")
        errors = [e for e in case.errors if e.path == path and e.is_reference]
        for error in errors[:4]:
            print(f"       {error.line} {error.rule}: {error.message[:150]}")
        for text in [one for one in answer.words if one.startswith(f"{path}:")][:3]:
            print(f"       said: {text}")
    for path in sorted(answer.certain - truth):
        other = sorted({error.rule for error in case.errors if error.path == path})
        print(f"  FALSE {path} {' '.join(other)}")
        for text in [one for one in answer.words if one.startswith(f"{path}:")][:4]:
            print(f"       {text}")


def main() -> int:
    """Make the truth of cases, or score our answers against it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    truth = commands.add_parser("truth", help="draw reverts and ask the type checker")
    truth.add_argument("clone", nargs="+")
    truth.add_argument("--checker", default="ty", help="the program `ty`, in its environment")
    truth.add_argument("--environment", default="", help="where the checker finds other packages")
    truth.add_argument("-o", "--output", type=Path, required=True)
    for name, default in (
        ("points", 4),
        ("stride", 120),
        ("span", 60),
        ("skip", 5),
        ("each", 12),
        ("noisy", 0),
        ("first", 0),
    ):
        truth.add_argument(f"--{name}", type=int, default=default)
    truth.add_argument("--seed", type=int, default=2026)
    truth.add_argument("--subject", default="", help="how the subjects of drawn commits start")
    scoring = commands.add_parser("score", help="compare our answers with the truth")
    scoring.add_argument("truth", type=Path, nargs="+")
    scoring.add_argument("--wrong", action="store_true", help="tell each case that is not exact")
    given = parser.parse_args()
    if given.command == "truth":
        sampling = Sampling(
            given.points,
            given.stride,
            given.span,
            given.skip,
            given.each,
            given.noisy,
            given.seed,
            given.subject,
            given.first,
        )
        cases = [
            case
            for clone in given.clone
            for case in truths(clone, sampling, (given.checker, given.environment))
        ]
        given.output.write_bytes(msgspec.json.format(msgspec.json.encode(cases), indent=1))
        print(f"{len(cases)} reverts, {sum(bool(case.errors) for case in cases)} with new errors")
        return 0
    cases = [
        case
        for path in given.truth
        for case in msgspec.json.decode(path.read_bytes(), type=list[Case])
    ]
    score(cases, wrong=given.wrong)
    return 0


if __name__ == "__main__":
    sys.exit(main())
