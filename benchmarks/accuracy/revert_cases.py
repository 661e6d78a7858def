"""Reverts of real commits, and what a type checker says of each: the truth that `reverts` scores by."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec import Struct

# Rules of ty that say "what this names is not there", or "this call no longer fits".
REFERENCE_RULES = frozenset(
    {
        "import-not-found",
        "missing-argument",
        "missing-attribute",
        "parameter-already-assigned",
        "positional-only-parameter-as-kwarg",
        "possibly-missing-import",
        "possibly-missing-submodule",
        "too-many-positional-arguments",
        "unknown-argument",
        "unresolved-attribute",
        "unresolved-global",
        "unresolved-import",
        "unresolved-reference",
    }
)
Error = tuple[str, str, str]


class Found(Struct, frozen=True):
    """One error that the revert brought, as the checker tells it.

    ``outside``: it is about a module that no path of the tree has the name of.
    """

    path: str
    rule: str
    message: str
    line: int
    outside: bool = False

    @property
    def is_reference(self) -> bool:
        """Tell whether a name of this tree is missing, or a call no longer fits.

        An attribute of ``None`` is a finding about types: a value may be absent.
        """
        return self.rule in REFERENCE_RULES and not self.outside and "`None`" not in self.message


class Case(Struct, frozen=True):
    """One revert: ``commit`` undone on ``head``; ``tree`` is the id of what git made of it."""

    clone: str
    base: str
    head: str
    commit: str
    subject: str
    tree: str
    errors: tuple[Found, ...]


class Sampling(Struct, frozen=True):
    """How cases are drawn.

    ``points`` heads, ``stride`` first-parent commits apart from the ``first`` on, each with the
    ``span`` commits behind it, of which the newest ``skip`` are left out and ``each`` are taken, and
    then up to ``noisy`` more that bring errors of the reference rules. With ``subject`` only commits
    are drawn whose subject starts so.
    """

    points: int
    stride: int
    span: int
    skip: int
    each: int
    noisy: int
    seed: int
    subject: str = ""
    first: int = 0


def git(folder: Path, *args: str, check: bool = True) -> str:
    """Run git in ``folder`` and return what it printed; empty when it fails and may.

    Raises:
        CalledProcessError: git failed and ``check`` is set.
    """
    finished = subprocess.run(  # noqa: S603 - an argument list, on a clone that the caller named
        ["git", "-C", str(folder), *args],  # noqa: S607 - git as the user has it
        check=check,
        capture_output=True,
        text=True,
        errors="replace",
    )
    return finished.stdout.strip() if finished.returncode == 0 else ""


class Checker:
    """A type checker over one work tree."""

    def __init__(self, program: str, environment: str, tree: Path) -> None:
        self._argv = [program, "check", "--output-format", "gitlab", "--exit-zero"]
        self._argv += ["--python-platform", "linux"]
        self._argv += ["--python", environment] if environment else []
        self._tree = tree

    def errors(self) -> dict[Error, int]:
        """Return (path, rule, message) → first line of every error; warnings are left out."""
        finished = subprocess.run(  # noqa: S603 - the checker that the caller named
            self._argv, cwd=self._tree, capture_output=True, text=True, check=False
        )
        try:
            told = json.loads(finished.stdout)
        except json.JSONDecodeError:
            raise SystemExit(finished.stderr[-2000:] or "the checker said nothing") from None
        found: dict[Error, int] = {}
        for one in told:
            if one["severity"] in {"major", "critical", "blocker"}:
                place = one["location"]
                rule = one["check_name"]
                message = one["description"].removeprefix(f"{rule}: ")
                line = place.get("positions", {}).get("begin", {}).get("line", 0)
                found.setdefault((place["path"], rule, message), line)
        return found


def draw(folder: Path, sampling: Sampling) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (base, head, commits to revert), newest head first."""
    line = git(folder, "rev-list", "--first-parent", "HEAD").split()
    rng = random.Random(sampling.seed)
    for point in range(sampling.points):
        start = sampling.first + point * sampling.stride
        if start + sampling.span >= len(line):
            return
        head, base = line[start], line[start + sampling.span]
        called = f"--grep=^{sampling.subject}"
        inside = git(
            folder, "rev-list", "--no-merges", called, f"{base}..{head}", "--", "*.py"
        ).split()
        recent = set(git(folder, "rev-list", f"-{sampling.skip}", head).split())
        candidates = [commit for commit in inside if commit not in recent]
        rng.shuffle(candidates)
        yield base, head, candidates


