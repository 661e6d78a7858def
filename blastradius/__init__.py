"""What did these commits reach, and what is the least that must be undone to be consistent again?

What is named below is loaded when it is first asked for: ``import blastradius`` costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blastradius.api import analyze, dependency_graph, impact, why
    from blastradius.api.inventory import inventory
    from blastradius.api.runs import abort, execute, plan_revert, read_plan, resume, verify
    from blastradius.config import Config
    from blastradius.errors import BlastRadiusError
    from blastradius.index.graph import Graph
    from blastradius.model.analysis import Analysis
    from blastradius.model.inventory import Inventory
    from blastradius.model.plan import Plan
    from blastradius.model.questions import DependencyGraph, ImpactAnswer, WhyAnswer
    from blastradius.model.run import Run
    from blastradius.reports.registry import render

    __version__: str

__all__ = [
    "Analysis",
    "BlastRadiusError",
    "Config",
    "DependencyGraph",
    "Graph",
    "ImpactAnswer",
    "Inventory",
    "Plan",
    "Run",
    "WhyAnswer",
    "__version__",
    "abort",
    "analyze",
    "dependency_graph",
    "execute",
    "impact",
    "inventory",
    "plan_revert",
    "read_plan",
    "render",
    "resume",
    "verify",
    "why",
]

_HOMES = {
    "Analysis": "blastradius.model.analysis",
    "BlastRadiusError": "blastradius.errors",
    "Config": "blastradius.config",
    "DependencyGraph": "blastradius.model.questions",
    "Graph": "blastradius.index.graph",
    "ImpactAnswer": "blastradius.model.questions",
    "Inventory": "blastradius.model.inventory",
    "Plan": "blastradius.model.plan",
    "Run": "blastradius.model.run",
    "WhyAnswer": "blastradius.model.questions",
    "abort": "blastradius.api.runs",
    "analyze": "blastradius.api",
    "dependency_graph": "blastradius.api",
    "execute": "blastradius.api.runs",
    "impact": "blastradius.api",
    "inventory": "blastradius.api.inventory",
    "plan_revert": "blastradius.api.runs",
    "read_plan": "blastradius.api.runs",
    "render": "blastradius.reports.registry",
    "resume": "blastradius.api.runs",
    "verify": "blastradius.api.runs",
    "why": "blastradius.api",
}
_DISTRIBUTION = "blastradius-engine"


# Hidden from type checkers, to whom every misspelt name would otherwise be an object.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            value: object = _version()
        elif name in _HOMES:
            from importlib import import_module  # noqa: PLC0415 - nothing is loaded before it is asked for

            value = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 20 ms, rarely asked

    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0+unknown"
