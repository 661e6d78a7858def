"""Our tree-sitter queries, one folder a language; installed as ``blastradius.grammars``."""
