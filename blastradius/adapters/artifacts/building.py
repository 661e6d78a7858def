"""A clean build of a tree, in a temporary folder outside of the repository.

Outside, since builders look for their settings in the folders above: below the repository they would
find those of the checkout, which are not the tree's.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from blastradius.adapters.artifacts.copies import copy_file, export, share_tree
from blastradius.adapters.artifacts.model import STAGED, Args, Command
from blastradius.errors import CheckpointError, CommandError
from blastradius.git.temporary import TemporaryFolder
from blastradius.model.source import display_path
from blastradius.world import World
from blastradius.world.commands import Done
from blastradius.world.folders import Manifest, keep, manifest, place_in

CHEAP_SECONDS = 30.0
"""A build that took less is made twice, to tell one that always gives the same from one that does not."""

_PUBLIC = (
    "VITE_", "NEXT_PUBLIC_", "PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "GATSBY_", "VUE_APP_",
)  # fmt: skip
_NETWORK = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "npm_config_registry", "NPM_CONFIG_REGISTRY",
)  # fmt: skip
_QUIET = {
    "NO_COLOR": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
    "ASTRO_TELEMETRY_DISABLED": "1",
    "npm_config_update_notifier": "false",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_ANY = tuple(range(-64, 256))
_WRAPPERS = ("npm ", "pnpm ", "error Command failed", "> ", "make: ", "at ", "file://")
_IDLE = re.compile(r"A complete log of this run|^npm (?:error|ERR!)$|npm warn")
_TELLING = re.compile(r"error|can(?:no|')t|could not|not found|no module|fail", re.IGNORECASE)
_SAID = 300
_LINES = 3
_LEAST_SECRET = 4
_MAX_LOOKED = 16 << 20
_FEW = 3
_MAX_ENV = 1 << 20
_SHOWN = 5


class Result(Struct, frozen=True):
    """What a build gave.

    Attributes:
        outputs: output → the store's object that keeps it as it was built.
        seconds: how long the commands took.
        differing: the files that a second build made otherwise, None where there was none.
        warnings: what was noticed, a sentence each.
    """

    outputs: dict[str, str]
    seconds: float
    differing: tuple[str, ...] | None
    warnings: tuple[str, ...]


def build(args: Args, world: World, timeout: float) -> Result:
    """Return what a clean build of the tree gives; several steps of one builder share it.

    Raises:
        CheckpointError: the tree cannot be exported, or what was built cannot be kept.
        CommandError: a program is not allowed, is missing, fails, or takes too long.
        OSError: the temporary folder cannot be written.
    """
    asked = msgspec.structs.replace(args, path="", empties=True, optional=False, tracked=())
    name = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16]
    record = world.folder / STAGED / "builds" / f"{name}.json"
    if record.exists():
        return msgspec.json.decode(record.read_bytes(), type=Result)
    result = _build(args, world, timeout)
    world.files.make_folder(record.parent)
    world.files.write(record, msgspec.json.encode(result))
    return result


def _build(args: Args, world: World, timeout: float) -> Result:
    place = TemporaryFolder()
    try:
        work = Path(place.name) / "tree"
        warnings, seconds = _run(args, world, work, timeout)
        first = {path: manifest(place_in(work, path)) for path in args.outputs}
        outputs = {path: keep(place_in(work, path), world.store) for path in args.outputs}
        bound = _bound_to(work, first)
        differing = None
        if seconds < CHEAP_SECONDS:
            world.files.remove_tree(work)
            _run(args, world, work, timeout)
            differing = _differing(args, work, first)
    finally:
        place.cleanup()
    return Result(outputs, seconds, differing, (*warnings, *_told(args, world), *bound))


def _bound_to(work: Path, built: Mapping[str, Manifest]) -> tuple[str, ...]:
    """Return what is said of built files that name the folder they were built in, which goes."""
    name = os.fsencode(work)
    found: list[str] = []
    for path, inside in built.items():
        for inner, entry in inside.entries.items():
            if entry.kind == "file" and entry.size <= _MAX_LOOKED and inner:
                with (place_in(work, path) / inner).open("rb") as file:
                    if name in file.read():
                        found.append(display_path(f"{path}/{inner}"))
    if not found:
        return ()
    more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
    told = f"{', '.join(found[:_FEW])}{more} name the temporary folder that they were built in"
    return (f"{told}: if that matters, build again in place",)


def _differing(args: Args, work: Path, first: Mapping[str, Manifest]) -> tuple[str, ...]:
    found: list[str] = []
    for path in args.outputs:
        again = manifest(place_in(work, path))
        found += (display_path(f"{path}/{one}") for one in first[path].differing(again))
    return tuple(found[:_SHOWN])


def _told(args: Args, world: World) -> list[str]:
    """Return what the build read beside its tree: by name, never what it holds."""
    told = []
    if args.env_files:
        told.append(f"the build read {', '.join(args.env_files)} of the work tree")
    if args.commands and args.commands[0].program not in {"python", "python3", "make"}:
        public = sorted(one for one in world.environment if one.startswith(_PUBLIC))
        if public:
            told.append(f"the build read the variables {', '.join(public[:_SHOWN])}")
    return told


def _run(args: Args, world: World, work: Path, timeout: float) -> tuple[tuple[str, ...], float]:
    """Export the tree, provide its packages, run the commands; return warnings and seconds."""
    assert world.repo.work_tree is not None  # noqa: S101 - outputs lie in a work tree
    live = world.repo.work_tree
    world.tick("export the tree")
    warnings = export(world.repo, args.tree, work)
    for path in args.modules.folders:
        world.tick(f"provide {path}")
        source = place_in(live, path)
        if source.is_dir() and not source.is_symlink() and place_in(work, path).parent.is_dir():
            share_tree(source, place_in(work, path))
    for path in args.env_files:
        world.tick(f"provide {path}")
        copy_file(place_in(live, path), place_in(work, path), 0o600)
    secrets = _secrets(args, live, world.environment)
    env = _environment(args, world, work)
    began = time.monotonic()
    install = (args.modules.install,) if args.modules.install is not None else ()
    for command in (*install, *args.commands):
        done = world.command(
            command.program,
            command.arguments,
            cwd=_folder(work, command),
            env=env,
            timeout=timeout,
            secrets=secrets,
            accept=_ANY,
        )
        if done.code != 0:
            raise _failed(command, done)
    return warnings, time.monotonic() - began


def _failed(command: Command, done: Done) -> CommandError:
    """Return the error of a build that failed, with the line that says most."""
    lines = [one.strip() for one in (*done.err.splitlines(), *done.out.splitlines()) if one.strip()]
    lines = [one for one in lines if not _IDLE.search(one)]
    # A manager says that its script failed; what the script said is worth more.
    own = [one for one in lines if not one.startswith(_WRAPPERS)] or lines
    telling = [one for one in own if _TELLING.search(one)] or own[-1:]
    said = "; ".join(telling[:_LINES]) or "it said nothing"
    words = " ".join((command.program, *command.arguments))
    return CommandError(
        f"`{words}` of the reverted tree failed with exit code {done.code}: {said[:_SAID]}",
        "nothing was changed; mend what it says, or name the other domains alone by --domain",
    )


def _folder(work: Path, command: Command) -> Path:
    folder = place_in(work, command.root) if command.root else work
    if not folder.is_dir() or folder.is_symlink():
        raise CommandError(
            f"the reverted tree has no folder {command.root!r} to run {command.program} in",
            "make the plan again",
        )
    return folder


def _environment(args: Args, world: World, work: Path) -> dict[str, str]:
    handed = {
        name: value
        for name, value in world.environment.items()
        if name.startswith(_PUBLIC) or (name in _NETWORK and args.modules.install is not None)
    }
    mine = {"SOURCE_DATE_EPOCH": str(args.epoch), "GIT_CEILING_DIRECTORIES": os.fspath(work.parent)}
    return {**_QUIET, **handed, **mine}


def _secrets(args: Args, live: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that must not be repeated: those of .env files, and of proxies."""
    found = [environment[one] for one in _NETWORK if "@" in environment.get(one, "")]
    for path in args.env_files:
        try:
            with place_in(live, path).open("rb") as file:
                text = file.read(_MAX_ENV).decode("utf-8", "replace")
        except OSError as error:
            raise CheckpointError(
                f"cannot read {path}: {error.strerror}", "make it readable"
            ) from None
        for line in text.splitlines():
            value = line.partition("=")[2].strip().strip("'\"`")
            if len(value) >= _LEAST_SECRET:
                found.append(value)
    return tuple(found)
