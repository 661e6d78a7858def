"""Programs: an argument list, never a shell; allowed by name, found outside of the repository, bounded.

What a program prints is kept up to a limit, with the secrets that are known and what looks like a
secret struck out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from blastradius.errors import CommandError
from blastradius.git.run import printable
from blastradius.languages.secrets import struck
from blastradius.world.running import claimed, note_group

MAX_OUTPUT = 1_000_000
"""Bytes of each stream that are kept: the last ones, where a program says why it failed."""
_MAX_PRINTED = 256 << 20
_LOOK_SECONDS = 1.0
_STRUCK = "***"
_SHOWN = 400


class Done(Struct, frozen=True):
    """What a program left: exit code, and the ends of its two streams as printable text."""

    code: int
    out: str
    err: str


def run_command(  # noqa: PLR0913 - the options of one call, all by keyword
    tool: str,
    arguments: tuple[str, ...],
    *,
    allowed: frozenset[str],
    outside: Path | None,
    cwd: Path,
    path: str,
    env: Mapping[str, str],
    stdin: bytes = b"",
    timeout: float = 900.0,
    secrets: tuple[str, ...] = (),
    accept: tuple[int, ...] = (0,),
    running: Path | None = None,
) -> Done:
    """Run a program to its end.

    Args:
        tool: its name; must be in ``allowed``.
        arguments: its arguments.
        allowed: the names that the user lets run.
        outside: the folder in which no program is looked for: the analysed repository.
        cwd: where it runs.
        path: the folders in which it is looked for, as in PATH.
        env: its whole environment.
        stdin: what it reads.
        timeout: seconds; then it and its children are ended.
        secrets: texts that are struck out of what it prints.
        accept: exit codes that are no failure.
        running: the file whose lock the program holds while it lives: see `running`.

    Raises:
        CommandError: not allowed, not found, too much output, another exit code, or not ended in time.
    """
    if tool not in allowed:
        raise CommandError(
            f"{tool} runs the repository's own code and is not allowed to",
            f"--allow-exec {tool} allows it",
        )
    program = find(tool, path, outside)
    try:
        with contextlib.ExitStack() as stack:
            held = stack.enter_context(claimed(running)) if running is not None else -1
            done = _run([program, *arguments], held, cwd=cwd, env=env, stdin=stdin, timeout=timeout)
    except OSError as error:
        raise CommandError(f"{tool} could not be run in {cwd}: {error.strerror}") from error
    if isinstance(done, str):
        raise CommandError(f"{tool} {done}", "it was ended")
    result = Done(done[0], _clean(done[1], secrets), _clean(done[2], secrets))
    if result.code not in accept:
        said = (result.err.strip() or result.out.strip()).splitlines()
        last = said[-1][:_SHOWN] if said else "it said nothing"
        raise CommandError(f"{tool} failed with exit code {result.code}: {last}")
    return result


def find(tool: str, path: str, outside: Path | None) -> str:
    """Return the absolute path of a program, never one in the analysed repository.

    Raises:
        CommandError: there is none.
    """
    folders = [one for one in path.split(os.pathsep) if _is_outside(one, outside)]
    found = shutil.which(tool, path=os.pathsep.join(folders)) if folders else None
    if found is None or not _is_outside(found, outside):
        raise CommandError(
            f"{tool} was not found on PATH outside of the repository", f"install {tool}"
        )
    return found


def _is_outside(place: str, outside: Path | None) -> bool:
    if not os.path.isabs(place):  # noqa: PTH117 - a relative entry is one below the working directory
        return False
    real = Path(os.path.realpath(place))
    return outside is None or not real.is_relative_to(os.path.realpath(outside))


def _run(
    command: list[str],
    held: int,
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes,
    timeout: float,
) -> tuple[int, bytes, bytes] | str:
    """Return exit code and streams, or in words why the program was ended."""
    # Files, not pipes: a program that prints without end cannot fill our memory, and one that left
    # children behind with its streams open cannot keep us waiting.
    with _stream() as source, _stream() as out, _stream() as err:
        source.write(stdin)
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 - argument list, absolute program, allowed by name
            command, cwd=cwd, env=dict(env), stdin=source, stdout=out, stderr=err,
            start_new_session=True, pass_fds=(held,) if held >= 0 else (),
        )  # fmt: skip
        try:
            if held >= 0:
                note_group(held, process.pid)
            wrong = _watched(process, (out, err), timeout)
        finally:
            _end(process)
        return wrong or (process.returncode, _tail(out), _tail(err))


def _watched(process: subprocess.Popen[bytes], streams: Sequence[IO[bytes]], timeout: float) -> str:
    """Wait for a program; return why it must be ended, empty when it ended by itself."""
    until = time.monotonic() + timeout
    while True:
        left = until - time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, min(_LOOK_SECONDS, left)))
            return ""
        if left <= 0:
            return f"did not end within {timeout:.0f} s"
        if any(os.fstat(one.fileno()).st_size > _MAX_PRINTED for one in streams):
            return f"printed more than {_MAX_PRINTED >> 20} MiB"


@contextlib.contextmanager
def _stream() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(file: IO[bytes]) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - MAX_OUTPUT))
    return file.read()


def _clean(raw: bytes, secrets: tuple[str, ...]) -> str:
    text = printable(raw)
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, _STRUCK)
    return struck(text)
