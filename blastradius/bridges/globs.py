"""A glob in code or config → the files that it matches.

``sql/*.sql`` in Python, ``paths: ['src/**']`` in a workflow. A glob breaks only when nothing is left
that it matches, so that each of its files is no reason to force anything: the edges show what a
change reaches, never more than heuristic; a glob that matches one file alone is likely.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from blastradius.bridges.base import View
from blastradius.bridges.found import Found, Site, Sure
from blastradius.languages.python.paths import COMPUTED
from blastradius.model.symbols import Linked

NAME = "globs"
VERSION = "2"

_ONLY = Sure("likely", 0.92)
_SEVERAL = Sure("heuristic", 0.85)
_MOST_FILES = 500
_MOST_EDGES = 20_000
_MOST_WORK = 1_000_000
_MOST_ALTERNATIVES = 16
_BRACES = re.compile(r"\{([^{}]{1,200})\}")
# Places that say what is watched, linted or left out: they read no file.
_WATCHING = frozenset(
    """branches exclude excludes extend-exclude files ignore ignore_paths include omit owners paths
    paths-ignore pattern patterns tags""".split()  # noqa: SIM905 - a word list reads best as words
)


def link(view: View) -> Linked:
    """Return edges of kind ``path`` from globs to the files that they match."""
    found = Found()
    paths = sorted(view.paths)
    known: dict[tuple[str, str], list[str]] = {}
    patience = _Patience(_MOST_WORK)
    for path, file in view.files.items():
        for mention in file.facts.mentions:
            if mention.flavor != "glob" or mention.via in _WATCHING:
                continue
            if not _says_where(mention.value) or mention.via.startswith(COMPUTED):
                continue  # of some folder, known at run time only
            if len(found.edges) > _MOST_EDGES or patience.left < 0:
                return found.linked()
            key = (mention.value, posixpath.dirname(path))
            if key not in known:
                known[key] = matching(mention.value, path, paths, patience)
            site = Site(file.scope_symbol(path, mention.scope), path, mention.line, mention.value)
            files = known[key]
            if not files or len(files) > _MOST_FILES:
                found.miss(site)
                continue
            for one in files:
                if one != path:
                    found.edge(site, f"file:{one}", "path", _ONLY if len(files) == 1 else _SEVERAL)
    return found.linked()


def _says_where(glob: str) -> bool:
    """Tell whether a glob names some folder: ``*.sql`` is of any, ``*/*`` is a media type."""
    folders = glob.split("/")[:-1]
    return any(part.strip(".*?") for part in folders)


@dataclass(slots=True)
class _Patience:
    """How many more paths may be compared with globs."""

    left: int


def matching(
    glob: str, said_in: str, paths: Sequence[str], patience: _Patience | None = None
) -> list[str]:
    """Return the files that a glob matches: from the folder of the file that says it, else the root.

    ``*`` and ``?`` stay within a part of the path, ``**`` goes over parts, ``{a,b}`` is either.
    ``patience`` grows less by the paths that were compared.
    """
    here = posixpath.dirname(said_in)
    for start in dict.fromkeys((here, "")):
        patterns = [
            posixpath.normpath(posixpath.join(start, one)).split("/")
            for one in alternatives(glob.removeprefix("/"))
        ]
        if any(one[0] == ".." for one in patterns):
            continue
        near = [(one, _below(paths, one)) for one in patterns]
        if patience is not None:
            patience.left -= sum(len(several) for _, several in near)
        found = {path for one, several in near for path in several if matches(one, path.split("/"))}
        if found:
            return sorted(found)
    return []


def _below(paths: Sequence[str], pattern: Sequence[str]) -> Sequence[str]:
    """Return the sorted paths that begin as the pattern does, up to its first wildcard."""
    literal: list[str] = []
    for part in pattern[:-1]:
        if "*" in part or "?" in part:
            break
        literal.append(f"{part}/")
    prefix = "".join(literal)
    return paths[bisect_left(paths, prefix) : bisect_left(paths, f"{prefix}\U0010ffff")]


def alternatives(glob: str) -> Iterator[str]:
    """Yield a glob without braces for each choice of its alternatives, a bounded number."""
    pending, given = [glob], 0
    while pending and given < _MOST_ALTERNATIVES:
        one = pending.pop()
        braces = _BRACES.search(one)
        if braces is None:
            given += 1
            yield one
        elif len(pending) < _MOST_ALTERNATIVES:
            before, after = one[: braces.start()], one[braces.end() :]
            pending += [f"{before}{part}{after}" for part in braces[1].split(",")[::-1]]


def matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Tell whether the parts of a path match those of a pattern; ``**`` is any number of them."""
    return _fits(pattern, parts, "**", part_matches)


def part_matches(pattern: str, text: str) -> bool:
    """Tell whether one part of a path matches a pattern of ``*`` and ``?``."""
    return _fits(pattern, text, "*", lambda one, letter: one in ("?", letter))


def _fits(
    pattern: Sequence[str], text: Sequence[str], wild: str, same: Callable[[str, str], bool]
) -> bool:
    """Tell whether the text matches, ``wild`` standing for any run of it.

    Greedy with one point to return to, behind the last wild: at most len(pattern) × len(text) steps,
    whatever the pattern.
    """
    at = here = 0
    star = retry = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == wild:
            star, retry = at, here
            at += 1
        elif at < len(pattern) and same(pattern[at], text[here]):
            at += 1
            here += 1
        elif star >= 0:
            retry += 1
            at, here = star + 1, retry
        else:
            return False
    return all(one == wild for one in pattern[at:])
