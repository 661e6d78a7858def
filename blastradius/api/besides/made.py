"""Locks and generated files that no longer fit what they are made from.

They fit where the range had the two together as the reverted tree has them: before it, or after one of
its commits that made the one from the other. What never fitted has to be made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from blastradius.api.besides.derived import Derivations, Derived, works
from blastradius.api.besides.manifests import command_for
from blastradius.api.besides.scene import Scene
from blastradius.index.snapshot import Snapshot
from blastradius.model.analysis import FixForward
from blastradius.model.source import TreeEntry


def find(scene: Scene) -> list[FixForward]:
    """Return the locks and generated files to make anew, locks first, each kind by path."""
    derivations = Derivations(scene.history, scene.read)
    changed = {path for one in scene.changed for path in (one.path, one.old_path)}
    made = derivations.all(scene.touched)
    found = []
    for path, one in sorted(made.items(), key=lambda item: (item[1].kind != "lock", item[0])):
        if path not in scene.reverted.tree or changed.isdisjoint({path, *one.sources}):
            continue
        for source in one.sources:
            if source in scene.reverted.tree and not _fits(scene, derivations, one, source):
                found.append(_mend(scene, derivations, one, source))
                break
    return found


def _fits(scene: Scene, derivations: Derivations, one: Derived, source: str) -> bool:
    """Tell whether the file and its source of the reverted tree go together."""
    now = _at(scene.reverted, derivations, one, source)
    head = _at(scene.head, derivations, one, source)
    if now[0] is None or now == head:
        return True
    if one.kind == "generated" and now[1] != head[1]:
        return True  # both change back: as merges of text, that is as right as the merges are
    states = list(_states(scene, derivations, one, source))
    if any(state.fits and (state.asked, state.made) == now for state in states):
        return True
    if now[0] == head[0] and now[1] not in {state.made for state in states}:
        # Other changes to the lock stay: what goes is missed if it was asked for, not if it was an upgrade.
        return not any(state.renews and not scene.undone.isdisjoint(state.work) for state in states)
    return False


def _at(
    tree: Snapshot, derivations: Derivations, one: Derived, source: str
) -> tuple[str | None, str]:
    return derivations.asks(one, source, tree.tree.get(source)), _oid(tree.tree.get(one.path))


class _State(NamedTuple):
    """What a source asks for and the id of what is made from it, after ``work``.

    ``fits``: the one was made from the other. ``renews``: the work made it so.
    """

    work: tuple[str, ...]
    asked: str | None
    made: str
    fits: bool
    renews: bool


def _states(scene: Scene, derivations: Derivations, one: Derived, source: str) -> Iterator[_State]:
    """Yield the states before the range and after what was committed as one.

    A source that was changed alone left the other stale.
    """
    base: Mapping[str, TreeEntry] = scene.history.base.tree
    state = {path: base.get(path) for path in (source, one.path)}
    last = _State((), *_at(scene.history.base, derivations, one, source), fits=True, renews=False)
    yield last
    for work in works(scene.history):
        changes = [change for atom in work for change in scene.history.changes.get(atom, ())]
        if state.keys().isdisjoint(path for one in changes for path in (one.path, one.old_path)):
            continue
        for change in changes:
            if change.status in {"renamed", "deleted"} and change.old_path in state:
                state[change.old_path] = None
            if change.path in state:
                state[change.path] = change.new
        asked, made = derivations.asks(one, source, state[source]), _oid(state[one.path])
        renewed = made != last.made
        fits = renewed or (last.fits and asked == last.asked)
        renews = renewed and (not last.fits or asked != last.asked)
        last = _State(work, asked, made, fits, renews)
        yield last


def _oid(entry: TreeEntry | None) -> str:
    return entry.oid if entry is not None else ""


def _mend(scene: Scene, derivations: Derivations, one: Derived, source: str) -> FixForward:
    now, head = (_at(tree, derivations, one, source) for tree in (scene.reverted, scene.head))
    if one.kind == "generated":
        why = f"generated from {source}, which changes back while it stays: generate it again"
        return FixForward(one.path, 1, f"file:{one.path}", why, "generated")
    if now[1] == head[1]:
        why = f"{source} asks for other packages once the commits are undone, and the lock stays"
    elif now[0] == head[0]:
        why = f"the lock goes back, and {source} stays"
    else:
        why = f"{source} and the lock go back in part, to what never stood together"
    command = command_for(one.path, scene.text(scene.reverted, one.path))
    return FixForward(
        one.path,
        1,
        f"file:{one.path}",
        f"{why}: make the lock anew",
        "lock",
        (command,) if command else (),
    )
