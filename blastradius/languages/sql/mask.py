"""Replaces the templated parts of a text by SQL that parses, keeping every line where it is.

``{{ ref('x') }}`` becomes a placeholder identifier that stands for the model; a macro call becomes
a function call over the columns that its string arguments seem to name; tags and comments become
blanks. Nothing is rendered: what an expression gives is unknown and stays so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import blake2b

from blastradius.languages.sql.names import HOLE, QUERY, words
from blastradius.languages.sql.summary import MacroUse, Relation, TemplateRef
from blastradius.languages.sql.template import Block, Segment, blocks, is_aside, segments
from blastradius.model.facts import Problem

CALL_PREFIX = "__jinja_"
_MOST_VARIANTS = 3

_TEXT = r"""(?:'([^']*)'|"([^"]*)")"""
_REF = re.compile(rf"\bref\(\s*{_TEXT}\s*(?:,\s*{_TEXT}\s*)?(?:,\s*v(?:ersion)?\s*=\s*[^,)]*)?\)")
_SOURCE = re.compile(rf"\bsource\(\s*{_TEXT}\s*,\s*{_TEXT}\s*\)")
_DYNAMIC = re.compile(r"\b(?:ref|source)\(")
_CALL = re.compile(r"(?<![\w.'\"])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\(")
_COLUMN = re.compile(r"['\"]([A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,2})['\"](?!\s*[:=])")
_SET = re.compile(r"set\s+([A-Za-z_]\w*)\s*=\s*(.*)", re.DOTALL)
_HEAD = re.compile(r"(?:macro|test)\s+([A-Za-z_]\w*)\s*\((.*)\)\s*$", re.DOTALL)
_SNAPSHOT = re.compile(r"snapshot\s+([A-Za-z_]\w*)")
_OTHER_HOLES = re.compile(
    r"\$\{[^}\n]{0,200}\}|\{[A-Za-z_]\w*\}|%\([A-Za-z_]\w*\)s|\$\([A-Za-z_]\w*\)"
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_FIRST_WORD = re.compile(r"([A-Za-z_]\w*|\S)")

# Callables of dbt and Jinja that are no macros of anybody's project.
_BUILTIN = words(
    "ref source config var env_var this return log run_query is_incremental adapter exceptions "
    "range dict list set loop print caller zip fromjson tojson fromyaml toyaml modules target api "
    "builtins statement load_result doc"
)
_SILENT = frozenset({"config", "log", "return", "print", "do"})
_RELATION_WORDS = frozenset({"FROM", "JOIN", "INTO", "TABLE", "UPDATE", "VIEW", "EXISTS", "USING"})
# After these an operand comes; after any other word or a closing bracket a value has just ended.
_OPERAND_WORDS = words(
    "SELECT DISTINCT ALL AND OR NOT WHERE ON WHEN THEN ELSE BY CASE BETWEEN IN LIKE IS HAVING "
    "QUALIFY LIMIT OFFSET INTERVAL VALUES SET RETURN OVER"
)
# Words that cannot stand as a bare column in a call's arguments, or are units and types.
_NEVER_COLUMNS = words(
    "ALL AND ANY AS ASC BETWEEN BY CASE CAST CREATE CROSS DESC DISTINCT ELSE END EXCEPT EXISTS "
    "FALSE FOR FROM FULL GROUP HAVING IN INNER INTERSECT INTO IS JOIN LEFT LIKE LIMIT NOT NULL ON "
    "OR ORDER OUTER OVER PARTITION RIGHT SELECT SET TABLE THEN TO TRUE UNION UNNEST USING VALUES "
    "WHEN WHERE WINDOW WITH STRING INT64 FLOAT64 NUMERIC TIMESTAMP VARCHAR INTEGER BOOLEAN"
)
# As a type these are written in capitals, as a column hardly ever.
_TYPES = words("DATE DATETIME TIME DAY MONTH YEAR HOUR WEEK QUARTER")
_STATEMENT_WORDS = words("SELECT WITH INSERT CREATE MERGE UPDATE DELETE ALTER DROP")


@dataclass(slots=True)
class Masked:
    """A text without templates, and what the templates named.

    ``placeholders``: identifier in the text → the relation that it stands for. ``macros``: (name,
    parameters, first line, last line, digest). ``title`` names what a bare query makes. ``lost``
    are the tags and expressions that the text no longer tells apart.
    """

    text: str
    placeholders: dict[str, Relation] = field(default_factory=dict)
    refs: list[TemplateRef] = field(default_factory=list)
    uses: list[MacroUse] = field(default_factory=list)
    macros: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    dynamic: list[int] = field(default_factory=list)
    title: str = QUERY
    lost: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def mask(text: str) -> list[Masked]:
    """Return ``text`` without templates: one variant for each branch of its longest ``if``.

    All variants carry the same names; only their texts and placeholders differ.
    """
    text = _OTHER_HOLES.sub(HOLE, text) if "{" in text or "%(" in text or "$(" in text else text
    parts, unclosed = segments(text)
    if not unclosed and all(part.kind == "text" for part in parts):
        return [Masked(text)]
    lines = _LineIndex(text)
    found = blocks(parts)
    variants = []
    longest = max((len(one.branches) for one in found if one.word == "if"), default=1)
    for choice in range(min(longest, _MOST_VARIANTS)):
        masked = Masked("")
        dead = _dead_segments(parts, found, choice)
        masked.text = _render(parts, dead, masked, _set_relations(parts))
        variants.append(masked)
    first = variants[0]
    first.problems = [Problem(lines.of(at), "template brace never closed") for at in unclosed[:20]]
    _collect_names(parts, found, lines, first)
    return variants


class _LineIndex:
    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def of(self, offset: int) -> int:
        return bisect_right(self._starts, offset)


def _dead_segments(parts: list[Segment], found: list[Block], choice: int) -> set[int]:
    """Return the indexes of segments that this variant leaves out."""
    dead: set[int] = set()
    for block in found:
        if is_aside(block):
            dead.update(range(block.opening, block.closing + 1))
        elif block.word in {"if", "for"}:
            taken = _branch(parts, block, choice)
            ends = [*block.branches[1:], block.closing]
            for number, (start, end) in enumerate(zip(block.branches, ends, strict=True)):
                if number != taken:
                    dead.update(range(start, end))
    return dead


def _branch(parts: list[Segment], block: Block, choice: int) -> int:
    """Return the number of the branch to keep, one past the last for none.

    A loop's body stands once: its only pass is the first and the last.
    """
    if block.word == "for":
        return 0
    condition = parts[block.opening].body
    if "loop." in condition:
        return 1 if re.search(r"\bnot\b|!=", condition) else 0
    return min(choice, len(block.branches) - 1)


def _set_relations(parts: list[Segment]) -> dict[str, str]:
    """Return variable → the text of its only ``ref(…)`` or ``source(…)``."""
    found: dict[str, str] = {}
    for part in parts:
        if part.word == "set" and (match := _SET.match(part.body)):
            value = match.group(2).strip()
            if _named_relation(value):
                found[match.group(1)] = value
    return found


def _named_relation(expression: str) -> Relation | None:
    """Return the relation when ``expression`` is a single ref, source or ``this``."""
    if expression == "this":
        return Relation(QUERY, "this")
    if match := _REF.fullmatch(expression):
        return Relation(_ref_name(match), "ref")
    if match := _SOURCE.fullmatch(expression):
        return Relation(_source_name(match), "source")
    return None


def _ref_name(match: re.Match[str]) -> str:
    return next(text for text in reversed(match.groups()) if text is not None).lower()


def _source_name(match: re.Match[str]) -> str:
    return ".".join(text for text in match.groups() if text is not None).lower()


def _render(parts: list[Segment], dead: set[int], masked: Masked, variables: dict[str, str]) -> str:
    out: list[str] = []
    for index, part in enumerate(parts):
        if index in dead or part.kind in {"tag", "comment"}:
            out.append(_newlines(part))
            if part.kind == "tag" and index not in dead:
                masked.lost.append(part.body)
        elif part.kind == "text":
            out.append(part.body)
        else:
            before = _preceding(out)
            after = _following(parts, index, dead)
            expression = variables.get(part.body, part.body)
            stand_in = _replacement(expression, before, after, masked)
            if not stand_in.strip() or stand_in == HOLE:
                masked.lost.append(expression)
            out.append(stand_in)
            out.append("\n" * part.lines)
    return "".join(out)


def _preceding(out: list[str]) -> str:
    """Return the end of the text so far, back to something that is no comment."""
    for pieces, size in ((12, 400), (100, 4_000), (1_000, 40_000)):
        text = "".join(out[-pieces:])
        if len(text) > size:
            # A line that is cut could be the rest of a comment.
            text = text[-size:].partition("\n")[2]
        if _COMMENTS.sub("", text).strip():
            return text
    return ""


def _newlines(part: Segment) -> str:
    return "\n" * part.lines or " "


def _following(parts: list[Segment], index: int, dead: set[int]) -> str:
    """Return the text after a segment, to the first that is not blank (at most 400 characters)."""
    collected = ""
    for later in range(index + 1, min(index + 12, len(parts))):
        part = parts[later]
        if later in dead or part.kind in {"tag", "comment"}:
            collected += " "
        elif part.kind == "expression":
            return collected + HOLE
        else:
            collected += part.body[:400]
            if _COMMENTS.sub("", part.body[:400]).strip():
                break
    return collected


def _replacement(expression: str, before: str, after: str, masked: Masked) -> str:
    """Return the SQL that stands for an expression, judged by what is around it."""
    callee = _CALL.match(expression)
    if callee and callee.group(1) in _SILENT:
        return " "
    if (relation := _named_relation(expression)) is not None:
        return _placeholder(relation, masked)
    if "loop." in expression:
        return " "
    glued = before[-1:].isalnum() or (before[-1:] or " ") in "_$\"'`." or after[:1] == "."
    if glued or after[:1].isalnum() or (after[:1] or " ") in "_$\"'`":
        return HOLE
    if expression.startswith("dbt_utils.star("):
        return "*"
    past = _COMMENTS.sub("", before).rstrip()
    word = _last_word(past).upper()
    follows = _FIRST_WORD.search(_COMMENTS.sub("", after))
    return _by_neighbours(expression, word, follows.group(1).upper() if follows else "", masked)


def _last_word(text: str) -> str:
    """Return the last word of ``text``, or its last character when that is no part of a word."""
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] in "_$"):
        start -= 1
    return text[start:] or text[-1:]


