"""An answer for a comment on a pull request; what comes from the repository is set as code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from blastradius.reports.answers.pages import page_of
from blastradius.reports.display import printable
from blastradius.reports.markdown import code

if TYPE_CHECKING:
    from blastradius.reports.answers.pages import Answer
    from blastradius.reports.answers.sections import Section
    from blastradius.reports.base import Options


def render(answer: Answer, options: Options) -> str:
    """Return the report as Markdown; ``options.limit`` bounds each list."""
    page = page_of(answer, options, code)
    parts = [f"### {page.title[:1].upper()}{page.title[1:]}", *map(_section, page.sections)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    name = section.name.capitalize()
    lines = [f"**{name}**: {section.said}", *(f"{note}" for note in section.notes)]
    head = "  \n".join(lines)
    entries = [
        f"- {one.text}" if one.lead == "-" else f"- {one.lead}: {one.text}"
        for one in section.entries
    ]
    if section.more:
        entries.append(f"- … and {section.more:,} more")
    parts = [head, *(["", *entries] if entries else []), *_fenced(section.verbatim)]
    return "\n".join(parts)


def _fenced(lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    # Longer than any run of backticks within, so that nothing in the text ends the block.
    runs = max((len(one) for line in lines for one in re.findall("`+", line)), default=0)
    fence = "`" * max(3, runs + 1)
    return ["", fence, *map(printable, lines), fence]
