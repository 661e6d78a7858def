"""Definitions, imports and references by tree-sitter, for stretches that do not parse otherwise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from blastradius.languages.python.definitions import define_parameters
from blastradius.languages.python.nodes import UNKNOWN
from blastradius.languages.python.own import GUARDED, FunctionFlag, Kind, Op
from blastradius.languages.python.recorder import FILE, ClassDraft, Recorder
from blastradius.languages.python.signatures import (
    class_shape,
    function_flags,
    function_shape,
    parameter_shape,
    parameters,
)
from blastradius.languages.python.statements import walk
from blastradius.languages.python.veiled import veil

Span = tuple[int, int]
_BODIES = frozenset({"module", "block"})
_ABOVE = frozenset({"class", "function", "method"})
_REFERENCES = {
    "reference.call": Kind.CALL,
    "reference.decorator": Kind.DECORATOR,
    "reference.inherit": Kind.INHERIT,
    "reference.annotation": Kind.ANNOTATION,
    "reference.reference": Kind.REFERENCE,
}


@cache
def _language() -> Language:
    return Language(tree_sitter_python.language())


@cache
def _query() -> Query:
    return Query(_language(), _grammars().joinpath("python", "tags.scm").read_text("utf-8"))


def _grammars() -> Traversable:
    """Return the folder of the queries: a package once installed, a sibling in a checkout."""
    try:
        return resources.files("blastradius.grammars")
    except ModuleNotFoundError:
        return Path(__file__).parents[3] / "grammars"


def _root(text: str) -> Node:
    return Parser(_language()).parse(text.encode("utf-8", "replace")).root_node


def statement_around(text: str, line: int) -> Span | None:
    """Return the lines of the innermost statement at ``line``, None where the parser is lost."""
    row = line - 1
    lines = text.split("\n")
    column = len(lines[row]) - len(lines[row].lstrip())
    offset = len(lines[row][:column].encode("utf-8", "replace"))
    node = _root(text).descendant_for_point_range((row, offset), (row, offset))
    while node is not None and node.parent is not None and node.parent.type not in _BODIES:
        node = node.parent
    if node is None or node.parent is None or node.type == "ERROR":
        return None
    return _lines(node)


def _lines(node: Node) -> Span:
    last = node.end_point.row + (1 if node.end_point.column else 0)
    return node.start_point.row + 1, max(last, node.start_point.row + 1)


def add(rec: Recorder, text: str, spans: Sequence[Span]) -> None:
    """Add what the spans (first line, last line) of ``text`` define, import and refer to.

    References are bound as if they stood at module level and reckon with being missing: nothing
    dangles because of them.
    """
    captures = QueryCursor(_query()).captures(_root(text))
    added: list[tuple[Span, int]] = []
    found = [
        (node, name)
        for name, nodes in captures.items()
        for node in nodes
        if any(first <= node.start_point.row + 1 <= last for first, last in spans)
    ]
    found.sort(key=lambda pair: (pair[0].start_byte, -pair[0].end_byte, pair[1]))
    for node, name in found:
        line = node.start_point.row + 1
        owner = _owner(rec, added, line)
        if name == "import":
            _import(rec, node, line, owner)
        elif name == "definition.variable":
            _variable(rec, node, line)
        elif name.startswith("definition."):
            added.append((_lines(node), _definition(rec, node, owner)))
        else:
            _reference(rec, node, _REFERENCES[name], owner)


def _owner(rec: Recorder, added: Sequence[tuple[Span, int]], line: int) -> int:
    """Return the innermost definition around the line, those just added first."""
    around = [index for (first, last), index in added if first <= line <= last]
    if around:
        return around[-1]
    drafts = [
        (draft.end - draft.line, -index)
        for index, draft in enumerate(rec.drafts)
        if draft.kind in _ABOVE and draft.line <= line <= draft.end
    ]
    return -min(drafts)[1] if drafts else FILE


def _content(node: Node) -> str:
    """Return a digest of the words of a node, comments left out."""
    content = blake2b(digest_size=8)
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type == "comment":
            continue
        if one.child_count:
            waiting += reversed(one.children)
        elif one.text:
            content.update(one.text + b"\0")
    return content.hexdigest()


def _text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""


def _unread(node: Node | None) -> str:
    """Return the text of parameters that do not parse, without what their strings say."""
    return _STRING.sub('"…"', _text(node))


_STRING = re.compile(r"(['\"])(?:(?!\1).)*\1?", re.DOTALL)


def _definition(rec: Recorder, node: Node, owner: int) -> int:
    name = _text(node.child_by_field_name("name"))
    first, last = _lines(node)
    klass = node.type == "class_definition"
    in_class = owner >= 0 and rec.drafts[owner].kind == "class"
    kind = "class" if klass else "method" if in_class else "function"
    index = rec.define(name, kind, first, last, owner)
    draft = rec.drafts[index]
    draft.contents = [_content(node)]
    header = _header(node)
    draft.shape = _shape(header) or _unread(node.child_by_field_name("parameters"))
    if owner == FILE:
        rec.scopes[0].bind(name, rec.nodes.make(Op.DEF, index, name))
    else:
        _join_class(rec, owner, name, index)
    if klass:
        rec.classes.append(ClassDraft(index, (), 0))
    elif isinstance(header, (ast.FunctionDef, ast.AsyncFunctionDef)):
        _parameters(rec, header, index, method=in_class)
    else:
        rec.add_function(index, 0, FunctionFlag.OPAQUE, UNKNOWN)
    return index


def _join_class(rec: Recorder, owner: int, name: str, index: int) -> None:
    for draft in rec.classes:
        if draft.definition == owner:
            draft.members.setdefault(name, index)


def _parameters(
    rec: Recorder, header: ast.FunctionDef | ast.AsyncFunctionDef, index: int, *, method: bool
) -> None:
    several = list(parameters(header.args))
    line = rec.drafts[index].line
    for one in several:
        ast.increment_lineno(one.node, line - one.node.lineno)
    define_parameters(rec, index, several)
    for offset, one in enumerate(several, 1):
        default = ast.dump(one.default) if one.default is not None else ""
        short = blake2b(default.encode("utf-8", "replace"), digest_size=8).hexdigest()
        rec.drafts[index + offset].shape = parameter_shape(one, short)
    flags = function_flags(header, method=method) | FunctionFlag.OPAQUE
    rec.add_function(index, len(several), flags, UNKNOWN)


def _header(node: Node) -> ast.stmt | None:
    """Return the head of a definition as a syntax tree of its own, if it is sound by itself."""
    body = node.child_by_field_name("body")
    if body is None or node.text is None:
        return None
    head = node.text[: body.start_byte - node.start_byte].decode("utf-8", "replace").rstrip()
    head = head.split("#")[0].rstrip() if head.endswith(")") else head
    try:
        parsed = ast.parse(f"{head} pass")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    veil(parsed, head)
    return parsed.body[0] if len(parsed.body) == 1 else None


def _shape(header: ast.stmt | None) -> str:
    if isinstance(header, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return function_shape(header)
    return class_shape(header) if isinstance(header, ast.ClassDef) else ""


def _variable(rec: Recorder, node: Node, line: int) -> None:
    name = _text(node)
    index = rec.variable(name, line, line)
    rec.scopes[0].bind(name, rec.nodes.make(Op.DEF, index, name))
    if node.parent is not None:
        rec.drafts[index].contents.append(_content(node.parent))


def _import(rec: Recorder, node: Node, line: int, owner: int) -> None:
    try:
        parsed = ast.parse(_text(node)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in parsed:
        ast.increment_lineno(statement, line - 1)
    with rec.within(rec.scopes[0], owner):
        walk(rec, parsed)


def _reference(rec: Recorder, node: Node, kind: Kind, owner: int) -> None:
    names = list(_chain(node))
    if not names:
        return
    value = rec.scopes[0].number
    value = rec.nodes.make(Op.NAME, value, names[0])
    for name in names[1:]:
        value = rec.nodes.attr(value, name)
    row = (int(kind) | GUARDED, value, node.end_point.row + 1, owner, -1)
    rec.references.append(row)


def _chain(node: Node) -> Iterator[str]:
    """Yield the names of a dotted chain, none when it starts at something else than a name."""
    names: list[str] = []
    one: Node | None = node
    while one is not None and one.type == "attribute":
        names.append(_text(one.child_by_field_name("attribute")))
        one = one.child_by_field_name("object")
    if one is not None and one.type == "identifier":
        yield _text(one)
        yield from reversed(names)
