"""The checkpoint of an output folder, and the folder that will take its place."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from blastradius.adapters.artifacts.building import Result, build
from blastradius.adapters.artifacts.copies import copy_among
from blastradius.adapters.artifacts.model import STAGED, Args
from blastradius.adapters.artifacts.states import berth_of, between, fingerprint, target_of
from blastradius.adapters.artifacts.witness import packed, seen_by_git
from blastradius.adapters.base import Prepared
from blastradius.errors import CommandError, DriftError
from blastradius.git.paths import encode_path
from blastradius.model.plan import Step
from blastradius.model.source import display_path
from blastradius.world import World
from blastradius.world.folders import Manifest, keep, kept, prove, write_out

_MOST_ORPHANS = 500
_SHOWN = 3
_NANO = 1_000_000_000


class _Composed(Struct, frozen=True):
    """The folder that is wanted: the store's object, what stays of the old one, what goes with it."""

    source: str
    orphans: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def prepared(step: Step, args: Args, world: World) -> Prepared:
    """Keep what is there, make what shall be there, and put it where it can be exchanged from.

    Raises:
        DriftError: the folder is not as it was planned for.
        StoppedError: it cannot be kept, built or staged.
        OSError: as above.
    """
    target, berth = target_of(args.path, world), berth_of(args.path, step.id, world)
    scratch = world.folder / STAGED / step.id
    for one in (scratch, berth):
        world.files.remove_tree(one)
    world.files.make_folder(scratch)
    present = keep(target, world.store)
    before = prove(present, world.store, world.files, scratch)
    if fingerprint(args.path, before) != step.before:
        raise DriftError(f"{args.path} changed since it was planned for", "make the plan again")
    warnings: tuple[str, ...] = ()
    made = _Composed(args.source)
    if args.way == "rebuild":
        result = build(args, world, step.timeout)
        warnings = (*result.warnings, *_reproducible(result))
        made = _composed(args, result.outputs[args.path], before, world, scratch)
    wanted = write_out(made.source, world.store, world.files, berth)
    if made.gone:
        warnings += (_going(args.path, made.gone),)
    return Prepared(
        wanted=fingerprint(args.path, wanted),
        waypoints=(between(args.path),),
        kept={
            "present": present,
            "wanted": made.source,
            "seen": world.store.put(packed(seen_by_git(berth, world.repo))),
        },
        staged={"new": display_path(str(berth))},
        orphans=made.orphans,
        warnings=warnings,
    )


def _reproducible(result: Result) -> tuple[str, ...]:
    if not result.differing:
        return ()
    shown = ", ".join(result.differing[:_SHOWN])
    told = f"two builds of the same tree differ ({shown}): what is put in place is one of them"
    return (told,)


def _going(path: str, gone: tuple[str, ...]) -> str:
    shown = ", ".join(display_path(one) for one in gone[:_SHOWN])
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    return f"{path} loses what a clean build does not write: {shown}{more}; the checkpoint keeps it"


def _composed(args: Args, source: str, before: Manifest, world: World, scratch: Path) -> _Composed:
    """Return what a clean build gave, with what stays among it.

    A builder that empties its folder leaves nothing else in it. Another one writes among what lies
    there: files that were there before the range began are none of our business, later ones are
    orphans, which go only with consent. What git holds stays in any case.
    """
    built = kept(source, world.store)
    if not built.entries and not args.optional:
        raise CommandError(
            f"the build ended well, and wrote no {args.path}",
            "look where it writes, and build by hand",
        )
    others = [
        path
        for path, entry in before.entries.items()
        if entry.kind != "folder" and path not in built.entries and _fits(path, built)
    ]
    inside = {one.removeprefix(f"{args.path}/") for one in args.tracked}
    later = {one for one in others if one not in inside and _is_later(args, one, world)}
    if args.empties or not built.entries:
        goes = {one for one in others if one not in inside}
    else:
        goes = later if args.remove_orphans else set()
    stays = [one for one in others if one not in goes]
    orphans = [f"{args.path}/{display_path(one)}" for one in stays if one in later]
    gone = tuple(sorted(goes, key=encode_path))
    if not stays:
        return _Composed(source, (), gone)
    draft = scratch / "draft"
    write_out(source, world.store, world.files, draft)
    if not built.entries:
        world.files.make_folder(draft, before.entries[""].mode)
    world.tick("copy what stays")
    copy_among(target_of(args.path, world), draft, stays)
    whole = keep(draft, world.store)
    world.files.remove_tree(draft)
    return _Composed(whole, tuple(orphans[:_MOST_ORPHANS]), gone)


def _fits(path: str, built: Manifest) -> bool:
    """Tell whether no file of the build stands where the path needs a folder."""
    above = path
    while "/" in above:
        above = above.rpartition("/")[0]
        found = built.entries.get(above)
        if found is not None and found.kind != "folder":
            return False
    return True


def _is_later(args: Args, path: str, world: World) -> bool:
    found = (target_of(args.path, world) / path).lstat()
    return found.st_mtime_ns >= args.since * _NANO
