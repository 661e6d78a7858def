"""The errors of blastradius and the exit code each one ends a command with.

    BlastRadiusError                 3  (a bug when it is this class itself)
    ├── UsageError                   2  the words of the call are off
    │   ├── RangeError               2  a revision or range that git does not know
    │   └── ConfigError              2  an unknown key, a wrong type
    ├── RepositoryError              2  no repository, no permission, corrupt object
    ├── NoConsistentPlanError        4  what was asked cannot be had
    ├── StorageError                 2  disk full or read-only where the cache must be written
    ├── StoppedError                 5  the run was stopped; what it had done was taken back
    │   ├── DriftError               5  the world is not as it was planned for; nothing was touched
    │   ├── CheckpointError          5  a checkpoint is missing, expired or damaged
    │   └── CommandError             5  a program failed, did not end in time, or was not allowed
    ├── CompensationError            6  taking back failed: a person must act
    └── JournalError                 7  another runner holds the journal, or it is damaged

Syntax errors in analysed files, ambiguity and missing credentials are data, not errors: they stand
in ``problems``.
"""

from __future__ import annotations

CLEAN = 0
FINDINGS = 1
USAGE = 2
BUG = 3
NO_PLAN = 4
STOPPED = 5
UNCOMPENSATED = 6
JOURNAL = 7
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


class StoppedError(BlastRadiusError):
    """A run ended before its goal, and everything is as it was before."""

    exit_code = STOPPED


class DriftError(StoppedError):
    """Somebody else changed what a step was planned for; their change is untouched."""


class CheckpointError(StoppedError):
    """A checkpoint cannot be taken, or cannot be restored from."""


class CommandError(StoppedError):
    """A program could not be run, failed, or wrote or took too much."""


class CompensationError(BlastRadiusError):
    """What was done could not be taken back whole: a person must act."""

    exit_code = UNCOMPENSATED


class JournalError(BlastRadiusError):
    """The journal is held by another runner, waits for a decision, or is damaged."""

    exit_code = JOURNAL
