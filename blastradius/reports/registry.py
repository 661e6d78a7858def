"""The formats of every answer, each a module that is loaded when it is first asked for."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from blastradius.errors import UsageError
from blastradius.reports.base import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from blastradius.reports.base import Answer

FORMATS = {
    "text": "blastradius.reports.terminal",
    "json": "blastradius.reports.json",
    "markdown": "blastradius.reports.markdown",
}
_ANSWER = {
    "text": "blastradius.reports.answers.text",
    "json": "blastradius.reports.json",
    "markdown": "blastradius.reports.answers.markdown",
}
_GRAPH = {
    "json": "blastradius.reports.graphs.json",
    "dot": "blastradius.reports.graphs.dot",
    "graphml": "blastradius.reports.graphs.graphml",
    "mermaid": "blastradius.reports.graphs.mermaid",
}
# Name of an answer's type → its formats, the default first; those of `Analysis` for what is not here.
REPORTS: Mapping[str, Mapping[str, str]] = {
    "Analysis": FORMATS,
    "ImpactAnswer": _ANSWER,
    "WhyAnswer": _ANSWER,
    "DependencyGraph": _GRAPH,
    "Plan": _ANSWER,
    "Run": _ANSWER,
    "RunList": _ANSWER,
    "Inventory": _ANSWER,
    "Checkpoint": _ANSWER,
    "CheckpointList": _ANSWER,
    "Checked": _ANSWER,
    "Restoration": _ANSWER,
    "Pruned": _ANSWER,
}


def render(value: Answer, format: str | None = None, options: Options | None = None) -> str:  # noqa: A002 - the name that users know
    """Return the report of an answer.

    Args:
        value: what `analyze`, `impact`, `why` or `dependency_graph` answered.
        format: ``text``, ``json`` or ``markdown``; of a graph ``json``, ``dot``, ``graphml`` or
            ``mermaid``. None: the first of these.
        options: width, colour and limit; the defaults are 80 columns, no colour, 10 entries.

    Raises:
        UsageError: there is no such format.
    """
    return "".join(pieces(value, format, options))


def pieces(
    value: Answer,
    format: str | None = None,  # noqa: A002 - as render
    options: Options | None = None,
) -> Iterator[str]:
    """Return the report of an answer piece by piece: a large graph never stands in memory as text.

    Raises:
        UsageError: there is no such format.
    """
    formats = REPORTS.get(type(value).__name__, FORMATS)
    home = formats.get(next(iter(formats)) if format is None else format)
    if home is None:
        close = get_close_matches(format or "", formats, n=1)
        hint = f"did you mean {close[0]}?" if close else f"formats: {', '.join(formats)}"
        raise UsageError(f"no report format {format!r}", hint)
    return _pieces(import_module(home), value, options or Options())


def _pieces(home: ModuleType, value: Answer, options: Options) -> Iterator[str]:
    if hasattr(home, "pieces"):
        yield from home.pieces(value)
    else:
        yield home.render(value, options)
