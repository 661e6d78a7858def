"""Commits that say "This reverts commit …", and what real git makes of the same: for `historic`."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

_SAYS = re.compile(r"This reverts commit ([0-9a-f]{7,40})\b(.*)", re.IGNORECASE)
_REVERSING = "reversing"
_RECORD = "%H%x00%P%x00%s%x00%B%x1e"


class Reverting(Struct, frozen=True):
    """A commit of history that takes one commit back.

    ``revert`` is its id, ``parent`` what it was made on, ``goal`` what it takes back; ``mainline`` is 0
    unless that is a merge; ``behind`` counts the commits of ``goal..parent``.
    """

    clone: str
    revert: str
    parent: str
    goal: str
    mainline: int
    behind: int
    subject: str


class Told(Struct, frozen=True):
    """What ``git revert`` made: a tree where it was clean, the paths that conflict where not."""

    tree: str
    conflicts: tuple[str, ...] = ()
    said: str = ""


def run(folder: Path | str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run git on a git directory or in a work tree, whatever it returns."""
    return subprocess.run(  # noqa: S603 - an argument list, on a clone that the caller named
        ["git", "-C", str(folder), *args],  # noqa: S607 - git as the user has it
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )


def text(folder: Path | str, *args: str) -> str:
    """Return what git printed.

    Raises:
        CalledProcessError: git failed.
    """
    finished = run(folder, *args)
    finished.check_returncode()
    return finished.stdout.strip()


def found(clone: str, most: int, seed: int) -> Iterator[Reverting]:
    """Yield up to ``most`` commits of HEAD's history that take exactly one of its commits back.

    Left out are merges, messages that name several commits (a squashed branch), and ids that are no
    ancestor.
    """
    told = text(
        clone,
        "log",
        "HEAD",
        "--no-merges",
        "-i",
        "--grep=This reverts commit",
        f"--format={_RECORD}",
    )
    records = [record.strip("\n") for record in told.split("\x1e") if record.strip()]
    random.Random(seed).shuffle(records)
    taken = 0
    for record in records:
        if taken == most:
            return
        one = _reverting(clone, record)
        if one is not None:
            taken += 1
            yield one


def _reverting(clone: str, record: str) -> Reverting | None:
    revert, parents, subject, body = record.split("\0", 3)
    said = _SAYS.findall(body.replace("\n", " ") if _REVERSING in body else body)
    if len(said) != 1 or not parents:
        return None
    known = run(clone, "rev-parse", "--verify", "-q", f"{said[0][0]}^{{commit}}").stdout.strip()
    parent = parents.split()[0]
    if not known or run(clone, "merge-base", "--is-ancestor", known, parent).returncode:
        return None
    before = text(clone, "log", "-1", "--format=%P", known).split()
    if not before:
        return None
    behind = int(text(clone, "rev-list", "--count", f"{known}..{parent}"))
    return Reverting(clone, revert, parent, known, int(len(before) > 1), behind, subject)


class Clone:
    """A clone that shares its objects, in which real git reverts; a sparse one has no files.

    With ``sparse`` every path is marked as not checked out, so that git only writes the files that
    conflict; the result is the same (see ``historic trick``), at a tenth of the time.
    """

    def __init__(self, source: str, folder: Path, *, sparse: bool = True) -> None:
        self.folder = folder
        subprocess.run(  # noqa: S603 - as in `run`
            ["git", "clone", "-q", "--shared", "--no-checkout", source, str(folder)],  # noqa: S607 - as in `run`
            check=True,
        )
        settings = {
            "user.name": "n",
            "user.email": "n@n",
            "core.hooksPath": "/dev/null",
            "gc.auto": "0",
            "maintenance.auto": "false",
            "advice.detachedHead": "false",
            "commit.gpgSign": "false",
            "core.sparseCheckout": "true" if sparse else "false",
        }
        for key, value in settings.items():
            text(folder, "config", key, value)
        info = folder / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "sparse-checkout").write_text("/.nothing-is-called-so\n" if sparse else "/*\n")

    def start(self, commit: str) -> None:
        """Go to a commit, with nothing left of what was there."""
        run(self.folder, "revert", "--quit")
        for path in self.folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        (self.folder / ".git" / "index").unlink(missing_ok=True)
        text(self.folder, "update-ref", "--no-deref", "HEAD", commit)
        text(self.folder, "read-tree", "-m", "-u", commit)

    def revert(self, steps: Sequence[tuple[str, int]]) -> Told:
        """Revert (commit, mainline) after each other on the commit that `start` went to."""
        for commit, mainline in steps:
            chosen = ("-m", str(mainline)) if mainline else ()
            finished = run(self.folder, "revert", "--no-edit", *chosen, commit)
            if finished.returncode:
                unmerged = text(self.folder, "ls-files", "-u", "--format=%(path)").splitlines()
                if unmerged:
                    said = finished.stdout + finished.stderr
                    return Told("", tuple(sorted(set(unmerged))), said)
                if run(self.folder, "diff", "--cached", "--quiet", "HEAD").returncode:
                    return Told("", (), finished.stdout + finished.stderr)
                # Nothing is left of it: git stops, and the tree is what it was.
                run(self.folder, "revert", "--skip")
        return Told(text(self.folder, "rev-parse", "HEAD^{tree}"))


def touched(clone: Path | str, before: str, after: str, only: str = "") -> tuple[str, ...]:
    """Return the paths that differ, without looking for renames; ``only`` those of one status."""
    wanted = (f"--diff-filter={only}",) if only else ()
    told = text(
        clone, "diff-tree", "-r", "--no-renames", "--name-only", "-z", *wanted, before, after
    )
    return tuple(path for path in told.split("\0") if path)


def is_apart(clone: str) -> bool:
    """Tell whether nobody looks into the cases of a clone."""
    return zlib.crc32(Path(clone.removesuffix("/repo")).name.encode()) % 2 == 1
