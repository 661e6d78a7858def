"""A history in which each change stands as two commits: first its sources, then its tests.

    python -m benchmarks.accuracy.revert_split CLONE FOLDER [--number 400]

Most commits bring the tests of what they add, so that hardly any revert leaves a use behind. In the
history that is made here of real trees, the tests of a change stay when its sources are undone:
``reverts.py truth FOLDER --subject "sources: "`` draws such reverts. Only the first-parent line is
taken, so that a merged branch is one change.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "n"), ("EMAIL", "n@n"), ("DATE", "1700000000 +0000"))
}


def split(clone: Path, folder: Path, number: int) -> int:
    """Write the newest ``number`` changes of ``clone`` into ``folder``; return how many have both parts.

    Raises:
        CalledProcessError: git failed.
    """
    subprocess.run(  # noqa: S603 - as in `_git`
        ["git", "clone", "-q", "--shared", "--bare", clone, folder],  # noqa: S607 - as in `_git`
        check=True,
    )
    index = {"GIT_INDEX_FILE": str(folder / "split-index")}
    line = _git(folder, "rev-list", "--first-parent", f"-{number + 1}", "HEAD").split()[::-1]
    before = line[0]
    tip = _git(folder, "commit-tree", f"{before}^{{tree}}", "-m", "start")
    both = 0
    for commit in line[1:]:
        told = _git(folder, "diff-tree", "-r", "--no-renames", "-z", before, commit).split("\0")
        rows = [
            (*head.split(), path) for head, path in zip(told[::2], told[1::2], strict=False) if head
        ]
        sources = [row for row in rows if not _TEST.search(row[5])]
        if sources and len(sources) < len(rows):
            both += 1
            _git(folder, "read-tree", before, more=index)
            entries = "".join(
                f"{mode.lstrip(chr(58))} {oid}\t{path}\0" for _, mode, _, oid, _, path in sources
            )
            _git(folder, "update-index", "-z", "--index-info", more=index, given=entries)
            tree = _git(folder, "write-tree", more=index)
            subject = _git(folder, "log", "-1", "--format=%s", commit)
            tip = _git(folder, "commit-tree", tree, "-p", tip, "-m", f"sources: {subject}")
        tip = _git(folder, "commit-tree", f"{commit}^{{tree}}", "-p", tip, "-m", "the rest")
        before = commit
    _git(folder, "update-ref", "--no-deref", "HEAD", tip)
    return both


def _git(folder: Path, *args: str, more: dict[str, str] | None = None, given: str = "") -> str:
    finished = subprocess.run(  # noqa: S603 - an argument list, on a clone that the caller named
        ["git", "--git-dir", str(folder), *args],  # noqa: S607 - git as the user has it
        check=True,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        input=given,
        env=os.environ | _WHO | (more or {}),
    )
    return finished.stdout.strip()


def main() -> int:
    """Split the history of one clone."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--number", type=int, default=400)
    given = parser.parse_args()
    print(split(given.clone, given.folder, given.number), "changes of sources and tests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
