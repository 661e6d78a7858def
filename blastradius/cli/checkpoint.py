"""``blastradius checkpoint``: keep the state as it is, look at what was kept, bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.cli.parser import at_least, share
from blastradius.errors import CLEAN, UsageError

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console
    from blastradius.reports.base import Answer

FORMATS = ("text", "json", "markdown")
_ACTIONS = ("create", "list", "verify", "restore", "prune")
_SCOPES = ("code", "files", "folders", "database")
_NAMED = ("verify", "restore")
# Option → the actions that heed it; given to another it would silently not hold.
_HEEDED = {
    "scope": ("create", "restore"),
    "file": ("create",),
    "folder": ("create",),
    "database": ("create", "restore"),
    "reason": ("create",),
    "expires": ("create",),
    "apply": ("restore", "prune"),
    "remove_orphans": ("restore",),
    "older_than": ("prune",),
    "keep_last": ("prune",),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``checkpoint``."""
    parser.usage = "blastradius checkpoint [ACTION] [ID] [options]"
    parser.description = (
        "Keep HEAD, index, work tree, and what is declared beside them, and bring it back. Index and "
        "work tree are only read by create. restore and prune show what they would do; --apply does it."
    )
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=_ACTIONS,
        default="list",
        help="create, list, verify, restore or prune (default: list)",
    )
    parser.add_argument(
        "id", metavar="ID", nargs="?", help="a checkpoint, the beginning of its id, or latest"
    )
    _share_taking(parser)
    parser.add_argument(
        "--apply", action="store_true", help="restore, prune: do it, not only show it"
    )
    parser.add_argument(
        "--remove-orphans",
        action="store_true",
        help="restore: remove files that were not there then",
    )
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        help="prune: also those older than 30m, 12h, 7d, 2w, and what runs kept that ended then",
    )
    parser.add_argument(
        "--keep-last",
        metavar="N",
        type=at_least(0),
        help="prune: the newest N stay; without --older-than all others go",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=at_least(0),
        default=10,
        help="entries in a section of the report; 0 for all (default: 10)",
    )
    share(parser, FORMATS)


def _share_taking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scope",
        metavar="SCOPE",
        action="append",
        choices=_SCOPES,
        default=[],
        help="only code | files | folders | database; repeatable (default: all)",
    )
    parser.add_argument(
        "--file",
        metavar="FILE",
        action="append",
        default=[],
        help="create: also this file outside of git; repeatable",
    )
    parser.add_argument(
        "--folder",
        metavar="DIR",
        action="append",
        default=[],
        help="create: also this folder of the work tree; repeatable",
    )
    parser.add_argument(
        "--database",
        metavar="[NAME=]VAR",
        action="append",
        default=[],
        help="the schema of the database whose URL is in VAR; repeatable",
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="create: why, for the list")
    parser.add_argument(
        "--expires",
        metavar="AGE",
        default="",
        help="create: not to be restored after 30m, 12h, 7d, 2w",
    )


def run(args: argparse.Namespace, console: Console) -> int:
    """Do what the action says."""
    _refuse_unheeded(args)
    from blastradius.reports.registry import render  # noqa: PLC0415 - what --help does not need

    answer = _answer(args, console)
    console.result(render(answer, args.format, console.options(args.limit)))
    return CLEAN


def _answer(args: argparse.Namespace, console: Console) -> Answer:
    from blastradius.api import checkpoints as api  # noqa: PLC0415 - as above

    match args.action:
        case "create":
            asked = api.Asked(
                tuple(args.scope),
                tuple(args.file),
                tuple(args.folder),
                _databases(args.database),
                args.reason,
                args.expires,
            )
            return api.create(args.repo, asked, warn=console.warn)
        case "verify":
            return api.verify(args.repo, args.id)
        case "restore":
            return api.restore(
                args.repo,
                args.id,
                scopes=args.scope,
                apply=args.apply,
                remove_orphans=args.remove_orphans,
                databases=_databases(args.database),
                warn=console.warn,
            )
        case "prune":
            return api.prune(
                args.repo,
                older_than=args.older_than or "",
                keep_last=args.keep_last,
                apply=args.apply,
            )
        case _:
            return api.listed(args.repo)


def _refuse_unheeded(args: argparse.Namespace) -> None:
    for name, actions in _HEEDED.items():
        value = getattr(args, name)
        if args.action not in actions and value not in (None, "", [], False):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"checkpoint {args.action} does not heed {option}",
                f"it is for {' and '.join(actions)}",
            )
    if args.action in _NAMED and not args.id:
        raise UsageError(
            f"checkpoint {args.action} needs the ID of a checkpoint",
            "blastradius checkpoint list shows them; latest is the newest",
        )
    if args.action not in _NAMED and args.id:
        raise UsageError(f"one word too many: {args.id!r}", "blastradius checkpoint --help")


def _databases(words: list[str]) -> dict[str, str]:
    """Return name → variable of ``[NAME=]VARIABLE``."""
    found: dict[str, str] = {}
    for word in words:
        name, mark, where = word.partition("=")
        if word.startswith("sqlite:") or not mark:
            name, where = "default", word
        found[name] = where
    return found
