"""The runs of a repository, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.reports.answers.sections import Entry, Page, Section, bounded
from blastradius.reports.words import count

if TYPE_CHECKING:
    from blastradius.model.run import RunLine, RunList
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark


def page(found: RunList, options: Options, mark: Mark) -> Page:
    """Return what the report of a list of runs says."""
    shown, more = bounded([Entry(one.id, _line(one, mark)) for one in found.runs], options)
    waiting = [one for one in found.runs if one.state in {"unfinished", "stuck"}]
    notes = tuple(
        f"{one.id} waits: blastradius resume {one.id} goes on, blastradius abort {one.id} takes back"
        for one in waiting
    )
    section = Section("RUNS", count(len(found.runs), "run"), notes, shown, more)
    return Page("runs of this repository", (section,))


def _line(one: RunLine, mark: Mark) -> str:
    if one.problem:
        return f"cannot be read: {mark(one.problem)}"
    return f"{one.state}, {one.began[:19]}: {mark(one.summary)}"
