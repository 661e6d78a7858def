"""The advice as text: each step with the command to copy, and what it does."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from blastradius.reports.display import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from blastradius.model.analysis import Advice, Command

_NAMES = {
    "none": "nothing to undo",
    "drop-branch": "drop the branch",
    "revert-merge": "revert the merge",
    "revert-commit": "revert the commit",
    "revert-set": "revert the set",
    "whole-range": "take the range back whole",
}


def advice_lines(advice: Advice) -> list[tuple[str, str]]:
    """Return (command as a shell takes it, words) for each step, in order.

    The command is empty where no command does the step. What cannot be seen is escaped: in commands
    such that a shell still gets the same bytes.
    """
    return [_line(one) for one in (*advice.first, *advice.commands)]


def name_of(advice: Advice) -> str:
    """Return the strategy as people say it; a secret comes before any."""
    name = _NAMES[advice.strategy]
    return f"revoke what leaked; then {name}" if advice.first else name


def markdown_lines(advice: Advice, mark: Callable[[str], str]) -> list[str]:
    """Return the steps as a numbered list of Markdown.

    Args:
        advice: the advice.
        mark: sets a text of the repository as code.
    """
    return [
        f"{number}. {mark(command)} {_plain(words, mark)}"
        if command
        else f"{number}. {_plain(words, mark)}"
        for number, (command, words) in enumerate(advice_lines(advice), 1)
    ]


def why_line(advice: Advice) -> str:
    """Return why, on one line."""
    return printable(advice.why)


def shell(argv: Sequence[str]) -> str:
    r"""Return a command to copy: a word with what cannot be seen is written as ``$'\NNN'``, in octal."""
    return " ".join(map(_word, argv))


def _line(one: Command) -> tuple[str, str]:
    return shell(one.argv), printable(one.what)


def _word(word: str) -> str:
    if printable(word) == word:
        return shlex.quote(word)
    return f"$'{''.join(_escaped(word))}'"


def _escaped(word: str) -> Iterable[str]:
    for char in word:
        if char in "\\'":
            yield f"\\{char}"
        elif printable(char) == char:
            yield char
        else:
            # Three octal digits: a hex escape would swallow a digit that follows.
            yield from (f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def _plain(words: str, mark: Callable[[str], str]) -> str:
    """Return words for Markdown; as code where a name in them could mean something to it."""
    harmless = all(char.isalnum() or char in " .,;:/()'-" for char in words)
    return words if harmless else mark(words)
