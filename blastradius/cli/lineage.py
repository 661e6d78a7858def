"""``blastradius lineage``: where each column of a query or script comes from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from blastradius.cli.parser import at_least, share
from blastradius.errors import CLEAN, RepositoryError, UsageError

if TYPE_CHECKING:
    import argparse

    from blastradius.cli.console import Console

FORMATS = ("text", "json")
_READABLE = "name a file of SQL that can be read, or - for standard input"
_STDIN = "-"
_MOST_BYTES = 50_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lineage``."""
    parser.usage = "blastradius lineage [FILE | -] [options]"
    parser.description = (
        "Say which columns each column comes of that the statements in FILE write, and which decide "
        "what rows there are. A query without a target writes to <query>. Needs no repository."
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", default=_STDIN, help="SQL; - is standard input (default)"
    )
    parser.add_argument(
        "--dialect",
        metavar="NAME",
        default="",
        help="bigquery, snowflake, postgres, … (default: what FILE says of itself, or a guess)",
    )
    parser.add_argument(
        "--schema",
        metavar="FILE",
        help="columns of tables that FILE does not make, as JSON: table to list of columns",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=at_least(0),
        default=10,
        help="problems in the report; 0 for all (default: 10)",
    )
    parser.add_argument(
        "--repo",
        metavar="DIR",
        help="a repository, for the dialect that it configures (default: the one around ., if any)",
    )
    share(parser, FORMATS, repo=False)


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the text, write its lineage and return 0."""
    text = _text(args.file)
    from blastradius.api.lineage import lineage, read_schema  # noqa: PLC0415 - as in analyze

    schema = read_schema(args.schema) if args.schema is not None else None
    dialect = args.dialect or _configured(args.repo)
    found = lineage(text, dialect=dialect, schema=schema)
    if args.format == "json":
        from blastradius.reports import json  # noqa: PLC0415 - as above

        console.result(json.encode(found))
    else:
        from blastradius.reports.lineage import render  # noqa: PLC0415 - as above

        console.result(render(found, console.options(args.limit)))
    return CLEAN


def _configured(repo: str | None) -> str:
    """Return the dialect that the repository configures; without one, empty."""
    from blastradius import api  # noqa: PLC0415 - as in analyze

    try:
        return api.configuration(repo or ".").sql_dialect
    except RepositoryError:
        if repo is not None:
            raise
        return ""


def _text(name: str) -> bytes:
    if name == _STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("no FILE, and nothing on standard input", "blastradius lineage FILE")
        return _bounded(sys.stdin.buffer, "standard input")
    if not name:
        raise UsageError("FILE is empty", _READABLE)
    try:
        with Path(name).open("rb") as file:
            return _bounded(file, name)
    except IsADirectoryError as error:
        raise UsageError(f"{name} is a folder", "name a file of SQL") from error
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}", _READABLE) from error
    except ValueError as error:
        raise UsageError(f"cannot read {name!r}: {error}", _READABLE) from error


def _bounded(file: BinaryIO, name: str) -> bytes:
    """Read a file to its end, which a device may not have."""
    text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise UsageError(f"{name} holds more than {_MOST_BYTES:,} bytes", _READABLE)
    return text
