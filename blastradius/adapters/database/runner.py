"""Running a tool's migrations on a scratch copy, in a process of their own, and noting what they send.

A revision is the repository's code: it runs with consent, on a copy, and only there. The live database
gets the statements that it sent, one by one, from us: so what is rehearsed is what is run, the act needs
no project's code, and where DDL ends transactions each statement is a point to go on from.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from blastradius.adapters.database.args import Part
from blastradius.adapters.database.export import export, write
from blastradius.adapters.database.places import kind_of, secrets_of
from blastradius.adapters.database.script import Statement
from blastradius.errors import CommandError, StoppedError
from blastradius.world import World
from blastradius.world.commands import find

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_FINDS = {"alembic": "alembic", "django": "django-admin"}
_FOLDER = Path(__file__).with_name("runners")
_MAX_RESULT = 64 << 20


class Recorded(Struct, frozen=True):
    """What a runner leaves in its file."""

    statements: tuple[Statement, ...]
    reads: bool


def record(part: Part, url: URL, world: World, timeout: int) -> Recorded:
    """Run the undo on a copy; return its statements, and whether it read rows to make them.

    Raises:
        CommandError: no consent, no Python that has the tool, or the tool failed.
    """
    ids = {"down": part.undone[::-1], "inverse": (part.new,), "bare": (part.new,)}[part.action]
    return _run(part, url, world, timeout, part.action, ids)


def forward(part: Part, url: URL, world: World, timeout: int) -> None:
    """Run again on a copy what was undone, without the tool's version table.

    Raises:
        CommandError: it failed.
    """
    _run(part, url, world, timeout, "bare", part.undone)


def _run(
    part: Part, url: URL, world: World, timeout: int, mode: str, ids: tuple[str, ...]
) -> Recorded:
    tool = part.way
    if tool not in world.allowed:
        raise CommandError(
            f"{tool} runs the repository's own code and is not allowed to",
            f"--allow-exec {tool} allows it",
        )
    with _exported(part, world) as folder:
        result = folder.parent / "result.json"
        result.unlink(missing_ok=True)
        ask = {
            "url": url.render_as_string(hide_password=False),
            "kind": kind_of(url),
            "folder": str(folder),
            "paths": [part.root, ""],
            "scripts": str((folder / part.folder).parent if part.way == "alembic" else folder),
            "versions": [str(folder / part.folder)],
            "table": part.table,
            "settings": part.settings,
            "mode": mode,
            "revisions": list(ids),
            "result": str(result),
        }
        _call(tool, folder, ask, world, timeout, secrets_of(url))
        return _read(result, tool)


def _call(
    tool: str, folder: Path, ask: object, world: World, timeout: int, secrets: tuple[str, ...]
) -> None:
    program = _python(tool, world)
    try:
        # Its consent was asked for before: the program is a Python, not the tool's own script.
        world.command(
            program,
            ("-I", "-B", str(_FOLDER / f"{tool}_runner.py")),
            cwd=folder,
            stdin=json.dumps(ask).encode(),
            timeout=timeout,
            secrets=secrets,
            ours=True,
        )
    except CommandError as error:
        raise CommandError(error.what.replace(program, tool), error.hint) from None


def _read(result: Path, tool: str) -> Recorded:
    try:
        if result.stat().st_size > _MAX_RESULT:
            raise StoppedError(f"{tool} sent more than {_MAX_RESULT >> 20} MiB of statements")
        return msgspec.json.decode(result.read_bytes(), type=Recorded)
    except (OSError, msgspec.MsgspecError):
        raise CommandError(
            f"{tool} left no result", "see what its migrations do at their end"
        ) from None


def _python(tool: str, world: World) -> str:
    """Return the Python that has the tool: the one that its script on PATH names, else our own."""
    with contextlib.suppress(CommandError, OSError, UnicodeError):
        path = find(_FINDS[tool], world.environment.get("PATH", ""), world.repo.work_tree)
        with Path(path).open("rb") as file:
            first = file.readline(512).decode().strip()
        program = first.removeprefix("#!").split(" ")[0]
        if first.startswith("#!/") and "python" in program:
            return program
    return sys.executable


@contextlib.contextmanager
def _exported(part: Part, world: World) -> Iterator[Path]:
    base = world.folder / "scratch" / f"files-{part.way}"
    shutil.rmtree(base, ignore_errors=True)
    world.files.make_folder(base)
    try:
        export(world, part.tree, base / "tree")
        for path, text in part.files.items():
            write(base / "tree", path, text.encode("utf-8", "surrogateescape"))
        yield base / "tree"
    finally:
        shutil.rmtree(base, ignore_errors=True)
