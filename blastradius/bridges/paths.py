"""A string that names a file of the tree → that file.

An exact match from the repository's root or from the folder of the file that says it is certain; when
both give a file, nothing tells which is meant: the root's, as a heuristic. A path that is only the
tail of one file's path (its root is computed at run time) is likely; a tail that several files share
is no edge, only an ambiguous reference.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping

from blastradius.bridges.base import View
from blastradius.model.symbols import Edge, Linked, Outcome, Tier, Unresolved

NAME = "paths"
VERSION = "2"

_CONFIDENCE: dict[Tier, float] = {"certain": 0.98, "likely": 0.9, "heuristic": 0.5}


def link(view: View) -> Linked:
    """Return an edge of kind ``path`` for each mention that names a file."""
    tails = _tails(view.paths)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for path, file in view.files.items():
        for mention in file.facts.mentions:
            if mention.flavor != "path":
                continue
            found, tier = resolve(mention.value, path, view.paths, tails)
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


def resolve(
    value: str, said_in: str, paths: frozenset[str], tails: Mapping[str, list[str]]
) -> tuple[list[str], Tier]:
    """Return the files that ``value``, said in the file ``said_in``, can name, and how sure it is."""
    wanted = posixpath.normpath(value.replace("\\", "/"))
    if wanted.startswith(("/", "..")) and not wanted.startswith("../"):
        return [], "heuristic"
    here = posixpath.normpath(posixpath.join(posixpath.dirname(said_in), wanted))
    exact = [one for one in dict.fromkeys((wanted, here)) if one in paths]
    if exact:
        return exact[:1], "certain" if len(exact) == 1 else "heuristic"
    if "/" not in wanted or wanted.startswith(".."):
        return [], "heuristic"
    return tails.get(_tail(wanted), []) if _tail(wanted) == wanted else _ending(
        wanted, tails
    ), "likely"


def _ending(wanted: str, tails: Mapping[str, list[str]]) -> list[str]:
    return [one for one in tails.get(_tail(wanted), []) if one.endswith(f"/{wanted}")]


def _tail(path: str) -> str:
    """Return the last two parts of a path."""
    return "/".join(path.split("/")[-2:])


def _tails(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        found[_tail(path)].append(path)
    return found
