"""``blastradius revert``: show what an undo would do, and with ``--apply`` do it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from blastradius.cli.carrying import finished, interrupted
from blastradius.cli.parser import share, share_reading
from blastradius.cli.wishes import planned_for, refuse_wishes, share_outside, share_wishes

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console
    from blastradius.model.plan import Plan

FORMATS = ("text", "json", "markdown")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``revert``."""
    parser.usage = "blastradius revert [PLAN | RANGE] [options]"
    parser.description = (
        "Show the steps that undo a range, or those of a plan in a file, in git and outside. With "
        "--apply carry them out: checkpoints first, each step verified, all taken back if one "
        "fails. Nothing is pushed."
    )
    parser.add_argument(
        "what", metavar="PLAN|RANGE", nargs="?", help="a file of `blastradius plan`, or a range"
    )
    parser.add_argument("--apply", action="store_true", help="carry it out (default: only show it)")
    parser.add_argument(
        "--confirm",
        metavar="STEP:HASH",
        action="append",
        default=[],
        help="let a step run that cannot be taken back; the plan shows the words; repeatable",
    )
    parser.add_argument(
        "--allow-exec",
        metavar="TOOL",
        action="append",
        default=[],
        help="let a program run the repository's own code, such as npm or alembic; repeatable",
    )
    parser.add_argument(
        "--trust-plan",
        action="store_true",
        help="carry out a plan that was not made in this repository, too: you have read its args",
    )
    share_wishes(parser)
    share_outside(parser)
    share_reading(parser)
    share(parser, FORMATS)


def run(args: argparse.Namespace, console: Console) -> int:
    """Show the plan, or carry it out and tell what came of it."""
    from blastradius.api import runs  # noqa: PLC0415 - numpy and sqlglot, which --help does not need

    plan = _plan(args, console)
    try:
        done = runs.execute(
            plan,
            repo=args.repo,
            dry_run=not args.apply,
            allow_exec=args.allow_exec,
            confirm=args.confirm,
            trust=args.trust_plan,
        )
    except KeyboardInterrupt:
        interrupted(args.repo, console)
        raise
    return finished(done, args, console)


def _plan(args: argparse.Namespace, console: Console) -> Plan:
    if args.what and Path(args.what).is_file():
        from blastradius.api.runs import read_plan  # noqa: PLC0415 - as above

        refuse_wishes(args, args.what)
        return read_plan(args.what)
    return planned_for(args, args.what, console, keep=args.apply)
