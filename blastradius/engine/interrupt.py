"""^C and a request to end, during a run: heeded between two steps, with the journal whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupt:
    """Whether the user wants to stop.

    While nothing has been acted a signal stops at once; afterwards only `check` does.
    """

    def __init__(self) -> None:
        self._asked = False
        self._at_once = False

    def ask(self) -> None:
        """Stop at the next opportunity."""
        self._asked = True
        if self._at_once:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Stop here if that was asked for.

        Raises:
            KeyboardInterrupt: it was.
        """
        if self._asked:
            raise KeyboardInterrupt

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal stop whatever runs in the block."""
        self.check()
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Take the process's signals while the block runs; only in its main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield  # a library's caller keeps its own ways
            return

        def handle(number: int, frame: FrameType | None) -> None:
            del number, frame
            self.ask()

        found = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        # What was set to be ignored (nohup) stays ignored.
        taken = {one: signal.getsignal(one) for one in found}
        taken = {one: was for one, was in taken.items() if was != signal.SIG_IGN}
        for one in taken:
            signal.signal(one, handle)
        try:
            yield
        finally:
            for one, was in taken.items():
                signal.signal(one, was)
