"""Breaks on generated packages: every way to break a reference times every way to get at it.

    python -m benchmarks.accuracy.break_grid --checker TY [--wrong] [--only TEXT]

Each cell of `break_cells` is a tiny package in two states. The truth is what the type checker ``ty``
names in the reverted state and not in the first, by its reference rules (`revert_cases`); ours is what
`changes.breaks` names, each package being a tree of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha1
from pathlib import Path

from benchmarks.accuracy.break_cells import Cell, cells
from benchmarks.accuracy.revert_cases import REFERENCE_RULES, Checker
from blastradius.bridges.base import FileView
from blastradius.changes.breaks import Dangling, dangling
from blastradius.changes.origins import surviving_lines
from blastradius.index.blob import facts_of
from blastradius.index.link import Options, link
from blastradius.index.snapshot import Snapshot
from blastradius.languages.registry import claim
from blastradius.model.source import TreeEntry

Texts = Mapping[str, str]
_TIERS = {"certain": ("certain",), "certain + likely": ("certain", "likely")}


def truth(several: Iterable[Cell], program: str) -> dict[str, set[str]]:
    """Return package → files that have errors in the reverted state.

    Packages with errors of the same rules in the first state are no valid cells: they are left out.
    """
    with tempfile.TemporaryDirectory(prefix="break-grid-") as name:
        tree = Path(name)
        subprocess.run(["git", "init", "-q", name], check=True)  # noqa: S603, S607 - marks the project's root
        judge = Checker(program, "", tree)
        cases = list(several)
        for one in cases:
            _write(tree, {**one.stays, **one.head})
        before = judge.errors()
        for one in cases:
            _write(tree, one.reverted)
        invalid = {path.partition("/")[0] for path, rule, _ in before if rule in REFERENCE_RULES}
        found: dict[str, set[str]] = {one.package: set() for one in cases}
        for path, rule, message in judge.errors():
            if rule in REFERENCE_RULES and "`None`" not in message:
                found[path.partition("/")[0]].add(path)
        return {name: paths for name, paths in found.items() if name not in invalid}


def _write(tree: Path, texts: Texts) -> None:
    for path, text in texts.items():
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(text)


def broken(cell: Cell) -> list[Dangling]:
    """Return what dangles when the package goes from its first state to the reverted one.

    ``use.py`` was written after what goes: the tree before the range does not have it.
    """
    head, reverted = {**cell.stays, **cell.head}, {**cell.stays, **cell.reverted}
    changed = {path for path in {*head, *reverted} if head.get(path) != reverted.get(path)}
    base = {path: text for path, text in reverted.items() if not path.endswith("/use.py")}
    maps = (_lines(base, reverted), _lines(head, reverted))
    return dangling(_snapshot(base), _snapshot(head), _snapshot(reverted), changed, maps)


def _lines(old: Texts, new: Texts) -> Callable[[str], Mapping[int, int]]:
    return lambda path: (
        surviving_lines(old[path].encode(), new[path].encode())
        if path in old and path in new
        else {}
    )


def _snapshot(texts: Texts) -> Snapshot:
    files: dict[str, FileView] = {}
    tree: dict[str, TreeEntry] = {}
    for path, text in sorted(texts.items()):
        digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
        tree[path] = TreeEntry("100644", digest)
        language = claim(path)
        if language is not None:
            files[path] = FileView(language, facts_of(language.NAME, text.encode()))
    return Snapshot(tree, files, lambda: link(files, Options((), "", frozenset(texts))))


def main() -> int:
    """Score every cell, and name the ways that go wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checker", default="ty", help="the program `ty`")
    parser.add_argument("--only", default="", help="cells with this in their name")
    parser.add_argument("--wrong", action="store_true", help="tell each cell that is not exact")
    given = parser.parse_args()
    chosen = [one for one in cells() if given.only in one.name]
    told = truth(chosen, given.checker)
    # A checker takes what is not annotated for anything: of such cells it says nothing.
    chosen = [one for one in chosen if one.package in told and not one.untyped]
    counts: dict[str, list[int]] = {tiers: [0, 0, 0, 0] for tiers in _TIERS}
    for cell in chosen:
        found = [one for one in broken(cell) if one.path.endswith(".py")]
        theirs = told[cell.package]
        for tiers, names in _TIERS.items():
            ours = {one.path for one in found if one.tier in names}
            both = len(ours & theirs)
            for place, part in enumerate((both, len(ours), len(theirs), ours == theirs)):
                counts[tiers][place] += part
            if given.wrong and tiers == "certain" and ours != theirs:
                said = sorted({f"{one.tier} {one.written}" for one in found})
                print("MISS " if theirs - ours else "FALSE", cell.name, " | ".join(said))
    print("| tiers | cells | pairs | recall | precision | exact |\n|---|---|---|---|---|---|")
    for tiers, (both, told_by_us, truly, exact) in counts.items():
        shares = f"{both / max(truly, 1):.3f} | {both / max(told_by_us, 1):.3f}"
        print(f"| {tiers} | {len(chosen)} | {truly} | {shares} | {exact / len(chosen):.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
