"""Notebooks (.ipynb): code cells → lines of Python, each with its line in the notebook's own file.

The JSON is read as a stream of tokens, without recursion, so that the place of each source line is
known: every tool that follows speaks of lines of the file, and so do diffs. Lines for IPython (magics,
shell commands, help) are blanked where a cell does not parse as it stands; a cell that is no Python at
all is left out and told as a `Problem`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from blastradius.model.facts import Problem

SUFFIX = ".ipynb"
_START = re.compile(rb"\s*\{")
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)
_DEEPEST = 100
_PYTHON = frozenset({"", "python", "ipython", "python3", "ipython3"})
# Cell magics whose body is Python all the same.
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "debug"})
_MAGIC = re.compile(r"(\s*)(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w.]+\?{1,2}\s*#)")
_ASSIGNED_MAGIC = re.compile(r"(\s*[A-Za-z_][\w, ]*=\s*)[%!].*")
_LANGUAGE_KEYS = frozenset(
    {("metadata", "language_info", "name"), ("metadata", "kernelspec", "language")}
)


class Line(NamedTuple):
    """One line of Python, without its end, and the line of the file (1-based) on which it stands."""

    text: str
    line: int


class _Cell(NamedTuple):
    kind: str
    lines: tuple[Line, ...]
    line: int


def is_notebook(source: bytes) -> bool:
    """Tell from the bytes whether this is a notebook's JSON and no Python text."""
    return _START.match(source) is not None and b'"cells"' in source and b'"nbformat"' in source


def read_notebook(text: str) -> tuple[list[Line], list[Problem]]:
    """Return the Python of a notebook in the order of its cells, and what could not be read.

    Only cells that parse are returned, with an empty line after each; together they parse, too. A
    notebook of another language has none.
    """
    problems: list[Problem] = []
    reader = _Reader()
    try:
        reader.read(text)
    except ValueError as error:
        problems.append(Problem(0, f"not a notebook that can be read: {error}"))
    lines: list[Line] = []
    if reader.language not in _PYTHON:
        return [], problems
    for cell in reader.cells:
        if cell.kind != "code":
            continue
        kept = _python(cell.lines)
        if kept is None:
            problems.append(Problem(cell.line, "a code cell that is no Python"))
        elif kept:
            lines += kept
            lines.append(Line("", kept[-1].line))
    return lines, problems


def place(tree: ast.AST, lines: list[Line]) -> None:
    """Give every node of a parsed notebook the lines of the notebook's file."""
    last = len(lines)
    for node in ast.walk(tree):
        for name in ("lineno", "end_lineno"):
            number = getattr(node, name, None)
            if number is not None:
                setattr(node, name, lines[min(number, last) - 1].line)


class _Reader:
    """Reads the tokens of a notebook's JSON; ``path`` are the keys and places of what is open."""

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.language = ""
        self._path: list[str | int] = []
        self._expects_key = False
        self._kind = ""
        self._source: list[Line] = []
        self._began = 0

    def read(self, text: str) -> None:
        """Gather the cells and the language.

        Raises:
            ValueError: nested too deeply, or a string that is no JSON.
        """
        line, at = 1, 0
        for found in _TOKEN.finditer(text):
            line += text.count("\n", at, found.start())
            at = found.start()
            word = found.group()
            if word in "[{":
                self._open(word, line)
            elif word in "]}":
                self._close(word)
            elif word == ",":
                self._go_on()
            elif word == ":":
                self._expects_key = False
            elif word[0] == '"':
                self._string(word, line)

    def _open(self, word: str, line: int) -> None:
        if len(self._path) >= _DEEPEST:
            raise ValueError("nested too deeply")
        self._path.append(0 if word == "[" else "")
        self._expects_key = word == "{"
        if _is_cell(self._path):
            self._kind, self._source, self._began = "", [], line

    def _close(self, word: str) -> None:
        if word == "}" and _is_cell(self._path):
            self.cells.append(_Cell(self._kind, tuple(self._source), self._began))
        if self._path:
            self._path.pop()

    def _go_on(self) -> None:
        last = self._path[-1] if self._path else 0
        self._expects_key = isinstance(last, str)
        if self._path and isinstance(last, int):
            self._path[-1] = last + 1

    def _string(self, word: str, line: int) -> None:
        path = self._path
        if self._expects_key and path:
            path[-1] = _decoded(word)
        elif _is_cell(path) and path[-1] == "cell_type":
            self._kind = _decoded(word)
        elif _is_source(path):
            self._source += _source_lines(word, line)
        elif tuple(path) in _LANGUAGE_KEYS:
            self.language = _decoded(word).lower()


def _is_cell(path: list[str | int]) -> bool:
    """Tell whether the innermost open container is an object of the list ``cells``."""
    return len(path) == 3 and path[0] == "cells" and isinstance(path[1], int)  # noqa: PLR2004 - cells, number, key


def _is_source(path: list[str | int]) -> bool:
    inside = len(path) in {3, 4} and path[0] == "cells" and isinstance(path[1], int)
    return inside and path[2] == "source"


def _decoded(token: str) -> str:
    found = json.loads(token, strict=False)
    return found if isinstance(found, str) else ""


def _source_lines(token: str, line: int) -> Iterator[Line]:
    """Yield the lines of one string of a source: all of them stand on one line of the file."""
    text = _decoded(token).replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    if text:
        for one in text.removesuffix("\n").split("\n"):
            yield Line(one, line)


def _python(lines: tuple[Line, ...]) -> list[Line] | None:
    """Return a cell's lines as Python that parses; None when they are something else."""
    if _parses(lines):
        return list(lines)
    first = next((one.text.strip() for one in lines if one.text.strip()), "")
    if first.startswith("%%") and first[2:].partition(" ")[0] not in _PYTHON_CELLS:
        return []
    blanked = [Line(_blanked(one.text), one.line) for one in lines]
    return blanked if _parses(blanked) else None


def _blanked(text: str) -> str:
    assigned = _ASSIGNED_MAGIC.match(text)
    if assigned:
        return f"{assigned.group(1)}None"
    magic = _MAGIC.match(text)
    return f"{magic.group(1)}pass" if magic else text


def _parses(lines: tuple[Line, ...] | list[Line]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in somebody else's code
            ast.parse("\n".join(one.text for one in lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
