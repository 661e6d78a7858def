"""Which page an answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.model.questions import ImpactAnswer, WhyAnswer
from blastradius.reports.answers import impact, why

if TYPE_CHECKING:
    from blastradius.reports.answers.sections import Page
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

Answer = ImpactAnswer | WhyAnswer


def page_of(answer: Answer, options: Options, mark: Mark) -> Page:
    """Return what the report of an answer says."""
    if isinstance(answer, WhyAnswer):
        return why.page(answer, options, mark)
    return impact.page(answer, options, mark)
