"""``blastradius graph``: the dependency graph, whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from blastradius.cli.asking import asked, share_tree
from blastradius.cli.parser import fraction, share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("json", "dot", "graphml", "mermaid")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``graph``."""
    parser.usage = "blastradius graph [PATH] [options]"
    parser.description = (
        "Write the dependency graph of a repository, of a folder of one, or of a plain folder that "
        "git knows nothing of. Paths are relative to the folder; source depends on target."
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default="",
        help="the folder, from --repo on (default: it)",
    )
    parser.add_argument(
        "--level",
        metavar="LEVEL",
        choices=("symbol", "file"),
        default="symbol",
        help="symbol | file: one node a symbol, or a file (default: symbol)",
    )
    parser.add_argument(
        "--min-confidence", metavar="P", type=fraction, help="leave out edges below P (0 to 1)"
    )
    share_tree(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the folder, and write its graph."""
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.reports.registry import pieces  # noqa: PLC0415 - as above

    folder = Path(args.repo) / args.path
    graph = api.dependency_graph(folder, level=args.level, **asked(args, console))
    console.result(pieces(graph, args.format))
    return CLEAN
