"""The command line: words in, text and an exit code out.

This module is the boundary: no exception passes it, and what it prints about one is a line that
says what is wrong and a line that says how to mend it.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from blastradius.errors import BUG, CLEAN, INTERRUPTED, USAGE, BlastRadiusError, StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the words after the program's name; None for those of the process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _ready_streams()
    _heed_endings()
    collecting = gc.isenabled()
    # One pass over values without cycles: the collector would walk them again and again.
    gc.disable()
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        if argv is None:
            # The process ends now; another ^C must not break into that with a traceback.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return INTERRUPTED
    except BrokenPipeError:
        mute_stdout()
        return CLEAN
    except Exception as error:  # noqa: BLE001 - the boundary
        return _tell(error)
    finally:
        if collecting:
            gc.enable()
    return code


def _ready_streams() -> None:
    # A closed stream is None to Python; what is written to it is lost, as its closer wished.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows its number instead of ending the command.
            stream.reconfigure(errors="backslashreplace")


def _heed_endings() -> None:
    """Let a request to end, or a closed terminal, end the command as ^C does: tidied up."""
    if threading.current_thread() is not threading.main_thread():
        return  # a library's caller keeps its own ways
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What was set to be ignored (nohup) stays ignored.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _run(words: list[str]) -> int:
    from blastradius.cli import commands, parser  # noqa: PLC0415 - loaded inside the boundary

    name, rest = commands.split(words)
    if name == "":
        return _without_command(rest)
    module = commands.load(name)
    args = parser.parse(name, module.configure, rest)
    if args is None:
        return CLEAN
    from blastradius.cli.console import Console  # noqa: PLC0415 - 40 ms that --help does not need

    with Console.of(args) as console:
        return module.run(args, console)


def _without_command(rest: list[str]) -> int:
    from blastradius.cli import commands  # noqa: PLC0415 - as above
    from blastradius.errors import UsageError  # noqa: PLC0415 - as above

    if "--version" in rest:
        from blastradius import __version__  # noqa: PLC0415 - 20 ms that only this option needs

        sys.stdout.write(f"blastradius {__version__}\n")
        return CLEAN
    if any(word in {"-h", "--help"} for word in rest):
        sys.stdout.write(commands.overview())
        return CLEAN
    if rest:
        raise UsageError(f"no command before {rest[0]}", "blastradius --help lists the commands")
    sys.stderr.write(commands.overview())
    return USAGE


def _tell(error: Exception) -> int:
    """Say what went wrong on standard error and return the exit code."""
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        place = f" for {error.filename}" if error.filename else ""
        error = StorageError(f"{error.strerror}{place}", "free some space and run it again")
    if not isinstance(error, BlastRadiusError) or error.exit_code == BUG:
        from blastradius.cli.bugs import as_bug  # noqa: PLC0415 - only when it is needed

        error = as_bug(error)
    from blastradius.reports.display import printable  # noqa: PLC0415 - as above

    lines = [f"blastradius: error: {printable(error.what)}"]
    if error.hint:
        lines.append(f"  hint: {printable(error.hint)}")
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # nobody listens: the exit code says it
    _drop_unwritable()
    return error.exit_code


def _drop_unwritable() -> None:
    """Throw away what standard output cannot take, so that the interpreter's end stays silent."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        mute_stdout()


def mute_stdout() -> None:
    """Send what is still to come on standard output nowhere: who read it has gone."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (OSError, ValueError):
        pass  # no real stream: nothing will be flushed at exit
