"""INI, .cfg and .properties: sections, options, and what they name.

Read as `configparser` reads, with lines and without giving up. An option over several lines is a
list of them, or a mapping when each is ``name = value`` (setup.cfg's entry points). Satisfies
`blastradius.languages.base.Language`.
"""

from __future__ import annotations

import re
from itertools import islice

import msgspec

from blastradius.languages.keyed import KeyedLinks, facts_of
from blastradius.languages.texts import decoded
from blastradius.languages.yaml.nodes import Composed, Node
from blastradius.model.facts import Facts, Mention, Problem

NAME = "ini"
VERSION = "1"
KEYED = True
EMBEDS = ("sql",)

MAX_BYTES = 5_000_000
MAX_LINES = 50_000
_ENDINGS = (".ini", ".cfg", ".properties")
_NAMES = frozenset(
    {".flake8", ".pylintrc", "pylintrc", ".coveragerc", ".editorconfig", ".pydocstyle"}
)
_SECTION = re.compile(r"\s*\[([^\n]+)\]\s*(?:[#;].*)?\Z")
_OPTION = re.compile(r"\s*([^=:\s][^=:]*?)\s*(?:([=:])\s*(.*?))?\s*\Z")
_PAIR = re.compile(r"[\w.-]+\s*=\s*\S")
_CONSTANTS = frozenset({"true", "false", "yes", "no", "on", "off"})
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")
# What a folder's option starts: Alembic runs ``env.py`` in its script location.
_STARTS = {"script_location": "env.py"}

_LINKS = KeyedLinks(NAME)
symbol, tables, link = _LINKS.symbol, _LINKS.tables, _LINKS.link


def claims(path: str) -> bool:
    """Tell from the path whether the file is INI or .properties."""
    lower = path.lower()
    return lower.endswith(_ENDINGS) or lower.rpartition("/")[2] in _NAMES


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions and field groups of one file. Never raises."""
    text, problems = decoded(source, MAX_BYTES)
    reader = _Reader()
    lines = text.split("\n")
    for number, line in enumerate(islice(lines, MAX_LINES), 1):
        reader.take(line, number)
    reader.finish()
    if len(lines) > MAX_LINES:
        problems.append(Problem(MAX_LINES, "too many lines: the rest was not read"))
    problems += reader.problems[:20]
    documents = [reader.root] if reader.root.pairs else []
    facts = facts_of(Composed(documents, problems, whole=not problems))
    return _starting(facts)


def _starting(facts: Facts) -> Facts:
    found = tuple(
        Mention(f"{one.value.rstrip('/')}/{_STARTS[one.via]}", "path", one.line, one.scope, one.via)
        for one in facts.mentions
        if one.via in _STARTS and one.flavor in {"name", "path"}
    )
    return msgspec.structs.replace(facts, mentions=facts.mentions + found) if found else facts


class _Reader:
    """Takes a line at a time: what is open is a section and an option with its lines so far."""

    def __init__(self) -> None:
        self.root = Node("mapping", 1, 1)
        self.problems: list[Problem] = []
        self._section = self.root
        self._sections: dict[str, Node] = {}
        self._key: Node | None = None
        self._indent = 0
        self._values: list[tuple[str, int]] = []
        self._goes_on = False

    def take(self, line: str, number: int) -> None:
        """Read one line."""
        bare = line.strip()
        if not bare or (bare[0] in "#;!" and not self._goes_on):
            self._goes_on = False
            return
        indent = len(line) - len(line.lstrip())
        deeper = indent > self._indent and self._section is not self.root
        if self._key is not None and (deeper or self._goes_on):
            self._more(bare, number)
            return
        self.finish()
        if section := _SECTION.match(line):
            self._open(section[1], number)
            return
        option = _OPTION.match(line)
        if option is None:
            self.problems.append(Problem(number, "no option: the line was left out"))
            return
        name, mark, value = option.groups()
        self._key = Node("scalar", number, number, "str", name)
        self._indent = indent
        if mark is not None:
            self._more(value, number)

    def _more(self, text: str, number: int) -> None:
        self._goes_on = text.endswith("\\") and self._section is self.root
        self._values.append((text.rstrip("\\").rstrip() if self._goes_on else text, number))

    def _open(self, name: str, number: int) -> None:
        known = self._sections.get(name)
        if known is None:
            known = self._sections[name] = Node("mapping", number, number)
            self.root.pairs.append((Node("scalar", number, number, "str", name), known))
        self._section = known
        self._indent = 0

    def finish(self) -> None:
        """Close the option that is open."""
        if self._key is None:
            return
        value = _value(self._values, self._key.line, listed=self._section is not self.root)
        self._section.pairs.append((self._key, value))
        self._section.end = max(self._section.end, value.end)
        self.root.end = max(self.root.end, value.end)
        self._key, self._values, self._goes_on = None, [], False


def _value(values: list[tuple[str, int]], line: int, *, listed: bool) -> Node:
    if not values:
        return Node("scalar", line, line, "null")
    if len(values) == 1:
        return _scalar(*values[0])
    end = values[-1][1]
    if not listed or values[0][0]:
        text = ("\n" if listed else "").join(text for text, _ in values)
        return Node("scalar", line, end, "str", text)
    if all(_PAIR.match(text) for text, _ in values[1:]):
        pairs = [(text.partition("="), number) for text, number in values[1:]]
        return Node(
            "mapping",
            line,
            end,
            pairs=[
                (Node("scalar", at, at, "str", key.strip()), _scalar(value.strip(), at))
                for (key, _, value), at in pairs
            ],
        )
    return Node("sequence", line, end, items=[_scalar(text, at) for text, at in values[1:]])


def _scalar(text: str, line: int) -> Node:
    tag = "number" if _NUMBER.match(text) else "bool" if text.lower() in _CONSTANTS else "str"
    return Node("scalar", line, line, tag, text)
