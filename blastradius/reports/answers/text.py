"""An answer for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.answers.pages import page_of
from blastradius.reports.display import printable, width
from blastradius.reports.layout import Page

if TYPE_CHECKING:
    from blastradius.reports.answers.pages import Answer
    from blastradius.reports.answers.sections import Entry
    from blastradius.reports.base import Options


def render(answer: Answer, options: Options) -> str:
    """Return the report for a terminal of ``options.width`` columns."""
    said = page_of(answer, options, lambda text: text)  # the page escapes whole lines
    page = Page(options)
    page.heading("blastradius", said.title)
    for section in said.sections:
        page.heading(section.name, section.said)
        for note in section.notes:
            page.note(note)
        room = max((width(one.lead) for one in section.entries), default=0)

        def put(one: Entry, room: int = room) -> None:
            page.item(one.lead, one.text, "", room)

        for entry in section.entries:
            put(entry)
        if section.more:
            page.note(f"… and {section.more:,} more (--limit 0 shows all)")
        for line in section.verbatim:
            page.verbatim(printable(line))
    return page.text()
