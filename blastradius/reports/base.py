"""What a report format is: a module with one function.

A format for answers that may be large has ``pieces`` instead: it yields the text bit by bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from blastradius.model.analysis import Analysis
    from blastradius.model.checkpoint import (
        Checked,
        Checkpoint,
        CheckpointList,
        Pruned,
        Restoration,
    )
    from blastradius.model.inventory import Inventory
    from blastradius.model.plan import Plan
    from blastradius.model.questions import DependencyGraph, ImpactAnswer, WhyAnswer
    from blastradius.model.run import Run, RunList

    Keeping: TypeAlias = Checkpoint | CheckpointList | Checked | Restoration | Pruned
    Answer: TypeAlias = (
        Analysis
        | Plan
        | Run
        | RunList
        | Inventory
        | Keeping
        | ImpactAnswer
        | WhyAnswer
        | DependencyGraph
    )


class Options(Struct, frozen=True):
    """How a report looks.

    Attributes:
        width: columns of the terminal.
        colour: write ANSI colours.
        limit: entries that one section shows; 0 for all.
    """

    width: int = 80
    colour: bool = False
    limit: int = 10


class Renderer(Protocol):
    """The module-level interface of a format."""

    def render(self, value: Any, options: Options) -> str:  # noqa: ANN401 - the answers it is for
        """Return the report, ending in a newline; it can be encoded as UTF-8."""
        ...
