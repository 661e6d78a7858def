"""The arguments: a parser whose errors are ours, and the options that commands share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from blastradius.errors import UsageError

_WIDTH = 80
_HELP_COLUMN = 26

Configure = Callable[[argparse.ArgumentParser], None]


class _Help(argparse.HelpFormatter):
    """Help of one look in every version of Python and on every terminal: it stands in the docs."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_HELP_COLUMN, width=_WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return str(action.metavar or action.dest)
        names = ", ".join(action.option_strings)
        return names if action.nargs == 0 else f"{names} {action.metavar or action.dest.upper()}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help says what it takes")


def build(command: str, configure: Configure) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    parser = _Parser(
        prog=f"blastradius {command}",
        formatter_class=_Help,
        allow_abbrev=False,
        add_help=False,
    )
    configure(parser)
    parser.add_argument("-h", "--help", action="store_true", help="print this and exit")
    return parser


def parse(command: str, configure: Configure, words: Sequence[str]) -> argparse.Namespace | None:
    """Return the arguments of one command, None when its help was asked for and printed.

    Raises:
        UsageError: an option that is not known, a value that cannot be meant.
    """
    parser = build(command, configure)
    if _asks_for_help(words):
        parser.print_help()
        return None
    args, extra = parser.parse_known_args(words)
    if extra:
        raise _unknown(parser, extra[0])
    _refuse_nothing(parser, args)
    return args


def _refuse_nothing(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse an option whose value is empty: mostly a variable of a script that was not set."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        value = getattr(args, action.dest, None)
        several = value if isinstance(value, list) else [value]
        if action.option_strings and "" in several and action.default != "":
            name = action.option_strings[-1]
            raise UsageError(f"{name} is given nothing", f"give it a value, or leave {name} out")


def share(parser: argparse.ArgumentParser, formats: Sequence[str], *, repo: bool = True) -> None:
    """Add the options that every command has.

    Args:
        parser: the command's parser.
        formats: what ``--format`` may be, the default first.
        repo: also ``--repo``.
    """
    if repo:
        parser.add_argument(
            "--repo", metavar="DIR", default=".", help="the repository (default: the one around .)"
        )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        choices=formats,
        default=formats[0],
        help=f"{' | '.join(formats)} (default: {formats[0]})",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the result to FILE, whole or not at all"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, no warnings")
    parser.add_argument(
        "--color",
        metavar="WHEN",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto | always | never; NO_COLOR is heeded by auto",
    )


def share_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that read a repository."""
    parser.add_argument(
        "--jobs", metavar="N", type=at_least(1), help="processes (default: one a core)"
    )
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")


def at_least(least: int) -> Callable[[str], int]:
    """Return the type of a whole number from ``least`` up."""

    def number(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} up")
        return int(text)

    return number


def fraction(text: str) -> float:
    """Return a number from 0 to 1."""
    if not re.fullmatch(r"0|1|[01]?\.[0-9]{1,9}", text) or float(text) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return float(text)


def _asks_for_help(words: Sequence[str]) -> bool:
    before = words[: words.index("--")] if "--" in words else words
    return any(word in {"-h", "--help"} for word in before)


def _unknown(parser: argparse.ArgumentParser, word: str) -> UsageError:
    if not word.startswith("-"):
        return UsageError(f"one word too many: {word!r}", f"{parser.prog} --help")
    options = re.findall(r"--[a-z][a-z-]*", parser.format_help())
    close = get_close_matches(word.partition("=")[0], sorted(set(options)), n=1)
    hint = f"did you mean {close[0]}?" if close else f"{parser.prog} --help says what it takes"
    return UsageError(f"unknown option {word}", hint)
