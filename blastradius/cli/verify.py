"""``blastradius verify``: look again at what a run left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.carrying import FORMATS, name_run
from blastradius.cli.parser import share
from blastradius.errors import CLEAN, FINDINGS

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``verify``."""
    parser.usage = "blastradius verify RUN [options]"
    parser.description = (
        "Look at every target of a run as it is now, by probes that share nothing with what changed "
        "it. Ends with 0 when all is as the run left it, with 1 when something differs."
    )
    name_run(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Look, and tell what was seen."""
    from blastradius.api import runs  # noqa: PLC0415 - what --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    found = runs.verify(args.run, repo=args.repo)
    console.result(render(found, args.format, console.options(0)))
    return CLEAN if found.verification.match else FINDINGS
