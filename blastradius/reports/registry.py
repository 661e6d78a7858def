"""The formats, each a module that is loaded when it is first asked for."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, cast

from blastradius.errors import UsageError
from blastradius.reports.base import Options, Renderer

if TYPE_CHECKING:
    from blastradius.model.analysis import Analysis

FORMATS = {
    "text": "blastradius.reports.terminal",
    "json": "blastradius.reports.json",
    "markdown": "blastradius.reports.markdown",
}


def render(value: Analysis, format: str = "text", options: Options | None = None) -> str:  # noqa: A002 - the name that users know
    """Return the report of an analysis.

    Args:
        value: what `analyze` answered.
        format: ``text``, ``json`` or ``markdown``.
        options: width, colour and limit; the defaults are 80 columns, no colour, 10 entries.

    Raises:
        UsageError: there is no such format.
    """
    home = FORMATS.get(format)
    if home is None:
        close = get_close_matches(format, FORMATS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"formats: {', '.join(FORMATS)}"
        raise UsageError(f"no report format {format!r}", hint)
    return cast("Renderer", import_module(home)).render(value, options or Options())
