"""How a run ends on the command line: its report, its exit code, a word when it was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.errors import CLEAN, INTERRUPTED, STOPPED, UNCOMPENSATED, StorageError

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console
    from blastradius.model.run import Run

FORMATS = ("text", "json", "markdown")
_CODES = {
    "planned": CLEAN,
    "done": CLEAN,
    "restored": STOPPED,
    "refused": STOPPED,
    "left": CLEAN,
    "stuck": UNCOMPENSATED,
    "unfinished": INTERRUPTED,
}


def name_run(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says which run."""
    parser.add_argument("run", metavar="RUN", help="its id: `blastradius runs` lists them")


def finished(done: Run, args: argparse.Namespace, console: Console) -> int:
    """Write what came of a run, and return the exit code."""
    from blastradius.model.run import ON_REQUEST  # noqa: PLC0415 - what --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    try:
        console.result(render(done, args.format, console.options(0)))
    except StorageError as error:
        if not done.id:
            raise
        # What was done is done: only its report could not be written.
        ended = f"run {done.id} ended ({done.state}), but its report is lost: {error.what}"
        raise StorageError(ended, f"blastradius show {done.id} tells it again") from error
    if done.state in {"restored", "refused", "stuck"} and done.why not in {"", ON_REQUEST}:
        console.note(f"blastradius: {done.why}")
    return _CODES[done.state]


def interrupted(repo: str, console: Console) -> None:
    """Say how a stopped run goes on."""
    from blastradius.api import runs  # noqa: PLC0415 - as above

    for one in runs.runs(repo).runs:
        if one.state == "unfinished":
            console.note(f"blastradius: stopped; the journal of run {one.id} is whole")
            console.note(f"  hint: blastradius resume {one.id}, or: blastradius abort {one.id}")
