"""Bytes → text for the languages that read text by themselves."""

from __future__ import annotations

import codecs
import sys

from blastradius.model.facts import Problem

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with theirs
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(source: bytes, longest: int = sys.maxsize) -> tuple[str, list[Problem]]:
    r"""Return the text with ``\n`` at its lines' ends, and what is wrong with the bytes.

    A text of more than ``longest`` bytes is empty, with a `Problem`.
    """
    if len(source) > longest:
        return "", [Problem(0, f"larger than {longest} bytes: not read")]
    encoding = "utf-8"
    for mark, name in _BOMS:
        if source.startswith(mark):
            source, encoding = source[len(mark) :], name
            break
    problems: list[Problem] = []
    try:
        text = source.decode(encoding)
    except UnicodeDecodeError as error:
        line = source[: error.start].decode(encoding, "replace").count("\n") + 1
        problems.append(Problem(line, f"bytes that are not {encoding}"))
        text = source.decode(encoding, "replace")
    return text.replace("\r\n", "\n"), problems


def clean(text: str) -> str:
    """Return the text without halves of surrogate pairs, which no encoding can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
