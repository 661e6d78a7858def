"""JavaScript and TypeScript: definitions to the member, imports and exports, uses with names bound.

Satisfies `blastradius.languages.base.Language`. The way through: `parse` (bytes → tree) → `extract`
(tree → facts) → `link` (facts of a tree → edges within the language).
"""

from __future__ import annotations

from blastradius.languages.javascript.extract import NAME, VERSION, extract
from blastradius.languages.javascript.link import link, symbol
from blastradius.languages.javascript.own import Route
from blastradius.languages.javascript.tables import Tables, tables

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
