"""YAML: keys, list items and their values, with what they name elsewhere.

Satisfies `blastradius.languages.base.Language`. The way through: `read` (bytes → documents) →
`keyed.facts_of` (documents → facts, secrets hidden) → `linking` (facts of a tree → edges within YAML).
"""

from __future__ import annotations

from importlib.metadata import version

from blastradius.languages.yaml.linking import link, symbol, tables
from blastradius.model.facts import Facts

NAME = "yaml"
VERSION = f"4+pyyaml{version('pyyaml')}+tree-sitter-yaml{version('tree-sitter-yaml')}"

KEYED = True

_ENDINGS = (".yaml", ".yml", ".yaml.j2", ".yml.j2", ".yaml.tmpl", ".yml.tmpl")

__all__ = ["KEYED", "NAME", "VERSION", "claims", "extract", "link", "symbol", "tables"]


def claims(path: str) -> bool:
    """Tell from the path whether the file is YAML, also as a template of it."""
    return path.lower().endswith(_ENDINGS)


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions, field groups and embedded SQL of one file. Never raises."""
    # A run over cached facts needs neither, and does not pay for the parser.
    from blastradius.languages.keyed import facts_of  # noqa: PLC0415 - as above
    from blastradius.languages.yaml.read import read  # noqa: PLC0415 - as above

    return facts_of(read(source))
