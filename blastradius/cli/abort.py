"""``blastradius abort``: take back what a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.carrying import FORMATS, finished, interrupted, name_run
from blastradius.cli.parser import share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``abort``."""
    parser.usage = "blastradius abort RUN [options]"
    parser.description = (
        "Take back what a run did, newest step first, also one that ended well. What somebody "
        "changed since is not touched: then the run stops and says what is in the way."
    )
    name_run(parser)
    parser.add_argument(
        "--leave",
        action="store_true",
        help="take nothing back: end an unfinished run as it stands, since you have taken over",
    )
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Take it back, and tell what came of it; 0 when everything is as before the run."""
    from blastradius.api import runs  # noqa: PLC0415 - what --help does not need

    try:
        act = runs.leave if args.leave else runs.abort
        done = act(args.run, repo=args.repo)
    except KeyboardInterrupt:
        interrupted(args.repo, console)
        raise
    code = finished(done, args, console)
    return CLEAN if done.state in {"restored", "refused"} else code
