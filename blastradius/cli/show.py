"""``blastradius show``: one run, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.carrying import FORMATS, name_run
from blastradius.cli.parser import share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``show``."""
    parser.usage = "blastradius show RUN [options]"
    parser.description = "Tell what a run came to, as its journal has it."
    name_run(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Tell it."""
    from blastradius.api import runs  # noqa: PLC0415 - what --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    found = runs.show(args.run, repo=args.repo)
    console.result(render(found, args.format, console.options(0)))
    return CLEAN
