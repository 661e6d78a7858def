"""The step that puts one output folder right: from a checkpoint of the same tree, or by a build."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re

import msgspec

from blastradius.adapters.artifacts.leaving import is_text, left_of
from blastradius.adapters.artifacts.model import DOMAIN, Args, Builder, Command, Output
from blastradius.adapters.artifacts.modules import modules_for
from blastradius.adapters.artifacts.recorded import recorded_output
from blastradius.adapters.artifacts.sight import Sight
from blastradius.adapters.artifacts.stale import Built
from blastradius.adapters.artifacts.states import fingerprint
from blastradius.domains.base import literal
from blastradius.errors import CommandError
from blastradius.model.analysis import Evidence
from blastradius.model.plan import Fingerprint, Left, Step
from blastradius.world.commands import find
from blastradius.world.folders import Manifest, kept

_ENV_FILES = (".env", ".env.local", ".env.production", ".env.production.local")
_READS_ENV = frozenset(
    ("vite", "svelte-kit", "next", "nuxt", "astro", "gatsby", "react-scripts", "vue")
)
_MAX_EVIDENCE = 20
_SHOWN = 2


def step_for(
    sight: Sight, builder: Builder, output: Output, inputs: list[str], found: Manifest, held: Built
) -> Step | Left:
    """Return the step for a stale folder, or why there is none.

    Args:
        sight: the repository.
        builder: what writes the folder.
        output: the folder.
        inputs: the undone paths that the builder reads.
        found: what is in the folder now.
        held: what its content says.
    """
    args = _restoring(sight, output) or _rebuilding(sight, builder, output, found)
    if args is None:
        why = "its packages are not installed, and no lock file says which they were"
        return left_of(
            builder, output.path, inputs, why, f"install them, then: {words_of(builder)}"
        )
    if args.source and kept(args.source, sight.world.store) == found:
        why = "it is what a checkpoint of the reverted tree holds"
        return left_of(builder, output.path, inputs, why, "", "was built before what is undone")
    programs = _programs(args)
    try:
        for one in programs:
            find(one, sight.world.environment.get("PATH", os.defpath), sight.live)
    except CommandError as error:
        return left_of(builder, output.path, inputs, error.what, error.hint)
    return Step(
        id=_id_of(output.path),
        adapter=DOMAIN,
        domain=DOMAIN,
        tool=builder.tool,
        target=output.path,
        action=args.way,
        summary=_summary(output.path, inputs, args, held),
        args=msgspec.json.decode(msgspec.json.encode(args)),
        before=fingerprint(output.path, found),
        wanted=_wanted(sight, args),
        reversibility="reversible",
        evidence=_evidence(builder, output, inputs, held),
        exec=programs,
        preview=_preview(builder, args),
        verify="git's own hash of every file, compared with those of the folder that was prepared",
        phase="rebuild",
    )


def _restoring(sight: Sight, output: Output) -> Args | None:
    source = recorded_output(sight.world, sight.tree_id, output.path)
    return _common(sight, output, source=source) if source else None


def _common(sight: Sight, output: Output, source: str = "") -> Args:
    inside = output.path + "/"
    return Args(
        path=output.path,
        tree=sight.tree_id,
        way="restore",
        source=source,
        empties=output.empties,
        optional=output.optional,
        tracked=tuple(sorted(one for one in sight.tree.entries if one.startswith(inside))),
        remove_orphans=sight.request.wishes.remove_orphans,
    )


def _rebuilding(sight: Sight, builder: Builder, output: Output, found: Manifest) -> Args | None:
    modules = modules_for(sight.tree, sight.newer, sight.world.repo, builder.root)
    if modules is None:
        return None
    commands = builder.commands
    if builder.tool == "python":
        commands = tuple(_python(sight, one, builder, output, found) for one in commands)
    return msgspec.structs.replace(
        _common(sight, output),
        way="rebuild",
        root=builder.root,
        commands=commands,
        modules=modules,
        env_files=_env_files(sight, builder),
        epoch=time_of(sight, sight.request.at),
        since=time_of(sight, sight.request.analysis.range.base),
        outputs=tuple(one.path for one in builder.outputs),
    )


def _python(
    sight: Sight, command: Command, builder: Builder, output: Output, found: Manifest
) -> Command:
    """Return the build of what lies there: a wheel, a source distribution, or both."""
    if output.path != builder.outputs[0].path and sight.is_there(builder.outputs[0].path):
        names = [one.name for one in (sight.live / builder.outputs[0].path).iterdir()]
    else:
        names = [one for one in found.entries if "/" not in one]
    kinds = {
        "--wheel": any(one.endswith(".whl") for one in names),
        "--sdist": any(one.endswith((".tar.gz", ".zip")) for one in names),
    }
    flags = [flag for flag, is_there in kinds.items() if is_there] or ["--wheel"]
    program = command.program
    path = sight.world.environment.get("PATH", os.defpath)
    try:
        find(program, path, sight.live)
    except CommandError:
        program = "python3"
    return Command(command.root, program, (*command.arguments, *flags))


def _env_files(sight: Sight, builder: Builder) -> tuple[str, ...]:
    """Return the untracked .env files that the builder reads, by name: nobody sees what they hold."""
    if builder.tool not in _READS_ENV:
        return ()
    found = (posixpath.join(builder.root, name) for name in _ENV_FILES)
    return tuple(one for one in found if one not in sight.tree and sight.is_there(one))


def words_of(builder: Builder) -> str:
    """Return the last command of a builder, as a person types it."""
    return _line(builder.commands[-1]) if builder.commands else ""


def time_of(sight: Sight, commit: str) -> int:
    """Return when a commit was made, seconds since the epoch; 0 for what is no commit."""
    said = sight.world.repo.invoke("show", "-s", "--format=%ct", commit, "--").out.split()
    return int(said[-1]) if said and said[-1].isdigit() else 0


def _wanted(sight: Sight, args: Args) -> Fingerprint | None:
    """Return the state that a checkpoint holds; what a build gives only building tells."""
    return fingerprint(args.path, kept(args.source, sight.world.store)) if args.source else None


def _programs(args: Args) -> tuple[str, ...]:
    asked = [one.program for one in args.commands]
    if args.modules.install is not None:
        asked.append(args.modules.install.program)
    return tuple(sorted(set(asked)))


def _preview(builder: Builder, args: Args) -> str:
    if args.way == "restore":
        return ""
    lines = [_line(one) for one in (args.modules.install, *args.commands) if one is not None]
    said = literal(builder.preview)
    return "\n".join(lines if said in lines else (*lines, f"# {said}"))


def _line(command: Command) -> str:
    words = " ".join((command.program, *command.arguments))
    return f"{words}  # in {command.root}" if command.root else words


def _summary(path: str, inputs: list[str], args: Args, held: Built) -> str:
    shown = ", ".join(one for one in inputs[:_SHOWN] if is_text(one))
    more = len(inputs) - _SHOWN
    said = f"{shown} and {more} more" if more > 0 else shown
    verb = "holds text of" if held.verdict == "undone" else "was likely built from"
    way = (
        "a checkpoint of the reverted tree has it and is brought back"
        if args.way == "restore"
        else "it is built again from the reverted tree"
    )
    return f"{path} {verb} what is undone ({said}): {way}"


def _evidence(
    builder: Builder, output: Output, inputs: list[str], held: Built
) -> tuple[Evidence, ...]:
    places: list[tuple[str, int]] = []
    for number, one in enumerate(held.evidence):
        path = posixpath.join(output.path, one.path) if number == 0 else one.path
        places.append((path, one.line))
    places += ((one.path, one.line) for one in builder.evidence)
    places += ((one, 1) for one in inputs)
    shown = [one for one in dict.fromkeys(places) if is_text(one[0])]
    return tuple(Evidence(path, line) for path, line in shown[:_MAX_EVIDENCE])


def _id_of(path: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")[:40]
    return f"artifacts-{plain}-{hashlib.sha256(path.encode()).hexdigest()[:6]}"
