"""Which output folders are stale after an undo, and what is done about each. Nothing is ever run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from blastradius.adapters.artifacts import leaving, node, others
from blastradius.adapters.artifacts.leaving import is_text, left_of
from blastradius.adapters.artifacts.model import DOMAIN, Builder, Output
from blastradius.adapters.artifacts.sight import Sight, looked
from blastradius.adapters.artifacts.stale import Built, inputs_of, newest, what_it_holds
from blastradius.adapters.artifacts.stepping import step_for, time_of, words_of
from blastradius.adapters.artifacts.treefiles import TreeFiles
from blastradius.adapters.base import Proposal, Request
from blastradius.errors import CheckpointError
from blastradius.git.paths import encode_path
from blastradius.model.plan import Left, Step
from blastradius.world import World
from blastradius.world.archive import is_git_name
from blastradius.world.folders import Manifest, manifest, place_in

_ASSUMED = (
    "output folders are built from commits: what is not committed is not in them",
    (
        "a build reads its tree, the packages that are installed, untracked .env files and the "
        "variables that bundlers make public (VITE_*, NEXT_PUBLIC_*, …), and nothing else"
    ),
)

# What only a build leaves in the tool's own folder.
_BUILT = {"next": "BUILD_ID", "svelte-kit": "output", "nuxt": "nitro.json"}


def propose(request: Request, world: World) -> Proposal:
    """Return a step for each live output folder that was built from what is undone.

    Raises:
        RepositoryError: a tree cannot be read.
    """
    chosen = request.wishes.domains
    if chosen and DOMAIN not in chosen:
        return Proposal()
    with looked(request, world) as sight:
        if sight is None:
            return Proposal()
        found: dict[str, Step | Left] = {}
        for one in chain(_built(sight), _around(sight)):
            # A folder has one answer: a step before a word on why there is none.
            known = found.get(one.target)
            if known is None or (isinstance(one, Step) and not isinstance(known, Step)):
                found[one.target] = one
    ordered = [found[path] for path in sorted(found)]
    steps = tuple(one for one in ordered if isinstance(one, Step))
    left = tuple(one for one in ordered if isinstance(one, Left))
    return Proposal(steps=steps, left=left, assumptions=_ASSUMED if steps else ())


def _builders(tree: TreeFiles) -> list[Builder]:
    found = [*node.builders(tree), *others.builders(tree)]
    return [one for one in found if is_text(one.root)]


def _built(sight: Sight) -> Iterator[Step | Left]:
    now = _builders(sight.tree)
    roots = {one.root for one in now}
    for builder in now:
        inputs = inputs_of(builder, sight.changed, roots)
        for output in builder.outputs:
            if inputs and is_text(output.path):
                found = _one(sight, builder, output, inputs)
                if found is not None:
                    yield found


def _around(sight: Sight) -> Iterator[Left]:
    """Yield what lies around that no builder of the reverted tree writes."""
    claimed = {output.path for one in _builders(sight.tree) for output in one.outputs}
    for builder in _builders(sight.newer):
        for output in builder.outputs:
            path = output.path
            if path in claimed or builder.why_not or not is_text(path):
                continue
            if sight.is_there(path) and not sight.tracked(path):
                claimed.add(path)
                yield leaving.unbuilt(builder, path)
    yield from leaving.reports(sight)
    yield from leaving.modules(sight)
    yield from leaving.unknown(sight, claimed)


def _one(sight: Sight, builder: Builder, output: Output, inputs: list[str]) -> Step | Left | None:
    path = output.path
    if builder.tool != "docker" and not sight.is_there(path):
        return None
    if refused := _refused(sight, builder, path):
        what = "has images that may hold what is undone" if builder.tool == "docker" else ""
        return left_of(builder, path, inputs, *refused, what)
    folder = place_in(sight.live, path)
    try:
        found = manifest(folder)
    except CheckpointError as error:
        return left_of(builder, path, inputs, error.what, error.hint)
    if _is_packages(found) != (builder.tool == "python") and output == builder.outputs[0]:
        return None  # another builder's folder of the same name
    if any(is_git_name(encode_path(one).rpartition(b"/")[2]) for one in found.entries):
        return left_of(builder, path, inputs, "it holds a repository of its own", "")
    mark = _BUILT.get(builder.tool, "")
    if mark and output == builder.outputs[0] and mark not in found.entries:
        why = "a development server wrote it, which follows the sources by itself"
        return left_of(builder, path, inputs, why, "", "is no build's output")
    held = what_it_holds(folder, found, inputs, sight.newer, sight.older)
    if sight.was_reset and (why := _is_fresh(sight, held, folder, found)):
        hand = f"to be sure: {words_of(builder)}"
        return left_of(builder, path, inputs, why, hand, "may have been built from the range")
    return step_for(sight, builder, output, inputs, found, held)


def _refused(sight: Sight, builder: Builder, path: str) -> tuple[str, str] | None:
    """Return why nothing of ours is done about an output and what a person would do, None if it is."""
    if builder.tool == "docker":
        return builder.why_not, builder.by_hand
    if sight.is_gits(path):
        return "git holds its files: the revert of the commits brings them back", ""
    if builder.why_not:
        return builder.why_not, builder.by_hand
    folder = place_in(sight.live, path)
    if folder.is_symlink() or not folder.is_dir() or os.path.ismount(folder):
        return "it is a link, a file or a mount, and no folder of the work tree's own", ""
    return None


def _is_packages(found: Manifest) -> bool:
    """Tell whether a folder holds what Python's builders write, and nothing else."""
    names = [one for one in found.entries if one]
    return bool(names) and all(one.endswith((".whl", ".tar.gz", ".zip")) for one in names)


def _is_fresh(sight: Sight, held: Built, folder: Path, found: Manifest) -> str:
    """Return why a folder is taken to be older than a range that HEAD does not hold, else empty."""
    if held.verdict == "undone":
        return ""
    if held.verdict == "older":
        return "it holds text of the tree that is checked out and none of the range's"
    if newest(folder, found) < time_of(sight, sight.request.analysis.range.base):
        return "its files were written before the range began, as far as their times tell"
    return ""
