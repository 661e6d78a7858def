"""Text → tree-sitter's syntax tree, within a time.

Getting over the errors of a broken text can take a parser hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

SECONDS = 5.0
_CHUNK = 65_536


def parsed(parser: Parser, source: bytes, end: float | None = None) -> Tree | None:
    """Return the tree of a text, None when that takes until ``end``.

    The parser stops when asked to only if it reads by a function. Then its nodes have no ``text``:
    it is ``source[node.start_byte : node.end_byte]``.

    Args:
        parser: with its language set.
        source: in the encoding of the grammar, UTF-8.
        end: of the patience, on `time.monotonic`'s clock; None: `SECONDS` from now.
    """
    until = time.monotonic() + SECONDS if end is None else end
    try:
        return parser.parse(
            lambda at, _: source[at : at + _CHUNK],
            progress_callback=lambda *_: time.monotonic() > until,
        )
    except ValueError:
        parser.reset()
        return None
