"""SQL text → statements → words with their places, by sqlglot's tokenizer of the dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from blastradius.migrations.spelling import folded, qualified
from blastradius.migrations.values import HOLE

MOST_TEXT = 2_000_000
MOST_TOKENS = 60_000
MOST_STATEMENTS = 5_000
# Words, signs, whole literals and comments: about what the tokenizer makes of a text, 10 µs for each.
_TOKEN = re.compile(r"'(?:[^'\\]|''|\\.)*'?|--[^\n]*|\w+|[^\w\s]")
HOLE_NAME = "hole__hole"
_BODIES = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"})
_QUOTED = frozenset({"STRING", "HEREDOC_STRING", "RAW_STRING", "NATIONAL_STRING", "UNICODE_STRING"})


@dataclass(frozen=True, slots=True)
class Word:
    """A token: in capitals (a quoted name as it is), where it stands, whether it is a literal."""

    upper: str
    text: str
    start: int
    end: int
    line: int
    literal: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """The words of one statement; ``text`` is the whole source that their places are in."""

    words: tuple[Word, ...]
    text: str

    @property
    def line(self) -> int:
        """The line of the first word, 1-based within the text."""
        return self.words[0].line

    @property
    def sql(self) -> str:
        """The statement as it stands in its source, without the semicolon."""
        return self.text[self.words[0].start : self.words[-1].end]

    @property
    def heads(self) -> tuple[str, ...]:
        """The first words, in capitals."""
        return tuple(one.upper for one in self.words[:8])


def statements(text: str, dialect: str) -> list[Statement] | None:
    """Return the statements of a SQL text, None when it has none that can be told apart."""
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415 - only who asks pays for it
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - only who asks pays for it

    if len(text) > MOST_TEXT or sum(1 for _ in _TOKEN.finditer(text)) > MOST_TOKENS:
        return None
    source = text.replace(HOLE, HOLE_NAME)
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(source)
    except (SqlglotError, ValueError, RecursionError):
        return None
    words: list[Word] = []
    for token in tokens:
        kind = token.token_type.name
        end = token.end + 1
        spelled = source[token.start : end]
        literal = kind in _QUOTED or spelled[:1] == "'"
        quoted = kind == "IDENTIFIER" and spelled[:1] in '"`['
        if literal or quoted or " " not in spelled.strip():
            upper = spelled if literal or quoted else spelled.upper()
            words.append(Word(upper, spelled, token.start, end, token.line, literal, quoted))
            continue
        for part in re.finditer(r"\S+", spelled):  # keywords of several words are one token
            start = token.start + part.start()
            one = part.group()
            words.append(Word(one.upper(), one, start, start + len(one), token.line))
    return list(_split(words, source))


def _split(words: list[Word], source: str) -> Iterator[Statement]:
    current: list[Word] = []
    depth = blocks = count = 0
    for word in words:
        if word.upper == ";" and depth <= 0 and blocks <= 0:
            if current:
                count += 1
                if count > MOST_STATEMENTS:
                    return
                yield Statement(tuple(current), source)
            current, depth, blocks = [], 0, 0
            continue
        current.append(word)
        if word.literal or word.quoted:
            continue
        depth += (word.upper in "([") - (word.upper in ")]")
        if word.upper in {"BEGIN", "CASE"} and _has_body(current):
            blocks += 1
        elif word.upper == "END" and blocks:
            blocks -= 1
    if current:
        yield Statement(tuple(current), source)


def _has_body(words: list[Word]) -> bool:
    return words[0].upper == "CREATE" and any(one.upper in _BODIES for one in words[1:6])


class Cursor:
    """Reads words one after the other."""

    def __init__(self, statement: Statement, words: tuple[Word, ...] | None = None) -> None:
        self.statement = statement
        self.words = statement.words if words is None else words
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether all words are read."""
        return self.at >= len(self.words)

    def peek(self, ahead: int = 0) -> str:
        """Return the next word in capitals, empty at the end."""
        at = self.at + ahead
        return self.words[at].upper if at < len(self.words) else ""

    def take(self, *wanted: str) -> bool:
        """Read these words if they come next, and tell whether they did."""
        if all(self.peek(number) == one for number, one in enumerate(wanted)):
            self.at += len(wanted)
            return True
        return False

    def take_any(self, *wanted: str) -> str:
        """Read the next word if it is one of these, and return it."""
        if not self.done and self.peek() in wanted:
            self.at += 1
            return self.words[self.at - 1].upper
        return ""

    def exists(self) -> bool:
        """Read IF [NOT] EXISTS, and tell whether it was there."""
        return self.take("IF", "NOT", "EXISTS") or self.take("IF", "EXISTS")

    def name(self) -> str:
        """Read a name that may be dotted, and return it folded; empty when none comes."""
        parts: list[str] = []
        while not self.done:
            word = self.words[self.at]
            if word.literal or not (word.quoted or re.match(r"[\w$]", word.text)):
                break
            self.at += 1
            parts.append(folded(word.text))
            if not self.take("."):
                break
        found = qualified(parts)
        return HOLE if HOLE_NAME in found else found

    def group(self) -> tuple[Word, ...]:
        """Read a group in parentheses, and return the words in it; none when none comes."""
        if self.peek() != "(":
            return ()
        depth, start = 0, self.at
        while not self.done:
            depth += (self.peek() == "(") - (self.peek() == ")")
            self.at += 1
            if depth == 0:
                return self.words[start + 1 : self.at - 1]
        return self.words[start + 1 :]

    def rest(self) -> tuple[Word, ...]:
        """Read all that is left."""
        left = self.words[self.at :]
        self.at = len(self.words)
        return left

    def text(self, words: tuple[Word, ...]) -> str:
        """Return the source of words that follow one another."""
        return self.statement.text[words[0].start : words[-1].end] if words else ""


def commas(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """Return the parts between the commas that stand in no parentheses."""
    parts: list[list[Word]] = [[]]
    depth = 0
    for word in words:
        if not word.literal and not word.quoted:
            depth += (word.upper in "([") - (word.upper in ")]")
            if word.upper == "," and depth == 0:
                parts.append([])
                continue
        parts[-1].append(word)
    return [tuple(one) for one in parts if one]
