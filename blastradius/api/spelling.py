"""What people call a symbol: its last word, its dotted name, the word that a text would use."""

from __future__ import annotations

import re

from blastradius.model.questions import Node

_PART = re.compile(r"[.\[\]/#:()\"']+")
_PYTHON = "python:"


def last_word(symbol: str) -> str:
    """Return the last word of an address, of a Python module its name, of a file the file's."""
    if symbol.startswith(_PYTHON) and "#" not in symbol:
        return dotted(symbol).rpartition(".")[2]
    if symbol.startswith("file:") or ("/" in symbol and "#" not in symbol):
        return symbol.rpartition("/")[2].removeprefix("file:")
    words = [one for one in _PART.split(symbol) if one and not one.isdigit()]
    return words[-1] if words else symbol


def dotted(symbol: str) -> str:
    """Return a Python symbol as an import names it, others as their address."""
    path, _, name = symbol.partition(":")[2].partition("#")
    if not symbol.startswith(_PYTHON):
        return name or path
    for ending in (".pyi", ".py", ".ipynb"):
        path = path.removesuffix(ending)
    module = path.removesuffix("/__init__").replace("/", ".")
    return f"{module}.{name}" if name else module


def called(node: Node) -> str:
    """Return the word that a text would use for a symbol."""
    if node.kind in {"file", "module"}:
        name = node.path.rpartition("/")[2]
        stem = name.partition(".")[0] or name  # a hidden file is called by its whole name
        return node.path.split("/")[-2] if stem == "__init__" and "/" in node.path else stem
    return last_word(node.id)
