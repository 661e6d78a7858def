"""Which changed files a builder reads, and what a live folder says of when it was built."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from blastradius.adapters.artifacts.model import Builder
from blastradius.adapters.artifacts.node import LOCKS
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.domains.base import is_test
from blastradius.domains.lines import line_of
from blastradius.git.paths import encode_path
from blastradius.model.analysis import Evidence
from blastradius.world.folders import Manifest

Verdict = Literal["undone", "older", "unknown"]

# Files of the folders above that a build reads as well.
_ABOVE = re.compile(
    r"^(?:package\.json|tsconfig[\w.-]*\.json|[\w-]+\.config\.[cm]?[jt]s|\.npmrc|\.nvmrc|\.babelrc"
    r"|\.browserslistrc|pnpm-workspace\.yaml|turbo\.json|nx\.json)$"
)
_IDLE = re.compile(r"(?:^|/)(?:\.github|\.circleci|\.vscode|\.idea|\.husky)/|(?:^|/)\.gitignore$")
# Words for people; of a Python package they are part of what is built.
_WORDS = re.compile(
    r"(?:^|/)(?:readme|changelog|changes|contributing|security|code_of_conduct|license)(?:\.\w+)?$"
)
_LITERAL = re.compile(r"(['\"`])([^'\"`\n\\${}]{8,80})\1")
_MAX_MARKS = 300
_MAX_CHANGED = 200
_MAX_FILE = 5 << 20
_MAX_READ = 64 << 20
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Built(Struct, frozen=True):
    """What a folder's content says: it holds text of what is undone, only of what comes back, neither.

    ``evidence`` is where that text stands, the folder's file first, relative to the folder.
    """

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()


def changed_paths(newer: TreeFiles, older: TreeFiles) -> list[str]:
    """Return the paths that differ between two trees, sorted; a rename is two of them."""
    names = newer.entries.keys() | older.entries.keys()
    found = [one for one in names if newer.entries.get(one) != older.entries.get(one)]
    return sorted(found, key=encode_path)


def inputs_of(builder: Builder, changed: Iterable[str], roots: Iterable[str]) -> list[str]:
    """Return the changed paths that a builder reads.

    Args:
        builder: the builder.
        changed: see `changed_paths`.
        roots: the folders of all builders: what lies in one of another builder is not read, unless
            this one depends on it.
    """
    known = set(roots)
    outputs = tuple(one.path + "/" for one in builder.outputs)
    found = []
    for path in changed:
        if path.startswith(outputs) or _IDLE.search(path.lower()):
            continue
        takes_all = builder.tool in {"python", "make"}
        if not takes_all and (is_test(path) or _WORDS.search(path.lower())):
            continue
        home = posixpath.dirname(path)
        is_above = builder.root == home or builder.root.startswith(home + "/") or not home
        name = posixpath.basename(path)
        if is_above and (name in LOCKS or _ABOVE.match(name)):
            found.append(path)
            continue
        while home and home not in known:
            home = posixpath.dirname(home)
        if home in builder.inputs or (builder.tool == "make" and _is_below(home, builder.root)):
            found.append(path)
    return found


def _is_below(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(root + "/")


def what_it_holds(
    folder: Path, found: Manifest, inputs: list[str], newer: TreeFiles, older: TreeFiles
) -> Built:
    """Return which of two trees a folder was built from, as far as texts that only one has tell."""
    gone, back = _marks(inputs, newer, older), _marks(inputs, older, newer)
    if not gone and not back:
        return Built("unknown")
    holds_old = False
    read = 0
    for path, entry in found.entries.items():
        if entry.kind != "file" or entry.size > _MAX_FILE or read > _MAX_READ:
            continue
        content = _read(folder / path if path else folder)
        read += len(content)
        for text, place in gone.items():
            at = content.find(text)
            if at >= 0:
                return Built("undone", (Evidence(path, content.count(b"\n", 0, at) + 1), place))
        holds_old = holds_old or any(text in content for text in back)
    return Built("older" if holds_old and gone else "unknown")


def _marks(inputs: list[str], having: TreeFiles, lacking: TreeFiles) -> dict[bytes, Evidence]:
    """Return texts between quotes that the changed files have in one tree only → where."""
    there: dict[str, Evidence] = {}
    absent: set[str] = set()
    for path in inputs[:_MAX_CHANGED]:
        absent |= {one[2] for one in _LITERAL.finditer(lacking.text(path))}
        text = having.text(path)
        if posixpath.basename(path) in LOCKS:
            continue
        for one in _LITERAL.finditer(text):
            there.setdefault(one[2], Evidence(path, line_of(text, one.start())))
    found = [(text.encode(), place) for text, place in there.items() if text not in absent]
    return dict(found[:_MAX_MARKS])


def newest(folder: Path, found: Manifest) -> int:
    """Return when the last file of a folder was written, seconds since the epoch, 0 without files."""
    times = []
    for path, entry in found.entries.items():
        if entry.kind == "file":
            try:
                times.append(os.lstat(folder / path if path else folder).st_mtime)
            except OSError:
                continue
    return int(max(times, default=0))


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, _READ_FLAGS)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as file:
        return file.read(_MAX_FILE)
