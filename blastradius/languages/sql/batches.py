"""Where a statement ends that no semicolon ends, as scripts for SQL Server are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from blastradius.languages.sql.names import words

# Words that begin a statement where they begin a line.
_STARTS = words(
    "SELECT INSERT UPDATE DELETE MERGE CREATE DROP ALTER TRUNCATE WITH DECLARE EXEC EXECUTE PRINT "
    "IF BEGIN RETURN SET USE WHILE"
)
# After these a query or an operand comes, not another statement.
_BEFORE_QUERY = words("UNION ALL EXCEPT INTERSECT DISTINCT AS FOR THEN ELSE DO IN FROM")
# Statements that take all tokens to their end, whatever they are.
_GREEDY = words("SET USE DECLARE PRINT EXEC EXECUTE RETURN")
_COMPOUND = words("+ - * / % & | ^")


def starts(chunk: Sequence[Token]) -> Iterator[int]:
    """Yield the places in ``chunk``, after the first, where another statement may begin."""
    depth = 0
    for place, token in enumerate(chunk):
        if token.token_type is TokenType.L_PAREN:
            depth += 1
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
        elif place and not depth and token.line > chunk[place - 1].line:
            before = chunk[place - 1].text.upper()
            if token.text.upper() in _STARTS and before not in _BEFORE_QUERY:
                yield place


def without_greed(chunk: list[Token]) -> Iterator[list[Token]]:
    """Yield ``chunk`` cut before what follows a statement that would take everything for its own.

    ``SET NOCOUNT ON`` and ``DECLARE @x INT`` end with their line.
    """
    while chunk and chunk[0].text.upper() in _GREEDY:
        place = next(starts(chunk), 0)
        if not place:
            break
        yield chunk[:place]
        chunk = chunk[place:]
    if chunk:
        yield chunk


def is_complete(tree: exp.Expr | None) -> bool:
    """Tell whether what was parsed so far can stand alone, as an INSERT without rows cannot."""
    if isinstance(tree, exp.Insert):
        return tree.args.get("expression") is not None
    if isinstance(tree, exp.Create):
        return tree.args.get("expression") is not None or isinstance(tree.this, exp.Schema)
    if isinstance(tree, exp.Update):
        return bool(tree.expressions)
    if isinstance(tree, exp.Command):
        return bool(tree.name == "BULK")
    return isinstance(
        tree, exp.Query | exp.Delete | exp.Drop | exp.Alter | exp.Merge | exp.TruncateTable
    )


def without_compound(chunk: list[Token]) -> list[Token]:
    """Leave out the operator of ``SET x += 1``: what counts is that ``x`` is written."""
    return [
        token
        for place, token in enumerate(chunk)
        if not (
            token.text in _COMPOUND
            and place + 1 < len(chunk)
            and chunk[place + 1].token_type is TokenType.EQ
            and chunk[place + 1].start == token.end + 1
        )
    ]
