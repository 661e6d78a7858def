"""Python: extraction beside the bare parser, decoding of cached facts, linking.

    python benchmarks/bench_python.py [FOLDER]

Without FOLDER the input is made from a seed: modules of a package that import and call each other.
"""

from __future__ import annotations

import argparse
import ast
import random
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from blastradius.index.link import Options
from blastradius.languages import python
from blastradius.model.facts import Facts

T = TypeVar("T")
_SEED = 20_26
_MODULES = 400
_CLASSES = 6


def clock(task: str, act: Callable[[], T], megabytes: float) -> T:
    """Run ``act``, print its time and rate, and return its answer."""
    begun = time.perf_counter()
    answer = act()
    seconds = time.perf_counter() - begun
    print(f"| {task} | {seconds * 1e3:,.0f} | {megabytes / seconds:,.1f} |")
    return answer


def made() -> dict[str, bytes]:
    """Return modules of a package, made from a seed."""
    rng = random.Random(_SEED)
    files = {"app/__init__.py": b""}
    for number in range(_MODULES):
        lines = ["import os", "from dataclasses import dataclass"]
        known = [rng.randrange(number) for _ in range(3)] if number else []
        lines += [f"from app.m{one} import C{one}_0, run{one}" for one in sorted(set(known))]
        for index in range(_CLASSES):
            base = f"C{known[0]}_0" if known and index == 0 else "object"
            lines += _class(f"C{number}_{index}", base, known, rng)
        calls = [f"run{one}(C{one}_0(1), deep=True)" for one in known]
        lines += [f"def run{number}(target, *, deep=False):", "    target.load('a/b.yaml')"]
        lines += [f"    {call}" for call in calls]
        lines.append("    return {'day': target.day, 'score': target.score}")
        files[f"app/m{number}.py"] = "\n".join(lines).encode()
    return files


def _class(name: str, base: str, known: list[int], rng: random.Random) -> list[str]:
    lines = [f"class {name}({base}):", "    limit: int = 3"]
    lines += ["    def __init__(self, day, score=0):", "        self.day = day"]
    lines += ["        self.score = score", "        self.path = os.path.join('data', 'x.csv')"]
    lines += [
        "    def load(self, path):",
        "        rows = []",
        "        for row in self.read(path):",
    ]
    lines += ["            rows.append({'day': row['day'], 'score': row['score'] + self.limit})"]
    lines += ["        return rows", "    def read(self, path):"]
    lines += [
        f"        other = C{rng.choice(known)}_0(self.day)" if known else "        other = self"
    ]
    return [*lines, "        return other.load(path) if self.score else []"]


def read(folder: Path) -> dict[str, bytes]:
    """Return the Python files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and python.claims(path.name)
    }


def _parse(sources: dict[str, bytes]) -> None:
    for source in sources.values():
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            continue


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser(description="Extraction and linking of Python.")
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args().folder
    sources = read(folder) if folder else made()
    size = sum(map(len, sources.values())) / 1e6
    print(f"{len(sources)} files, {size:.2f} MB\n\n| task | ms | MB/s |\n|---|---|---|")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clock("ast.parse alone", lambda: _parse(sources), size)
    facts = clock(
        "extract", lambda: {path: python.extract(one) for path, one in sources.items()}, size
    )
    packed = {path: msgspec.msgpack.encode(one) for path, one in facts.items()}
    decoder = msgspec.msgpack.Decoder(Facts)
    clock("decode facts", lambda: [decoder.decode(one) for one in packed.values()], size)
    tables = clock("tables", lambda: python.tables(facts, Options(paths=frozenset(sources))), size)
    clock("what flows over calls", tables.flow.settle, size)
    linked = clock(
        "link", lambda: [python.link(path, one, tables) for path, one in facts.items()], size
    )
    resolved = sum(one.resolved for one in linked)
    dynamic = sum(left.outcome == "dynamic" for one in linked for left in one.unresolved)
    internal = sum(left.internal for one in linked for left in one.unresolved)
    edges = sum(len(one.edges) for one in linked)
    print(f"\nfacts {sum(map(len, packed.values())) / 1e6:.2f} MB · edges {edges:,}")
    print(f"resolved {resolved:,} · dynamic {dynamic:,} · dangling {internal:,}")


if __name__ == "__main__":
    main()
