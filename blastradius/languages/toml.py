"""TOML: tables, keys and items, and what they name. Satisfies `languages.base.Language`.

Read by a scanner of our own: `tomllib` has no lines and gives up at the first fault. Here a line
that cannot be read costs only itself.
"""

from __future__ import annotations

import re

from blastradius.languages.keyed import KeyedLinks, facts_of
from blastradius.languages.texts import clean, decoded
from blastradius.languages.yaml.nodes import MAX_DEPTH, Composed, Node
from blastradius.model.facts import Facts, Problem

NAME = "toml"
VERSION = "1"
KEYED = True
EMBEDS = ("sql",)

MAX_BYTES = 10_000_000
MAX_NODES = 100_000
_MAX_PROBLEMS = 20
_NAMES = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "cargo.lock", "pipfile"})
_SPACE = re.compile(r"(?:[ \t]+|\#[^\n]*)*")
_BLANK = re.compile(r"(?:\s+|\#[^\n]*)*")
_KEY_PART = re.compile(
    r"""[ \t]*(?:([^\s\[\]{}=.,#"']+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*"""
)
_LONG = re.compile(r'"""\n?((?:[^\\]|\\.)*?)"""("{0,2})' r"|'''\n?(.*?)'''('{0,2})", re.DOTALL)
_SHORT = re.compile(r""""((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'""")
_BARE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:[\d:.]+(?:[Zz]|[+-]\d\d:\d\d)?|[\w+.:-]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([ \t]*\n\s*)|(.))", re.DOTALL
)
_PLAIN_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_LARGEST = 0x10FFFF

_LINKS = KeyedLinks(NAME)
symbol, tables, link = _LINKS.symbol, _LINKS.tables, _LINKS.link


def claims(path: str) -> bool:
    """Tell from the path whether the file is TOML."""
    lower = path.lower()
    return lower.endswith(".toml") or lower.rpartition("/")[2] in _NAMES


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions and field groups of one file. Never raises."""
    text, problems = decoded(source, MAX_BYTES)
    scan = _Scan(text)
    scan.run()
    problems += scan.problems[:_MAX_PROBLEMS]
    if "[[package]]" in text:
        _without_details(scan.root)
    documents = [scan.root] if scan.root.pairs else []
    return facts_of(Composed(documents, problems, whole=not problems))


def _without_details(root: Node) -> None:
    """Keep name and version of a lock file's packages: the rest is thousands of hashes."""
    for key, value in root.pairs:
        if key.text == "package" and value.kind == "sequence":
            for item in value.items:
                item.pairs = [one for one in item.pairs if one[0].text in {"name", "version"}]


class _BrokenError(Exception):
    """What stands at the place is not what TOML wants there."""


