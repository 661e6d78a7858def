"""JSON, also with comments and trailing commas, and JSON5: keys, items, and what they name.

One scan of tokens with a stack of its own: whatever is broken costs only itself. Satisfies
`blastradius.languages.base.Language`.
"""

from __future__ import annotations

import json
import re

import msgspec

from blastradius.languages.keyed import KeyedLinks, facts_of
from blastradius.languages.texts import clean, decoded
from blastradius.languages.yaml.address import digest
from blastradius.languages.yaml.nodes import MAX_DEPTH, Composed, Node, NodeKind, Reference
from blastradius.model.facts import Facts, Problem

NAME = "json"
VERSION = "1"
KEYED = True
EMBEDS = ("sql",)

MAX_BYTES = 20_000_000
MAX_NODES = 20_000
"""Values of a file beyond which it is data: only its top levels are read."""
_TOP = 2
_MAX_PROBLEMS = 20
_LOCK = re.compile(r'"(?:lockfileVersion|pipfile-spec|content-hash)"\s*:')
_ENDINGS = (".json", ".jsonc", ".json5", ".webmanifest", ".code-workspace")
_NAMES = frozenset({"pipfile.lock", "composer.lock"})
_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?(?:\*/|\Z)|\#[^\n]*"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<mark>[\[\]{},:])"""
    r"""|(?P<open>["'][^\n]*)|(?P<word>[^\s\[\]{},:"'/#]+|/)""",
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d|\.\d|0[xX]|Infinity\Z|NaN\Z)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\n)|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_CONSTANTS = {"null": "null", "true": "bool", "false": "bool"}

_LINKS = KeyedLinks(NAME, (".json",))
symbol, tables, link = _LINKS.symbol, _LINKS.tables, _LINKS.link


def claims(path: str) -> bool:
    """Tell from the path whether the file is JSON."""
    lower = path.lower()
    return lower.endswith(_ENDINGS) or lower.rpartition("/")[2] in _NAMES


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions and field groups of one file. Never raises."""
    text, problems = decoded(source, MAX_BYTES)
    lock = _LOCK.search(text, 0, 4_000) is not None
    scan = _Scan(text, _TOP if lock else MAX_DEPTH)
    scan.run()
    if scan.nodes > MAX_NODES:
        scan = _Scan(text, _TOP)
        scan.run()
        if not lock:
            what = f"more than {MAX_NODES} values: only the top levels were read"
            scan.problems.append(Problem(0, what))
    problems += scan.problems[:_MAX_PROBLEMS]
    facts = facts_of(Composed(scan.documents, problems, whole=not problems))
    return _extending(facts)


def _extending(facts: Facts) -> Facts:
    """Add the includes that ``extends`` names by a relative path (tsconfig, eslint, renovate)."""
    found = [
        Reference("include", one.scope, one.line, one.value)
        for one in facts.mentions
        if one.via == "extends" and one.flavor == "path" and one.value.startswith(("./", "../"))
    ]
    if not found:
        return facts
    known = msgspec.msgpack.decode(facts.own, type=list[Reference])
    return msgspec.structs.replace(facts, own=msgspec.Raw(msgspec.msgpack.encode(known + found)))


class _Scan:
    """The state of one scan: what is open, and the key that waits for its value.

    What lies below ``depth`` levels becomes a scalar that holds the digest of its text.
    """

    def __init__(self, text: str, depth: int) -> None:
        self.documents: list[Node] = []
        self.problems: list[Problem] = []
        self.nodes = 0
        self._text = text
        self._depth = depth
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._colons: list[bool] = []
        self._skipped: list[str] = []
        self._skip_from = self._skip_line = 0
        self._line = 1

    def run(self) -> None:
        """Read the text."""
        text, last = self._text, 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind is None:
                continue
            start = match.start()
            self._line += text.count("\n", last, start)
            last = start
            if self._skipped:
                if kind == "mark":
                    self._skip(match.group(), start)
            elif kind == "mark":
                self._mark(match.group(), start)
            else:
                self._scalar(kind, match.group())
            if self.nodes > MAX_NODES:
                break
        else:
            self._ended(last)
        problems = list(self.problems)
        while self._open:
            self._close()
        self.problems = problems  # what closing finds missing is said already

    def _ended(self, last: int) -> None:
        text = self._text
        self._line += text.count("\n", last)
        if self._skipped:
            self._skipped.clear()
            self._fold(len(text))
        if self._open:
            self._wrong("the text ends before its brackets close")

    def _mark(self, mark: str, start: int) -> None:
        if mark in "{[":
            if len(self._open) >= self._depth:
                self._skipped.append(mark)
                self._skip_from = start
                self._skip_line = self._line
            else:
                self.nodes += 1
                kind: NodeKind = "mapping" if mark == "{" else "sequence"
                self._open.append(Node(kind, self._line, self._line))
                self._keys.append(None)
                self._colons.append(False)
        elif mark in "}]":
            if self._open and (self._open[-1].kind == "mapping") == (mark == "}"):
                self._close()
            else:
                self._wrong(f"{mark} closes nothing")
        elif not self._open:
            self._wrong(f"{mark} outside of brackets")
        elif mark == ":":
            if self._keys[-1] is None or self._colons[-1]:
                self._wrong(": without a key")
            self._colons[-1] = self._keys[-1] is not None
        elif self._keys[-1] is not None:
            self._valueless()

    def _skip(self, mark: str, start: int) -> None:
        if mark in "{[":
            self._skipped.append(mark)
        elif mark in "}]":
            self._skipped.pop()
            if not self._skipped:
                self._fold(start + 1)

    def _fold(self, end: int) -> None:
        content = " ".join(self._text[self._skip_from : end].split())
        self._place(Node("scalar", self._skip_line, self._line, "folded", digest(content)))

    def _scalar(self, kind: str, text: str) -> None:
        self.nodes += 1
        tag, value = "str", text
        if kind == "word":
            tag = _CONSTANTS.get(text) or ("number" if _NUMBER.match(text) else "str")
        elif kind == "open":
            self._wrong("a string without its end")
            value = clean(text[1:].rstrip("\n ,"))
        else:
            value = _unquoted(text)
        node = Node("scalar", self._line, self._line + text.count("\n"), tag, clean(value))
        top = self._open[-1] if self._open else None
        if top is not None and top.kind == "mapping" and self._keys[-1] is None:
            node.tag = "str"
            self._keys[-1] = node
            return
        if kind == "word" and tag == "str":
            self._wrong(f"{text[:40]!r} is no value")
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._open:
            self.documents.append(node)
            return
        parent = self._open[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None or not self._colons[-1]:
            self._wrong("a value without a key" if key is None else "a key without its colon")
            if key is None:
                return
        parent.pairs.append((key, node))
        self._keys[-1], self._colons[-1] = None, False

    def _valueless(self) -> None:
        self._wrong("a key without a value")
        self._place(Node("scalar", self._line, self._line, "null"))

    def _close(self) -> None:
        if self._keys[-1] is not None:
            self._valueless()
        node = self._open.pop()
        node.end = self._line
        self._keys.pop()
        self._colons.pop()
        self._place(node)

    def _wrong(self, what: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(self._line, what))


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    if text[0] == '"':
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            pass  # escapes that only JSON5 knows
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    long, short, newline, one = match.groups()
    if newline:
        return ""
    return chr(int(long or short, 16)) if long or short else _PLAIN_ESCAPES.get(one, one)
