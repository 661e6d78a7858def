"""``blastradius plan``: the steps that undo a range, as a value that can be carried out later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import share, share_reading
from blastradius.cli.wishes import planned_for, share_outside, share_wishes
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("json", "text", "markdown")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``plan``."""
    parser.usage = "blastradius plan [RANGE] [options]"
    parser.description = (
        "Say in which steps a range can be undone, in git and outside. Nothing is changed but that "
        "git's store gets the objects that the plan needs. `blastradius revert FILE --apply` "
        "carries the plan out."
    )
    parser.add_argument("range", metavar="RANGE", nargs="?", help="as for analyze")
    share_wishes(parser)
    share_outside(parser)
    share_reading(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Plan, and write the plan."""
    from blastradius.reports.registry import render  # noqa: PLC0415 - numpy and sqlglot, which --help does not need

    found = planned_for(args, args.range, console, keep=True)
    console.result(render(found, args.format, console.options(0)))
    return CLEAN
