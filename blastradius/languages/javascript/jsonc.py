"""JSON as people write it in configuration: with comments and trailing commas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_LARGEST = 1_000_000
# Each of the two passes looks at every character once or twice, whatever the text.
_COMMENTS = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*(?:.*?\*/|.*)', re.DOTALL)
_COMMAS = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')


def read(source: bytes | None) -> Mapping[str, object]:
    """Return the object that the text holds; empty when it holds none or cannot be read."""
    if source is None or len(source) > _LARGEST:
        return {}
    text = source.decode("utf-8-sig", "replace")
    for attempt in (text, _plain(text)):
        try:
            found = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        return found if isinstance(found, dict) else {}
    return {}


def _plain(text: str) -> str:
    without = _COMMENTS.sub(lambda found: found.group(1) or " ", text)
    return _COMMAS.sub(lambda found: found.group(1) or "", without)


def text(of: object) -> str:
    """Return a string as it is, anything else as empty."""
    return of if isinstance(of, str) else ""


def texts(of: object) -> tuple[str, ...]:
    """Return the strings of a list, or a single one."""
    if isinstance(of, str):
        return (of,)
    return tuple(one for one in of if isinstance(one, str)) if isinstance(of, list) else ()


def mapping(of: object) -> Mapping[str, object]:
    """Return an object as it is, anything else as empty."""
    return of if isinstance(of, dict) else {}
