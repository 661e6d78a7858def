"""What a report format is: a module with one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from blastradius.model.analysis import Analysis


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

    def render(self, analysis: Analysis, options: Options) -> str:
        """Return the report, ending in a newline; it can be encoded as UTF-8."""
        ...
