"""What is left as it is, and why: what git holds, what other tools keep, what nothing builds."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from blastradius.adapters.artifacts import others
from blastradius.adapters.artifacts.model import DOMAIN, Builder
from blastradius.adapters.artifacts.modules import installed_for
from blastradius.adapters.artifacts.node import LOCKS, manager_of
from blastradius.adapters.artifacts.sight import Sight
from blastradius.model.analysis import Evidence
from blastradius.model.plan import Left

_USUAL = ("dist", "build", "out", ".next", ".svelte-kit", "target")
_MAX_EVIDENCE = 20
_INSTALL = {
    "npm": "npm ci",
    "pnpm": "pnpm install --frozen-lockfile",
    "bun": "bun install --frozen-lockfile",
}


def left_of(
    builder: Builder, path: str, inputs: Iterable[str], why: str, by_hand: str, what: str = ""
) -> Left:
    """Return what is said of an output that no step is made for."""
    evidence = (*builder.evidence, *(Evidence(one, 1) for one in inputs if is_text(one)))
    return Left(
        domain=DOMAIN,
        tool=builder.tool,
        target=path,
        what=what or "was built from files that are undone",
        why=why,
        reversibility="reversible",
        by_hand=by_hand,
        evidence=evidence[:_MAX_EVIDENCE],
    )


def unbuilt(builder: Builder, path: str) -> Left:
    """Return what is said of an output whose builder goes."""
    return left_of(
        builder,
        path,
        (),
        "what builds it is undone, and nothing in the reverted tree writes it",
        f"remove it when nobody uses it: rm -r {path}",
        "is the output of a builder that goes",
    )


def reports(sight: Sight) -> Iterator[Left]:
    """Yield what reports of coverage tell of code that is undone."""
    for path, evidence in sorted(others.coverage(sight.tree).items()):
        home = posixpath.dirname(path)
        touched = any(one.startswith(f"{home}/" if home else "") for one in sight.changed)
        if touched and is_text(path) and sight.is_there(path) and not sight.is_gits(path):
            yield Left(
                domain=DOMAIN,
                tool="coverage",
                target=path,
                what="tells of tests of the undone code",
                why="a run of the tests writes it anew, and nothing is served from it",
                reversibility="reversible",
                by_hand="run the tests again",
                evidence=(evidence,),
            )


def modules(sight: Sight) -> Iterator[Left]:
    """Yield installed packages that are not those of the reverted tree's lock file."""
    for lock in sight.changed:
        home, name = posixpath.split(lock)
        path = posixpath.join(home, "node_modules")
        if name not in LOCKS or lock not in sight.tree or not is_text(lock):
            continue
        is_right = installed_for(sight.tree, sight.live, sight.world.repo.object_format, home)
        if sight.is_there(path) and not is_right:
            manager = manager_of(sight.tree, home)
            yield Left(
                domain=DOMAIN,
                tool=manager,
                target=path,
                what="holds packages of the undone lock file",
                why="installing reaches the network; a build of ours installs apart from it",
                reversibility="reversible",
                by_hand="after the revert: " + _INSTALL.get(manager, f"{manager} install"),
                evidence=(Evidence(lock, 1),),
            )


def unknown(sight: Sight, claimed: set[str]) -> Iterator[Left]:
    """Yield ignored folders with the usual names that no builder is known to write."""
    homes = {above for one in sight.changed for above in _above(one)}
    for home in sorted(homes):
        for name in _USUAL:
            path = posixpath.join(home, name)
            if path in claimed or not is_text(path) or not sight.is_there(path):
                continue
            if not sight.tracked(path) and sight.is_ignored(path):
                yield Left(
                    domain=DOMAIN,
                    tool="",
                    target=path,
                    what="has the name of a build's output, beside files that are undone",
                    why="no builder that writes it was found in the text of the project",
                    reversibility="reversible",
                    by_hand="build it again if it is built from them",
                )


def _above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def is_text(path: str) -> bool:
    """Tell whether a path is UTF-8, so that it can stand in a plan."""
    return path.isprintable() and not any("\ud800" <= one <= "\udfff" for one in path)
