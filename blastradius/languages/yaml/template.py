"""Jinja (and Go templates) in YAML: hidden while the YAML is read, and put back into the values.

``key: {{ value }}`` is a nested flow mapping to a YAML parser, ``{% if %}`` on a line of its own is
an error. Each punctuation mark of a template's tag is moved into Unicode's private use area, where
YAML gives it no meaning; a tag that has its line to itself becomes a comment. Lines stay where they
are, and `shown` is the inverse.
"""

from __future__ import annotations

import re

_AREA = 0xE000
_PUNCTUATION = "!\"#$%&'()*,-:;<=>?@[\\]^`{|}~"
_HIDE = {ord(mark): _AREA + ord(mark) for mark in _PUNCTUATION}
_SHOW = {hidden: mark for mark, hidden in _HIDE.items()}
_CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPENING = re.compile(r"\{[{%#]")
# Where YAML expects a value or a line starts: there a tag of a template breaks the YAML.
_BREAKING = re.compile(r"(?:^|[:\-?,\[]\s)[ \t]*\{\{|^[ \t]*\{[%#]", re.MULTILINE)
# What makes a line of a tag that has its lines to itself a comment.
_COMMENT = "#" + chr(_AREA)
_LINE = re.compile(r"^([ \t]*)(?=\S)", re.MULTILINE)
_LONGEST = 4_000
_MARGIN = 200
_RESERVED = re.compile(f"[{chr(_AREA)}-{chr(_AREA + 0x7F)}]")


def is_template(text: str) -> bool:
    """Tell whether tags of a template stand where YAML would misread them."""
    return _BREAKING.search(text) is not None


def hidden(text: str) -> tuple[str, int]:
    """Return the text with all tags of templates hidden, and the line of the first (0: none)."""
    if _RESERVED.search(text):
        return text, 0  # what we put in could not be told from what was there
    parts: list[str] = []
    kept = first = 0
    absent: set[str] = set()
    for match in _OPENING.finditer(text):
        begin, opening = match.start(), match.group()
        if begin < kept or opening in absent:
            continue
        end = text.find(_CLOSED_BY[opening], begin + 2)
        if end < 0:
            absent.add(opening)
            continue
        end += 2
        if end - begin > _LONGEST:
            continue
        first = first or text.count("\n", 0, begin) + 1
        parts += (text[kept:begin], _hidden_tag(text, begin, end))
        kept = end
    return "".join((*parts, text[kept:])), first


def _hidden_tag(text: str, begin: int, end: int) -> str:
    tag = text[begin:end].translate(_HIDE)
    before = text[max(0, begin - _MARGIN) : begin].rpartition("\n")[2]
    after = text[end : end + _MARGIN].partition("\n")[0]
    if before.strip() or after.strip():
        return tag
    return _LINE.sub(rf"\1{_COMMENT}", tag)


def shown(value: str) -> str:
    """Return a scalar's text as the file has it."""
    return value.replace(_COMMENT, "").translate(_SHOW)
