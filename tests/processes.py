"""Other processes in tests: forks that do something, and waiting for what they do."""

from __future__ import annotations

import gc
import os
import time
import warnings
from collections.abc import Callable

_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.01


def in_child(work: Callable[[], object]) -> int:
    """Do something in a fork and return its id; its exit code is 0, or 1 when an error ended it."""
    with warnings.catch_warnings():
        # A warning of newer Pythons: threads of a library do not survive a fork. None is used here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        gc.disable()  # a collection would copy all pages that it shares with its parent
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def code_of(child: int) -> int:
    """Wait for a process; return its exit code, or the negated number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is sure to come."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(_LOOK_SECONDS)
