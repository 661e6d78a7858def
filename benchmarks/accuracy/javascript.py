"""JavaScript's edges against TypeScript's own answers.

    NODE_PATH=…/node_modules python -m benchmarks.accuracy.javascript CHECKOUT [TSCONFIG [FOLDER]]

Two questions. Which file of the checkout does each import mean: every pair (file, name) is put to
TypeScript's resolution. What does each name refer to in another file: as (file, line, target, dotted
name), over the files below FOLDER, against the type checker's symbols. Packages are not installed, so
that only the checkout itself can answer. Prints what differs, by a seeded sample.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from blastradius.index.link import Options
from blastradius.languages import javascript
from blastradius.model.symbols import Edge

_SAMPLE = 8
_ORACLE = Path(__file__).with_name("javascript_oracle.cjs")
Reference = tuple[str, int, str, str]


def main(root: Path, config: str, folder: str) -> None:
    """Print how often both agree, and where they do not."""
    paths = sorted(one.relative_to(root).as_posix() for one in root.rglob("*") if one.is_file())
    read = {path: (root / path).read_bytes() for path in paths if javascript.claims(path)}
    files = {path: javascript.extract(source) for path, source in read.items()}

    def source(path: str) -> bytes | None:
        place = root / path
        return place.read_bytes() if place.is_file() else None

    tables = javascript.tables(files, Options(paths=frozenset(paths), source=source))
    names = sorted(
        {(path, one.module) for path, file in tables.files.items() for one in file.own.imports}
    )
    asked = [one for one in files if one.startswith(folder) and not one.endswith(".d.ts")]
    said = _oracle(root, config, {"files": asked, "imports": [list(one) for one in names]})
    _resolution(tables, said["imports"], frozenset(paths))
    edges = [edge for path in asked for edge in javascript.link(path, files[path], tables).edges]
    _references(edges, {(str(a), int(b), str(c), str(d)) for a, b, c, d in said["references"]})


def _oracle(root: Path, config: str, question: object) -> dict[str, list[list[str]]]:
    done = subprocess.run(  # noqa: S603 - our own script
        ["node", str(_ORACLE), str(root), config],  # noqa: S607 - as people have it
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, list[list[str]]] = json.loads(done.stdout)
    return answer


def _resolution(tables: javascript.Tables, theirs: list[list[str]], paths: frozenset[str]) -> None:
    count: Counter[str] = Counter()
    differ = []
    for path, name, target in theirs:
        ours = tables.module(path, name).path
        theirs_here = target if target in paths else ""
        verdict = "same" if ours == theirs_here else "only ours" if not theirs_here else "other"
        if ours == theirs_here == "":
            verdict = "outside for both"
        count[f"{'relative' if name.startswith('.') else 'bare'}, {verdict}"] += 1
        if verdict == "other":
            differ.append((path, name, ours, target))
    for what, number in sorted(count.items()):
        print(f"imports, {what}: {number}")
    for one in random.Random(1).sample(differ, min(_SAMPLE, len(differ))):
        print("   ", *one)


def _references(edges: list[Edge], theirs: set[Reference]) -> None:
    ours: set[Reference] = set()
    for edge in edges:
        language, _, place = edge.target.partition(":")
        path, _, name = place.partition("#")
        if language == "javascript" and name and edge.kind != "import" and path != edge.path:
            ours.add((edge.path, edge.line, path, name))
    for what, members in (("names of modules", False), ("members", True)):
        left = {one for one in ours if ("." in one[3]) == members}
        right = {one for one in theirs if ("." in one[3]) == members}
        both = len(left & right)
        print(
            f"references, {what}: ours {len(left)}, theirs {len(right)}, "
            f"precision {both / max(1, len(left)):.4f}, recall {both / max(1, len(right)):.4f}"
        )
        for label, some in (("only ours", left - right), ("only theirs", right - left)):
            for one in random.Random(1).sample(sorted(some), min(_SAMPLE, len(some))):
                print("   ", label, *one)


if __name__ == "__main__":
    given = [*sys.argv[1:], *("", "tsconfig.json", "")[len(sys.argv) - 1 :]]
    main(Path(given[0]), given[1], given[2])
