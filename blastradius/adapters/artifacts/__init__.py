"""Build outputs: what was built from undone sources is brought back from a checkpoint, or built again.

The whole folder is exchanged in one step for one that lies ready, so that a server which reads it
sees the old one or the new one. What was there is kept in the store and proven to come back.

What users expect of a build is what their builder does. One that empties its folder (Vite, Next,
SvelteKit) owns it: afterwards there is what a clean build writes, nothing else. One that writes among
what lies there (tsc, a Python wheel beside older ones, Vite with ``emptyOutDir: false``) leaves older
files: they stay, those that came since the range began are told as orphans, and go only with consent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from blastradius.adapters.artifacts.model import STAGED, Args
from blastradius.adapters.artifacts.states import berth_of, fingerprint, observed, target_of
from blastradius.adapters.base import Prepared, Proposal, Request, arguments
from blastradius.errors import DriftError, StoppedError, UsageError
from blastradius.git.openat import is_git_name
from blastradius.git.paths import encode_path
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World
from blastradius.world.folders import manifest, write_out
from blastradius.world.swap import finish, move, swap

_NAMED = 3


def propose(request: Request, world: World) -> Proposal:
    """Return a step for each live output folder that was built from what is undone.

    Raises:
        RepositoryError: a tree cannot be read.
    """
    from blastradius.adapters.artifacts import proposing  # noqa: PLC0415 - only planning needs it

    return proposing.propose(request, world)


def probe(step: Step, world: World) -> Fingerprint:
    """Return a digest for each file of the folder, or for each name right in it where it is large."""
    return observed(_args_of(step).path, step.id, world)


def prepare(step: Step, world: World) -> Prepared:
    """Keep the folder, prove that it comes back, build the other one, and put that ready."""
    from blastradius.adapters.artifacts import preparing  # noqa: PLC0415 - as above

    args = _args_of(step)
    with _said(f"{args.path} cannot be prepared"):
        return preparing.prepared(step, args, world)


def act(step: Step, prepared: Prepared, world: World) -> None:
    """Exchange the folder for the one that lies ready.

    Raises:
        DriftError: it is neither as before nor as wanted; nothing was changed.
    """
    args = _args_of(step)
    target, berth = target_of(args.path, world), berth_of(args.path, step.id, world)
    with _said(f"{args.path} cannot be put in place"):
        finish(world.files, berth, target)
        live = observed(args.path, step.id, world)
        if live == prepared.wanted:
            return
        _refuse_foreign(step, live)
        _put(prepared.wanted, "wanted", step, prepared, world)


def verify(step: Step, prepared: Prepared, world: World) -> Fingerprint:
    """Return the state as git's own hashing of every file sees it."""
    from blastradius.adapters.artifacts import witness  # noqa: PLC0415 - as above

    args = _args_of(step)
    expected = witness.unpacked(world.store.get(prepared.kept["seen"]))
    with _said(f"{args.path} cannot be read"):
        seen = witness.seen_by_git(target_of(args.path, world), world.repo)
    return witness.judged(args.path, seen, expected, prepared.wanted)


def compensate(step: Step, prepared: Prepared, world: World) -> None:
    """Bring the folder back that was there: the very one, else from the store.

    Raises:
        DriftError: what is there is neither; nothing was changed.
    """
    args = _args_of(step)
    target, berth = target_of(args.path, world), berth_of(args.path, step.id, world)
    with _said(f"{args.path} cannot be brought back"):
        finish(world.files, berth, target)
        live = observed(args.path, step.id, world)
        if live == step.before:
            return
        if live != prepared.wanted:
            _refuse_foreign(step, live)
        _put(step.before, "present", step, prepared, world)


def settle(step: Step, prepared: Prepared, world: World) -> None:
    """Remove what was staged; the checkpoint stays in the store."""
    del prepared
    args = _args_of(step)
    for place in (berth_of(args.path, step.id, world), world.folder / STAGED / step.id):
        with suppress(OSError):
            world.files.remove_tree(place)
    with suppress(OSError):
        world.files.remove_tree(world.folder / STAGED / "builds")


def _put(wanted: Fingerprint, name: str, step: Step, prepared: Prepared, world: World) -> None:
    """Bring the target from one of the two known states to the other, ``wanted``."""
    path = _args_of(step).path
    target, berth = target_of(path, world), berth_of(path, step.id, world)
    if fingerprint(path, manifest(berth)) != wanted:
        # It holds a part that an interrupted run wrote, or what the store has as well.
        world.files.remove_tree(berth)
        world.files.make_folder(berth.parent)
        write_out(prepared.kept[name], world.store, world.files, berth)
    if wanted.leaves:
        swap(world.files, berth, target)
    else:
        move(world.files, target, berth)


def _refuse_foreign(step: Step, live: Fingerprint) -> None:
    if live == step.before:
        return
    differing = live.differing(step.before)
    more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
    raise DriftError(
        f"{step.target} was changed by somebody else: {', '.join(differing[:_NAMED])}{more}",
        "their files are untouched; make the plan again",
    )


def _args_of(step: Step) -> Args:
    """Return what the step says of its work; a plan may come from a file of somebody else's.

    Raises:
        UsageError: it says what no plan of ours does.
    """
    args = arguments(step, Args, f"step {step.id} of the plan")
    if args.way == "rebuild" and args.path not in args.outputs:
        raise UsageError(
            f"step {step.id} of the plan builds nothing for {args.path}", "make the plan again"
        )
    if any(map(is_git_name, encode_path(args.path).split(b"/"))):
        raise UsageError(
            f"step {step.id} of the plan would write into a git directory: {args.path}",
            "it was not made by blastradius; nothing was touched",
        )
    return args


@contextmanager
def _said(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoppedError(
            f"{what}: {error.strerror or type(error).__name__}",
            "free some space, or make the folder writable; then run it again",
        ) from error


__all__ = ["act", "compensate", "prepare", "probe", "propose", "settle", "verify"]
