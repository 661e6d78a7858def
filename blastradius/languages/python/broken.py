"""Files that Python's own parser refuses: keep all that stands around the breakage.

The innermost statement around each error is taken out and the rest is read as if nothing were
wrong; of what was taken out, tree-sitter still tells definitions, imports and references.
"""

from __future__ import annotations

import re

from blastradius.languages.python import tags
from blastradius.languages.python.assemble import assemble
from blastradius.languages.python.extraction import record
from blastradius.languages.python.own import ModuleFlag
from blastradius.languages.python.recorder import Draft, Recorder
from blastradius.model.facts import Facts, Problem

_MOST_REPAIRS = 24
_LARGEST_STATEMENT = 400
_INDENT = re.compile(r"[ \t\f]*")

Span = tuple[int, int]


def extract_broken(text: str, problems: list[Problem], error: Exception) -> Facts:
    """Return what can be told of a text that ``record`` refused with ``error``."""
    found = list(problems)
    rec, spans = _repaired(text, error, found)
    if rec is None:
        rec = Recorder()
        rec.drafts.append(Draft("", "module", 1, text.count("\n") + 1, -1))
        spans = [(1, text.count("\n") + 1)]
    rec.flags |= ModuleFlag.PARTIAL
    rec.problems += dict.fromkeys(found)
    try:
        tags.add(rec, text, spans)
        return assemble(rec, "partial")
    except (RecursionError, MemoryError):
        found.append(Problem(0, "nested too deeply to be read"))
        return Facts("failed", problems=tuple(dict.fromkeys(found)))


def _repaired(
    text: str, error: Exception, problems: list[Problem]
) -> tuple[Recorder | None, list[Span]]:
    """Take statements out until the rest parses; None when that leads nowhere."""
    spans: list[Span] = []
    tried: set[Span] = set()
    lines = text.split("\n")
    for _ in range(_MOST_REPAIRS):
        problems.append(_problem(error, spans))
        if not isinstance(error, SyntaxError):
            return None, []
        line = min(max(1, error.lineno or 1), len(lines))
        span = _broken_span(lines, line, tried)
        if span is None:
            return None, []
        tried.add(span)
        spans.append(span)
        _blank(lines, span)
        try:
            return record("\n".join(lines)), spans
        except (SyntaxError, ValueError, RecursionError, MemoryError) as again:
            error = again
    return None, []


def _problem(error: Exception, spans: list[Span]) -> Problem:
    if isinstance(error, SyntaxError):
        what = "syntax error" if not spans else "another syntax error"
        return Problem(error.lineno or 0, f"{what}: {error.msg}")
    if isinstance(error, (RecursionError, MemoryError)):
        return Problem(0, "nested too deeply for Python's parser")
    return Problem(0, f"does not parse: {error}")


def _broken_span(lines: list[str], line: int, tried: set[Span]) -> Span | None:
    """Return the lines to take out for an error at ``line``: its statement, else its block."""
    for span in (_statement(lines, line), _block(lines, line), (line, line)):
        if span is not None and span not in tried:
            return span
    return None


def _statement(lines: list[str], line: int) -> Span | None:
    span = tags.statement_around("\n".join(lines), line)
    if span is None or span[1] - span[0] > _LARGEST_STATEMENT:
        return None
    return span


def _block(lines: list[str], line: int) -> Span:
    """Return the line and all that is indented below it."""
    depth = _depth(lines[line - 1])
    end = line
    for number in range(line, len(lines)):
        if lines[number].strip() and _depth(lines[number]) <= depth:
            break
        end = number + 1
    while end > line and not lines[end - 1].strip():
        end -= 1
    return line, end


def _depth(line: str) -> int:
    found = _INDENT.match(line)
    return len(found.group().expandtabs()) if found else 0


def _blank(lines: list[str], span: Span) -> None:
    """Replace the lines by ``pass``, so that whatever they stood in keeps a body."""
    first, last = span
    indent = _INDENT.match(lines[first - 1])
    for number in range(first - 1, last):
        lines[number] = ""
    lines[first - 1] = f"{indent.group() if indent else ''}pass"
