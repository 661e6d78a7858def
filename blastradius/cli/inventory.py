"""``blastradius inventory``: every domain that a range touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import at_least, share, share_reading
from blastradius.cli.wishes import refuse_two_ranges, share_range
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("text", "json", "markdown")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``inventory``."""
    parser.usage = "blastradius inventory [RANGE | --staged | --worktree] [options]"
    parser.description = (
        "List every domain that a range touched, in git and outside: what, where that shows, how it "
        "is taken back, whether that is exact, how to check; and what cannot be undone."
    )
    share_range(parser)
    parser.add_argument(
        "--limit",
        metavar="N",
        type=at_least(0),
        default=10,
        help="entries in a section of the report; 0 for all (default: 10)",
    )
    share_reading(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """List them."""
    refuse_two_ranges(args)
    from blastradius.api.inventory import inventory_of_range  # noqa: PLC0415 - as in analyze
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    found = inventory_of_range(
        args.repo,
        args.range,
        staged=args.staged,
        worktree=args.worktree,
        jobs=args.jobs,
        cache=not args.no_cache,
        progress=console.progress,
        warn=console.warn,
    )
    console.result(render(found, args.format, console.options(args.limit)))
    return CLEAN
