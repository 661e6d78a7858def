"""What shall go and what must stay, in git and outside: the options that planning commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import at_least
from blastradius.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from blastradius.api.plans import Asked
    from blastradius.cli.console import Console
    from blastradius.model.plan import Plan

_LEVELS = ("commit", "file", "symbol")
_MIGRATIONS = ("auto", "leave", "inverse", "down")
_DOMAINS = ("code", "database", "artifacts")


def share_range(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is looked at: a range, or what is not committed."""
    parser.add_argument(
        "range",
        metavar="RANGE",
        nargs="?",
        help="A..B, A...B, or one commit (default: since the merge base with the main branch)",
    )
    parser.add_argument("--staged", action="store_true", help="what is staged, not a range")
    parser.add_argument("--worktree", action="store_true", help="what is not committed")


def refuse_two_ranges(args: argparse.Namespace) -> None:
    """Refuse a call that says in two ways what is looked at.

    Raises:
        UsageError: it does.
    """
    if sum((args.range is not None, args.staged, args.worktree)) > 1:
        raise UsageError("RANGE, --staged and --worktree exclude each other", "give one of them")


def share_wishes(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what shall go and what must stay."""
    parser.add_argument(
        "--undo",
        metavar="WHAT",
        action="append",
        default=[],
        help="a commit, path or path#symbol that shall go; repeatable (default: all)",
    )
    parser.add_argument(
        "--keep",
        metavar="WHAT",
        action="append",
        default=[],
        help="the same, for what must stay; repeatable",
    )
    parser.add_argument(
        "--level",
        choices=_LEVELS,
        default="commit",
        help="what goes as one: whole commits, their changes to a file, or to a symbol "
        "(default: commit)",
    )
    parser.add_argument(
        "--include-likely",
        action="store_true",
        help="likely breaks draw commits in, too, not only certain ones",
    )
    parser.add_argument(
        "--mend",
        metavar="N",
        type=at_least(0),
        help="leave a place to be mended by hand where undoing more would cost over N commits a place",
    )


def share_outside(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what becomes of what git does not hold, and where commits go."""
    parser.add_argument(
        "--domain",
        metavar="DOMAIN",
        choices=_DOMAINS,
        action="append",
        default=[],
        help=f"only steps of {', '.join(_DOMAINS)}; repeatable (default: all)",
    )
    parser.add_argument(
        "--database",
        metavar="[NAME=]WHERE",
        action="append",
        default=[],
        help="a database that migrations are run on: the variable that holds its URL, a sqlite:/// "
        "URL, or none; repeatable",
    )
    parser.add_argument(
        "--migrations",
        choices=_MIGRATIONS,
        default="auto",
        help="what becomes of migrations that a database has run: auto leaves those that only add "
        "and inverts others by a new one; leave, inverse, down say it for all (default: auto)",
    )
    parser.add_argument(
        "--remove-orphans",
        action="store_true",
        help="remove what an undo leaves over and nobody names",
    )
    parser.add_argument(
        "--branch", metavar="NAME", default="", help="a new branch gets the commits"
    )
    parser.add_argument("--single-commit", action="store_true", help="one commit for all that goes")


def refuse_wishes(args: argparse.Namespace, plan: str) -> None:
    """Refuse what a plan in a file has settled already: nothing that is said is passed over.

    Raises:
        UsageError: an option says what shall go, what must stay, or where commits go.
    """
    told = {
        "--undo": args.undo,
        "--keep": args.keep,
        "--level": args.level != "commit",
        "--include-likely": args.include_likely,
        "--mend": args.mend is not None,
        "--domain": args.domain,
        "--database": args.database,
        "--migrations": args.migrations != "auto",
        "--remove-orphans": args.remove_orphans,
        "--branch": args.branch,
        "--single-commit": args.single_commit,
    }
    first = next((name for name, value in told.items() if value), None)
    if first is not None:
        raise UsageError(
            f"{first} was settled when the plan {plan} was made",
            f"leave it out, or make another plan: blastradius plan RANGE {first} …",
        )


def asked_of(args: argparse.Namespace, span: str | None) -> Asked:
    """Return what the options ask for.

    Raises:
        UsageError: a database cannot be meant.
    """
    from msgspec.structs import replace  # noqa: PLC0415 - what --help does not need

    from blastradius.api.answering import Wishes  # noqa: PLC0415 - as above
    from blastradius.api.plans import Asked  # noqa: PLC0415 - as above
    from blastradius.api.runs import where_databases  # noqa: PLC0415 - as above

    outside = replace(
        where_databases(args.database),
        migrations=args.migrations,
        domains=tuple(args.domain),
        remove_orphans=args.remove_orphans,
    )
    wishes = Wishes(args.undo, args.keep, args.level, args.mend, args.include_likely)
    return Asked(span, wishes, outside, args.branch, args.single_commit)


def planned_for(
    args: argparse.Namespace, span: str | None, console: Console, *, keep: bool
) -> Plan:
    """Return the plan for a range; ``keep``: so that it can be carried out.

    Raises:
        as `blastradius.api.runs.make_plan`.
    """
    from blastradius.api import configuration  # noqa: PLC0415 - as above
    from blastradius.api.runs import Settings, make_plan  # noqa: PLC0415 - as above

    config = configuration(args.repo, warn=console.warn)
    settings = Settings(
        config=config,
        jobs=args.jobs or config.jobs,
        cache=config.cache and not args.no_cache,
        progress=console.progress,
        warn=console.warn,
    )
    return make_plan(args.repo, asked_of(args, span), settings, keep=keep).plan
