"""A string that names a file of the tree → that file.

An exact match from the repository's root or from the folder of the file that says it is certain; when
both give a file, nothing tells which is meant: the root's, as a heuristic, unless the code says that
it starts from itself (``__file__``). A path that is only the tail of one file's path (its root is
computed at run time) is likely; a tail that several files share is no edge, only an ambiguous
reference. A bare file name below a computed folder is anybody's.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from blastradius.bridges.base import FileView, View
from blastradius.bridges.keyed import is_keyed
from blastradius.languages.python.paths import COMPUTED
from blastradius.model.facts import Mention
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

NAME = "paths"
VERSION = "3"

_CODE = (".py", ".pyi", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs")
_CONFIDENCE: dict[Tier, float] = {"certain": 0.98, "likely": 0.9, "heuristic": 0.5}


def link(view: View) -> Linked:
    """Return an edge of kind ``path`` for each mention that names a file."""
    tails = tails_of(view.paths)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for path, file in view.files.items():
        for mention in file.facts.mentions:
            if mention.flavor != "path":
                continue
            found, tier = _meant(mention, path, view.paths, tails, loose=_is_loose(file, mention))
            if is_keyed(file) and _is_bare(mention, path):
                found, tier = _beside(mention, path, view.paths, (found, tier))
            if len(found) != 1:
                outcome: Outcome = "ambiguous" if found else "unresolved"
                unresolved.append(Unresolved(path, mention.line, mention.value, outcome))
                continue
            if found[0] == path:
                continue
            edges.append(
                Edge(
                    file.scope_symbol(path, mention.scope),
                    f"file:{found[0]}",
                    "path",
                    tier,
                    _CONFIDENCE[tier],
                    path,
                    mention.line,
                    mention.value,
                )
            )
    return Linked(tuple(edges), tuple(unresolved), len(edges))


def _is_bare(mention: Mention, path: str) -> bool:
    """Tell whether a config names a file without a folder; workflows run at the top."""
    return not path.startswith(".github/") and "/" not in mention.value.removeprefix("./")


def _beside(
    mention: Mention, path: str, paths: frozenset[str], otherwise: tuple[list[str], Tier]
) -> tuple[list[str], Tier]:
    """Return the file beside a config that a bare name in it means.

    ``readme = "README.md"`` or ``COPY ./uv.lock`` start from where they stand, although the
    repository may have such a file at its top too: that one is a guess at best.
    """
    found, tier = otherwise
    here = posixpath.normpath(posixpath.join(posixpath.dirname(path), mention.value))
    if here not in paths:
        return found, "heuristic"
    return ([here], "likely") if tier == "heuristic" else otherwise


def _is_loose(file: FileView, mention: Mention) -> bool:
    """A word in the middle of code, neither an argument nor the value of a constant."""
    if is_keyed(file) or mention.scope < 0:
        return False
    return file.facts.definitions[mention.scope].kind in {"function", "method"}


def _meant(
    mention: Mention,
    path: str,
    paths: frozenset[str],
    tails: Mapping[str, list[str]],
    *,
    loose: bool,
) -> tuple[list[str], Tier]:
    """Return what a mention names, less surely where the beginning of its path is computed."""
    if not mention.via.startswith(COMPUTED):
        found, tier = resolve(mention.value, path, paths, tails)
        weak = loose and "/" not in mention.value and not mention.via
        return found, "heuristic" if weak else tier
    wanted = posixpath.normpath(mention.value)
    if "/" not in wanted or wanted.startswith(("/", "..")):
        return [], "heuristic"
    return _ending(wanted, tails, whole=paths), "likely"


def resolve(
    value: str, said_in: str, paths: frozenset[str], tails: Mapping[str, list[str]]
) -> tuple[list[str], Tier]:
    """Return the files that ``value``, said in the file ``said_in``, can name, and how sure it is."""
    wanted = posixpath.normpath(value.replace("\\", "/"))
    if wanted.startswith(("/", "..")) and not wanted.startswith("../"):
        return [], "heuristic"
    here = posixpath.normpath(posixpath.join(posixpath.dirname(said_in), wanted))
    exact = [one for one in dict.fromkeys((wanted, here)) if one in paths]
    if value.startswith("./") and here in exact and said_in.endswith(_CODE):
        return [here], "certain"
    if exact:
        return exact[:1], "certain" if len(exact) == 1 else "heuristic"
    if "/" not in wanted or wanted.startswith(".."):
        return [], "heuristic"
    return _ending(wanted, tails), "likely"


def _ending(wanted: str, tails: Mapping[str, list[str]], whole: Collection[str] = ()) -> list[str]:
    """Return the files whose paths end as ``wanted`` does, or are it when in ``whole``.

    Two at most: more than one is nobody's.
    """
    ending = f"/{wanted}"[::-1]
    alike = tails.get(_tail(wanted), ())
    first = bisect_left(alike, ending)
    found = [one[::-1] for one in alike[first : first + 2] if one.startswith(ending)]
    return [*found, wanted] if wanted in whole else found


def _tail(path: str) -> str:
    """Return the last two parts of a path."""
    return "/".join(path.split("/")[-2:])


def tails_of(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the last two parts → the paths that have them, written backwards, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for backwards in sorted(path[::-1] for path in paths):
        found[_tail(backwards[::-1])].append(backwards)
    return found
