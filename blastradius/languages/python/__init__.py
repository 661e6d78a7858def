"""Python: definitions to the parameter, references with their names bound, fields, paths, SQL.

The module-level interface of `blastradius.languages.base.Language`, and `resolve_dotted` for texts
of other languages that name Python.
"""

from __future__ import annotations

from blastradius.languages.python.extract import NAME, VERSION, extract
from blastradius.languages.python.link import link
from blastradius.languages.python.tables import DottedTarget, resolve_dotted, symbol, tables

__all__ = [
    "NAME",
    "VERSION",
    "DottedTarget",
    "claims",
    "extract",
    "link",
    "resolve_dotted",
    "symbol",
    "tables",
]


def claims(path: str) -> bool:
    """Tell whether the file is Python, by its suffix; notebooks are told apart by their bytes."""
    return path.endswith((".py", ".pyi", ".pyw", ".ipynb"))
