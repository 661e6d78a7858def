"""Where the sweeps work, and the count of all kills of a session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.harness import Tally, in_memory

_all = Tally()
_began: list[float] = []
_ended: list[float] = []


@pytest.fixture
def kills() -> Iterator[Tally]:
    """What all sweeps of the session did, so far."""
    if not _began:
        _began.append(time.monotonic())
    yield _all
    _ended[:] = [time.monotonic()]


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: SIGKILL loses nothing that was written."""
    with in_memory(tmp_path) as folder:
        yield folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the sweeps came to."""
    if _began:
        terminalreporter.write_line(
            f"crash sweeps: {_all.kills} processes ended by SIGKILL, {_all.trials} recoveries looked "
            f"at, {len(_all.bad)} bad, {_ended[-1] - _began[0]:.0f} s"
        )
