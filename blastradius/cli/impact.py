"""``blastradius impact``: what depends on something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.asking import asked, share_chain, share_limit, share_tree
from blastradius.cli.parser import at_least, share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("text", "json", "markdown")
_LIMIT = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``impact``."""
    parser.usage = "blastradius impact WHAT [options]"
    parser.description = (
        "Say what depends on WHAT, directly and through others, each with the edge that shows it. "
        "What is inside WHAT counts with it."
    )
    parser.add_argument(
        "what",
        metavar="WHAT",
        help="a symbol (python:src/a.py#f, src/a.py#f), a file or folder, path:line, a dotted name, "
        "a table or column, or a bare name that only one thing has",
    )
    share_chain(parser, of_edges=False)
    share_limit(parser)
    parser.add_argument(
        "--offset",
        metavar="K",
        type=at_least(0),
        default=0,
        help="leave out the first K dependents",
    )
    share_tree(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Ask, and write the report."""
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    shown = _LIMIT if args.limit is None else args.limit
    # A report folds what is alike and counts the rest; a page of the list is shown as it is.
    cut = args.format == "json" or args.offset
    answer = api.impact(
        args.repo,
        args.what,
        depth=args.depth,
        limit=(args.limit or 0 if args.format == "json" else shown) if cut else 0,
        offset=args.offset,
        **asked(args, console),
    )
    console.result(render(answer, args.format, console.options(0 if cut else shown)))
    return CLEAN
