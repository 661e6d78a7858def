"""The commands: a table of names, each a module that is loaded when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from blastradius.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from blastradius.cli.console import Console


class Entry(NamedTuple):
    """Where a command is, and what it does in one line."""

    module: str
    about: str


class Command(Protocol):
    """The module-level interface of a command."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to ``parser``."""
        ...

    def run(self, args: argparse.Namespace, console: Console) -> int:
        """Do it and return the exit code."""
        ...


COMMANDS = {
    "analyze": Entry(
        "blastradius.cli.analyze", "what a range changed, reaches, and must be undone with it"
    ),
    "plan": Entry(
        "blastradius.cli.plan", "the steps that undo a range, in git and outside, as JSON"
    ),
    "revert": Entry("blastradius.cli.revert", "show the undo of a range or plan; --apply does it"),
    "runs": Entry("blastradius.cli.runs", "the undos that were carried out, and what waits"),
    "show": Entry("blastradius.cli.show", "one run whole: steps, verification, evidence"),
    "resume": Entry("blastradius.cli.resume", "go on with a run that was stopped"),
    "abort": Entry("blastradius.cli.abort", "take back what a run did"),
    "verify": Entry("blastradius.cli.verify", "look again at what a run left"),
    "inventory": Entry(
        "blastradius.cli.inventory", "every domain a range touched, and how each is taken back"
    ),
    "checkpoint": Entry(
        "blastradius.cli.checkpoint", "keep code and declared state as it is; bring it back"
    ),
    "impact": Entry("blastradius.cli.impact", "what depends on a symbol, file, line or column"),
    "why": Entry("blastradius.cli.why", "how one thing depends on another, edge by edge"),
    "graph": Entry("blastradius.cli.graph", "the dependency graph, for people and other tools"),
    "lineage": Entry("blastradius.cli.lineage", "where each column of a file of SQL comes from"),
    "index": Entry("blastradius.cli.index", "read the repository into the cache"),
    "cache": Entry("blastradius.cli.cache", "look at the cache, or clear it"),
    "doctor": Entry("blastradius.cli.doctor", "what is installed, and what is missing"),
    "demo": Entry("blastradius.cli.demo", "build a small repository and analyse it"),
}
# Options that may stand before the command and take a value: the word after them is no command.
_TAKE_A_VALUE = frozenset({"--repo", "--format", "-o", "--output", "--color"})


def split(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command and all other words; the command is empty when there is none.

    Raises:
        UsageError: the first word that is no option names no command.
    """
    skip = False
    for place, word in enumerate(words):
        if skip:
            skip = False
        elif word in _TAKE_A_VALUE:
            skip = True
        elif not word.startswith("-"):
            if word not in COMMANDS:
                raise UsageError(f"unknown command {word!r}", _near(word))
            return word, [*words[:place], *words[place + 1 :]]
    return "", list(words)


def load(name: str) -> Command:
    """Return the module of a command."""
    return cast("Command", import_module(COMMANDS[name].module))


def overview() -> str:
    """Return what ``blastradius --help`` prints."""
    room = max(map(len, COMMANDS))
    lines = [f"  {name:<{room}}  {entry.about}" for name, entry in COMMANDS.items()]
    return "\n".join(
        [
            "usage: blastradius COMMAND [options]",
            "",
            "What did these commits reach, and what is the least that must be undone",
            "to be consistent again?",
            "",
            *lines,
            "",
            "blastradius COMMAND --help says what a command takes; --version the version.",
            "",
            "exit codes: 0 clean, 1 findings over the threshold, 2 usage, 3 bug,",
            "4 no consistent plan, 5 stopped and taken back, 6 taking back failed,",
            "7 journal locked or damaged, 130 interrupted",
            "",
        ]
    )


def _near(word: str) -> str:
    if ".." in word:
        return f"blastradius analyze {word}"
    close = get_close_matches(word, COMMANDS, n=1)
    return f"did you mean {close[0]}?" if close else f"commands: {', '.join(COMMANDS)}"
