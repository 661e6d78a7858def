"""The cache of facts: writing, reading, and whether compressing pays.

    python benchmarks/bench_store.py FOLDER

Reads the files of FOLDER that a language claims, and measures on their facts.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from blastradius.index.extract import extract
from blastradius.index.store import FactStore
from blastradius.languages.base import Language
from blastradius.languages.registry import claim

T = TypeVar("T")


def clock(task: str, act: Callable[[], T]) -> T:
    """Run ``act``, print its time, and return its answer."""
    begun = time.perf_counter()
    answer = act()
    print(f"| {task} | {(time.perf_counter() - begun) * 1e3:,.1f} |")
    return answer


def load(folder: Path) -> tuple[dict[tuple[str, str], Language], dict[str, bytes]]:
    """Return what is to be read, and the contents by id."""
    wanted: dict[tuple[str, str], Language] = {}
    contents: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        language = claim(path.relative_to(folder).as_posix())
        if language is not None and path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            oid = hashlib.sha256(content).hexdigest()
            contents[oid] = content
            wanted[oid, language.NAME] = language
    return wanted, contents


def main() -> None:
    """Run as asked on the command line."""
    parser = argparse.ArgumentParser(description="The cache of facts.")
    parser.add_argument("folder", type=Path)
    wanted, contents = load(parser.parse_args().folder)

    def read(oids: Sequence[str]) -> Iterable[tuple[str, bytes | None]]:
        return ((oid, contents[oid]) for oid in oids)

    print(f"{len(wanted)} files, {sum(map(len, contents.values())):,} bytes\n")
    print("| task | ms |\n|---|---:|")
    with tempfile.TemporaryDirectory() as place:
        with FactStore.open(place) as store:
            facts = clock("extract, cold", lambda: extract(wanted, read, store))
        with FactStore.open(place) as store:
            clock("extract, warm", lambda: extract(wanted, read, store))
            print(f"\n{store.stats()}\n\n| task | ms |\n|---|---:|")
    plain = clock("encode", lambda: [msgspec.msgpack.encode(one) for one in facts.values()])
    sizes = {"plain": sum(map(len, plain))}
    for level in (1, 3, 6):
        packed = clock(f"compress {level}", lambda: [zlib.compress(one, level) for one in plain])  # noqa: B023 - called at once
        clock(f"decompress {level}", lambda: [zlib.decompress(one) for one in packed])  # noqa: B023
        sizes[f"level {level}"] = sum(map(len, packed))
    print(f"\nbytes: {sizes}")


if __name__ == "__main__":
    main()
