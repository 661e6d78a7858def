"""Settings of every test run: property tests have no clock, and in CI no chance and no excuse."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("blastradius", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("blastradius")

# What the user who runs the tests cannot try; each has a counterpart that runs instead.
_EXCUSED = ("root may write everywhere", "only root may mount a small disk")

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped for another reason than those."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason not in _EXCUSED:
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of CI that skipped a test which it should have run."""
    if _skipped and "CI" in os.environ:
        print("\nskipped, but must run in CI:", *_skipped, sep="\n  ")  # noqa: T201 - the run's own word
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
