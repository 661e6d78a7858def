"""Planning: how the search for the least set, its order and its proof grow with the range.

    python benchmarks/bench_planning.py                     a seeded repository of 5,000 mixed files and
                                                            1,000 commits
    python benchmarks/bench_planning.py --repo DIR N...     a repository of yours: HEAD~N..HEAD

For each length the range is read once, untimed; then the goals: its oldest commit, one in the middle,
every tenth commit, and all of it. Seconds are those of selection, order, proof and answer, in one
process with a warm cache; `tried` are the sets that were merged and looked at.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from blastradius.api.answer import revert_set
from blastradius.api.answering import Wishes, tried, understand
from blastradius.api.workspace import Services, Workspace
from blastradius.git.ranges import resolve_range
from blastradius.git.repository import Repository

FILES, COMMITS = 5_000, 1_000
LENGTHS = (10, 50, 200, 1_000)


def main() -> None:
    """Print one row for each range and goal."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--repo", type=Path)
    words.add_argument("lengths", nargs="*", type=int, default=LENGTHS)
    given = words.parse_args()
    print(
        f"{'commits':>8} {'goal':<10}{'set':>6}{'waves':>7}{'tried':>7}{'least':>7}{'seconds':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        repo = given.repo or generate(Path(folder) / "repo")
        for length in given.lengths:
            for row in measured(repo, length):
                print(row, flush=True)


def measured(repo: Path, length: int) -> Iterator[str]:
    """Yield the rows of one range."""
    repository = Repository.open(repo)
    with Workspace.open(repository, None, Services()) as workspace:
        span = resolve_range(repository, f"HEAD~{length}..HEAD")
        history, split, _ = understand(workspace, span, "commit")
        ids = [commit.id for commit in span.commits]
        goals = {
            "oldest": ids[:1],
            "middle": ids[length // 2 : length // 2 + 1],
            "a tenth": ids[::10],
            "all": ids,
        }
        history.head.linked  # noqa: B018 - read before the clock starts
        history.base.linked  # noqa: B018 - as above
        for name, goal in goals.items():
            start = time.perf_counter()
            trial = tried(workspace, history, split, Wishes(goal, (), "commit", None))
            found = revert_set(trial)
            taken = time.perf_counter() - start
            yield (
                f"{length:>8} {name:<10}{len(found.commits):>6}{len(found.order):>7}"
                f"{trial.selection.tried:>7}{found.proof.least!s:>7}{taken:>9.2f}"
            )


def generate(repo: Path) -> Path:
    """Make the seeded repository: a base commit of `FILES` files, then `COMMITS` small ones."""
    chance = random.Random(11)
    subprocess.run(["git", "init", "-q", str(repo)], check=True)  # noqa: S603, S607 - our own words
    texts = {f"pkg{n % 40}/module{n}.py": module(n) for n in range(FILES * 6 // 10)}
    texts |= {f"models/layer{n % 20}/table{n}.sql": table(n) for n in range(FILES * 2 // 10)}
    texts |= {f"conf/group{n % 20}/file{n}.yaml": config(n) for n in range(FILES * 2 // 10)}
    stream = [_commit(0, texts)]
    paths = sorted(texts)
    for number in range(1, COMMITS + 1):
        # Half of the changes go to a few files, as in real histories.
        chosen = {
            chance.choice(paths[:60] if chance.random() < 0.5 else paths)  # noqa: PLR2004 - half
            for _ in range(chance.randrange(1, 5))
        }
        changed = {path: _edited(path, texts[path], number, chance) for path in sorted(chosen)}
        texts |= changed
        stream.append(_commit(number, changed))
    subprocess.run(  # noqa: S603 - our own words
        ["git", "-C", str(repo), "fast-import", "--quiet"],  # noqa: S607 - as above
        input=b"".join(stream),
        check=True,
    )
    subprocess.run(["git", "-C", str(repo), "symbolic-ref", "HEAD", "refs/heads/made"], check=True)  # noqa: S603, S607 - as above
    return repo


def module(number: int) -> str:
    """Return a module that uses the one before it."""
    before = number - 1 if number % 40 else number
    use = f"from pkg{before % 40}.module{before} import work{before}\n" if before != number else ""
    call = f"work{before}(rows)" if use else "rows"
    functions = "".join(
        f"\n\ndef step{number}_{part}(rows):\n    size = {part}\n    return rows[:size]\n"
        for part in range(6)
    )
    return f"{use}\n\ndef work{number}(rows):\n    return {call}\n{functions}"


def table(number: int) -> str:
    """Return a query on top of another."""
    source = f"table{number - 1}" if number % 50 else "raw.events"
    columns = ",\n".join(f"    column_{part}" for part in range(8))
    return f"create view table{number} as\nselect\n{columns}\nfrom {source};\n"


def config(number: int) -> str:
    """Return a config of a few keys."""
    return f"name: file{number}\n" + "".join(f"option_{part}: {part}\n" for part in range(12))


def _edited(path: str, text: str, number: int, chance: random.Random) -> str:
    if path.endswith(".py"):
        if chance.random() < 0.6:  # noqa: PLR2004 - more often than not something is added
            return f"{text}\n\ndef added{number}(rows):\n    return len(rows) + {number}\n"
        return text.replace("    size = 3\n", f"    size = {number}\n", 1)
    if path.endswith(".sql"):
        return text.replace("\nfrom ", f",\n    made_{number}\nfrom ", 1)
    lines = text.splitlines()
    lines[chance.randrange(1, len(lines))] = f"option_{number}: {number}"
    return "\n".join(lines) + "\n"


def _commit(number: int, files: dict[str, str]) -> bytes:
    """Return one commit as git fast-import takes it."""
    words = [
        "commit refs/heads/made",
        f"committer Ada <ada@example.com> {1_700_000_000 + 60 * number} +0000",
        f"data {len(str(number)) + 5}",
        f"step {number}",
    ]
    parts = ["\n".join(words).encode()]
    for path, text in files.items():
        data = text.encode()
        parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data)
    return b"\n".join(parts) + b"\n\n"


if __name__ == "__main__":
    main()
