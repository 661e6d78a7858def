"""The whole command, cold and warm: seconds and peak memory of `blastradius analyze`.

    python benchmarks/bench_analyze.py                      a seeded repository of 2,000 mixed files
    python benchmarks/bench_analyze.py --repo DIR RANGE...  a repository of yours (read only: the cache
                                                            goes to a copy of its git directory)

Each row is the best of ``--repeat`` runs of a fresh process; cold means without any cache.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULES, TABLES, CONFIGS, COMMITS = 700, 700, 600, 50


def main() -> None:
    """Print one row a range."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--repo", type=Path)
    words.add_argument("--repeat", type=int, default=3)
    words.add_argument(
        "ranges", nargs="*", default=["HEAD~1..HEAD", "HEAD~5..HEAD", "HEAD~20..HEAD"]
    )
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder) / "repo"
        if given.repo is None:
            generate(repo)
        else:
            git(Path(folder), "clone", "-q", "--bare", "--local", str(given.repo), str(repo))
        print(f"{'range':<18}{'cold s':>9}{'warm s':>9}{'cold MB':>9}{'warm MB':>9}")
        for span in given.ranges:
            shutil.rmtree(cache_of(repo), ignore_errors=True)
            cold = measure(repo, span)
            warm = min((measure(repo, span) for _ in range(given.repeat)), key=lambda one: one[0])
            print(f"{span:<18}{cold[0]:>9.2f}{warm[0]:>9.2f}{cold[1]:>9.0f}{warm[1]:>9.0f}")


def cache_of(repo: Path) -> Path:
    """Return where the cache of a repository lies."""
    common = repo / ".git" if (repo / ".git").is_dir() else repo
    return common / "blastradius"


def measure(repo: Path, span: str) -> tuple[float, float]:
    """Run the command once; return wall-clock seconds and the peak MB of its largest process."""
    command = [sys.executable, "-m", "blastradius", "analyze", span, "--repo", str(repo)]
    command += ["--format", "json", "-o", os.devnull]
    start = time.perf_counter()
    child = subprocess.Popen(command)  # noqa: S603 - our own command
    _, status, usage = os.wait4(child.pid, 0)
    taken = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise SystemExit(f"analyze {span} ended with {child.returncode}")
    return taken, usage.ru_maxrss / 1024


def generate(repo: Path) -> None:
    """Write a repository of `MODULES` + `TABLES` + `CONFIGS` files and `COMMITS` commits to it."""
    chance = random.Random(7)
    repo.mkdir()
    git(repo, "-c", "init.defaultBranch=main", "init", "-q")
    for number in range(MODULES):
        write(repo, f"app/part{number % 20}/module_{number}.py", module(number, chance))
    for folder in [Path("app"), *(Path(f"app/part{number}") for number in range(20))]:
        write(repo, f"{folder}/__init__.py", "")
    for number in range(TABLES):
        write(repo, f"models/layer{number * 5 // TABLES}/table_{number}.sql", table(number, chance))
    for number in range(CONFIGS):
        write(repo, f"config/job_{number}.yaml", config(number, chance))
    commit(repo, "all")
    for step in range(COMMITS):
        number = chance.randrange(MODULES)
        write(repo, f"app/part{number % 20}/module_{number}.py", module(number, chance))
        number = chance.randrange(TABLES)
        write(repo, f"models/layer{number * 5 // TABLES}/table_{number}.sql", table(number, chance))
        commit(repo, f"step {step}")


def module(number: int, chance: random.Random) -> str:
    """Return a Python module of some 120 lines that imports three earlier ones."""
    earlier = [chance.randrange(number) for _ in range(3)] if number else []
    lines = ["import os", "from dataclasses import dataclass", ""]
    lines += [f"from app.part{n % 20}.module_{n} import Job{n}, load_{n}" for n in earlier]
    lines += ["", f"TABLE = 'layer0.table_{chance.randrange(TABLES)}'", "", "", "@dataclass"]
    lines += [f"class Job{number}:", "    name: str", "    size: int = 0", ""]
    for part in range(8):
        lines += [f"    def step_{part}(self, rows, limit={chance.randrange(99)}):"]
        lines += [f"        kept = [row['field_{chance.randrange(40)}'] for row in rows]"]
        lines += ["        return self.finish(kept[:limit])", ""]
    lines += ["    def finish(self, kept):", "        return len(kept)", "", ""]
    lines += [f"def load_{number}(path=os.curdir):"]
    lines += [f"    job = Job{number}(path)", "    job.step_1([])"]
    lines += [f"    load_{n}(path)\n    Job{n}(path).step_2([], limit=3)" for n in earlier]
    return "\n".join([*lines, "    return job", ""])


def table(number: int, chance: random.Random) -> str:
    """Return a query of a dozen columns over an earlier table of a lower layer."""
    layer = number * 5 // TABLES
    lowest = max(layer - 1, 0) * TABLES // 5
    source = chance.randrange(lowest, max(lowest + 1, layer * TABLES // 5))
    columns = [f"a.column_{one}" for one in range(11)]
    return "\n".join(
        [
            "WITH recent AS (",
            f"    SELECT * FROM layer{source * 5 // TABLES}.table_{source}",
            f"    WHERE column_0 > {chance.randrange(999)}",
            ")",
            "SELECT",
            *(f"    {column}," for column in columns),
            f"    SUM(a.column_1) AS total_{chance.randrange(9)}",
            "FROM recent AS a",
            f"GROUP BY {', '.join(columns)}",
            "",
        ]
    )


def config(number: int, chance: random.Random) -> str:
    """Return a job's config with a path, a dotted name, and a list of fields."""
    target = chance.randrange(MODULES)
    fields = "".join(f"  - field_{one}\n" for one in sorted(chance.sample(range(40), 8)))
    return (
        f"job: job_{number}\n"
        f"runs: app.part{target % 20}.module_{target}.Job{target}\n"
        f"query: models/layer0/table_{chance.randrange(TABLES // 5)}.sql\n"
        f"schedule: '0 {number % 24} * * *'\nfields:\n{fields}"
    )


def write(repo: Path, path: str, text: str) -> None:
    """Write one file."""
    (repo / path).parent.mkdir(parents=True, exist_ok=True)
    (repo / path).write_text(text, encoding="utf-8")


def commit(repo: Path, subject: str) -> None:
    """Commit everything."""
    git(repo, "add", "--all")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    git(repo, *who, "commit", "-q", "-m", subject)


def git(where: Path, *words: str) -> None:
    """Run git."""
    subprocess.run(["git", "-C", str(where), *words], check=True)  # noqa: S603, S607 - own words


if __name__ == "__main__":
    main()
