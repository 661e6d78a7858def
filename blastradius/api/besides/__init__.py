"""What people touch besides when they revert: tests, changelogs, docs, locks, generated files, migrations.

None of it makes the tree inconsistent, so none of it draws a commit in; left alone it is wrong all the
same. Each is named with its reason, and with the command that mends it where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from blastradius.api.besides import changelog, docs, exercised, made, migrations
from blastradius.api.besides.scene import Scene
from blastradius.model.analysis import FixForward

if TYPE_CHECKING:
    from blastradius.api.answer import Trial  # which may ask for what is here

# Of one kind; and of the paths of what is more than that, as many as a line holds.
_MOST, _PATHS = 25, 3
_FINDERS: tuple[Callable[[Scene], Sequence[FixForward]], ...] = (
    migrations.find,
    made.find,
    exercised.find,
    changelog.find,
    docs.find,
)


def besides(trial: Trial) -> tuple[FixForward, ...]:
    """Return what is to be looked at besides the revert, by kind and then in the order of its finder.

    At most 25 of a kind; the last one then says how many more there are, and where. Empty when the
    reverted tree could not be made.
    """
    undone = trial.world.undo(trial.selection.commits)
    if undone.tree is None:
        return ()
    looked = trial.world.look(undone.tree)
    return of_scene(
        Scene(
            trial.history,
            trial.selection.commits,
            looked.changed,
            looked.snapshot,
            looked.dangling,
            trial.workspace.read,
            trial.split.commit_of,
        )
    )


def of_scene(scene: Scene) -> tuple[FixForward, ...]:
    """Return the same for trees that are at hand already."""
    return tuple(one for find in _FINDERS for one in _bounded(find(scene)))


def _bounded(found: Sequence[FixForward]) -> Sequence[FixForward]:
    if len(found) <= _MOST:
        return found
    first, rest = found[: _MOST - 1], found[_MOST - 1 :]
    paths = sorted({one.path for one in rest})
    some = ", ".join(paths[:_PATHS])
    if len(paths) > _PATHS:
        some += f" and {len(paths) - _PATHS} more files"
    why = f"and {len(rest)} more of this kind, in {some}"
    return [*first, FixForward(rest[0].path, rest[0].line, "", why, rest[0].kind)]
