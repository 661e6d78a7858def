"""Lines of a terminal report: headings, items with a hanging indent, limits, colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from blastradius.reports.display import padded, printable, shorten, width, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blastradius.reports.base import Options

_STYLES = {
    "heading": "1",
    "breaking": "31",
    "unknown": "33",
    "compatible": "32",
    "quiet": "2",
    "": "",
}
_LEAST_ROOM = 20
# An entry is not longer than this many lines, whatever a commit's subject or a path may hold.
_MOST_LINES = 5
_Entry = TypeVar("_Entry")


class Page:
    """Collects the lines of one report.

    Args:
        options: columns, colour, and how many entries a section shows.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lines: list[str] = []

    def heading(self, name: str, text: str) -> None:
        """Start a section: its name, and what it says in short."""
        if self._lines:
            self._lines.append("")
        self._put("", name, "heading", len(name), text)

    def item(self, lead: str, text: str, style: str = "", room: int = 0) -> None:
        """Add an entry: ``lead`` padded to ``room`` columns, the text wrapped beside it."""
        self._put("  ", lead, style, room, text)

    def note(self, text: str, indent: int = 2) -> None:
        """Add a line that belongs to what stands above it."""
        self._put(" " * indent, "", "", 0, text)

    def verbatim(self, line: str) -> None:
        """Add a line to copy: neither wrapped nor cut. It must be printable."""
        self._lines.append(f"       {line}")

    def items(self, entries: Sequence[_Entry], put: Callable[[_Entry], None]) -> None:
        """Add each entry by ``put``, up to the limit, and say how many are left out."""
        limit = self._options.limit or len(entries)
        for entry in entries[:limit]:
            put(entry)
        self._more(len(entries[limit:]))

    def folded(
        self, entries: Sequence[tuple[_Entry, int]], put: Callable[[_Entry, str], None]
    ) -> None:
        """Add entries that stand for several; ``put`` is told what to say of the others."""
        limit = self._options.limit or len(entries)
        for entry, number in entries[:limit]:
            put(entry, f" and {number - 1:,} more" if number > 1 else "")
        self._more(sum(number for _, number in entries[limit:]))

    def _more(self, left: int) -> None:
        if left:
            self.note(f"… and {left:,} more (--limit 0 shows all)")

    def text(self) -> str:
        """Return the whole page."""
        return "\n".join(self._lines) + "\n"

    def _put(self, margin: str, lead: str, style: str, room: int, text: str) -> None:
        lead = printable(lead)
        gap = "  " if lead or room else ""
        hang = len(margin) + max(room, width(lead)) + len(gap)
        across = max(_LEAST_ROOM, self._options.width - hang)
        lines = wrap(shorten(printable(text), _MOST_LINES * across), across)
        head = margin + self._painted(padded(lead, room), style) + gap
        for line in lines:
            self._lines.append((head + line).rstrip())
            head = " " * hang

    def _painted(self, text: str, style: str) -> str:
        code = _STYLES[style]
        if not (self._options.colour and code and text.strip()):
            return text
        bare = text.rstrip()
        return f"\x1b[{code}m{bare}\x1b[0m{text[len(bare) :]}"
