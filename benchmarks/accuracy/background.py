"""How often names of fields occur in code at large: makes ``blastradius/bridges/background.tsv``.

    python -m benchmarks.accuracy.background FOLDER... > blastradius/bridges/background.tsv

Each FOLDER is a checked-out public repository. A line is a name, lower-cased, and the number of files
in which a field group (keys of a dict, columns of a query, items of a list, …) has it; the first line
has the number of files with groups at all. Names in fewer than LEAST files, or in one repository only,
are left out: not to be in the table is to be rare.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

from blastradius.index.blob import facts_of
from blastradius.languages.registry import claim

LEAST = 2
LARGEST = 300_000
MOST_BYTES = 100_000
_READ = frozenset({"python", "sql", "yaml"})


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    told = parser.parse_args()
    files = 0
    counts: Counter[str] = Counter()
    repositories: dict[str, set[str]] = defaultdict(set)
    for folder in told.folder:
        for path in sorted(_paths(folder)):
            names = _names(folder, path)
            files += bool(names)
            counts.update(names)
            for name in names:
                repositories[name].add(folder.name)
    common = [
        (name, count)
        for name, count in counts.items()
        if count >= LEAST and len(repositories[name]) > 1
    ]
    common.sort(key=lambda pair: (-pair[1], pair[0]))
    kept, size = [], 0
    for name, count in common:
        size += len(name) + len(str(count)) + 2
        if size > MOST_BYTES:
            break
        kept.append((name, count))
    sys.stdout.write(f"\t{files}\n")
    sys.stdout.writelines(f"{name}\t{count}\n" for name, count in sorted(kept))


def _paths(folder: Path) -> list[str]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one != ".git"]
        found += [os.path.relpath(f"{where}/{name}", folder) for name in names]
    return found


def _names(folder: Path, path: str) -> set[str]:
    language = claim(path)
    if language is None or language.NAME not in _READ:
        return set()
    source = (folder / path).read_bytes()
    if len(source) > LARGEST:
        return set()
    facts = facts_of(language.NAME, source)
    return {site.name.lower() for group in facts.groups for site in group.sites}


if __name__ == "__main__":
    main()
