"""Text → statements, by whatever still works: whole, statement by statement, leniently, by scan.

The only module that calls the parser. A file is never lost: what cannot be parsed comes back as a
statement without a tree, with its text to scan.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

from blastradius.languages.sql.batches import (
    is_complete,
    starts,
    without_compound,
    without_greed,
)
from blastradius.languages.sql.commands import Move, moves
from blastradius.languages.sql.names import words
from blastradius.model.facts import Problem

MOST_STATEMENTS = 5_000
# A file of a warehouse has some thousands; the parser takes 10 µs for each.
MOST_TOKENS = 150_000
# Words, signs, whole literals and comments: about what the tokenizer makes of a text.
_TOKEN = re.compile(r"'(?:[^'\\]|''|\\.)*'?|--[^\n]*|/\*.*?(?:\*/|\Z)|\w+|[^\w\s]", re.DOTALL)
_LONGEST_CHAIN = 200
_APART = 2
_DEEPEST_TYPES = 10
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET})
_LACKING = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*?(\w+)'>")
# Trials to end a statement where another seems to begin.
_MOST_CUTS = 40
_WITHOUT_SEMICOLONS = frozenset({"tsql", "fabric"})

_BATCH_END = re.compile(r"^[ \t]*GO[ \t]*$", re.IGNORECASE | re.MULTILINE)
# The tokenizer would take all after BEGIN for one string; as long as what it replaces, so that
# places stay. A transaction's BEGIN stands alone or says so.
_BLOCK_START = re.compile(
    r"((?:^|;)\s*)BEGIN\b(?=\s+(?!TRAN|WORK|ISOLATION|READ|DEFERRED|IMMEDIATE|EXCLUSIVE)\w)",
    re.IGNORECASE | re.MULTILINE,
)
_BLOCK_WORDS = frozenset({"BEGIN", "ELSE", "LOOP", "THEN", "DO"})
_CONDITION_WORDS = frozenset({"IF", "ELSEIF", "ELSIF", "WHILE", "FOR"})
_TRANSACTION_WORDS = frozenset({"TRANSACTION", "TRAN", "WORK", "ISOLATION", "READ"})
# Statements without lineage, which the parser passes on as text.
_NO_LINEAGE = words(
    "ANALYZE CALL CLUSTER COMMENT DECLARE DISCARD EXEC EXECUTE EXPLAIN FETCH GRANT LISTEN LOCK "
    "MSCK NOTIFY OPTIMIZE PRINT REFRESH REINDEX RESET REVOKE SECURITY SET SHOW UNLOAD USE VACUUM"
)
# Statements about who may do what.
_ABOUT_ACCOUNTS = frozenset({"ALTER", "CREATE", "DROP"})
_ACCOUNTS = words("GROUP LOGIN POLICY ROLE USER WAREHOUSE")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One statement. ``tree`` None: unreadable; ``whole``: nothing of it is lost.

    ``move``: what of the statement is meant, where it moves rows between several relations.
    """

    tree: exp.Expr | None
    line: int
    end: int
    text: str
    whole: bool
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class ParsedText:
    """All statements of a text in one dialect."""

    dialect: str
    statements: tuple[Parsed, ...]
    problems: tuple[Problem, ...]

    @property
    def failures(self) -> int:
        """Number of statements that are not wholly understood."""
        return sum(not one.whole for one in self.statements)


def parse(text: str, dialects: Sequence[str]) -> ParsedText:
    """Return the statements of ``text`` in the dialect that reads most of it; ties: the first."""
    best: ParsedText | None = None
    for dialect in dialects:
        result = _parse_in(text, dialect)
        if best is None or _cost(result) < _cost(best):
            best = result
        if not best.failures:
            break
    return best or ParsedText("", (), ())


def _cost(result: ParsedText) -> tuple[int, int]:
    unread = sum(one.tree is None for one in result.statements)
    return result.failures, unread


def _cut(text: str) -> str:
    """Return as much of the text, to the end of a line, as is worth the time of parsing it."""
    if len(text) <= MOST_TOKENS:
        return text
    last = next(islice(_TOKEN.finditer(text), MOST_TOKENS, None), None)
    if last is None:
        return text
    return text[: text.rfind("\n", 0, last.start()) + 1 or last.start()]


