"""``blastradius demo``: build a small repository and analyse it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from blastradius.cli import analyze
from blastradius.cli.parser import build

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

_DEFAULT = "blastradius-demo"
_SHORT = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``demo``."""
    parser.usage = "blastradius demo [DIR] [options]"
    parser.description = (
        "Build a small repository whose commits hang together across Python, YAML and SQL, and "
        "say what goes with the first of them. A demo that is there already is used again."
    )
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        help=f"where to build it: a new or empty folder (default: {_DEFAULT})",
    )
    parser.add_argument("--repo", metavar="DIR", help="the same as DIR")
    analyze.share_answer(parser, repo=False)


def run(args: argparse.Namespace, console: Console) -> int:
    """Build the demo, print the command that analyses it, and run that."""
    from blastradius import demo  # noqa: PLC0415 - as in analyze

    directory = Path(args.directory or args.repo or _DEFAULT)
    built = demo.build(directory)
    place, undo = str(built.path), built.undo[:_SHORT]
    console.note(f"the demo is in {place}; this is what is printed below:")
    console.note(f"  blastradius analyze --repo {shlex.quote(place)} {built.range} --undo {undo}")
    # The options that a demo has not are as `analyze` has them when nothing is said.
    question = build("analyze", analyze.configure).parse_args([])
    vars(question).update(vars(args), repo=place, range=built.range, undo=[undo])
    return analyze.run(question, console)
