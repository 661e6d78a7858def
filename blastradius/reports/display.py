"""Text of a repository as it may be shown: it cannot steer a terminal, and its width is known.

Paths, subjects and names come from whoever wrote the commits. An escape sequence in them could move
the cursor, a bidirectional override could show other words than are there.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Controls, format characters (bidirectional overrides, zero-width joiners), surrogates, line and
# paragraph separators, private use.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_NO_WIDTH = frozenset({"Mn", "Me"})
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BYTE_SURROGATES = range(0xDC80, 0xDD00)
_BYTE = 0x100
_BMP = 0x10000
ELLIPSIS = "…"


def printable(text: str) -> str:
    r"""Return ``text`` with everything that cannot be seen escaped.

    Bytes that were not UTF-8 (surrogate escapes) become ``\xNN``, controls ``\xNN`` or ``\n``,
    other invisible characters ``\uNNNN``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(char) if unicodedata.category(char) in _UNSEEN else char for char in text
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _BYTE_SURROGATES:
        return f"\\x{code - 0xDC00:02x}"
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BMP else f"\\U{code:08x}"


def width(text: str) -> int:
    """Return the terminal columns that ``text`` takes: wide East Asian characters take two."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def shorten(text: str, room: int) -> str:
    """Return ``text`` cut at its end to at most ``room`` columns."""
    if width(text) <= room:
        return text
    return _fitting(text, max(0, room - 1)) + ELLIPSIS


def shorten_middle(text: str, room: int) -> str:
    """Return ``text`` cut in its middle: of a path, the file's name and line tell the most."""
    if width(text) <= room:
        return text
    left = (room - 1) // 3
    head = _fitting(text, left)
    tail = _fitting(text[::-1], max(0, room - 1 - width(head)))[::-1]
    return head + ELLIPSIS + tail


def _fitting(text: str, room: int) -> str:
    """Return the longest beginning of ``text`` that takes at most ``room`` columns."""
    used = 0
    for place, char in enumerate(text):
        used += _columns(char)
        if used > room:
            return text[:place]
    return text


def padded(text: str, room: int) -> str:
    """Return ``text`` with spaces behind it up to ``room`` columns."""
    return text + " " * (room - width(text))


def wrap(text: str, room: int) -> list[str]:
    """Return ``text`` as lines of at most ``room`` columns, broken at spaces.

    A word that is longer than a line is cut in its middle.
    """
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        piece = shorten_middle(word, room)
        columns = width(piece)
        if line and used + 1 + columns > room:
            lines.append(line)
            line, used = "", 0
        line = f"{line} {piece}" if line else piece
        used = width(line)
    return [*lines, line] if line or not lines else lines
