"""Python: definitions to the parameter, references with their names bound, fields, paths, SQL.

The module-level interface of `blastradius.languages.base.Language`, and `resolve_dotted` for texts
of other languages that name Python.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from blastradius.languages.python.link import link
from blastradius.languages.python.tables import DottedTarget, resolve_dotted, symbol, tables
from blastradius.model.facts import Facts

NAME = "python"
VERSION = (
    f"10;ast={sys.version_info[0]}.{sys.version_info[1]}"
    f";tree-sitter-python={version('tree-sitter-python')}"
)

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


def extract(source: bytes) -> Facts:
    """Return what the bytes state. Never raises: what is not understood is a `Problem`."""
    from blastradius.languages.python.extraction import (  # noqa: PLC0415 - a run over cached facts needs none of it
        extract as extracted,
    )

    return extracted(source)
