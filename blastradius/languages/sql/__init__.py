"""SQL: statements, the relations they read and write, and the lineage of every column.

Two phases, as in `languages.base`. `extract` parses one file and resolves names down to relations,
stars kept closed. `tables` and `link` infer the columns of every relation in the tree and turn the
files' records into edges; they do not import the parser, so that a run over cached facts does not
pay for it.
"""

from __future__ import annotations

from importlib.metadata import version

from blastradius.languages.sql.linking import link, link_embedded
from blastradius.languages.sql.lookups import Tables, columns_of, resolve
from blastradius.languages.sql.lookups import build as tables
from blastradius.languages.sql.names import claims, symbol
from blastradius.model.facts import Facts

NAME = "sql"
# A configured dialect is told to `extract`.
TAKES_DIALECT = True
# The number counts changes of this package's own answers.
VERSION = f"3+sqlglot-{version('sqlglot')}"


def extract(source: bytes, dialect: str = "") -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`.

    ``dialect`` by configuration; empty: what the file says of itself, else a guess.
    """
    from blastradius.languages.sql.extraction import (  # noqa: PLC0415 - the parser costs 180 ms to import
        extract as extracted,
    )

    return extracted(source, dialect)


def without_secrets(text: str) -> str:
    """Return a text of SQL with a digest for each password in it."""
    from blastradius.languages.sql.veil import veiled  # noqa: PLC0415 - only what reads texts pays

    return veiled(text)


__all__ = [
    "NAME",
    "VERSION",
    "Tables",
    "claims",
    "columns_of",
    "extract",
    "link",
    "link_embedded",
    "resolve",
    "symbol",
    "tables",
    "without_secrets",
]
