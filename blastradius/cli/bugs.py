"""A bug: what the user sees of it, and the log to paste into a report."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback

from blastradius.errors import BlastRadiusError

_LONGEST = 200


def as_bug(error: Exception) -> BlastRadiusError:
    """Return an error that names a log file, which is written now.

    The log holds versions and the traceback: no environment, no local variables, no arguments.
    """
    what = _without_tokens(" ".join(f"{type(error).__name__}: {error}".split()).rstrip(":"))
    if len(what) > _LONGEST:
        what = what[:_LONGEST] + "…"
    try:
        place = _write_log(error)
    except OSError as trouble:
        return BlastRadiusError(
            f"internal error: {what}", f"please report it; no log could be written: {trouble}"
        )
    return BlastRadiusError(f"internal error: {what}", f"please report it with the log {place}")


def _without_tokens(text: str) -> str:
    """Return the text without tokens of known forms: an error's words may quote a file's."""
    from blastradius.languages.secrets import loud_hidden  # noqa: PLC0415 - only a bug asks

    return loud_hidden(text)


def _write_log(error: Exception) -> str:
    from blastradius import __version__  # noqa: PLC0415 - only a bug asks

    text = "".join(
        [
            f"blastradius {__version__}, Python {platform.python_version()}, {sys.platform}\n\n",
            *traceback.format_exception(error),
        ]
    )
    text = _without_tokens(text)
    handle, place = tempfile.mkstemp(prefix="blastradius-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return place
