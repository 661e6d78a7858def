"""A progress bar for what takes longer than a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from blastradius.reports.display import printable, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 1.0
_PAUSE = 0.1
_CELLS = 30
_STAGE = 24


class Bar:
    """Draws how far a stage is on the last line of a terminal.

    Args:
        stream: the terminal.
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._since = clock()
        self._next = self._since + _PATIENCE
        self._drawn = False

    def show(self, stage: str, done: int, total: int) -> None:
        """Draw the bar, unless it is too early or was drawn a moment ago."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _PAUSE
        share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
        cells = int(share * _CELLS)
        name = shorten(printable(stage), _STAGE)
        bar = "#" * cells + "." * (_CELLS - cells)
        self._stream.write(f"\r\x1b[K{name} [{bar}] {done:,}/{total:,}")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False