def truths(clone: str, sampling: Sampling, checker: tuple[str, str]) -> Iterator[Case]:
    """Yield the cases of one clone, in the order in which they were drawn."""
    with tempfile.TemporaryDirectory(prefix="reverts-") as name:
        tree = Path(name) / "tree"
        git(Path(name), "clone", "-q", "--shared", "--no-checkout", clone, str(tree))
        for key, value in (("user.name", "n"), ("user.email", "n@n"), ("core.hooksPath", name)):
            git(tree, "config", key, value)
        judge = Checker(*checker, tree)
        for base, head, candidates in draw(tree, sampling):
            git(tree, "checkout", "-q", "-f", "--detach", head)
            git(tree, "clean", "-q", "-ffdx")
            before = judge.errors()
            taken = more = 0
            for commit in candidates:
                if taken >= sampling.each and more >= sampling.noisy:
                    break
                case = _case(tree, (clone, base, head, commit), before, judge)
                git(tree, "reset", "-q", "--hard", head)
                git(tree, "clean", "-q", "-ffdx")
                if case is None:
                    continue
                taken += 1
                noisy = any(one.is_reference for one in case.errors)
                if taken <= sampling.each or noisy:
                    more += taken > sampling.each
                    yield case


def _case(
    tree: Path,
    where: tuple[str, str, str, str],
    before: Collection[Error],
    judge: Checker,
) -> Case | None:
    """Return the case of one revert, None when it conflicts or changes nothing."""
    clone, base, head, commit = where
    reverted = subprocess.run(  # noqa: S603 - as in `git`
        ["git", "-C", str(tree), "revert", "--no-commit", commit],  # noqa: S607 - as in `git`
        check=False,
        capture_output=True,
    )
    if reverted.returncode != 0:
        git(tree, "revert", "--quit", check=False)
        return None
    identity = git(tree, "write-tree")
    git(tree, "revert", "--quit", check=False)
    if identity == git(tree, "rev-parse", f"{head}^{{tree}}"):
        return None
    # A file that moves back carries the errors that it had under its other name.
    moved = _moves(tree, head, identity)
    known = {(moved.get(path, path), rule, message) for path, rule, message in before}
    known |= set(before)
    listed = (git(tree, "ls-tree", "-r", "--name-only", one) for one in (head, f"{commit}^"))
    known_paths = frozenset(path for text in listed for path in text.splitlines())
    errors = [
        Found(path, rule, message, line, _outside(path, rule, message, known_paths))
        for (path, rule, message), line in sorted(judge.errors().items())
        if (path, rule, message) not in known
    ]
    subject = git(tree, "log", "-1", "--format=%s", commit)
    return Case(clone, base, head, commit, subject, identity, tuple(errors))


def _outside(importer: str, rule: str, message: str, paths: Collection[str]) -> bool:
    """Tell whether an import fails because the checker's environment lacks a package.

    It does when neither head nor the tree before the commit has such a module, in the places where
    imports start.
    """
    module = message.partition("`")[2].partition("`")[0]
    if rule != "import-not-found" or not module or module.startswith("."):
        return False
    place = module.replace(".", "/")
    roots = {"", "src/", "lib/"}
    folder = f"{importer.rpartition('/')[0]}/"
    if f"{folder}__init__.py" not in paths:
        roots.add(folder)
    ours = {f"{root}{place}{end}" for root in roots for end in (".py", ".pyi", "/__init__.py")}
    return ours.isdisjoint(paths)


def _moves(tree: Path, head: str, reverted: str) -> dict[str, str]:
    told = git(tree, "diff", "--name-status", "-M", "--diff-filter=R", head, reverted)
    rows = [line.split("\t") for line in told.splitlines()]
    return {row[1]: row[2] for row in rows}
