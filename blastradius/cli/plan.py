"""``blastradius plan``: the steps that undo a range, as a value that can be carried out later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import share, share_reading
from blastradius.cli.wishes import asked_of, share_outside, share_wishes
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
    from blastradius.api import configuration  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.api.runs import Settings, make_plan  # noqa: PLC0415 - as above
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    config = configuration(args.repo, warn=console.warn)
    settings = Settings(
        config,
        None,
        args.jobs or config.jobs,
        config.cache and not args.no_cache,
        console.progress,
        console.warn,
    )
    found = make_plan(args.repo, asked_of(args, args.range), settings, keep=True)
    console.result(render(found.plan, args.format, console.options(0)))
    return CLEAN
