"""``blastradius resume``: go on with a run that was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.carrying import FORMATS, finished, interrupted, name_run
from blastradius.cli.parser import share

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``resume``."""
    parser.usage = "blastradius resume RUN [options]"
    parser.description = (
        "Go on with a run that was stopped or killed, forward or back as its journal says. What the "
        "user allowed when it began holds."
    )
    name_run(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Go on, and tell what came of it."""
    from blastradius.api import runs  # noqa: PLC0415 - what --help does not need

    try:
        done = runs.resume(args.run, repo=args.repo)
    except KeyboardInterrupt:
        interrupted(args.repo, console)
        raise
    return finished(done, args, console)
