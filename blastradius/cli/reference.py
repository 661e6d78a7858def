"""Writes what ``--help`` prints into ``docs/reference.md``, so that the page cannot lie.

``python -m blastradius.cli.reference`` replaces the blocks between ``<!-- help: NAME -->`` and
``<!-- end -->``; a test compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from blastradius.cli import commands, parser

PAGE = Path("docs/reference.md")
_BLOCK = re.compile(r"(<!-- help: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_text(name: str) -> str:
    """Return the help of a command; of ``blastradius`` itself, the overview."""
    if name == "blastradius":
        return commands.overview()
    return parser.build(name, commands.load(name).configure).format_help()


def filled(page: str) -> str:
    """Return the page with every block as ``--help`` prints it now."""
    return _BLOCK.sub(
        lambda block: f"{block[1]}```text\n{help_text(block[2])}```\n{block[3]}", page
    )


def main() -> int:
    """Fill the page below the working directory, which is the project's root."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
