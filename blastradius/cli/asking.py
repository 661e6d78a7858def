"""The options that the commands share which ask about one tree, and their way into the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blastradius.cli.parser import at_least, fraction, share_reading

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console


def share_tree(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which tree is asked, and which edges count."""
    parser.add_argument("--at", metavar="REV", help="the commit to ask (default: HEAD)")
    parser.add_argument(
        "--worktree", action="store_true", help="what is on disk now, untracked files included"
    )
    parser.add_argument(
        "--edge",
        metavar="KIND",
        action="append",
        default=[],
        help="only edges of this kind, such as call, import, value; repeatable",
    )
    share_reading(parser)


def share_chain(parser: argparse.ArgumentParser, *, of_edges: bool) -> None:
    """Add the bounds on chains; ``of_edges``: the least confidence is each edge's."""
    what = "follow no edge below P" if of_edges else "leave out dependents below P"
    parser.add_argument("--min-confidence", metavar="P", type=fraction, help=f"{what} (0 to 1)")
    parser.add_argument("--depth", metavar="N", type=at_least(1), help="follow at most N edges")


def share_limit(parser: argparse.ArgumentParser) -> None:
    """Add the bound on lists."""
    parser.add_argument(
        "--limit",
        metavar="N",
        type=at_least(0),
        help="entries in a list; 0 for all (default: 10, all in JSON)",
    )


def asked(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Return the arguments that every question takes."""
    return {
        "at": args.at,
        "worktree": args.worktree,
        "edge": args.edge,
        "jobs": args.jobs,
        "cache": not args.no_cache,
        "min_confidence": args.min_confidence,
        "progress": console.progress,
        "warn": console.warn,
    }
