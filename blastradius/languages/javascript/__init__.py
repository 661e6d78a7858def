"""JavaScript and TypeScript: definitions to the member, imports and exports, uses with names bound.

Satisfies `blastradius.languages.base.Language`. The way through: `parse` (bytes → tree) → `extract`
(tree → facts) → `link` (facts of a tree → edges within the language).
"""

from __future__ import annotations

from importlib.metadata import version

from blastradius.languages.javascript.link import link, symbol
from blastradius.languages.javascript.own import Route
from blastradius.languages.javascript.tables import Tables, tables
from blastradius.model.facts import Facts

NAME = "javascript"
VERSION = (
    f"3;tree-sitter-javascript={version('tree-sitter-javascript')}"
    f";tree-sitter-typescript={version('tree-sitter-typescript')}"
)
EMBEDS = ("sql",)
_ENDINGS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")

__all__ = [
    "EMBEDS",
    "NAME",
    "VERSION",
    "Route",
    "Tables",
    "claims",
    "extract",
    "link",
    "symbol",
    "tables",
]


def claims(path: str) -> bool:
    """Tell from the path whether the file is JavaScript or TypeScript; not a bundle by its name."""
    return path.endswith(_ENDINGS) and not path.endswith((".min.js", ".min.mjs", ".min.cjs"))


def extract(source: bytes) -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`."""
    from blastradius.languages.javascript.extraction import (  # noqa: PLC0415 - a run over cached facts needs no parser
        extract as extracted,
    )

    return extracted(source)
