"""``blastradius index``: read the repository into the cache, so that the next answer comes fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import share, share_reading
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``index``."""
    parser.usage = "blastradius index [RANGE] [options]"
    parser.description = "Read every file at both ends of a range into the cache."
    parser.add_argument("range", metavar="RANGE", nargs="?", help="as in analyze (default: HEAD)")
    share_reading(parser)
    share(parser, ("text", "json"))


def run(args: argparse.Namespace, console: Console) -> int:
    """Fill the cache and say what was understood."""
    from blastradius import api  # noqa: PLC0415 - numpy and sqlglot, which --help does not need
    from blastradius.reports import json, summary  # noqa: PLC0415 - as above

    config = api.configuration(args.repo, warn=console.warn)
    coverage = api.warm(
        args.repo,
        args.range,
        config=config,
        jobs=args.jobs or config.jobs,
        cache=config.cache and not args.no_cache,
        progress=console.progress,
        warn=console.warn,
    )
    if args.format == "json":
        console.result(json.encode(coverage))
    else:
        console.result("\n".join(summary.rests_on(coverage)) + "\n")
    return CLEAN
