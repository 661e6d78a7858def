"""Bytes of a Python file → text, as PEP 263 has it, and never an error."""

from __future__ import annotations

import re

from blastradius.model.facts import Problem

_BOM = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


def decode_source(source: bytes) -> tuple[str, list[Problem]]:
    """Return the text, with newlines as line ends and no NUL, and what was wrong with the bytes.

    An unknown encoding or bytes that do not fit it are a `Problem`; undecodable bytes become
    U+FFFD.
    """
    problems: list[Problem] = []
    encoding = "utf-8"
    if source.startswith(_BOM):
        source = source[len(_BOM) :]
    elif cookie := _cookie(source):
        encoding = cookie
    try:
        text = source.decode(encoding)
    except LookupError:
        problems.append(Problem(1, f"unknown encoding {encoding!r}; read as UTF-8"))
        text = source.decode("utf-8", "replace")
    except (UnicodeError, ValueError):
        problems.append(Problem(1, f"bytes that are not {encoding}"))
        text = source.decode("utf-8", "replace")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append(Problem(line, "NUL byte"))
        text = text.replace("\0", " ")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SURROGATE.search(text):
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text, problems


def _cookie(source: bytes) -> str:
    for line in source.split(b"\n", 2)[:2]:
        found = _COOKIE.match(line)
        if found:
            return found.group(1).decode("ascii", "replace")
        if not _BLANK.match(line.rstrip(b"\r")):
            break
    return ""