def _by_neighbours(expression: str, word: str, follows: str, masked: Masked) -> str:
    if word in {"", ";"} and follows in {"", ";"}:
        return _as_query(expression, masked)
    if word in {"", ";"} or follows in _STATEMENT_WORDS:
        return " "
    if word == "(" and follows == ")":
        # The body of a subquery, most often; as an argument list the function call would do too.
        return _as_query(expression, masked)
    if word in _RELATION_WORDS:
        return _call(expression, masked) if "(" in expression else HOLE
    if word == "AS":
        return "text" if follows == ")" else HOLE
    if word == ":":
        return "text"
    if word in _OPERAND_WORDS or not (word[-1].isalnum() or word[-1] in "_)]*\"'`"):
        return _call(expression, masked)
    return " "


def _as_query(expression: str, masked: Masked) -> str:
    """Return a query over the rows that a macro makes: text to analyse, that nobody runs."""
    return " ".join(("SELECT * FROM", _call(expression, masked)))


def _placeholder(relation: Relation, masked: Masked) -> str:
    for name, known in masked.placeholders.items():
        if known == relation:
            return name
    name = f"__ref_{len(masked.placeholders)}__"
    masked.placeholders[name] = relation
    return name


def _call(expression: str, masked: Masked) -> str:
    """Return a function call over the relations and columns that ``expression`` seems to name."""
    arguments: list[str] = []
    for pattern, name_of, kind in ((_REF, _ref_name, "ref"), (_SOURCE, _source_name, "source")):
        for match in pattern.finditer(expression):
            relation = Relation(name_of(match), "ref" if kind == "ref" else "source")
            arguments.append(_placeholder(relation, masked))
    plain = _SOURCE.sub("", _REF.sub("", expression))
    named = dict.fromkeys(match.group(1) for match in _COLUMN.finditer(plain))
    arguments += [
        name for name in named if name.upper() not in _NEVER_COLUMNS and name not in _TYPES
    ]
    # The name carries the whole expression, so that a change in it changes what it stands in.
    return f"{CALL_PREFIX}{_digest(' '.join(expression.split()))}__({', '.join(arguments)})"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _collect_names(
    parts: list[Segment], found: list[Block], lines: _LineIndex, masked: Masked
) -> None:
    owner = _owners(parts, found, lines, masked)
    for index, part in enumerate(parts):
        if part.kind not in {"expression", "tag"}:
            continue
        if part.word == "snapshot" and (match := _SNAPSHOT.match(part.body)):
            masked.title = match.group(1).lower()
        line, macro = lines.of(part.start), owner.get(index, -1)
        refs = [(match, _ref_name(match), "ref") for match in _REF.finditer(part.body)]
        refs += [(match, _source_name(match), "source") for match in _SOURCE.finditer(part.body)]
        for match, name, kind in refs:
            at = lines.of(part.inside + match.start())
            masked.refs.append(TemplateRef(name, "ref" if kind == "ref" else "source", at, macro))
        if len(_DYNAMIC.findall(part.body)) > len(refs):
            masked.dynamic.append(line)
        if part.word in {"macro", "test"}:
            continue  # its head is a definition, no call
        named: tuple[str, ...] | None = None
        for match in _CALL.finditer(part.body):
            name = match.group(1)
            if name.split(".")[0] not in _BUILTIN:
                if named is None:
                    named = tuple(
                        dict.fromkeys(one.group(1) for one in _COLUMN.finditer(part.body))
                    )
                at = lines.of(part.inside + match.start())
                masked.uses.append(MacroUse(name.rpartition(".")[2], at, macro, named))


