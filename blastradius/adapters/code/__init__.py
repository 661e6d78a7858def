"""Git: the revert set as commits on a branch, and the work tree and index that follow it.

Nothing is ever reset: commits are added, so that protected and published branches are served like
any other. The trees are those that were proven; ``prepare`` writes the commits, ``act`` puts files,
then index entries, then the branch in place, each by compare-and-swap. Files come as raw bytes, no
filter or hook of the repository is run.
"""

from __future__ import annotations

from blastradius.adapters.base import Prepared, arguments
from blastradius.adapters.code.checkout import Checkout
from blastradius.adapters.code.commits import (
    CodeArgs,
    refuse_malformed,
    refuse_unready,
    swap_ref,
    write_commits,
)
from blastradius.adapters.code.own_work import keep_work
from blastradius.adapters.code.state import fingerprint, head_of, tip_of
from blastradius.errors import DriftError
from blastradius.model.plan import Fingerprint, Step
from blastradius.world import World


def probe(step: Step, world: World) -> Fingerprint:
    """Return where the branch points, and the index and files of the touched paths."""
    args = args_of(step, world)
    tip = tip_of(world.repo, args.ref)
    if not args.checkout:
        return fingerprint(args.ref, tip, "", {}, {})
    with Checkout(args, world) as checkout:
        head = head_of(world.repo)
        return fingerprint(args.ref, tip, head, checkout.index(), checkout.files())


def prepare(step: Step, world: World) -> Prepared:
    """Write the commits, keep what is overwritten, and tell the state that the act will reach."""
    args = args_of(step, world)
    refuse_unready(args, world)
    if not args.checkout:
        tip = write_commits(args, step, world)
        return Prepared(fingerprint(args.ref, tip, "", {}, {}), staged={"tip": tip})
    with Checkout(args, world) as checkout:
        forms = checkout.refuse_dirty()
        kept = checkout.keep()
        tip = write_commits(args, step, world)
        head = tip if args.ref == "HEAD" else args.ref
        index, files = checkout.wanted_index(), checkout.wanted_files(forms)
        modules = checkout.module_warnings()
    wanted = fingerprint(args.ref, tip, head, index, files)
    work, warnings = keep_work(step, world)
    return Prepared(
        wanted,
        kept={**kept, **work},
        staged={"tip": tip, **forms},
        warnings=(*modules, *warnings),
    )


def act(step: Step, prepared: Prepared, world: World) -> None:
    """Put files, index entries and the branch in place.

    Raises:
        DriftError: one of them is neither as before nor as wanted; nothing was touched.
    """
    args = args_of(step, world)
    _refuse_foreign(step, prepared, world)
    if args.checkout:
        with Checkout(args, world) as checkout:
            checkout.write(prepared.staged)
            checkout.set_index(checkout.wanted_index(), prepared.staged)
    swap_ref(world, args.ref, args.tip, prepared.staged["tip"])


def verify(step: Step, prepared: Prepared, world: World) -> Fingerprint:
    """Return the state as git itself tells it: its own hashes, its own comparison with the tree."""
    args = args_of(step, world)
    tip = tip_of(world.repo, args.ref)
    tree = world.repo.invoke("rev-parse", "--verify", "--quiet", f"{args.ref}^{{tree}}")
    if tree.out.decode("ascii").strip() != args.tree:
        tip = f"{tip} with another tree than the proven one"
    if not args.checkout:
        return fingerprint(args.ref, tip, "", {}, {})
    with Checkout(args, world) as checkout:
        index, files = checkout.as_git_sees(prepared.staged["tip"])
    return fingerprint(args.ref, tip, head_of(world.repo), index, files)


def compensate(step: Step, prepared: Prepared, world: World) -> None:
    """Bring branch, index entries and files back.

    Raises:
        DriftError: one of them is neither as before nor as the act left it.
        CheckpointError: the files cannot be read from the store; nothing was touched.
    """
    args = args_of(step, world)
    _refuse_foreign(step, prepared, world)
    if args.checkout:
        world.store.check(prepared.kept["files"])  # else the branch would go back, the files not
    swap_ref(world, args.ref, prepared.staged["tip"], args.tip)
    if args.checkout:
        with Checkout(args, world) as checkout:
            checkout.set_index(checkout.start_index(), prepared.staged)
            checkout.bring_back(prepared.kept["files"])


def settle(step: Step, prepared: Prepared, world: World) -> None:
    """Drop the ref that kept the new commits from being collected."""
    del prepared
    world.repo.invoke("update-ref", "-d", f"refs/blastradius/runs/{world.run}/{step.id}")


def args_of(step: Step, world: World) -> CodeArgs:
    """Return what the step says of its work.

    Raises:
        UsageError: it says what no plan of ours does.
    """
    args = arguments(step, CodeArgs, "the plan's code step")
    refuse_malformed(args, world.repo)
    return args


def _refuse_foreign(step: Step, prepared: Prepared, world: World) -> None:
    live = probe(step, world)
    if not live.is_between(step.before, prepared.wanted):
        foreign = [
            name
            for name in live.differing(step.before)
            if live.leaves.get(name) != prepared.wanted.leaves.get(name)
        ]
        raise DriftError(
            f"{foreign[0]} was changed by somebody else",
            "their change is untouched; put it away, or make the plan again",
        )
