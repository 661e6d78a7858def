"""Bytes → a syntax tree by tree-sitter, in whichever of the three grammars fits them best.

The extractor does not know the file's name, so the grammar is chosen by the text: TypeScript with JSX
reads nearly everything, plain TypeScript has the old casts (``<T>x``), JavaScript what is neither.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import tree_sitter
import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Node

from blastradius.languages.trees import parsed
from blastradius.model.facts import Problem

MINIFIED_LINE = 5_000
"""Bytes a line, on average, from which on a text was made by a bundler and not by people."""
_MOST_PROBLEMS = 20
_SECONDS = 8.0
_BOM = b"\xef\xbb\xbf"
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_GRAMMARS = ("tsx", "typescript", "javascript")
_OPAQUE = frozenset({"ERROR"})


class Parsed(NamedTuple):
    """A tree, the bytes that its offsets count, and what could not be understood."""

    root: Node | None
    source: bytes
    problems: tuple[Problem, ...]


def parse(source: bytes) -> Parsed:
    """Return the tree of the text; no tree for a minified bundle."""
    text, problems = _decoded(source)
    lines = text.count(b"\n") + 1
    if len(text) // lines > MINIFIED_LINE:
        return Parsed(None, text, (*problems, Problem(0, "minified: not read")))
    best: tuple[int, Node] | None = None
    end = time.monotonic() + _SECONDS
    for name in _GRAMMARS:
        tree = parsed(_parser(name), text, end)
        if tree is None:
            problems.append(Problem(0, "its errors take too long to get over: not read"))
            return Parsed(None, text, tuple(problems))
        root = tree.root_node
        if not root.has_error:
            return Parsed(root, text, tuple(problems))
        bad = _damage(root)
        if best is None or bad < best[0]:
            best = bad, root
    mended = _mended(text)
    for name in _GRAMMARS[:2] if mended != text else ():
        tree = parsed(_parser(name), mended, end)
        if tree is None:
            break
        root = tree.root_node
        bad = _damage(root) if root.has_error else 0
        if best is None or bad < best[0]:
            best = bad, root
    if best is None:
        return Parsed(None, text, tuple(problems))
    problems += _errors(best[1])
    return Parsed(best[1], text, tuple(problems))


@cache
def _parser(grammar: str) -> tree_sitter.Parser:
    pointer = {
        "tsx": tree_sitter_typescript.language_tsx,
        "typescript": tree_sitter_typescript.language_typescript,
        "javascript": tree_sitter_javascript.language,
    }[grammar]()
    return tree_sitter.Parser(tree_sitter.Language(pointer))


def _mended(text: bytes) -> bytes:
    """Return the text with what the grammars lack written otherwise, byte for byte in its place.

    They have no ``export type *``; take a ``<`` that starts a line for the type arguments of the line
    before, where it starts a new signature; and stop at a bare ``&`` in an attribute's URL.
    """
    text = _TYPE_STAR.sub(lambda found: found.group(1) + b" " * 4 + found.group(2), text)
    text = _SIGNATURE.sub(lambda found: found.group(1) + b";" + found.group(2), text)
    return _LINK.sub(lambda found: found.group().replace(b"&", b"+"), text)


_TYPE_STAR = re.compile(rb"(\bexport\s{1,8})type(\s{0,8}\*)")
_SIGNATURE = re.compile(rb"(?m)^([ \t]*)[ \t](<[A-Z]\w*(?:[ ,][^>\n]{0,200})?>\()")
_LINK = re.compile(rb"=\"https?://[^\"\s]{0,2000}\"")


def _decoded(source: bytes) -> tuple[bytes, list[Problem]]:
    """Return the text as UTF-8 with plain line ends."""
    problems: list[Problem] = []
    text = source.removeprefix(_BOM)
    wide = _WIDE.get(source[:2])
    if wide is not None:
        text = source[2:].decode(wide, "replace").encode("utf-8", "replace")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        problems.append(Problem(line, "bytes that are not UTF-8"))
        text = text.decode("utf-8", "replace").encode()
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text, problems


def _damage(root: Node) -> int:
    """Return how many bytes stand in errors; a missing token counts as one."""
    return sum(max(1, node.end_byte - node.start_byte) for node in _broken(root))


def _errors(root: Node) -> list[Problem]:
    lines = dict.fromkeys(node.start_point[0] + 1 for node in _broken(root))
    return [Problem(line, "syntax error") for line in list(lines)[:_MOST_PROBLEMS]]


def _broken(root: Node) -> Iterator[Node]:
    """Yield the outermost error nodes, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in _OPAQUE or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(reversed(node.children))
