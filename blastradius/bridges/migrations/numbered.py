"""Migrations that only their numbers order: each is likely to follow the one before it.

Flyway (``V2__name.sql``), golang-migrate (``000002_name.up.sql``), dbmate and goose (a timestamp, and
``-- migrate:up`` or ``-- +goose Up`` in the text), Prisma (a folder each), Drizzle (``meta/_journal.json``
has the order). A way down follows its way up.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from blastradius.bridges.base import View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.bridges.migrations.statements import KIND

_FOLLOWS = Sure("likely", 0.9)
_FLYWAY = re.compile(r"(?P<kind>[VU])(?P<version>\d+(?:[._]\d+)*)__\w[^/]*\.sql$")
_UP_DOWN = re.compile(r"(?P<version>\d+)_[\w.-]+\.(?P<side>up|down)\.sql$")
_STAMPED = re.compile(r"(?P<version>\d{3,})[_-][\w.-]+\.sql$")
_PRISMA = re.compile(r"(?P<version>\d{8,})_[\w-]+/migration\.sql$")
_UP_PART = re.compile(rb"^--\s*(?:migrate:up|\+goose\s+Up)\b", re.MULTILINE | re.IGNORECASE)
_JOURNAL = "meta/_journal.json"
_MOST_BYTES = 2_000_000
_MOST_DIGITS = 40


class _Step(NamedTuple):
    """A file that is one step up of a chain: where it stands in it."""

    version: tuple[int, ...]
    path: str


def link(view: View, found: Found) -> None:
    """Add an edge from each migration to the one before it."""
    chains: dict[tuple[str, str], list[_Step]] = defaultdict(list)
    downs: dict[tuple[str, str], list[_Step]] = defaultdict(list)
    for path in sorted(view.paths):
        if path.endswith(".sql"):
            _sort_in(view, path, chains, downs)
        elif path.endswith(f"/{_JOURNAL}"):
            _chain(_drizzle(view, path), found)
    for chain, steps in sorted(chains.items()):
        at = _by_version(steps)
        _chain([step.path for _, step in sorted(at.items())], found)
        for down in downs.get(chain, ()):
            up = at.get(down.version)
            if up is not None:
                _edge(down.path, up.path, found)


def _sort_in(
    view: View,
    path: str,
    chains: dict[tuple[str, str], list[_Step]],
    downs: dict[tuple[str, str], list[_Step]],
) -> None:
    """Put a file into the chain of its folder and its way of naming."""
    folder, name = posixpath.split(path)
    above, last = posixpath.split(folder)
    if match := _PRISMA.match(f"{last}/{name}"):
        if posixpath.basename(above) == "migrations":
            chains["prisma", above].append(_Step(_version(match), path))
    elif match := _FLYWAY.match(name):
        sides = chains if match["kind"] == "V" else downs
        sides["flyway", folder].append(_Step(_version(match), path))
    elif match := _UP_DOWN.match(name):
        sides = chains if match["side"] == "up" else downs
        sides["up-down", folder].append(_Step(_version(match), path))
    elif (match := _STAMPED.match(name)) and _has_up_part(view, path):
        chains["stamped", folder].append(_Step(_version(match), path))


def _version(match: re.Match[str]) -> tuple[int, ...]:
    """Return a version as numbers; zeros at its end say nothing (1.0 is 1)."""
    parts = [int(one[:_MOST_DIGITS]) for one in re.split(r"[._]", match["version"])]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _has_up_part(view: View, path: str) -> bool:
    source = view.options.source(path)
    return source is not None and _UP_PART.search(source[:_MOST_BYTES]) is not None


def _by_version(steps: Iterable[_Step]) -> dict[tuple[int, ...], _Step]:
    """Return the steps whose version no other one has: which of two comes first nobody can tell."""
    found: dict[tuple[int, ...], list[_Step]] = defaultdict(list)
    for one in steps:
        found[one.version].append(one)
    return {version: own[0] for version, own in found.items() if len(own) == 1}


def _drizzle(view: View, path: str) -> Iterator[str]:
    """Yield the migrations that a journal of Drizzle lists, in its order."""
    source = view.options.source(path)
    if source is None or len(source) > _MOST_BYTES:
        return
    try:
        journal = json.loads(source)
    except (ValueError, RecursionError):
        return
    entries = journal.get("entries") if isinstance(journal, dict) else None
    listed = [
        (one["idx"], one["tag"])
        for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, dict)
        and isinstance(one.get("idx"), int)
        and isinstance(one.get("tag"), str)
    ]
    for _, tag in sorted(listed):
        migration = posixpath.join(path.removesuffix(_JOURNAL), f"{tag}.sql")
        if migration in view.paths:
            yield migration


def _chain(paths: Iterable[str], found: Found) -> None:
    before = ""
    for path in paths:
        if before:
            _edge(path, before, found)
        before = path


def _edge(path: str, before: str, found: Found) -> None:
    found.edge(Site(f"file:{path}", path, 1, before), f"file:{before}", KIND, _FOLLOWS)