def _owners(
    parts: list[Segment], found: list[Block], lines: _LineIndex, masked: Masked
) -> dict[int, int]:
    """Record the macros; return index of segment → index of the macro that it is part of."""
    owner: dict[int, int] = {}
    for block in sorted(found, key=lambda one: one.opening):
        head = _HEAD.match(parts[block.opening].body)
        if block.word not in {"macro", "test"} or head is None or block.opening in owner:
            continue
        name = head.group(1) if block.word == "macro" else f"test_{head.group(1)}"
        parameters = ", ".join(" ".join(one.split()) for one in head.group(2).split(","))
        body = _normal_body(parts[block.opening + 1 : block.closing])
        start, end = parts[block.opening].start, parts[block.closing].end
        masked.macros.append((name, parameters, lines.of(start), lines.of(end - 1), _digest(body)))
        owner.update(dict.fromkeys(range(block.opening, block.closing), len(masked.macros) - 1))
    return owner


def _normal_body(parts: list[Segment]) -> str:
    """Return a macro's text without comments and runs of white space."""
    pieces = (
        _COMMENTS.sub(" ", part.body) if part.kind == "text" else f"<{part.kind} {part.body}>"
        for part in parts
        if part.kind != "comment"
    )
    return " ".join(" ".join(pieces).split())
