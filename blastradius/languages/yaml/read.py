"""Bytes → documents, whatever the bytes: encodings, templates, broken lines.

The whole text is tried first. Where YAML stops, what is at fault is left out and the rest is tried
again, so that keys around a breakage keep their full addresses; tree-sitter, which recovers but
loses nesting, is the last resort.
"""

from __future__ import annotations

import re

from blastradius.languages.texts import decoded
from blastradius.languages.yaml import template, tolerant
from blastradius.languages.yaml.compose import BrokenYamlError, compose
from blastradius.languages.yaml.nodes import Composed, Node
from blastradius.model.facts import Problem

MAX_CHARACTERS = 20_000_000
_MENDS = 20
# Mending parses again from the start: no more than this many characters in all.
_MEND_BUDGET = 20_000_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_TAB_INDENT = re.compile(r"^( *\t[ \t]*)", re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_KEY_WITH_VALUE = re.compile(r"""([ ]*(?:- +)*[\w./$-]+ *:)[ ]+\S""")
# Constructs whose end is missing: the line to leave out is the one that began them.
_UNCLOSED = ("flow", "quoted scalar", "quoted")


def read(source: bytes) -> Composed:
    """Return the documents of a file, and what could not be read. Never raises."""
    text, problems = _decoded(source)
    if len(text) > MAX_CHARACTERS:
        problems.append(Problem(0, f"larger than {MAX_CHARACTERS} characters: not read"))
        return Composed([], problems, whole=False)
    whole = not problems
    line = 0
    if template.is_template(text) and not _is_plain(text):
        text, line = template.hidden(text)
        if line:
            what = "a template: what it renders to is known at run time only"
            problems.append(Problem(line, what))
    composed = _composed(text, problems)
    if line:
        _show(composed.documents)
    composed.problems[:0] = problems
    composed.whole = composed.whole and whole and not line
    return composed


def _is_plain(text: str) -> bool:
    """Tell whether what looks like a template is YAML as it stands: its braces are in strings.

    ``{{ x }}`` without quotes is YAML too, a mapping that is the key of a mapping: nobody means that.
    """
    try:
        pending = list(compose(text).documents)
    except BrokenYamlError:
        return False
    while pending:
        node = pending.pop()
        if any(key.kind == "mapping" for key, _ in node.pairs):
            return False
        pending += node.items
        pending += (value for _, value in node.pairs)
    return True


def _decoded(source: bytes) -> tuple[str, list[Problem]]:
    text, problems = decoded(source)
    control = _CONTROL.search(text)
    if control is not None:
        if control.group() < " ":
            line = text.count("\n", 0, control.start()) + 1
            problems.append(Problem(line, "control characters, read as spaces"))
        # libyaml refuses some of these and takes others for line breaks, which git does not.
        text = _CONTROL.sub(" ", text)
    return text, problems


def _composed(text: str, problems: list[Problem]) -> Composed:
    """Compose, leaving out a line at a time; problems found on the way are appended."""
    broken = False
    spent = 0
    for attempt in range(_MENDS + 1):
        try:
            composed = compose(text)
        except BrokenYamlError as error:
            broken = True
            spent += len(text)
            if attempt == _MENDS or spent > _MEND_BUDGET:
                problems.append(Problem(error.line, error.what))
                break
            mended = _mended(text, error, problems)
            if mended is None:
                problems.append(Problem(error.line, error.what))
                break
            text = mended
        else:
            composed.whole = composed.whole and not broken
            return composed
    return Composed(tolerant.documents(text), [], whole=False)


def _mended(text: str, error: BrokenYamlError, problems: list[Problem]) -> str | None:
    """Return the text without what is at fault, None when that cannot be told."""
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        problems.append(
            Problem(text.count("\n", 0, conflict.start()) + 1, "merge conflict markers")
        )
        return _CONFLICT.sub("", text)
    tab = _TAB_INDENT.search(text)
    if tab is not None:
        problems.append(Problem(text.count("\n", 0, tab.start()) + 1, "indented with a tab"))
        return _TAB_INDENT.sub(lambda match: match.group().replace("\t", "  "), text)
    lines = text.split("\n")
    unclosed = any(word in error.what for word in _UNCLOSED)
    number = min(error.began if unclosed and error.began else error.line, len(lines))
    while number > 0 and not lines[number - 1].strip():
        number -= 1  # noticed at the end of the text, or behind blank lines
    if number <= 0:
        return None
    key = _KEY_WITH_VALUE.match(lines[number - 1])
    left_out = "the line" if key is None else "the value"
    problems.append(Problem(number, f"{error.what}: {left_out} was left out"))
    lines[number - 1] = "" if key is None else key.group(1)
    return "\n".join(lines)


def _show(documents: list[Node]) -> None:
    pending = list(documents)
    while pending:
        node = pending.pop()
        node.text = template.shown(node.text)
        pending += node.items
        for pair in node.pairs:
            pending += pair
