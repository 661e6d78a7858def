"""``lineage``: a text of SQL, without any repository around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from blastradius.errors import UsageError
from blastradius.languages.sql import dialects
from blastradius.languages.sql import lineage as sql_lineage
from blastradius.languages.sql.extraction import extract
from blastradius.languages.sql.lookups import decoded
from blastradius.model.lineage import SCHEMA, Lineage, LineageProblem

_SHAPE = 'it is JSON like {"schema.table": ["column", ...]}'


def lineage(
    text: str | bytes, *, dialect: str = "", schema: Mapping[str, Sequence[str]] | None = None
) -> Lineage:
    """Return where each column that a text writes comes from.

    Args:
        text: one or more statements; a template (Jinja) is read as far as it goes.
        dialect: such as ``bigquery``; empty: what the text says of itself, else a guess.
        schema: table → its columns in order. It says what is behind a star and which of two tables
            has a column; it need not be complete, and a column that it lacks is still followed.

    Raises:
        UsageError: there is no such dialect.
    """
    facts = extract(_bytes(text), known_dialect(dialect))
    summary = decoded(facts)
    edges, relations, lost = sql_lineage.lineage(summary, schema or {})
    problems = {LineageProblem(one.line, one.what): None for one in facts.problems}
    problems |= dict.fromkeys(lost)
    return Lineage(
        SCHEMA,
        summary.dialect,
        edges,
        relations,
        tuple(sorted(problems, key=lambda one: (one.line, one.what))),
    )


def known_dialect(name: str) -> str:
    """Return the name of a dialect as the parser has it, empty for none.

    Raises:
        UsageError: there is no such dialect.
    """
    plain = name.strip().lower()
    plain = dialects.ALIASES.get(plain, plain)
    if plain and plain not in dialects.KNOWN:
        close = get_close_matches(plain, sorted({*dialects.KNOWN, *dialects.ALIASES}), n=1)
        hint = (
            f"did you mean {close[0]}?"
            if close
            else f"dialects: {', '.join(sorted(dialects.KNOWN))}"
        )
        raise UsageError(f"no SQL dialect {name!r}", hint)
    return plain


def read_schema(path: str | Path) -> dict[str, list[str]]:
    """Return the table → columns that a file of JSON declares.

    The columns of a table are a list of names, or an object whose keys are the names.

    Raises:
        UsageError: the file cannot be read, or is not of this form.
    """
    try:
        found = json.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", _SHAPE) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}", _SHAPE) from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} holds no object", _SHAPE)
    return {table: _columns(path, table, columns) for table, columns in found.items()}


def _columns(path: str | Path, table: str, columns: Any) -> list[str]:  # noqa: ANN401 - any JSON
    names = list(columns) if isinstance(columns, list | dict) else None
    if names is None or not all(isinstance(one, str) for one in names):
        raise UsageError(f"{path}: the columns of {table!r} are no list of names", _SHAPE)
    return names


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
