"""YAML: keys, list items and their values, with what they name elsewhere.

Satisfies `blastradius.languages.base.Language`. The way through: `read` (bytes → documents) →
`collect` (documents → facts) → `linking` (facts of a tree → edges within YAML).
"""

from __future__ import annotations

from importlib.metadata import version

from blastradius.languages.yaml.collect import collect
from blastradius.languages.yaml.linking import link, symbol, tables
from blastradius.languages.yaml.read import read
from blastradius.model.facts import Facts

NAME = "yaml"
VERSION = f"1+pyyaml{version('pyyaml')}+tree-sitter-yaml{version('tree-sitter-yaml')}"

KEYED = True

_ENDINGS = (".yaml", ".yml", ".yaml.j2", ".yml.j2", ".yaml.tmpl", ".yml.tmpl")

__all__ = ["KEYED", "NAME", "VERSION", "claims", "extract", "link", "symbol", "tables"]


def claims(path: str) -> bool:
    """Tell from the path whether the file is YAML, also as a template of it."""
    return path.lower().endswith(_ENDINGS)


def extract(source: bytes) -> Facts:
    """Return the definitions, mentions, field groups and embedded SQL of one file. Never raises."""
    return collect(read(source))
