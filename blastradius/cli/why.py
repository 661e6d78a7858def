"""``blastradius why``: how one thing depends on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.asking import asked, share_chain, share_limit, share_tree
from blastradius.cli.parser import share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("text", "json", "markdown")
_LIMIT = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``why``."""
    parser.usage = "blastradius why A B [options]"
    parser.description = (
        "Say how A depends on B: the shortest chain of edges, each with the file and line that says "
        "so. Where there is none, say whether B depends on A, and what could hide one."
    )
    parser.add_argument("source", metavar="A", help="what depends; written as WHAT of impact")
    parser.add_argument("target", metavar="B", help="what it depends on")
    share_chain(parser, of_edges=True)
    share_limit(parser)
    share_tree(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Ask, and write the report."""
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.reports.registry import render  # noqa: PLC0415 - as above

    answer = api.why(args.repo, args.source, args.target, depth=args.depth, **asked(args, console))
    shown = _LIMIT if args.limit is None else args.limit
    console.result(render(answer, args.format, console.options(shown)))
    return CLEAN