def _parse_in(text: str, name: str) -> ParsedText:
    dialect = Dialect.get_or_raise(name or None)
    if name == "tsql":
        text = _BATCH_END.sub(";", text)
    if "BEGIN" in text.upper():
        text = _BLOCK_START.sub(r"\1    ;", text)
    whole, text = text, _cut(text)
    with _silenced():
        try:
            tokens = dialect.tokenize(text)
        except (SqlglotError, RecursionError) as error:
            lines = text.count("\n") + 1
            return ParsedText(
                name, (Parsed(None, 1, lines, text, whole=False),), (Problem(1, _said(error)),)
            )
        statements: list[Parsed] = []
        problems: list[Problem] = []
        chunks: Iterable[list[Token]] = _chunks(tokens)
        if name in _WITHOUT_SEMICOLONS:
            chunks = (
                part
                for chunk in chunks
                for whole in without_greed(without_compound(chunk))
                if (part := _without_block_head(whole))
            )
        ends = tokens[-1].end if tokens else 0
        for number, chunk in enumerate(chunks):
            if number >= MOST_STATEMENTS or (len(text) < len(whole) and chunk[-1].end == ends):
                first = chunk[0]
                last = whole.count("\n") + 1
                rest = whole[first.start :].rstrip()
                statements.append(Parsed(None, first.line, last, rest, whole=False))
                problems.append(Problem(first.line, "too long: the rest is only scanned for names"))
                break
            statements += _unended(chunk, text, dialect, problems)
    return ParsedText(name, tuple(statements), tuple(problems))