class _Scan:
    """The state of one scan. ``_path`` are the tables around the current one, outermost first."""

    def __init__(self, text: str) -> None:
        self.root = Node("mapping", 1, 1)
        self.problems: list[Problem] = []
        self._text = text
        self._at = 0
        self._counted = 0
        self._line = 1
        self._nodes = 0
        self._path = [self.root]
        self._known: dict[int, dict[str, Node]] = {}

    def run(self) -> None:
        """Read the text, a header or a key with its value at a time."""
        text = self._text
        while True:
            self._at = _end(_BLANK, text, self._at)
            if self._at >= len(text):
                return
            try:
                self._statement()
                self._at = _end(_SPACE, text, self._at)
                self._line_ends()
            except _BrokenError as error:
                self.problems.append(Problem(self._here(), f"{error}: the line was left out"))
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
            if self._nodes > MAX_NODES or len(self.problems) > _MAX_PROBLEMS:
                self.problems[-1:] = [Problem(self._here(), "too much: the rest was not read")]
                return

    def _line_ends(self) -> None:
        if self._at < len(self._text) and self._text[self._at] != "\n":
            raise _BrokenError("something behind the value")

    def _statement(self) -> None:
        line, text = self._here(), self._text
        if text[self._at] != "[":
            keys = self._keys()
            self._expect("=")
            value = self._value()
            self._put(self._path, keys, value, line)
            return
        several = text.startswith("[[", self._at)
        self._at += 2 if several else 1
        keys = self._keys()
        self._expect("]]" if several else "]")
        self._path = self._table(keys, line, several=several)

    def _table(self, keys: list[str], line: int, *, several: bool) -> list[Node]:
        """Open the table of a header and return the tables from the root down to it."""
        path = self._walk([self.root], keys[:-1], line)
        found = self._child(path[-1], keys[-1])
        if not several:
            if found is None or found.kind == "scalar":
                found = self._add(path[-1], keys[-1], Node("mapping", line, line), line)
            path += _inner(found)
        else:
            if found is None or found.kind != "sequence":
                found = self._add(path[-1], keys[-1], Node("sequence", line, line), line)
            found.items.append(Node("mapping", line, line))
            path += _inner(found)
        for node in path:
            node.end = max(node.end, line)
        return path

    def _walk(self, path: list[Node], keys: list[str], line: int) -> list[Node]:
        path = list(path)
        for key in keys:
            found = self._child(path[-1], key)
            if found is None:
                found = self._add(path[-1], key, Node("mapping", line, line), line)
            if found.kind == "scalar" or (found.kind == "sequence" and not _inner(found)[1:]):
                raise _BrokenError(f"{key!r} is no table")
            path += _inner(found)
        return path

    def _put(self, path: list[Node], keys: list[str], value: Node, line: int) -> None:
        path = self._walk(path, keys[:-1], line)
        self._add(path[-1], keys[-1], value, line)
        for node in path:
            node.end = max(node.end, value.end)

    def _child(self, table: Node, key: str) -> Node | None:
        return self._known.setdefault(id(table), {}).get(key)

    def _add(self, table: Node, key: str, value: Node, line: int) -> Node:
        self._nodes += 1
        table.pairs.append((Node("scalar", line, line, "str", key), value))
        self._known.setdefault(id(table), {}).setdefault(key, value)
        return value

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while len(keys) <= MAX_DEPTH:
            match = _KEY_PART.match(self._text, self._at)
            if match is None:
                raise _BrokenError("no key")
            bare, quoted, literal = match.groups()
            keys.append(clean(_unescaped(quoted) if quoted is not None else bare or literal or ""))
            self._at = match.end()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1
        raise _BrokenError(f"nested deeper than {MAX_DEPTH}")

    def _expect(self, mark: str) -> None:
        self._at = _end(_SPACE, self._text, self._at) if mark == "=" else self._at
        if not self._text.startswith(mark, self._at):
            raise _BrokenError(f"no {mark}")
        self._at = _end(_SPACE, self._text, self._at + len(mark))

    def _value(self) -> Node:
        """Read one value; brackets are kept in a stack of (collection, keys of its value)."""
        opened: list[tuple[Node, list[str], int]] = []
        while True:
            mark = self._text[self._at : self._at + 1]
            if mark in {"[", "{"} and mark:
                if len(opened) >= MAX_DEPTH:
                    raise _BrokenError(f"nested deeper than {MAX_DEPTH}")
                self._at += 1
                line = self._here()
                node = Node("sequence" if mark == "[" else "mapping", line, line)
            else:
                node = self._scalar()
            done = node.kind == "scalar"
            keys, line = self._next_key(node) if not done else ([], 0)
            if not done and line:
                opened.append((node, keys, line))
                continue
            while opened:
                parent, names, at = opened.pop()
                self._into(parent, names, node, at)
                self._at = _end(_BLANK, self._text, self._at)
                if self._text.startswith(",", self._at):
                    self._at += 1
                keys, line = self._next_key(parent)
                if line:
                    opened.append((parent, keys, line))
                    break
                node = parent
            else:
                return node

    def _next_key(self, node: Node) -> tuple[list[str], int]:
        """Return the keys and line of a collection's next value; line 0 when it closes here."""
        self._at = _end(_BLANK, self._text, self._at)
        if self._at >= len(self._text):
            raise _BrokenError("a bracket without its end")
        line = self._here()
        if self._text[self._at] == ("]" if node.kind == "sequence" else "}"):
            self._at += 1
            node.end = line
            return [], 0
        if node.kind == "sequence":
            return [], line
        keys = self._keys()
        self._expect("=")
        return keys, line

    def _into(self, parent: Node, keys: list[str], value: Node, line: int) -> None:
        if parent.kind == "sequence":
            self._nodes += 1
            parent.items.append(value)
        else:
            self._put([parent], keys, value, line)
        if self._nodes > MAX_NODES:
            raise _BrokenError("too many values")

    def _scalar(self) -> Node:
        line, text = self._here(), self._text
        if match := _LONG.match(text, self._at):
            basic, more, literal, rest = match.groups()
            value = _unescaped(basic) + more if basic is not None else (literal or "") + rest
        elif match := _SHORT.match(text, self._at):
            value = _unescaped(match[1]) if match[1] is not None else match[2]
        elif match := _BARE.match(text, self._at):
            value = match.group()
        else:
            raise _BrokenError("no value")
        self._at = match.end()
        if text[match.start()] in "\"'":
            return Node("scalar", line, self._here(), "str", clean(value))
        return Node("scalar", line, line, _tag(value), value)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = max(self._at, self._counted)
        return self._line


def _inner(node: Node) -> list[Node]:
    """Return a table itself, or a list of tables and its last one: what a header adds to."""
    if node.kind == "sequence":
        return [node, node.items[-1]] if node.items and node.items[-1].kind == "mapping" else [node]
    return [node]


def _tag(text: str) -> str:
    if text in {"true", "false"}:
        return "bool"
    return "timestamp" if _DATE.match(text) else "number"


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_one, text) if "\\" in text else text


def _one(match: re.Match[str]) -> str:
    short, long, byte, newline, plain = match.groups()
    if newline:
        return ""
    if plain is not None:
        return _PLAIN_ESCAPES.get(plain, plain)
    return chr(min(int(short or long or byte, 16), _LARGEST))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match is not None else at
