"""Bytes → facts: template → text → dialect → statements → record. The only way to the parser."""

from __future__ import annotations

import msgspec

from blastradius.languages.sql.commands import Move
from blastradius.languages.sql.dialects import candidates, stated_dialect
from blastradius.languages.sql.facts import definitions_of, groups_of
from blastradius.languages.sql.functions import functions
from blastradius.languages.sql.mask import Masked, mask
from blastradius.languages.sql.movements import expanded, query_unloaded
from blastradius.languages.sql.names import QUERY
from blastradius.languages.sql.parsing import Parsed as ParsedOne
from blastradius.languages.sql.parsing import ParsedText, parse
from blastradius.languages.sql.recorder import Recorder, TooComplexError
from blastradius.languages.sql.routines import as_part_of, body_text
from blastradius.languages.sql.statements import (
    passing,
    scanned,
    statement,
    with_scanned_reads,
)
from blastradius.languages.sql.summary import Statement, Summary
from blastradius.languages.sql.variants import merged
from blastradius.languages.sql.veil import veiled
from blastradius.model.facts import Facts, Parsed, Problem

_LARGEST = 4_000_000
# Above this size a wrong guess of the dialect costs seconds: fewer are tried.
_LARGE = 200_000
_MOST_PROBLEMS = 50
# Routines that create routines in quoted text.
_DEEPEST_BODIES = 3


def extract(source: bytes, dialect: str = "") -> Facts:
    """Return what a file of SQL states; never raises.

    Args:
        source: the file as it is, templated or not.
        dialect: by configuration; empty: what the file says of itself, else a guess.
    """
    text = veiled(_decoded(source))
    if len(text) > _LARGEST:
        return Facts("failed", problems=(Problem(0, f"larger than {_LARGEST} characters"),))
    variants = mask(text)
    stated = dialect or stated_dialect(text)
    dialects, clear = ([stated], True) if stated else candidates(variants[0].text)
    if len(text) > _LARGE:
        dialects = dialects[:2]
    recorder = Recorder()
    problems = list(variants[0].problems)
    readings: list[list[Statement]] = []
    texts: list[ParsedText] = []
    for variant in variants:
        parsed = parse(variant.text, dialects)
        dialects = [parsed.dialect]
        recorder.dialect = parsed.dialect
        recorder.certain = clear
        recorder.placeholders = variant.placeholders
        recorder.temporary = {}
        readings.append(_statements(parsed, recorder, variants[0].title, problems))
        texts.append(parsed)
    best = min(texts, key=lambda one: one.failures)
    problems += best.problems
    summary = _summary(recorder, merged(readings), variants[0], alone=len(variants) == 1)
    definitions = definitions_of(summary, variants[0])
    routines, calls = functions(summary, definitions)
    return Facts(
        _parsed(best, problems),
        definitions=(*definitions, *routines),
        mentions=calls,
        groups=groups_of(summary, definitions),
        problems=tuple(sorted(set(problems), key=lambda one: (one.line, one.what)))[
            :_MOST_PROBLEMS
        ],
        own=msgspec.Raw(msgspec.msgpack.encode(summary)),
    )


def _decoded(source: bytes) -> str:
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source.decode("utf-16", "replace")
    text = source.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def _statements(
    parsed: ParsedText, recorder: Recorder, title: str, problems: list[Problem], depth: int = 0
) -> list[Statement]:
    found: list[Statement] = []
    queries = 0
    recorder.passing = passing(parsed.statements)
    for one in expanded(parsed.statements):
        name = title if not queries else f"{QUERY}~{queries + 1}"
        if one.move is not None and one.move.kind == "statement":
            if depth < _DEEPEST_BODIES:
                inner = parse(_on_its_line(one, one.move), [parsed.dialect])
                found += _statements(inner, recorder, QUERY, problems, depth + 1)
            continue
        made = _made(one, parsed.dialect, recorder, name, problems)
        if made is not None and not one.whole:
            made = with_scanned_reads(made, one, recorder)
        if made is not None:
            queries += made.kind == "query"
            found.append(made)
            if made.kind == "function" and (body := body_text(one)) and depth < _DEEPEST_BODIES:
                found += _body(body, parsed.dialect, made, recorder, problems, depth + 1)
    return found


def _made(
    one: ParsedOne, dialect: str, recorder: Recorder, name: str, problems: list[Problem]
) -> Statement | None:
    try:
        if one.move is not None and one.move.query:
            inner = parse(_on_its_line(one, one.move), [dialect]).statements
            return query_unloaded(inner, one.move, one, recorder)
        return statement(one, recorder, name)
    except (RecursionError, TooComplexError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "too complex"
        problems.append(Problem(one.line, f"{what}: only its tables are known"))
        recorder.steps = 0 if isinstance(error, RecursionError) else recorder.steps
        return scanned(one, recorder, name)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # A tree that the parser only pieced together may lack any of its parts.
        if one.whole:
            what = f"not understood ({type(error).__name__}): only its tables are known"
            problems.append(Problem(one.line, what))
        return scanned(one, recorder, name)


def _on_its_line(one: ParsedOne, move: Move) -> str:
    """Return the text inside a statement, after as many lines as stand before it in the file."""
    return "\n" * (one.line - 1 + move.line) + move.query


def _body(
    text: str,
    dialect: str,
    function: Statement,
    recorder: Recorder,
    problems: list[Problem],
    depth: int,
) -> list[Statement]:
    """Return the statements in a routine's body; its queries are read for the routine itself."""
    inner = parse(text, [dialect])
    found = _statements(inner, recorder, QUERY, problems, depth)
    return [as_part_of(one, function) if one.kind == "query" else one for one in found]


def _parsed(text: ParsedText, problems: list[Problem]) -> Parsed:
    if text.statements and all(one.tree is None for one in text.statements):
        return "failed"
    return "partial" if text.failures or problems else "full"


def _summary(
    recorder: Recorder, statements: list[Statement], masked: Masked, *, alone: bool
) -> Summary:
    return Summary(
        recorder.dialect,
        tuple(recorder.relations),
        tuple(recorder.references),
        tuple(statements),
        tuple(name for name, *_ in masked.macros),
        tuple(masked.uses),
        tuple(masked.refs),
        # In one branch of a template a name may be missing that the other defines.
        tuple(recorder.missing) if alone else (),
        tuple(masked.dynamic),
    )
