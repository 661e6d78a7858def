"""Lengths of time as people write them."""

from __future__ import annotations

import datetime as dt
import re

from blastradius.errors import UsageError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_span(text: str) -> dt.timedelta:
    """Return the length that ``30m``, ``12h``, ``7d`` or ``2w`` means.

    Raises:
        UsageError: it means none.
    """
    match = re.fullmatch(r"([0-9]{1,5})([mhdw])", text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is no length of time", "such as 30m, 12h, 7d, 2w")
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])})
