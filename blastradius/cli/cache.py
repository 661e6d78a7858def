"""``blastradius cache``: where the cache is and what it holds, or empty it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import share
from blastradius.errors import CLEAN

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``cache``."""
    parser.usage = "blastradius cache [stats | clear] [options]"
    parser.description = (
        "The cache lies in the repository's git directory and can be cleared at any time."
    )
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=("stats", "clear"),
        default="stats",
        help="stats: what it holds; clear: empty it (default: stats)",
    )
    share(parser, ("text", "json"))


def run(args: argparse.Namespace, console: Console) -> int:
    """Show or clear the cache."""
    from blastradius import api  # noqa: PLC0415 - as in analyze
    from blastradius.reports import json  # noqa: PLC0415 - as above
    from blastradius.reports.display import printable  # noqa: PLC0415 - as above

    found: dict[str, int | str]
    if args.action == "clear":
        found = {"freed_bytes": api.cache_clear(args.repo)}
    else:
        found = api.cache_stats(args.repo)
    if args.format == "json":
        console.result(json.encode(found))
        return CLEAN
    room = max(map(len, found), default=0)
    lines = [f"{name.replace('_', ' '):<{room}}  {_shown(value)}" for name, value in found.items()]
    console.result("".join(f"{printable(line)}\n" for line in lines))
    return CLEAN


def _shown(value: int | str) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value or "(in memory only)"
