"""The errors of blastradius and the exit code each one ends a command with.

    BlastRadiusError                 3  (a bug when it is this class itself)
    ├── UsageError                   2  the words of the call are off
    │   ├── RangeError               2  a revision or range that git does not know
    │   └── ConfigError              2  an unknown key, a wrong type
    ├── RepositoryError              2  no repository, no permission, corrupt object
    ├── NoConsistentPlanError        4  what was asked cannot be had
    └── StorageError                 2  disk full or read-only where the cache must be written

Syntax errors in analysed files, ambiguity and missing credentials are data, not errors: they stand
in ``problems``.
"""

from __future__ import annotations

CLEAN = 0
FINDINGS = 1
USAGE = 2
BUG = 3
NO_PLAN = 4
INTERRUPTED = 130


class BlastRadiusError(Exception):
    """What went wrong, and how to mend it, in one line each.

    Args:
        what: one sentence that names the thing and the place.
        hint: one sentence that says how to mend it; empty when there is nothing to do.
    """

    exit_code = BUG

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} ({self.hint})" if self.hint else self.what


class UsageError(BlastRadiusError):
    """The call cannot be understood as it stands."""

    exit_code = USAGE


class RangeError(UsageError):
    """A revision or range that names no commits of this repository."""


class ConfigError(UsageError):
    """The configuration has an unknown key or a value of the wrong type."""


class RepositoryError(BlastRadiusError):
    """The repository cannot be read: absent, forbidden, or an object is corrupt."""

    exit_code = USAGE


class StorageError(BlastRadiusError):
    """The cache or an output file cannot be written."""

    exit_code = USAGE


class NoConsistentPlanError(BlastRadiusError):
    """No set of commits satisfies what was asked to go and what was asked to stay."""

    exit_code = NO_PLAN
