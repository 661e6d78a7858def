"""Cuts a templated text into plain text, expressions, tags and comments, without running anything.

The syntax is Jinja's (https://jinja.palletsprojects.com/templates/):
``{{ }}``, ``{% %}``, ``{# #}``.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from msgspec import Struct

_OPEN = re.compile(r"\{[{%#]")
# Inside an expression: strings are skipped, brackets are counted, so that `}}` of a dict is no end.
_INSIDE = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\[({]|-?\}\}|-?%\}|[\])}]", re.DOTALL
)
_WORD = re.compile(r"\s*([A-Za-z_]\w*)")
# No expression is longer; a brace that never closes costs no more than this to find out.
_LONGEST = 20_000
_MOST_UNCLOSED = 50

_BLOCKS = frozenset(
    {"if", "for", "macro", "test", "call", "filter", "raw", "snapshot", "materialization", "docs"}
)
# The text inside is no SQL of this file: it is a macro's body or a variable's value.
_ASIDE = frozenset({"macro", "test", "call", "materialization", "docs", "set", "filter"})


class Segment(Struct, frozen=True):
    """A stretch from ``start`` to ``end`` of the text (character offsets), and what it is.

    ``body`` is what stands between the braces, without white-space control, and begins at
    ``inside``; ``word`` is the first word of a tag (``if``, ``endif``, ``set``…), ``lines`` the
    number of line ends.
    """

    kind: Literal["text", "expression", "tag", "comment"]
    start: int
    end: int
    body: str
    inside: int
    lines: int
    word: str = ""


class Block(Struct, frozen=True):
    """A tag with an end: indexes of its segments; ``branches`` are the if, elif and else tags."""

    word: str
    opening: int
    closing: int
    branches: tuple[int, ...]


def segments(text: str) -> tuple[list[Segment], list[int]]:
    """Return the segments of ``text`` in order, and the offsets of braces that never close."""
    found: list[Segment] = []
    unclosed: list[int] = []
    position = 0
    for opening in _openings(text):
        if opening.start() < position:
            continue
        end = _end_of(text, opening)
        if end < 0:
            unclosed.append(opening.start())
            if len(unclosed) >= _MOST_UNCLOSED:
                break  # no template at all: the rest is taken as it is
            continue
        if opening.start() > position:
            found.append(_text(text, position, opening.start()))
        found.append(_segment(text, opening.group(), opening.start(), end))
        position = end
    if position < len(text):
        found.append(_text(text, position, len(text)))
    return found, unclosed


def tag_count(text: str) -> int:
    """Return about how many tags and expressions a text has, without looking into any."""
    return text.count("{{") + text.count("{%")


def blocks(parts: list[Segment]) -> list[Block]:
    """Return the blocks that are closed, inner ones before those around them."""
    found: list[Block] = []
    stack: list[tuple[str, int, list[int]]] = []
    unended: Counter[str] = Counter()
    for index, part in enumerate(parts):
        if part.kind != "tag":
            continue
        if part.word in _BLOCKS or (part.word == "set" and "=" not in part.body):
            stack.append((part.word, index, [index]))
            unended[f"end{part.word}"] += 1
        elif part.word in {"else", "elif"} and stack and stack[-1][0] in {"if", "for"}:
            stack[-1][2].append(index)
        elif unended[part.word]:
            while stack:
                word, opening, branches = stack.pop()
                unended[f"end{word}"] -= 1
                if part.word == f"end{word}":
                    found.append(Block(word, opening, index, tuple(branches)))
                    break
    return found


def is_aside(block: Block) -> bool:
    """Tell whether the block's text is kept out of the file's own statements."""
    return block.word in _ASIDE


def _openings(text: str) -> list[re.Match[str]]:
    return list(_OPEN.finditer(text)) if "{" in text else []


def _text(text: str, start: int, end: int) -> Segment:
    body = text[start:end]
    return Segment("text", start, end, body, start, body.count("\n"))


def _segment(text: str, brace: str, start: int, end: int) -> Segment:
    raw = text[start + 2 : end - 2]
    left = raw.lstrip("-+ \t\n")
    inside = end - 2 - len(left)
    body = left.rstrip("-+ \t\n")
    lines = text.count("\n", start, end)
    if brace == "{#":
        return Segment("comment", start, end, body, inside, lines)
    if brace == "{{":
        return Segment("expression", start, end, body, inside, lines)
    word = _WORD.match(body)
    return Segment("tag", start, end, body, inside, lines, word.group(1) if word else "")


def _end_of(text: str, opening: re.Match[str]) -> int:
    """Return the offset after the closing brace, -1 when there is none."""
    if opening.group() == "{#":
        found = text.find("#}", opening.end(), opening.end() + _LONGEST)
        return found + 2 if found >= 0 else -1
    closing = "}}" if opening.group() == "{{" else "%}"
    depth = 0
    position = opening.end()
    limit = opening.end() + _LONGEST
    while match := _INSIDE.search(text, position, limit):
        piece = match.group()
        position = match.end()
        if piece in "[({":
            depth += 1
        elif piece.endswith(closing) and depth <= 0:
            return position
        elif piece.endswith("}}"):
            # Two ends of nested dicts stand together: take one at a time.
            depth -= 1
            position = match.start() + (2 if piece.startswith("-") else 1)
        elif piece in "])}":
            depth -= 1
    return -1