def _chunks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each statement; words that only open or close a block are left out."""
    chunk: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            chunk = _without_block_head(chunk)
            if chunk:
                yield chunk
            chunk = []
        else:
            chunk.append(token)
    chunk = _without_block_head(chunk)
    if chunk:
        yield chunk


def _without_block_head(chunk: list[Token]) -> list[Token]:
    while chunk:
        word = chunk[0].text.upper()
        following = chunk[1].text.upper() if len(chunk) > 1 else ""
        if word == "END":
            return []
        if word in _BLOCK_WORDS and following not in _TRANSACTION_WORDS:
            chunk = chunk[1:]
        elif word in _CONDITION_WORDS and (start := _after_condition(chunk)):
            chunk = chunk[start:]
        else:
            break
    return chunk


def _after_condition(chunk: list[Token]) -> int:
    for index, token in enumerate(chunk):
        if token.text.upper() in {"THEN", "DO", "LOOP"}:
            return index + 1
    return 0


def _unended(
    chunk: list[Token], text: str, dialect: Dialect, problems: list[Problem]
) -> list[Parsed]:
    """Parse a chunk; where that fails, look for statements in it that no semicolon ends."""
    found: list[Parsed] = []
    tries = _MOST_CUTS
    while True:
        said: list[Problem] = []
        whole = _statement(chunk, text, dialect, said)
        place = 0
        for place in () if whole.whole or _takes_too_long(chunk) else starts(chunk):
            tries -= 1
            head = _statement(chunk[:place], text, dialect, []) if tries >= 0 else None
            if head is not None and head.whole and is_complete(head.tree):
                found.append(head)
                break
        else:
            problems += said
            return [*found, whole]
        chunk = _without_block_head(chunk[place:])
        if not chunk:
            return found


def _statement(chunk: list[Token], text: str, dialect: Dialect, problems: list[Problem]) -> Parsed:
    first, last = chunk[0], chunk[-1]
    body = text[first.start : last.end + 1]
    if _takes_too_long(chunk):
        problems.append(Problem(first.line, "nested too deeply"))
        return Parsed(None, first.line, last.line, body, whole=False)
    try:
        trees = dialect.parser(error_level=ErrorLevel.IMMEDIATE).parse(chunk, text)
        tree = trees[0] if trees else None
        # What the parser only passes on as text it has not understood.
        passed_on = isinstance(tree, exp.Command) and not _is_known(chunk, body)
        if passed_on:
            problems.append(Problem(first.line, f"not understood: {first.text.upper()[:40]} …"))
        return Parsed(tree, first.line, last.line, body, whole=not passed_on)
    except ParseError as error:
        if moves(body):
            known = exp.Command(this=first.text.upper())
            return Parsed(known, first.line, last.line, body, whole=True)
        line = error.errors[0].get("line") if error.errors else None
        problems.append(Problem(line or first.line, _said(error)))
    except (SqlglotError, RecursionError) as error:
        problems.append(Problem(first.line, _said(error)))
        return Parsed(None, first.line, last.line, body, whole=False)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        problems.append(Problem(first.line, f"the parser gave up: {type(error).__name__}"))
        return Parsed(None, first.line, last.line, body, whole=False)
    return Parsed(_leniently(chunk, text, dialect), first.line, last.line, body, whole=False)


def _is_known(chunk: list[Token], body: str) -> bool:
    """Tell whether all is known of a statement that the parser only passes on as text."""
    first = chunk[0].text.upper()
    if first in _NO_LINEAGE or moves(body):
        return True
    named = {one.text.upper() for one in chunk[1:4]}
    return first in _ABOUT_ACCOUNTS and not named.isdisjoint(_ACCOUNTS)


def _takes_too_long(chunk: list[Token]) -> bool:
    """Tell whether `a[0][0]…` or `a.b.c…` is chained so far that no person wrote it.

    The parser looks at the whole chain again at each link: time grows with the square. What may be
    a type, as ``DATE(`` or ``STRUCT(``, it reads twice: time doubles with each level.
    """
    if _deepest_types(chunk) > _DEEPEST_TYPES:
        return True
    if len(chunk) < _LONGEST_CHAIN:
        return False
    kinds = [token.token_type for token in chunk]
    dots = zip(kinds, kinds[2:], strict=False)
    return (
        sum(pair == (TokenType.R_BRACKET, TokenType.L_BRACKET) for pair in pairwise(kinds))
        > _LONGEST_CHAIN
        or _longest_run(pair == (TokenType.DOT, TokenType.DOT) for pair in dots) > _LONGEST_CHAIN
    )


def _deepest_types(chunk: list[Token]) -> int:
    """Return how many brackets that follow the name of a type stand within each other at most."""
    if sum(token.token_type in Parser.TYPE_TOKENS for token in chunk) <= _DEEPEST_TYPES:
        return 0
    stack: list[bool] = []
    depth = deepest = 0
    before = TokenType.SEMICOLON
    for token in chunk:
        kind = token.token_type
        if kind in _OPENING:
            stack.append(before in Parser.TYPE_TOKENS or kind is TokenType.L_BRACKET)
            depth += stack[-1]
            deepest = max(deepest, depth)
        elif kind in _CLOSING and stack:
            depth -= stack.pop()
        before = kind
    return deepest


def _longest_run(flags: Iterable[bool]) -> int:
    """Return how many flags follow each other at most, set at every second place or oftener."""
    longest = run = gap = 0
    for flag in flags:
        gap = 0 if flag else gap + 1
        run = run + flag if gap < _APART else 0
        longest = max(longest, run)
    return longest


def _leniently(chunk: list[Token], text: str, dialect: Dialect) -> exp.Expr | None:
    """Return what can be made of a statement with errors in it, None when that is no statement."""
    try:
        trees = dialect.parser(error_level=ErrorLevel.IGNORE).parse(chunk, text)
    except Exception:  # noqa: BLE001 - told to go on over errors, it meets any state
        return None
    tree = trees[0] if trees else None
    return tree if isinstance(tree, exp.Query | exp.DML | exp.DDL) else None


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, ParseError) and error.errors:
        what = str(error.errors[0].get("description") or "not understood")
        if lacking := _LACKING.match(what):
            # Which of several arguments it names first changes from run to run.
            return f"syntax: {lacking[1]} lacks a part"
        # A token's text may be anything.
        return f"syntax: {what.partition('<Token')[0].strip()[:200]}"
    # What the tokenizer says quotes the text, and a text that it cannot read may hold anything.
    said = str(error).partition("'")[0].strip().lower()
    return f"syntax: {said[:200] or 'not understood'}"


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep the parser from logging about the analysed text: what it says is in the problems."""
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before
