"""Terraform and other HCL: blocks, attributes, and what they use of their module.

Satisfies `blastradius.languages.base.Language`.
"""

from __future__ import annotations

from importlib.metadata import version

from blastradius.languages.hcl.extract import extract
from blastradius.languages.hcl.link import link, symbol, tables

NAME = "hcl"
VERSION = f"3+tree-sitter-hcl{version('tree-sitter-hcl')}"
KEYED = True
EMBEDS = ()

__all__ = ["EMBEDS", "KEYED", "NAME", "VERSION", "claims", "extract", "link", "symbol", "tables"]


def claims(path: str) -> bool:
    """Tell from the path whether the file is HCL."""
    return path.lower().endswith((".tf", ".tfvars", ".hcl", ".tofu"))
