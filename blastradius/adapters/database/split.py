"""SQL text → statements, with the quoting of each kind of database; nothing is parsed further."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blastradius.adapters.database.places import Kind

_TOKEN = re.compile(
    r"(?P<line>--[^\n]*|\#[^\n]*)|(?P<block>/\*)|(?P<single>[eE]?')|(?P<double>\")|(?P<back>`)"
    r"|(?P<dollar>\$(?:[A-Za-z_]\w*)?\$)|(?P<word>[A-Za-z_][\w$]*)|(?P<end>;)|(?P<other>.)",
    re.DOTALL,
)
_DELIMITER = re.compile(r"^[ \t]*DELIMITER[ \t]+(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_OPENS = frozenset({"BEGIN", "CASE"})
_BODIED = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"})


def statements(text: str, kind: Kind) -> tuple[str, ...]:
    """Return the statements of a script, without the semicolons that end them.

    Transaction words are left out: what is one transaction is for the caller to say.
    """
    found: list[str] = []
    if kind == "mysql" and _DELIMITER.search(text):
        found.extend(_delimited(text))
    else:
        found.extend(_cut(text, kind))
    return tuple(one for one in found if one and not is_transaction_word(one))


def is_transaction_word(statement: str) -> bool:
    """Whether it begins or ends a transaction."""
    bare = re.sub(r"/\*.*?\*/|--[^\n]*", " ", statement, flags=re.DOTALL)
    words = bare.strip().rstrip(";").upper().split()
    if not words:
        return True
    if words[0] == "BEGIN":
        return len(words) == 1 or words[1] in {
            "TRANSACTION",
            "WORK",
            "IMMEDIATE",
            "EXCLUSIVE",
            "DEFERRED",
        }
    return words[0] in {"COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"} or words[:2] in (
        ["START", "TRANSACTION"],
        ["END"],
        ["END", "TRANSACTION"],
    )


def _delimited(text: str) -> Iterator[str]:
    mark, start = ";", 0
    for found in [*_DELIMITER.finditer(text), None]:
        part = text[start : found.start() if found else len(text)]
        if mark == ";":
            yield from _cut(part, "mysql")
        else:
            yield from (one.strip() for one in part.split(mark))
        if found is not None:
            mark, start = found[1], found.end()


def _cut(text: str, kind: Kind) -> Iterator[str]:
    start = at = depth = 0
    words: list[str] = []
    seen = False
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:  # pragma: no cover - the pattern takes any character
            break
        name = token.lastgroup or "other"
        at = _skipped(text, token, name, kind)
        if name == "word":
            depth, seen = _depth(words, token.group().upper(), depth), True
        elif name == "end" and depth == 0:
            piece = text[start : token.start()].strip()
            if seen and piece:
                yield piece
            start, words, seen = at, [], False
        elif name not in {"line", "block"} and not token.group().isspace():
            seen = True
    piece = text[start:].strip().rstrip(";").strip()
    if seen and piece:
        yield piece


def _depth(words: list[str], word: str, depth: int) -> int:
    """Follow BEGIN … END in the body of a trigger or a routine, where semicolons end no statement."""
    words.append(word)
    if words[0] != "CREATE" or not _BODIED & set(words[:8]):
        return depth
    ended = len(words) > 1 and words[-2] == "END"
    if word == "CASE" and ended:
        return depth
    if word in _OPENS:
        return depth + 1 if word == "BEGIN" or depth else depth
    if word == "END" and depth:
        return depth - 1
    if ended and word in {"IF", "LOOP", "WHILE", "REPEAT"}:
        return depth + 1  # it closed one of these, which was not counted
    return depth


def _skipped(text: str, token: re.Match[str], name: str, kind: Kind) -> int:
    """Return where what the token begins ends."""
    at = token.end()
    match name:
        case "line":
            return at if token.group()[0] == "-" or kind == "mysql" else token.start() + 1
        case "block":
            return _block_end(text, at, nested=kind == "postgresql")
        case "single":
            escapes = kind == "mysql" or (kind == "postgresql" and len(token.group()) > 1)
            return _quote_end(text, at, "'", escapes=escapes)
        case "double":
            return _quote_end(text, at, '"', escapes=kind == "mysql")
        case "back" if kind != "postgresql":
            return _quote_end(text, at, "`", escapes=False)
        case "dollar" if kind == "postgresql":
            end = text.find(token.group(), at)
            return len(text) if end < 0 else end + len(token.group())
        case _:
            return at


def _block_end(text: str, at: int, *, nested: bool) -> int:
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if found.group() == "/*" and nested else -1 if found.group() == "*/" else 0
        if depth == 0:
            return found.end()
    return len(text)


def _quote_end(text: str, at: int, mark: str, *, escapes: bool) -> int:
    pattern = rf"\\.|{mark}{mark}|{mark}" if escapes else rf"{mark}{mark}|{mark}"
    for found in re.compile(pattern, re.DOTALL).finditer(text, at):
        if found.group() == mark:
            return found.end()
    return len(text)
