"""Which page an answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.model.checkpoint import (
    Checked,
    Checkpoint,
    CheckpointList,
    Pruned,
    Restoration,
)
from blastradius.model.inventory import Inventory
from blastradius.model.plan import Plan
from blastradius.model.questions import ImpactAnswer, WhyAnswer
from blastradius.model.run import Run, RunList
from blastradius.reports import checkpoints, inventory
from blastradius.reports.answers import impact, plan, run, runs, why

if TYPE_CHECKING:
    from blastradius.reports.answers.sections import Page
    from blastradius.reports.base import Options
    from blastradius.reports.words import Mark

Keeping = Checkpoint | CheckpointList | Checked | Restoration | Pruned
Answer = ImpactAnswer | WhyAnswer | Plan | Run | RunList | Inventory | Keeping


def page_of(answer: Answer, options: Options, mark: Mark) -> Page:
    """Return what the report of an answer says."""
    if isinstance(answer, WhyAnswer):
        return why.page(answer, options, mark)
    if isinstance(answer, Plan):
        return plan.page(answer, options, mark)
    if isinstance(answer, Run):
        return run.page(answer, options, mark)
    if isinstance(answer, RunList):
        return runs.page(answer, options, mark)
    if isinstance(answer, Inventory):
        return inventory.page(answer, options, mark)
    if isinstance(answer, Keeping):
        return checkpoints.page(answer, options, mark)
    return impact.page(answer, options, mark)
