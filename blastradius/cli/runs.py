"""``blastradius runs``: the undos of this repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.asking import share_limit
from blastradius.cli.carrying import FORMATS
from blastradius.cli.parser import share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``runs``."""
    parser.usage = "blastradius runs [options]"
    parser.description = "List the undos that were carried out here, newest first, and what waits."
    share_limit(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """List them."""
    from blastradius.api import runs  # noqa: PLC0415 - what --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    limit = 10 if args.limit is None else args.limit
    console.result(render(runs.runs(args.repo), args.format, console.options(limit)))
    return CLEAN
